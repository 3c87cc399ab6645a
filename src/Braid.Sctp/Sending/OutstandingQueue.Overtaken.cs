using System;
using Braid.Sctp.Wire;

namespace Braid.Sctp;

/// <summary>
/// The part of the queue that knows how far a SACK speaks. Where not all Gap Ack Blocks fit, the highest are left out (RFC 9260
/// §6.7): what lies beyond and was overtaken has left the network, but whether it has arrived only a later SACK says. It must not be sent
/// again, for most of it has arrived, nor take the place in the window of what is to be sent.
/// </summary>
internal sealed partial class OutstandingQueue
{
    private const int BlocksThatFit = 128;                   // into any SACK: a path of 576 bytes has room for them
    private const ushort AllKnown = ushort.MaxValue;

    // Offsets have 16 bits (TsnTracker.FarthestAhead), and there may be very many idle associations.
    private ushort _knownEnd = AllKnown;                     // offset: what lies beyond may have arrived, for all that the last SACK says
    private ushort _overtakenCount;
    private ushort _overtakenHint;                           // no chunk before this offset is overtaken

    private void SetKnownEnd(in SackChunk sack, int highestReported) =>
        _knownEnd = sack.GapCount + sack.NonRenegableCount > BlocksThatFit ? (ushort)Math.Max(highestReported, 0) : AllKnown;

    // SHUTDOWN says nothing of what lies beyond the Cumulative TSN Ack (§9.2): what the SACK before it said still holds.
    private void MoveKnownEnd(int advance) => _knownEnd = _knownEnd == AllKnown ? AllKnown : (ushort)Math.Max(_knownEnd - advance, 0);

    private void SetOvertaken(ref OutstandingChunk chunk, Tsn tsn, int offset)
    {
        EndFlight(ref chunk, tsn);
        _paths[chunk.Path].TryStopTiming(tsn, out _);
        chunk.State = ChunkState.Overtaken;
        chunk.IsUnmeasured = true;
        _overtakenHint = (ushort)(_overtakenCount == 0 ? offset : Math.Min(_overtakenHint, offset));
        _overtakenCount++;
    }

    /// <summary>A SACK speaks of more than the one before: what was overtaken there and is not reported is lost.</summary>
    private void ReviewOvertaken()
    {
        for (; _overtakenCount > 0 && _overtakenHint < _count && _overtakenHint <= _knownEnd; _overtakenHint++)
        {
            ref OutstandingChunk chunk = ref At(_overtakenHint);
            if (chunk.State == ChunkState.Overtaken)
            {
                SetLostByTime(ref chunk, _overtakenHint);
            }
        }
    }
}
