using System;
using System.Linq;
using Braid.Core;
using Braid.Sctp;
using Braid.Simulation;

namespace Braid.Scenarios;

/// <summary>What an application can set, and change while an association lives (RFC 6458 §8).</summary>
public sealed class OptionTests
{
    private static readonly AssociationOptions s_quiet = AssociationOptions.Rfc9260 with { HeartbeatInterval = TimeSpan.Zero, MaximumPathMtu = 0, Extensions = Extensions.ZeroChecksum };

    private static readonly AssociationOptions s_reports = s_quiet with { LossRecovery = LossRecovery.MissingReports };
    private static readonly byte[] s_full = new byte[1224];              // one packet at a path MTU of 1280

    [Fact, Rfc(6458, "8.1.5")]
    public void Without_NoDelay_a_small_message_waits_while_data_is_in_flight()
    {
        Pair pair = Warm(s_quiet with { NoDelay = false });
        Send(pair, 10).Arrow("A -> DATA -> Z");
        Send(pair, 20);
        Send(pair, 30).NothingPending();
        pair.AdvanceToNextTimeout();
        pair.Arrow("A <- SACK <- Z").Arrow("A -> DATA, DATA -> Z");
    }

    [Fact, Rfc(6458, "8.1.5")]
    public void Without_NoDelay_what_fills_a_packet_goes_at_once_and_so_does_the_rest_of_a_long_message()
    {
        Pair pair = Warm(s_quiet with { NoDelay = false }, packets: 20);
        Send(pair, 10).Arrow("A -> DATA -> Z");
        Send(pair, 700).NothingPending();
        Send(pair, 600).Arrow("A -> DATA -> Z").Arrow("A <- SACK <- Z").Arrow("A -> DATA -> Z").NothingPending();
        pair.AdvanceToNextTimeout();
        pair.Exchange();
        Send(pair, 10).Arrow("A -> DATA -> Z");
        Send(pair, 2000).Arrow("A -> DATA -> Z").Arrow("A -> DATA -> Z").Arrow("A <- SACK <- Z").NothingPending();
    }

    [Fact, Rfc(6458, "8.1.5"), Rfc(7053, "5.1.1")]
    public void Without_NoDelay_a_message_that_wants_its_SACK_at_once_does_not_wait()
    {
        Pair pair = Warm(s_quiet with { NoDelay = false });
        Send(pair, 10).Arrow("A -> DATA -> Z");
        Send(pair, 20).NothingPending();
        pair.A.Send(pair.Now, [1], new SendOptions(SackImmediately: true));
        pair.Arrow("A -> DATA, DATA -> Z").Arrow("A <- SACK <- Z").NothingPending();
    }

    [Fact, Rfc(6458, "8.1.5"), Rfc(9260, "9.2")]
    public void Without_NoDelay_a_shutdown_and_NoDelay_itself_set_free_what_waits()
    {
        Pair pair = Warm(s_quiet with { NoDelay = false });
        Send(pair, 10).Arrow("A -> DATA -> Z");
        Send(pair, 20).NothingPending();
        pair.A.Reconfigure(pair.Now, s_quiet);
        pair.Arrow("A -> DATA -> Z").Arrow("A <- SACK <- Z");

        pair.A.Reconfigure(pair.Now, s_quiet with { NoDelay = false });
        Send(pair, 10).Arrow("A -> DATA -> Z");
        Send(pair, 20).NothingPending();
        pair.A.Shutdown(pair.Now);
        pair.Arrow("A -> DATA -> Z").Exchange();
        Assert.Equal(AssociationState.Closed, pair.A.State);
    }

    [Fact, Rfc(6458, "8.1.5")]
    public void Without_NoDelay_a_lost_packet_and_a_closed_window_block_nothing()
    {
        Pair pair = Warm(s_reports with { NoDelay = false }, s_quiet with { ReceiveBufferSize = 10_000 });
        Send(pair, 10).Arrow("A -> DATA x Z");
        Send(pair, 20).NothingPending();
        Assert.Equal(TimeSpan.FromSeconds(1), pair.AdvanceToNextTimeout());
        pair.Exchange();
        for (int i = 0; i < 200 && pair.A.BufferedBytes < 5000; i++)
        {
            Send(pair, 100);
            pair.AdvanceToNextTimeout();
            pair.Exchange();
        }

        while (pair.A.BufferedBytes > 0)
        {
            while (pair.Receive(pair.Z) is not null)
            {
            }

            pair.AdvanceToNextTimeout();
            pair.Exchange();
        }

        Assert.Equal(AssociationState.Established, pair.A.State);
    }

