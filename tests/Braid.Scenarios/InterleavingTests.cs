using System;
using System.Buffers;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Linq;
using Braid.Sctp;
using Braid.Sctp.Wire;
using Braid.Simulation;
using static Braid.Scenarios.SendingOrder;

namespace Braid.Scenarios;

/// <summary>User messages in I-DATA chunks (RFC 8260 §2).</summary>
public sealed class InterleavingTests
{
    private const DataFlags Whole = DataFlags.Beginning | DataFlags.Ending;

    private static readonly AssociationOptions s_quiet = AssociationOptions.Rfc9260 with
    {
        Extensions = Extensions.Interleaving,
        HeartbeatInterval = TimeSpan.Zero,
        MaximumSegmentSize = 1000,
        SendBufferSize = 64 << 20,
        SackFrequency = 1,
        MaximumPathMtu = 0,
    };

    [Fact, Rfc(8260, "2"), Rfc(8260, "2.2"), Rfc(8260, "2.2.1")]
    public void What_both_know_is_used_for_every_message_and_DATA_never()
    {
        Pair pair = Established();
        Assert.Equal((Extensions.Interleaving, Extensions.Interleaving), (pair.A.Extensions & Extensions.Interleaving, pair.Z.Extensions & Extensions.Interleaving));
        Send(pair, 1, 10).Arrow("A -> I-DATA -> Z").Arrow("A <- SACK <- Z");
        Send(pair, 1, 2500).Arrow("A -> I-DATA -> Z").Arrow("A -> I-DATA -> Z").Arrow("A -> I-DATA -> Z");
    }

    [Theory, Rfc(8260, "2.2.1"), Rfc(8260, "4.3.1")]
    [InlineData(true)]
    [InlineData(false)]
    public void When_one_side_does_not_offer_it_DATA_is_used(bool isOfferedByA)
    {
        AssociationOptions without = s_quiet with { Extensions = Extensions.None };
        Pair pair = new Pair(isOfferedByA ? s_quiet : without, optionsOfZ: isOfferedByA ? without : s_quiet, interleaves: true).Established();
        Send(pair, 1, 10).Arrow("A -> DATA -> Z").Arrow("A <- SACK <- Z");
    }

    [Fact, Rfc(8260, "1.1"), Rfc(8260, "3.2"), Rfc(8260, "2.2.2")]
    public void Round_robin_sends_one_chunk_of_each_stream_as_in_figure_2()
    {
        Pair pair = Established();
        Send(pair, 0, 3000);
        Send(pair, 1, 1000);
        Send(pair, 1, 1000);
        Send(pair, 1, 1000);
        Send(pair, 2, 3000);
        Assert.Equal("0/0/0 1/0/0 2/0/0 0/0/1 1/1/0 2/0/1 0/0/2 1/2/0 2/0/2", Order(pair));
        Assert.Equal([1000, 1000, 3000, 1000, 3000], Received(pair).Select(bytes => bytes.Length));
    }

    [Fact, Rfc(8260, "3.1")]
    public void First_come_first_served_is_not_affected()
    {
        Pair pair = Established(StreamScheduler.FirstComeFirstServed);
        Send(pair, 0, 3000);
        Send(pair, 1, 1000);
        Assert.Equal("0/0/0 0/0/1 0/0/2 1/0/0", Order(pair));
    }

    [Fact, Rfc(8260, "3.3")]
    public void Round_robin_per_packet_changes_streams_with_the_packet()
    {
        Pair pair = Established(StreamScheduler.RoundRobinPerPacket);
        Send(pair, 0, 3000);
        Send(pair, 1, 100);
        Send(pair, 1, 100);
        Send(pair, 2, 2000);
        Assert.Equal("0/0/0 1/0/0 1/1/0 2/0/0 0/0/1 2/0/1 0/0/2", Order(pair));
    }

