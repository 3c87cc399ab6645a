using System;
using Braid.Sctp;
using Braid.Simulation;

namespace Braid.Scenarios;

/// <summary>Losses that are found by time, and probes (RFC 8985), as SCTP has TSNs, gaps and duplicates for what TCP has SACK and DSACK for.</summary>
public sealed class RackTests
{
    private static readonly TimeSpan s_roundTrip = TimeSpan.FromMilliseconds(40);
    private static readonly TimeSpan s_quarter = s_roundTrip / 4;

    // Each packet is acknowledged by itself: a round trip is a round trip.
    private static readonly AssociationOptions s_rack = AssociationOptions.Rfc9260 with
    {
        HeartbeatInterval = TimeSpan.Zero,
        MaximumPathMtu = 0,
        LossRecovery = LossRecovery.Rack,
        RtoRestart = false,
        SackFrequency = 1,
    };

    // ---- Losses by time ----
    [Fact, Rfc(8985, "3.1"), Rfc(8985, "6.2"), Rfc(8985, "5.4")]
    public void What_was_overtaken_is_sent_again_when_a_quarter_of_the_round_trip_has_passed()
    {
        Pair pair = Warm();
        Send(pair).Arrow("A -> DATA x Z");
        pair.Advance(TimeSpan.FromMilliseconds(1));
        Send(pair).Arrow("A -> DATA -> Z");
        pair.Advance(s_roundTrip).Arrow("A <- SACK <- Z").NothingPending();
        Assert.Equal(s_quarter - TimeSpan.FromMilliseconds(1), pair.AdvanceToNextTimeout());
        pair.Arrow("A -> DATA -> Z").Arrow("A <- SACK <- Z").NothingPending();
        Assert.Equal((1, 0, 0), Counts(pair));
        Assert.Equal(0, pair.A.BufferedBytes);
    }

    [Fact, Rfc(8985, "6.1"), Rfc(8985, "6.2")]
    public void What_was_sent_at_the_same_time_is_overtaken_by_higher_TSNs_only()
    {
        Pair pair = Warm();
        Send(pair, 3).Arrow("A -> DATA x Z").Arrow("A -> DATA -> Z").Arrow("A -> DATA x Z");
        pair.Advance(s_roundTrip).Arrow("A <- SACK <- Z");
        Assert.Equal(s_quarter, pair.AdvanceToNextTimeout());
        pair.Arrow("A -> DATA -> Z").Arrow("A <- SACK <- Z").NothingPending();
        Assert.Equal(1, pair.A.GetStatistics().ChunksRetransmitted);
    }

    [Fact, Rfc(8985, "4"), Rfc(8985, "6.2")]
    public void What_comes_late_within_the_window_is_not_sent_again_however_much_has_overtaken_it()
    {
        Pair pair = Warm(packets: 20);
        Send(pair).Arrow("A -> DATA x Z");
        byte[] late = pair.LastPacket;
        for (int i = 0; i < 5; i++)
        {
            Send(pair).Arrow("A -> DATA -> Z");
        }

        pair.Advance(s_roundTrip).Exchange();                // five missing reports
        pair.Advance(TimeSpan.FromMilliseconds(5)).InjectToZ(late).Exchange();
        pair.Advance(s_roundTrip).NothingPending();
        Assert.Equal((0, 0, 0), Counts(pair));
        Assert.Equal(0, pair.A.BufferedBytes);
    }

