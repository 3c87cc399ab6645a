using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Threading;
using System.Threading.Tasks;

namespace Braid.Benchmarks;

/// <summary>
/// Real sockets over the path of <c>braid link</c>, 100 Mbit/s and 40 ms: Braid beside the kernel's TCP with the like congestion control,
/// over the very same link, taking turns.
/// </summary>
/// <param name="paths">Names of the paths; each of <see cref="PathNames"/>.</param>
/// <param name="controls">Congestion controls as Braid's command calls them; each of <see cref="ControlNames"/>.</param>
/// <param name="seconds">How long each run sends.</param>
/// <param name="rounds">Runs of each.</param>
internal sealed class Link(IReadOnlyList<string> paths, IReadOnlyList<string> controls, double seconds, int rounds) : IPart
{
    private const int ServerPort = 9899;
    private const string Ours = "braid";
    private const string Kernel = "tcp";
    private const string Rate = "goodput";
    private const string Sending = "cpu of the sender";
    private const string Receiving = "cpu of the receiver";

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

    /// <summary>All paths, from the easiest.</summary>
    public static string[] PathNames => [.. s_paths.Select(path => path.Name)];

    /// <summary>All congestion controls.</summary>
    public static string[] ControlNames => [.. s_controls.Select(control => control.Ours)];

    public string Name => "link";

    public string Title => "An emulated path, beside the kernel's TCP";

    public string How =>
        $"Two network namespaces joined by `braid link`: 100 Mbit/s, 20 ms each way, a queue of one bandwidth-delay product, packets of 1,500 bytes at most; losses and reordering "
        + $"by chance, both ways. One flow of user data for {seconds:0.##} s with the beginning, medians of {rounds} runs, braid and the kernel's TCP taking turns over the same "
        + "link. A row names the congestion control of both; Braid's default is bbr, the kernel's cubic. Processor time is that of the process alone: packets that the "
        + "kernel's TCP sends from interrupts are not in it.";

    public IReadOnlyList<View> Views
    {
        get
        {
            Ratio[] ratios = [new Ratio(Ours, Kernel)];
            return [new View("Goodput", [Rate], ratios, "link"), new View("Processor time for a gigabyte", [Sending, Receiving], [])];
        }
    }

    private TimeSpan Limit => s_patience + TimeSpan.FromSeconds(4 * seconds);

    public async IAsyncEnumerable<Result> RunAsync(RunLog log, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (!OperatingSystem.IsLinux() || !Environment.IsPrivilegedProcess)
        {
            log.Fail("an emulated path is made of network namespaces: it needs Linux, and root there");
            yield break;
        }

        string available = await File.ReadAllTextAsync("/proc/sys/net/ipv4/tcp_available_congestion_control", cancellationToken);
        string[] known = available.Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries);
        foreach ((string path, string[] options) in s_paths.Where(path => paths.Contains(path.Name)))
        {
            foreach ((string ours, string theirs) in s_controls.Where(control => controls.Contains(control.Ours)))
            {
                if (!known.Contains(theirs))
                {
                    log.LeaveOut($"tcp with {theirs}: this kernel does not have it (modprobe tcp_{theirs})");
                }

                log.Say($"{Name}: {path}, {ours}");
                string[] subjects = known.Contains(theirs) ? [Ours, Kernel] : [Ours];
                foreach ((string subject, IReadOnlyList<Ends> runs) in await MeasureAsync(options, subjects, ours, theirs, log, cancellationToken))
                {
                    string name = $"{path}, {ours}";
                    yield return new Result(name, subject, Rate, "Mbit/s", [.. runs.Select(run => run.Receiver.GigabitsPerSecond * 1000)]);
                    yield return new Result(name, subject, Sending, "s/GB", [.. runs.Select(run => run.Sender.CpuSecondsPerGigabyte)]);
                    yield return new Result(name, subject, Receiving, "s/GB", [.. runs.Select(run => run.Receiver.CpuSecondsPerGigabyte)]);
                }
            }
        }
    }

    // A link for each round: what chance does to it is the same for both of a round, and another in the next.
    private Task<IReadOnlyList<(string Subject, IReadOnlyList<Ends> Runs)>> MeasureAsync(
        string[] options, string[] subjects, string ours, string theirs, RunLog log, CancellationToken cancellationToken)
    {
        int runs = 0;
        return Turns.TakeAsync(subjects, rounds, RunAsync, log, cancellationToken);

        async Task<Ends> RunAsync(string subject)
        {
            string seed = Job.Text(1 + (runs++ / subjects.Length));
            await using TwoNamespaces link =
                await TwoNamespaces.CreateAsync(["--rate", "100M", "--delay", "20ms", "--seed", seed, .. options], cancellationToken);
            return await (subject == Ours ? BraidAsync(ours, cancellationToken) : TcpAsync(theirs, cancellationToken));
        }
    }

    private async Task<Ends> BraidAsync(string control, CancellationToken cancellationToken)
    {
        await using Child server = TwoNamespaces.StartReceiver(
            "braid perf server", Programs.Braid, ["perf", "server", "--bind", TwoNamespaces.Server, "--udp", Job.Text(ServerPort)]);
        await server.ReadLineAsync(s_patience, cancellationToken);
        await using Child client = TwoNamespaces.StartSender(
            $"braid perf client ({control})",
            Programs.Braid,
            ["perf", "client", $"{TwoNamespaces.Server}:{ServerPort}", "--json", "--time", Job.Text(seconds), "--congestion-control", control]);
        string output = await client.ReadToEndAsync(Limit, cancellationToken);
        try
        {
            using JsonDocument report = JsonDocument.Parse(output);
            JsonElement received = report.RootElement.GetProperty("receivedByServer");
            (long bytes, double time) = (received.GetProperty("bytes").GetInt64(), received.GetProperty("seconds").GetDouble());
            return new Ends(
                new Measured(bytes, time, report.RootElement.GetProperty("cpuSeconds").GetDouble()),
                new Measured(bytes, time, report.RootElement.GetProperty("serverCpuSeconds").GetDouble()));
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new RunFailedException($"braid perf client ({control}) came to no result: {output}");
        }
    }

    private async Task<Ends> TcpAsync(string control, CancellationToken cancellationToken)
    {
        await using Child receiver = TwoNamespaces.StartReceiver("the receiver of tcp", Programs.Self, [.. Programs.SelfPrefix, "link-receive"]);
        string port = (await receiver.ReadLineAsync(s_patience, cancellationToken)).Split(' ')[1];
        await using Child sender = TwoNamespaces.StartSender(
            $"the sender of tcp ({control})",
            Programs.Self,
            [.. Programs.SelfPrefix, "link-send", TwoNamespaces.Server, port, control, Job.Text(seconds)]);
        string received = await receiver.ReadToEndAsync(Limit, cancellationToken);
        string sent = await sender.ReadToEndAsync(s_patience, cancellationToken);
        return Measured.TryParse(received.Trim(), out Measured there) && Measured.TryParse(sent.Trim(), out Measured here)
            ? new Ends(here, there)
            : throw new RunFailedException($"tcp ({control}) came to no result");
    }

    /// <summary>What both processes of a run saw.</summary>
    private readonly record struct Ends(Measured Sender, Measured Receiver);
}
