using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text;
using Braid.Sctp;

namespace Braid.Simulation;

/// <summary>One path and what a flow over it uses.</summary>
/// <param name="Rate">Bits a second.</param>
/// <param name="RoundTrip">There and back, without the queue.</param>
/// <param name="Loss">Chance that a packet is lost on the way there.</param>
/// <param name="Control">Of the flow.</param>
public readonly record struct PathCell(long Rate, TimeSpan RoundTrip, double Loss, CongestionControl Control);

/// <summary>
/// How much of a path one flow fills, for every rate, round trip, loss and congestion control: <c>docs/paths.md</c>. Virtual time; a cell
/// has the same value on every machine.
/// </summary>
public static class PathMatrix
{
    private const int SmallestQueue = 32 * 1400;             // a bandwidth-delay product of 10 Mbit/s and 1 ms is less than a packet
    private const ulong Seeds = 3;

    /// <summary>Bits a second.</summary>
    public static IReadOnlyList<long> Rates { get; } = [10_000_000, 100_000_000, 1_000_000_000];

    /// <summary>There and back.</summary>
    public static IReadOnlyList<TimeSpan> RoundTrips { get; } = [.. ((int[])[1, 20, 50, 100, 300]).Select(milliseconds => TimeSpan.FromMilliseconds(milliseconds))];

    /// <summary>Chances of loss.</summary>
    public static IReadOnlyList<double> Losses { get; } = [0, 0.0001, 0.001, 0.01, 0.04];

    /// <summary>The order in which they stand for one path.</summary>
    public static IReadOnlyList<CongestionControl> Controls { get; } =
        [CongestionControl.Bbr, CongestionControl.Cubic, CongestionControl.HighSpeed, CongestionControl.NewReno];

    /// <summary>Everything, or what is quickly done.</summary>
    /// <param name="isQuick">Paths up to 100 Mbit/s, every other round trip and every other loss.</param>
    public static IReadOnlyList<PathCell> Cells(bool isQuick) =>
    [
        .. from rate in Rates
           from roundTrip in RoundTrips.Where((_, i) => !isQuick || i % 2 == 1)
           from control in Controls
           from loss in Losses.Where((_, i) => !isQuick || i % 2 == 0)
           where !isQuick || rate <= 100_000_000
           select new PathCell(rate, roundTrip, loss, control),
    ];

    /// <summary>
    /// One flow over it. The queue is a bandwidth-delay product, buffers do not limit, and the beginning is not counted. The faster the
    /// path, the less time it takes to see as many packets.
    /// </summary>
    public static CongestionExperiment Experiment(in PathCell cell, ulong seed)
    {
        CongestionExperiment path = ControlComparison.Path(cell.Rate, cell.RoundTrip, 1, ControlComparison.With(cell.Control));
        (double warmUp, double duration, int roundTrips) = cell.Rate switch
        {
            >= 1_000_000_000 => (3.0, 5.0, 20),
            >= 100_000_000 => (5.0, 15.0, 50),
            _ => (10.0, 60.0, 50),
        };
        return path with
        {
            Seed = seed,
            There = path.There with { Loss = cell.Loss, QueueBytes = Math.Max(path.There.QueueBytes, SmallestQueue) },
            WarmUp = TimeSpan.FromSeconds(Math.Max(warmUp, roundTrips * cell.RoundTrip.TotalSeconds)),
            Duration = TimeSpan.FromSeconds(Math.Max(duration, roundTrips * cell.RoundTrip.TotalSeconds)),
            TakesSamples = false,
        };
    }

    /// <summary>
    /// User data that was delivered, as a share of the rate: the median of three seeds where chance has a say. At 1 Gbit/s there is one:
    /// half a million packets are average enough.
    /// </summary>
    public static double Utilization(PathCell cell)
    {
        ulong seeds = cell.Loss > 0 && cell.Rate < 1_000_000_000 ? Seeds : 1;
        var shares = new List<double>();
        for (ulong seed = 1; seed <= seeds; seed++)
        {
            shares.Add(Experiment(cell, seed).Run().BytesPerSecond[0] * 8 / cell.Rate);
        }

        shares.Sort();
        return shares[shares.Count / 2];
    }