    [Fact, Rfc(8985, "3.4"), Rfc(8985, "6.2"), Rfc(8985, "9.3")]
    public void A_retransmission_that_is_lost_is_sent_again_before_T3_rtx_and_makes_the_window_smaller_once_more()
    {
        Pair pair = Warm(packets: 60);
        long window = pair.A.GetStatistics().CongestionWindow;
        Assert.True(window > 16 * 1240);
        LoseOne(pair, "A -> DATA x Z");
        AssociationStatistics once = pair.A.GetStatistics();
        Assert.Equal(window / 2, once.CongestionWindow);

        Send(pair).Arrow("A -> DATA -> Z");
        pair.Advance(s_roundTrip).Arrow("A <- SACK <- Z").Arrow("A -> DATA -> Z").Arrow("A <- SACK <- Z").NothingPending();
        AssociationStatistics twice = pair.A.GetStatistics();
        Assert.Equal(Math.Max(once.CongestionWindow / 2, 4 * 1240), twice.SlowStartThreshold);
        Assert.Equal((2, 0, 0), Counts(pair));
        Assert.Equal(0, pair.A.BufferedBytes);
    }

    [Fact, Rfc(8985, "9.3"), Rfc(9260, "7.2.4")]
    public void However_much_one_window_has_lost_its_size_is_halved_once()
    {
        Pair pair = Warm(packets: 60);
        long window = pair.A.GetStatistics().CongestionWindow;
        for (int i = 0; i < 4; i++)
        {
            Send(pair, 2).Arrow("A -> DATA x Z").Arrow("A -> DATA -> Z");
        }

        pair.Advance(s_roundTrip).Exchange().Advance(s_quarter).Exchange();
        pair.Advance(s_roundTrip).Exchange();
        Assert.Equal(window / 2, pair.A.GetStatistics().SlowStartThreshold);
        Assert.Equal((4, 0, 0), Counts(pair));
    }

    [Fact, Rfc(8985, "6.2")]
    public void The_answer_to_the_first_copy_is_not_taken_for_the_answer_to_the_second()
    {
        Pair pair = Warm();
        Send(pair, 2).Arrow("A -> DATA x Z");
        byte[] late = pair.LastPacket;
        pair.Arrow("A -> DATA -> Z").Advance(s_roundTrip).Arrow("A <- SACK <- Z");
        Send(pair).Arrow("A -> DATA x Z");
        pair.Advance(s_quarter).Arrow("A -> DATA x Z");      // again, and needlessly: the first copy is about to arrive
        pair.InjectToZ(late).Advance(TimeSpan.FromMilliseconds(1)).Arrow("A <- SACK <- Z");
        pair.Advance(s_quarter * 2).NothingPending();        // the third packet was sent before the copy, and is not lost for that
        Assert.Equal(1, pair.A.GetStatistics().ChunksRetransmitted);
    }

    [Fact, Rfc(8985, "3.3"), Rfc(8985, "6.2")]
    public void The_window_widens_when_the_peer_reports_duplicates()
    {
        Pair pair = Warm();
        TimeSpan first = SendAgainForNothing(pair);
        TimeSpan second = SendAgainForNothing(pair);
        Assert.Equal((s_quarter, s_quarter * 2), (first, second));
    }

    [Fact, Rfc(8985, "6.3"), Rfc(9260, "6.3.3")]
    public void When_T3_rtx_expires_everything_in_flight_is_lost()
    {
        Pair pair = Warm();
        Send(pair, 3).DropPending();
        pair.AdvanceToNextTimeout();
        pair.Arrow("A -> DATA x Z");                         // the probe
        Assert.Equal(TimeSpan.FromSeconds(1), pair.AdvanceToNextTimeout());
        pair.Arrow("A -> DATA -> Z");
        Assert.Equal(1240, pair.A.GetStatistics().CongestionWindow);
        pair.Advance(s_roundTrip).Exchange().Advance(s_roundTrip).Exchange();
        Assert.Equal(0, pair.A.BufferedBytes);
        Assert.Equal((4, 1, 1), Counts(pair));
    }

