using System;
using System.Diagnostics.CodeAnalysis;

namespace Braid.Sockets;

/// <summary>A ring that grows: first in, first out, and back in at the front. Empty until it is used.</summary>
internal struct Deque<T>
{
    private T[]? _ring;
    private int _head;

    /// <summary>Items in it.</summary>
    public int Count { get; private set; }

    public void AddLast(T item)
    {
        MakeRoom();
        _ring![(_head + Count++) & (_ring.Length - 1)] = item;
    }

    public void AddFirst(T item)
    {
        MakeRoom();
        _head = (_head - 1) & (_ring!.Length - 1);
        _ring[_head] = item;
        Count++;
    }

    public readonly bool TryPeekFirst([MaybeNullWhen(false)] out T item)
    {
        item = Count == 0 ? default : _ring![_head];
        return Count > 0;
    }

    public bool TryTakeFirst([MaybeNullWhen(false)] out T item)
    {
        if (!TryPeekFirst(out item))
        {
            return false;
        }

        _ring![_head] = default!;
        _head = (_head + 1) & (_ring.Length - 1);
        Count--;
        return true;
    }

    private void MakeRoom()
    {
        if (_ring is null)
        {
            _ring = new T[1];                                // many never hold more than one at a time
        }
        else if (Count == _ring.Length)
        {
            var larger = new T[Count * 2];
            _ring.AsSpan(_head).CopyTo(larger);
            _ring.AsSpan(0, _head).CopyTo(larger.AsSpan(Count - _head));
            _ring = larger;
            _head = 0;
        }
    }
}
