using System;
using Braid.Sctp;
using Braid.Sctp.Wire;
using Braid.Simulation;

namespace Braid.Scenarios;

/// <summary>What a FORWARD TSN does to its receiver (RFC 3758 §3.6).</summary>
public sealed class ForwardTsnTests
{
    private const DataFlags Whole = DataFlags.Beginning | DataFlags.Ending;

    private static readonly AssociationOptions s_quiet = AssociationOptions.Rfc9260 with { MaximumPathMtu = 0, HeartbeatInterval = TimeSpan.Zero };

    [Fact, Rfc(3758, "3.6")]
    public void The_cumulative_TSN_goes_to_the_new_one_and_on_over_what_has_arrived()
    {
        var peer = new Peer();
        peer.Data(102 - 102, 0, 0, Whole);                   // the drawing of §3.6, with 102 as the first TSN
        peer.Data(104 - 102, 0, 2, Whole);
        peer.Data(105 - 102, 0, 3, Whole);
        peer.Data(107 - 102, 0, 5, Whole);
        Assert.Equal(102 - 102, peer.Cumulative());
        peer.Forward(103 - 102, new SkippedMessage(0, 1));
        Assert.Equal(105 - 102, peer.Cumulative());
        Assert.Equal(["0/0", "0/2", "0/3"], peer.Received());
        peer.Data(106 - 102, 0, 4, Whole);
        Assert.Equal(["0/4", "0/5"], peer.Received());
    }

    [Fact, Rfc(3758, "3.6")]
    public void Messages_up_to_the_number_are_delivered_and_those_that_follow()
    {
        var peer = new Peer();
        peer.Data(1, 3, 1, Whole);
        peer.Data(3, 3, 3, Whole);
        peer.Data(4, 3, 4, Whole);
        peer.Data(6, 3, 6, Whole);
        peer.Data(7, 4, 1, Whole);
        Assert.Empty(peer.Received());
        peer.Forward(2, new SkippedMessage(3, 2));
        Assert.Equal(["3/1", "3/3", "3/4"], peer.Received());
        peer.Forward(5, new SkippedMessage(3, 5), new SkippedMessage(4, 0));
        Assert.Equal(["3/6", "4/1"], peer.Received());
    }

    [Theory, Rfc(3758, "3.6")]
    [InlineData(DataFlags.None)]
    [InlineData(DataFlags.Unordered)]
    public void A_message_that_lacks_a_skipped_TSN_is_dropped_and_one_that_does_not_stays(DataFlags order)
    {
        var peer = new Peer();
        peer.Data(0, 3, 0, order | DataFlags.Beginning);
        peer.Data(2, 3, 0, order | DataFlags.Ending);
        peer.Data(4, 4, 0, order);                           // without beginning
        peer.Data(5, 4, 0, order | DataFlags.Ending);
        peer.Data(6, 5, 0, order | DataFlags.Beginning);     // the rest may come
        Assert.Equal(5, peer.Endpoint.Buffers.Rented);
        peer.Forward(5, new SkippedMessage(3, 0), new SkippedMessage(4, 0));
        Assert.Equal(1, peer.Endpoint.Buffers.Rented);
        Assert.Equal(6, peer.Cumulative());
        peer.Data(7, 5, 0, order | DataFlags.Ending);
        Assert.Equal([order == DataFlags.None ? "5/0" : "5/0U"], peer.Received());
        Assert.Equal(0, peer.Endpoint.Buffers.Rented);
    }

    [Fact, Rfc(3758, "3.6")]
    public void The_rest_of_a_message_whose_beginning_was_skipped_is_thrown_away_when_it_comes()
    {
        var peer = new Peer();
        peer.Forward(0, new SkippedMessage(3, 0));
        peer.Data(1, 3, 0, DataFlags.None);
        peer.Data(2, 3, 0, DataFlags.Ending);
        peer.Data(3, 3, 1, Whole);
        Assert.Equal(["3/1"], peer.Received());
        Assert.Equal(3, peer.Cumulative());
        Assert.Equal(2, peer.Endpoint.Drops[DropReason.SkippedData]);
        Assert.Equal(0, peer.Endpoint.Buffers.Rented);
    }

    [Fact, Rfc(3758, "3.6"), Rfc(9260, "6.2")]
    public void A_skipped_TSN_that_comes_after_all_is_a_duplicate()
    {
        var peer = new Peer();
        peer.Forward(2, new SkippedMessage(0, 2));
        peer.Data(1, 0, 1, Whole);
        Assert.Empty(peer.Received());
        Assert.Equal(1, peer.Endpoint.Drops[DropReason.DuplicateData]);
        Assert.Equal("SACK", PacketText.Name(peer.LastAnswer));
    }

    [Fact, Rfc(3758, "3.6")]
    public void One_that_is_out_of_date_is_answered_at_once_and_changes_nothing()
    {
        var peer = new Peer();
        peer.Data(0, 3, 0, Whole);
        peer.Data(1, 3, 1, Whole);
        Assert.Equal(1, peer.Cumulative());
        peer.Forward(1, new SkippedMessage(3, 7));
        Assert.Equal("SACK", PacketText.Name(peer.LastAnswer));
        Assert.Equal(1, peer.Endpoint.Drops[DropReason.OutdatedForwardTsn]);
        peer.Data(2, 3, 2, Whole);
        Assert.Equal(["3/0", "3/1", "3/2"], peer.Received());
    }

