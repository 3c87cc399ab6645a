using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Threading;
using System.Threading.Tasks;

namespace Braid.Benchmarks;

/// <summary>Runs parts, prints their tables, and writes a report of all of them.</summary>
internal static class Suite
{
    public const string ProgramCommand = "dotnet run -c Release --project bench/Braid.Benchmarks --";

    public const string AllCommand = ProgramCommand + " all";

    private const int Kibi = 1024;

    /// <summary>Everything that <c>all</c> runs: less than 15 minutes on two cores, or less than 2 when it is quick.</summary>
    public static IReadOnlyList<IPart> All(bool isQuick)
    {
        IReadOnlyList<ISubject> bulk = AllSubjects.Named(["braid", "usrsctp", "tcp", "udp"]);
        IReadOnlyList<ISubject> trips = AllSubjects.Named(["braid", "blocking", "inline", "usrsctp", "tcp", "udp"]);
        IReadOnlyList<ISubject> flows = AllSubjects.Named(["braid", "tcp"]);
        return isQuick
            ?
            [
                new Goodput(bulk, [(64, 1400), (16 * Kibi, 1400)], seconds: 0.5, warmUp: 1.5, rounds: 1),
                new Latency(trips, tripsPerRun: 20_000, rounds: 1),
                new Flows(flows, [1, 100], seconds: 0.5, warmUp: 1.5, rounds: 1),
                new Many([1, 1000], rounds: 1, ifWithin: TimeSpan.Zero),
                new Cores([1, 2], seconds: 0.5, rounds: 1),
                new UdpCalls([(1372, 32)], seconds: 0.2, rounds: 1),
                new DtlsRecords([1200], seconds: 0.2, rounds: 1),
                new Core([64, 16 * Kibi], mtu: 1400, seconds: 0.3, rounds: 1),
                new InMemory(seconds: 0.1, rounds: 1),
            ]
            :
            [
                new Goodput(
                    bulk,
                    [(64, 1400), (Kibi, 1400), (16 * Kibi, 1400), (64 * Kibi, 1400), (256 * Kibi, 1400), (16 * Kibi, 1200), (16 * Kibi, 9000)],
                    seconds: 1.5,
                    warmUp: 1.5,
                    rounds: 5),
                new Latency(trips, tripsPerRun: 20_000, rounds: 5),
                new Flows(flows, [1, 10, 100, 1000], seconds: 1.5, warmUp: 1, rounds: 3),
                new Many([1, 1000, 10_000, 100_000], rounds: 3, ifWithin: TimeSpan.FromMinutes(1)),
                new Cores([1, 2], seconds: 1.5, rounds: 5),
                new UdpCalls([(1372, 32), (28, 64)], seconds: 0.5, rounds: 5),
                new DtlsRecords([100, 1200, 16 * Kibi], seconds: 0.5, rounds: 5),
                new Core([64, Kibi, 16 * Kibi, 256 * Kibi], mtu: 1400, seconds: 1, rounds: 3),
                new InMemory(seconds: 0.2, rounds: 5),
            ];
    }

    /// <summary>Runs parts one after the other, each with its tables on stdout.</summary>
    /// <param name="parts">Which.</param>
    /// <param name="folder">Where the report goes; null for none.</param>
    /// <param name="command">What makes it again.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <param name="file">The name of a report of its own, in which what is not measured again stays; null for the report of all parts.</param>
    /// <returns>The exit code: 1 when something could not be measured.</returns>
    public static async Task<int> RunAsync(IReadOnlyList<IPart> parts, string? folder, string command, CancellationToken cancellationToken, string? file = null)
    {
        long start = Stopwatch.GetTimestamp();
        Dictionary<string, string> facts = Machine.Facts();
        var sections = new List<Section>();
        bool hasFailed = false;
        foreach (IPart part in parts)
        {
            var log = new RunLog();
            var results = new List<Result>();
            await foreach (Result result in part.RunAsync(log, cancellationToken))
            {
                results.Add(result);
            }

            if (folder is not null && file is not null)
            {
                results = Former.With(Path.Combine(folder, $"{file}.json"), part.Name, results);
            }

            var section = new Section(part.Name, part.Title, part.How, part.Views, results, log.Missing);
            sections.Add(section);
            hasFailed |= log.HasFailed;
            Console.WriteLine(Report.ToMarkdown(section, level: 2));
        }

        facts["took"] = Stopwatch.GetElapsedTime(start).ToString(@"m\:ss", CultureInfo.InvariantCulture);
        if (folder is not null)
        {
            string name = file ?? "results";
            new Report("Benchmarks", command, facts, sections).Write(folder, name);
            Console.WriteLine($"{Path.Combine(folder, name)}.md, after {facts["took"]}.");
        }

        return hasFailed ? 1 : 0;
    }
}
