using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text;
using Braid.Sctp;

namespace Braid.Simulation;

/// <summary><c>docs/congestion.md</c> and its pictures: what congestion control does, measured in virtual time.</summary>
public static class CongestionReport
{
    /// <summary>Chances of loss that are compared with theory.</summary>
    public static IReadOnlyList<double> Losses { get; } = [0.001, 0.003, 0.01, 0.03];

    /// <summary>A path of 100 ms that loses packets by chance and has no other limit.</summary>
    public static CongestionExperiment LossyPath(double loss, ulong seed, TimeSpan duration) => new()
    {
        Seed = seed,
        There = new LinkModel { Delay = TimeSpan.FromMilliseconds(50), Loss = loss },
        Back = new LinkModel { Delay = TimeSpan.FromMilliseconds(50) },
        Duration = duration,
    };

    /// <summary>A bottleneck of 10 Mbit/s and 40 ms with a queue of one bandwidth-delay product.</summary>
    public static CongestionExperiment Bottleneck(QueueDiscipline queue, TimeSpan duration) => new()
    {
        There = new LinkModel { Delay = TimeSpan.FromMilliseconds(20), RateBitsPerSecond = 10_000_000, QueueBytes = 50_000, Queue = queue },
        Back = new LinkModel { Delay = TimeSpan.FromMilliseconds(20) },
        Duration = duration,
    };

    /// <summary>A path of 50 ms there and back that loses packets by chance, in both directions.</summary>
    public static LinkModel ShortPath(double loss) => new() { Delay = TimeSpan.FromMilliseconds(25), Loss = loss };

    /// <summary>10 Mbit/s and 50 ms, with queue enough that nothing is lost, where one packet of a hundred comes 5 ms late.</summary>
    public static CongestionExperiment Reordered(LossRecovery recovery)
    {
        var experiment = new CongestionExperiment
        {
            There = new LinkModel
            {
                Delay = TimeSpan.FromMilliseconds(25),
                RateBitsPerSecond = 10_000_000,
                Reordering = 0.01,
                ReorderDelay = TimeSpan.FromMilliseconds(5),
            },
            Back = new LinkModel { Delay = TimeSpan.FromMilliseconds(25) },
            Duration = TimeSpan.FromSeconds(60),
        };
        return experiment with { Options = experiment.Options with { LossRecovery = recovery, ReceiveBufferSize = 200_000 } };
    }

    /// <summary>What <c>congestion.md</c> consists of, in its order: a name, and what makes it.</summary>
    public static IReadOnlyList<(string Name, Func<string> Make)> Parts { get; } =
    [
        ("Beginning", MakeBeginning),
        ("Random loss", MakeLosses),
        ("The end of a flow", MakeTails),
        ("Reordering", MakeReordering),
        ("A shared bottleneck", MakeShared),
        ("Long paths", ControlComparison.MakeLongPaths),
        ("Two flows", ControlComparison.MakeTwoFlows),
        ("The first window", ControlComparison.MakeFirstWindow),
        ("One flow over time", MakeOverTime),
    ];

    /// <summary>Runs everything.</summary>
    /// <returns>Names of files, relative to <c>docs</c>, and what is in them.</returns>
    public static IEnumerable<(string File, string Content)> Make()
    {
        yield return ("congestion.md", string.Concat(Parts.Select(part => part.Make())));
        yield return ("congestion/bottleneck.svg", MakeBottleneckPicture());
        yield return ("interleaving.md", InterleavingReport.Make());
        yield return ("congestion/outage.svg", MakeOutagePicture());
    }

    /// <summary>cwnd over time at the bottleneck.</summary>
    public static string MakeBottleneckPicture() =>
        Picture("10 Mbit/s, 40 ms, drop-tail", Bottleneck(QueueDiscipline.DropTail, TimeSpan.FromSeconds(60)) with { WarmUp = TimeSpan.Zero });

