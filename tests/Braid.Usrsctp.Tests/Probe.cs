using System;
using System.Collections.Concurrent;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;

namespace Braid.Usrsctp.Tests;

/// <summary>The C program of the folder native: what it prints with one library or the other.</summary>
internal static class Probe
{
    // They sleep most of the time.
    private const int AtOnce = 8;

    // A guard only: the longest takes ten seconds.
    private static readonly TimeSpan s_guard = TimeSpan.FromSeconds(120);

    private static readonly SemaphoreSlim s_turns = new(AtOnce);
    private static readonly Lazy<(string? Program, string Reason)> s_built = new(() => NativeProgram.Build("probe"));
    private static readonly ConcurrentDictionary<string, Lazy<ConcurrentDictionary<string, Task<string>>>> s_runs = [];

    /// <summary>What the program prints, with the way that it ended where that is not 0; all probes of a library run at once.</summary>
    /// <param name="library">Which library.</param>
    /// <param name="name">The probe; with the end ".threads" where the library has threads of its own.</param>
    public static Task<string> RunAsync(string library, string name)
    {
        Library.Need(library);
        Library.Need(s_built.Value.Program is not null, s_built.Value.Reason);
        return s_runs.GetOrAdd(library, _ => new(() =>
            new(Expectations.Compared.Select(each => new System.Collections.Generic.KeyValuePair<string, Task<string>>(each, StartAsync(library, Arguments(each)))))))
            .Value.GetOrAdd(name, _ => StartAsync(library, Arguments(name)));
    }

    /// <summary>The names of all probes.</summary>
    public static async Task<string[]> ListAsync()
    {
        Library.Need(s_built.Value.Program is not null, s_built.Value.Reason);
        string list = await StartAsync(Library.Debian, []);
        return [.. list.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.StartsWith("-t ", StringComparison.Ordinal) ? line[3..] + ".threads" : line)];
    }

    private static string[] Arguments(string name) => name.EndsWith(".threads", StringComparison.Ordinal) ? ["-t", name[..^8]] : [name];

    private static async Task<string> StartAsync(string library, string[] arguments)
    {
        await s_turns.WaitAsync();
        try
        {
            (int exitCode, string output, string error) = await NativeProgram.RunAsync(s_built.Value, library, s_guard, arguments);
            return output + (error.Length > 0 ? $"standard error: {error}\n" : "") + (exitCode != 0 ? $"exit code {exitCode}\n" : "");
        }
        finally
        {
            s_turns.Release();
        }
    }
}
