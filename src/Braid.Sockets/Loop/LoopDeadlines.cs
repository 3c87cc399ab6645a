using System;

namespace Braid.Sockets;

/// <summary>Loops by the time at which they want to run: a binary heap in which each knows its place.</summary>
internal sealed class LoopDeadlines
{
    /// <summary>The place of a loop that wants nothing.</summary>
    public const int NotQueued = -1;

    private (long Time, IPolledLoop Loop)[] _entries = new (long, IPolledLoop)[16];
    private int _count;

    /// <summary>The earliest time, in ticks of the Stopwatch; null when no loop wants to run.</summary>
    public long? Next => _count == 0 ? null : _entries[0].Time;

    /// <summary>Sets a loop's time.</summary>
    public void Set(IPolledLoop loop, long time)
    {
        int index = loop.DeadlineIndex;
        if (index == NotQueued)
        {
            if (_count == _entries.Length)
            {
                Array.Resize(ref _entries, _count * 2);
            }

            index = _count++;
        }

        Settle(index, (time, loop));
    }

    /// <summary>Forgets a loop's time.</summary>
    public void Remove(IPolledLoop loop)
    {
        int index = loop.DeadlineIndex;
        if (index == NotQueued)
        {
            return;
        }

        loop.DeadlineIndex = NotQueued;
        (long Time, IPolledLoop Loop) last = _entries[--_count];
        _entries[_count] = default;
        if (index < _count)
        {
            Settle(index, last);
        }
    }

    /// <summary>Takes a loop whose time has come.</summary>
    public IPolledLoop? TakeDue(long now)
    {
        if (_count == 0 || _entries[0].Time > now)
        {
            return null;
        }

        IPolledLoop due = _entries[0].Loop;
        Remove(due);
        return due;
    }

    private void Settle(int index, in (long Time, IPolledLoop Loop) entry)
    {
        for (; index > 0 && entry.Time < _entries[(index - 1) / 2].Time; index = (index - 1) / 2)
        {
            Place(index, _entries[(index - 1) / 2]);
        }

        while ((2 * index) + 1 < _count)
        {
            int child = (2 * index) + 1;
            child += child + 1 < _count && _entries[child + 1].Time < _entries[child].Time ? 1 : 0;
            if (entry.Time <= _entries[child].Time)
            {
                break;
            }

            Place(index, _entries[child]);
            index = child;
        }

        Place(index, entry);
    }

    private void Place(int index, in (long Time, IPolledLoop Loop) entry)
    {
        _entries[index] = entry;
        entry.Loop.DeadlineIndex = index;
    }
}
