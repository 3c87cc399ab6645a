using System;
using System.Collections.Generic;
using System.Linq;
using Braid.Core;
using Braid.Sctp;
using Braid.Simulation;

namespace Braid.Scenarios;

/// <summary>Data that takes both paths between two hosts with two addresses each at the same time (draft-tuexen-tsvwg-sctp-multipath).</summary>
public sealed class MultipathTests
{
    private const int Full = 1100;                           // one message is a packet, and four are the first window

    private static readonly NetworkAddress s_a1 = NetworkAddress.FromIPv4([10, 0, 0, 1], 9899);
    private static readonly NetworkAddress s_a2 = NetworkAddress.FromIPv4([10, 0, 1, 1], 9899);
    private static readonly NetworkAddress s_z1 = NetworkAddress.FromIPv4([10, 0, 0, 26], 9899);
    private static readonly NetworkAddress s_z2 = NetworkAddress.FromIPv4([10, 0, 1, 26], 9899);
    private static readonly NetworkPath s_first = new(s_a1, s_z1);
    private static readonly NetworkPath s_second = new(s_a2, s_z2);

    private static readonly AssociationOptions s_options = AssociationOptions.Rfc9260 with
    {
        ConcurrentMultipath = true,
        PotentiallyFailedThreshold = 0,
        HeartbeatInterval = TimeSpan.Zero,
        MaximumPathMtu = 0,
        MaximumBurst = 100,
        LossRecovery = LossRecovery.MissingReports,
        RtoRestart = false,
        SackFrequency = 1,
    };

    [Fact, Rfc(9260, "6.1")]
    public void New_data_takes_the_next_path_when_the_window_of_the_first_is_full()
    {
        Pair pair = Established(s_options);
        Send(pair, 9);
        Cross(pair, 4, s_first);
        Cross(pair, 4, s_second);
        Assert.Equal([4, 4], InFlight(pair));

        // Each acknowledgement has room for more on its own path.
        pair.Arrow("A <- SACK <- Z");
        Cross(pair, 1, s_first);
        pair.Exchange();
        Assert.Equal((0, 0), (pair.A.GetStatistics().UnacknowledgedChunks, pair.A.GetStatistics().ChunksRetransmitted));
    }

    [Fact, Rfc(9260, "6.4")]
    public void Without_the_option_the_second_path_waits_for_the_first_to_fail()
    {
        Pair pair = Established(s_options with { ConcurrentMultipath = false });
        Send(pair, 8);
        Cross(pair, 4, s_first);
        Assert.Equal([4, 0], InFlight(pair));
    }

    [Fact, Rfc(9260, "7.2.4")]
    public void What_arrives_on_one_path_reports_nothing_missing_on_the_other()
    {
        Pair pair = Established(s_options);
        Send(pair, 8);
        Lose(pair, 4, s_first);
        Cross(pair, 4, s_second);
        pair.Exchange();
        Assert.Equal([4, 0], InFlight(pair));
        Assert.Equal((0, 0), (pair.A.GetStatistics().FastRetransmissions, pair.A.GetStatistics().ChunksRetransmitted));
    }

    [Fact, Rfc(9260, "7.2.4")]
    public void What_arrives_on_the_same_path_does_and_only_its_window_becomes_smaller()
    {
        Pair pair = Established(s_options);
        Send(pair, 8);
        Lose(pair, 1, s_first);
        Cross(pair, 3, s_first);
        Cross(pair, 4, s_second);
        long before = pair.A.GetPaths()[1].CongestionWindow;
        pair.Exchange();
        Assert.Equal(1, pair.A.GetStatistics().FastRetransmissions);
        Assert.True(pair.A.GetPaths()[0].SlowStartThreshold < uint.MaxValue);
        Assert.Equal(uint.MaxValue, pair.A.GetPaths()[1].SlowStartThreshold);
        Assert.True(pair.A.GetPaths()[1].CongestionWindow > before);
    }

    [Fact, Rfc(8985, "6.2")]
    public void Losses_are_found_by_the_time_of_their_own_path()
    {
        Pair pair = Established(s_options with { LossRecovery = LossRecovery.Rack });
        Send(pair, 8);
        Lose(pair, 4, s_first);
        Cross(pair, 4, s_second);
        pair.Exchange();
        Assert.Equal((4, 0), (InFlight(pair)[0], pair.A.GetStatistics().ChunksRetransmitted));
    }

    [Fact, Rfc(9260, "6.3.3"), Rfc(9260, "6.4.1"), Rfc(7829, "3.2")]
    public void After_a_time_out_all_that_was_on_a_path_takes_the_other_and_the_path_gets_nothing()
    {
        Pair pair = Established(s_options);
        Send(pair, 8);
        Lose(pair, 4, s_first);
        Cross(pair, 4, s_second);
        pair.Exchange();
        pair.AdvanceToNextTimeout();
        Assert.Equal(PathState.PotentiallyFailed, pair.A.GetPaths()[0].State);
        Cross(pair, 4, s_second);
        pair.Exchange();
        Send(pair, 3);
        Cross(pair, 3, s_second);
        pair.Exchange();
        Assert.Equal((0, 4), (pair.A.GetStatistics().UnacknowledgedChunks, pair.A.GetStatistics().ChunksRetransmitted));
    }