    [Fact, Rfc(6458, "8.1.16"), Rfc(6458, "8.2.1")]
    public void A_message_longer_than_MaximumSegmentSize_is_cut_and_the_pieces_share_packets()
    {
        Pair pair = Warm();
        Assert.Equal(1224, pair.A.GetStatistics().FragmentationPoint);
        pair.A.Reconfigure(pair.Now, s_quiet with { MaximumSegmentSize = 500 });
        Assert.Equal(500, pair.A.GetStatistics().FragmentationPoint);
        Send(pair, 1000).Arrow("A -> DATA, DATA -> Z");
        Send(pair, 500).Arrow("A -> DATA -> Z").Exchange();
        Assert.Equal([1000, 500], [pair.Receive(pair.Z)!.Length, pair.Receive(pair.Z)!.Length]);
    }

    [Fact, Rfc(6458, "8.1.11")]
    public void Without_fragmentation_what_needs_two_chunks_is_refused()
    {
        Pair pair = Warm(s_quiet with { Fragmentation = false });
        Assert.Equal(SendStatus.NeedsFragmentation, pair.A.CanSend(1225, default));
        Assert.Equal(SendStatus.NeedsFragmentation, pair.A.Send(pair.Now, new byte[1225], default));
        Send(pair, 1224).Arrow("A -> DATA -> Z");
        pair.A.Reconfigure(pair.Now, s_quiet with { Fragmentation = false, MaximumSegmentSize = 64 });
        Assert.Equal(SendStatus.NeedsFragmentation, pair.A.CanSend(65, default));
        pair.A.Reconfigure(pair.Now, s_quiet);
        Assert.Equal(SendStatus.Ok, pair.A.CanSend(1225, default));
    }

    [Fact, Rfc(6458, "8.1.19"), Rfc(9260, "6.2")]
    public void SackFrequency_says_how_many_packets_one_SACK_answers()
    {
        Pair pair = Warm(optionsOfZ: s_quiet with { SackFrequency = 1 });
        Send(pair, 1).Arrow("A -> DATA -> Z").Arrow("A <- SACK <- Z");

        // The delay counts from the first packet that waits: the second one does not put it off.
        pair.Z.Reconfigure(pair.Now, s_quiet with { SackFrequency = 4 });
        Send(pair, 1).Arrow("A -> DATA -> Z").NothingPending().Advance(TimeSpan.FromMilliseconds(150));
        Send(pair, 1).Arrow("A -> DATA -> Z").NothingPending();
        Assert.Equal(TimeSpan.FromMilliseconds(50), pair.AdvanceToNextTimeout());
        pair.Arrow("A <- SACK <- Z");

        Send(pair, 1).Arrow("A -> DATA -> Z");
        Send(pair, 1).Arrow("A -> DATA -> Z");
        Send(pair, 1).Arrow("A -> DATA -> Z").NothingPending();
        Send(pair, 1).Arrow("A -> DATA -> Z").Arrow("A <- SACK <- Z");
    }

    [Fact, Rfc(6458, "8.1.19")]
    public void A_SACK_that_waits_by_the_old_delay_goes_when_it_changes()
    {
        Pair pair = Warm();
        Send(pair, 1).Arrow("A -> DATA -> Z").NothingPending();
        pair.Z.Reconfigure(pair.Now, s_quiet with { SackDelay = TimeSpan.FromMilliseconds(500) });
        pair.Arrow("A <- SACK <- Z");
        Send(pair, 1).Arrow("A -> DATA -> Z").NothingPending();
        Assert.Equal(TimeSpan.FromMilliseconds(500), pair.AdvanceToNextTimeout());
    }

    [Fact, Rfc(6458, "8.1.8"), Rfc(9260, "9.2")]
    public void An_association_without_user_data_shuts_itself_down()
    {
        Pair pair = Warm(s_quiet with { IdleTimeout = TimeSpan.FromSeconds(10) }, s_quiet);
        pair.Advance(TimeSpan.FromSeconds(9)).NothingPending();
        pair.Z.Send(pair.Now, [1], default);                 // what is received counts as well
        pair.Exchange();
        Assert.Equal(TimeSpan.FromMilliseconds(800), pair.AdvanceToNextTimeout());      // put off
        pair.NothingPending();
        Assert.Equal(TimeSpan.FromMilliseconds(9200), pair.AdvanceToNextTimeout());
        pair.Arrow("A -> SHUTDOWN, SACK -> Z").Arrow("A <- SHUTDOWN ACK <- Z").Arrow("A -> SHUTDOWN COMPLETE -> Z");
        Assert.Equal(CloseReason.Shutdown, ClosedOf(pair.A));
    }

