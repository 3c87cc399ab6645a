using System;
using System.Collections.Generic;
using System.Linq;
using Braid.Sctp;
using Braid.Sctp.Wire;
using Braid.Simulation;
using static Braid.Scenarios.Unreliable;

namespace Braid.Scenarios;

/// <summary>Messages in I-DATA chunks that are given up (RFC 8260 §2.3.1): both sides.</summary>
public sealed class InterleavedForwardTsnTests
{
    private const DataFlags Whole = DataFlags.Beginning | DataFlags.Ending;
    private const DataFlags Unordered = DataFlags.Unordered;

    private static readonly AssociationOptions s_quiet = AssociationOptions.Rfc9260 with
    {
        Extensions = Extensions.Interleaving | Extensions.PartialReliability,
        MaximumPathMtu = 0,
        MaximumSegmentSize = 1000,
        HeartbeatInterval = TimeSpan.Zero,
        ReportsFailedSends = true,
        LossRecovery = LossRecovery.MissingReports,
    };
    [Fact, Rfc(8260, "2.3.1"), Rfc(3758, "3.5"), Rfc(7496, "3.1")]
    public void A_message_that_may_be_sent_once_is_skipped_by_its_number_when_it_is_lost()
    {
        Pair pair = Established();
        Send(pair, "lost", new SendOptions(3, Reliability: Once));
        pair.Arrow("A -> I-DATA x Z");
        Tsn tsn = Packets.TsnOf(pair.LastPacket);
        pair.AdvanceToNextTimeout();
        pair.Arrow("A -> I-FORWARD-TSN -> Z");
        Assert.Equal((tsn, "3/0"), Forward(pair));
        pair.Arrow("A <- SACK <- Z").NothingPending();
        Send(pair, "next", new SendOptions(3));
        pair.Arrow("A -> I-DATA -> Z");
        Assert.Equal("next", Text(pair));
        Finish(pair);
        AssertNothingLeft(pair);
    }

    [Fact, Rfc(8260, "2.3.1"), Rfc(3758, "3.5")]
    public void Of_each_stream_the_highest_number_of_either_order_is_named()
    {
        Pair pair = Established();
        Send(pair, "a", new SendOptions(3, Reliability: Once));
        Send(pair, "b", new SendOptions(3, Reliability: Once));
        Send(pair, "c", new SendOptions(3, Unordered: true, Reliability: Once));
        Send(pair, "d", new SendOptions(5, Unordered: true, Reliability: Once));
        Send(pair, "e", new SendOptions(5, Unordered: true, Reliability: Once));
        Send(pair, "f", new SendOptions(4, Reliability: Once));
        pair.Arrow("A -> I-DATA, I-DATA, I-DATA, I-DATA, I-DATA, I-DATA x Z");
        pair.AdvanceToNextTimeout();
        pair.Arrow("A -> I-FORWARD-TSN -> Z");
        Assert.Equal("3/0U 3/1 4/0 5/1U", string.Join(' ', Forward(pair).Messages.Split(' ').Order()));
        Finish(pair);
        AssertNothingLeft(pair);
    }

    [Fact, Rfc(8260, "2.3.1"), Rfc(3758, "3.5"), Rfc(3758, "3.6")]
    public void Fragments_among_those_of_another_stream_are_given_up_together_and_the_others_stay()
    {
        Pair pair = Established();
        pair.A.Send(pair.Now, new byte[2000], new SendOptions(3, Reliability: Once));
        pair.A.Send(pair.Now, new byte[2000], new SendOptions(4));
        pair.Arrow("A -> I-DATA x Z");                       // 3/0/0
        pair.Arrow("A -> I-DATA -> Z").Arrow("A -> I-DATA -> Z").Arrow("A -> I-DATA -> Z").DropPending();
        Assert.Equal(2000, pair.Receive(pair.Z)!.Length);    // that of stream 4
        Assert.Equal(1, pair.EndpointZ.Buffers.Rented);      // 3/0/1
        pair.AdvanceToNextTimeout();
        pair.Advance(TimeSpan.FromSeconds(1)).CrossToA();    // Z has reported what it has; what comes again is on its way
        pair.CrossToZ();
        Assert.Equal(0, pair.EndpointZ.Buffers.Rented);
        Finish(pair);
        Assert.Null(pair.Receive(pair.Z));
        Assert.Equal(new AbandonedMessages(0, 1), pair.A.GetAbandoned(stream: 3));
        Send(pair, "next", new SendOptions(3));
        Finish(pair);
        Assert.Equal("next", Text(pair));
        AssertNothingLeft(pair);
    }

