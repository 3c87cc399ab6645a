using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;
using Braid.Sctp;

namespace Braid.Simulation;

/// <summary>What each congestion control makes of the same paths, in virtual time.</summary>
public static class ControlComparison
{
    private static readonly (double Loss, double Reordering)[] s_paths = [(0, 0), (0.01, 0), (0.04, 0), (0, 0.01)];

    /// <summary>A path with a queue of so many bandwidth-delay products, and buffers that do not limit.</summary>
    /// <param name="rate">Bits a second.</param>
    /// <param name="roundTrip">There and back.</param>
    /// <param name="queue">In bandwidth-delay products.</param>
    /// <param name="options">Options of all associations.</param>
    public static CongestionExperiment Path(long rate, TimeSpan roundTrip, double queue, AssociationOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        long product = (long)(rate / 8 * roundTrip.TotalSeconds);
        return new CongestionExperiment
        {
            There = new LinkModel
            {
                Delay = roundTrip / 2,
                RateBitsPerSecond = rate,
                QueueBytes = (int)(product * queue),
                ReorderDelay = TimeSpan.FromMilliseconds(5),
            },
            Back = new LinkModel { Delay = roundTrip / 2 },
            WarmUp = TimeSpan.FromSeconds(5),
            Duration = TimeSpan.FromSeconds(20),
            Options = options with
            {
                PathMtu = 1400,
                MaximumPathMtu = 0,
                SendBufferSize = Math.Max(8 * product, 4 << 20),
                ReceiveBufferSize = Math.Max(8 * product, 4 << 20),
            },
        };
    }

    /// <summary>100 Mbit/s and 40 ms with a queue of one bandwidth-delay product, maybe with losses by chance or with packets that come 5 ms late.</summary>
    public static CongestionExperiment Hundred(AssociationOptions options, double loss = 0, double reordering = 0)
    {
        CongestionExperiment experiment = Path(100_000_000, TimeSpan.FromMilliseconds(40), 1, options);
        return experiment with { There = experiment.There with { Loss = loss, Reordering = reordering } };
    }

    /// <summary>1 Gbit/s and 100 ms with a queue of one bandwidth-delay product.</summary>
    public static CongestionExperiment Gigabit(AssociationOptions options) =>
        Path(1_000_000_000, TimeSpan.FromMilliseconds(100), 1, options) with { Duration = TimeSpan.FromSeconds(10) };

    /// <summary>Two flows over 20 Mbit/s and 40 ms; the second one begins 2 s after the first.</summary>
    public static CongestionExperiment Two(CongestionControl first, CongestionControl second, double queue)
    {
        CongestionExperiment experiment = Path(20_000_000, TimeSpan.FromMilliseconds(40), queue, With(first)) with
        {
            Flows = 2,
            Stagger = TimeSpan.FromSeconds(2),
            WarmUp = TimeSpan.FromSeconds(20),
            Duration = TimeSpan.FromSeconds(60),
        };
        return experiment with { Others = experiment.Options with { CongestionControl = second } };
    }

    /// <summary>The defaults, with another congestion control.</summary>
    public static AssociationOptions With(CongestionControl control) => AssociationOptions.Default with { CongestionControl = control };

    /// <summary>A part of <c>docs/congestion.md</c>, and so are the next two.</summary>
    internal static string MakeLongPaths()
    {
        var text = new StringBuilder("""

            ## Long, lossy and reordering paths

            One flow over 100 Mbit/s and 40 ms with a queue of one bandwidth-delay product, in Mbit/s of user data: without loss, with random
            loss, and with one packet of a hundred 5 ms late; and over 1 Gbit/s and 100 ms without loss. All but the first line with the
            default initial window and pacing; the first 5 s are not counted. SRTT at the end tells of the queue.

            | CongestionControl | No loss | SRTT, ms | 1 % loss | 4 % loss | 1 % late | 1 Gbit/s | Sent again |
            |---|---|---|---|---|---|---|---|

            """.ReplaceLineEndings("\n"));
        AppendControl(text, "NewReno, as RFC 9260 has it", AssociationOptions.Rfc9260);
        foreach (CongestionControl control in Enum.GetValues<CongestionControl>())
        {
            AppendControl(text, control.ToString(), With(control));
        }

        return text.ToString();
    }

