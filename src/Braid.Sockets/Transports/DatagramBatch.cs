using System;
using System.Collections.Concurrent;
using Braid.Core;

namespace Braid.Sockets;

/// <summary>One datagram of a <see cref="DatagramBatch"/>.</summary>
/// <param name="Offset">Where it begins in the batch's buffer.</param>
/// <param name="Length">Its bytes.</param>
/// <param name="Path">Where it came from or goes to.</param>
/// <param name="MayBeFragmented">Whether IP may fragment it on its way.</param>
internal readonly record struct BatchedDatagram(int Offset, int Length, NetworkPath Path, bool MayBeFragmented);

/// <summary>
/// Datagrams one behind the other in one buffer. Equal-sized ones to the same destination therefore lie as a kernel with
/// UDP_SEGMENT, or recvmmsg and GRO on the way in, wants them.
/// </summary>
internal sealed class DatagramBatch
{
    /// <summary>Room for the largest datagram that UDP carries must be left for the next one to be added.</summary>
    public const int LargestDatagram = 65536;

    private const int Capacity = 4 * LargestDatagram;
    private const int MaximumCount = 128;
    private const int MostSpares = 32;

    // Shared by all loops: a batch is needed only while there is something in it.
    private static readonly ConcurrentQueue<DatagramBatch> s_spares = new();

    private readonly byte[] _buffer = GC.AllocateUninitializedArray<byte>(Capacity, pinned: true);
    private readonly BatchedDatagram[] _datagrams = new BatchedDatagram[MaximumCount];
    private int _used;

    /// <summary>Datagrams in it.</summary>
    public int Count { get; private set; }

    /// <summary>Whether no further datagram may be added.</summary>
    public bool IsFull => Count == MaximumCount || Capacity - _used < LargestDatagram;

    /// <summary>Where the next datagram is to be written; at least <see cref="LargestDatagram"/> bytes unless <see cref="IsFull"/>.</summary>
    public Span<byte> Free => _buffer.AsSpan(_used);

    /// <summary>One of the <see cref="Count"/> datagrams.</summary>
    public ref readonly BatchedDatagram this[int index] => ref _datagrams[index];

    /// <summary>An empty batch.</summary>
    public static DatagramBatch Rent() => s_spares.TryDequeue(out DatagramBatch? spare) ? spare : new DatagramBatch();

    /// <summary>Takes a batch back.</summary>
    public static void Return(DatagramBatch batch)
    {
        batch.Clear();
        if (s_spares.Count < MostSpares)
        {
            s_spares.Enqueue(batch);
        }
    }

    /// <summary>The bytes of a datagram.</summary>
    public ReadOnlySpan<byte> Bytes(in BatchedDatagram datagram) => _buffer.AsSpan(datagram.Offset, datagram.Length);

    /// <summary>The bytes from a datagram on, as those that follow lie right behind it.</summary>
    public ReadOnlyMemory<byte> Memory(in BatchedDatagram first, int length) => _buffer.AsMemory(first.Offset, length);

    /// <summary>Takes what was written to <see cref="Free"/> as the next datagram.</summary>
    public void Commit(int length, in NetworkPath path, bool mayBeFragmented = false)
    {
        _datagrams[Count++] = new BatchedDatagram(_used, length, path, mayBeFragmented);
        _used += length;
    }

    /// <summary>Empties it.</summary>
    public void Clear()
    {
        Count = 0;
        _used = 0;
    }
}
