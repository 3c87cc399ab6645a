using System;
using System.Numerics;
using System.Threading;

namespace Braid.Core;

/// <summary>
/// Buffers in classes, four for each power of two: what a buffer holds beyond its content counts against the receive window,
/// so a packet of ordinary size must not cost twice its length. Renting and returning are safe from any thread, because an application fills a
/// buffer on its own thread and hands it to the protocol. Each thread has some at hand, which it exchanges with the others by
/// the dozen. In the steady state nothing is allocated.
/// </summary>
public sealed class BufferPool
{
    private const int SmallestShift = 7;                     // 128 bytes: a short signalling message
    private const int LargestShift = 20;                     // 1 MiB: above it, a buffer is made and forgotten
    private const int ClassesPerPower = 4;

    /// <summary>How many classes there are.</summary>
    internal const int ClassCount = ((LargestShift - SmallestShift) * ClassesPerPower) + 1;

    private const int Unpooled = ClassCount;

    private readonly BufferShelf?[] _shelves = new BufferShelf?[ClassCount];     // each made when something comes back
    private readonly long _maximumRetainedBytesPerClass;
    private int _made;                                       // buffers that are not garbage
    private bool _isClosed;

    /// <param name="maximumRetainedBytesPerClass">How many free bytes each size class keeps for later; 8 MiB by default.</param>
    public BufferPool(long maximumRetainedBytesPerClass = 8 << 20) => _maximumRetainedBytesPerClass = maximumRetainedBytesPerClass;

    /// <summary>Buffers that are rented and not returned yet; exact while no other thread rents or returns.</summary>
    public int Rented
    {
        get
        {
            int free = ThreadBuffers.CountOf(this);
            foreach (BufferShelf? shelf in _shelves)
            {
                free += shelf?.Count ?? 0;
            }

            return Volatile.Read(ref _made) - free;
        }
    }

    /// <summary>Rents a buffer whose <see cref="PooledBuffer.Length"/> is <paramref name="length"/>. Its content is not cleared.</summary>
    /// <param name="length">Bytes, from 0.</param>
    public PooledBuffer Rent(int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        int sizeClass = ClassOf(length);
        PooledBuffer? buffer = sizeClass == Unpooled ? null : ThreadBuffers.Of(this).Take(sizeClass);
        return (buffer ?? Make(sizeClass, length)).OnRented(length);
    }

    /// <summary>Rents a buffer and copies <paramref name="content"/> into it.</summary>
    public PooledBuffer RentCopy(ReadOnlySpan<byte> content)
    {
        PooledBuffer buffer = Rent(content.Length);
        content.CopyTo(buffer.Span);
        return buffer;
    }

    /// <summary>Nobody will rent any more: what is free and what comes back is left to the garbage collector.</summary>
    public void Close()
    {
        Volatile.Write(ref _isClosed, true);
        foreach (BufferShelf? shelf in _shelves)
        {
            while (shelf?.TakeFilled() is { } magazine)
            {
                OnDropped(magazine.Count);
            }
        }
    }

    internal void Return(PooledBuffer buffer)
    {
        if (buffer.SizeClass == Unpooled || Volatile.Read(ref _isClosed))
        {
            OnDropped(1);
        }
        else
        {
            ThreadBuffers.Of(this).Put(buffer);
        }
    }

    internal BufferMagazine? TakeFilled(int sizeClass) => Volatile.Read(ref _shelves[sizeClass])?.TakeFilled();

    internal BufferMagazine TakeEmpty(int sizeClass) => ShelfOf(sizeClass).TakeEmpty();

    internal void PutBack(BufferMagazine magazine, int sizeClass) =>
        OnDropped(Volatile.Read(ref _isClosed) ? magazine.Count : ShelfOf(sizeClass).PutBack(magazine));

    /// <summary>Buffers were left to the garbage collector.</summary>
    internal void OnDropped(int count)
    {
        if (count > 0)
        {
            Interlocked.Add(ref _made, -count);
        }
    }

    private BufferShelf ShelfOf(int sizeClass)
    {
        if (Volatile.Read(ref _shelves[sizeClass]) is { } shelf)
        {
            return shelf;
        }

        int capacity = CapacityOf(sizeClass);
        var made = new BufferShelf(capacity, Math.Max(16, _maximumRetainedBytesPerClass / capacity));
        return Interlocked.CompareExchange(ref _shelves[sizeClass], made, null) ?? made;
    }

    private PooledBuffer Make(int sizeClass, int length)
    {
        Interlocked.Increment(ref _made);
        int capacity = sizeClass == Unpooled ? length : CapacityOf(sizeClass);
        return new PooledBuffer(this, sizeClass, GC.AllocateUninitializedArray<byte>(capacity));
    }

    private static int ClassOf(int length)
    {
        if (length <= 1 << SmallestShift)
        {
            return 0;
        }

        if (length > 1 << LargestShift)
        {
            return Unpooled;
        }

        int power = BitOperations.Log2((uint)(length - 1));
        int quarter = ((length - 1) >> (power - 2)) & 3;
        return ((power - SmallestShift) * ClassesPerPower) + quarter + 1;
    }

    private static int CapacityOf(int sizeClass) => sizeClass == 0
        ? 1 << SmallestShift
        : (ClassesPerPower + 1 + ((sizeClass - 1) % ClassesPerPower)) << (((sizeClass - 1) / ClassesPerPower) + SmallestShift - 2);
}
