using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Braid.Cli.Output;
using Braid.Simulation;
using Spectre.Console;

namespace Braid.Cli.Commands;

/// <summary><c>braid simulate</c>: random worlds in virtual time, each decided by one number.</summary>
internal sealed class SimulateCommand
{
    private const string Congestion = "congestion";
    private const int ShrinkAttempts = 2000;
    private const int MostFailures = 10;                     // one would do; more of them show what they have in common

    private readonly Option<ulong?> _seed = new("--seed") { Description = "One world: its number, decimal or 0x and hexadecimal.", CustomParser = ParseSeed };
    private readonly Option<string> _seeds = new("--seeds") { Description = "Worlds A..B, both included.", DefaultValueFactory = _ => "0..299" };
    private readonly Option<string> _scenario = new("--scenario")
    {
        Description = $"What they have in common: {string.Join(", ", SwarmScenario.All.Select(scenario => scenario.Name))}; or {Congestion}, which measures.",
        DefaultValueFactory = _ => SwarmScenario.Swarm.Name,
    };

    private readonly Option<FileInfo?> _pcap = new("--pcap") { Description = "File for the packets of one world, for Wireshark; a world that fails gets one anyway." };
    private readonly Option<DirectoryInfo?> _output = new("--output") { Description = $"With --scenario {Congestion}: where the table and the pictures go." };
    private readonly Option<bool> _shrink = new("--shrink") { Description = "Make a world that fails as small as it goes." };

    public static Command Create()
    {
        var simulate = new SimulateCommand();
        var command = new Command("simulate", "Search random networks, loads and faults, in virtual time, for one that breaks a rule.")
        {
            simulate._seed, simulate._seeds, simulate._scenario, simulate._pcap, simulate._shrink, simulate._output,
        };
        CommandRunner.SetAction(command, (result, _, cancellationToken) => simulate.RunAsync(result, cancellationToken));
        return command;
    }

    private async Task<int> RunAsync(ParseResult result, CancellationToken cancellationToken)
    {
        string name = result.GetValue(_scenario)!;
        if (name == Congestion)
        {
            WriteCongestionReport(result.GetValue(_output) ?? throw new UsageException($"--scenario {Congestion} needs --output"));
            return ExitCode.Done;
        }

        SwarmScenario scenario = SwarmScenario.All.FirstOrDefault(candidate => candidate.Name == name)
            ?? throw new UsageException($"--scenario {name}: there are {string.Join(", ", SwarmScenario.All.Select(candidate => candidate.Name))}");
        (ulong first, ulong last) = result.GetValue(_seed) is { } seed ? (seed, seed) : ParseRange(result.GetValue(_seeds)!);
        FileInfo? pcap = result.GetValue(_pcap);
        if (pcap is not null && first != last)
        {
            throw new UsageException("--pcap is for one world: say --seed");
        }

        var tally = new Tally();
        await ShowAsync(scenario, first, last, tally, () => Search(scenario, first, last, tally, cancellationToken));
        if (pcap is not null)
        {
            Capture(scenario.Draw(first), pcap.FullName);
            Console.Out.WriteLine($"Packets: {pcap.FullName}");
        }

        foreach ((ulong failing, string what) in tally.Failures.OrderBy(failure => failure.Key).Take(MostFailures))
        {
            Report(scenario, failing, what, pcap is null, result.GetValue(_shrink));
        }

        Console.Out.WriteLine(
            $"{scenario.Name}: {tally.Done} {(tally.Done == 1 ? "world" : "worlds")} in {Amount.Duration(tally.Watch.Elapsed)}, "
            + $"{tally.Failures.Count} failed; {tally.Packets:N0} packets ({tally.Lost:N0} lost), {Amount.Duration(TimeSpan.FromTicks(tally.VirtualTicks))} of virtual time.");
        return tally.Failures.IsEmpty ? ExitCode.Done : ExitCode.Failed;
    }

    private static void WriteCongestionReport(DirectoryInfo folder)
    {
        foreach ((string file, string content) in CongestionReport.Make())
        {
            string path = Path.Combine(folder.FullName, file);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, content);
            Console.Out.WriteLine(path);
        }
    }

    private static void Search(SwarmScenario scenario, ulong first, ulong last, Tally tally, CancellationToken cancellationToken)
    {
        long next = -1;
        ulong count = last - first + 1;
        Parallel.For(0, Environment.ProcessorCount, (_, state) =>
        {
            ulong index;
            while ((index = (ulong)Interlocked.Increment(ref next)) < count && tally.Failures.Count < MostFailures && !cancellationToken.IsCancellationRequested)
            {
                try
                {
                    tally.Add(SwarmRun.Run(scenario.Draw(first + index)));
                }
                catch (ScenarioException exception)
                {
                    tally.Failures[first + index] = exception.Message;
                }

                Interlocked.Increment(ref tally.Done);
            }
        });
        cancellationToken.ThrowIfCancellationRequested();
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

    private static async Task ShowAsync(SwarmScenario scenario, ulong first, ulong last, Tally tally, Action search)
    {
        ulong count = last - first + 1;
        if (count == 1 || Console.IsErrorRedirected)
        {
            await Task.Run(search);
            return;
        }

        await ProgressBars.Create().Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn())
            .StartAsync(async context =>
            {
                ProgressTask bar = context.AddTask(scenario.Name, maxValue: count);
                await ProgressBars.WhileRunningAsync(Task.Run(search), () => bar.Value = tally.Done);
            });
    }

    private static ulong? ParseSeed(System.CommandLine.Parsing.ArgumentResult argument)
    {
        string text = argument.Tokens[0].Value;
        if (TryParse(text, out ulong seed))
        {
            return seed;
        }

        argument.AddError($"--seed {text}: not a number");
        return null;
    }

    private static (ulong First, ulong Last) ParseRange(string text)
    {
        string[] ends = text.Split("..");
        return ends.Length == 2 && TryParse(ends[0], out ulong first) && TryParse(ends[1], out ulong last) && first <= last && last - first < uint.MaxValue
            ? (first, last)
            : throw new UsageException($"--seeds {text}: it must be A..B");
    }

    private static bool TryParse(string text, out ulong number) => text.StartsWith("0x", StringComparison.OrdinalIgnoreCase)
        ? ulong.TryParse(text.AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out number)
        : ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);

    private sealed class Tally
    {
        public int Done;
        private long _packets;
        private long _lost;
        private long _virtualTicks;

        public Stopwatch Watch { get; } = Stopwatch.StartNew();

        public ConcurrentDictionary<ulong, string> Failures { get; } = [];

        public long Packets => _packets;

        public long Lost => _lost;

        public long VirtualTicks => _virtualTicks;

        public void Add(SwarmRun run)
        {
            Interlocked.Add(ref _packets, run.Packets);
            Interlocked.Add(ref _lost, run.Lost);
            Interlocked.Add(ref _virtualTicks, run.Duration.Ticks);
        }
    }
}
