using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;

namespace Braid.Benchmarks;

/// <summary>Two network namespaces with the path of <c>braid link</c> between them; gone when it is disposed of.</summary>
internal sealed class TwoNamespaces : IAsyncDisposable
{
    private const string Prefix = "braid-bench-";
    private const string Folder = "/run/netns";

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);
    private static readonly string s_first = $"{Prefix}{Environment.ProcessId}-a";
    private static readonly string s_second = $"{Prefix}{Environment.ProcessId}-b";

    private Child? _link;

    /// <summary>The address in the second of them.</summary>
    public static string Server => "10.99.7.2";

    private static string First => "10.99.7.1";

    /// <summary>Makes them.</summary>
    /// <param name="options">Of <c>braid link</c>.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public static async Task<TwoNamespaces> CreateAsync(IEnumerable<string> options, CancellationToken cancellationToken)
    {
        await RemoveAsync(isStale: true);
        var made = new TwoNamespaces();
        try
        {
            made._link = Child.Start(
                "braid link", Programs.Braid, ["link", "--namespaces", $"{s_first},{s_second}", "--addresses", $"{First}/24,{Server}/24", .. options]);
            await made._link.ReadLineAsync(s_patience, cancellationToken);
            return made;
        }
        catch
        {
            await made.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts a program in the first of them, where senders are.</summary>
    public static Child StartSender(string name, string program, IEnumerable<string> arguments) => StartIn(s_first, name, program, arguments);

    /// <summary>Starts a program in the second of them.</summary>
    public static Child StartReceiver(string name, string program, IEnumerable<string> arguments) => StartIn(s_second, name, program, arguments);

    public async ValueTask DisposeAsync()
    {
        if (_link is not null)
        {
            await _link.DisposeAsync();                      // it takes its namespaces along
        }

        await RemoveAsync(isStale: false);                   // unless it was killed
    }

    private static Child StartIn(string space, string name, string program, IEnumerable<string> arguments) =>
        Child.Start(name, "ip", ["netns", "exec", space, program, .. arguments]);

    // Ours; or those of a run that nothing could end in good order.
    private static async Task RemoveAsync(bool isStale)
    {
        string[] names = Directory.Exists(Folder) ? [.. Directory.GetFiles(Folder, $"{Prefix}*").Select(file => Path.GetFileName(file))] : [];
        foreach (string name in names)
        {
            string owner = name[Prefix.Length..].Split('-')[0];
            if (isStale ? Directory.Exists($"/proc/{owner}") : owner != $"{Environment.ProcessId}")
            {
                continue;
            }

            foreach (string id in (await Child.RunAsync("ip", ["netns", "pids", name])).Split('\n', StringSplitOptions.RemoveEmptyEntries))
            {
                await Child.RunAsync("kill", ["-KILL", id]);
            }

            await Child.RunAsync("ip", ["netns", "delete", name]);
        }
    }
}

/// <summary>The programs that measurements run.</summary>
internal static class Programs
{
    /// <summary>The command-line tool.</summary>
    public static string Braid => Path.Combine(AppContext.BaseDirectory, "braid");

    /// <summary>This one.</summary>
    public static string Self => Environment.ProcessPath!;

    /// <summary>What comes before its arguments, where it is not a program by itself.</summary>
    public static string[] SelfPrefix => Path.GetFileNameWithoutExtension(Self) == "dotnet" ? [typeof(Programs).Assembly.Location] : [];
}
