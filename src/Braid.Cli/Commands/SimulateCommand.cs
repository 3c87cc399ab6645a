using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.CommandLine;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Braid.Cli.Output;
using Braid.Simulation;

namespace Braid.Cli.Commands;

/// <summary><c>braid simulate</c>: random worlds in virtual time, each decided by one number.</summary>
internal sealed class SimulateCommand
{
    private const string Congestion = "congestion";
    private const string Failover = "failover";
    private const string Multipath = "multipath";
    private const int ShrinkAttempts = 2000;

    private readonly SeedOptions _seeds = new();
    private readonly Option<string> _scenario = new("--scenario")
    {
        Description = $"What they have in common: {string.Join(", ", SwarmScenario.All.Select(scenario => scenario.Name))}; {Failover}, which measures how long a cut network is used; {Congestion}, which measures windows; or {Multipath}, which measures several paths at the same time.",
        DefaultValueFactory = _ => SwarmScenario.Swarm.Name,
    };

    private readonly Option<FileInfo?> _pcap = new("--pcap") { Description = "File for the packets of one world, for Wireshark; a world that fails gets one anyway." };
    private readonly Option<DirectoryInfo?> _output = new("--output") { Description = $"With --scenario {Congestion} or {Multipath}: where the tables and the pictures go." };
    private readonly Option<bool> _shrink = new("--shrink") { Description = "Make a world that fails as small as it goes." };

    public static Command Create()
    {
        var simulate = new SimulateCommand();
        var command = new Command("simulate", "Search random networks, loads and faults, in virtual time, for one that breaks a rule.")
        {
            simulate._scenario, simulate._pcap, simulate._shrink, simulate._output, SimulatePeersCommand.Create(),
        };
        simulate._seeds.AddTo(command);
        CommandRunner.SetAction(command, (result, _, cancellationToken) => simulate.RunAsync(result, cancellationToken));
        return command;
    }

    private async Task<int> RunAsync(ParseResult result, CancellationToken cancellationToken)
    {
        string name = result.GetValue(_scenario)!;
        if (name is Congestion or Multipath)
        {
            DirectoryInfo folder = result.GetValue(_output) ?? throw new UsageException($"--scenario {name} needs --output");
            WriteReport(folder, name == Congestion ? CongestionReport.Make() : [("multipath.md", MultipathReport.Make())]);
            return ExitCode.Done;
        }

        if (name == Failover)
        {
            return await FailOverAsync(_seeds.Read(result), cancellationToken);
        }

        SwarmScenario scenario = SwarmScenario.All.FirstOrDefault(candidate => candidate.Name == name)
            ?? throw new UsageException($"--scenario {name}: there are {string.Join(", ", SwarmScenario.All.Select(candidate => candidate.Name))}, {Failover}, {Congestion}, {Multipath}");
        (ulong first, ulong last) = _seeds.Read(result);
        FileInfo? pcap = result.GetValue(_pcap);
        if (pcap is not null && first != last)
        {
            throw new UsageException("--pcap is for one world: say --seed");
        }

        if (result.GetValue(_output) is not null)
        {
            throw new UsageException($"--output is for --scenario {Congestion} and {Multipath}");
        }

        var search = new WorldSearch(scenario.Name, first, last);
        await search.RunAsync(
            seed =>
            {
                SwarmRun run = SwarmRun.Run(scenario.Draw(seed));
                return new WorldRun(run.Packets, run.Lost, run.Duration);
            },
            cancellationToken);
        if (pcap is not null)
        {
            Capture(scenario.Draw(first), pcap.FullName);
            Console.Out.WriteLine($"Packets: {pcap.FullName}");
        }

        foreach ((ulong failing, string what) in search.Failures)
        {
            Report(scenario, failing, what, pcap is null, result.GetValue(_shrink));
        }

        Console.Out.WriteLine(search.Summary());
        return search.Failures.Count == 0 ? ExitCode.Done : ExitCode.Failed;
    }

    private static async Task<int> FailOverAsync((ulong First, ulong Last) seeds, CancellationToken cancellationToken)
    {
        var times = new ConcurrentBag<FailoverRun>();
        var search = new WorldSearch(Failover, seeds.First, seeds.Last);
        await search.RunAsync(
            seed =>
            {
                FailoverRun run = FailoverRun.Run(FailoverOptions.Draw(seed));
                times.Add(run);
                return new WorldRun(run.Packets, run.Lost, run.Duration);
            },
            cancellationToken);
        foreach ((_, string what) in search.Failures)
        {
            Console.Error.WriteLine($"braid: {what}");
        }

        if (!times.IsEmpty)
        {
            Console.Out.WriteLine(Describe("Left a cut network", [.. times.Select(run => (run.Failover, run.FailoverBound))]));
            Console.Out.WriteLine(Describe("Came back", [.. times.Where(run => run.Return is not null).Select(run => (run.Return!.Value, run.ReturnBound))]));
        }

        Console.Out.WriteLine(search.Summary());
        return search.Failures.Count == 0 ? ExitCode.Done : ExitCode.Failed;
    }

    private static string Describe(string what, List<(TimeSpan Time, TimeSpan Bound)> times)
    {
        times.Sort();
        return times.Count == 0 ? $"{what}: never."
            : $"{what} after {Amount.Duration(times[times.Count / 2].Time)} (median), {Amount.Duration(times[^1].Time)} at most, "
                + string.Create(CultureInfo.InvariantCulture, $"{times.Average(time => time.Time / time.Bound):P0} of the bound on average, {times.Max(time => time.Time / time.Bound):P0} at most.");
    }

    private static void WriteReport(DirectoryInfo folder, IEnumerable<(string File, string Content)> files)
    {
        foreach ((string file, string content) in files)
        {
            string path = Path.Combine(folder.FullName, file);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, content);
            Console.Out.WriteLine(path);
        }
    }

    private static void Report(SwarmScenario scenario, ulong seed, string what, bool captures, bool shrinks)
    {
        Console.Error.WriteLine($"braid: {what}");
        Console.Error.WriteLine($"Again: braid simulate --scenario {scenario.Name} --seed {seed}");
        SwarmOptions world = scenario.Draw(seed);
        if (shrinks)
        {
            (world, ScenarioException? smaller) = SwarmShrinker.Shrink(world, ShrinkAttempts);
            Console.Error.WriteLine($"Smaller: {Describe(world)}");
            Console.Error.WriteLine(smaller?.Message);
        }

        if (captures)
        {
            string file = Path.GetFullPath(string.Create(CultureInfo.InvariantCulture, $"braid-{scenario.Name}-{seed}.pcapng"));
            Capture(world, file);
            Console.Error.WriteLine($"Packets: {file}");
        }
    }

    private static void Capture(SwarmOptions world, string file)
    {
        using var stream = new BufferedStream(File.Create(file));
        try
        {
            SwarmRun.Run(world, new PcapNgWriter(stream));
        }
        catch (ScenarioException)
        {
            // That is why somebody wants to see its packets.
        }
    }

    private static string Describe(SwarmOptions world)
    {
        IEnumerable<string> clients = world.Clients.Select((client, i) => $"\n  client {i}: {client}");
        IEnumerable<string> faults = world.Faults.Select(fault => $"\n  {fault}");
        return $"{world}{string.Concat(clients)}{string.Concat(faults)}";
    }
}
