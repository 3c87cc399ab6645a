using System;
using Braid.Core;

namespace Braid.Sctp;

/// <summary>
/// The part of the queue that is asked for one path of several that data takes at the same time: the TSNs of each rise, but those between them
/// are elsewhere.
/// </summary>
internal sealed partial class OutstandingQueue
{
    /// <summary>User data that the peer has and cannot deliver, since something before it is missing; in bytes, about.</summary>
    public long HeldByPeer
    {
        get
        {
            int inFlight = 0;
            foreach (PathFlight flight in _paths)
            {
                inFlight += flight.Chunks;
            }

            return inFlight == 0 ? 0 : _gapAckedCount * (PayloadInFlight / inFlight);      // chunks are as long as those on their way
        }
    }

    /// <summary>The highest TSN for which all that was last sent on a path up to there is acknowledged, or given up.</summary>
    /// <param name="path">The path.</param>
    /// <param name="until">How far to look.</param>
    /// <param name="known">How far that was known before; what is known now.</param>
    public Tsn AcknowledgedUpTo(int path, Tsn until, ref Tsn known)
    {
        known = known < _cumulativeAck ? _cumulativeAck : known;
        while (known < until)
        {
            int offset = OffsetOf(known.Next);
            if (offset >= _count)
            {
                break;
            }

            ref OutstandingChunk chunk = ref At(offset);
            if (chunk.Path == path && chunk.State is ChunkState.InFlight or ChunkState.Overtaken or ChunkState.Lost)
            {
                break;
            }

            known = known.Next;
        }

        return known;
    }

    /// <summary>The chunk behind the Cumulative TSN Ack Point, if it is on its way.</summary>
    /// <param name="path">Where.</param>
    /// <param name="sentAt">Since when.</param>
    /// <param name="transmissions">For the how manieth time.</param>
    public bool TryPeekHead(out int path, out Instant sentAt, out int transmissions)
    {
        (path, sentAt, transmissions) = (0, default, 0);
        if (_count == 0 || At(0).State != ChunkState.InFlight)
        {
            return false;
        }

        (path, sentAt, transmissions) = (At(0).Path, At(0).SentAt, At(0).Transmissions);
        return true;
    }

    /// <summary>Marks that chunk to be sent again, though nothing says that it is lost; not where it must not be sent once more (RFC 7496 §3.1).</summary>
    /// <returns>Its user data, in bytes; 0 where it is not marked.</returns>
    public int MarkHead()
    {
        ref OutstandingChunk chunk = ref At(0);
        if (chunk.Message.Options.Reliability is { Policy: ReliabilityPolicy.Retransmissions } reliability && chunk.Transmissions > reliability.Value)
        {
            return 0;
        }

        chunk.WasFastRetransmitted = true;
        SetLost(ref chunk, 0);
        return chunk.Length;
    }

    // How the SACK is read that is being taken in.
    [Flags]
    private enum SackReading : byte
    {
        Plain = 0,
        Timed = 1,                                           // it looks for losses by time
        Split = 2,                                           // what one path delivers says nothing of another one
    }

    // Split fast retransmit (draft-tuexen-tsvwg-sctp-multipath): HTNA is that of the path which a chunk was sent on.
    private bool IsElsewhere(in OutstandingChunk chunk, int offset) => _reading == SackReading.Split
        && !(_paths[chunk.Path] is { IsEarliestSeen: true, Rack: { } last } && TsnAt(offset) < last.HighestNew);

    private static void ObserveHighest(PathFlight flight, Tsn tsn)
    {
        RackDetector last = flight.Rack ??= new RackDetector();
        last.HighestNew = flight.IsEarliestSeen && tsn < last.HighestNew ? last.HighestNew : tsn;
    }
}