    [Fact, Rfc(8260, "3.4")]
    public void A_message_of_higher_priority_does_not_wait_for_the_end_of_one_of_lower()
    {
        Pair pair = Established(StreamScheduler.Priority);
        pair.A.SetStreamSchedulerValue(0, 10);
        Send(pair, 0, 5000);
        Assert.Equal("0/0/0", NextPacket(pair));
        Send(pair, 1, 1000);
        Assert.Equal("1/0/0 0/0/1 0/0/2 0/0/3 0/0/4", Order(pair));
    }

    [Fact, Rfc(8260, "3.5"), Rfc(8260, "3.6")]
    public void Weights_are_kept_chunk_by_chunk()
    {
        Pair pair = Established(StreamScheduler.WeightedFairQueueing);
        pair.A.SetStreamSchedulerValue(0, 1);
        pair.A.SetStreamSchedulerValue(1, 3);
        Send(pair, 0, 1_000_000);
        Send(pair, 1, 1_000_000);
        string first = string.Join(' ', Enumerable.Range(0, 40).Select(_ => NextPacket(pair)));
        Assert.InRange(first.Split(' ').Count(chunk => chunk[0] == '0'), 9, 11);
    }

    [Fact, Rfc(8260, "2.1")]
    public void Ordered_and_unordered_messages_are_numbered_by_themselves_and_only_the_first_fragment_has_a_PPID()
    {
        Pair pair = Established();
        foreach (bool unordered in (bool[])[false, true, true, false])
        {
            Assert.Equal(SendStatus.Ok, pair.A.Send(pair.Now, new byte[2000], new SendOptions(3, 42, unordered)));
        }

        List<InterleavedDataHeader> sent = [];
        while (NextPacket(pair, sent).Length > 0)
        {
        }

        Assert.Equal([0, 0, 0, 0, 1, 1, 1, 1], sent.Select(header => (int)header.Mid.Value));
        Assert.Equal([false, false, true, true, true, true, false, false], sent.Select(header => header.Flags.HasFlag(DataFlags.Unordered)));
        Assert.Equal([0, 1, 0, 1, 0, 1, 0, 1], sent.Select(header => (int)header.Fsn));
        Assert.Equal([42, 0, 42, 0, 42, 0, 42, 0], sent.Select(header => (int)header.Ppid.Value));
        Assert.Equal(sent.Select((_, i) => sent[0].Tsn + i), sent.Select(header => header.Tsn));
        Assert.Equal(4, Received(pair).Count);
    }

    [Fact, Rfc(8260, "2.1"), Rfc(8260, "4.4"), Rfc(6458, "8.1.26")]
    public void A_record_in_parts_is_one_message_and_holds_up_nobody()
    {
        Pair pair = Established();
        pair.A.Send(pair.Now, new byte[1500], new SendOptions(3, 42, MoreFollows: true));
        Assert.Equal("3/0/0 3/0/1", Order(pair));
        Send(pair, 4, 100);
        Assert.Equal("4/0/0", Order(pair));
        Assert.Equal(100, Assert.Single(Received(pair)).Length);
        pair.A.Send(pair.Now, new byte[100], new SendOptions(5, MoreFollows: true));
        pair.A.Send(pair.Now, new byte[700], new SendOptions(3));
        pair.A.Send(pair.Now, new byte[50], new SendOptions(5));
        Assert.Equal("5/0/0 3/0/2 5/0/1", Order(pair));
        Assert.Equal([2200, 150], Received(pair).Select(bytes => bytes.Length));
        Send(pair, 3, 10);
        Assert.Equal("3/1/0", Order(pair));
    }

    [Fact, Rfc(8260, "2.1"), Rfc(9260, "6.3.3")]
    public void A_fragment_that_was_lost_is_sent_again_as_it_was()
    {
        Pair pair = Established();
        Send(pair, 1, 1500).Arrow("A -> I-DATA x Z");
        byte[] lost = pair.LastPacket;
        pair.Arrow("A -> I-DATA -> Z").Arrow("A <- SACK <- Z").AdvanceToNextTimeout();
        pair.Arrow("A -> I-DATA -> Z");
        Assert.Equal(lost, pair.LastPacket);
        Assert.Equal(1500, Assert.Single(Received(pair)).Length);
    }

