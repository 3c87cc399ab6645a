using System;
using System.Collections.Generic;
using System.Linq;
using Braid.Sctp;
using Braid.Sctp.Wire;
using Braid.Simulation;
using static Braid.Scenarios.Unreliable;

namespace Braid.Scenarios;

/// <summary>Messages that are given up (RFC 3758, RFC 7496): the sender's side.</summary>
public sealed class PartialReliabilityTests
{
    [Fact, Rfc(3758, "3.2"), Rfc(3758, "3.4"), Rfc(3758, "3.5"), Rfc(7496, "3.1")]
    public void A_message_that_may_be_sent_once_is_skipped_when_it_is_lost()
    {
        Pair pair = new Pair(Quiet).Established();
        Send(pair, "lost", new SendOptions(3, Context: 9, Reliability: Once));
        pair.Arrow("A -> DATA x Z");
        Tsn tsn = Packets.TsnOf(pair.LastPacket);
        pair.AdvanceToNextTimeout();
        pair.Arrow("A -> FORWARD TSN -> Z");
        Assert.Equal((tsn, "3/0"), Forward(pair));
        Assert.Equal(0, pair.A.BufferedBytes);
        pair.Arrow("A <- SACK <- Z").NothingPending();
        Assert.True(pair.EndpointA.NextTimeout.IsNever);
        AssociationEvent.SendFailed failed = Failed(pair).Single();
        Assert.Equal((9u, true, 0), (failed.Options.Context, failed.WasOnWire, failed.CauseCode));
        Assert.Equal("lost"u8.ToArray(), failed.Payload.Span.ToArray());
        failed.Payload.Dispose();

        Send(pair, "next", new SendOptions(3));
        pair.Arrow("A -> DATA -> Z");
        Assert.Equal("next", Text(pair));
        Finish(pair);
        AssertNothingLeft(pair);
    }

    [Theory, Rfc(7496, "3.1"), Rfc(3758, "4.1")]
    [InlineData(1)]
    [InlineData(3)]
    public void A_message_is_sent_again_as_often_as_it_may_be(int count)
    {
        Pair pair = new Pair(Quiet).Established();
        Send(pair, "lost", new SendOptions(Reliability: Reliability.MaximumRetransmissions(count)));
        pair.Arrow("A -> DATA x Z");
        for (int i = 0; i < count; i++)
        {
            pair.AdvanceToNextTimeout();
            pair.Arrow("A -> DATA x Z");
        }

        pair.AdvanceToNextTimeout();
        pair.Arrow("A -> FORWARD TSN -> Z").Arrow("A <- SACK <- Z");
        Assert.Equal(count + 1, pair.A.GetStatistics().RetransmissionTimeouts);
    }

    [Fact, Rfc(7496, "3.1"), Rfc(3758, "3.5")]
    public void A_fast_retransmission_counts_too_and_the_window_is_reduced_all_the_same()
    {
        Pair pair = new Pair(Quiet with { SackFrequency = 1, NoDelay = true }).Established();
        Grow(pair);
        long before = pair.A.GetPaths()[0].CongestionWindow;
        Send(pair, "lost", new SendOptions(3, Reliability: Once));
        pair.Arrow("A -> DATA x Z");
        for (int i = 0; i < 3; i++)
        {
            Send(pair, "held", new SendOptions(3));
            pair.Arrow("A -> DATA -> Z").Arrow("A <- SACK <- Z");
        }

        pair.Arrow("A -> FORWARD TSN -> Z");
        Assert.True(pair.A.GetPaths()[0].CongestionWindow < before);
        Assert.Equal(0, pair.A.GetStatistics().ChunksRetransmitted);
        Assert.Equal(["held", "held", "held"], [Text(pair), Text(pair), Text(pair)]);
        pair.Arrow("A <- SACK <- Z").NothingPending();
    }

    [Fact, Rfc(3758, "3.5")]
    public void FORWARD_TSN_goes_along_with_data_and_before_it()
    {
        Pair pair = new Pair(Quiet).Established();
        Send(pair, "lost", new SendOptions(Reliability: Once));
        pair.Arrow("A -> DATA x Z");
        pair.Advance(pair.EndpointA.NextTimeout - pair.Now - new TimeSpan(1));
        pair.A.Send(pair.Now, new byte[1000], default);
        pair.Arrow("A -> DATA x Z");
        pair.AdvanceToNextTimeout();
        pair.Arrow("A -> FORWARD TSN, DATA -> Z");
        Assert.Equal(1000, pair.Receive(pair.Z)!.Length);
    }

