using System;
using Braid.Sctp.Wire;

namespace Braid.Sctp;

/// <summary>What is known of a TSN that has arrived.</summary>
internal enum TsnVerdict : byte
{
    /// <summary>It has not been seen.</summary>
    New,

    /// <summary>It has been received before.</summary>
    Duplicate,

    /// <summary>Too far ahead to be reported in a SACK, or too many gaps are open already.</summary>
    OutOfWindow,
}

/// <summary>
/// Which TSNs have arrived (RFC 9260 §6.7): the cumulative one, the ranges beyond it, and the duplicates that the next
/// SACK reports.
/// </summary>
internal sealed class TsnTracker
{
    /// <summary>Ranges held at most: what is lost of the longest flight at 6 %. A SACK reports the lowest of them (§6.7).</summary>
    internal const int MaximumRanges = 4096;

    private const int MaximumDuplicates = 32;

    private readonly ushort _farthestAhead;

    private Tsn[] _duplicates = [];                          // these three stay empty while nothing is lost or comes twice
    private Range[] _ranges = [];
    private GapAckBlock[] _gaps = [];
    private byte _duplicateCount;                            // there may be very many idle associations

    /// <param name="initialTsn">The peer's first TSN.</param>
    /// <param name="isInterleaved">Whether user data comes in I-DATA chunks.</param>
    public TsnTracker(Tsn initialTsn, bool isInterleaved)
    {
        _farthestAhead = (ushort)FarthestAhead(isInterleaved);
        Restart(initialTsn);
    }

    private record struct Range(Tsn First, Tsn Last);

    /// <summary>The last TSN up to which all have arrived.</summary>
    public Tsn CumulativeAck { get; private set; }

    /// <summary>The highest TSN that an NR-SACK has reported as non-renegable, if any: nothing up to it is taken back any more.</summary>
    public Tsn Promised { get; set; }

    /// <summary>The highest TSN that has arrived.</summary>
    public Tsn Highest => GapCount == 0 ? CumulativeAck : _ranges[GapCount - 1].Last;

    /// <summary>Ranges beyond the cumulative ack.</summary>
    public int GapCount { get; private set; }

    /// <summary>Whether TSNs are missing.</summary>
    public bool HasGaps => GapCount > 0;

    /// <summary>Duplicates since the last SACK.</summary>
    public ReadOnlySpan<Tsn> Duplicates => _duplicates.AsSpan(0, _duplicateCount);

    /// <summary>
    /// How far a TSN may be beyond the cumulative one: as far as the 16 bits of a Gap Ack Block reach (RFC 9260 §3.3.4). In DATA
    /// chunks half as far: beyond, the SSNs of small ordered messages on one stream are so far apart that 16-bit serial numbers no longer
    /// say which comes first. MIDs have 32 bits (RFC 8260 §2.1).
    /// </summary>
    /// <param name="isInterleaved">Whether user data comes in I-DATA chunks.</param>
    public static int FarthestAhead(bool isInterleaved) => isInterleaved ? ushort.MaxValue : short.MaxValue;

    /// <summary>Whether a TSN is at most so far beyond the cumulative one.</summary>
    public bool IsInReach(Tsn tsn) => tsn.DistanceFrom(CumulativeAck) <= _farthestAhead;

    /// <summary>Says what a TSN is, and remembers a duplicate for the next SACK. Changes nothing else.</summary>
    public TsnVerdict Observe(Tsn tsn)
    {
        int distance = tsn.DistanceFrom(CumulativeAck);
        if (distance <= 0)
        {
            return OnDuplicate(tsn);
        }

        if (distance > _farthestAhead)
        {
            return TsnVerdict.OutOfWindow;
        }

        int index = FirstRangeEndingAtOrAfter(tsn.Previous);
        if (index < GapCount && _ranges[index].First <= tsn && tsn <= _ranges[index].Last)
        {
            return OnDuplicate(tsn);
        }

        bool extends = index < GapCount && (_ranges[index].Last.Next == tsn || _ranges[index].First == tsn.Next);
        return GapCount == MaximumRanges && !extends && distance != 1 ? TsnVerdict.OutOfWindow : TsnVerdict.New;
    }

    /// <summary>Whether a TSN has arrived. Changes nothing.</summary>
    public bool HasArrived(Tsn tsn)
    {
        if (tsn.DistanceFrom(CumulativeAck) <= 0)
        {
            return true;
        }

        int index = FirstRangeEndingAtOrAfter(tsn);
        return index < GapCount && _ranges[index].First <= tsn;
    }