    [Fact, Rfc(8985, "6.2"), Rfc(9260, "6.2.1")]
    public void A_TSN_that_the_peer_takes_back_counts_as_sent_again_and_a_SACK_that_comes_late_does_no_harm()
    {
        Pair pair = Warm();
        Send(pair, 3).Arrow("A -> DATA x Z").Arrow("A -> DATA -> Z").Arrow("A -> DATA -> Z");
        pair.Advance(s_roundTrip).Arrow("A x SACK <- Z");
        byte[] late = pair.LastPacket;                       // reports the second packet, but not the third
        pair.Arrow("A <- SACK <- Z").InjectToA(late);
        Assert.Equal(s_quarter, pair.AdvanceToNextTimeout());
        pair.Arrow("A -> DATA -> Z").Arrow("A <- SACK <- Z").NothingPending();   // the first, and not the third
        pair.Advance(s_roundTrip).Exchange();
        Assert.Equal((1, 0, 0), Counts(pair));
        Assert.Equal(0, pair.A.BufferedBytes);
    }

    // ---- Probes ----
    [Fact, Rfc(8985, "3.5"), Rfc(8985, "7.2"), Rfc(8985, "7.3"), Rfc(8985, "7.4.1")]
    public void The_lost_end_of_a_flow_is_asked_for_after_two_round_trips_with_the_highest_TSN_again()
    {
        Pair pair = Warm();
        Send(pair, 3).Arrow("A -> DATA x Z").Arrow("A -> DATA x Z").Arrow("A -> DATA x Z");
        Tsn highest = Packets.TsnOf(pair.LastPacket);
        Assert.Equal(2 * s_roundTrip, pair.AdvanceToNextTimeout());
        pair.Arrow("A -> DATA -> Z");
        Assert.Equal(highest, Packets.TsnOf(pair.LastPacket));
        Assert.Equal((1, 0, 1), Counts(pair));
        pair.Advance(s_roundTrip).Arrow("A <- SACK <- Z").Arrow("A -> DATA -> Z").Arrow("A -> DATA -> Z");
        pair.Advance(s_roundTrip).Exchange();
        Assert.Equal(0, pair.A.BufferedBytes);
        Assert.Equal((3, 0, 1), Counts(pair));
    }

    [Fact, Rfc(8985, "7.2")]
    public void A_single_packet_is_given_the_time_of_a_delayed_acknowledgement()
    {
        Pair pair = Warm();
        Send(pair).Arrow("A -> DATA x Z");
        Assert.Equal((2 * s_roundTrip) + TimeSpan.FromMilliseconds(200), pair.AdvanceToNextTimeout());
        pair.Arrow("A -> DATA -> Z");
    }

    [Fact, Rfc(8985, "7.2")]
    public void Where_a_probe_would_come_no_earlier_than_T3_rtx_there_is_none()
    {
        Pair pair = Warm(packets: 100, roundTrip: TimeSpan.FromMilliseconds(600));
        Assert.Equal(TimeSpan.FromSeconds(1), pair.A.GetStatistics().Rto);
        Send(pair).DropPending();
        while (pair.A.GetStatistics().RetransmissionTimeouts == 0)
        {
            pair.AdvanceToNextTimeout();
        }

        Assert.Equal(0, pair.A.GetStatistics().LossProbes);
    }

    [Fact, Rfc(8985, "7.3"), Rfc(8985, "9.3")]
    public void New_data_is_the_better_probe_and_the_congestion_window_does_not_hold_it_back()
    {
        Pair pair = Warm();
        Send(pair, 20).DropPending();
        PathStatistics path = pair.A.GetPaths()[0];
        Assert.True(path.InFlight >= path.CongestionWindow);
        Assert.Equal(2 * s_roundTrip, pair.AdvanceToNextTimeout());
        pair.Arrow("A -> DATA -> Z");
        Assert.Equal(path.InFlight + 1240, pair.A.GetPaths()[0].InFlight);
        Assert.Equal((0, 0, 1), Counts(pair));
        pair.Advance(s_roundTrip).Arrow("A <- SACK <- Z");
        for (int i = 0; i < 20; i++)
        {
            pair.Exchange().Advance(s_roundTrip);
        }

        Assert.Equal(0, pair.A.BufferedBytes);
        Assert.Equal(0, pair.A.GetStatistics().RetransmissionTimeouts);
    }

