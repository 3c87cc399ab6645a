using System;
using System.Collections.Concurrent;
using System.Threading;

namespace Braid.Core;

/// <summary>What a pool has of one size: free buffers in magazines, for all threads.</summary>
/// <param name="capacity">Bytes of each buffer.</param>
/// <param name="most">Buffers that it keeps.</param>
internal sealed class BufferShelf(int capacity, long most)
{
    private const int MostPerMagazine = 32;
    private const int BytesPerMagazine = 64 << 10;           // what threads have at hand must not become much memory

    private readonly ConcurrentQueue<BufferMagazine> _filled = new();
    private readonly ConcurrentQueue<BufferMagazine> _empty = new();
    private int _count;

    /// <summary>Buffers in it.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Takes a magazine with buffers; null when there is none.</summary>
    public BufferMagazine? TakeFilled()
    {
        if (_filled.TryDequeue(out BufferMagazine? magazine))
        {
            Interlocked.Add(ref _count, -magazine.Count);
        }

        return magazine;
    }

    /// <summary>Takes an empty magazine.</summary>
    public BufferMagazine TakeEmpty() =>
        _empty.TryDequeue(out BufferMagazine? magazine) ? magazine : new BufferMagazine(Math.Clamp(BytesPerMagazine / capacity, 1, MostPerMagazine));

    /// <summary>Keeps a magazine. Buffers that are too many are left to the garbage collector.</summary>
    /// <returns>How many were.</returns>
    public int PutBack(BufferMagazine magazine)
    {
        int count = magazine.Count;
        if (count == 0)
        {
            _empty.Enqueue(magazine);
        }
        else if (Interlocked.Add(ref _count, count) <= most)
        {
            _filled.Enqueue(magazine);
            count = 0;
        }
        else
        {
            Interlocked.Add(ref _count, -count);
        }

        return count;
    }
}