    internal static string MakeTwoFlows()
    {
        var text = new StringBuilder("""

            Two flows over 20 Mbit/s and 40 ms; the second one begins 2 s later. Mbit/s of the first / of the second, by the length of the
            queue in bandwidth-delay products.

            | First | Second | 0.5 | 1 | 2 | 4 |
            |---|---|---|---|---|---|

            """.ReplaceLineEndings("\n"));
        foreach (CongestionControl first in Enum.GetValues<CongestionControl>())
        {
            text.Append(TwoFlowsLine(first, first));
        }

        foreach (CongestionControl first in (CongestionControl[])[CongestionControl.Cubic, CongestionControl.Bbr, CongestionControl.HighSpeed])
        {
            text.Append(TwoFlowsLine(first, CongestionControl.NewReno));
        }

        text.Append(TwoFlowsLine(CongestionControl.Bbr, CongestionControl.Cubic));
        return text.ToString();
    }

    internal static string MakeFirstWindow()
    {
        var text = new StringBuilder("""

            The first window: transfers over 50 ms and 20 Mbit/s, on an association that was just set up, from the first send to the last
            delivery, in ms.

            | InitialWindow | 10 kB | 30 kB | 100 kB | 1 MB |
            |---|---|---|---|---|

            """.ReplaceLineEndings("\n"));
        foreach (int window in (int[])[0, 4, 10, 20])
        {
            Append(text, $"| {(window == 0 ? "RFC 9260" : window)} ");
            foreach (int length in (int[])[10_000, 30_000, 100_000, 1_000_000])
            {
                Append(text, $"| {FirstTransfer(window, length).TotalMilliseconds:0} ");
            }

            text.Append("|\n");
        }

        return text.ToString();
    }

    /// <summary>How long the first message of an association takes.</summary>
    public static TimeSpan FirstTransfer(int initialWindow, int length)
    {
        CongestionExperiment path = Path(20_000_000, TimeSpan.FromMilliseconds(50), 1, AssociationOptions.Default with { InitialWindow = initialWindow });
        var world = new World(1);
        var flow = new BulkFlow(
            world, 1, new SimulatedLink(path.There, world.NewRandom()), new SimulatedLink(path.Back, world.NewRandom()), path.Options, carriesEcn: false)
        {
            Limit = length,
        };
        flow.Start(world.Now);
        Braid.Core.Instant begin = default;
        world.RunUntil(() => (begin = flow.FirstSent) != default, TimeSpan.FromSeconds(1));
        world.RunUntil(() => flow.DeliveredBytes >= length, TimeSpan.FromSeconds(60));
        return world.Now - begin;
    }

    /// <summary>A line of the table of two flows: what each gets, by the length of the queue.</summary>
    public static string TwoFlowsLine(CongestionControl first, CongestionControl second)
    {
        var text = new StringBuilder();
        Append(text, $"| {first} | {second} ");
        foreach (double queue in (double[])[0.5, 1, 2, 4])
        {
            IReadOnlyList<double> rates = Two(first, second, queue).Run().BytesPerSecond;
            Append(text, $"| {rates[0] * 8 / 1e6:0.0} / {rates[1] * 8 / 1e6:0.0} ");
        }

        return text.Append("|\n").ToString();
    }

    private static void AppendControl(StringBuilder text, string name, AssociationOptions options)
    {
        Append(text, $"| {name} ");
        long again = 0;
        foreach ((double loss, double reordering) in s_paths)
        {
            CongestionResult result = Hundred(options, loss, reordering).Run();
            Append(text, $"| {result.BytesPerSecond[0] * 8 / 1e6:0.0} ");
            if (loss == 0 && reordering == 0)
            {
                again = result.Flows[0].Statistics.ChunksRetransmitted;
                Append(text, $"| {result.Flows[0].Statistics.SmoothedRtt.TotalMilliseconds:0} ");
            }
        }

        Append(text, $"| {Gigabit(options).Run().BytesPerSecond[0] * 8 / 1e6:0} | {again} |\n");
    }

    private static void Append(StringBuilder text, FormattableString part) => text.Append(part.ToString(CultureInfo.InvariantCulture));
}
