using System;
using System.Linq;
using Braid.Sctp;
using Braid.Sctp.Wire;
using Braid.Simulation;

namespace Braid.Scenarios;

public sealed class DataTests
{
    private static readonly byte[] s_full = new byte[1224];              // one packet at a path MTU of 1280

    // As RFC 9260 has it: losses show in missing reports or by T3-rtx.
    private static readonly AssociationOptions s_reports = AssociationOptions.Rfc9260 with { MaximumPathMtu = 0, LossRecovery = LossRecovery.MissingReports };

    [Fact, Rfc(9260, "5.1"), Rfc(9260, "6.2")]
    public void The_first_data_is_acknowledged_at_once_then_every_second_packet()
    {
        Pair pair = new Pair().Established();
        Send(pair).Arrow("A -> DATA -> Z").Arrow("A <- SACK <- Z");
        Send(pair).Arrow("A -> DATA -> Z").NothingPending();
        Send(pair).Arrow("A -> DATA -> Z").Arrow("A <- SACK <- Z").NothingPending();
    }

    [Fact, Rfc(9260, "6.2")]
    public void A_single_packet_is_acknowledged_within_200_ms()
    {
        Pair pair = Warm();
        Send(pair).Arrow("A -> DATA -> Z").NothingPending();
        Assert.Equal(TimeSpan.FromMilliseconds(200), pair.AdvanceToNextTimeout());
        pair.Arrow("A <- SACK <- Z");
    }

    [Fact, Rfc(7053, "5.2"), Rfc(9260, "6.2")]
    public void The_I_bit_is_acknowledged_at_once()
    {
        Pair pair = Warm();
        pair.A.Send(pair.Now, s_full, new SendOptions(SackImmediately: true));
        pair.Arrow("A -> DATA -> Z").Arrow("A <- SACK <- Z");
    }

    [Fact, Rfc(9260, "6.1")]
    public void A_pending_acknowledgement_goes_along_with_data()
    {
        Pair pair = Warm();
        Send(pair).Arrow("A -> DATA -> Z").NothingPending();
        pair.Z.Send(pair.Now, s_full.AsSpan(0, 100), default);
        pair.Arrow("A <- SACK, DATA <- Z");
    }

    [Fact, Rfc(9260, "6.10")]
    public void Small_messages_share_a_packet()
    {
        Pair pair = Warm();
        for (int i = 0; i < 4; i++)
        {
            pair.A.Send(pair.Now, [1, 2, 3], new SendOptions((ushort)i));
        }

        pair.Arrow("A -> DATA, DATA, DATA, DATA -> Z");
    }

    [Fact, Rfc(9260, "6.6")]
    public void A_gap_holds_the_ordered_messages_of_its_stream_and_no_others()
    {
        Pair pair = Warm(s_reports);
        SendEach(pair, "one", new SendOptions(1), isLost: true);
        SendEach(pair, "two", new SendOptions(1), isLost: false).Arrow("A <- SACK <- Z");
        SendEach(pair, "three", new SendOptions(2), isLost: false).Arrow("A <- SACK <- Z");
        SendEach(pair, "four", new SendOptions(1, Unordered: true), isLost: false).Arrow("A <- SACK <- Z");
        Assert.Equal(["three", "four"], [Text(pair), Text(pair)]);
        Assert.Null(pair.Receive(pair.Z));
        pair.Exchange();                                     // the fast retransmission
        Assert.Equal(["one", "two"], [Text(pair), Text(pair)]);
    }

    [Fact, Rfc(9260, "6.9")]
    public void A_message_longer_than_a_packet_is_fragmented_and_reassembled_in_any_order()
    {
        Pair pair = Warm();
        byte[] message = Enumerable.Range(0, 3000).Select(i => (byte)i).ToArray();
        pair.A.Send(pair.Now, message, default);
        pair.Arrow("A -> DATA x Z").Arrow("A -> DATA -> Z").Arrow("A <- SACK <- Z").Arrow("A -> DATA -> Z").Arrow("A <- SACK <- Z");
        Assert.Null(pair.Receive(pair.Z));
        pair.AdvanceToNextTimeout();
        pair.Exchange();
        Assert.Equal(message, pair.Receive(pair.Z));
    }