    [Fact, Rfc(8985, "7.3"), Rfc(8985, "8")]
    public void A_probe_that_is_lost_is_followed_by_T3_rtx_a_whole_RTO_later()
    {
        Pair pair = Warm();
        Send(pair, 2).DropPending();
        pair.AdvanceToNextTimeout();
        pair.Arrow("A -> DATA x Z");
        Assert.Equal(TimeSpan.FromSeconds(1), pair.AdvanceToNextTimeout());
        Assert.Equal((1, 1), (pair.A.GetStatistics().LossProbes, pair.A.GetStatistics().RetransmissionTimeouts));
        Assert.Equal(1240, pair.A.GetStatistics().CongestionWindow);
    }

    [Fact, Rfc(8985, "7.3")]
    public void There_is_no_second_probe_before_the_round_trip_was_measured_again()
    {
        Pair pair = Warm();
        Send(pair).DropPending();
        pair.AdvanceToNextTimeout();
        pair.Arrow("A -> DATA -> Z").Advance(s_roundTrip).Arrow("A <- SACK <- Z");       // sent twice: measures nothing
        Send(pair, 2).DropPending();
        Assert.Equal(TimeSpan.FromSeconds(1), pair.AdvanceToNextTimeout());
        Assert.Equal((1, 1), (pair.A.GetStatistics().LossProbes, pair.A.GetStatistics().RetransmissionTimeouts));
    }

    [Theory, Rfc(8985, "7.4.2"), Rfc(8985, "7.1"), Rfc(8985, "7.4")]
    [InlineData(true)]
    [InlineData(false)]
    public void A_loss_that_the_probe_has_repaired_makes_the_window_smaller_and_one_that_was_none_does_not(bool isLost)
    {
        Pair pair = Warm(packets: 60);
        long window = pair.A.GetStatistics().CongestionWindow;
        Send(pair, 2).Arrow("A -> DATA -> Z").Arrow(isLost ? "A -> DATA x Z" : "A -> DATA -> Z").DropPending();
        pair.AdvanceToNextTimeout();
        pair.Arrow("A -> DATA -> Z").Advance(s_roundTrip).Exchange();
        Assert.Equal(0, pair.A.BufferedBytes);
        Assert.True(pair.A.GetStatistics().CongestionWindow >= window);
        Send(pair).Arrow("A -> DATA -> Z").Advance(s_roundTrip).Exchange();
        long after = pair.A.GetStatistics().CongestionWindow;
        Assert.Equal((isLost, 1), (after <= Math.Max(window / 2, 4 * 1240) + 1240, pair.A.GetStatistics().LossProbes));
    }

    [Fact, Rfc(8985, "7.2"), Rfc(9260, "6.1")]
    public void A_closed_window_is_probed_as_before()
    {
        Pair pair = Warm(optionsOfZ: s_rack with { ReceiveBufferSize = 5500 });
        Send(pair, 6);
        pair.Exchange().Advance(s_roundTrip).Exchange();
        for (int i = 0; i < 8 && pair.A.BufferedBytes > 0; i++)
        {
            pair.AdvanceToNextTimeout();
            pair.Exchange();
        }

        Assert.Equal(0, pair.A.GetStatistics().LossProbes);
        Assert.True(pair.A.BufferedBytes > 0);
        while (pair.Receive(pair.Z) is not null)
        {
        }

        pair.Exchange().Advance(TimeSpan.FromSeconds(60)).Exchange().Advance(TimeSpan.FromSeconds(60)).Exchange();
        Assert.Equal(0, pair.A.BufferedBytes);
    }

    [Fact, Rfc(8985, "7.3"), Rfc(7496, "3.1")]
    public void A_message_that_may_be_sent_once_is_no_probe_and_is_not_given_up_for_it()
    {
        Pair pair = Warm();
        pair.A.Send(pair.Now, new byte[1000], new SendOptions(1, Reliability: Reliability.MaximumRetransmissions(0)));
        pair.Arrow("A -> DATA -> Z");
        pair.Advance(TimeSpan.FromMilliseconds(280)).Arrow("A <- SACK <- Z").NothingPending();       // late, but there
        Assert.Equal((0, 0, 0), Counts(pair));
        Assert.Equal(default, pair.A.GetAbandoned());
    }