    [Fact, Rfc(6458, "8.1.8")]
    public void What_waits_to_be_acknowledged_is_not_idle_and_heartbeats_are()
    {
        Pair pair = Warm(s_quiet with { HeartbeatInterval = TimeSpan.FromSeconds(1) }, s_quiet);
        pair.A.Reconfigure(pair.Now, pair.A.Options with { IdleTimeout = TimeSpan.FromSeconds(3), RtoMaximum = TimeSpan.FromSeconds(60) });
        Send(pair, 1).Arrow("A -> DATA x Z");
        for (int i = 0; i < 4; i++)
        {
            pair.Advance(TimeSpan.FromSeconds(1 << i)).DropPending();
        }

        Assert.Equal(AssociationState.Established, pair.A.State);
        for (int i = 0; i < 60; i++)
        {
            pair.Advance(TimeSpan.FromSeconds(1)).Exchange();
        }

        Assert.Equal(CloseReason.Shutdown, ClosedOf(pair.A));
    }

    [Fact, Rfc(6458, "8.1.8")]
    public void The_idle_time_out_can_be_set_and_taken_back()
    {
        Pair pair = Warm();
        pair.A.Reconfigure(pair.Now, s_quiet with { IdleTimeout = TimeSpan.FromSeconds(1) });
        pair.A.Reconfigure(pair.Now, s_quiet);
        pair.Advance(TimeSpan.FromSeconds(100)).NothingPending();
        pair.A.Reconfigure(pair.Now, s_quiet with { IdleTimeout = TimeSpan.FromSeconds(1) });
        pair.Advance(TimeSpan.Zero).Exchange();
        Assert.Equal(CloseReason.Shutdown, ClosedOf(pair.A));
    }

    [Fact, Rfc(6458, "8.1.1"), Rfc(9260, "6.3.1"), Rfc(9260, "11.1.13")]
    public void Limits_of_the_RTO_count_from_now_on()
    {
        Pair pair = Warm(s_quiet);
        TimeSpan Rto() => pair.A.GetStatistics().Rto;
        Assert.Equal(TimeSpan.FromSeconds(1), Rto());
        pair.A.Reconfigure(pair.Now, s_quiet with { RtoMinimum = TimeSpan.FromSeconds(2), RtoInitial = TimeSpan.FromSeconds(3) });
        Assert.Equal(TimeSpan.FromSeconds(2), Rto());
        pair.A.Reconfigure(pair.Now, s_quiet with
        {
            RtoMinimum = TimeSpan.FromMilliseconds(100),
            RtoInitial = TimeSpan.FromMilliseconds(100),
            RtoMaximum = TimeSpan.FromMilliseconds(300),
        });
        Send(pair, 1).Arrow("A -> DATA x Z");
        TimeSpan first = pair.AdvanceToNextTimeout();
        pair.Arrow("A -> DATA x Z");
        Assert.InRange(first, TimeSpan.FromMilliseconds(100), TimeSpan.FromMilliseconds(300));
        pair.AdvanceToNextTimeout();
        pair.Arrow("A -> DATA x Z");
        Assert.Equal(TimeSpan.FromMilliseconds(300), Rto());
    }

    [Fact, Rfc(6458, "8.1.2"), Rfc(9260, "11.1.12")]
    public void Failure_thresholds_count_from_now_on()
    {
        Pair pair = Warm();
        pair.A.Reconfigure(pair.Now, s_reports with { MaximumRetransmissions = 1, MaximumPathRetransmissions = 0 });
        Send(pair, 1).Arrow("A -> DATA x Z");
        pair.AdvanceToNextTimeout();
        Assert.Equal(PathState.Inactive, pair.A.GetPaths()[0].State);
        pair.Arrow("A -> DATA x Z").AdvanceToNextTimeout();
        Assert.Equal(CloseReason.PeerUnreachable, ClosedOf(pair.A));
    }