    /// <summary>A Markdown table: a line for each path and congestion control, a column for each loss.</summary>
    /// <param name="results">Utilizations.</param>
    public static string Table(IReadOnlyDictionary<PathCell, double> results)
    {
        ArgumentNullException.ThrowIfNull(results);
        double[] losses = [.. results.Keys.Select(cell => cell.Loss).Distinct().Order()];
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"| Mbit/s | RTT, ms | CongestionControl | {string.Join(" | ", losses.Select(loss => Name(loss) + " loss"))} |\n");
        text.Append(CultureInfo.InvariantCulture, $"|---|---|---|{string.Concat(losses.Select(_ => "---|"))}\n");
        foreach (IGrouping<(long Rate, TimeSpan RoundTrip, CongestionControl Control), PathCell> line in results.Keys
            .GroupBy(cell => (cell.Rate, cell.RoundTrip, cell.Control))
            .OrderBy(line => line.Key.Rate).ThenBy(line => line.Key.RoundTrip).ThenBy(line => Controls.ToList().IndexOf(line.Key.Control)))
        {
            text.Append(Line(line.Key.Rate, line.Key.RoundTrip, line.Key.Control, [.. losses.Select(loss => results[line.First() with { Loss = loss }])]));
        }

        return text.ToString();
    }

    /// <summary>Reads a table of everything, as far as its digits go.</summary>
    /// <param name="document">Text with the table in it.</param>
    /// <returns>Utilizations.</returns>
    public static Dictionary<PathCell, double> Read(string document)
    {
        ArgumentNullException.ThrowIfNull(document);
        var results = new Dictionary<PathCell, double>();
        foreach (string line in document.Split('\n').Where(line => line.StartsWith("| ", StringComparison.Ordinal) && char.IsAsciiDigit(line[2])))
        {
            string[] cells = line.Split('|', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
            for (int i = 0; i < Losses.Count; i++)
            {
                var cell = new PathCell(
                    1_000_000 * long.Parse(cells[0], CultureInfo.InvariantCulture),
                    TimeSpan.FromMilliseconds(int.Parse(cells[1], CultureInfo.InvariantCulture)),
                    Losses[i],
                    Enum.Parse<CongestionControl>(cells[2]));
                results[cell] = double.Parse(cells[3 + i], CultureInfo.InvariantCulture) / 100;
            }
        }

        return results;
    }

    /// <summary>One line of it.</summary>
    public static string Line(long rate, TimeSpan roundTrip, CongestionControl control, IReadOnlyList<double> utilizations) => string.Create(
        CultureInfo.InvariantCulture,
        $"| {rate / 1_000_000} | {roundTrip.TotalMilliseconds:0} | {control} | {string.Join(" | ", utilizations.Select(value => (value * 100).ToString("0.0", CultureInfo.InvariantCulture)))} |\n");

    /// <summary>The same as a picture: a field for each congestion control and rate, darker where less of the path is used.</summary>
    /// <param name="results">Utilizations.</param>
    public static string Picture(IReadOnlyDictionary<PathCell, double> results)
    {
        ArgumentNullException.ThrowIfNull(results);
        long[] rates = [.. results.Keys.Select(cell => cell.Rate).Distinct().Order()];
        TimeSpan[] roundTrips = [.. results.Keys.Select(cell => cell.RoundTrip).Distinct().Order()];
        double[] losses = [.. results.Keys.Select(cell => cell.Loss).Distinct().Order()];
        return HeatMap.Draw(
            "User data delivered, % of the rate: loss to the right, round trip downwards",
            [.. Controls.Select(control => control.ToString())],
            [.. rates.Select(rate => string.Create(CultureInfo.InvariantCulture, $"{rate / 1_000_000} Mbit/s"))],
            [.. losses.Select(Name)],
            [.. roundTrips.Select(time => string.Create(CultureInfo.InvariantCulture, $"{time.TotalMilliseconds:0} ms"))],
            (panelColumn, panelRow, column, row) => results[new PathCell(rates[panelRow], roundTrips[row], losses[column], Controls[panelColumn])]);
    }

    private static string Name(double loss) => (loss * 100).ToString("0.## '%'", CultureInfo.InvariantCulture);
}
