using System;
using System.Collections.Concurrent;
using System.Numerics;
using System.Threading;

namespace Braid.Core;

/// <summary>
/// Buffers in classes, four for each power of two: what a buffer holds beyond its content counts against the receive window,
/// so a packet of ordinary size must not cost twice its length. Renting and returning are safe from any thread, because an application fills a
/// buffer on its own thread and hands it to the protocol. In the steady state nothing is allocated.
/// </summary>
public sealed class BufferPool
{
    private const int SmallestShift = 7;                     // 128 bytes: a short signalling message
    private const int LargestShift = 20;                     // 1 MiB: above it, a buffer is made and forgotten
    private const int ClassesPerPower = 4;
    private const int ClassCount = ((LargestShift - SmallestShift) * ClassesPerPower) + 1;
    private const int Unpooled = -1;

    private readonly ConcurrentQueue<PooledBuffer>?[] _free = new ConcurrentQueue<PooledBuffer>?[ClassCount];   // made when something comes back
    private readonly int[] _freeCounts = new int[ClassCount];
    private readonly long _maximumRetainedBytesPerClass;
    private int _made;                                       // buffers that are rented or free

    /// <param name="maximumRetainedBytesPerClass">How many free bytes each size class keeps for later; 8 MiB by default.</param>
    public BufferPool(long maximumRetainedBytesPerClass = 8 << 20) => _maximumRetainedBytesPerClass = maximumRetainedBytesPerClass;

    /// <summary>Buffers that are rented and not returned yet; exact while no other thread rents or returns.</summary>
    public int Rented
    {
        get
        {
            int rented = Volatile.Read(ref _made);
            foreach (int free in _freeCounts)
            {
                rented -= free;
            }

            return rented;
        }
    }

    /// <summary>Rents a buffer whose <see cref="PooledBuffer.Length"/> is <paramref name="length"/>. Its content is not cleared.</summary>
    /// <param name="length">Bytes, from 0.</param>
    public PooledBuffer Rent(int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        int sizeClass = ClassOf(length);
        if (sizeClass != Unpooled && Volatile.Read(ref _free[sizeClass]) is { } free && free.TryDequeue(out PooledBuffer? buffer))
        {
            Interlocked.Decrement(ref _freeCounts[sizeClass]);
            return buffer.OnRented(length);
        }

        Interlocked.Increment(ref _made);
        int capacity = sizeClass == Unpooled ? length : CapacityOf(sizeClass);
        return new PooledBuffer(this, sizeClass, GC.AllocateUninitializedArray<byte>(capacity)).OnRented(length);
    }

    /// <summary>Rents a buffer and copies <paramref name="content"/> into it.</summary>
    public PooledBuffer RentCopy(ReadOnlySpan<byte> content)
    {
        PooledBuffer buffer = Rent(content.Length);
        content.CopyTo(buffer.Span);
        return buffer;
    }

    internal void Return(PooledBuffer buffer)
    {
        int sizeClass = buffer.SizeClass;
        if (sizeClass == Unpooled)
        {
            Interlocked.Decrement(ref _made);
            return;
        }

        int count = Interlocked.Increment(ref _freeCounts[sizeClass]);
        if (count > 16 && (long)count * buffer.Capacity > _maximumRetainedBytesPerClass)
        {
            Interlocked.Decrement(ref _freeCounts[sizeClass]);
            Interlocked.Decrement(ref _made);
            return;
        }

        ConcurrentQueue<PooledBuffer>? free = Volatile.Read(ref _free[sizeClass]);
        if (free is null)
        {
            var made = new ConcurrentQueue<PooledBuffer>();
            free = Interlocked.CompareExchange(ref _free[sizeClass], made, null) ?? made;
        }

        free.Enqueue(buffer);
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
