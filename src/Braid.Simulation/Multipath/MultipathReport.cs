using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text;
using Braid.Sctp;

namespace Braid.Simulation;

/// <summary><c>docs/multipath.md</c>: what data over several paths at the same time comes to, in virtual time.</summary>
public static class MultipathReport
{
    private static readonly (LinkModel First, LinkModel Second, string Name)[] s_pairs =
    [
        Pair(10, 20, 10, 20),
        Pair(10, 20, 10, 100),
        Pair(10, 20, 50, 20),
        Pair(10, 20, 50, 100),
        Pair(50, 20, 10, 100),
        Pair(10, 20, 10, 20, 0.01),
        Pair(10, 20, 50, 100, 0.01),
        Pair(50, 20, 1, 400),
    ];

    /// <summary>What the document consists of, in its order.</summary>
    public static IReadOnlyList<(string Name, Func<string> Make)> Parts { get; } =
    [
        ("Beginning", MakeBeginning),
        ("Two networks", MakeTwoNetworks),
        ("Small receive buffers", MakeBuffers),
        ("A shared bottleneck", MakeShared),
        ("A network with others in it", MakePooled),
        ("A cut", MakeCut),
    ];

    /// <summary>The document.</summary>
    public static string Make() => string.Concat(Parts.Select(part => part.Make()));

    /// <summary>Default options but for these, with packets of one size.</summary>
    /// <param name="control">The congestion control.</param>
    /// <param name="isConcurrent">Whether data takes all paths.</param>
    public static AssociationOptions Options(CongestionControl control, bool isConcurrent) => AssociationOptions.Default with
    {
        CongestionControl = control,
        ConcurrentMultipath = isConcurrent,
        PathMtu = 1400,
        MaximumPathMtu = 0,
    };

    /// <summary>A line of the table of two networks: Mbit/s of each by itself, and of both, for each control.</summary>
    /// <param name="first">One network.</param>
    /// <param name="second">The other one.</param>
    /// <param name="name">What it is called.</param>
    public static string TwoNetworksLine(LinkModel first, LinkModel second, string name)
    {
        var text = new StringBuilder($"| {name} ");
        foreach (CongestionControl control in Enum.GetValues<CongestionControl>())
        {
            double[] alone = [.. new[] { first, second }.Select(network => Run([network], control, isConcurrent: false).Megabits())];
            Append(text, $"| {alone[0]:0.0} + {alone[1]:0.0} | {Run([first, second], control, isConcurrent: true).Megabits():0.0} ");
        }

        return text.Append("|\n").ToString();
    }

    private static string MakeBeginning() => """
        # Several paths at the same time, measured

        Made by `braid simulate --scenario multipath --output docs`, in virtual time: the same numbers on every machine; a test compares them.
        `ConcurrentMultipath` on both sides, else the defaults but for `CongestionControl`; queues of one bandwidth-delay product, 30 kB at
        least; Mbit/s of user data over 20 s, without the first 10 s. Why it is as it is: [0023](adr/0023-all-paths-at-the-same-time.md).

        """.ReplaceLineEndings("\n");

    private static string MakeTwoNetworks()
    {
        var text = new StringBuilder("""

            ## Two networks

            What each of the two carries by itself, and what both carry as the paths of one association.

            | Networks | NewReno alone | together | Cubic alone | together | Bbr alone | together | HighSpeed alone | together |
            |---|---|---|---|---|---|---|---|---|

            """.ReplaceLineEndings("\n"));
        foreach ((LinkModel first, LinkModel second, string name) in s_pairs)
        {
            text.Append(TwoNetworksLine(first, second, name));
        }

        return text.ToString();
    }

    private static string MakeBuffers()
    {
        var text = new StringBuilder("""

            ## Small receive buffers

            10 Mbit/s with 20 ms and 10 Mbit/s with 200 ms. What arrives over the fast one waits for what the slow one still brings; where the
            receiver has no room for that, the slow one adds little, and costs up to an eighth. "Fast one" is the first network alone.

            | ReceiveBufferSize | NewReno fast one | both | Cubic fast one | both | Bbr fast one | both |
            |---|---|---|---|---|---|---|

            """.ReplaceLineEndings("\n"));
        LinkModel[] networks = [MultipathExperiment.Network(10, 20), MultipathExperiment.Network(10, 200)];
        foreach (int kilobytes in (int[])[32, 64, 128, 256, 512, 1024, 2048])
        {
            Append(text, $"| {kilobytes} KiB ");
            foreach (CongestionControl control in (CongestionControl[])[CongestionControl.NewReno, CongestionControl.Cubic, CongestionControl.Bbr])
            {
                AssociationOptions small = Options(control, isConcurrent: false) with { ReceiveBufferSize = kilobytes << 10 };
                double alone = new MultipathExperiment { Networks = [networks[0]], Options = small }.Run().Megabits();
                double both = new MultipathExperiment { Networks = networks, Options = small with { ConcurrentMultipath = true } }.Run().Megabits();
                Append(text, $"| {alone:0.0} | {both:0.0} ");
            }

            text.Append("|\n");
        }

        return text.ToString();
    }

