using System;
using System.Collections.Generic;
using System.Linq;
using Braid.Core;
using Braid.Sctp;
using Braid.Sctp.Wire;
using Braid.Simulation;

namespace Braid.Scenarios;

/// <summary>Selective acknowledgements that are never taken back (draft-natarajan-tsvwg-sctp-nrsack).</summary>
public sealed class NrSackTests
{
    private static readonly NetworkAddress s_second = NetworkAddress.FromIPv4([10, 0, 0, 27], 9899);

    private static readonly AssociationOptions s_options = AssociationOptions.Rfc9260 with
    {
        MaximumPathMtu = 0,
        HeartbeatInterval = TimeSpan.Zero,
        LossRecovery = LossRecovery.MissingReports,
        ReportsFailedSends = true,
        Extensions = Extensions.NonRenegableSack | Extensions.PartialReliability,
    };

    [Fact, Rfc(5061, "4.2.7")]
    public void Only_what_both_sides_list_takes_the_place_of_SACK()
    {
        Pair pair = new Pair(s_options with { Extensions = Extensions.NonRenegableSack }).Connect();
        pair.Arrow("A -> INIT -> Z");
        byte[] expected = [0x80, 8, 0, 5, 16, 0, 0, 0];
        Assert.Equal(expected, pair.LastPacket[^expected.Length..]);
        pair.Arrow("A <- INIT ACK <- Z").Exchange();
        pair.Z.Send(pair.Now, [1], default);
        pair.Arrow("A <- DATA <- Z").Arrow("A -> NR-SACK -> Z").NothingPending();

        Pair one = new Pair(s_options, optionsOfZ: s_options with { Extensions = Extensions.PartialReliability }).Established();
        Assert.Equal((Extensions.PartialReliability, Extensions.PartialReliability), (one.A.Extensions, one.Z.Extensions));
        one.A.Send(one.Now, [1], default);
        one.Arrow("A -> DATA -> Z").Arrow("A <- SACK <- Z");
    }

    [Fact]
    public void What_arrives_behind_a_loss_leaves_the_send_buffer_and_is_settled_before_the_loss_is_repaired()
    {
        Pair pair = new Pair(s_options).Established();
        byte[] first = LoseTheFirstOf(pair, 1000, 1000, 1000);
        pair.Arrow("A -> DATA -> Z").Arrow("A <- NR-SACK <- Z");
        Assert.Equal((2000, 2), (pair.A.BufferedBytes, pair.EndpointA.Buffers.Rented));
        pair.Arrow("A -> DATA -> Z").Arrow("A <- NR-SACK <- Z");
        Assert.Equal((1000, 1), (pair.A.BufferedBytes, pair.EndpointA.Buffers.Rented));
        Assert.Equal([(2ul, SendOutcome.Delivered), (3, SendOutcome.Delivered)], Settled(pair));
        (List<GapAckBlock> renegable, List<GapAckBlock> nonRenegable) = BlocksOf(pair.LastPacket);
        Assert.Empty(renegable);
        Assert.Equal([new GapAckBlock(2, 3)], nonRenegable);

        pair.InjectToZ(first).Arrow("A <- NR-SACK <- Z");
        Assert.Equal((0, 0), (pair.A.BufferedBytes, pair.EndpointA.Buffers.Rented));
        Assert.Equal([(1ul, SendOutcome.Delivered)], Settled(pair));
        Finish(pair);
    }

    [Fact]
    public void A_message_in_fragments_is_settled_with_the_last_of_them_and_each_leaves_the_send_buffer_by_itself()
    {
        Pair pair = new Pair(s_options).Established();
        LoseTheFirstOf(pair, 100, 2600);                     // the second one takes three fragments
        pair.Arrow("A -> DATA -> Z").Arrow("A <- NR-SACK <- Z");
        long left = pair.A.BufferedBytes;
        Assert.InRange(left, 101, 2600);
        Assert.Empty(Settled(pair));
        pair.Arrow("A -> DATA -> Z").Arrow("A <- NR-SACK <- Z");
        Assert.InRange(pair.A.BufferedBytes, 101, left - 1);
        Assert.Equal((2, 0), (pair.EndpointA.Buffers.Rented, Settled(pair).Count));
        pair.Arrow("A -> DATA -> Z").Arrow("A <- NR-SACK <- Z");
        Assert.Equal((100, 1), (pair.A.BufferedBytes, pair.EndpointA.Buffers.Rented));
        Assert.Equal([(2ul, SendOutcome.Delivered)], Settled(pair));
        Finish(pair);
    }

