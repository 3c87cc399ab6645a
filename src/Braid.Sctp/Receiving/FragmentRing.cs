using System;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using Braid.Core;
using Braid.Sctp.Wire;

namespace Braid.Sctp;

/// <summary>Fragments of one message with consecutive TSNs.</summary>
/// <param name="First">The lowest TSN.</param>
/// <param name="Count">How many there are.</param>
/// <param name="Charge">Bytes of the receive buffer that they hold.</param>
internal readonly record struct FragmentRun(Tsn First, int Count, long Charge)
{
    /// <summary>The highest TSN.</summary>
    public Tsn Last => First + (Count - 1);
}

/// <summary>
/// Fragments by TSN. The TSNs of one message are consecutive (RFC 9260 §6.9), so neighbours that belong together are kept
/// as runs: both ends of a run know its length, and a message is complete when its run begins with B and ends with E.
/// </summary>
internal sealed class FragmentRing
{
    private Slot[] _slots = [];
    private int _count;
    private int _swept;                                      // TryRemoveAny has emptied the slots before this one

    internal struct Slot
    {
        public PooledBuffer? Buffer;
        public Tsn Tsn;
        public Ppid Ppid;
        public StreamId Stream;
        public Ssn Ssn;
        public DataFlags Flags;
        public int RunLength;                                // these two are valid at the first and the last slot of a run
        public long RunCharge;

        public readonly bool IsUnordered => (Flags & DataFlags.Unordered) != 0;

        public readonly bool IsBeginning => (Flags & DataFlags.Beginning) != 0;

        public readonly bool IsEnding => (Flags & DataFlags.Ending) != 0;
    }

    /// <summary>Whether a chunk agrees with the fragments before and behind it, if they are here.</summary>
    /// <param name="data">The chunk.</param>
    /// <param name="hasNeighbours">Whether one of them belongs to the same message.</param>
    public bool FitsNeighbours(in DataChunk data, out bool hasNeighbours)
    {
        hasNeighbours = false;
        if (_count == 0)
        {
            return true;
        }

        if (TryFind(data.Tsn.Previous, out int before))
        {
            // A message goes on exactly when the fragment before was not its last.
            if (_slots[before].IsEnding != data.Beginning || (!data.Beginning && !IsSameMessage(_slots[before], data)))
            {
                return false;
            }

            hasNeighbours |= !data.Beginning;
        }

        if (TryFind(data.Tsn.Next, out int after))
        {
            if (_slots[after].IsBeginning != data.Ending || (!data.Ending && !IsSameMessage(_slots[after], data)))
            {
                return false;
            }

            hasNeighbours |= !data.Ending;
        }

        return true;
    }

    /// <summary>Whether nothing is here.</summary>
    public bool IsEmpty => _count == 0;

    /// <summary>Bytes of the receive buffer that all of them hold.</summary>
    public long Charge { get; private set; }

    /// <summary>Takes a fragment in.</summary>
    /// <returns>The run that it is part of now.</returns>
    public FragmentRun Insert(in DataChunk data, PooledBuffer buffer, bool hasNeighbours)
    {
        while (_count == _slots.Length || _slots[Index(data.Tsn)].Buffer is not null)
        {
            Grow();
        }

        _slots[Index(data.Tsn)] = new Slot
        {
            Buffer = buffer,
            Tsn = data.Tsn,
            Ppid = data.Ppid,
            Stream = data.Stream,
            Ssn = data.Ssn,
            Flags = (data.Beginning ? DataFlags.Beginning : 0) | (data.Ending ? DataFlags.Ending : 0)
                | (data.Unordered ? DataFlags.Unordered : 0),
            RunLength = 1,
            RunCharge = buffer.Capacity,
        };
        _count++;
        Charge += buffer.Capacity;
        return hasNeighbours ? JoinRuns(data, buffer.Capacity) : new FragmentRun(data.Tsn, 1, buffer.Capacity);
    }

    /// <summary>The run whose last fragment is this one, if it is here.</summary>
    public bool TryGetRunEndingAt(Tsn last, out FragmentRun run)
    {
        run = default;
        if (_count == 0 || !TryFind(last, out int index))
        {
            return false;
        }

        ref readonly Slot slot = ref _slots[index];
        run = new FragmentRun(last - (slot.RunLength - 1), slot.RunLength, slot.RunCharge);
        return true;
    }

    /// <summary>The run whose first fragment is this one, if it is here.</summary>
    public bool TryGetRunBeginningAt(Tsn first, out FragmentRun run)
    {
        run = default;
        if (_count == 0 || !TryFind(first, out int index))
        {
            return false;
        }

        ref readonly Slot slot = ref _slots[index];
        run = new FragmentRun(first, slot.RunLength, slot.RunCharge);
        return true;
    }

