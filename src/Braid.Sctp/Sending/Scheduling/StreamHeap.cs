using System;

namespace Braid.Sctp;

/// <summary>
/// Streams by rank, then by the order in which they came in: each change takes as many steps as the logarithm of their number.
/// Ranks are compared as serial numbers, so that one that only grows may wrap.
/// </summary>
internal sealed class StreamHeap
{
    private OutboundStream[] _streams = new OutboundStream[4];
    private int _count;
    private long _lastOrder;

    /// <summary>The stream of the lowest rank; null when there is none.</summary>
    public OutboundStream? First => _count == 0 ? null : _streams[0];

    /// <summary>Puts a stream in, behind others of its rank.</summary>
    public void Add(OutboundStream stream, long rank)
    {
        if (_count == _streams.Length)
        {
            Array.Resize(ref _streams, _count * 2);
        }

        StreamRank place = stream.Turn.Heap ??= new StreamRank();
        place.Rank = rank;
        place.Order = ++_lastOrder;
        Place(stream, _count++);
        MoveUp(stream);
    }

    /// <summary>Gives a stream that is here another rank, behind others that have it.</summary>
    public void Move(OutboundStream stream, long rank)
    {
        stream.Turn.Heap!.Rank = rank;
        stream.Turn.Heap!.Order = ++_lastOrder;
        MoveUp(stream);
        MoveDown(stream);
    }

    /// <summary>Takes a stream out.</summary>
    public void Remove(OutboundStream stream)
    {
        int index = stream.Turn.Heap!.Index;
        OutboundStream last = _streams[--_count];
        _streams[_count] = null!;
        if (last != stream)
        {
            Place(last, index);
            MoveUp(last);
            MoveDown(last);
        }
    }

    private static bool IsBefore(OutboundStream left, OutboundStream right)
    {
        long distance = unchecked(left.Turn.Heap!.Rank - right.Turn.Heap!.Rank);
        return distance < 0 || (distance == 0 && left.Turn.Heap!.Order < right.Turn.Heap!.Order);
    }

    private void MoveUp(OutboundStream stream)
    {
        int index = stream.Turn.Heap!.Index;
        while (index > 0 && IsBefore(stream, _streams[(index - 1) / 2]))
        {
            Place(_streams[(index - 1) / 2], index);
            index = (index - 1) / 2;
        }

        Place(stream, index);
    }

    private void MoveDown(OutboundStream stream)
    {
        int index = stream.Turn.Heap!.Index;
        while (true)
        {
            int child = (index * 2) + 1;
            if (child + 1 < _count && IsBefore(_streams[child + 1], _streams[child]))
            {
                child++;
            }

            if (child >= _count || !IsBefore(_streams[child], stream))
            {
                break;
            }

            Place(_streams[child], index);
            index = child;
        }

        Place(stream, index);
    }

    private void Place(OutboundStream stream, int index)
    {
        _streams[index] = stream;
        stream.Turn.Heap!.Index = index;
    }
}
