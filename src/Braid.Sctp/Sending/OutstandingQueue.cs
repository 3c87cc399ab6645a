using System;
using Braid.Core;
using Braid.Sctp.Wire;

namespace Braid.Sctp;

/// <summary>
/// Every DATA chunk from its first transmission to its cumulative acknowledgement: a ring indexed by TSN. Owns TSN
/// assignment, gap reports, missing reports, what is in flight on each path, and the round trip that is being measured.
/// </summary>
internal sealed partial class OutstandingQueue
{
    private const int MissingReportsForLoss = 3;             // RFC 9260 §7.2.4

    private readonly OutboundMessagePool _messages;
    private OutstandingChunk[] _ring = new OutstandingChunk[1];  // a power of two; small, for most associations send little at a time
    private PathFlight[] _paths = [];                        // as many as were sent on
    private int _head;                                       // ring slot of _cumulativeAck + 1
    private int _count;
    private int _gapAckedCount;
    private int _lostCount;
    private int _lostHint;                                   // no chunk before this offset is lost
    private int _highestGapAcked = -1;                       // offset; -1 when there is none
    private uint _sackNumber;
    private Instant _now;                                    // of the SACK that is being taken in
    private SackReading _reading;
    private Tsn _cumulativeAck;
    private FormerTsns? _former;                             // nearly always none

    public OutstandingQueue(Tsn initialTsn, OutboundMessagePool messages)
    {
        _messages = messages;
        _cumulativeAck = initialTsn.Previous;                // §5.1
    }

    /// <summary>The Cumulative TSN Ack Point.</summary>
    public Tsn CumulativeAck => _cumulativeAck;

    /// <summary>The highest TSN that was sent; the cumulative ack when nothing is outstanding.</summary>
    public Tsn HighestTsn => _cumulativeAck + _count;

    /// <summary>Chunks outstanding.</summary>
    public int Count => _count;

    /// <summary>Whether everything sent is cumulatively acknowledged.</summary>
    public bool IsEmpty => _count == 0;

    /// <summary>Whether chunks wait for their retransmission.</summary>
    public bool HasLost => _lostCount > 0;

    /// <summary>User data in flight on all paths, in bytes: what counts against the peer's window.</summary>
    public long PayloadInFlight { get; private set; }

    /// <summary>Gap-acked chunks: the peer's buffer holds them.</summary>
    public int GapAckedCount => _gapAckedCount;

    /// <summary>Bytes of DATA chunks in flight on a path: what counts against its cwnd.</summary>
    public long InFlightOn(int path) => path < _paths.Length ? _paths[path].InFlight : 0;

    /// <summary>Whether the last accepted SACK acknowledged anything on a path, be it sent before the path began anew.</summary>
    public bool WasAcknowledgedOn(int path) => path < _paths.Length && _paths[path].IsEarliestSeen;

    /// <summary>What the last accepted SACK did to a path.</summary>
    public PathAck LastAckOn(int path) => path < _paths.Length ? _paths[path].LastAck : new PathAck { TimedSince = Instant.Never };

    /// <summary>Gives a fragment its TSN: it is in flight now.</summary>
    public OutgoingChunk Add(Instant now, in Fragment fragment, int path)
    {
        if (_count == _ring.Length)
        {
            Grow();
        }

        Tsn tsn = HighestTsn.Next;
        ref OutstandingChunk chunk = ref At(_count);
        chunk = new OutstandingChunk
        {
            Message = fragment.Message,
            Offset = fragment.Offset,
            Length = fragment.Length,
            Flags = fragment.Flags,
            Path = (short)path,
            Transmissions = 1,
            Fsn = fragment.Fsn ?? 0,
            IsInterleaved = fragment.Fsn is not null,
        };
        _count++;
        BeginFlight(ref chunk, tsn, now);
        FlightOf(path).StartTiming(now, tsn);                // C4: one measurement for each round trip
        return ToOutgoing(chunk, tsn);
    }

    /// <summary>The path that a TSN was last sent on; null when it is acknowledged.</summary>
    public int? PathOf(Tsn tsn)
    {
        int offset = tsn.DistanceFrom(_cumulativeAck) - 1;
        return offset >= 0 && offset < _count ? At(offset).Path : null;
    }

    /// <summary>The next chunk to retransmit.</summary>
    public bool TryPeekLost(out LostChunk lost)
    {
        int offset = FindLost();
        if (offset < 0)
        {
            lost = default;
            return false;
        }

        ref OutstandingChunk chunk = ref At(offset);
        lost = new LostChunk(chunk.WireLength, chunk.Path, ByTimeout: !chunk.WasFastRetransmitted, chunk.Message.Options.KeyId);
        return true;
    }