    [Fact, Rfc(8260, "2.2.3")]
    public void DATA_where_I_DATA_was_negotiated_aborts_the_association()
    {
        (Pair pair, Tsn first) = Injecting();
        pair.InjectToZ(Packets.Data(pair.Z.LocalTag, first, 0, default, [1])).Arrow("A <- ABORT <- Z");
        Assert.Equal(AssociationState.Closed, pair.Z.State);
    }

    [Fact, Rfc(8260, "2.2.3")]
    public void I_DATA_without_negotiation_aborts_the_association()
    {
        (Pair pair, Tsn first) = Injecting(interleaves: false);
        Inject(pair, first, 0, 0, 0, Whole);
        pair.Arrow("A <- ABORT <- Z");
        Assert.Equal(AssociationState.Closed, pair.Z.State);
    }

    [Fact, Rfc(8260, "2.2.3")]
    public void Fragments_are_put_together_by_FSN_and_not_by_TSN()
    {
        (Pair pair, Tsn first) = Injecting();
        Inject(pair, first, 1, 0, 2, DataFlags.Ending, 3);
        Inject(pair, first + 1, 1, 0, 0, DataFlags.Beginning, 1);
        Inject(pair, first + 2, 2, 0, 0, Whole, 9);
        Inject(pair, first + 3, 1, 0, 1, 0, 2);
        Assert.Equal(["9", "1 2 3"], Received(pair).Select(bytes => string.Join(' ', bytes)));
    }

    [Fact, Rfc(8260, "2.2.3")]
    public void Ordered_messages_wait_for_the_ones_before_and_unordered_ones_do_not()
    {
        (Pair pair, Tsn first) = Injecting();
        Inject(pair, first, 1, 2, 0, Whole, 3);
        Inject(pair, first + 1, 1, 1, 0, DataFlags.Beginning, 2);
        Inject(pair, first + 2, 1, 5, 0, Whole | DataFlags.Unordered, 9);
        Assert.Equal([9], Assert.Single(Received(pair)));
        Inject(pair, first + 3, 1, 1, 1, DataFlags.Ending, 2);
        Inject(pair, first + 4, 1, 0, 0, Whole, 1);
        Assert.Equal(["1", "2 2", "3"], Received(pair).Select(bytes => string.Join(' ', bytes)));
    }

    [Theory, Rfc(8260, "2.3.2"), Rfc(6525, "5.2.2")]
    [InlineData(false)]
    [InlineData(true)]
    public void A_stream_that_was_reset_numbers_its_messages_from_0_in_either_order(bool all)
    {
        AssociationOptions options = s_quiet with
        {
            Extensions = Extensions.Interleaving | Extensions.StreamReconfiguration,
            AllowedReconfiguration = ReconfigurationKinds.ResetStreams | ReconfigurationKinds.ResetAssociation,
        };
        Pair pair = new Pair(options, interleaves: true).Established();
        for (int i = 0; i < 2; i++)
        {
            pair.A.Send(pair.Now, [1], new SendOptions(1));
            pair.A.Send(pair.Now, [2], new SendOptions(1, Unordered: true));
            Assert.Equal($"1/{i}/0 1/{i}/0", Order(pair));
        }

        Assert.Equal(
            ReconfigurationStatus.Started,
            all ? pair.A.ResetAssociation(pair.Now) : pair.A.ResetStreams(pair.Now, [1], ResetDirection.Outgoing));
        pair.Exchange();
        pair.A.Send(pair.Now, [3], new SendOptions(1));
        pair.A.Send(pair.Now, [4], new SendOptions(1, Unordered: true));
        Assert.Equal("1/0/0 1/0/0", Order(pair));
        while (pair.Z.TryGetEvent(out _))
        {
        }

        Assert.Equal([1, 2, 1, 2, 3, 4], Received(pair).Select(bytes => (int)bytes[0]));
    }

