using System;
using System.Buffers;
using System.Collections.Generic;
using System.Linq;
using Braid.Core;
using Braid.Sctp.Wire;

namespace Braid.Sctp.Tests.Receiving;

[Rfc(8260, "2.2.3")]
public sealed class InterleavedModelTests
{
    private const int Streams = 5;

    private delegate T Use<T>(in InterleavedDataChunk data);

    private sealed record Piece(InterleavedDataHeader Header, byte[] Payload);

    private sealed record Message(ushort Stream, bool Unordered, uint Mid, byte[] Bytes);

    [Theory]
    [InlineData(1 << 20)]                                    // room for all
    [InlineData(9_000)]                                      // parts, and fragments that have to make way for lower TSNs
    public void Fragments_in_any_order_become_the_messages_that_were_cut_over_300_seeds(int buffer)
    {
        for (ulong seed = 0; seed < 300; seed++)
        {
            Check(seed, buffer);
        }
    }

    [Fact]
    public void A_fragment_sequence_number_may_wrap()
    {
        AssociationContext context = Real.Context();
        var queue = new InterleavedQueue(context, new ReceiveWindow(1 << 20, 1000, 1 << 20));
        var open = new OpenMessage();
        var beginning = new Piece(Header(0, 0, DataFlags.Beginning), [1]);
        Assert.True(With(beginning, (in InterleavedDataChunk data) =>
        {
            open.Set(data, 1);
            open.OnAdded(data);
            open.OnContiguous(128);
            open.OnDelivered(1);
            return true;
        }));
        Assert.True(Fits(open, 1));
        Assert.True(Fits(open, int.MaxValue));
        Assert.False(Fits(open, uint.MaxValue));             // before what was delivered
        Assert.False(Fits(open, 0, DataFlags.Beginning));
        for (uint fsn = 1; fsn < 4; fsn++)
        {
            Assert.Equal(ReassemblyVerdict.Held, Add(queue, new Piece(Header(fsn, fsn - 1, fsn == 1 ? DataFlags.Beginning : 0), [1])));
        }

        Assert.Equal(1, queue.OpenCount);
        queue.DiscardIncomplete();
        Assert.Equal((0, 0), (queue.OpenCount, context.Buffers.Rented));
    }

    private static void Check(ulong seed, int size)
    {
        var random = new SeededRandom(seed);
        AssociationContext context = Real.Context(new AssociationOptions { ReceiveBufferSize = size });
        var window = new ReceiveWindow(size, 100, size);
        var queue = new InterleavedQueue(context, window);
        List<Message> messages = Make(random);
        List<Piece> pieces = Cut(random, messages);
        var waiting = new List<Piece>(pieces);               // as a sender has them: what does not get in comes again
        Tsn floor = pieces[0].Header.Tsn.Previous;
        var held = new HashSet<Tsn>();
        var assembled = new Dictionary<ushort, List<byte>>();
        var delivered = new List<Message>();
        var next = new uint[Streams];
        for (int turn = 0; waiting.Count > 0; turn++)
        {
            Assert.True(turn < 100_000, $"seed {seed}: no progress");
            int index = turn % 50 == 49 ? 0 : Math.Min(waiting.Count - 1, random.NextInt32(30));
            Piece piece = waiting[index];
            ReassemblyVerdict verdict = Add(queue, piece);
            Tsn cumulative = Cumulative(floor, held);
            while (verdict == ReassemblyVerdict.NoMemory && queue.TryDropHighest(piece.Header.Tsn > cumulative ? piece.Header.Tsn : cumulative, out Tsn dropped))
            {
                Assert.True(held.Remove(dropped));
                waiting.Add(pieces.Find(other => other.Header.Tsn == dropped)!);
                waiting.Sort((left, right) => left.Header.Tsn.DistanceFrom(right.Header.Tsn));
                verdict = Add(queue, piece);
            }

            if (verdict == ReassemblyVerdict.NoMemory && piece.Header.Tsn == cumulative.Next)
            {
                if (With(piece, (in InterleavedDataChunk data) => queue.MustHold(data)))
                {
                    verdict = Add(queue, piece, mustHold: true);
                }
                else
                {
                    queue.DeliverPartially();
                }
            }

            Assert.NotEqual(ReassemblyVerdict.Violation, verdict);
            if (verdict == ReassemblyVerdict.Held)
            {
                waiting.Remove(piece);
                held.Add(piece.Header.Tsn);
            }

            while (queue.TryTake(out ReceivedMessage? message))
            {
                Take(message, assembled, delivered, messages, next);
            }
        }

        Assert.Equal(messages.Count, delivered.Count);
        Assert.Equal((0, 0L, 0), (queue.OpenCount, window.Held, context.Buffers.Rented));
    }

