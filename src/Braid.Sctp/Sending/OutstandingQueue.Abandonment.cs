using System;
using Braid.Sctp.Wire;

namespace Braid.Sctp;

/// <summary>
/// The part of the queue that gives chunks up (RFC 3758 §3.5): they stay in the ring until the peer has skipped them, and count
/// for nothing. Owns the Advanced.Peer.Ack.Point.
/// </summary>
internal sealed partial class OutstandingQueue
{
    private int _forwardable;                                // chunks up to the Advanced.Peer.Ack.Point

    /// <summary>Advanced.Peer.Ack.Point: up to it, the peer shall consider everything as received (A1).</summary>
    public Tsn AdvancedAck => _cumulativeAck + _forwardable;

    /// <summary>Whether that is ahead of what the peer has acknowledged (C3).</summary>
    public bool IsAdvanced => _forwardable > 0;

    /// <summary>User data of the chunks that were given up and that the peer has not skipped yet, in bytes.</summary>
    public long AbandonedPayload
    {
        get
        {
            long bytes = 0;
            for (int offset = 0; offset < _count; offset++)
            {
                bytes += At(offset).State == ChunkState.Abandoned ? At(offset).Length : 0;
            }

            return bytes;
        }
    }

    /// <summary>The messages that its chunks are of.</summary>
    public OutboundMessagePool Messages => _messages;

    /// <summary>The message of the chunk that <see cref="TryPeekLost"/> gives.</summary>
    /// <param name="offset">The place of the chunk.</param>
    /// <param name="transmissions">How often it was sent.</param>
    /// <returns>Null when no chunk is lost.</returns>
    public OutboundMessage? PeekLostMessage(out int offset, out int transmissions)
    {
        offset = FindLost();
        transmissions = offset < 0 ? 0 : At(offset).Transmissions;
        return offset < 0 ? null : At(offset).Message;
    }

    /// <summary>The place of the last chunk of a record; -1 when none is outstanding.</summary>
    /// <param name="record">A record of which nothing was sent, or not its end: if messages are not interleaved, its chunks are the last ones.</param>
    public int FindLast(long record)
    {
        int offset = _count - 1;
        while (offset >= 0 && At(offset).Message.Record != record)
        {
            offset = At(offset).IsInterleaved ? offset - 1 : -1;
        }

        return offset;
    }

    /// <summary>Gives up every outstanding chunk of a record (A2, A3), and their messages.</summary>
    /// <param name="offset">
    /// The place of one of them. The others lie next to it, since TSNs of a record are consecutive (RFC 9260 §6.9); where messages
    /// are interleaved, they lie as far as the chunks that begin and end it (RFC 8260 §2.2.2).
    /// </param>
    /// <returns>Bytes of user data that the application no longer has to be charged for.</returns>
    public long Abandon(int offset)
    {
        long record = At(offset).Message.Record;
        long bytes = AbandonOne(offset);
        for (int i = offset; (At(i).Flags & DataFlags.Beginning) == 0 && TryFindBeside(record, -1, ref i);)
        {
            bytes += AbandonOne(i);
        }

        for (int i = offset; (At(i).Flags & DataFlags.Ending) == 0 && TryFindBeside(record, 1, ref i);)
        {
            bytes += AbandonOne(i);
        }

        return bytes;
    }

    /// <summary>
    /// Uses up one more TSN for a record of which the end will never be sent. Without a TSN that is missing, the peer would keep
    /// what it has, and take the next message for the rest of it (§3.6).
    /// </summary>
    /// <param name="message">A part of the record.</param>
    /// <param name="isInterleaved">Whether it goes out in I-DATA chunks.</param>
    public void AddAbandonedEnd(OutboundMessage message, bool isInterleaved)
    {
        if (_count == _ring.Length)
        {
            Grow();
        }

        message.FragmentsHeld++;
        At(_count) = new OutstandingChunk
        {
            Message = message,
            Flags = DataFlags.Ending | (message.Options.Unordered ? DataFlags.Unordered : 0),
            State = ChunkState.Abandoned,
            IsInterleaved = isInterleaved,
            WasFastRetransmitted = true,
        };
        _count++;
    }

    /// <summary>Moves the Advanced.Peer.Ack.Point as far as chunks were given up (C2).</summary>
    /// <param name="limit">It goes no further, as long as the peer has not acknowledged that.</param>
    public void Advance(Tsn? limit)
    {
        int most = limit?.DistanceFrom(_cumulativeAck) is > 0 and int distance ? distance : _count;
        while (_forwardable < most && At(_forwardable).State == ChunkState.Abandoned)
        {
            _forwardable++;
        }
    }