    [Fact, Rfc(8260, "4.1")]
    public void The_lower_16_bits_of_the_MID_stand_for_the_SSN()
    {
        (Pair pair, Tsn first) = Injecting();
        Inject(pair, first, 1, 0x12345, 0, Whole | DataFlags.Unordered);
        Assert.True(pair.Z.TryReceive(out ReceivedMessage? message));
        Assert.Equal(0x2345, message.Ssn.Value);
        message.Dispose();
    }

    [Theory, Rfc(8260, "2.1"), Rfc(8260, "6")]
    [InlineData(0, DataFlags.Beginning, 0, DataFlags.Beginning)]                       // two beginnings
    [InlineData(0, Whole, 0, Whole)]                                                   // the same message twice
    [InlineData(1, DataFlags.None, 1, DataFlags.None)]                                 // one fragment twice
    [InlineData(2, DataFlags.Ending, 3, DataFlags.None)]                               // one behind the end
    [InlineData(3, DataFlags.None, 2, DataFlags.Ending)]                               // an end before another one
    [InlineData(2, DataFlags.Ending, 3, DataFlags.Ending)]                             // two ends
    [InlineData(0, DataFlags.None, 1, DataFlags.None)]                                 // the first fragment is no beginning
    public void Fragments_that_contradict_each_other_abort_the_association(uint one, DataFlags flags, uint other, DataFlags otherFlags)
    {
        (Pair pair, Tsn first) = Injecting();
        Inject(pair, first, 1, 0, one, flags);
        Inject(pair, first + 1, 1, 0, other, otherFlags);
        pair.TakeFromZ();
        Assert.Equal(AssociationState.Closed, pair.Z.State);
    }

    [Fact, Rfc(8260, "6")]
    public void Thousands_of_messages_that_never_end_hold_no_more_than_the_buffer()
    {
        const int Buffer = 100_000;
        (Pair pair, Tsn first) = Injecting(s_quiet with { ReceiveBufferSize = Buffer });
        for (int i = 0; i < 20_000; i++)
        {
            // No more than a window of TSNs ahead, message numbers anywhere, nothing ever complete.
            uint mid = i % 3 == 0 ? (uint)i : unchecked((uint)(int.MaxValue - i));
            Inject(pair, first + i, (ushort)(i % 900), mid, i % 5 == 0 ? 7u : 0, i % 5 == 0 ? DataFlags.None : DataFlags.Beginning);
            pair.DropPending();
        }

        Assert.Equal(AssociationState.Established, pair.Z.State);
        Assert.True(pair.EndpointZ.Buffers.Rented * 128L <= 2 * Buffer, $"{pair.EndpointZ.Buffers.Rented} buffers");
        pair.Z.Abort(pair.Now);
        Received(pair);
        pair.DropPending();
        Assert.Equal(0, pair.EndpointZ.Buffers.Rented);
    }

    [Fact, Rfc(6458, "8.1.20"), Rfc(8260, "4.3.1")]
    public void Parts_of_messages_on_several_streams_come_mixed_and_each_stream_has_its_own_in_order()
    {
        Pair pair = new Pair(s_quiet, optionsOfZ: s_quiet with { ReceiveBufferSize = 30_000 }, interleaves: true).Established();
        byte[][] sent = [.. Enumerable.Range(0, 3).Select(i => Enumerable.Range(0, 100_000).Select(at => (byte)((at * 7) + i)).ToArray())];
        for (ushort i = 0; i < 3; i++)
        {
            pair.A.Send(pair.Now, sent[i], new SendOptions(i, 5, Unordered: i == 1));
        }

        var got = new Dictionary<int, List<byte>>();
        int changes = 0;
        int last = -1;
        int ends = 0;
        for (int turn = 0; turn < 2000 && ends < 3; turn++)
        {
            pair.Exchange();
            while (pair.Z.TryReceive(out ReceivedMessage? part))
            {
                Assert.Equal(part.BeginOfRecord, !got.ContainsKey(part.Stream.Value));
                got.TryAdd(part.Stream.Value, []);
                got[part.Stream.Value].AddRange(part.Payload.ToArray());
                changes += last != part.Stream.Value ? 1 : 0;
                last = part.Stream.Value;
                ends += part.EndOfRecord ? 1 : 0;
                part.Dispose();
            }

            pair.Exchange();
            if (!pair.EndpointA.NextTimeout.IsNever || !pair.EndpointZ.NextTimeout.IsNever)
            {
                pair.AdvanceToNextTimeout();
            }
        }

        Assert.True(changes > 6, $"{changes} changes of stream");
        Assert.Equal([0, 1, 2], got.Keys.Order());
        Assert.All(got, pair => Assert.Equal(sent[pair.Key], pair.Value));
    }