    [Fact, Rfc(9260, "6.7"), Rfc(9260, "7.2.4")]
    public void Three_missing_reports_cause_a_fast_retransmission_and_halve_the_window()
    {
        Pair pair = Warm(s_reports, packets: 40);
        long window = pair.A.GetStatistics().CongestionWindow;
        Send(pair).Arrow("A -> DATA x Z");
        for (int i = 0; i < 3; i++)
        {
            Send(pair).Arrow("A -> DATA -> Z").Arrow("A <- SACK <- Z");
        }

        pair.Arrow("A -> DATA -> Z").Arrow("A <- SACK <- Z").NothingPending();
        AssociationStatistics statistics = pair.A.GetStatistics();
        Assert.Equal((1, 0), (statistics.FastRetransmissions, statistics.RetransmissionTimeouts));
        Assert.Equal(Math.Max(window / 2, 4 * 1240), statistics.SlowStartThreshold);
        Assert.Equal(0, pair.A.BufferedBytes);
    }

    [Fact, Rfc(9260, "7.2.4"), Rfc(9260, "7.2.3")]
    public void Fast_recovery_halves_the_window_once_however_much_was_lost_in_it_and_again_only_after_its_end()
    {
        Pair pair = Warm(s_reports, packets: 60);
        long before = pair.A.GetStatistics().CongestionWindow;
        LoseTwoOfNine(pair);
        pair.Exchange();
        AssociationStatistics once = pair.A.GetStatistics();
        Assert.Equal((2, 0), (once.FastRetransmissions, once.RetransmissionTimeouts));
        Assert.Equal(before / 2, once.SlowStartThreshold);

        LoseTwoOfNine(pair);
        pair.Exchange();
        AssociationStatistics twice = pair.A.GetStatistics();
        Assert.Equal((4, 0), (twice.FastRetransmissions, twice.RetransmissionTimeouts));
        Assert.True(twice.SlowStartThreshold < once.SlowStartThreshold);
    }

    [Fact, Rfc(9260, "8.3"), Rfc(9260, "6.3.1")]
    public void A_heartbeat_measures_the_round_trip()
    {
        Pair pair = new Pair(
            AssociationOptions.Rfc9260 with { HeartbeatInterval = TimeSpan.FromSeconds(5) },
            optionsOfZ: AssociationOptions.Rfc9260 with { HeartbeatInterval = TimeSpan.Zero, MaximumPathMtu = 0 }).Established();
        pair.AdvanceToNextTimeout();
        pair.Arrow("A -> HEARTBEAT -> Z").Advance(TimeSpan.FromMilliseconds(80)).Arrow("A <- HEARTBEAT ACK <- Z");
        Assert.Equal(TimeSpan.FromMilliseconds(80), pair.A.GetStatistics().SmoothedRtt);
    }

    [Fact, Rfc(9260, "6.3.3"), Rfc(9260, "7.2.3")]
    public void T3_rtx_sends_again_doubles_the_RTO_and_leaves_a_window_of_one_packet()
    {
        Pair pair = Warm(s_reports);
        Send(pair).Arrow("A -> DATA x Z");
        Assert.Equal(TimeSpan.FromSeconds(1), pair.AdvanceToNextTimeout());
        pair.Arrow("A -> DATA x Z");
        Assert.Equal(1240, pair.A.GetStatistics().CongestionWindow);
        Assert.Equal(TimeSpan.FromSeconds(2), pair.AdvanceToNextTimeout());
        pair.Arrow("A -> DATA x Z");
        Assert.Equal(TimeSpan.FromSeconds(4), pair.AdvanceToNextTimeout());
        pair.Arrow("A -> DATA -> Z");
        pair.AdvanceToNextTimeout();
        pair.Arrow("A <- SACK <- Z").NothingPending();
        Assert.Equal(3, pair.A.GetStatistics().RetransmissionTimeouts);
    }

