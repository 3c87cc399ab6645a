using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Threading.Tasks;
using Braid.Simulation;

namespace Braid.Benchmarks;

/// <summary>The simulated paths: what each congestion control fills of them, in virtual time, all cores at once.</summary>
internal static class Paths
{
    private const string Beginning = """
        # Paths of every kind, simulated

        Made by `dotnet run -c Release --project bench/Braid.Benchmarks -- paths --out docs`, in virtual time: the same numbers on every machine; a
        test compares some of the lines.

        One flow with the defaults but for `CongestionControl`; a queue of one bandwidth-delay product, 45 kB at least; buffers that do not limit.
        User data delivered in % of the rate, without the beginning; headers leave 97.7 of it. Losses are by chance, on the way there. Medians of
        three seeds, one at 1 Gbit/s and where nothing is lost.

        What BBR leaves at 1 Gbit/s and 300 ms after a loss: no TSN may be more than 32,767 beyond the cumulative one (`TsnTracker.FarthestAhead`),
        45 MB of packets, and until the lost one has arrived again two round trips, 75 MB, would have to fly. At 4 % and 100 ms or more the window
        collapses a round trip after the start; there are more holes at once than the 340 or so that a SACK of 1,400 bytes can report, which is likely
        to be why, but was not shown.


        """;

    /// <summary>Runs it.</summary>
    /// <param name="isQuick">Fewer paths.</param>
    /// <param name="folder">Where <c>paths.md</c> and its picture go; null to print the table only.</param>
    public static int Run(bool isQuick, string? folder)
    {
        long start = Stopwatch.GetTimestamp();
        IReadOnlyDictionary<PathCell, double> results = Measure(PathMatrix.Cells(isQuick));
        string table = PathMatrix.Table(results);
        Console.Write(table);
        Console.Error.WriteLine($"{results.Count} cells in {Stopwatch.GetElapsedTime(start).TotalSeconds:0} s, {Environment.CpuUsage.TotalTime.TotalSeconds:0} s of CPU time");
        if (folder is not null)
        {
            Directory.CreateDirectory(Path.Combine(folder, "congestion"));
            File.WriteAllText(Path.Combine(folder, "congestion", "paths.svg"), PathMatrix.Picture(results));
            File.WriteAllText(
                Path.Combine(folder, "paths.md"),
                $"{Beginning.ReplaceLineEndings("\n")}![Share of the rate](congestion/paths.svg)\n\n{table}");
        }

        return 0;
    }

    /// <summary>Long ones do not come last: fast paths first.</summary>
    public static IReadOnlyDictionary<PathCell, double> Measure(IReadOnlyList<PathCell> cells)
    {
        var results = new ConcurrentDictionary<PathCell, double>();
        var waiting = new List<PathCell>(cells);
        waiting.Sort((a, b) => b.Rate.CompareTo(a.Rate));
        Parallel.ForEach(
            Partitioner.Create(waiting, EnumerablePartitionerOptions.NoBuffering),
            new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount },
            cell => results[cell] = PathMatrix.Utilization(cell));
        return results;
    }
}