    /// <summary>And where it is cut.</summary>
    public static string MakeOutagePicture() => Picture("10 Mbit/s, 40 ms, cut from 20 s to 23 s", Outage());

    /// <summary>The bottleneck, cut for three seconds.</summary>
    public static CongestionExperiment Outage() => Bottleneck(QueueDiscipline.DropTail, TimeSpan.FromSeconds(60)) with
    {
        WarmUp = TimeSpan.Zero,
        OutageBegin = TimeSpan.FromSeconds(20),
        OutageEnd = TimeSpan.FromSeconds(23),
    };

    private static string MakeBeginning() => """
        # Congestion control, measured

        Made by `braid simulate --scenario congestion --output docs`, in virtual time: the same numbers on every machine. Where nothing
        else is said, windows are those of RFC 9260 §7.2 (`AssociationOptions.Rfc9260`).

        """.ReplaceLineEndings("\n");

    private static string MakeLosses()
    {
        var text = new StringBuilder("""

            ## Random loss

            One flow over a path of 100 ms that loses each packet with the same chance. RFC 9260 counts acknowledged bytes, not SACKs
            (§7.2.2), so the window grows by one packet for each round trip although every second packet is acknowledged, and the response
            function is packet / RTT · √(3/2p) (Mathis et al. 1997, without the factor √½ that delayed acknowledgements cost where they are
            counted).

            | Loss | Mbit/s | Response function | Ratio | Fast retransmissions | Time-outs |
            |---|---|---|---|---|---|

            """.ReplaceLineEndings("\n"));
        foreach (double loss in Losses)
        {
            AppendLoss(text, loss);
        }

        return text.ToString();
    }

    private static void AppendLoss(StringBuilder text, double loss)
    {
        CongestionResult result = LossyPath(loss, seed: 1, TimeSpan.FromSeconds(1000)).Run();
        BulkFlow flow = result.Flows[0];
        AssociationStatistics statistics = flow.Statistics;
        double theory = CongestionExperiment.Mathis(flow.PayloadPerPacket, TimeSpan.FromMilliseconds(100), loss);
        Append(text, $"| {loss * 100:0.#} % | {Megabits(result.BytesPerSecond[0])} | {Megabits(theory)} | {result.BytesPerSecond[0] / theory:0.00} | ");
        Append(text, $"{statistics.FastRetransmissions} | {statistics.RetransmissionTimeouts} |\n");
    }

    private static string MakeTails()
    {
        var text = new StringBuilder("""

            ## The end of a flow

            Transfers of 1 to 10 packets on one association, over a path of 50 ms that loses packets in both directions: from the first send to
            the last delivery. RTO.Min is 1 s. `LossRecovery.Rack` (RFC 8985) asks after two round trips for what no later packet can show to be
            lost; `RtoRestart` (RFC 7765) matters where T3-rtx has the last word.

            | Loss | LossRecovery | RtoRestart | p50, ms | p90, ms | p99, ms | Mean, ms | Time-outs | Probes | Sent again | For nothing |
            |---|---|---|---|---|---|---|---|---|---|---|

            """.ReplaceLineEndings("\n"));
        foreach (double loss in (double[])[0.01, 0.02, 0.05])
        {
            foreach (LossRecovery recovery in Enum.GetValues<LossRecovery>())
            {
                AppendTail(text, loss, recovery, restarts: false);
                AppendTail(text, loss, recovery, restarts: true);
            }
        }

        return text.ToString();
    }