    [Fact, Rfc(3758, "4.1")]
    public void A_message_whose_lifetime_is_over_gets_no_TSN()
    {
        Pair pair = new Pair(Quiet).Established();
        Send(pair, "first", new SendOptions(3));
        pair.Arrow("A -> DATA x Z");
        pair.A.Send(pair.Now, new byte[8000], new SendOptions(3));
        pair.DropPending();
        Send(pair, "late", new SendOptions(3, Reliability: Reliability.Lifetime(TimeSpan.FromMilliseconds(100))));
        Send(pair, "later", new SendOptions(3, Reliability: Reliability.Lifetime(TimeSpan.FromSeconds(100))));
        pair.Advance(TimeSpan.FromMilliseconds(100)).NothingPending();
        pair.A.RequestHeartbeat(pair.Now);
        pair.Arrow("A -> HEARTBEAT -> Z");
        Assert.Empty(Failed(pair));
        pair.Advance(TimeSpan.FromMilliseconds(1)).Arrow("A <- HEARTBEAT ACK <- Z").NothingPending();    // something happens
        AssociationEvent.SendFailed failed = Failed(pair).Single();
        Assert.Equal((false, 4), (failed.WasOnWire, failed.Payload.Length));
        failed.Payload.Dispose();
        Assert.Equal(new AbandonedMessages(1, 0), pair.A.GetAbandoned());
        Finish(pair);
        Assert.Equal("first", Text(pair));
        Assert.Equal(8000, pair.Receive(pair.Z)!.Length);
        Assert.Equal("later", Text(pair));
        AssertNothingLeft(pair);
    }

    [Fact, Rfc(3758, "4.1")]
    public void A_message_is_sent_again_only_within_its_lifetime()
    {
        Pair pair = new Pair(Quiet).Established();
        Send(pair, "lost", new SendOptions(Reliability: Reliability.Lifetime(TimeSpan.FromSeconds(2))));
        pair.Arrow("A -> DATA x Z");
        pair.AdvanceToNextTimeout();
        pair.Arrow("A -> DATA x Z");                         // after 1 s
        pair.AdvanceToNextTimeout();
        pair.Arrow("A -> FORWARD TSN -> Z");                 // after 3 s
        Assert.Equal(new AbandonedMessages(0, 1), pair.A.GetAbandoned(ReliabilityPolicy.Lifetime));
        Release(pair);
    }

    [Fact, Rfc(3758, "4.1")]
    public void A_lifetime_of_nothing_is_for_a_message_that_is_sent_at_once_or_not_at_all()
    {
        Pair pair = new Pair(Quiet).Established();
        var options = new SendOptions(Reliability: Reliability.Lifetime(TimeSpan.Zero));
        Send(pair, "now", options);
        pair.Arrow("A -> DATA -> Z");
        Assert.Equal("now", Text(pair));
        pair.Arrow("A <- SACK <- Z");
        pair.A.Send(pair.Now, new byte[8000], default);
        Send(pair, "not now", options);
        pair.DropPending();
        pair.A.RequestHeartbeat(pair.Now + TimeSpan.FromTicks(1));
        pair.Advance(TimeSpan.FromTicks(1));
        Assert.Equal(new AbandonedMessages(1, 0), pair.A.GetAbandoned());
        Release(pair);
    }

    [Fact, Rfc(3758, "4.1"), Rfc(3758, "4.3")]
    public void A_shutdown_does_not_wait_for_what_is_given_up()
    {
        Pair pair = new Pair(Quiet, optionsOfZ: Quiet with { ReceiveBufferSize = 4000 }).Established();
        pair.A.Send(pair.Now, new byte[3600], default);
        Finish(pair);
        Send(pair, new string('x', 1000), new SendOptions(Reliability: Reliability.Lifetime(TimeSpan.FromMilliseconds(100))));
        pair.A.Shutdown(pair.Now);
        pair.NothingPending();                               // Z has no room
        pair.AdvanceToNextTimeout();
        pair.Arrow("A -> SHUTDOWN -> Z").Arrow("A <- SHUTDOWN ACK <- Z").Arrow("A -> SHUTDOWN COMPLETE -> Z");
        Release(pair);
        pair.Receive(pair.Z);
        AssertNothingLeft(pair);
    }