    /// <summary>Takes the lowest lost chunk: it is in flight again, on <paramref name="path"/>.</summary>
    /// <param name="now">The current instant.</param>
    /// <param name="path">Where it is sent this time.</param>
    /// <param name="isEarliest">Whether it has the lowest outstanding TSN of that path: T3-rtx restarts (§6.1).</param>
    public OutgoingChunk TakeLost(Instant now, int path, out bool isEarliest)
    {
        int offset = FindLost();
        ref OutstandingChunk chunk = ref At(offset);
        Tsn tsn = TsnAt(offset);
        chunk.WasSentElsewhere |= chunk.Path != path;
        chunk.Path = (short)path;
        chunk.Transmissions++;
        chunk.IsUnmeasured = false;
        chunk.TookAnotherWay = false;
        chunk.MissingReports = 0;
        _lostCount--;
        _lostHint = offset + 1;
        BeginFlight(ref chunk, tsn, now);
        foreach (PathFlight other in _paths)
        {
            other.StopTimingFrom(tsn);                       // C5 (Karn): no measurement across a retransmission
        }

        isEarliest = IsEarliestOn(path, offset);
        return ToOutgoing(chunk, tsn);
    }

    /// <summary>Marks everything in flight on a path as lost (§6.3.3 E3).</summary>
    /// <returns>User data marked, in bytes.</returns>
    public long MarkLost(int path)
    {
        long bytes = 0;
        for (int offset = 0; offset < _count; offset++)
        {
            ref OutstandingChunk chunk = ref At(offset);
            if (chunk.State is ChunkState.InFlight or ChunkState.Overtaken && chunk.Path == path)
            {
                bytes += chunk.State == ChunkState.InFlight ? chunk.Length : 0;
                SetLost(ref chunk, offset);

                // A time-out begins anew: what was fast retransmitted before may be so again.
                chunk.WasFastRetransmitted = false;
                chunk.MissingReports = 0;
            }
        }

        FlightOf(path).StopTiming();
        return bytes;
    }

    /// <summary>Takes in a SACK (§6.2.1).</summary>
    /// <param name="now">The current instant.</param>
    /// <param name="sack">The chunk.</param>
    /// <param name="inFastRecovery">Whether fast recovery goes on: then a SACK that advances counts for every missing TSN.</param>
    /// <param name="isTimed">Whether losses are found by time: then missing reports do not count, and detectors are told of deliveries.</param>
    /// <param name="isSplit">Whether data takes several paths at the same time: then what is delivered on one reports nothing missing on another one.</param>
    public AckOutcome Acknowledge(Instant now, in SackChunk sack, bool inFastRecovery, bool isTimed = false, bool isSplit = false)
    {
        int advance = sack.CumulativeAck.DistanceFrom(_cumulativeAck);
        if (advance < 0)
        {
            return new AckOutcome(AckVerdict.Outdated);
        }

        if (advance > _count)
        {
            return OnUnsent(now, sack.CumulativeAck);
        }

        BeginSack(now, isTimed, isSplit);
        (long released, bool hasNewAck, bool hasSkipped) = AcknowledgeUpTo(advance);
        GapReport gaps = ApplyGaps(sack);
        released += gaps.Released;
        hasNewAck |= gaps.HighestNew >= 0;
        SetKnownEnd(sack, gaps.HighestReported);

        // §7.2.4 (HTNA): only TSNs below the highest newly acknowledged one count as missing; in fast recovery, when the
        // Cumulative TSN Ack Point advances, all that the SACK shows missing.
        int missingBelow = inFastRecovery && advance > 0 ? gaps.HighestReported : gaps.HighestNew;

        // SACKs that come back on several paths overtake each other. One that tells of nothing new was overtaken, and takes nothing back:
        // what the peer has dropped is missing in the next one that does, and before the chunk behind the Cumulative TSN Ack Point is
        // acknowledged there is one.
        bool isOvertaken = isSplit && advance == 0 && gaps.HighestNew < 0;
        long unreported = ReviewMissing(missingBelow, gaps.HighestReported, isOvertaken);
        ReviewOvertaken();
        return new AckOutcome(
            IsPromiseBroken ? AckVerdict.BreaksPromise : AckVerdict.Accepted, advance > 0, released, hasNewAck, hasSkipped, unreported);
    }

    /// <summary>Takes in the Cumulative TSN Ack of a SHUTDOWN chunk (§9.2), which says nothing about gaps.</summary>
    public AckOutcome AcknowledgeCumulative(Instant now, Tsn cumulativeAck, bool isTimed = false)
    {
        int advance = cumulativeAck.DistanceFrom(_cumulativeAck);
        if (advance < 0)
        {
            return new AckOutcome(AckVerdict.Outdated);
        }

        if (advance > _count)
        {
            return OnUnsent(now, cumulativeAck);
        }

        BeginSack(now, isTimed);
        (long released, bool hasNewAck, bool hasSkipped) = AcknowledgeUpTo(advance);
        MoveKnownEnd(advance);
        ReviewOvertaken();
        return new AckOutcome(IsPromiseBroken ? AckVerdict.BreaksPromise : AckVerdict.Accepted, advance > 0, released, hasNewAck, hasSkipped);
    }