    [Fact, Rfc(9260, "6.3.3"), Rfc(9260, "6.2.1")]
    public void It_is_never_sent_again_even_when_later_SACKs_lack_it()
    {
        Pair pair = new Pair(s_options).Established();
        byte[] first = LoseTheFirstOf(pair, 1000, 1000, 1000);
        pair.Arrow("A -> DATA -> Z").Arrow("A <- NR-SACK <- Z").Arrow("A -> DATA -> Z").Arrow("A <- NR-SACK <- Z");
        Tsn tsn = Packets.TsnOf(first);
        for (int i = 0; i < 4; i++)
        {
            pair.InjectToA(Sack(pair, tsn.Previous)).NothingPending();
            pair.InjectToA(NrSack(pair, tsn.Previous, [], [])).NothingPending();
        }

        pair.AdvanceToNextTimeout();
        pair.Arrow("A -> DATA -> Z");
        Assert.Equal(tsn, Packets.TsnOf(pair.LastPacket));
        pair.Arrow("A <- NR-SACK <- Z").NothingPending();
        Assert.Equal((0, 1), (pair.A.BufferedBytes, pair.A.GetStatistics().ChunksRetransmitted));
        Finish(pair);
    }

    [Fact, Rfc(9260, "6.2.1")]
    public void Nor_does_an_NR_SACK_that_was_overtaken_make_room_that_the_peer_does_not_have()
    {
        Pair pair = new Pair(s_options).Established();
        byte[] first = LoseTheFirstOf(pair, 1000, 1000, 1000);
        Tsn before = Packets.TsnOf(first).Previous;
        pair.CrossToZ().DropPending();
        pair.InjectToA(NrSack(pair, before, [], [new GapAckBlock(2, 3)], window: 0));
        pair.InjectToA(NrSack(pair, before, [], [new GapAckBlock(2, 2)], window: 1000));
        pair.A.Send(pair.Now, new byte[1000], default);
        pair.NothingPending();
        pair.InjectToA(NrSack(pair, before, [], [new GapAckBlock(2, 3)], window: 2000));
        pair.Arrow("A -> DATA x Z").NothingPending();        // the first one is still in flight
    }

    [Fact, Rfc(9260, "6.2.1")]
    public void When_the_last_NR_SACK_is_lost_the_retransmission_brings_another_one()
    {
        Pair pair = new Pair(s_options).Established();
        byte[] first = LoseTheFirstOf(pair, 1000, 1000);
        pair.Arrow("A -> DATA -> Z").Arrow("A <- NR-SACK <- Z");
        pair.InjectToZ(first).Arrow("A x NR-SACK <- Z");
        Assert.Equal(1000, pair.A.BufferedBytes);
        pair.AdvanceToNextTimeout();
        pair.Arrow("A -> DATA -> Z").Arrow("A <- NR-SACK <- Z").NothingPending();
        Assert.Equal(0, pair.A.BufferedBytes);
        Finish(pair);
    }

    [Fact, Rfc(3758, "3.5"), Rfc(3758, "3.6")]
    public void FORWARD_TSN_goes_over_what_is_missing_and_nothing_else_is_given_up()
    {
        Pair pair = new Pair(s_options).Established();
        LoseTheFirstOf(pair, new SendOptions(Reliability: Reliability.MaximumRetransmissions(0)), 1000, 1000);
        pair.Arrow("A -> DATA -> Z").Arrow("A <- NR-SACK <- Z");
        pair.AdvanceToNextTimeout();
        pair.Arrow("A -> FORWARD TSN -> Z").Arrow("A <- NR-SACK <- Z").NothingPending();
        Assert.Equal(0, pair.A.BufferedBytes);
        Assert.Equal([(2ul, SendOutcome.Delivered), (1, SendOutcome.Expired)], Settled(pair, out int failed));
        Assert.Equal((1, 1000), (failed, pair.Receive(pair.Z)!.Length));
        Assert.Null(pair.Receive(pair.Z));
        Finish(pair);
    }