    [Fact, Rfc(9260, "8.1"), Rfc(9260, "8.2")]
    public void A_peer_that_stays_silent_is_unreachable_after_Association_Max_Retrans()
    {
        Pair pair = Warm(s_reports with { MaximumRetransmissions = 4, MaximumPathRetransmissions = 2, HeartbeatInterval = TimeSpan.Zero });
        while (pair.A.TryGetEvent(out _))
        {
        }

        Send(pair);
        for (int i = 0; i <= 4; i++)
        {
            pair.Arrow("A -> DATA x Z");
            pair.AdvanceToNextTimeout();
        }

        Assert.Equal(AssociationState.Closed, pair.A.State);
        Assert.True(pair.A.TryGetEvent(out AssociationEvent? path));
        Assert.Equal(PathState.Inactive, Assert.IsType<AssociationEvent.PathChanged>(path).State);
        Assert.True(pair.A.TryGetEvent(out AssociationEvent? closed));
        Assert.Equal(new AssociationEvent.Closed(CloseReason.PeerUnreachable, Attempts: 5), closed);
        Assert.Equal(0, pair.EndpointA.Buffers.Rented);
    }

    [Fact, Rfc(9260, "6.1"), Rfc(9260, "6.2")]
    public void A_closed_window_is_probed_with_one_chunk_and_opens_when_the_application_reads()
    {
        Pair pair = Warm(optionsOfZ: AssociationOptions.Rfc9260 with { ReceiveBufferSize = 10_000 });
        while (pair.A.GetStatistics().PeerWindow > 1224)
        {
            Send(pair).Exchange();
            if (pair.A.BufferedBytes > 0)
            {
                pair.Advance(TimeSpan.FromMilliseconds(200)).Exchange();
            }
        }

        Send(pair).NothingPending();
        TimeSpan first = pair.AdvanceToNextTimeout();
        Assert.Equal(TimeSpan.FromSeconds(1), first);
        pair.Arrow("A -> DATA -> Z");

        // The first of them are taken, as user data that was allowed before. However often it is asked, a peer that answers is not unreachable.
        for (int i = 0; i < 60; i++)
        {
            Send(pair);
            pair.AdvanceToNextTimeout();
            pair.Exchange();
        }

        Assert.True(pair.EndpointZ.Drops[DropReason.OutsideWindow] > 0);
        Assert.InRange(pair.Z.GetStatistics().PendingMessages, 7, 15);
        Assert.Equal(AssociationState.Established, pair.A.State);
        while (pair.A.BufferedBytes > 0)
        {
            while (pair.Receive(pair.Z) is not null)
            {
            }

            pair.Exchange();
            pair.Advance(TimeSpan.FromMilliseconds(200)).Exchange();
        }

        Assert.InRange(pair.A.GetStatistics().PeerWindow, 1, 10_000);
    }

    [Theory, Rfc(9260, "6.2")]
    [InlineData(130)]
    [InlineData(300)]
    [InlineData(1000)]
    public void What_the_window_allowed_is_taken_though_it_holds_more_memory_than_that(int length)
    {
        // The peer counts user data and we count memory: what is on its way when the buffer is full was allowed.
        Pair pair = Warm(optionsOfZ: AssociationOptions.Default with { ReceiveBufferSize = 8_000 });
        for (int sent = 0; sent < 9_000; sent += length)
        {
            Assert.Equal(SendStatus.Ok, pair.A.Send(pair.Now, new byte[length], default));
        }

        pair.Exchange();
        pair.Advance(TimeSpan.FromMilliseconds(200)).Exchange();
        Assert.Equal(0, pair.EndpointZ.Drops[DropReason.OutsideWindow]);
        Assert.Equal(0, pair.A.GetStatistics().BytesInFlight);
        Assert.InRange(pair.A.BufferedBytes, 1000, 9_000 - 5_000);
    }

    [Fact, Rfc(9260, "6.2")]
    public void A_duplicate_is_reported_at_once()
    {
        Pair pair = Warm();
        Send(pair).Arrow("A -> DATA -> Z");
        byte[] packet = pair.LastPacket;
        pair.InjectToZ(packet).Arrow("A <- SACK <- Z");
        Assert.True(PacketView.TryRead(pair.LastPacket, out PacketView view));
        ChunkReader chunks = view.Chunks;
        Assert.True(chunks.TryRead(out ChunkView chunk) && SackChunk.TryRead(chunk, out SackChunk sack) && sack.DuplicateCount == 1);
    }