    /// <summary>Accepts a TSN that is new.</summary>
    public void Accept(Tsn tsn)
    {
        if (tsn == CumulativeAck.Next)
        {
            CumulativeAck = tsn;
            if (GapCount > 0 && _ranges[0].First == tsn.Next)
            {
                CumulativeAck = _ranges[0].Last;
                RemoveRange(0);
            }

            return;
        }

        // The first range that reaches up to this TSN's neighbour below: it grows, or a new one goes before it.
        int index = FirstRangeEndingAtOrAfter(tsn.Previous);
        bool joinsBelow = index < GapCount && _ranges[index].Last.Next == tsn;
        int above = joinsBelow ? index + 1 : index;
        bool joinsAbove = above < GapCount && _ranges[above].First == tsn.Next;
        if (joinsBelow && joinsAbove)
        {
            _ranges[index].Last = _ranges[above].Last;
            RemoveRange(above);
        }
        else if (joinsBelow)
        {
            _ranges[index].Last = tsn;
        }
        else if (joinsAbove)
        {
            _ranges[above].First = tsn;
        }
        else
        {
            InsertRange(index, new Range(tsn, tsn));
        }
    }

    /// <summary>Takes back TSNs beyond the cumulative one that were accepted: they count as never received (§6.2).</summary>
    /// <returns>False when they are not there, or not one behind the other.</returns>
    public bool Renege(Tsn first, Tsn last)
    {
        int index = FirstRangeEndingAtOrAfter(first);
        if (index >= GapCount || first < _ranges[index].First || last > _ranges[index].Last)
        {
            return false;
        }

        Range range = _ranges[index];
        RemoveRange(index);
        if (last < range.Last)
        {
            InsertRange(index, new Range(last.Next, range.Last));
        }

        if (range.First < first)
        {
            InsertRange(index, new Range(range.First, first.Previous));
        }

        return true;
    }

    /// <summary>Whatever was missing up to a TSN will not come: the cumulative one is at least that.</summary>
    public void SkipTo(Tsn cumulative)
    {
        if (cumulative.DistanceFrom(CumulativeAck) <= 0)
        {
            return;
        }

        while (GapCount > 0 && _ranges[0].First <= cumulative.Next)
        {
            cumulative = _ranges[0].Last > cumulative ? _ranges[0].Last : cumulative;
            RemoveRange(0);
        }

        CumulativeAck = cumulative;
    }

    /// <summary>The peer goes on with another TSN: nothing of before counts any more (RFC 6525 §5.2.4 G4).</summary>
    public void Restart(Tsn next)
    {
        CumulativeAck = next.Previous;
        Promised = CumulativeAck;
        GapCount = 0;
        _duplicateCount = 0;
    }

    /// <summary>The Gap Ack Blocks of a SACK (§3.3.4), from the lowest; valid until the next call.</summary>
    /// <param name="maximum">How many fit.</param>
    public ReadOnlySpan<GapAckBlock> Gaps(int maximum)
    {
        int count = Math.Min(maximum, GapCount);
        if (_gaps.Length < count)
        {
            _gaps = new GapAckBlock[_ranges.Length];
        }

        for (int i = 0; i < count; i++)
        {
            _gaps[i] = new GapAckBlock(
                (ushort)_ranges[i].First.DistanceFrom(CumulativeAck), (ushort)_ranges[i].Last.DistanceFrom(CumulativeAck));
        }

        return _gaps.AsSpan(0, count);
    }

    /// <summary>The duplicates were reported.</summary>
    public void OnSackSent()
    {
        _duplicateCount = 0;
        Promised = Promised < CumulativeAck ? CumulativeAck : Promised;      // never so far behind that serial numbers turn round
    }

    private TsnVerdict OnDuplicate(Tsn tsn)
    {
        if (_duplicateCount < MaximumDuplicates)
        {
            if (_duplicates.Length == 0)
            {
                _duplicates = new Tsn[MaximumDuplicates];
            }

            _duplicates[_duplicateCount++] = tsn;
        }

        return TsnVerdict.Duplicate;
    }

    private int FirstRangeEndingAtOrAfter(Tsn tsn)
    {
        int low = 0;
        int high = GapCount;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (_ranges[middle].Last < tsn)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }

    private void InsertRange(int index, Range range)
    {
        if (GapCount == _ranges.Length)
        {
            Array.Resize(ref _ranges, Math.Max(8, _ranges.Length * 2));
        }

        Array.Copy(_ranges, index, _ranges, index + 1, GapCount - index);
        _ranges[index] = range;
        GapCount++;
    }

    private void RemoveRange(int index)
    {
        GapCount--;
        Array.Copy(_ranges, index + 1, _ranges, index, GapCount - index);
    }
}