    [Fact, Rfc(3758, "3.5")]
    public void A_message_of_which_a_part_is_at_the_peer_for_good_may_still_be_given_up()
    {
        Pair pair = new Pair(s_options).Established();
        LoseTheFirstOf(pair, new SendOptions(Reliability: Reliability.MaximumRetransmissions(0)), 2600);
        pair.Arrow("A -> DATA -> Z").Arrow("A <- NR-SACK <- Z").Arrow("A -> DATA x Z");
        pair.AdvanceToNextTimeout();
        pair.Arrow("A -> FORWARD TSN -> Z").Arrow("A <- NR-SACK <- Z").NothingPending();
        Assert.Equal([(1ul, SendOutcome.Expired)], Settled(pair, out int failed));
        Assert.Equal((0, 1), (pair.A.BufferedBytes, failed));
        pair.A.Send(pair.Now, [1], default);
        pair.Exchange();
        Assert.Equal([1], pair.Receive(pair.Z)!);
        Finish(pair);
    }

    [Fact, Rfc(9260, "6.4.1")]
    public void Only_what_is_missing_takes_another_path()
    {
        Pair pair = new Pair(s_options).Connect().Arrow("A -> INIT x Z");
        pair.InjectToZ(Packets.WithAddresses(pair.LastPacket, s_second)).Exchange();
        pair.Advance(TimeSpan.Zero).Arrow("A <- HEARTBEAT <- Z").Arrow("A -> HEARTBEAT ACK x Z");
        pair.InjectToZ(pair.LastPacket, new NetworkPath(Pair.FromZ.Remote, s_second)).DropPending();
        for (int i = 0; i < 3; i++)
        {
            pair.Z.Send(pair.Now, new byte[1000], default);
        }

        pair.Arrow("A x DATA <- Z");
        Tsn tsn = Packets.TsnOf(pair.LastPacket);
        pair.Arrow("A <- DATA <- Z").Arrow("A -> NR-SACK -> Z").Arrow("A <- DATA <- Z").Arrow("A -> NR-SACK -> Z").NothingPending();
        Assert.Equal(1000, pair.Z.BufferedBytes);
        pair.AdvanceToNextTimeout();
        pair.Arrow("A <- DATA <- Z");
        Assert.Equal((tsn, s_second), (Packets.TsnOf(pair.LastPacket), pair.LastPath.Remote));
        pair.Arrow("A -> NR-SACK -> Z").NothingPending();
        Assert.Equal((0, 0), (pair.Z.BufferedBytes, pair.EndpointZ.Buffers.Rented));
    }

    [Fact]
    public void A_peer_that_lacks_what_it_has_promised_to_keep_is_told_so()
    {
        Pair pair = new Pair(s_options).Established();
        byte[] first = LoseTheFirstOf(pair, 1000, 1000);
        pair.Arrow("A -> DATA -> Z").Arrow("A <- NR-SACK <- Z");
        pair.InjectToA(Sack(pair, Packets.TsnOf(first))).Arrow("A -> ABORT -> Z");
        Assert.Equal(AssociationState.Closed, pair.A.State);
        Assert.Equal(0, pair.EndpointA.Buffers.Rented);
    }

    [Fact, Rfc(9260, "3.2")]
    public void Without_negotiation_it_is_a_chunk_that_nobody_knows()
    {
        Pair pair = new Pair(s_options with { Extensions = Extensions.None }).Established();
        pair.A.Send(pair.Now, new byte[1000], default);
        pair.Arrow("A -> DATA x Z");
        pair.InjectToA(NrSack(pair, Packets.TsnOf(pair.LastPacket), [], [])).NothingPending();
        Assert.Equal((1000, 1), (pair.A.BufferedBytes, pair.EndpointA.Drops[DropReason.UnrecognizedChunk]));
    }