    [Fact, Rfc(9260, "6.4")]
    public void SACKs_stay_on_one_path()
    {
        Pair pair = Established(s_options);
        Send(pair, 8);
        Cross(pair, 4, s_first);
        Cross(pair, 4, s_second);
        for (int i = 0; i < 8; i++)
        {
            pair.Arrow("A <- SACK <- Z");
            Assert.Equal(s_a1, pair.LastPath.Remote);
        }

        // But not where no data has come from for a while: a network that was cut looks like that.
        pair.Advance(TimeSpan.FromMilliseconds(300));
        Send(pair, 20);
        Lose(pair, 1, s_first);
        Lose(pair, (int)InFlight(pair)[0] - 1, s_first);
        Cross(pair, 1, s_second);
        pair.Arrow("A <- SACK <- Z");
        Assert.Equal(s_a2, pair.LastPath.Remote);
    }

    [Fact, Rfc(9260, "6.2"), Rfc(9260, "6.7")]
    public void Gaps_between_paths_are_acknowledged_like_what_is_in_order()
    {
        Pair pair = Established(s_options with { SackFrequency = 2 });
        Send(pair, 8);
        Cross(pair, 1, s_first);
        Cross(pair, 1, s_first);
        pair.Exchange();

        // Of the next eight the first four are late.
        Send(pair, 6);
        long before = pair.Z.GetStatistics().SacksSent;
        pair.Exchange();
        Assert.InRange(pair.Z.GetStatistics().SacksSent - before, 0, 7);
        Assert.Equal(0, pair.A.GetStatistics().ChunksRetransmitted);
    }

    [Fact, Rfc(9260, "6.1")]
    public void A_full_receive_buffer_that_waits_for_a_slow_path_is_freed_over_the_fast_one()
    {
        MultipathResult both = Small(isConcurrent: true);
        MultipathResult fast = Small(isConcurrent: false);
        Assert.InRange(both.Megabits(), 0.9 * fast.Megabits(), 20);

        static MultipathResult Small(bool isConcurrent)
        {
            LinkModel[] networks = [MultipathExperiment.Network(10, 20), MultipathExperiment.Network(10, 200)];
            return new MultipathExperiment
            {
                Networks = isConcurrent ? networks : [networks[0]],
                Options = MultipathReport.Options(CongestionControl.NewReno, isConcurrent) with { ReceiveBufferSize = 128 << 10 },
            }.Run();
        }
    }

    [Fact]
    public void Linked_windows_leave_a_shared_bottleneck_more_to_others_than_two_flows_would()
    {
        MultipathResult linked = MultipathReport.Shared(CongestionControl.NewReno, 1);
        MultipathResult apart = MultipathReport.Shared(CongestionControl.Cubic, 1);
        Assert.InRange(linked.Fairness, 0.93, 1);            // two flows have two thirds: 0.9
        Assert.InRange(apart.Fairness, 0.5, 0.91);
    }

    [Fact, Rfc(9260, "8.1"), Rfc(7829, "4.1")]
    public void Networks_that_differ_and_are_cut_and_healed_one_by_one_lose_nothing()
    {
        var failures = new List<string>();
        SwarmScenario concurrent = SwarmScenario.All.First(scenario => scenario.Name == "concurrent");
        for (ulong seed = 0; seed < 40; seed++)
        {
            try
            {
                SwarmRun.Run(concurrent.Draw(seed));
            }
            catch (ScenarioException exception)
            {
                failures.Add(exception.Message);
            }
        }

        Assert.True(failures.Count == 0, string.Join("\n\n", failures));
    }

    private static Pair Established(AssociationOptions options)
    {
        var pair = new Pair(options, addressesOfA: [s_a1, s_a2], addressesOfZ: [s_z1, s_z2]);
        pair.Established();
        for (int i = 0; i < 5; i++)
        {
            pair.Exchange().Advance(TimeSpan.FromSeconds(1));
        }

        pair.Exchange();
        Assert.True(pair.A.RequestHeartbeat(pair.Now, s_z1) && pair.Z.RequestHeartbeat(pair.Now, s_a1));         // both are as short
        pair.Exchange();
        Assert.All(pair.A.GetPaths(), path => Assert.Equal(PathState.Active, path.State));
        return pair;
    }

    private static void Send(Pair pair, int messages)
    {
        for (int i = 0; i < messages; i++)
        {
            Assert.Equal(SendStatus.Ok, pair.A.Send(pair.Now, new byte[Full], default));
        }
    }

    private static void Cross(Pair pair, int packets, NetworkPath path) => All(pair, packets, path, "A -> DATA -> Z");

    private static void Lose(Pair pair, int packets, NetworkPath path) => All(pair, packets, path, "A -> DATA x Z");

    private static void All(Pair pair, int packets, NetworkPath path, string arrow)
    {
        for (int i = 0; i < packets; i++)
        {
            pair.Arrow(arrow);
            Assert.Equal(path, pair.LastPath);
        }
    }

    private static List<long> InFlight(Pair pair) => [.. pair.A.GetPaths().Select(path => path.InFlight / Full)];
}