    [Fact, Rfc(9260, "6.5")]
    public void Data_on_a_stream_that_does_not_exist_is_acknowledged_and_reported()
    {
        Pair pair = Warm(AssociationOptions.Rfc9260 with { OutgoingStreams = 5, IncomingStreams = 5 });
        Send(pair).Arrow("A -> DATA -> Z");
        byte[] packet = pair.LastPacket;
        packet[20 - 4 + 3]++;                                // the next TSN
        packet[20 + 1] = 77;                                 // stream 77
        pair.InjectToZ(Packets.WithChecksum(packet)).Arrow("A <- ERROR, SACK <- Z");
        Assert.Equal(1, pair.EndpointZ.Drops[DropReason.InvalidStream]);
    }

    [Fact, Rfc(9260, "6.2")]
    public void Data_without_user_data_aborts_the_association()
    {
        Pair pair = Warm();
        Send(pair).Arrow("A -> DATA x Z");
        byte[] packet = pair.LastPacket[..28];
        packet[12 + 2] = 0;
        packet[12 + 3] = 16;
        pair.InjectToZ(Packets.WithChecksum(packet)).Arrow("A <- ABORT <- Z");
        Assert.Equal(AssociationState.Closed, pair.A.State);
        Assert.Equal(AssociationState.Closed, pair.Z.State);
    }

    [Fact, Rfc(9260, "6.2.1")]
    public void A_SACK_for_what_was_never_sent_aborts_the_association()
    {
        Pair pair = Warm();
        Send(pair).Arrow("A -> DATA -> Z");
        pair.AdvanceToNextTimeout();
        pair.Arrow("A x SACK <- Z");
        byte[] sack = pair.LastPacket;
        sack[12 + 7] += 10;
        pair.InjectToA(Packets.WithChecksum(sack)).Arrow("A -> ABORT -> Z");
    }

    [Fact, Rfc(9260, "8.3")]
    public void An_idle_path_is_asked_whether_it_is_there()
    {
        Pair pair = new Pair(AssociationOptions.Rfc9260 with { HeartbeatInterval = TimeSpan.FromSeconds(5) }).Established();
        pair.AdvanceToNextTimeout();
        pair.Exchange();
        pair.Advance(TimeSpan.FromSeconds(7)).Exchange();
        Assert.Equal(AssociationState.Established, pair.A.State);
        Assert.Equal(0, pair.EndpointA.Drops.Total + pair.EndpointZ.Drops.Total);
    }

    [Fact, Rfc(9260, "8.3"), Rfc(9260, "8.1")]
    public void Heartbeats_without_an_answer_end_the_association()
    {
        Pair pair = new Pair(
            AssociationOptions.Rfc9260 with { HeartbeatInterval = TimeSpan.FromSeconds(1), MaximumRetransmissions = 2 },
            optionsOfZ: AssociationOptions.Rfc9260 with { HeartbeatInterval = TimeSpan.Zero, MaximumPathMtu = 0 }).Established();
        for (int i = 0; i < 3; i++)
        {
            pair.AdvanceToNextTimeout();
            pair.Arrow("A -> HEARTBEAT x Z");
            pair.AdvanceToNextTimeout();
        }

        Assert.Equal(AssociationState.Closed, pair.A.State);
    }

    private static Pair Warm(AssociationOptions? options = null, AssociationOptions? optionsOfZ = null, int packets = 1)
    {
        // Behind it: the first data, which is acknowledged at once.
        Pair pair = new Pair(options, optionsOfZ: optionsOfZ).Established();
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

    private static Pair Send(Pair pair)
    {
        Assert.Equal(SendStatus.Ok, pair.A.Send(pair.Now, s_full, default));
        return pair;
    }

    private static void LoseTwoOfNine(Pair pair)
    {
        for (int i = 0; i < 9; i++)
        {
            Send(pair).Arrow(i is 0 or 2 ? "A -> DATA x Z" : "A -> DATA -> Z");
        }
    }

    private static Pair SendEach(Pair pair, string text, SendOptions options, bool isLost)
    {
        pair.A.Send(pair.Now, System.Text.Encoding.UTF8.GetBytes(text), options);
        return pair.Arrow(isLost ? "A -> DATA x Z" : "A -> DATA -> Z");
    }

    private static string Text(Pair pair) => System.Text.Encoding.UTF8.GetString(pair.Receive(pair.Z) ?? []);
}