    private static string MakeShared()
    {
        var text = new StringBuilder("""

            ## A shared bottleneck

            Two paths that are one network of 20 Mbit/s and 40 ms, and beside them a flow with one path and the same congestion control, over
            60 s; means of three seeds. Jain's index is 1 where both flows get the same, and 0.9 where one has two thirds, as two flows would.
            NewReno's windows are linked (RFC 6356), those of the others are not.

            | CongestionControl | Two paths, Mbit/s | One path, Mbit/s | Jain's index |
            |---|---|---|---|

            """.ReplaceLineEndings("\n"));
        foreach (CongestionControl control in Enum.GetValues<CongestionControl>())
        {
            MultipathResult[] results = [Shared(control, 1), Shared(control, 2), Shared(control, 3)];
            Append(text, $"| {control} | {results.Average(result => result.Megabits()):0.0} | {results.Average(result => result.Megabits(1)):0.0} | {results.Average(result => result.Fairness):0.000} |\n");
        }

        return text.ToString();
    }

    /// <summary>Two paths and a flow with one over the same bottleneck.</summary>
    /// <param name="control">The congestion control of both.</param>
    /// <param name="seed">Decides what chance decides.</param>
    public static MultipathResult Shared(CongestionControl control, ulong seed)
    {
        LinkModel network = MultipathExperiment.Network(20, 40);
        return new MultipathExperiment
        {
            Seed = seed,
            Networks = [network, network],
            IsShared = true,
            Options = Options(control, isConcurrent: true),
            Others = [(0, Options(control, isConcurrent: false))],
            WarmUp = TimeSpan.FromSeconds(20),
            Duration = TimeSpan.FromSeconds(60),
        }.Run();
    }

    private static string MakePooled()
    {
        var text = new StringBuilder("""

            ## A network with others in it

            Two networks of 10 Mbit/s and 40 ms; in the second one are two flows more, with one path each. Over 60 s. Who takes a third of the second
            network as a flow of its own there has 13; who leaves that to the others has 10.

            | CongestionControl | Both networks, Mbit/s | The others, Mbit/s |
            |---|---|---|

            """.ReplaceLineEndings("\n"));
        foreach (CongestionControl control in Enum.GetValues<CongestionControl>())
        {
            LinkModel network = MultipathExperiment.Network(10, 40);
            AssociationOptions single = Options(control, isConcurrent: false);
            MultipathResult result = new MultipathExperiment
            {
                Networks = [network, network],
                Options = Options(control, isConcurrent: true),
                Others = [(1, single), (1, single)],
                WarmUp = TimeSpan.FromSeconds(20),
                Duration = TimeSpan.FromSeconds(60),
            }.Run();
            Append(text, $"| {control} | {result.Megabits():0.0} | {result.Megabits(1):0.0}, {result.Megabits(2):0.0} |\n");
        }

        return text.ToString();
    }

    private static string MakeCut()
    {
        var text = new StringBuilder("""

            ## A cut

            Two networks of 10 Mbit/s, 20 ms and 60 ms, of which one is cut for good: what is delivered in the 20 s after that, and the longest
            time without a delivery.

            | CongestionControl | Fast one cut, Mbit/s | gap, ms | Slow one cut, Mbit/s | gap, ms |
            |---|---|---|---|---|

            """.ReplaceLineEndings("\n"));
        foreach (CongestionControl control in Enum.GetValues<CongestionControl>())
        {
            Append(text, $"| {control} ");
            for (int cut = 0; cut < 2; cut++)
            {
                MultipathResult result = new MultipathExperiment
                {
                    Networks = [MultipathExperiment.Network(10, 20), MultipathExperiment.Network(10, 60)],
                    Options = Options(control, isConcurrent: true),
                    Cut = cut,
                }.Run();
                Append(text, $"| {result.Megabits():0.0} | {result.LongestGap.TotalMilliseconds:0} ");
            }

            text.Append("|\n");
        }

        return text.ToString();
    }

    private static MultipathResult Run(IReadOnlyList<LinkModel> networks, CongestionControl control, bool isConcurrent) =>
        new MultipathExperiment { Networks = networks, Options = Options(control, isConcurrent) }.Run();

    private static (LinkModel, LinkModel, string) Pair(double rate, double roundTrip, double otherRate, double otherRoundTrip, double loss = 0) =>
    (
        MultipathExperiment.Network(rate, roundTrip),
        MultipathExperiment.Network(otherRate, otherRoundTrip, loss),
        string.Create(CultureInfo.InvariantCulture, $"{rate} Mbit/s, {roundTrip} ms; {otherRate} Mbit/s, {otherRoundTrip} ms{(loss > 0 ? $", {100 * loss} % loss" : "")}"));

    private static void Append(StringBuilder text, FormattableString part) => text.Append(part.ToString(CultureInfo.InvariantCulture));
}