    /// <summary>Lets everything go.</summary>
    public void Clear()
    {
        while (_count > 0)
        {
            _messages.FailFragment(At(0).Message, At(0).IsNonRenegable);
            RemoveHead();
        }

        foreach (PathFlight flight in _paths)
        {
            flight.Clear();
        }

        PayloadInFlight = 0;
        _gapAckedCount = 0;
        _lostCount = 0;
        _overtakenCount = 0;
        _forwardable = 0;
        _highestGapAcked = -1;
    }

    /// <summary>Nothing is outstanding, and the next chunk has another TSN than the one that would follow (RFC 6525 §5.2.7 H5).</summary>
    /// <param name="next">Its TSN.</param>
    /// <param name="until">From when on nothing can come any more that acknowledges the TSNs of before.</param>
    public void Restart(Tsn next, Instant until)
    {
        Invariant.Check(IsEmpty, "TSNs began anew while some were outstanding");
        _former = new FormerTsns(_cumulativeAck, until);
        _cumulativeAck = next.Previous;
        foreach (PathFlight flight in _paths)
        {
            flight.Rack = null;                              // it compares TSNs
        }
    }

    private AckOutcome OnUnsent(Instant now, Tsn cumulativeAck) =>
        new(_former?.Includes(cumulativeAck, now) == true ? AckVerdict.Outdated : AckVerdict.AcknowledgesUnsent);

    private void BeginSack(Instant now, bool isTimed, bool isSplit = false)
    {
        _sackNumber++;
        _now = now;
        _reading = (isTimed ? SackReading.Timed : SackReading.Plain) | (isSplit ? SackReading.Split : SackReading.Plain);
        foreach (PathFlight flight in _paths)
        {
            flight.BeginSack();
        }
    }

    private (long Released, bool HasNewAck, bool HasSkipped) AcknowledgeUpTo(int advance)
    {
        long released = 0;
        bool hasNewAck = false;
        bool hasSkipped = false;
        for (int i = 0; i < advance; i++)
        {
            ref OutstandingChunk chunk = ref At(0);
            if (chunk.State == ChunkState.GapAcked)
            {
                _gapAckedCount--;
            }
            else if (chunk.State != ChunkState.Abandoned)
            {
                hasNewAck = true;
                OnNewlyAcknowledged(ref chunk, TsnAt(0));
            }

            if (chunk.State == ChunkState.Abandoned)
            {
                hasSkipped = true;                           // its bytes were released when it was given up
            }
            else if (!chunk.IsNonRenegable)
            {
                released += chunk.Length;
            }

            _messages.ReleaseFragment(chunk.Message, chunk.IsNonRenegable);
            RemoveHead();
        }

        _lostHint = Math.Max(0, _lostHint - advance);
        _overtakenHint = (ushort)Math.Max(0, _overtakenHint - advance);
        _highestGapAcked = Math.Max(-1, _highestGapAcked - advance);
        _forwardable = Math.Max(0, _forwardable - advance);
        return (released, hasNewAck, hasSkipped);
    }

    /// <summary>Counts missing reports and finds what the peer has taken back, in one walk from the lowest TSN.</summary>
    /// <param name="missingBelow">Unreported chunks before this offset are missing.</param>
    /// <param name="highestReported">The last offset that the SACK reports, or -1.</param>
    /// <param name="isOvertaken">Whether the SACK is older than another one that has come.</param>
    /// <returns>User data that the peer has, for all that we know, and that this SACK does not report, in bytes.</returns>
    private long ReviewMissing(int missingBelow, int highestReported, bool isOvertaken)
    {
        int end = Math.Max(missingBelow, _highestGapAcked + 1);
        _highestGapAcked = highestReported;
        long unreported = 0;
        for (int offset = 0; offset < end; offset++)
        {
            ref OutstandingChunk chunk = ref At(offset);
            if (chunk.State == ChunkState.GapAcked && chunk.ReportedBy != _sackNumber)
            {
                if (chunk.IsNonRenegable || offset > _knownEnd || isOvertaken)
                {
                    unreported += chunk.Length;
                    _highestGapAcked = Math.Max(_highestGapAcked, offset);
                    continue;
                }

                TakeBack(ref chunk, offset);                 // §6.2.1 D iii: it counts as one missing report
            }
            else if (chunk.State == ChunkState.InFlight && offset < missingBelow && !IsElsewhere(chunk, offset))
            {
                chunk.MissingReports = (byte)Math.Min(chunk.MissingReports + 1, MissingReportsForLoss);
            }
            else if (chunk.State == ChunkState.Abandoned && offset < missingBelow)
            {
                ReviewAbandoned(ref chunk);
                continue;
            }
            else
            {
                continue;
            }

            if (chunk.MissingReports >= MissingReportsForLoss && !chunk.WasFastRetransmitted && (_reading & SackReading.Timed) == 0)
            {
                chunk.WasFastRetransmitted = true;
                _paths[chunk.Path].OnLost(chunk);
                SetLost(ref chunk, offset);
            }
        }

        return unreported;
    }