    [Fact, Rfc(3758, "3.6")]
    public void It_is_acknowledged_by_the_rules_for_DATA()
    {
        var peer = new Peer();
        peer.Data(0, 3, 0, Whole);                           // the first is acknowledged at once
        peer.LastAnswer = [];
        peer.Forward(1, new SkippedMessage(3, 1));
        Assert.Empty(peer.LastAnswer);
        peer.Forward(2, new SkippedMessage(3, 2));
        Assert.Equal("SACK", PacketText.Name(peer.LastAnswer));
        Assert.Equal(2, peer.Cumulative());
    }

    [Fact, Rfc(3758, "3.6"), Rfc(6458, "6.1.7")]
    public void What_waits_behind_a_message_in_parts_comes_when_the_rest_of_it_is_skipped()
    {
        var peer = new Peer(s_quiet with { ReceiveBufferSize = 20_000, PartialDeliveryPoint = 1000 });
        peer.Data(0, 3, 0, DataFlags.Beginning, 1200);
        Assert.Equal(["3/0…"], peer.Received());
        peer.Data(2, 4, 0, Whole);
        peer.Data(3, 3, 1, Whole);
        Assert.Empty(peer.Received());
        peer.Forward(1, new SkippedMessage(3, 0));
        Assert.Contains(new AssociationEvent.PartialDeliveryAborted(3, new Ssn(0)), peer.Events());
        Assert.Equal(["4/0", "3/1"], peer.Received());
        Assert.Equal(0, peer.Endpoint.Buffers.Rented);
    }

    [Fact, Rfc(3758, "3.6")]
    public void What_is_held_in_the_way_is_let_go_however_far_each_goes()
    {
        var peer = new Peer();
        peer.Data(1, 3, 0, DataFlags.Beginning);             // never the rest of it
        for (int i = 0; i < 200; i++)
        {
            int next = 32_000 * (i + 1);
            peer.Data(next - 5, 3, 0, DataFlags.Beginning);
            peer.Data(next + 1, 4, 0, DataFlags.None);       // its beginning is skipped
            peer.Data(next + 3, 3, 0, DataFlags.Beginning);
            peer.Forward(next);
            Assert.Equal(1, peer.Endpoint.Buffers.Rented);
        }
    }

    [Fact, Rfc(3758, "3.6")]
    public void One_that_cannot_be_true_is_counted_and_does_no_harm()
    {
        var peer = new Peer();
        peer.Forward(40_000, new SkippedMessage(3, 9));
        Assert.Equal(1, peer.Endpoint.Drops[DropReason.InvalidForwardTsn]);
        peer.Forward(0, new SkippedMessage(65_000, 1), new SkippedMessage(3, 40_000));
        Assert.Equal(2, peer.Endpoint.Drops[DropReason.InvalidForwardTsn]);
        peer.Data(1, 3, 0, Whole);
        Assert.Equal(["3/0"], peer.Received());
        peer.Raw([192, 0, 0, 10, 0, 0, 0, 9, 0, 3, 0, 0]);
        Assert.Equal(1, peer.Endpoint.Drops[DropReason.MalformedChunk]);
        Assert.Equal(AssociationState.Established, peer.Pair.Z.State);
    }

    [Fact, Rfc(3758, "3.3"), Rfc(3758, "3.3.1"), Rfc(3758, "3.3.2")]
    public void Who_has_not_offered_the_extension_reports_the_chunk()
    {
        var peer = new Peer(s_quiet with { Extensions = Extensions.None });
        peer.Forward(0);
        Assert.Equal("ERROR", PacketText.Name(peer.LastAnswer));
        peer.Data(0, 3, 0, Whole);
        Assert.Equal(["3/0"], peer.Received());
    }

    /// <summary>A sender made by hand, in A's place; its TSNs are counted from 0.</summary>
    private sealed class Peer(AssociationOptions options)
        : HandMadeSender(new Pair(s_quiet, optionsOfZ: options with { IncomingStreams = 100 }), "A -> DATA x Z")
    {
        public Peer()
            : this(s_quiet)
        {
        }

        public void Data(int tsn, StreamId stream, ushort ssn, DataFlags flags, int length = 5) =>
            Inject(Packets.Data(Tag, First + tsn, stream, new Ssn(ssn), new byte[length], flags));

        public void Forward(int tsn, params SkippedMessage[] skipped) =>
            Inject((ref PacketWriter packet) => ForwardTsnChunk.Write(ref packet, First + tsn, skipped));

        public void Raw(byte[] chunk) => Inject((ref PacketWriter packet) =>
        {
            packet.TryBeginChunk((ChunkType)chunk[0], chunk[1], chunk.Length - 4 - 2, out Span<byte> value);
            chunk.AsSpan(4, value.Length).CopyTo(value);
        });
    }
}