    [Theory, Rfc(8260, "2.3.1"), Rfc(3758, "3.5"), Rfc(3758, "3.6")]
    [InlineData(false)]
    [InlineData(true)]
    public void Of_a_message_that_is_given_up_in_its_middle_the_peer_drops_what_it_has(bool unordered)
    {
        Pair pair = Established();
        var options = new SendOptions(3, Unordered: unordered, Reliability: Reliability.Lifetime(TimeSpan.FromMilliseconds(300)));
        pair.A.Send(pair.Now, new byte[20_000], options);
        pair.Advance(TimeSpan.FromMilliseconds(1));
        int sent = 0;
        Tsn last = default;
        while (pair.A.GetStatistics().ChunksSent > sent)     // the first flight arrives, and its acknowledgements do not
        {
            sent++;
            pair.Arrow("A -> I-DATA -> Z");
            last = Packets.TsnOf(pair.LastPacket);
        }

        byte[][] sacks = [.. pair.TakeFromZ()];
        pair.Advance(TimeSpan.FromMilliseconds(400));
        Array.ForEach(sacks, sack => pair.InjectToA(sack));
        pair.TakeFromZ();
        pair.Arrow("A -> I-FORWARD-TSN -> Z");
        Assert.Equal((last.Next, unordered ? "3/0U" : "3/0"), Forward(pair));
        Assert.Equal(0, pair.EndpointZ.Buffers.Rented);
        Send(pair, "next", new SendOptions(3, Unordered: unordered));
        Finish(pair);
        Assert.Equal("next", Text(pair));
        Assert.Equal(new AbandonedMessages(0, 1), pair.A.GetAbandoned());
        AssertNothingLeft(pair);
    }

    [Fact, Rfc(8260, "2.3.1"), Rfc(8260, "4.4"), Rfc(6458, "8.1.26")]
    public void A_record_in_parts_is_given_up_as_a_whole_while_other_streams_go_on()
    {
        Pair pair = Established();
        var part = new SendOptions(3, MoreFollows: true, Reliability: Reliability.Lifetime(TimeSpan.FromSeconds(2)));
        Send(pair, "one", part);
        pair.Arrow("A -> I-DATA x Z");
        Tsn tsn = Packets.TsnOf(pair.LastPacket);
        Send(pair, "other", new SendOptions(4));
        pair.Arrow("A -> I-DATA -> Z");
        Assert.Equal("other", Text(pair));
        Send(pair, "two", part);
        pair.Arrow("A <- SACK <- Z").Arrow("A -> I-DATA x Z");
        pair.AdvanceToNextTimeout();
        pair.Arrow("A -> I-DATA, I-DATA x Z");
        pair.AdvanceToNextTimeout();
        pair.Arrow("A -> I-FORWARD-TSN -> Z");
        Assert.Equal((tsn, "3/0"), Forward(pair));           // the next TSN is that of stream 4
        pair.Arrow("A <- SACK <- Z").Arrow("A -> I-FORWARD-TSN -> Z");
        Assert.Equal((tsn + 3, "3/0"), Forward(pair));       // and the TSN of the end that will never be sent
        Assert.Equal(SendStatus.RecordLost, pair.A.Send(pair.Now, "three"u8, part));
        Assert.Equal(SendStatus.RecordLost, pair.A.Send(pair.Now, "end"u8, new SendOptions(3)));
        Send(pair, "new", new SendOptions(3));
        Finish(pair);
        Assert.Equal("new", Text(pair));
        Assert.Equal(new AbandonedMessages(0, 1), pair.A.GetAbandoned());
        AssertNothingLeft(pair);
    }

    [Fact, Rfc(8260, "2.3.1"), Rfc(3758, "4.1")]
    public void Several_messages_in_their_middle_are_given_up_at_once()
    {
        Pair pair = Established();
        for (ushort stream = 1; stream <= 3; stream++)
        {
            pair.A.Send(pair.Now, new byte[9000], new SendOptions(stream, Reliability: Reliability.Lifetime(TimeSpan.FromMilliseconds(300))));
        }

        pair.A.Send(pair.Now, new byte[5000], new SendOptions(4));
        pair.CrossToZ().DropPending().Advance(TimeSpan.FromMilliseconds(400));
        Finish(pair);
        Assert.Equal(new AbandonedMessages(0, 3), pair.A.GetAbandoned());
        Assert.Equal(5000, pair.Receive(pair.Z)!.Length);
        Assert.Null(pair.Receive(pair.Z));
        for (ushort stream = 1; stream <= 3; stream++)
        {
            Send(pair, "next", new SendOptions(stream));
            Finish(pair);
            Assert.Equal("next", Text(pair));
        }

        AssertNothingLeft(pair);
    }

