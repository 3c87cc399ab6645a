using System;
using Braid.Core;

namespace Braid.Sctp;

/// <summary>
/// Associations by their next time-out: a binary heap in which each association knows its place, so that a change costs
/// a few swaps and nothing is allocated.
/// </summary>
internal sealed class DeadlineHeap
{
    /// <summary>The <see cref="Association.HeapIndex"/> of an association that waits for no time-out.</summary>
    public const int NotQueued = -1;

    private Entry[] _entries = new Entry[16];
    private int _count;

    private readonly record struct Entry(Instant Deadline, Association Association);

    /// <summary>The earliest deadline; <see cref="Instant.Never"/> when there is none.</summary>
    public Instant Next => _count == 0 ? Instant.Never : _entries[0].Deadline;

    /// <summary>The association with the earliest deadline.</summary>
    public Association First => _entries[0].Association;

    /// <summary>Sets an association's deadline; <see cref="Instant.Never"/> takes it out.</summary>
    public void Update(Association association, Instant deadline)
    {
        int index = association.HeapIndex;
        if (deadline.IsNever)
        {
            if (index != NotQueued)
            {
                Remove(index);
            }

            return;
        }

        if (index == NotQueued)
        {
            if (_count == _entries.Length)
            {
                Array.Resize(ref _entries, _count * 2);
            }

            index = _count++;
        }

        Place(index, new Entry(deadline, association));
        Settle(index);
    }

    private void Remove(int index)
    {
        _entries[index].Association.HeapIndex = NotQueued;
        _count--;
        Entry last = _entries[_count];
        _entries[_count] = default;
        if (index < _count)
        {
            Place(index, last);
            Settle(index);
        }
    }

    private void Settle(int index)
    {
        while (index > 0 && _entries[index].Deadline < _entries[(index - 1) / 2].Deadline)
        {
            Swap(index, (index - 1) / 2);
            index = (index - 1) / 2;
        }

        while (true)
        {
            int least = index;
            for (int child = (2 * index) + 1; child <= (2 * index) + 2 && child < _count; child++)
            {
                least = _entries[child].Deadline < _entries[least].Deadline ? child : least;
            }

            if (least == index)
            {
                return;
            }

            Swap(index, least);
            index = least;
        }
    }

    private void Swap(int left, int right)
    {
        Entry entry = _entries[left];
        Place(left, _entries[right]);
        Place(right, entry);
    }

    private void Place(int index, in Entry entry)
    {
        _entries[index] = entry;
        entry.Association.HeapIndex = index;
    }
}
