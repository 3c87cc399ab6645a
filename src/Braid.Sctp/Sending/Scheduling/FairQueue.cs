using System;

namespace Braid.Sctp;

/// <summary>
/// Streams by how much of their share they have used: a clock that goes as fast as shares are served (start-time fair queueing).
/// A stream's rank is where its next turn begins on that clock; a turn moves it by the bytes that were sent over the stream's
/// weight. Who was idle begins where the clock stands: nothing can be saved up. A stream is at most one turn ahead of its share.
/// </summary>
internal sealed class FairQueue
{
    private const int FractionBits = 16;                     // a weight of 65535 still tells bytes apart

    private readonly StreamHeap _streams = new();
    private long _clock;
    private long _furthest;                                  // where the last turn of all ends

    /// <summary>The stream that has used the least of its share.</summary>
    public OutboundStream? First => _streams.First;

    public void Add(OutboundStream stream)
    {
        if (_streams.First is null)
        {
            _clock = _furthest;                              // nobody waits: what there was is even
        }

        // What the stream used of its last turn, and not more: the clock may have gone round since.
        StreamRank? last = stream.Turn.Heap;
        long ahead = last is null ? 0 : unchecked(last.Rank - _clock);
        _streams.Add(stream, ahead > 0 && ahead <= last!.LastCharge ? last.Rank : _clock);
    }

    public void Remove(OutboundStream stream) => _streams.Remove(stream);

    /// <summary>A stream had its turn.</summary>
    /// <param name="stream">It.</param>
    /// <param name="bytes">What it sent.</param>
    /// <param name="weight">Its share, from 1.</param>
    /// <param name="hasMore">Whether it stays.</param>
    public void OnTurn(OutboundStream stream, long bytes, int weight, bool hasMore)
    {
        long charge = unchecked(Math.Max(1, (bytes << FractionBits) / weight));
        long end = unchecked(stream.Turn.Heap!.Rank + charge);
        _clock = stream.Turn.Heap!.Rank;
        _furthest = unchecked(end - _furthest) > 0 ? end : _furthest;
        stream.Turn.Heap!.LastCharge = charge;
        if (hasMore)
        {
            _streams.Move(stream, end);
        }
        else
        {
            _streams.Remove(stream);
            stream.Turn.Heap!.Rank = end;
        }
    }
}