    [Theory, Rfc(6525, "5.1.2"), Rfc(3758, "3.5")]
    [InlineData(true)]
    [InlineData(false)]
    public void What_is_skipped_behind_a_reset_that_has_no_answer_does_not_name_a_number_of_before_it(bool interleaves)
    {
        AssociationOptions options = s_quiet with
        {
            Extensions = s_quiet.Extensions | Extensions.StreamReconfiguration,
            AllowedReconfiguration = ReconfigurationKinds.ResetStreams,
        };
        string data = interleaves ? "I-DATA" : "DATA";
        Pair pair = new Pair(options, interleaves: interleaves).Established();
        Send(pair, "lost", new SendOptions(3, Reliability: Once));
        pair.Arrow($"A -> {data} x Z");
        pair.A.ResetStreams(pair.Now, [3], ResetDirection.Outgoing);
        pair.Arrow("A -> RE-CONFIG -> Z").Arrow("A <- RE-CONFIG <- Z");         // in progress: Z lacks the message
        while (pair.A.GetAbandoned().Total < 1)
        {
            pair.AdvanceToNextTimeout();
        }

        pair.CrossToZ().DropPending();                       // Z skips it and resets the stream; what it says of that is lost
        Send(pair, "lost", new SendOptions(4, Reliability: Once));
        pair.DropPending();
        while (pair.A.GetAbandoned().Total < 2)
        {
            pair.AdvanceToNextTimeout();
        }

        pair.CrossToZ().DropPending();                       // what is skipped now must not be that number of stream 3 again
        Finish(pair);
        Send(pair, "first", new SendOptions(3));             // the number 0 again
        Finish(pair);
        Assert.Equal(AssociationState.Established, pair.Z.State);
        while (pair.Z.TryGetEvent(out _))
        {
        }

        Assert.Equal("first", Text(pair));
    }

    // ---- The receiver ----
    [Fact, Rfc(8260, "2.3.1"), Rfc(3758, "3.6")]
    public void Ordered_messages_up_to_the_number_are_delivered_and_those_that_follow()
    {
        var peer = new Peer();
        peer.Data(1, 3, 1, 0, Whole);
        peer.Data(3, 3, 3, 0, Whole);
        peer.Data(4, 3, 4, 0, Whole);
        peer.Data(6, 3, 6, 0, Whole);
        peer.Data(7, 4, 1, 0, Whole);
        Assert.Empty(peer.Received());
        peer.Forward(2, new SkippedMessage(3, 2));
        Assert.Equal(["3/1", "3/3", "3/4"], peer.Received());
        peer.Forward(5, new SkippedMessage(3, 5), new SkippedMessage(4, 0));
        Assert.Equal(["3/6", "4/1"], peer.Received());
        Assert.Equal(7, peer.Cumulative());
    }

    [Fact, Rfc(8260, "2.3.1"), Rfc(3758, "3.6")]
    public void Of_unordered_messages_only_what_is_incomplete_up_to_the_number_is_thrown_away()
    {
        var peer = new Peer();
        peer.Data(1, 3, 0, 1, Unordered);
        peer.Data(2, 3, 2, 0, Unordered | DataFlags.Beginning);
        peer.Data(3, 3, 3, 0, Unordered | DataFlags.Beginning);
        peer.Data(4, 3, 0, 0, DataFlags.Beginning);          // ordered: not named
        Assert.Equal(4, peer.Endpoint.Buffers.Rented);
        peer.Forward(2, new SkippedMessage(3, 2, Unordered: true));
        Assert.Equal(2, peer.Endpoint.Buffers.Rented);
        peer.Data(5, 3, 3, 1, Unordered | DataFlags.Ending);
        peer.Data(6, 3, 0, 1, DataFlags.Ending);
        peer.Data(7, 3, 4, 0, Unordered | Whole);
        Assert.Equal(["3/3U", "3/0", "3/4U"], peer.Received());
        Assert.Equal(7, peer.Cumulative());
    }