    [Fact, Rfc(6458, "8.1.24"), Rfc(9260, "6.1")]
    public void The_burst_limit_counts_from_now_on()
    {
        Pair pair = Warm(s_quiet, packets: 40);
        pair.Advance(TimeSpan.FromMilliseconds(200)).Exchange();
        pair.A.Reconfigure(pair.Now, s_quiet with { MaximumBurst = 1 });
        Send(pair, 5000).Arrow("A -> DATA -> Z").NothingPending();
        pair.AdvanceToNextTimeout();
        pair.A.Reconfigure(pair.Now, s_quiet with { MaximumBurst = 8 });
        pair.Arrow("A -> DATA -> Z").Arrow("A -> DATA -> Z").Arrow("A -> DATA -> Z").Arrow("A -> DATA -> Z");
    }

    [Fact, Rfc(6458, "8.1.6"), Rfc(9260, "6.2")]
    public void A_larger_receive_buffer_is_told_at_once()
    {
        Pair pair = Warm(optionsOfZ: s_quiet with { ReceiveBufferSize = 10_000 });
        pair.Z.Reconfigure(pair.Now, s_quiet with { ReceiveBufferSize = 50_000 });
        pair.Arrow("A <- SACK <- Z").NothingPending();
        Assert.Equal(50_000, pair.A.GetStatistics().PeerWindow);
    }

    [Fact, Rfc(6458, "8.1.6"), Rfc(9260, "6.2")]
    public void A_smaller_receive_buffer_takes_nothing_back_that_was_advertised()
    {
        Pair pair = Warm(optionsOfZ: s_quiet with { ReceiveBufferSize = 40_000 });
        pair.Z.Reconfigure(pair.Now, s_quiet with { ReceiveBufferSize = 4_000 });
        pair.NothingPending();
        Assert.Equal(pair.A.GetStatistics().PeerWindow, pair.Z.GetStatistics().ReceiveWindow);
        for (int i = 0; i < 25; i++)
        {
            long edge = pair.A.GetStatistics().PeerWindow;
            Send(pair, 1224).Exchange();
            pair.Advance(TimeSpan.FromMilliseconds(200)).Exchange();
            Assert.InRange(pair.A.GetStatistics().PeerWindow, edge - 1600, edge - 1224);    // the peer counts data, we count memory
        }

        Assert.Equal(0, pair.EndpointZ.Drops[DropReason.OutsideWindow]);
        while (pair.Receive(pair.Z) is not null)
        {
        }

        while (pair.A.GetStatistics().PeerWindow > 1300)
        {
            Send(pair, 1224).Exchange();
            pair.Advance(TimeSpan.FromMilliseconds(200)).Exchange();
        }

        while (pair.Receive(pair.Z) is not null)
        {
        }

        pair.Exchange();
        Assert.Equal(4_000, pair.A.GetStatistics().PeerWindow);
    }

    [Fact, Rfc(6458, "8.1.6"), Rfc(9260, "3.3.2")]
    public void A_buffer_changed_during_the_handshake_keeps_what_INIT_has_said()
    {
        Pair pair = new Pair(s_quiet with { ReceiveBufferSize = 20_000 }).Connect();
        pair.Arrow("A -> INIT -> Z");
        pair.A.Reconfigure(pair.Now, s_quiet with { ReceiveBufferSize = 3_000 });
        pair.Arrow("A <- INIT ACK <- Z").Arrow("A -> COOKIE ECHO -> Z").Arrow("A <- COOKIE ACK <- Z").NothingPending();
        Assert.Equal((20_000, 20_000), (pair.A.GetStatistics().ReceiveWindow, pair.Z.GetStatistics().PeerWindow));

        pair = new Pair(s_quiet with { ReceiveBufferSize = 3_000 }).Connect();
        pair.Arrow("A -> INIT -> Z");
        pair.A.Reconfigure(pair.Now, s_quiet with { ReceiveBufferSize = 20_000 });
        pair.Arrow("A <- INIT ACK <- Z").Arrow("A -> COOKIE ECHO -> Z").Arrow("A <- COOKIE ACK <- Z").Arrow("A -> SACK -> Z");
        Assert.Equal(20_000, pair.Z.GetStatistics().PeerWindow);
    }

    [Fact, Rfc(6458, "8.1.7")]
    public void The_send_buffer_and_the_longest_message_count_from_now_on()
    {
        Pair pair = Warm();
        pair.A.Reconfigure(pair.Now, s_quiet with { SendBufferSize = 1, MaximumMessageSize = 10 });
        Assert.Equal(SendStatus.InvalidLength, pair.A.CanSend(11, default));
        Send(pair, 10);
        Assert.Equal(SendStatus.QueueFull, pair.A.CanSend(10, default));
        pair.A.Reconfigure(pair.Now, s_quiet);
        Assert.Equal(SendStatus.Ok, pair.A.CanSend(11, default));
    }