    [Fact, Rfc(3758, "3.5")]
    public void All_fragments_of_a_message_are_given_up_together()
    {
        Pair pair = new Pair(Quiet).Established();
        pair.A.Send(pair.Now, new byte[3000], new SendOptions(3, Reliability: Once));
        pair.Arrow("A -> DATA -> Z");
        Tsn first = Packets.TsnOf(pair.LastPacket);
        pair.Arrow("A -> DATA x Z").Arrow("A -> DATA -> Z");
        pair.Arrow("A <- SACK <- Z").Arrow("A <- SACK <- Z");
        pair.AdvanceToNextTimeout();
        pair.Arrow("A -> FORWARD TSN -> Z");
        Assert.Equal((first + 2, "3/0"), Forward(pair));
        Assert.Equal((0, 0L), (pair.EndpointZ.Buffers.Rented, pair.A.BufferedBytes));
        pair.Arrow("A <- SACK <- Z");
        Assert.Equal(new AbandonedMessages(0, 1), pair.A.GetAbandoned(stream: 3));
        Release(pair);
        AssertNothingLeft(pair);
    }

    [Theory, Rfc(3758, "3.5"), Rfc(3758, "3.6")]
    [InlineData(false)]
    [InlineData(true)]
    public void Of_a_message_that_is_given_up_in_its_middle_the_peer_drops_what_it_has(bool unordered)
    {
        Pair pair = new Pair(Quiet).Established();
        var options = new SendOptions(3, Unordered: unordered, Reliability: Reliability.Lifetime(TimeSpan.FromMilliseconds(300)));
        pair.A.Send(pair.Now, new byte[20_000], options);
        pair.Advance(TimeSpan.FromMilliseconds(1));
        int sent = 0;
        Tsn last = default;
        while (pair.A.GetStatistics().ChunksSent > sent)     // the first flight arrives, and its acknowledgements do not
        {
            sent++;
            pair.Arrow("A -> DATA -> Z");
            last = Packets.TsnOf(pair.LastPacket);
        }

        byte[][] sacks = [.. pair.TakeFromZ()];
        pair.Advance(TimeSpan.FromMilliseconds(400));
        Array.ForEach(sacks, sack => pair.InjectToA(sack));
        pair.TakeFromZ();
        pair.Arrow("A -> FORWARD TSN -> Z");
        Assert.Equal((last.Next, unordered ? "" : "3/0"), Forward(pair));
        Assert.Equal(0, pair.EndpointZ.Buffers.Rented);
        Send(pair, "next", new SendOptions(3));
        Finish(pair);
        Assert.Equal("next", Text(pair));
        Assert.Equal(new AbandonedMessages(0, 1), pair.A.GetAbandoned());
        Release(pair);
        AssertNothingLeft(pair);
    }

    [Fact, Rfc(3758, "3.5")]
    public void The_point_goes_only_over_what_was_given_up()
    {
        Pair pair = new Pair(Quiet).Established();
        Send(pair, "needed", new SendOptions(3));
        pair.Arrow("A -> DATA x Z");
        Tsn tsn = Packets.TsnOf(pair.LastPacket);
        Send(pair, "one", new SendOptions(4, Reliability: Once));
        pair.Arrow("A -> DATA x Z");
        Send(pair, "two", new SendOptions(4, Reliability: Once));
        pair.Arrow("A -> DATA x Z");
        pair.AdvanceToNextTimeout();
        pair.Arrow("A -> DATA -> Z");
        Assert.Equal(tsn, Packets.TsnOf(pair.LastPacket));
        Assert.Equal(new AbandonedMessages(0, 2), pair.A.GetAbandoned());
        pair.Arrow("A <- SACK <- Z").Arrow("A -> FORWARD TSN -> Z");
        Assert.Equal((tsn + 2, "4/1"), Forward(pair));
        Release(pair);
    }