    [Fact, Rfc(6458, "8.1.21"), Rfc(8260, "2.2.3")]
    public void Messages_that_wait_for_a_lost_fragment_do_not_make_parts_of_the_one_that_lacks_it()
    {
        Pair pair = new Pair(s_quiet, optionsOfZ: s_quiet with { ReceiveBufferSize = 40_000 }, interleaves: true).Established();
        for (int i = 0; i < 12; i++)
        {
            Send(pair, 1, 3000);
        }

        pair.Arrow("A -> I-DATA -> Z").Arrow("A -> I-DATA x Z").Exchange();
        for (int i = 0; i < 12; i++)
        {
            Assert.True(pair.Z.TryReceive(out ReceivedMessage? message), $"message {i}");
            Assert.Equal((3000, true, true), (message.Length, message.BeginOfRecord, message.EndOfRecord));
            message.Dispose();
        }
    }

    [Fact, Rfc(6458, "8.1.21")]
    public void A_slow_reader_closes_the_window_and_small_messages_stay_whole()
    {
        Pair pair = new Pair(s_quiet, optionsOfZ: s_quiet with { ReceiveBufferSize = 20_000 }, interleaves: true).Established();
        for (int i = 0; i < 30; i++)
        {
            Send(pair, (ushort)(i % 3), 3000);
        }

        var unread = new Queue<ReceivedMessage>();
        int received = 0;
        for (int turn = 0; turn < 500 && received < 30; turn++)
        {
            pair.Exchange();
            while (pair.Z.TryReceive(out ReceivedMessage? message))
            {
                Assert.Equal((3000, true, true), (message.Length, message.BeginOfRecord, message.EndOfRecord));
                unread.Enqueue(message);
                received++;
            }

            if (turn % 10 == 9 && unread.TryDequeue(out ReceivedMessage? oldest))
            {
                oldest.Dispose();
            }

            pair.Exchange();
            if (!pair.EndpointA.NextTimeout.IsNever || !pair.EndpointZ.NextTimeout.IsNever)
            {
                pair.AdvanceToNextTimeout();
            }
        }

        Assert.Equal(30, received);
        foreach (ReceivedMessage message in unread)
        {
            message.Dispose();
        }
    }

    [Fact, Rfc(6458, "6.1.7"), Rfc(8260, "4.1")]
    public void The_end_of_an_association_ends_every_message_in_parts()
    {
        Pair pair = new Pair(s_quiet, optionsOfZ: s_quiet with { ReceiveBufferSize = 20_000, PartialDeliveryPoint = 2000 }, interleaves: true).Established();
        Send(pair, 1, 50_000);
        Send(pair, 2, 50_000);
        for (int i = 0; i < 12; i++)
        {
            NextPacket(pair);
        }

        Received(pair);
        pair.Z.Abort(pair.Now);
        var ended = new List<int>();
        while (pair.Z.TryGetEvent(out AssociationEvent? next))
        {
            if (next is AssociationEvent.PartialDeliveryAborted aborted)
            {
                ended.Add(aborted.Stream.Value);
            }
        }

        Assert.Equal([1, 2], ended);
    }