    [Fact, Rfc(6458, "8.1.21"), Rfc(9260, "6.9")]
    public void The_partial_delivery_point_counts_from_now_on()
    {
        Pair pair = Warm();
        Send(pair, 100_000);
        pair.Arrow("A -> DATA -> Z").Exchange();
        Assert.Equal(100_000, pair.Receive(pair.Z)!.Length);
        pair.Z.Reconfigure(pair.Now, s_quiet with { PartialDeliveryPoint = 5_000 });
        Send(pair, 100_000).Exchange();
        Assert.InRange(pair.Receive(pair.Z)!.Length, 1, 20_000);
    }

    [Fact, Rfc(9260, "11.1.9"), Rfc(9260, "8.3")]
    public void Heartbeats_can_be_turned_on_and_off()
    {
        Pair pair = Warm();
        pair.Advance(TimeSpan.FromSeconds(100)).NothingPending();
        pair.A.Reconfigure(pair.Now, s_quiet with { HeartbeatInterval = TimeSpan.FromSeconds(5) });
        Assert.InRange(pair.AdvanceToNextTimeout(), TimeSpan.FromSeconds(5.5), TimeSpan.FromSeconds(6.5));
        pair.Arrow("A -> HEARTBEAT -> Z").Arrow("A <- HEARTBEAT ACK <- Z");
        pair.A.Reconfigure(pair.Now, s_quiet);
        pair.Advance(TimeSpan.FromSeconds(100)).NothingPending();
    }

    [Fact, Rfc(9260, "11.1.10"), Rfc(6458, "8.1.12"), Rfc(9260, "8.3")]
    public void A_heartbeat_can_be_asked_for()
    {
        var pair = new Pair(s_quiet);
        pair.Connect();
        Assert.False(pair.A.RequestHeartbeat(pair.Now));
        pair.Exchange();
        Assert.True(pair.A.RequestHeartbeat(pair.Now));
        Assert.True(pair.A.RequestHeartbeat(pair.Now, Pair.FromA.Local));    // one is on its way
        Assert.False(pair.A.RequestHeartbeat(pair.Now, NetworkAddress.FromIPv4([10, 9, 9, 9], 0)));
        pair.Arrow("A -> HEARTBEAT -> Z").Arrow("A <- HEARTBEAT ACK <- Z").NothingPending();
    }

    [Fact, Rfc(6458, "8.1.12"), Rfc(9260, "11.1.9"), Rfc(9260, "8.2")]
    public void One_path_may_have_an_interval_and_a_threshold_of_its_own()
    {
        Pair pair = Warm();
        NetworkAddress z = pair.A.PrimaryPath.Remote;
        Assert.False(pair.A.ConfigurePath(pair.Now, NetworkAddress.FromIPv4([10, 9, 9, 9], 0), PathOptions.Default));
        Assert.True(pair.A.ConfigurePath(pair.Now, z, new PathOptions { HeartbeatInterval = TimeSpan.FromSeconds(2), MaximumRetransmissions = 0 }));
        Assert.Equal(0, pair.A.GetPaths()[0].Options.MaximumRetransmissions);
        Assert.InRange(pair.AdvanceToNextTimeout(), TimeSpan.FromSeconds(2.5), TimeSpan.FromSeconds(3.5));
        pair.Arrow("A -> HEARTBEAT x Z").Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(PathState.Inactive, pair.A.GetPaths()[0].State);

        pair.A.Reconfigure(pair.Now, s_quiet with { HeartbeatInterval = TimeSpan.FromSeconds(1) });
        pair.A.ConfigurePath(pair.Now, z, new PathOptions { Heartbeats = false });
        pair.DropPending().Advance(TimeSpan.FromSeconds(100)).NothingPending();
        Assert.Throws<ArgumentOutOfRangeException>(() => pair.A.ConfigurePath(pair.Now, z, new PathOptions { MaximumRetransmissions = -1 }));
    }

