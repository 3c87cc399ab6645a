using System;
using System.Buffers;

namespace Braid.Core;

/// <summary>
/// Memory rented from a <see cref="BufferPool"/>. It has one owner at a time; the owner disposes it exactly once.
/// It is also a segment, so that a message of many buffers is a <see cref="ReadOnlySequence{T}"/> without further objects.
/// </summary>
public sealed class PooledBuffer : ReadOnlySequenceSegment<byte>, IDisposable
{
    private readonly BufferPool _pool;
    private readonly byte[] _array;
    private bool _isRented;

    internal PooledBuffer(BufferPool pool, int sizeClass, byte[] array)
    {
        _pool = pool;
        SizeClass = sizeClass;
        _array = array;
    }

    /// <summary>Bytes that fit in.</summary>
    public int Capacity => _array.Length;

    /// <summary>Bytes in use: what <see cref="ReadOnlySequenceSegment{T}.Memory"/> shows.</summary>
    public int Length => Memory.Length;

    /// <summary>The bytes in use, to be written.</summary>
    public Span<byte> Span => _array.AsSpan(0, Memory.Length);

    /// <summary>The bytes in use, as memory that can be written.</summary>
    public Memory<byte> WritableMemory => _array.AsMemory(0, Memory.Length);

    /// <summary>The buffer behind this one in the same message.</summary>
    public PooledBuffer? NextBuffer => (PooledBuffer?)Next;

    internal int SizeClass { get; }

    /// <summary>Puts <paramref name="next"/> behind this buffer.</summary>
    public void Append(PooledBuffer next)
    {
        ArgumentNullException.ThrowIfNull(next);
        next.RunningIndex = RunningIndex + Length;
        Next = next;
    }

    /// <summary>Changes how many bytes are in use.</summary>
    /// <param name="length">From 0 to <see cref="Capacity"/>.</param>
    public void SetLength(int length) => Memory = _array.AsMemory(0, length);

    /// <summary>Gives this buffer, not the ones behind it, back to its pool.</summary>
    public void Dispose()
    {
        // A buffer that is returned twice would soon have two owners: that must never stay unnoticed.
        Invariant.Check(_isRented, "a pooled buffer was returned twice");
        _isRented = false;
        Next = null;
        RunningIndex = 0;
        _pool.Return(this);
    }

    internal PooledBuffer OnRented(int length)
    {
        _isRented = true;
        SetLength(length);
        return this;
    }
}
