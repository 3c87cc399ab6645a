using System;
using System.Collections.Generic;
using System.Linq;
using Braid.Core;
using Braid.Sctp.Wire;

namespace Braid.Sctp.Tests.Sending;

[Rfc(9260, "6.2.1")]
[Rfc(9260, "7.2.4")]
public sealed class OutstandingQueueModelTests
{
    private const int Length = 100;

    private static readonly Instant s_now = new(TimeSpan.TicksPerSecond);

    /// <summary>The naive model: a list of chunks, and nothing remembered between SACKs but their states.</summary>
    private sealed class Chunk
    {
        public ChunkState State = ChunkState.InFlight;
        public int Missing;
        public bool WasFastRetransmitted;
        public bool IsNonRenegable;
    }

    [Fact]
    public void The_ring_agrees_with_a_list_over_300_seeds()
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
        for (int step = 0; step < 300; step++)
        {
            switch (random.NextInt32(4))
            {
                case 0 or 1:
                    queue.Add(s_now, Whole.Message(messages, buffers, Length), 0);
                    model.Add(new Chunk());
                    break;
                case 2:
                    Sack(random, queue, model);
                    break;
                default:
                    Retransmit(random, queue, model);
                    break;
            }

            Assert.Equal(model.Count, queue.Count);
            Assert.Equal(model.Count(chunk => chunk.State == ChunkState.InFlight) * Length, queue.PayloadInFlight);
            Assert.Equal(model.Count(chunk => chunk.State == ChunkState.InFlight) * DataChunk.LengthOnWire(Length), queue.InFlightOn(0));
            Assert.Equal(model.Any(chunk => chunk.State == ChunkState.Lost), queue.HasLost);
            Assert.Equal(model.Count(chunk => chunk.State == ChunkState.GapAcked), queue.GapAckedCount);
            Assert.Equal(model.Count(chunk => !chunk.IsNonRenegable), buffers.Rented);
        }

        queue.Clear();
        Assert.Equal(0, buffers.Rented);
    }

    private static void Retransmit(SeededRandom random, OutstandingQueue queue, List<Chunk> model)
    {
        if (random.NextInt32(5) == 0)
        {
            queue.MarkLost(0);
            foreach (Chunk chunk in model.Where(chunk => chunk.State == ChunkState.InFlight))
            {
                (chunk.State, chunk.Missing, chunk.WasFastRetransmitted) = (ChunkState.Lost, 0, false);
            }
        }

        if (!queue.TryPeekLost(out LostChunk lost))
        {
            return;
        }

        int lowest = model.FindIndex(chunk => chunk.State == ChunkState.Lost);
        Assert.Equal(new LostChunk(DataChunk.LengthOnWire(Length), 0, !model[lowest].WasFastRetransmitted), lost);
        OutgoingChunk sent = queue.TakeLost(s_now, 0, out bool isEarliest);
        Assert.Equal(queue.CumulativeAck + (lowest + 1), sent.Header.Tsn);
        Assert.Equal(model.Take(lowest).All(chunk => chunk.State == ChunkState.GapAcked), isEarliest);
        (model[lowest].State, model[lowest].Missing) = (ChunkState.InFlight, 0);
    }

    private static void Sack(SeededRandom random, OutstandingQueue queue, List<Chunk> model)
    {
        int advance = model.Count == 0 ? 0 : random.NextInt32(Math.Min(4, model.Count + 1));
        while (advance < model.Count && model[advance].IsNonRenegable)
        {
            advance++;                                       // what the peer has for good is not what it misses
        }

        bool inRecovery = random.NextInt32(2) == 0;
        bool isNrSack = random.NextInt32(4) == 0;
        List<GapAckBlock> gaps = DrawGaps(random, model.Count - advance);
        List<GapAckBlock> forGood = gaps.FindAll(_ => isNrSack && random.NextInt32(2) == 0);
        AckOutcome outcome = Acknowledge(queue, queue.CumulativeAck + advance, gaps, forGood, inRecovery);
        Assert.Equal(AckVerdict.Accepted, outcome.Verdict);
        int held = model.Count(chunk => !chunk.IsNonRenegable);
        model.RemoveRange(0, advance);
        foreach (int i in forGood.SelectMany(gap => Enumerable.Range(gap.Start - 1, gap.End - gap.Start + 1)))
        {
            model[i].IsNonRenegable = true;
        }

        Assert.Equal((held - model.Count(chunk => !chunk.IsNonRenegable)) * (long)Length, outcome.ReleasedBytes);
        var reported = new HashSet<int>(gaps.SelectMany(gap => Enumerable.Range(gap.Start - 1, gap.End - gap.Start + 1)));
        int highestNew = reported.Where(i => model[i].State != ChunkState.GapAcked).DefaultIfEmpty(-1).Max();
        int below = inRecovery && advance > 0 ? reported.DefaultIfEmpty(-1).Max() : highestNew;
        for (int i = 0; i < model.Count; i++)
        {
            Chunk chunk = model[i];
            if (reported.Contains(i))
            {
                chunk.State = ChunkState.GapAcked;
                continue;
            }

            bool isTakenBack = chunk.State == ChunkState.GapAcked && !chunk.IsNonRenegable;
            if (isTakenBack || (chunk.State == ChunkState.InFlight && i < below))
            {
                chunk.State = ChunkState.InFlight;
                chunk.Missing++;
                if (chunk.Missing >= 3 && !chunk.WasFastRetransmitted)
                {
                    (chunk.State, chunk.WasFastRetransmitted) = (ChunkState.Lost, true);
                }
            }
        }
    }

    private static List<GapAckBlock> DrawGaps(SeededRandom random, int count)
    {
        var gaps = new List<GapAckBlock>();
        for (int start = 2 + random.NextInt32(4); start <= count && gaps.Count < 4; start += 2 + random.NextInt32(4))
        {
            int end = Math.Min(count, start + random.NextInt32(3));
            gaps.Add(new GapAckBlock((ushort)start, (ushort)end));
            start = end;
        }

        return gaps;
    }

    private static AckOutcome Acknowledge(
        OutstandingQueue queue, Tsn cumulativeAck, List<GapAckBlock> gaps, List<GapAckBlock> forGood, bool inRecovery)
    {
        var bytes = new byte[200];
        var packet = new PacketWriter(bytes, 1, 2, default);
        NrSackChunk.Write(ref packet, cumulativeAck, 1000, gaps.Except(forGood).ToArray(), forGood.ToArray(), []);
        new ChunkReader(bytes.AsSpan(PacketHeader.Length, packet.Length - PacketHeader.Length)).TryRead(out ChunkView view);
        NrSackChunk.TryRead(view, out NrSackChunk sack);
        return queue.Acknowledge(s_now, sack.Sack, inRecovery);
    }
}