    [Fact, Rfc(3758, "3.2"), Rfc(3758, "3.5")]
    public void Of_each_stream_the_highest_number_is_named_and_no_unordered_message()
    {
        Pair pair = new Pair(Quiet).Established();
        Send(pair, "a", new SendOptions(3, Reliability: Once));
        Send(pair, "b", new SendOptions(3, Reliability: Once));
        Send(pair, "c", new SendOptions(3, Unordered: true, Reliability: Once));
        Send(pair, "d", new SendOptions(5, Unordered: true, Reliability: Once));
        Send(pair, "e", new SendOptions(4, Reliability: Once));
        pair.Arrow("A -> DATA, DATA, DATA, DATA, DATA x Z");
        pair.AdvanceToNextTimeout();
        pair.Arrow("A -> FORWARD TSN -> Z");
        Assert.Equal("3/1 4/0", string.Join(' ', Forward(pair).Streams.Split(' ').Order()));
        Release(pair);
    }

    [Fact, Rfc(3758, "3.5")]
    public void A_list_that_does_not_fit_is_told_in_several_packets()
    {
        Pair pair = new Pair(Quiet with { PathMtu = 512, MaximumBurst = 100 }).Established();
        Grow(pair);
        for (int i = 0; i < 200; i++)
        {
            Send(pair, "x", new SendOptions((ushort)i, Reliability: Once));
        }

        pair.DropPending();
        pair.AdvanceToNextTimeout();
        pair.Arrow("A -> FORWARD TSN -> Z");
        Assert.InRange(pair.LastPacket.Length, 512 - 28 - 4, 512 - 28);
        (Tsn first, string streams) = Forward(pair);
        pair.Advance(TimeSpan.FromMilliseconds(200)).Arrow("A <- SACK <- Z").Arrow("A -> FORWARD TSN -> Z");
        Assert.Equal(first + (200 - streams.Split(' ').Length), Forward(pair).NewCumulative);
        pair.Advance(TimeSpan.FromMilliseconds(200)).Arrow("A <- SACK <- Z").NothingPending();
        Assert.Equal(0, pair.A.BufferedCharge);
        Release(pair);
        AssertNothingLeft(pair);
    }

    [Fact, Rfc(3758, "3.5"), Rfc(3758, "3.6")]
    public void A_lost_FORWARD_TSN_and_its_lost_SACK_are_repaired_by_T3_rtx()
    {
        Pair pair = new Pair(Quiet).Established();
        Send(pair, "lost", new SendOptions(Reliability: Once));
        pair.Arrow("A -> DATA x Z");
        pair.AdvanceToNextTimeout();
        pair.Arrow("A -> FORWARD TSN x Z");
        pair.AdvanceToNextTimeout();
        pair.Arrow("A -> FORWARD TSN -> Z").Arrow("A x SACK <- Z");
        pair.AdvanceToNextTimeout();
        pair.Arrow("A -> FORWARD TSN -> Z").Arrow("A <- SACK <- Z").NothingPending();     // at once: it is out of date
        Assert.Equal(1, pair.EndpointZ.Drops[DropReason.OutdatedForwardTsn]);
        Release(pair);
    }

    [Fact, Rfc(3758, "3.5"), Rfc(9260, "8.1")]
    public void A_peer_that_answers_FORWARD_TSN_is_alive_even_if_every_message_is_lost()
    {
        Pair pair = new Pair(Quiet with { MaximumRetransmissions = 3, MaximumPathRetransmissions = 2 }).Established();
        for (int i = 0; i < 20; i++)
        {
            Send(pair, "lost", new SendOptions(Reliability: Once));
            pair.Arrow("A -> DATA x Z");
            pair.AdvanceToNextTimeout();
            pair.Arrow("A -> FORWARD TSN -> Z");
            if (i > 0)
            {
                pair.Advance(TimeSpan.FromMilliseconds(200));
            }

            pair.Arrow("A <- SACK <- Z");
        }

        Assert.Equal(AssociationState.Established, pair.A.State);
        Release(pair);
    }

    [Fact, Rfc(7496, "3.1"), Rfc(9260, "8.1")]
    public void A_peer_that_is_gone_is_noticed_though_nothing_is_sent_again()
    {
        Pair pair = new Pair(Quiet with { MaximumRetransmissions = 3 }).Established();
        Send(pair, "lost", new SendOptions(Reliability: Once));
        for (int i = 0; i < 4; i++)
        {
            pair.DropPending();
            pair.AdvanceToNextTimeout();
        }

        Assert.Equal(AssociationState.Closed, pair.A.State);
        Release(pair);
    }