    [Theory]
    [InlineData(StreamScheduler.RoundRobin, 10), Rfc(8260, "1.1"), Rfc(8260, "3.2")]
    [InlineData(StreamScheduler.RoundRobinPerPacket, 10), Rfc(8260, "3.3")]
    [InlineData(StreamScheduler.Priority, 10), Rfc(8260, "3.4")]
    [InlineData(StreamScheduler.FairCapacity, 10), Rfc(8260, "3.5")]
    [InlineData(StreamScheduler.WeightedFairQueueing, 10), Rfc(8260, "3.6")]
    public void Short_messages_beside_long_ones_arrive_many_times_sooner(StreamScheduler scheduler, double gain)
    {
        TimeSpan duration = TimeSpan.FromSeconds(20);
        InterleavingResult without = InterleavingExperiment.Run(isInterleaved: false, scheduler, duration);
        InterleavingResult with = InterleavingExperiment.Run(isInterleaved: true, scheduler, duration);
        Assert.True(with.Count > 1900 && without.Percentile99 > gain * with.Percentile99, $"{without} became {with}");
        Assert.InRange(with.BulkBytesPerSecond / without.BulkBytesPerSecond, 0.9, 1.1);
    }

    [Fact]
    public void The_page_of_measurements_is_what_the_measurements_say()
    {
        string path = System.IO.Path.Combine(Repository.Root, "docs", "interleaving.md");
        string page = InterleavingReport.Make();
        if (Environment.GetEnvironmentVariable("BRAID_UPDATE_DOCS") is { Length: > 0 })
        {
            System.IO.File.WriteAllText(path, page);
        }

        Assert.Equal(page, System.IO.File.ReadAllText(path));
    }

    private static Pair Established(StreamScheduler scheduler = StreamScheduler.RoundRobin) =>
        new Pair(s_quiet with { Scheduler = scheduler }, interleaves: true).Established();

    // And the first TSN of A, for chunks that A has not sent.
    private static (Pair Pair, Tsn First) Injecting(AssociationOptions? options = null, bool interleaves = true)
    {
        Pair pair = new Pair(options ?? s_quiet, interleaves: interleaves).Connect().Arrow("A -> INIT -> Z");
        var first = new Tsn(BinaryPrimitives.ReadUInt32BigEndian(pair.LastPacket.AsSpan(28)));
        pair.Exchange();
        return (pair, first);
    }

    private static void Inject(Pair pair, Tsn tsn, ushort stream, uint mid, uint fsn, DataFlags flags, byte payload = 0)
    {
        byte[] bytes = [payload];
        pair.InjectToZ(Packets.ToZ(pair.Z.LocalTag, (ref PacketWriter packet) =>
            InterleavedDataChunk.Write(ref packet, new InterleavedDataHeader(tsn, stream, new Mid(mid), 0, fsn, flags), bytes)));
    }

    private static List<byte[]> Received(Pair pair)
    {
        var messages = new List<byte[]>();
        while (pair.Receive(pair.Z) is { } message)
        {
            messages.Add(message);
        }

        return messages;
    }

    private static List<InterleavedDataHeader> Headers(ReadOnlySpan<byte> bytes)
    {
        Assert.True(PacketView.TryRead(bytes, out PacketView packet));
        var headers = new List<InterleavedDataHeader>();
        ChunkReader chunks = packet.Chunks;
        while (chunks.TryRead(out ChunkView chunk))
        {
            if (chunk.Type == ChunkType.IData && InterleavedDataChunk.TryRead(chunk, out InterleavedDataChunk data))
            {
                headers.Add(data.Header);
            }
        }

        return headers;
    }

    private static string Order(Pair pair) => string.Join(' ', All(() => NextPacket(pair)));

    // Stream, MID and FSN of each chunk of the next packet; nothing when nothing is sent.
    private static string NextPacket(Pair pair, List<InterleavedDataHeader>? sent = null)
    {
        if (Carry(pair) is not { } packet)
        {
            return "";
        }

        List<InterleavedDataHeader> headers = Headers(packet);
        sent?.AddRange(headers);
        return string.Join(' ', headers.Select(header => $"{header.Stream}/{header.Mid}/{header.Fsn}"));
    }
}
