using System;
using System.CommandLine;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Net;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Running;
using Braid.Simulation;

namespace Braid.Benchmarks;

/// <summary>Measurements: all of them by one command, or one part alone.</summary>
public static class Program
{
    private const double WarmUp = 1;                         // seconds
    private const double ChannelWarmUp = 5;                  // ICE, DTLS and SCTP of two new processes: what compiles as it runs has done so by then

    private static readonly TimeSpan s_buildPatience = TimeSpan.FromMinutes(10);

    /// <summary>Runs what the arguments say.</summary>
    public static int Main(string[] args)
    {
        var quick = new Option<bool>("--quick") { Description = "Fewer cases, one short run of each: whether it works, within two minutes." };
        var folder = new Option<string?>("--out") { Description = "Where results.json, results.md and the pictures go. Default: bench/Results/ and the date, or no files for a part." };
        var seconds = new Option<double>("--seconds") { Description = "How long each run goes on.", DefaultValueFactory = _ => 2 };
        var rounds = new Option<int>("--rounds") { Description = "Runs of each; the median counts.", DefaultValueFactory = _ => 3 };
        var sizes = Several("--size", "Message sizes in bytes.", [64, 1024, 16 * 1024, 64 * 1024, 256 * 1024]);
        var mtu = new Option<int>("--mtu") { Description = "Largest IP packet.", DefaultValueFactory = _ => 1400 };
        var count = Several("--associations", "How many at the same time.", [1, 10, 100, 1000]);

        var all = new Command("all", "Everything below but 'endurance', 'micro', 'peers' and what needs root: tables, every repeat as JSON, and pictures. Less than 15 minutes on 2 cores.") { quick, folder };
        all.SetAction((result, cancellationToken) => Suite.RunAsync(
            Suite.All(result.GetValue(quick)),
            result.GetValue(folder) ?? Path.Combine("bench", "Results", DateTime.UtcNow.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)),
            Suite.AllCommand + (result.GetValue(quick) ? " --quick" : ""),
            cancellationToken));

        Option<string[]> bulk = Subjects("braid", "usrsctp", "tcp", "udp");
        Command loopback = Part("loopback", "One flow between two processes: goodput and processor time by message size.", [sizes, mtu, bulk], result =>
            new Goodput(AllSubjects.Named(result.GetValue(bulk)!), [.. result.GetValue(sizes)!.Select(size => (size, result.GetValue(mtu)))], result.GetValue(seconds), WarmUp, result.GetValue(rounds)));

        Option<string[]> trips = Subjects("braid", "blocking", "inline", "usrsctp", "tcp", "udp");
        var tripsPerRun = new Option<int>("--trips") { Description = "Round trips in a run.", DefaultValueFactory = _ => 20_000 };
        Command latency = Part("latency", "Ping-pong between two processes: percentiles of the round trip.", [tripsPerRun, trips], result =>
            new Latency(AllSubjects.Named(result.GetValue(trips)!), result.GetValue(tripsPerRun), result.GetValue(rounds)));

        Option<string[]> flowing = Subjects("braid", "tcp");
        Command flows = Part("flows", "Many associations that send at the same time: goodput of all together.", [count, flowing], result =>
            new Flows(AllSubjects.Named(result.GetValue(flowing)!), result.GetValue(count)!, result.GetValue(seconds), WarmUp, result.GetValue(rounds)));

        var idle = Several("--associations", "How many at the same time.", [1, 1000, 10_000, 100_000]);
        Command many = Part("many", "Associations that come and go: rates, and memory of an idle one.", [idle], result =>
            new Many(result.GetValue(idle)!, result.GetValue(rounds), TimeSpan.MaxValue));

        var sequence = new Option<int>("--associations") { Description = "How many.", DefaultValueFactory = _ => 100_000 };
        Command endurance = Part("endurance", "One association after the other: whether anything grows.", [sequence], result => new Endurance(result.GetValue(sequence)));