    [Theory, Rfc(3758, "3.3"), Rfc(3758, "3.3.1"), Rfc(3758, "3.3.2"), Rfc(7496, "4.5")]
    [InlineData(true)]
    [InlineData(false)]
    public void To_a_peer_that_cannot_be_told_a_message_is_sent_reliably(bool isOfferedByA)
    {
        AssociationOptions without = Quiet with { Extensions = Extensions.None, SendBufferSize = 1000 };
        AssociationOptions with = without with { Extensions = Extensions.PartialReliability };
        Pair pair = new Pair(isOfferedByA ? with : without, optionsOfZ: isOfferedByA ? without : with).Established();
        Assert.Equal(Extensions.None, pair.A.Extensions);
        Send(pair, "lost", new SendOptions(Reliability: Once));
        Send(pair, "late", new SendOptions(Reliability: Reliability.Lifetime(TimeSpan.FromMilliseconds(1))));
        Send(pair, "idle", new SendOptions(Reliability: Reliability.Priority(9)));
        Send(pair, "full", new SendOptions(Reliability: Reliability.Priority(9)));
        Assert.Equal(SendStatus.QueueFull, pair.A.Send(pair.Now, [1], default));
        pair.Arrow("A -> DATA, DATA, DATA, DATA x Z");
        pair.AdvanceToNextTimeout();
        pair.Arrow("A -> DATA, DATA, DATA, DATA -> Z");
        Assert.Equal(["lost", "late", "idle", "full"], [Text(pair), Text(pair), Text(pair), Text(pair)]);
        Assert.Equal(default, pair.A.GetAbandoned());
    }

    [Fact, Rfc(3758, "4.1"), Rfc(6458, "8.1.26")]
    public void A_record_in_parts_is_given_up_as_a_whole_and_so_are_the_parts_that_come_later()
    {
        Pair pair = new Pair(Quiet).Established();
        var part = new SendOptions(3, MoreFollows: true, Reliability: Reliability.Lifetime(TimeSpan.FromSeconds(2)));
        Send(pair, "one", part);
        pair.Arrow("A -> DATA x Z");
        Tsn tsn = Packets.TsnOf(pair.LastPacket);
        Send(pair, "two", part with { Reliability = Reliability.Reliable });
        pair.Arrow("A -> DATA x Z");
        Send(pair, "other", new SendOptions(4));             // waits for the end of the record
        pair.Advance(TimeSpan.FromMilliseconds(999)).NothingPending();
        pair.AdvanceToNextTimeout();
        pair.Arrow("A -> DATA, DATA x Z");
        pair.AdvanceToNextTimeout();
        pair.Arrow("A -> FORWARD TSN, DATA -> Z");
        Assert.Equal((tsn + 2, "3/0"), Forward(pair));
        Assert.Equal(SendStatus.RecordLost, pair.A.Send(pair.Now, "three"u8, part));
        Assert.Equal(SendStatus.RecordLost, pair.A.Send(pair.Now, "end"u8, new SendOptions(3)));
        Send(pair, "new", new SendOptions(3));
        Finish(pair);
        Assert.Equal(["other", "new"], [Text(pair), Text(pair)]);
        List<AssociationEvent.SendFailed> failed = Failed(pair);
        Assert.Equal([3, 3], failed.Select(one => one.Payload.Length));
        failed.ForEach(one => one.Payload.Dispose());
        Assert.Equal(new AbandonedMessages(0, 1), pair.A.GetAbandoned());
        pair.A.Shutdown(pair.Now);
        Finish(pair);
        Assert.Equal(AssociationState.Closed, pair.A.State);
        AssertNothingLeft(pair);
    }

    [Fact, Rfc(3758, "4.1"), Rfc(6458, "8.1.26")]
    public void A_record_whose_parts_have_all_arrived_is_given_up_when_the_next_one_comes_too_late()
    {
        Pair pair = new Pair(Quiet).Established();
        var part = new SendOptions(3, MoreFollows: true, Reliability: Reliability.Lifetime(TimeSpan.FromSeconds(1)));
        Send(pair, "one", part);
        pair.Arrow("A -> DATA -> Z").Arrow("A <- SACK <- Z").Advance(TimeSpan.FromSeconds(2));
        Send(pair, "two", part);
        pair.Arrow("A -> FORWARD TSN -> Z");
        Assert.Equal("3/0", Forward(pair).Streams);
        Assert.Equal(0, pair.EndpointZ.Buffers.Rented);
        Assert.Equal(SendStatus.RecordLost, pair.A.Send(pair.Now, "end"u8, new SendOptions(3)));
        Send(pair, "new", new SendOptions(3));
        Finish(pair);
        Assert.Equal("new", Text(pair));
        Release(pair);
        AssertNothingLeft(pair);
    }