    private static void AppendTail(StringBuilder text, double loss, LossRecovery recovery, bool restarts)
    {
        var experiment = new TailExperiment { Link = ShortPath(loss) };
        TailResult result = (experiment with { Options = experiment.Options with { LossRecovery = recovery, RtoRestart = restarts } }).Run();
        Append(text, $"| {loss * 100:0.#} % | {recovery} | {(restarts ? "yes" : "no")} | {result.Percentile(0.5).TotalMilliseconds:0} | ");
        Append(text, $"{result.Percentile(0.9).TotalMilliseconds:0} | {result.Percentile(0.99).TotalMilliseconds:0} | ");
        Append(text, $"{result.Times.Average(time => time.TotalMilliseconds):0} | {result.Statistics.RetransmissionTimeouts} | ");
        Append(text, $"{result.Statistics.LossProbes} | {result.Statistics.ChunksRetransmitted} | {result.Duplicates} |\n");
    }

    private static string MakeReordering()
    {
        var text = new StringBuilder("\n## Reordering\n\n10 Mbit/s and 50 ms, nothing is lost, and one packet of a hundred comes 5 ms late.\n\n");
        text.Append("| LossRecovery | Mbit/s | Sent again |\n|---|---|---|\n");
        foreach (LossRecovery recovery in Enum.GetValues<LossRecovery>())
        {
            CongestionResult result = Reordered(recovery).Run();
            Append(text, $"| {recovery} | {Megabits(result.BytesPerSecond[0])} | {result.Flows[0].Statistics.ChunksRetransmitted} |\n");
        }

        return text.ToString();
    }

    private static string MakeShared()
    {
        var text = new StringBuilder("\n## A shared bottleneck\n\n10 Mbit/s, 40 ms, a queue of one bandwidth-delay product; the second flow begins 5 s after the first.\n\n");
        text.Append("| Queue | Flow 1, Mbit/s | Flow 2, Mbit/s | Jain's index | Utilization | Largest burst, packets |\n|---|---|---|---|---|---|\n");
        foreach (QueueDiscipline queue in Enum.GetValues<QueueDiscipline>())
        {
            CongestionResult shared = (Bottleneck(queue, TimeSpan.FromSeconds(300)) with
            {
                Flows = 2,
                Stagger = TimeSpan.FromSeconds(5),
                WarmUp = TimeSpan.FromSeconds(60),
            }).Run();
            Append(text, $"| {queue} | {Megabits(shared.BytesPerSecond[0])} | {Megabits(shared.BytesPerSecond[1])} | {shared.Fairness:0.000} | ");
            Append(text, $"{shared.BytesPerSecond.Sum() * 8 / 10_000_000:P0} | {shared.Flows.Max(flow => flow.LargestBurst)} |\n");
        }

        return text.ToString();
    }

    private static string MakeOverTime() =>
        "\n## One flow over time\n\nThe same bottleneck. cwnd grows until the queue overflows, and is halved:\n\n![cwnd over time](congestion/bottleneck.svg)\n"
        + "\nAnd with the link cut from 20 s to 23 s: T3-rtx leaves a window of one packet (§7.2.3), and slow start begins anew:\n\n![cwnd over time](congestion/outage.svg)\n";

    private static string Picture(string title, CongestionExperiment experiment)
    {
        BulkFlow flow = experiment.Run().Flows[0];
        long highest = flow.Samples.Max(sample => Math.Max(sample.CongestionWindow, sample.InFlight));
        return TimeChart.Draw(
            title,
            "kB",
            experiment.Duration,
            [
                new ChartLine("in flight", "#9ecae1", [.. flow.Samples.Select(sample => (sample.Time, sample.InFlight / 1e3))]),
                new ChartLine("ssthresh", "#e6550d", [.. flow.Samples.Select(sample => (sample.Time, Math.Min(sample.SlowStartThreshold, highest) / 1e3))]),
                new ChartLine("cwnd", "#08519c", [.. flow.Samples.Select(sample => (sample.Time, sample.CongestionWindow / 1e3))]),
            ]);
    }

    private static string Megabits(double bytesPerSecond) => (bytesPerSecond * 8 / 1e6).ToString("0.00", CultureInfo.InvariantCulture);

    private static void Append(StringBuilder text, FormattableString part) => text.Append(part.ToString(CultureInfo.InvariantCulture));
}