        var sockets = Several("--sockets", "UDP sockets of the listener.", [1, 2]);
        Command cores = Part("cores", "A listener with several UDP sockets: whether it uses several cores (Linux).", [sockets], result =>
            new Cores(result.GetValue(sockets)!, result.GetValue(seconds), result.GetValue(rounds)));

        var size = new Option<int>("--size") { Description = "Bytes in a packet.", DefaultValueFactory = _ => 1372 };
        var packets = new Option<int>("--packets") { Description = "Packets in a batch.", DefaultValueFactory = _ => 32 };
        Command udp = Part("udp", "What a packet costs to send and to receive, by the calls that move it.", [size, packets], result =>
            new UdpCalls([(result.GetValue(size), result.GetValue(packets))], result.GetValue(seconds), result.GetValue(rounds)));

        var record = Several("--size", "Bytes in a record.", [100, 1200, 16 * 1024]);
        Command dtls = Part("dtls", "What a record of DTLS costs to seal and to open.", [record], result =>
            new DtlsRecords(result.GetValue(record)!, result.GetValue(seconds), result.GetValue(rounds)));

        var peers = new Option<string[]>("--peers")
        {
            Description = $"Who takes turns: {PeerPair.Described}. The first is compared with the others.",
            AllowMultipleArgumentsPerToken = true,
            DefaultValueFactory = _ => ["braid", "braid/chromium", "chromium/braid", "chromium", "wrtc", "libdatachannel"],
        };
        var message = Several("--size", "Message sizes in bytes.", [16 * 1024, 64 * 1024]);
        Command channel = Part("datachannel", "A data channel between two processes: browsers and libraries. Linux, as root.", [message, peers], result =>
            new DataChannels([.. result.GetValue(peers)!.Select(PeerPair.Parse)], result.GetValue(message)!, result.GetValue(seconds), ChannelWarmUp, result.GetValue(rounds)));

        var connected = Several("--peers", "How many at the same time.", [100, 1000]);
        Command onePort = Part("peers", "WebRTC peers on one UDP port: how many connect in a second, and memory of an idle one.", [connected], result =>
            new IdlePeers(result.GetValue(connected)!, result.GetValue(rounds)));

        var answers = Several("--packets-per-answer", "After how many packets the receiver may answer; 0 for all that may be sent at the time.", [0]);
        Command core = Part("core", "One flow through both endpoints in memory: the protocol without system calls.", [sizes, mtu, answers], result =>
            new Core(result.GetValue(sizes)!, result.GetValue(mtu), result.GetValue(seconds), result.GetValue(rounds), result.GetValue(answers)!));

        Command memory = Part("memory", "Checksum, parsing, building, SACKs and reassembly in memory, for a moment each.", [], result =>
            new InMemory(result.GetValue(seconds), result.GetValue(rounds)));

        var filter = new Option<string>("--filter") { DefaultValueFactory = _ => "*" };
        var micro = new Command("micro", "The same thoroughly (BenchmarkDotNet).") { filter };
        micro.SetAction(result => BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(
            ["--filter", result.GetValue(filter)!], ManualConfig.Create(DefaultConfig.Instance).WithBuildTimeout(s_buildPatience)));

        var megabits = Several("--rate", "Mbit/s: 10, 100, 1000.", [.. PathMatrix.Rates.Select(rate => (int)(rate / 1_000_000))]);
        var roundTrips = Several("--round-trip", "ms: 1, 20, 50, 100, 300.", [.. PathMatrix.RoundTrips.Select(time => (int)time.TotalMilliseconds)]);
        Option<string[]> controls = OneOf("--congestion-control", "Congestion controls.", [.. PathMatrix.Controls.Select(each => each.ToString())]);
        var paths = new Command("paths", "Simulated paths of 10 Mbit/s to 1 Gbit/s, 1 to 300 ms and 0 to 4 % loss, in virtual time. With --out, cells that are not measured again stay.")
        {
            quick, megabits, roundTrips, controls, folder,
        };
        paths.SetAction(result => Paths.Run(
            [
                .. PathMatrix.Cells(result.GetValue(quick)).Where(cell => result.GetValue(megabits)!.Contains((int)(cell.Rate / 1_000_000))
                    && result.GetValue(roundTrips)!.Contains((int)cell.RoundTrip.TotalMilliseconds)
                    && result.GetValue(controls)!.Contains(cell.Control.ToString())),
            ],
            result.GetValue(folder)));

