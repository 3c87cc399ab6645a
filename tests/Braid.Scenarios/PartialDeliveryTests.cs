using System;
using System.Collections.Generic;
using System.Linq;
using Braid.Sctp;
using Braid.Simulation;

namespace Braid.Scenarios;

/// <summary>Messages that are longer than the receive buffer, and a buffer that runs full (RFC 9260 §6.2, §6.9).</summary>
public sealed class PartialDeliveryTests
{
    private static readonly AssociationOptions s_small = AssociationOptions.Rfc9260 with { ReceiveBufferSize = 40_000, HeartbeatInterval = TimeSpan.Zero, MaximumPathMtu = 0 };

    [Theory, Rfc(9260, "6.9"), Etsi("d-v-8-15")]
    [InlineData(false)]
    [InlineData(true)]
    public void A_message_longer_than_the_buffer_comes_in_parts_and_nothing_between_them(bool unordered)
    {
        Pair pair = new Pair(optionsOfZ: s_small).Established();
        byte[] message = Enumerable.Range(0, 500_000).Select(i => (byte)(i * 7)).ToArray();
        pair.A.Send(pair.Now, message, new SendOptions(3, 9, unordered));
        pair.A.Send(pair.Now, "after"u8, new SendOptions(4));
        List<(byte[] Bytes, bool IsEnd)> parts = ReadAll(pair, 500_005);
        Assert.True(parts.Count > 10);
        Assert.Equal("after"u8.ToArray(), parts[^1].Bytes);
        Assert.All(parts.SkipLast(2), part => Assert.False(part.IsEnd));
        Assert.True(parts[^2].IsEnd);
        Assert.Equal(message, parts.SkipLast(1).SelectMany(part => part.Bytes).ToArray());
        Assert.Equal(AssociationState.Established, pair.A.State);
        Assert.Equal(0, pair.EndpointZ.Buffers.Rented);
    }

    [Fact, Rfc(9260, "6.9"), Etsi("d-v-8-13"), Etsi("d-v-8-14")]
    public void A_message_within_the_point_comes_whole()
    {
        Pair pair = new Pair(optionsOfZ: AssociationOptions.Rfc9260 with { ReceiveBufferSize = 100_000, PartialDeliveryPoint = 100_000 }).Established();
        pair.A.Send(pair.Now, new byte[50_000], default);
        (byte[] bytes, bool isEnd) = Assert.Single(ReadAll(pair, 50_000));
        Assert.Equal((50_000, true), (bytes.Length, isEnd));
    }

    [Fact, Rfc(9260, "6.9")]
    public void The_end_of_the_association_is_the_end_of_a_message_in_parts()
    {
        Pair pair = new Pair(optionsOfZ: s_small).Established();
        pair.A.Send(pair.Now, new byte[100_000], new SendOptions(5));
        pair.Exchange();
        Assert.True(pair.Z.TryReceive(out ReceivedMessage? part));
        Assert.Equal((true, false), (part.BeginOfRecord, part.EndOfRecord));
        part.Dispose();
        pair.A.Abort(pair.Now);
        pair.Exchange();
        var events = new List<AssociationEvent>();
        while (pair.Z.TryGetEvent(out AssociationEvent? next))
        {
            events.Add(next);
        }

        Assert.Equal(new AssociationEvent.PartialDeliveryAborted(5, default), events[^2]);
        Assert.IsType<AssociationEvent.Closed>(events[^1]);
        while (pair.Receive(pair.Z) is not null)
        {
        }

        Assert.Equal(0, pair.EndpointZ.Buffers.Rented);
    }

    [Fact, Rfc(9260, "6.2"), Rfc(9260, "6.2.1")]
    public void A_full_buffer_gives_up_its_highest_TSN_for_one_that_fills_a_gap()
    {
        // Z holds twice its buffer at most, and the first message is missing, so nothing can be delivered. All of it comes
        // before Z can say that its window is closed.
        Pair pair = new Pair(optionsOfZ: AssociationOptions.Rfc9260 with { ReceiveBufferSize = 1 << 20 }).Established();
        var source = new DataSource(pair);
        byte[] first = source.Next();
        foreach (byte[] other in Enumerable.Range(0, 3000).Select(_ => source.Next()))
        {
            pair.EndpointZ.HandleDatagram(pair.Now, Pair.FromA, other);
        }

        long held = pair.EndpointZ.Buffers.Rented;
        Assert.True(pair.EndpointZ.Drops[DropReason.OutsideWindow] > 0);
        Assert.Equal(0, pair.EndpointZ.Drops[DropReason.Reneged]);
        pair.InjectToZ(first);
        Assert.True(pair.EndpointZ.Drops[DropReason.Reneged] >= 1);
        Assert.True(pair.EndpointZ.Buffers.Rented <= held);
        int delivered = 0;
        while (pair.Receive(pair.Z) is not null)
        {
            delivered++;
        }

        Assert.True(delivered > 900);
    }

    /// <summary>Data by hand, because a sender would keep to the window.</summary>
    private sealed class DataSource
    {
        private readonly VerificationTag _tag;
        private Tsn _tsn;
        private Ssn _ssn;

        public DataSource(Pair pair)
        {
            pair.A.Send(pair.Now, [1], default);
            pair.Arrow("A -> DATA -> Z");
            (_tag, _tsn) = (Packets.TagOf(pair.LastPacket), Packets.TsnOf(pair.LastPacket));
            pair.DropPending();
            pair.Receive(pair.Z);
        }

        public byte[] Next()
        {
            (_tsn, _ssn) = (_tsn.Next, _ssn.Next);
            return Packets.Data(_tag, _tsn, 0, _ssn, new byte[1000]);
        }
    }

    private static List<(byte[] Bytes, bool IsEnd)> ReadAll(Pair pair, int length)
    {
        var parts = new List<(byte[], bool)>();
        int read = 0;
        for (int i = 0; read < length && i < 100_000; i++)
        {
            pair.Exchange();
            while (pair.Z.TryReceive(out ReceivedMessage? message))
            {
                byte[] bytes = new byte[message.Length];
                int offset = 0;
                foreach (ReadOnlyMemory<byte> segment in message.Payload)
                {
                    segment.Span.CopyTo(bytes.AsSpan(offset));
                    offset += segment.Length;
                }

                read += bytes.Length;
                parts.Add((bytes, message.EndOfRecord));
                message.Dispose();
            }

            if (read < length)
            {
                pair.Exchange();
                pair.Advance(TimeSpan.FromMilliseconds(50));
            }
        }

        Assert.Equal(length, read);
        return parts;
    }
}
