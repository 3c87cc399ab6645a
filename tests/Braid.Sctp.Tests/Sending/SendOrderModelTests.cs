using System;
using System.Collections.Generic;
using System.Linq;
using Braid.Core;
using Braid.Sctp.Wire;

namespace Braid.Sctp.Tests.Sending;

[Rfc(8985, "6.2")]
public sealed class SendOrderModelTests
{
    private const int Length = 100;

    /// <summary>The naive model: when each chunk in flight was sent last; nothing for one that is not in flight.</summary>
    private sealed class Chunk
    {
        public Instant? SentAt;
        public bool IsAcknowledged;
    }

    [Fact]
    public void What_is_lost_is_what_a_look_at_everything_would_find_over_300_seeds()
    {
        for (ulong seed = 0; seed < 300; seed++)
        {
            Check(seed);
        }
    }

    private static void Check(ulong seed)
    {
        var random = new SeededRandom(seed);
        var buffers = new BufferPool();
        var messages = new OutboundMessagePool(Real.Context());
        var queue = new OutstandingQueue(new Tsn(uint.MaxValue - 20), messages);
        var model = new List<Chunk>();
        Instant now = new(TimeSpan.TicksPerSecond);
        for (int step = 0; step < 300; step++)
        {
            now += TimeSpan.FromMilliseconds(1 + random.NextInt32(5));
            switch (random.NextInt32(4))
            {
                case 0 or 1:
                    queue.Add(now, Whole.Message(messages, buffers, Length), 0);
                    model.Add(new Chunk { SentAt = now });
                    break;
                case 2:
                    Deliver(random, queue, model, now);
                    break;
                case 3 when queue.HasLost:
                    Tsn tsn = queue.TakeLost(now, 0, out _).Header.Tsn;
                    model[tsn.DistanceFrom(queue.CumulativeAck) - 1].SentAt = now;
                    break;
            }

            Detect(queue, model, now);
            Instant? oldest = model.Min(chunk => chunk.SentAt);
            Assert.Equal(oldest is not null, queue.InFlightOn(0) > 0);
            Assert.True(oldest is null || queue.OldestOn(0) == oldest);
        }

        queue.Clear();
        Assert.Equal(0, buffers.Rented);
    }

    /// <summary>A SACK for some of what is in flight, and for all that it had reported before.</summary>
    private static void Deliver(SeededRandom random, OutstandingQueue queue, List<Chunk> model, Instant now)
    {
        foreach (Chunk chunk in model)
        {
            if (random.NextInt32(4) == 0)
            {
                (chunk.IsAcknowledged, chunk.SentAt) = (true, null);
            }
        }

        int advance = model.TakeWhile(chunk => chunk.IsAcknowledged).Count();
        Tsn cumulativeAck = queue.CumulativeAck + advance;
        model.RemoveRange(0, advance);
        GapAckBlock[] gaps = [.. Enumerable.Range(1, model.Count).Where(i => model[i - 1].IsAcknowledged).Select(i => new GapAckBlock((ushort)i, (ushort)i))];
        var bytes = new byte[4000];
        var packet = new PacketWriter(bytes, 1, 2, default);
        Assert.True(SackChunk.Write(ref packet, cumulativeAck, 1000, gaps, []));
        new ChunkReader(bytes.AsSpan(PacketHeader.Length, packet.Length - PacketHeader.Length)).TryRead(out ChunkView view);
        SackChunk.TryRead(view, out SackChunk sack);
        Assert.Equal(AckVerdict.Accepted, queue.Acknowledge(now, sack, inFastRecovery: false, isTimed: true).Verdict);
    }

    private static void Detect(OutstandingQueue queue, List<Chunk> model, Instant now)
    {
        if (queue.RackOn(0) is not { } rack)
        {
            return;
        }

        TimeSpan window = TimeSpan.FromMilliseconds(3);
        int expected = 0;
        Instant next = Instant.Never;
        for (int i = 0; i < model.Count; i++)
        {
            if (model[i].SentAt is not { } sentAt || !rack.IsOvertaken(sentAt, queue.CumulativeAck + (i + 1)))
            {
                continue;
            }

            Instant due = sentAt + rack.RoundTrip + window;
            if (due <= now)
            {
                expected += Length;
                model[i].SentAt = null;
            }
            else
            {
                next = Instant.Min(next, due);
            }
        }

        Assert.Equal(expected, queue.DetectLosses(0, now, window));
        Assert.Equal(next, rack.ReviewAt);
    }
}