    [Fact, Rfc(9260, "6.2.1")]
    public void Blocks_that_make_no_sense_are_dealt_with_as_those_of_a_SACK()
    {
        Pair pair = new Pair(s_options).Established();
        byte[] first = LoseTheFirstOf(pair, 500, 500, 500, 500);
        Tsn before = Packets.TsnOf(first).Previous;
        pair.DropPending();
        byte[] lying = NrSack(pair, before, [], [new GapAckBlock(2, 2)]);
        lying[12 + 4 + 11]++;                                // one block more than there is room for
        pair.InjectToA(Packets.WithChecksum(lying));
        Assert.Equal((2000, 1), (pair.A.BufferedBytes, pair.EndpointA.Drops[DropReason.MalformedChunk]));

        // The TSN that is missing next, none at all, backwards, and beyond what was sent.
        pair.InjectToA(NrSack(pair, before, [], [new GapAckBlock(0, 1), new GapAckBlock(4, 3), new GapAckBlock(9, 65535)]));
        Assert.Equal(2000, pair.A.BufferedBytes);
        pair.InjectToA(NrSack(pair, before, [new GapAckBlock(3, 3)], [new GapAckBlock(1, 3), new GapAckBlock(2, 4)]));
        Assert.Equal(1000, pair.A.BufferedBytes);            // 2 and 3; the other block goes back
        pair.InjectToA(NrSack(pair, before, [new GapAckBlock(2, 4)], [new GapAckBlock(4, 4)]));
        Assert.Equal((500, 1), (pair.A.BufferedBytes, pair.EndpointA.Buffers.Rented));
        pair.InjectToA(Sack(pair, before + 4));
        Assert.Equal((0, AssociationState.Established), (pair.A.BufferedBytes, pair.A.State));
    }

    [Fact, Rfc(9260, "6.2")]
    public void Where_memory_is_short_nothing_new_is_promised_and_only_that_is_dropped()
    {
        var source = new DataSource(s_options with { ReceiveBufferSize = 1 << 20 });
        byte[] first = source.Next();
        source.Inject(600);
        (List<GapAckBlock> renegable, List<GapAckBlock> promised) = source.Blocks();
        Assert.Equal((0, 1, 601), (renegable.Count, promised.Count, promised[0].End));

        // All of it comes before Z can say that its window is closed.
        source.InjectAtOnce(3000);
        (renegable, promised) = source.Blocks();
        Assert.Equal((1, 0), (renegable.Count, promised.Count));     // in one block with what is new, for good or not
        int highest = renegable[0].End;
        long held = source.Z.Buffers.Rented;
        source.Inject(first);
        Assert.InRange(source.Z.Drops[DropReason.Reneged], 1, 10);
        Assert.InRange(source.Delivered(), highest - 10, highest);
        Assert.True(held > 1500);
    }

    [Fact, Rfc(9260, "6.2")]
    public void What_comes_next_is_taken_without_memory_when_what_waits_for_it_was_promised()
    {
        var source = new DataSource(s_options with { ReceiveBufferSize = 1 << 20 });
        byte[][] before = [.. Enumerable.Range(0, 1400).Select(_ => source.Next())];
        source.Inject(800);
        (List<GapAckBlock> renegable, List<GapAckBlock> promised) = source.Blocks();
        Assert.Equal((0, 2200), (renegable.Count, promised[^1].End));
        foreach (byte[] other in before.AsSpan(1))
        {
            source.InjectAtOnce(other);
        }

        Assert.True(source.Z.Drops[DropReason.OutsideWindow] > 0);      // no room for all of them
        source.Inject(before[0]);
        Assert.Equal(0, source.Z.Drops[DropReason.Reneged]);
        int delivered = source.Delivered();
        Assert.InRange(delivered, 1200, 1399);
        foreach (byte[] again in before.AsSpan(delivered))
        {
            source.Inject(again);
        }

        Assert.Equal(2200, delivered + source.Delivered());
    }

    // Messages with receipts from 1, each in packets of its own; the first packet is lost.
    private static byte[] LoseTheFirstOf(Pair pair, params int[] lengths) => LoseTheFirstOf(pair, default, lengths);

    private static byte[] LoseTheFirstOf(Pair pair, SendOptions optionsOfFirst, params int[] lengths)
    {
        for (int i = 0; i < lengths.Length; i++)
        {
            pair.A.Send(pair.Now, new byte[lengths[i]], (i == 0 ? optionsOfFirst : default) with { Receipt = (ulong)i + 1 });
            if (i == 0)
            {
                pair.Arrow("A -> DATA x Z");
            }
        }

        return pair.LastPacket;
    }

    private static byte[] Sack(Pair pair, Tsn cumulative) =>
        Packets.ToA(TagOfA(pair), (ref PacketWriter packet) => SackChunk.Write(ref packet, cumulative, 100_000, [], []));