    private static void Take(ReceivedMessage part, Dictionary<ushort, List<byte>> assembled, List<Message> delivered, List<Message> sent, uint[] next)
    {
        Assert.Equal(part.BeginOfRecord, !assembled.ContainsKey(part.Stream.Value));
        List<byte> bytes = part.BeginOfRecord ? assembled[part.Stream.Value] = [] : assembled[part.Stream.Value];
        bytes.AddRange(part.Payload.ToArray());
        Assert.Equal(7u, part.Ppid.Value);
        if (part.EndOfRecord)
        {
            assembled.Remove(part.Stream.Value);
            Message right = sent.Single(message => message.Stream == part.Stream.Value && message.Unordered == part.Unordered && (ushort)message.Mid == part.Ssn.Value);
            Assert.Equal(right.Bytes, bytes);
            Assert.DoesNotContain(right, delivered);
            Assert.True(right.Unordered || right.Mid == next[right.Stream]++);
            delivered.Add(right);
        }

        part.Dispose();
    }

    private static Tsn Cumulative(Tsn floor, HashSet<Tsn> held)
    {
        while (held.Contains(floor.Next))
        {
            floor = floor.Next;
        }

        return floor;
    }

    private static List<Message> Make(SeededRandom random)
    {
        var mids = new uint[Streams, 2];
        var messages = new List<Message>();
        for (int i = 0; i < 40; i++)
        {
            ushort stream = (ushort)random.NextInt32(Streams);
            int order = random.NextInt32(3) == 0 ? 1 : 0;
            var bytes = new byte[1 + random.NextInt32(random.NextInt32(4) == 0 ? 2500 : 100)];
            random.Fill(bytes);
            messages.Add(new Message(stream, order == 1, mids[stream, order]++, bytes));
        }

        return messages;
    }

    // A fragment of any stream next, but one message of a stream at a time.
    private static List<Piece> Cut(SeededRandom random, List<Message> messages)
    {
        var queues = messages.GroupBy(message => message.Stream).Select(group => new Queue<Message>(group)).ToList();
        var at = new Dictionary<Message, (int Offset, uint Fsn)>();
        var pieces = new List<Piece>();
        var tsn = new Tsn(uint.MaxValue - 50);               // over the wrap
        while (queues.Count > 0)
        {
            Queue<Message> queue = queues[random.NextInt32(queues.Count)];
            Message message = queue.Peek();
            (int offset, uint fsn) = at.GetValueOrDefault(message);
            int length = Math.Min(message.Bytes.Length - offset, 1 + random.NextInt32(120));
            bool isEnd = offset + length == message.Bytes.Length;
            DataFlags flags = (offset == 0 ? DataFlags.Beginning : 0) | (isEnd ? DataFlags.Ending : 0) | (message.Unordered ? DataFlags.Unordered : 0);
            pieces.Add(new Piece(new InterleavedDataHeader(tsn, message.Stream, new Mid(message.Mid), 7, fsn, flags), message.Bytes[offset..(offset + length)]));
            at[message] = (offset + length, fsn + 1);
            tsn = tsn.Next;
            if (isEnd)
            {
                queue.Dequeue();
                queues.RemoveAll(empty => empty.Count == 0);
            }
        }

        return pieces;
    }

    private static InterleavedDataHeader Header(uint tsn, uint fsn, DataFlags flags) => new(new Tsn(tsn), 0, default, 7, fsn, flags);

    private static ReassemblyVerdict Add(InterleavedQueue queue, Piece piece, bool mustHold = false) =>
        With(piece, (in InterleavedDataChunk data) => queue.Add(data, mustHold));

    private static bool Fits(OpenMessage open, uint fsn, DataFlags flags = 0) =>
        With(new Piece(Header(9, fsn, flags), [1]), (in InterleavedDataChunk data) => open.Fits(data));

    private static T With<T>(Piece piece, Use<T> use)
    {
        var bytes = new byte[3000];
        var packet = new PacketWriter(bytes, 1, 2, default);
        InterleavedDataChunk.Write(ref packet, piece.Header, piece.Payload);
        new ChunkReader(bytes.AsSpan(PacketHeader.Length, packet.Length - PacketHeader.Length)).TryRead(out ChunkView view);
        Assert.True(InterleavedDataChunk.TryRead(view, out InterleavedDataChunk data));
        return use(data);
    }
}