    [Fact, Rfc(8985, "6.2"), Rfc(3758, "3.5"), Rfc(7496, "3.1")]
    public void A_message_that_may_be_sent_once_is_given_up_when_time_says_that_it_is_lost()
    {
        Pair pair = Warm();
        pair.A.Send(pair.Now, new byte[1000], new SendOptions(1, Reliability: Reliability.MaximumRetransmissions(0)));
        pair.Arrow("A -> DATA x Z");
        Send(pair).Arrow("A -> DATA -> Z");
        pair.Advance(s_roundTrip).Arrow("A <- SACK <- Z").AdvanceToNextTimeout();
        pair.Arrow("A -> FORWARD TSN -> Z").Advance(s_roundTrip).Exchange();
        Assert.Equal(new AbandonedMessages(0, 1), pair.A.GetAbandoned());
        Assert.Equal(0, pair.A.BufferedBytes);
    }

    // ---- Both ----
    [Fact, Rfc(8985, "8")]
    public void The_way_losses_are_found_changes_while_an_association_runs()
    {
        Pair pair = Warm();
        Send(pair, 2).Arrow("A -> DATA x Z").Arrow("A -> DATA -> Z").Advance(s_roundTrip).Arrow("A <- SACK <- Z");
        pair.A.Reconfigure(pair.Now, pair.A.Options with { LossRecovery = LossRecovery.MissingReports });
        pair.Advance(TimeSpan.FromMilliseconds(100)).NothingPending();
        Send(pair, 2).Arrow("A -> DATA -> Z").Arrow("A <- SACK <- Z").Arrow("A -> DATA -> Z").Arrow("A <- SACK <- Z");
        pair.Arrow("A -> DATA x Z").NothingPending();        // three missing reports
        pair.A.Reconfigure(pair.Now, pair.A.Options with { LossRecovery = LossRecovery.Rack });
        Send(pair).Arrow("A -> DATA -> Z").Advance(s_roundTrip).Arrow("A <- SACK <- Z");
        pair.Arrow("A -> DATA -> Z").Advance(s_roundTrip).Exchange();
        Assert.Equal(0, pair.A.BufferedBytes);
        Assert.Equal(0, pair.A.GetStatistics().RetransmissionTimeouts);
    }