    /// <summary>
    /// Streams were reset (RFC 6525 §5.2.7 H4), which the peer does when it has, or has skipped, all that was sent before: none of
    /// it is named in a FORWARD TSN any more.
    /// </summary>
    /// <param name="streams">Which; none for all.</param>
    public void OnStreamsReset(ReadOnlySpan<StreamId> streams)
    {
        for (int offset = 0; offset < _count; offset++)
        {
            OutboundMessage message = At(offset).Message;
            message.IsBeforeReset |= streams.IsEmpty || streams.Contains(message.Options.Stream);
        }
    }

    /// <summary>
    /// The messages that are skipped up to the Advanced.Peer.Ack.Point: of each stream the last ordered one (C4), and where messages
    /// are interleaved, the last unordered one as well (RFC 8260 §2.3.1).
    /// </summary>
    /// <param name="skipped">Where they go. When there are more, the Advanced.Peer.Ack.Point is lowered to what fits.</param>
    /// <returns>How many there are.</returns>
    public int CollectSkipped(Span<SkippedMessage> skipped)
    {
        int count = 0;
        for (int offset = 0; offset < _forwardable; offset++)
        {
            ref OutstandingChunk chunk = ref At(offset);
            bool isUnordered = (chunk.Flags & DataFlags.Unordered) != 0;
            if ((isUnordered && !chunk.IsInterleaved) || chunk.Message.IsBeforeReset)
            {
                continue;
            }

            uint number = chunk.IsInterleaved ? chunk.Message.Mid.Value : chunk.Message.Ssn.Value;
            var message = new SkippedMessage(chunk.Message.Options.Stream, number, isUnordered);
            int known = 0;
            while (known < count && (skipped[known].Stream != message.Stream || skipped[known].Unordered != isUnordered))
            {
                known++;
            }

            if (known == skipped.Length)
            {
                _forwardable = offset;
                return count;
            }

            skipped[known] = message;
            count = Math.Max(count, known + 1);
        }

        return count;
    }

    /// <summary>
    /// The message on the wire that wants its room the least (<see cref="SendQueue.FindLeastWanted"/>); what the peer has
    /// reported as received is left alone.
    /// </summary>
    /// <inheritdoc cref="SendQueue.FindLeastWanted"/>
    /// <param name="reliability">Of the message that is to have room.</param>
    /// <param name="gain">More than this much, and how much lower its priority is.</param>
    /// <param name="offset">The place of a chunk of it.</param>
    /// <param name="bytes">User data in all such chunks.</param>
    public OutboundMessage? FindLeastWanted(in Reliability reliability, ref long gain, out int offset, out long bytes)
    {
        OutboundMessage? least = null;
        (offset, bytes) = (-1, 0);
        for (int i = 0; i < _count; i++)
        {
            ref OutstandingChunk chunk = ref At(i);
            long itsGain = chunk.State is ChunkState.InFlight or ChunkState.Overtaken or ChunkState.Lost ? reliability.GainOver(chunk.Message.Options.Reliability) : 0;
            bytes += itsGain > 0 ? chunk.Length : 0;
            if (itsGain > gain)
            {
                (gain, offset, least) = (itsGain, i, chunk.Message);
            }
        }

        return least;
    }

    private bool TryFindBeside(long record, int step, ref int offset)
    {
        bool isInterleaved = At(offset).IsInterleaved;
        do
        {
            offset += step;
        }
        while (isInterleaved && offset >= 0 && offset < _count && At(offset).Message.Record != record);
        return offset >= 0 && offset < _count && At(offset).Message.Record == record;
    }

    private int AbandonOne(int offset)
    {
        ref OutstandingChunk chunk = ref At(offset);
        int bytes = chunk.IsNonRenegable ? 0 : chunk.Length;
        SetAbandoned(ref chunk, TsnAt(offset));
        if (!chunk.Message.IsAbandoned)
        {
            _messages.Abandon(chunk.Message);
        }

        return bytes;
    }

    private void SetAbandoned(ref OutstandingChunk chunk, Tsn tsn)
    {
        // F5: what would have been found lost later slows its path down all the same.
        chunk.WasFastRetransmitted |= chunk.State is not (ChunkState.InFlight or ChunkState.Overtaken);
        EndState(ref chunk, tsn);
        chunk.Message.FragmentsSettled -= chunk.IsNonRenegable ? 1 : 0;
        chunk.IsNonRenegable = false;
        chunk.State = ChunkState.Abandoned;
        foreach (PathFlight flight in _paths)
        {
            flight.StopTimingFrom(tsn);                      // its acknowledgement may be FORWARD TSN's, as with Karn's rule
        }
    }

    private void ReviewAbandoned(ref OutstandingChunk chunk)
    {
        if (chunk.ReportedBy == _sackNumber || chunk.WasFastRetransmitted)
        {
            return;
        }

        chunk.MissingReports++;
        if (chunk.MissingReports >= MissingReportsForLoss)
        {
            chunk.WasFastRetransmitted = true;
            _paths[chunk.Path].LastAck.HasLoss |= !chunk.TookAnotherWay;     // F5
        }
    }
}