    [Theory, Rfc(8260, "2.3.1"), Rfc(3758, "3.6")]
    [InlineData(DataFlags.None)]
    [InlineData(DataFlags.Unordered)]
    public void The_rest_of_a_skipped_message_is_thrown_away_when_it_comes(DataFlags order)
    {
        var peer = new Peer();
        peer.Data(1, 4, 0, 0, order | DataFlags.Beginning);
        peer.Forward(0, new SkippedMessage(3, 0, order != 0));
        peer.Data(2, 3, 0, 1, order);
        peer.Data(3, 4, 0, 1, order | DataFlags.Ending);
        peer.Data(4, 3, 0, 2, order | DataFlags.Ending);
        peer.Data(5, 3, 1, 0, order | Whole);
        string mark = order == 0 ? "" : "U";
        Assert.Equal([$"4/0{mark}", $"3/1{mark}"], peer.Received());
        Assert.Equal(5, peer.Cumulative());
        Assert.Equal(2, peer.Endpoint.Drops[DropReason.SkippedData]);
        Assert.Equal(0, peer.Endpoint.Buffers.Rented);
    }

    [Fact, Rfc(8260, "2.3.1")]
    public void A_message_that_was_delivered_before_is_no_skipped_one()
    {
        var peer = new Peer();
        peer.Data(0, 3, 0, 0, Whole);
        peer.Data(1, 3, 0, 0, DataFlags.Beginning);
        Assert.Equal("ABORT", PacketText.Name(peer.LastAnswer));
    }

    [Theory, Rfc(8260, "2.3.1"), Rfc(3758, "3.6"), Rfc(6458, "6.1.7")]
    [InlineData(DataFlags.None)]
    [InlineData(DataFlags.Unordered)]
    public void What_waits_behind_a_message_in_parts_comes_when_the_rest_of_it_is_skipped(DataFlags order)
    {
        var peer = new Peer(s_quiet with { ReceiveBufferSize = 20_000, PartialDeliveryPoint = 1000 });
        string mark = order == 0 ? "" : "U";
        peer.Data(0, 3, 0, 0, order | DataFlags.Beginning, 1200);
        Assert.Equal([$"3/0{mark}…"], peer.Received());
        peer.Data(2, 4, 0, 0, Whole);
        peer.Data(3, 3, 1, 0, order | Whole);
        peer.Data(4, 3, 0, 2, order);                        // its second fragment is lost
        Assert.Equal(["4/0"], peer.Received());
        peer.Forward(1, new SkippedMessage(3, 0, order != 0));
        Assert.Contains(new AssociationEvent.PartialDeliveryAborted(3, new Ssn(0)), peer.Events());
        Assert.Equal([$"3/1{mark}"], peer.Received());
        peer.Data(5, 3, 0, 3, order | DataFlags.Ending);
        Assert.Equal(5, peer.Cumulative());
        Assert.Equal(0, peer.Endpoint.Buffers.Rented);
    }

    [Fact, Rfc(8260, "2.3.1"), Rfc(8260, "6")]
    public void However_it_is_named_what_is_skipped_is_let_go_once()
    {
        var peer = new Peer();
        for (int i = 0; i < 300; i++)
        {
            peer.Data(1 + i, 3, (uint)(i / 3) + 1, (uint)((i % 3) * 1_000_000), (i % 3 == 0 ? DataFlags.Beginning : 0) | (i % 2 == 0 ? Unordered : 0));
        }

        peer.Data(301, 3, 150, 0, Whole);
        Assert.Equal(301, peer.Endpoint.Buffers.Rented);
        peer.Forward(
            300, new SkippedMessage(3, 7), new SkippedMessage(3, 100), new SkippedMessage(3, 7), new SkippedMessage(3, 149),
            new SkippedMessage(3, uint.MaxValue, Unordered: true), new SkippedMessage(3, 200, Unordered: true), new SkippedMessage(99, 5));
        Assert.Equal(["3/150"], peer.Received());
        Assert.Equal(0, peer.Endpoint.Buffers.Rented);
        Assert.Equal(1, peer.Endpoint.Drops[DropReason.InvalidForwardTsn]);
        peer.Forward(302, new SkippedMessage(3, 150u + int.MaxValue), new SkippedMessage(4, int.MaxValue));
        Assert.Equal(AssociationState.Established, peer.Pair.Z.State);
    }

