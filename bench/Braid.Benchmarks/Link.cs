using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text.Json;
using System.Threading;
using System.Threading.Tasks;

namespace Braid.Benchmarks;

/// <summary>
/// Real sockets over the path of <c>braid link</c>, 100 Mbit/s and 40 ms: Braid beside the kernel's TCP with the like congestion control,
/// over the very same link, one after the other.
/// </summary>
internal static class Link
{
    private const string First = "braid-bench-a";
    private const string Second = "braid-bench-b";
    private const string Server = "10.99.7.2";
    private const int ServerPort = 9899;

    private static readonly (string Name, string[] Options)[] s_paths =
    [
        ("no loss", []),
        ("1 % loss", ["--loss", "1%"]),
        ("4 % loss", ["--loss", "4%"]),
        ("1 % reordered by 5 ms", ["--reordering", "1%", "--reorder-delay", "5ms"]),
    ];

    // Our name, and what the kernel calls the like of it.
    private static readonly (string Ours, string Kernel)[] s_controls = [("bbr", "bbr"), ("cubic", "cubic"), ("new-reno", "reno")];

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    /// <summary>Runs it.</summary>
    public static async Task<int> RunAsync(double seconds, int rounds, CancellationToken cancellationToken)
    {
        if (!OperatingSystem.IsLinux() || !Environment.IsPrivilegedProcess)
        {
            await Console.Error.WriteLineAsync("link makes network namespaces: it needs Linux, and root there");
            return 1;
        }

        string available = await File.ReadAllTextAsync("/proc/sys/net/ipv4/tcp_available_congestion_control", cancellationToken);
        string[] kernel = available.Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries);
        foreach ((string _, string name) in s_controls.Where(control => !kernel.Contains(control.Kernel)))
        {
            await Console.Error.WriteLineAsync($"The kernel has no '{name}' for TCP (modprobe tcp_{name}): nothing to compare with there.");
        }

        Console.WriteLine("| path | congestion control | braid Mbit/s | tcp Mbit/s | braid/tcp | braid CPU s/GB |");
        Console.WriteLine("|---|---|---|---|---|---|");
        foreach ((string name, string[] options) in s_paths)
        {
            await OverAsync(name, options, kernel, seconds, rounds, cancellationToken);
        }

        return 0;
    }

    private static async Task OverAsync(
        string name, string[] options, string[] kernel, double seconds, int rounds, CancellationToken cancellationToken)
    {
        using Process link = Start(Braid, ["link", "--namespaces", $"{First},{Second}", "--addresses", $"10.99.7.1/24,{Server}/24", "--rate", "100M", "--delay", "20ms", .. options]);
        try
        {
            await ReadLineAsync(link, cancellationToken);
            foreach ((string ours, string theirs) in s_controls)
            {
                var braid = new List<Measured>();
                var tcp = new List<Measured>();
                for (int round = 0; round < rounds; round++)
                {
                    braid.Add(await BraidAsync(ours, seconds, cancellationToken));
                    if (kernel.Contains(theirs))
                    {
                        tcp.Add(await TcpAsync(theirs, seconds, cancellationToken));
                    }
                }

                Measured mine = Median(braid);
                double other = tcp.Count == 0 ? double.NaN : Megabits(Median(tcp));
                Console.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"| {name} | {ours} | {Megabits(mine):0.0} | {other:0.0} | {Megabits(mine) / other:0.00} | {mine.CpuSecondsPerGigabyte:0.0} |"));
            }
        }
        finally
        {
            await EndAsync(link);                            // it takes its namespaces along
        }
    }

    private static async Task<Measured> BraidAsync(string control, double seconds, CancellationToken cancellationToken)
    {
        using Process server = StartIn(Second, Braid, ["perf", "server", "--bind", Server, "--udp", $"{ServerPort}"]);
        try
        {
            await ReadLineAsync(server, cancellationToken);
            using Process client = StartIn(
                First,
                Braid,
                ["perf", "client", $"{Server}:{ServerPort}", "--json", "--congestion-control", control, "--time", seconds.ToString(CultureInfo.InvariantCulture)]);
            string output = await client.StandardOutput.ReadToEndAsync(cancellationToken);
            await client.WaitForExitAsync(cancellationToken);
            using JsonDocument report = JsonDocument.Parse(output);
            JsonElement received = report.RootElement.GetProperty("receivedByServer");
            return new Measured(
                received.GetProperty("bytes").GetInt64(),
                received.GetProperty("seconds").GetDouble(),
                report.RootElement.GetProperty("cpuSeconds").GetDouble() + report.RootElement.GetProperty("serverCpuSeconds").GetDouble());
        }
        finally
        {
            await EndAsync(server);
        }
    }

    private static async Task<Measured> TcpAsync(string control, double seconds, CancellationToken cancellationToken)
    {
        using Process receiver = StartIn(Second, Self, [.. SelfPrefix, "link-receive"]);
        try
        {
            string port = (await ReadLineAsync(receiver, cancellationToken)).Split(' ')[1];
            using Process sender = StartIn(First, Self, [.. SelfPrefix, "link-send", Server, port, control, seconds.ToString(CultureInfo.InvariantCulture)]);
            string line = await receiver.StandardOutput.ReadToEndAsync(cancellationToken);
            await sender.WaitForExitAsync(cancellationToken);
            return Measured.TryParse(line.Trim(), out Measured measured) ? measured : default;
        }
        finally
        {
            await EndAsync(receiver);
        }
    }

    private static string Braid => Path.Combine(AppContext.BaseDirectory, "braid");

    private static string Self => Environment.ProcessPath!;

    private static string[] SelfPrefix => Path.GetFileNameWithoutExtension(Self) == "dotnet" ? [typeof(Link).Assembly.Location] : [];

    private static double Megabits(in Measured measured) => measured.GigabitsPerSecond * 1000;

    private static Measured Median(List<Measured> runs) => runs.OrderBy(run => run.GigabitsPerSecond).ElementAt(runs.Count / 2);

    private static Process StartIn(string space, string program, string[] arguments) => Start("ip", ["netns", "exec", space, program, .. arguments]);

    private static Process Start(string program, string[] arguments) =>
        Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!;

    private static async Task<string> ReadLineAsync(Process process, CancellationToken cancellationToken) =>
        await process.StandardOutput.ReadLineAsync(cancellationToken).AsTask().WaitAsync(s_patience, cancellationToken)
        ?? throw new IOException("a process of the measurement ended before it had begun");

    // As Ctrl+C does: .NET itself only knows how to kill.
    private static async Task EndAsync(Process process)
    {
        if (!process.HasExited)
        {
            using Process interrupt = Process.Start("kill", ["-INT", process.Id.ToString(CultureInfo.InvariantCulture)]);
            await interrupt.WaitForExitAsync();
            await process.WaitForExitAsync().WaitAsync(s_patience);
        }
    }
}