    [Theory]
    [InlineData(true, 970)]
    [InlineData(false, 1000)]
    public void T3_rtx_that_begins_anew_counts_from_when_the_rest_was_sent(bool restarts, int milliseconds)
    {
        // RFC 7765 §4. The rest was sent 30 ms before the acknowledgement of what came before it.
        Pair pair = Warm(s_rack with { LossRecovery = LossRecovery.MissingReports, RtoRestart = restarts });
        Send(pair).Arrow("A -> DATA -> Z").Advance(TimeSpan.FromMilliseconds(10));
        Send(pair).Arrow("A -> DATA x Z").Advance(TimeSpan.FromMilliseconds(30)).Arrow("A <- SACK <- Z");
        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), pair.AdvanceToNextTimeout());
        pair.Arrow("A -> DATA -> Z");
    }

    [Theory, Rfc(8985, "9.1"), Rfc(8985, "3.5")]
    [InlineData(0.01, 0.99)]
    [InlineData(0.02, 0.99)]
    [InlineData(0.05, 0.95)]
    public void Short_flows_that_lose_packets_end_three_times_sooner(double loss, double share)
    {
        var experiment = new TailExperiment { Link = CongestionReport.ShortPath(loss), Transfers = 2000 };
        TailResult reports = (experiment with { Options = experiment.Options with { LossRecovery = LossRecovery.MissingReports } }).Run();
        TailResult rack = (experiment with { Options = experiment.Options with { LossRecovery = LossRecovery.Rack } }).Run();
        Assert.Equal(reports.Percentile(0.5), rack.Percentile(0.5));
        Assert.True(rack.Percentile(share) * 3 < reports.Percentile(share), $"{rack.Percentile(share)} and {reports.Percentile(share)}");
        Assert.True(rack.Statistics.RetransmissionTimeouts * 4 < reports.Statistics.RetransmissionTimeouts);
        Assert.True(rack.Duplicates < reports.Duplicates * 2);
    }

    [Fact, Rfc(8985, "4"), Rfc(8985, "9.2")]
    public void Reordering_is_no_loss()
    {
        CongestionResult reports = CongestionReport.Reordered(LossRecovery.MissingReports).Run();
        CongestionResult rack = CongestionReport.Reordered(LossRecovery.Rack).Run();
        Assert.True(reports.Flows[0].Statistics.ChunksRetransmitted > 100);
        Assert.Equal(0, rack.Flows[0].Statistics.ChunksRetransmitted);
        Assert.True(rack.BytesPerSecond[0] > 2 * reports.BytesPerSecond[0]);
    }

    private static (long Again, long Timeouts, long Probes) Counts(Pair pair)
    {
        AssociationStatistics statistics = pair.A.GetStatistics();
        return (statistics.ChunksRetransmitted, statistics.RetransmissionTimeouts, statistics.LossProbes);
    }

    /// <summary>One packet is lost, the next arrives, and what goes out for the lost one meets this fate.</summary>
    private static void LoseOne(Pair pair, string retransmission)
    {
        Send(pair, 2).Arrow("A -> DATA x Z").Arrow("A -> DATA -> Z");
        pair.Advance(s_roundTrip).Arrow("A <- SACK <- Z").Advance(s_quarter).Arrow(retransmission);
    }

    /// <summary>A packet arrives so late that it was sent again, and the peer reports that it came twice.</summary>
    /// <returns>How long it took until it was sent again.</returns>
    private static TimeSpan SendAgainForNothing(Pair pair)
    {
        Send(pair, 2).Arrow("A -> DATA x Z");
        byte[] late = pair.LastPacket;
        pair.Arrow("A -> DATA -> Z").Advance(s_roundTrip).Arrow("A <- SACK <- Z").NothingPending();
        TimeSpan waited = pair.AdvanceToNextTimeout();
        pair.Arrow("A -> DATA -> Z").InjectToZ(late).Advance(s_roundTrip).Exchange();
        Send(pair, 2).CrossToZ().Advance(s_roundTrip).CrossToA();
        Assert.Equal(0, pair.A.BufferedBytes);
        return waited;
    }

    private static Pair Send(Pair pair, int packets = 1)
    {
        for (int i = 0; i < packets; i++)
        {
            Assert.Equal(SendStatus.Ok, pair.A.Send(pair.Now, new byte[1224], default));
        }

        return pair;
    }

    /// <summary>A pair that has measured a round trip, often enough that SRTT is that.</summary>
    private static Pair Warm(AssociationOptions? options = null, AssociationOptions? optionsOfZ = null, int packets = 1, TimeSpan? roundTrip = null)
    {
        var pair = new Pair(options ?? s_rack, optionsOfZ: optionsOfZ);
        TimeSpan time = roundTrip ?? s_roundTrip;
        pair.Connect().Arrow("A -> INIT -> Z").Advance(time).Arrow("A <- INIT ACK <- Z").Arrow("A -> COOKIE ECHO -> Z");
        pair.Advance(time).Arrow("A <- COOKIE ACK <- Z");
        Send(pair, packets);
        while (pair.A.BufferedBytes > 0)
        {
            pair.CrossToZ().Advance(time).CrossToA();
            while (pair.Receive(pair.Z) is not null)
            {
            }
        }

        return pair;
    }
}