    private void OnNewlyAcknowledged(ref OutstandingChunk chunk, Tsn tsn, int offset = 0)
    {
        PathFlight flight = _paths[chunk.Path];
        ref PathAck ack = ref flight.LastAck;
        if (_reading == SackReading.Split)
        {
            ObserveHighest(flight, tsn);
        }

        if (!flight.IsEarliestSeen)
        {
            ack.AcknowledgedEarliest = offset == 0 || IsEarliestOn(chunk.Path, offset);
            flight.IsEarliestSeen = true;
        }

        ack.IsCertain |= !chunk.WasSentElsewhere && !((_reading & SackReading.Split) != 0 && chunk.State == ChunkState.Lost);
        if (flight.TryStopTiming(tsn, out Instant since))
        {
            ack.TimedSince = since;
        }

        flight.OnDelivered(_now, chunk);
        ObserveDelivery(flight, chunk, tsn);
        EndState(ref chunk, tsn);
    }

    /// <summary>A chunk goes on to another state.</summary>
    private void EndState(ref OutstandingChunk chunk, Tsn tsn)
    {
        switch (chunk.State)
        {
            case ChunkState.InFlight:
                EndFlight(ref chunk, tsn);
                break;
            case ChunkState.Overtaken:
                _overtakenCount--;
                break;
            case ChunkState.Lost:
                _lostCount--;
                break;
            case ChunkState.GapAcked:
                _gapAckedCount--;
                break;
        }
    }

    private void SetLost(ref OutstandingChunk chunk, int offset)
    {
        EndState(ref chunk, TsnAt(offset));
        chunk.State = ChunkState.Lost;
        _lostHint = _lostCount == 0 ? offset : Math.Min(_lostHint, offset);
        _lostCount++;
    }

    private void TakeBack(ref OutstandingChunk chunk, int offset)
    {
        chunk.MissingReports = (byte)Math.Min(chunk.MissingReports + 1, MissingReportsForLoss);
        _gapAckedCount--;

        // As if it were sent now: a SACK that was overtaken on its way looks the same. Its delivery measures nothing.
        chunk.IsUnmeasured = true;
        BeginFlight(ref chunk, TsnAt(offset), _now);
        _paths[chunk.Path].LastAck.HasReneged = true;
    }

    private bool IsEarliestOn(int path, int offset)
    {
        for (int i = 0; i < offset; i++)
        {
            ref OutstandingChunk chunk = ref At(i);
            if (chunk.Path == path && chunk.State is ChunkState.InFlight or ChunkState.Overtaken or ChunkState.Lost)
            {
                return false;
            }
        }

        return true;
    }

    private int FindLost()
    {
        if (_lostCount == 0)
        {
            return -1;
        }

        int offset = _lostHint;
        while (At(offset).State != ChunkState.Lost)
        {
            offset++;
        }

        _lostHint = offset;
        return offset;
    }

    private PathFlight FlightOf(int path)
    {
        while (_paths.Length <= path)
        {
            _paths = [.. _paths, new PathFlight()];
        }

        return _paths[path];
    }

    private Tsn TsnAt(int offset) => _cumulativeAck + (offset + 1);

    private ref OutstandingChunk At(int offset) => ref _ring[(_head + offset) & (_ring.Length - 1)];

    private void RemoveHead()
    {
        At(0).Message = null!;                               // nothing in the ring may keep a message object alive
        _head = (_head + 1) & (_ring.Length - 1);
        _count--;
        _cumulativeAck = _cumulativeAck.Next;
    }

    private void Grow()
    {
        var larger = new OutstandingChunk[_ring.Length * 2];
        for (int offset = 0; offset < _count; offset++)
        {
            larger[offset] = At(offset);
        }

        _ring = larger;
        _head = 0;
    }

    private static OutgoingChunk ToOutgoing(in OutstandingChunk chunk, Tsn tsn)
    {
        ref readonly SendOptions options = ref chunk.Message.Options;
        var header = new DataHeader(tsn, options.Stream, chunk.Message.Ssn, options.Ppid, chunk.Flags);
        return new OutgoingChunk(header, chunk.Message, chunk.Offset, chunk.Length, chunk.IsInterleaved ? chunk.Fsn : null);
    }
}