    /// <summary>The highest TSN that is here; slow.</summary>
    public bool TryFindHighest(out Tsn highest)
    {
        highest = default;
        bool isFound = false;
        foreach (ref readonly Slot slot in _slots.AsSpan())
        {
            if (slot.Buffer is not null && (!isFound || slot.Tsn > highest))
            {
                highest = slot.Tsn;
                isFound = true;
            }
        }

        return isFound;
    }

    /// <summary>Takes the highest fragment; its run becomes one shorter.</summary>
    public PooledBuffer RemoveHighest(Tsn highest)
    {
        ref readonly Slot slot = ref Get(highest);
        (int length, long charge) = (slot.RunLength, slot.RunCharge);
        PooledBuffer buffer = Remove(highest);
        if (length > 1)
        {
            SetRun(new FragmentRun(highest - (length - 1), length - 1, charge - buffer.Capacity));
        }

        return buffer;
    }

    /// <summary>Whether a fragment is here.</summary>
    public bool Holds(Tsn tsn) => TryFind(tsn, out _);

    /// <summary>A fragment that is here.</summary>
    public ref readonly Slot Get(Tsn tsn) => ref _slots[Index(tsn)];

    /// <summary>Takes a fragment that is here.</summary>
    public PooledBuffer Remove(Tsn tsn)
    {
        ref Slot slot = ref _slots[Index(tsn)];
        Debug.Assert(slot.Buffer is not null && slot.Tsn == tsn, "the fragment is not here");
        PooledBuffer buffer = slot.Buffer!;
        slot = default;
        _count--;
        Charge -= buffer.Capacity;
        return buffer;
    }

    /// <summary>Takes a fragment of a message that ends before a TSN; slow.</summary>
    public bool TryRemoveBefore(Tsn tsn, [NotNullWhen(true)] out PooledBuffer? buffer)
    {
        foreach (ref readonly Slot slot in _slots.AsSpan())
        {
            if (slot.Buffer is not null && slot.Tsn < tsn)
            {
                buffer = Remove(slot.Tsn);
                return true;
            }
        }

        buffer = null;
        return false;
    }

    /// <summary>Takes any fragment, for the end of an association: nothing may be added until it says false.</summary>
    public bool TryRemoveAny([NotNullWhen(true)] out PooledBuffer? buffer)
    {
        buffer = null;
        for (; _swept < _slots.Length && _count > 0; _swept++)
        {
            if (_slots[_swept].Buffer is not null)
            {
                buffer = Remove(_slots[_swept].Tsn);
                return true;
            }
        }

        _swept = 0;
        return false;
    }

    private FragmentRun JoinRuns(in DataChunk data, long charge)
    {
        Tsn first = data.Tsn;
        Tsn last = data.Tsn;
        if (!data.Beginning && TryFind(data.Tsn.Previous, out int before))
        {
            first -= _slots[before].RunLength;
            charge += _slots[before].RunCharge;
        }

        if (!data.Ending && TryFind(data.Tsn.Next, out int after))
        {
            last += _slots[after].RunLength;
            charge += _slots[after].RunCharge;
        }

        var run = new FragmentRun(first, last.DistanceFrom(first) + 1, charge);
        SetRun(run);
        return run;
    }

    private void SetRun(in FragmentRun run)
    {
        ref Slot first = ref _slots[Index(run.First)];
        (first.RunLength, first.RunCharge) = (run.Count, run.Charge);
        ref Slot last = ref _slots[Index(run.Last)];
        (last.RunLength, last.RunCharge) = (run.Count, run.Charge);
    }

    private static bool IsSameMessage(in Slot slot, in DataChunk data) =>
        slot.Stream == data.Stream && slot.IsUnordered == data.Unordered && (data.Unordered || slot.Ssn == data.Ssn);

    private bool TryFind(Tsn tsn, out int index)
    {
        index = Index(tsn);
        return _slots.Length > 0 && _slots[index].Buffer is not null && _slots[index].Tsn == tsn;
    }

    private int Index(Tsn tsn) => (int)tsn.Value & (_slots.Length - 1);

    private void Grow()
    {
        Slot[] old = _slots;
        _slots = new Slot[Math.Max(64, old.Length * 2)];
        foreach (ref readonly Slot slot in old.AsSpan())
        {
            if (slot.Buffer is not null)
            {
                _slots[Index(slot.Tsn)] = slot;
            }
        }
    }
}
