using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
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
        User data delivered in % of the rate, without the beginning; headers leave 97.7 of it. Cells of 1 Gbit/s may show up to 98.3: virtual time has
        ticks of 100 ns, and a full packet takes 10.9 µs there in the place of 10.976. Losses are by chance, on the way there. Medians of three seeds, one at
        1 Gbit/s and where nothing is lost: with other seeds BBR has 91 to 98 there at 100 ms and 1 %. What had waited for a retransmission when the
        measurement began is delivered in it, so that a cell may have more than 100.

        What BBR leaves at 1 Gbit/s and 300 ms when much is lost: a SACK of 1,400 bytes has room for some 340 Gap Ack Blocks, the lowest (RFC 9260
        §6.7), and what lies beyond is not known to have arrived before those below are repaired, a round trip later. At 4 % that is 8,500 packets in a round
        trip, 317 Mbit/s at 300 ms. And no TSN may be more than 65,535 beyond the cumulative one, which 16 bits of a block can name
        (§3.3.4): 90 MB of packets, two and a half round trips.


        """;

    /// <summary>Runs it.</summary>
    /// <param name="cells">Which.</param>
    /// <param name="folder">Where <c>paths.md</c> and its picture go; null to print the table only.</param>
    /// <returns>The exit code: 1 where the document was asked for, and would not have all that it must.</returns>
    public static int Run(IReadOnlyList<PathCell> cells, string? folder)
    {
        string? file = folder is null ? null : Path.Combine(folder, "paths.md");
        Dictionary<PathCell, double> all = file is not null && File.Exists(file) ? PathMatrix.Read(File.ReadAllText(file)) : [];
        if (file is not null && PathMatrix.Cells(isQuick: false).Except(all.Keys).Except(cells).Any())
        {
            Console.Error.WriteLine($"{file} is to tell of all paths: some of them can be measured again, once it is there");
            return 1;
        }

        long start = Stopwatch.GetTimestamp();
        IReadOnlyDictionary<PathCell, double> results = Measure(cells);
        Console.Write(PathMatrix.Table(results));
        Console.Error.WriteLine($"{results.Count} cells in {Stopwatch.GetElapsedTime(start).TotalSeconds:0} s, {Environment.CpuUsage.TotalTime.TotalSeconds:0} s of CPU time");
        if (file is not null)
        {
            foreach ((PathCell cell, double value) in results)
            {
                all[cell] = value;
            }

            Directory.CreateDirectory(Path.Combine(folder!, "congestion"));
            File.WriteAllText(Path.Combine(folder!, "congestion", "paths.svg"), PathMatrix.Picture(all));
            File.WriteAllText(file, $"{Beginning.ReplaceLineEndings("\n")}![Share of the rate](congestion/paths.svg)\n\n{PathMatrix.Table(all)}");
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
