using System;
using System.Collections.Generic;
using Braid.Core;
using Braid.Sctp.Wire;

namespace Braid.Sctp.Tests.Receiving;

[Rfc(9260, "6.7")]
public sealed class TsnTrackerTests
{
    [Fact]
    public void Gaps_are_reported_relative_to_the_cumulative_ack()
    {
        // RFC 9260 §3.3.4, the example: 10, 11, 12 received, 13 missing, 14, 15 received, 16 missing, 17 received.
        var tracker = new TsnTracker(new Tsn(10), isInterleaved: true);
        foreach (uint tsn in new uint[] { 10, 11, 12, 14, 15, 17 })
        {
            Assert.Equal(TsnVerdict.New, tracker.Observe(new Tsn(tsn)));
            tracker.Accept(new Tsn(tsn));
        }

        Assert.Equal(new Tsn(12), tracker.CumulativeAck);
        Assert.Equal([new GapAckBlock(2, 3), new GapAckBlock(5, 5)], tracker.Gaps(10).ToArray());
        Assert.Equal([new GapAckBlock(2, 3)], tracker.Gaps(1).ToArray());
    }

    [Fact]
    public void Duplicates_are_reported_once()
    {
        var tracker = new TsnTracker(new Tsn(10), isInterleaved: true);
        tracker.Accept(new Tsn(10));
        tracker.Accept(new Tsn(12));
        Assert.Equal(TsnVerdict.Duplicate, tracker.Observe(new Tsn(10)));
        Assert.Equal(TsnVerdict.Duplicate, tracker.Observe(new Tsn(12)));
        Assert.Equal([new Tsn(10), new Tsn(12)], tracker.Duplicates.ToArray());
        tracker.OnSackSent();
        Assert.True(tracker.Duplicates.IsEmpty);
    }

    [Theory]
    [InlineData(false, 32_767)]
    [InlineData(true, 65_535)]
    public void A_TSN_that_no_block_could_name_or_whose_SSN_could_be_ambiguous_is_out_of_the_window(bool isInterleaved, int farthest)
    {
        var tracker = new TsnTracker(new Tsn(1), isInterleaved);
        Assert.Equal(TsnVerdict.New, tracker.Observe(new Tsn(0) + farthest));
        Assert.Equal(TsnVerdict.OutOfWindow, tracker.Observe(new Tsn(0) + (farthest + 1)));
        tracker.Accept(new Tsn(0) + farthest);
        Assert.Equal([new GapAckBlock((ushort)farthest, (ushort)farthest)], tracker.Gaps(1).ToArray());
    }

    [Fact]
    public void The_number_of_gaps_is_bounded_but_what_closes_one_is_taken()
    {
        var tracker = new TsnTracker(new Tsn(0), isInterleaved: true);
        for (int i = 1; i <= TsnTracker.MaximumRanges; i++)
        {
            tracker.Accept(new Tsn(0) + (2 * i));
        }

        Assert.Equal(TsnVerdict.OutOfWindow, tracker.Observe(new Tsn(0) + ((2 * TsnTracker.MaximumRanges) + 2)));
        Assert.Equal(TsnVerdict.New, tracker.Observe(new Tsn(0)));
        Assert.Equal(TsnVerdict.New, tracker.Observe(new Tsn(3)));
    }

    [Fact]
    public void It_agrees_with_a_set_of_numbers_over_300_seeds()
    {
        for (ulong seed = 0; seed < 300; seed++)
        {
            Check(seed);
        }
    }

    private static void Check(ulong seed)
    {
        var random = new SeededRandom(seed);
        var first = new Tsn(random.NextUInt32() | 0xFFFF_FF00);          // near the wrap
        var tracker = new TsnTracker(first, isInterleaved: true);
        var model = new SortedSet<int>();
        int cumulative = -1;
        for (int step = 0; step < 400; step++)
        {
            int offset = Math.Max(0, cumulative + random.NextInt32(40) - 5);
            Tsn tsn = first + offset;
            bool isNew = offset > cumulative && !model.Contains(offset);
            Assert.Equal(isNew ? TsnVerdict.New : TsnVerdict.Duplicate, tracker.Observe(tsn));
            if (isNew)
            {
                tracker.Accept(tsn);
                model.Add(offset);
                while (model.Remove(cumulative + 1))
                {
                    cumulative++;
                }
            }

            Assert.Equal(first + cumulative, tracker.CumulativeAck);
            Assert.Equal(model.Count > 0, tracker.HasGaps);
            Assert.Equal(first + (model.Count > 0 ? model.Max : cumulative), tracker.Highest);
        }

        var reported = new List<int>();
        foreach (GapAckBlock gap in tracker.Gaps(1000))
        {
            for (int i = gap.Start; i <= gap.End; i++)
            {
                reported.Add(cumulative + i);
            }
        }

        Assert.Equal(model, reported);
    }
}
