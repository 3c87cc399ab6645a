using System;
using System.Buffers;
using System.Collections.Generic;
using System.Linq;
using Braid.Core;
using Braid.Sctp.Wire;

namespace Braid.Sctp.Tests.Receiving;

[Rfc(9260, "6.6")]
[Rfc(9260, "6.9")]
public sealed class ReassemblyModelTests
{
    private sealed record Piece(DataHeader Header, byte[] Payload);

    [Fact]
    public void Fragments_in_any_order_become_the_messages_that_were_cut_over_300_seeds()
    {
        for (ulong seed = 0; seed < 300; seed++)
        {
            Check(seed);
        }
    }

    [Theory]
    [InlineData(DataFlags.Beginning, DataFlags.Beginning | DataFlags.Ending)]   // the first message has no end
    [InlineData(DataFlags.Beginning | DataFlags.Ending, DataFlags.Ending)]     // the second has no beginning
    [InlineData(DataFlags.Beginning, DataFlags.Unordered | DataFlags.Ending)]  // one message, two kinds
    public void Neighbours_that_contradict_each_other_are_a_violation(DataFlags first, DataFlags second)
    {
        AssociationContext context = Real.Context();
        var queue = new ReassemblyQueue(context, new ReceiveWindow(100_000, 1000, 100_000));
        var left = new Piece(new DataHeader(new Tsn(5), 0, new Ssn(0), 0, first), [1]);
        var right = new Piece(new DataHeader(new Tsn(6), 0, new Ssn(0), 0, second), [2]);

        // A whole message leaves at once, so only fragments that are still here can be contradicted.
        bool staysHere = first != (DataFlags.Beginning | DataFlags.Ending);
        Assert.Equal(ReassemblyVerdict.Held, Add(queue, staysHere ? left : right));
        Assert.Equal(ReassemblyVerdict.Violation, Add(queue, staysHere ? right : left));
        queue.DiscardIncomplete();
        Assert.Equal(0, context.Buffers.Rented);
    }

    [Fact]
    public void Memory_is_charged_until_the_reader_is_done_and_refused_beyond_the_limit()
    {
        AssociationContext context = Real.Context();
        var window = new ReceiveWindow(4096, 1000, 4096);
        var queue = new ReassemblyQueue(context, window);
        int count = 0;
        while (Add(queue, Whole(count)) == ReassemblyVerdict.Held)
        {
            count++;
        }

        Assert.Equal(2 * 4096 / 1024, count);
        Assert.Equal(0u, window.Advertised);
        while (queue.TryTake(out ReceivedMessage? message))
        {
            message.Dispose();
        }

        Assert.Equal((0, 4096u), (window.Held, window.Advertised));
        Assert.Equal(0, context.Buffers.Rented);
    }

    private static void Check(ulong seed)
    {
        var random = new SeededRandom(seed);
        AssociationContext context = Real.Context();
        var window = new ReceiveWindow(1 << 20, 1000, 1 << 20);
        var queue = new ReassemblyQueue(context, window);
        List<Piece> pieces = Cut(random, out Dictionary<Tsn, byte[]> messages);

        // Out of order, but no further than a window.
        for (int i = 0; i < pieces.Count; i++)
        {
            int other = Math.Min(pieces.Count - 1, i + random.NextInt32(30));
            (pieces[i], pieces[other]) = (pieces[other], pieces[i]);
        }

        var lastSsn = new Dictionary<StreamId, int>();
        foreach (Piece piece in pieces)
        {
            Assert.Equal(ReassemblyVerdict.Held, Add(queue, piece));
            while (queue.TryTake(out ReceivedMessage? message))
            {
                Assert.True(messages.Remove(message.Tsn, out byte[]? right));
                Assert.Equal(right, message.Payload.ToArray());
                if (!message.Unordered)
                {
                    int expected = lastSsn.TryGetValue(message.Stream, out int last) ? (ushort)(last + 1) : 0;
                    Assert.Equal(expected, message.Ssn.Value);
                    lastSsn[message.Stream] = message.Ssn.Value;
                }

                message.Dispose();
            }
        }

        Assert.Empty(messages);
        Assert.Equal(0, window.Held);
        Assert.Equal(0, context.Buffers.Rented);
    }

    private static List<Piece> Cut(SeededRandom random, out Dictionary<Tsn, byte[]> messages)
    {
        var pieces = new List<Piece>();
        messages = [];
        var ssns = new ushort[4];
        var tsn = new Tsn(uint.MaxValue - 50);               // over the wrap
        for (int i = 0; i < 40; i++)
        {
            bool unordered = random.NextInt32(3) == 0;
            ushort stream = (ushort)random.NextInt32(4);
            var ssn = new Ssn(unordered ? (ushort)random.NextInt32(65536) : ssns[stream]++);
            byte[][] parts = Enumerable.Range(0, 1 + random.NextInt32(8)).Select(_ => new byte[1 + random.NextInt32(50)]).ToArray();
            messages.Add(tsn, []);
            Tsn first = tsn;
            for (int j = 0; j < parts.Length; j++)
            {
                random.Fill(parts[j]);
                DataFlags flags = (j == 0 ? DataFlags.Beginning : 0) | (j == parts.Length - 1 ? DataFlags.Ending : 0) | (unordered ? DataFlags.Unordered : 0);
                pieces.Add(new Piece(new DataHeader(tsn, stream, ssn, 7, flags), parts[j]));
                tsn = tsn.Next;
            }

            messages[first] = [.. parts.SelectMany(part => part)];
        }

        return pieces;
    }

    private static Piece Whole(int number) =>
        new(new DataHeader(new Tsn((uint)number), 0, new Ssn((ushort)number), 0, DataFlags.Beginning | DataFlags.Ending), new byte[1024]);

    private static ReassemblyVerdict Add(ReassemblyQueue queue, Piece piece)
    {
        var bytes = new byte[2000];
        var packet = new PacketWriter(bytes, 1, 2, default);
        DataChunk.Write(ref packet, piece.Header, piece.Payload);
        new ChunkReader(bytes.AsSpan(PacketHeader.Length, packet.Length - PacketHeader.Length)).TryRead(out ChunkView view);
        DataChunk.TryRead(view, out DataChunk data);
        return queue.Add(data);
    }
}