    [Fact, Rfc(7496, "4.2"), Rfc(3758, "5")]
    public void Every_policy_has_its_range()
    {
        Assert.Equal((default, ReliabilityPolicy.Reliable), (Reliability.Reliable, default(SendOptions).Reliability.Policy));
        Assert.Equal((ReliabilityPolicy.Retransmissions, 0L), (Once.Policy, Once.Value));
        Assert.Equal((ReliabilityPolicy.Priority, uint.MaxValue), (Reliability.Priority(uint.MaxValue).Policy, Reliability.Priority(uint.MaxValue).Value));
        Assert.Equal(TimeSpan.TicksPerSecond, Reliability.Lifetime(TimeSpan.FromSeconds(1)).Value);
        Assert.Throws<ArgumentOutOfRangeException>(() => Reliability.Lifetime(new TimeSpan(-1)));
        Assert.Throws<ArgumentOutOfRangeException>(() => Reliability.Lifetime(TimeSpan.MaxValue));
        Assert.Throws<ArgumentOutOfRangeException>(() => Reliability.MaximumRetransmissions(-1));
    }

    [Fact, Rfc(7496, "4.3"), Rfc(7496, "4.4")]
    public void What_was_given_up_is_counted_by_policy_and_stream_sent_or_not()
    {
        Pair pair = new Pair(Quiet).Established();
        Send(pair, "a", new SendOptions(3, Reliability: Once));
        Send(pair, "b", new SendOptions(4, Reliability: Reliability.Lifetime(TimeSpan.FromMilliseconds(5))));
        pair.A.Send(pair.Now, new byte[9000], new SendOptions(5));
        Send(pair, "c", new SendOptions(5, Reliability: Reliability.Lifetime(TimeSpan.FromMilliseconds(5))));
        pair.DropPending();
        pair.AdvanceToNextTimeout();
        Assert.Equal(new AbandonedMessages(1, 2), pair.A.GetAbandoned());
        Assert.Equal(new AbandonedMessages(1, 1), pair.A.GetAbandoned(ReliabilityPolicy.Lifetime));
        Assert.Equal(new AbandonedMessages(0, 1), pair.A.GetAbandoned(ReliabilityPolicy.Retransmissions));
        Assert.Equal(new AbandonedMessages(0, 1), pair.A.GetAbandoned(stream: 4));
        Assert.Equal(new AbandonedMessages(1, 0), pair.A.GetAbandoned(ReliabilityPolicy.Lifetime, 5));
        Assert.Equal(default, pair.A.GetAbandoned(stream: 60_000));
        Assert.Equal(3, pair.A.GetStatistics().MessagesAbandoned);
        Assert.Throws<ArgumentException>(() => pair.A.GetAbandoned(ReliabilityPolicy.Reliable));
        Release(pair);
    }

    /// <summary>One packet each way with many messages, so that the window is large.</summary>
    private static void Grow(Pair pair)
    {
        for (int i = 0; i < 10; i++)
        {
            pair.A.Send(pair.Now, new byte[8000], default);
            Finish(pair);
            pair.Receive(pair.Z);
        }
    }

    /// <summary>The FORWARD TSN at the beginning of the last packet.</summary>
    private static (Tsn NewCumulative, string Streams) Forward(Pair pair)
    {
        Assert.True(PacketView.TryRead(pair.LastPacket, out PacketView packet));
        ChunkReader chunks = packet.Chunks;
        Assert.True(chunks.TryRead(out ChunkView chunk) & ForwardTsnChunk.TryRead(chunk, out ForwardTsnChunk forward));
        var streams = new List<string>();
        for (int i = 0; i < forward.SkippedCount; i++)
        {
            streams.Add($"{forward.Skipped(i).Stream}/{forward.Skipped(i).Number}");
        }

        return (forward.NewCumulative, string.Join(' ', streams));
    }
}