        Option<string[]> path = OneOf("--path", "Paths.", Link.PathNames);
        Option<string[]> control = OneOf("--congestion-control", "What both use.", Link.ControlNames);
        var time = new Option<double>("--seconds") { Description = "How long each run goes on.", DefaultValueFactory = _ => 8 };
        var link = new Command("link", "An emulated path of 100 Mbit/s and 40 ms (braid link; Linux, as root): Braid beside the kernel's TCP. With --out, rows that are not measured again stay.")
        {
            path, control, time, rounds, folder,
        };
        link.SetAction((result, cancellationToken) => Suite.RunAsync(
            [new Link(result.GetValue(path)!, result.GetValue(control)!, result.GetValue(time), result.GetValue(rounds))],
            result.GetValue(folder),
            $"{Suite.ProgramCommand} link --rounds {result.GetValue(rounds)} --out DIRECTORY",
            cancellationToken,
            file: "link"));

        return new RootCommand("Braid's benchmarks.") { all, loopback, latency, flows, many, cores, endurance, udp, dtls, channel, onePort, core, memory, micro, paths, link, LinkReceive(), LinkSend(), Side() }.Parse(args).Invoke();

        Command Part(string name, string description, Option[] options, Func<ParseResult, IPart> make)
        {
            var command = new Command(name, description) { seconds, rounds, folder };
            foreach (Option option in options)
            {
                command.Options.Add(option);
            }

            command.SetAction((result, cancellationToken) => Suite.RunAsync(
                [make(result)], result.GetValue(folder), $"{Suite.ProgramCommand} {string.Join(' ', args)}", cancellationToken));
            return command;
        }
    }

    private static Option<int[]> Several(string name, string description, int[] values) => new(name)
    {
        Description = description,
        AllowMultipleArgumentsPerToken = true,
        DefaultValueFactory = _ => values,
    };

    private static Option<string[]> OneOf(string name, string description, string[] values)
    {
        var option = new Option<string[]>(name) { Description = description, AllowMultipleArgumentsPerToken = true, DefaultValueFactory = _ => values };
        return option.AcceptOnlyFromAmong(values);
    }

    private static Option<string[]> Subjects(params string[] names) => new("--subjects", "--transports")
    {
        Description = $"Who takes turns: {AllSubjects.Described}. The first one is compared with the others.",
        AllowMultipleArgumentsPerToken = true,
        DefaultValueFactory = _ => names,
    };

    // The other processes are this program, too.
    private static Command Side()
    {
        var name = new Argument<string>("SUBJECT");
        var port = new Argument<int>("PORT");
        var job = new Argument<string[]>("JOB");
        var side = new Command(ManagedSubject.Command) { name, port, job };
        side.Hidden = true;
        side.SetAction((result, cancellationToken) =>
            ((ManagedSubject)AllSubjects.Named([result.GetValue(name)!])[0]).RunAsync(result.GetValue(port), Job.Parse(result.GetValue(job)), cancellationToken));
        return side;
    }

    private static Command LinkReceive()
    {
        var command = new Command("link-receive", "The receiving process of TCP in 'link'.") { Hidden = true };
        command.SetAction(_ => LinkTcp.Receive());
        return command;
    }

    private static Command LinkSend()
    {
        var host = new Argument<string>("HOST");
        var port = new Argument<int>("PORT");
        var control = new Argument<string>("CONTROL");
        var time = new Argument<double>("SECONDS");
        var command = new Command("link-send", "The sending process of TCP in 'link'.") { host, port, control, time };
        command.Hidden = true;
        command.SetAction(result => LinkTcp.Send(
            IPAddress.Parse(result.GetValue(host)!), result.GetValue(port), result.GetValue(control)!, result.GetValue(time)));
        return command;
    }
}