    [Theory, Rfc(8260, "2.3.1"), Rfc(8260, "6")]
    [InlineData(1)]                                          // a few numbers of each stream are looked up
    [InlineData(30)]                                         // together they are more than what is held
    public void Many_streams_in_one_cost_no_more_than_what_is_held(uint each)
    {
        var peer = new Peer();
        for (int i = 0; i < 5; i++)
        {
            peer.Data(1 + i, (StreamId)(ushort)(10 * i), each - 1, 0, DataFlags.Beginning);
        }

        peer.Data(6, 30, each, 0, Whole);
        peer.Data(7, 30, each + 1, 0, DataFlags.Beginning);
        peer.Forward(5, [.. Enumerable.Range(0, 60).Select(stream => new SkippedMessage((ushort)stream, each - 1))]);
        Assert.Equal([$"30/{each}"], peer.Received());
        Assert.Equal(1, peer.Endpoint.Buffers.Rented);
    }

    [Fact, Rfc(8260, "2.3.1"), Rfc(3758, "3.6")]
    public void One_that_is_out_of_date_is_answered_at_once_and_changes_nothing()
    {
        var peer = new Peer();
        peer.Data(0, 3, 0, 0, Whole);
        peer.Data(1, 3, 1, 0, Whole);
        Assert.Equal(1, peer.Cumulative());
        peer.Forward(1, new SkippedMessage(3, 7));
        Assert.Equal("SACK", PacketText.Name(peer.LastAnswer));
        Assert.Equal(1, peer.Endpoint.Drops[DropReason.OutdatedForwardTsn]);
        peer.Data(2, 3, 2, 0, Whole);
        Assert.Equal(["3/0", "3/1", "3/2"], peer.Received());
    }

    [Theory, Rfc(8260, "2.3.1")]
    [InlineData(Extensions.Interleaving | Extensions.PartialReliability, false)]
    [InlineData(Extensions.Interleaving, false)]
    [InlineData(Extensions.Interleaving, true)]
    [InlineData(Extensions.PartialReliability, true)]
    [InlineData(Extensions.None, true)]
    public void The_one_that_was_not_agreed_on_aborts_the_association(Extensions agreed, bool isInterleaved)
    {
        var peer = new Peer(s_quiet with { Extensions = agreed });
        if (isInterleaved)
        {
            peer.Forward(0);
        }
        else
        {
            peer.ForwardTsn(0);
        }

        Assert.Equal("ABORT", PacketText.Name(peer.LastAnswer));
        Assert.Equal(AssociationState.Closed, peer.Pair.Z.State);
    }

    private static Pair Established() => new Pair(s_quiet, interleaves: true).Established();

    /// <summary>The I-FORWARD-TSN at the beginning of the last packet.</summary>
    private static (Tsn NewCumulative, string Messages) Forward(Pair pair)
    {
        Assert.True(PacketView.TryRead(pair.LastPacket, out PacketView packet));
        ChunkReader chunks = packet.Chunks;
        Assert.True(chunks.TryRead(out ChunkView chunk) & InterleavedForwardTsnChunk.TryRead(chunk, out InterleavedForwardTsnChunk forward));
        var messages = new List<string>();
        for (int i = 0; i < forward.Count; i++)
        {
            messages.Add($"{forward[i].Stream}/{forward[i].Number}{(forward[i].Unordered ? "U" : "")}");
        }

        return (forward.NewCumulativeTsn, string.Join(' ', messages));
    }

    private static void AssertNothingLeft(Pair pair)
    {
        Release(pair);
        Unreliable.AssertNothingLeft(pair);
    }

    /// <summary>A sender of I-DATA.</summary>
    private sealed class Peer(AssociationOptions options) : HandMadeSender(
        new Pair(s_quiet with { Extensions = options.Extensions }, optionsOfZ: options with { IncomingStreams = 90 }, interleaves: true),
        options.Extensions.HasFlag(Extensions.Interleaving) ? "A -> I-DATA x Z" : "A -> DATA x Z")
    {
        public Peer()
            : this(s_quiet)
        {
        }

        public void Data(int tsn, StreamId stream, uint mid, uint fsn, DataFlags flags, int length = 5) => Inject((ref PacketWriter packet) =>
            InterleavedDataChunk.Write(ref packet, new InterleavedDataHeader(First + tsn, stream, new Mid(mid), 0, fsn, flags), new byte[length]));

        public void Forward(int tsn, params SkippedMessage[] skipped) =>
            Inject((ref PacketWriter packet) => InterleavedForwardTsnChunk.Write(ref packet, First + tsn, skipped));

        public void ForwardTsn(int tsn) => Inject((ref PacketWriter packet) => ForwardTsnChunk.Write(ref packet, First + tsn, []));
    }
}