    private static byte[] NrSack(Pair pair, Tsn cumulative, GapAckBlock[] renegable, GapAckBlock[] nonRenegable, uint window = 100_000) =>
        Packets.ToA(TagOfA(pair), (ref PacketWriter packet) => NrSackChunk.Write(ref packet, cumulative, window, renegable, nonRenegable, []));

    // The tag that packets to A carry.
    private static VerificationTag TagOfA(Pair pair) => pair.A.LocalTag;

    private static (List<GapAckBlock> Renegable, List<GapAckBlock> NonRenegable) BlocksOf(byte[] bytes)
    {
        PacketView.TryRead(bytes, out PacketView packet);
        ChunkReader chunks = packet.Chunks;
        Assert.True(chunks.TryRead(out ChunkView chunk) & NrSackChunk.TryRead(chunk, out NrSackChunk sack));
        var renegable = new List<GapAckBlock>();
        for (int i = 0; i < sack.RenegableCount; i++)
        {
            renegable.Add(sack.Renegable(i));
        }

        var nonRenegable = new List<GapAckBlock>();
        for (int i = 0; i < sack.NonRenegableCount; i++)
        {
            nonRenegable.Add(sack.NonRenegable(i));
        }

        return (renegable, nonRenegable);
    }

    private static List<(ulong Receipt, SendOutcome Outcome)> Settled(Pair pair) => Settled(pair, out _);

    private static List<(ulong Receipt, SendOutcome Outcome)> Settled(Pair pair, out int failed)
    {
        var settled = new List<(ulong, SendOutcome)>();
        failed = 0;
        while (pair.A.TryGetEvent(out AssociationEvent? next))
        {
            if (next is AssociationEvent.SendSettled one)
            {
                settled.Add((one.Receipt, one.Outcome));
            }
            else if (next is AssociationEvent.SendFailed send)
            {
                failed++;
                send.Payload.Dispose();
            }
        }

        return settled;
    }

    private static void Finish(Pair pair)
    {
        pair.A.Shutdown(pair.Now);
        pair.Exchange().Advance(TimeSpan.FromMilliseconds(200)).Exchange();      // a delayed SACK
        Assert.Equal((AssociationState.Closed, AssociationState.Closed), (pair.A.State, pair.Z.State));
        while (pair.Receive(pair.Z) is not null)
        {
        }

        Assert.Equal((0, 0), (pair.EndpointA.Buffers.Rented, pair.EndpointZ.Buffers.Rented));
    }

    /// <summary>Data by hand for Z, because a sender would keep to the window.</summary>
    private sealed class DataSource
    {
        private readonly Pair _pair;
        private readonly VerificationTag _tag;
        private Tsn _tsn;
        private Ssn _ssn;
        private byte[] _answer = [];

        public DataSource(AssociationOptions optionsOfZ)
        {
            _pair = new Pair(s_options, optionsOfZ: optionsOfZ).Established();
            _pair.A.Send(_pair.Now, [1], default);
            _pair.Arrow("A -> DATA -> Z");
            (_tag, _tsn) = (Packets.TagOf(_pair.LastPacket), Packets.TsnOf(_pair.LastPacket));
            _pair.DropPending().Receive(_pair.Z);
        }

        public Endpoint Z => _pair.EndpointZ;

        public byte[] Next()
        {
            (_tsn, _ssn) = (_tsn.Next, _ssn.Next);
            return Packets.Data(_tag, _tsn, 0, _ssn, new byte[1000]);
        }

        public void Inject(byte[] packet)
        {
            _pair.InjectToZ(packet);
            _answer = _pair.TakeFromZ().LastOrDefault(_answer);
        }

        public void Inject(int count)
        {
            for (int i = 0; i < count; i++)
            {
                Inject(Next());
            }
        }

        public void InjectAtOnce(byte[] packet) => Z.HandleDatagram(_pair.Now, Pair.FromA, packet);

        public void InjectAtOnce(int count)
        {
            for (int i = 0; i < count; i++)
            {
                InjectAtOnce(Next());
            }
        }

        public (List<GapAckBlock> Renegable, List<GapAckBlock> NonRenegable) Blocks()
        {
            _answer = _pair.TakeFromZ().LastOrDefault(_answer);
            return BlocksOf(_answer);
        }

        public int Delivered()
        {
            int count = 0;
            while (_pair.Receive(_pair.Z) is not null)
            {
                count++;
            }

            return count;
        }
    }
}