    [Fact, Rfc(6458, "8.1.12")]
    public void Packets_to_one_address_may_have_a_size_that_is_not_searched_for()
    {
        Pair pair = Warm();
        NetworkAddress z = pair.A.PrimaryPath.Remote;
        int before = pair.A.FragmentationPoint;
        Assert.True(pair.A.ConfigurePath(pair.Now, z, new PathOptions { Mtu = 600 }));
        Assert.InRange(pair.A.FragmentationPoint, 500, 600);
        Assert.Equal(600, pair.A.GetPaths()[0].Options.Mtu);

        pair.A.ConfigurePath(pair.Now, z, PathOptions.Default);
        Assert.Equal(before, pair.A.FragmentationPoint);
        Assert.Throws<ArgumentOutOfRangeException>(() => pair.A.ConfigurePath(pair.Now, z, new PathOptions { Mtu = 511 }));
    }

    [Fact, Rfc(6458, "8.2.1"), Rfc(6458, "8.2.2"), Rfc(9260, "11.1.8")]
    public void Status_of_an_association_and_of_its_path()
    {
        Pair pair = Warm(s_quiet with { OutgoingStreams = 7, IncomingStreams = 9 });
        Send(pair, 1).Arrow("A -> DATA -> Z");
        AssociationStatistics a = pair.A.GetStatistics();
        Assert.Equal((AssociationState.Established, 7, 7, 1, 0), (a.State, a.OutgoingStreams, a.IncomingStreams, a.UnacknowledgedChunks, a.PendingMessages));
        Assert.Equal((256 << 10) - 1280 - 1, a.PeerWindow);    // Z had not read the first message when it last said so
        Assert.Equal(1, pair.Z.GetStatistics().PendingMessages);
        PathStatistics path = pair.A.GetPaths().Single();
        Assert.Equal((PathState.Active, true, 1240, 1252), (path.State, path.IsPrimary, path.Mtu, path.MaximumPacket));
        Assert.Equal((a.CongestionWindow, a.SmoothedRtt, a.Rto), (path.CongestionWindow, path.SmoothedRtt, path.Rto));
    }

    [Fact, Rfc(9260, "11.1.13")]
    public void What_was_negotiated_cannot_change_and_what_is_out_of_range_changes_nothing()
    {
        Pair pair = Warm();
        Assert.Equal("OutgoingStreams", Refuse(pair, s_quiet with { OutgoingStreams = 3 }));
        Assert.Equal("IncomingStreams", Refuse(pair, s_quiet with { IncomingStreams = 3 }));
        Assert.Equal("PathMtu", Refuse(pair, s_quiet with { PathMtu = 1500 }));
        Assert.Equal("Extensions", Refuse(pair, s_quiet with { Extensions = s_quiet.Extensions ^ Extensions.Interleaving }));
        Assert.Equal("SackFrequency", Refuse(pair, s_quiet with { SackFrequency = 0 }));
        Assert.Equal("MaximumSegmentSize", Refuse(pair, s_quiet with { MaximumSegmentSize = 63 }));
        Assert.Equal("IdleTimeout", Refuse(pair, s_quiet with { IdleTimeout = TimeSpan.FromTicks(1) }));
        Assert.Equal(["OutgoingStreams", "IncomingStreams", "PathMtu", "AdaptationIndication", "Extensions", "Authentication"], AssociationOptions.FixedProperties);
        Assert.Same(s_quiet, pair.A.Options);
    }

    private static string? Refuse(Pair pair, AssociationOptions options) =>
        Assert.ThrowsAny<ArgumentException>(() => pair.A.Reconfigure(pair.Now, options)).ParamName;

    private static Pair Warm(AssociationOptions? options = null, AssociationOptions? optionsOfZ = null, int packets = 1)
    {
        // Behind it: the first data, which is acknowledged at once.
        Pair pair = new Pair(options ?? s_quiet, optionsOfZ: optionsOfZ).Established();
        for (int i = 0; i < packets; i++)
        {
            pair.A.Send(pair.Now, s_full, default);
        }

        pair.Exchange();
        pair.Advance(TimeSpan.FromMilliseconds(200)).Exchange();
        while (pair.Receive(pair.Z) is not null)
        {
        }

        return pair;
    }

    private static Pair Send(Pair pair, int length)
    {
        Assert.Equal(SendStatus.Ok, pair.A.Send(pair.Now, new byte[length], default));
        return pair;
    }

    private static CloseReason? ClosedOf(Association association)
    {
        AssociationEvent.Closed? closed = null;
        while (association.TryGetEvent(out AssociationEvent? next))
        {
            closed = next as AssociationEvent.Closed ?? closed;
        }

        return closed?.Reason;
    }
}
