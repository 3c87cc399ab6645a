using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;
using System.Threading;
using Braid.Core;

namespace Braid.Sockets;

/// <summary>
/// Datagrams of one size to or from one peer, one behind the other; only the last may be shorter. What a kernel with UDP_SEGMENT
/// takes in one call, and one with UDP_GRO hands over.
/// </summary>
/// <param name="Offset">Where the first begins in the batch's buffer.</param>
/// <param name="Length">Their bytes together.</param>
/// <param name="Size">Bytes in each; 0 for one datagram of no bytes.</param>
/// <param name="Path">Where they came from or go to.</param>
/// <param name="MayBeFragmented">Whether IP may fragment them on their way.</param>
/// <param name="Ecn">What their IP headers say.</param>
internal readonly record struct DatagramRun(
    int Offset, int Length, int Size, NetworkPath Path, bool MayBeFragmented, EcnCodepoint Ecn)
{
    /// <summary>How many datagrams it is, from 1.</summary>
    public int Count => Size == 0 ? 1 : (Length + Size - 1) / Size;

    /// <summary>Whether a datagram continues the run.</summary>
    public bool Continues(int length, in NetworkPath path, bool mayBeFragmented, EcnCodepoint ecn) =>
        length <= Size && length > 0 && Length % Size == 0 && MayBeFragmented == mayBeFragmented && Ecn == ecn && Path == path;
}

/// <summary>Datagrams one behind the other in one pinned buffer, as runs of equal-sized ones.</summary>
internal sealed class DatagramBatch
{
    /// <summary>Room for the largest datagram that UDP carries must be left for the next one to be added.</summary>
    public const int LargestDatagram = 65536;

    private const int Capacity = 9 * LargestDatagram;        // eight that may be large, and what smaller ones have left before them
    private const int MaximumCount = 128;
    private const int CheapToMove = 2048;                    // bytes
    private const int MostSpares = 32;

    // Shared by all loops: a batch is needed only while there is something in it. The last one back is the first to be used again,
    // while the processor still has it in its cache.
    private static readonly Lock s_gate = new();
    private static readonly Stack<DatagramBatch> s_spares = new(MostSpares);

    private readonly byte[] _buffer = GC.AllocateUninitializedArray<byte>(Capacity, pinned: true);
    private readonly DatagramRun[] _runs = new DatagramRun[MaximumCount];
    private int _used;

    /// <summary>Runs in it.</summary>
    public int Count { get; private set; }

    /// <summary>Whether no further datagram may be added.</summary>
    public bool IsFull => Count == MaximumCount || Capacity - _used < LargestDatagram;

    /// <summary>How many datagrams of <see cref="LargestDatagram"/> may be received into it at once; 0 when it is full.</summary>
    public int Room => Math.Min(MaximumCount - Count, (Capacity - _used) / LargestDatagram);

    /// <summary>Where the next datagram is to be written; at least <see cref="LargestDatagram"/> bytes unless <see cref="IsFull"/>.</summary>
    public Span<byte> Free => _buffer.AsSpan(_used);

    /// <summary>Where <see cref="Free"/> begins in the buffer.</summary>
    public int FreeOffset => _used;

    /// <summary>One of the <see cref="Count"/> runs.</summary>
    public ref readonly DatagramRun this[int index] => ref _runs[index];

    /// <summary>An empty batch.</summary>
    public static DatagramBatch Rent()
    {
        lock (s_gate)
        {
            if (s_spares.TryPop(out DatagramBatch? spare))
            {
                return spare;
            }
        }

        return new DatagramBatch();
    }

    /// <summary>Takes a batch back.</summary>
    public static void Return(DatagramBatch batch)
    {
        batch.Clear();
        lock (s_gate)
        {
            if (s_spares.Count < MostSpares)
            {
                s_spares.Push(batch);
            }
        }
    }

    /// <summary>The address of a byte of the buffer, for the kernel. Good as long as the batch is referenced.</summary>
    public nint AddressOf(int offset) => Marshal.UnsafeAddrOfPinnedArrayElement(_buffer, offset);

    /// <summary>What was written behind <see cref="Free"/> and is not taken yet.</summary>
    public ReadOnlySpan<byte> At(int offset, int length) => _buffer.AsSpan(offset, length);

    /// <summary>The bytes of one datagram of a run.</summary>
    /// <param name="run">The run.</param>
    /// <param name="index">From 0 to its count.</param>
    public ReadOnlySpan<byte> Bytes(in DatagramRun run, int index)
    {
        int start = index * run.Size;
        return _buffer.AsSpan(run.Offset + start, Math.Min(run.Size, run.Length - start));
    }

    /// <summary>The bytes of all datagrams of a run.</summary>
    public ReadOnlyMemory<byte> Memory(in DatagramRun run) => _buffer.AsMemory(run.Offset, run.Length);

    /// <summary>Takes what was written to <see cref="Free"/> as the next datagram.</summary>
    public void Commit(int length, in NetworkPath path, bool mayBeFragmented = false, EcnCodepoint ecn = EcnCodepoint.NotCapable)
    {
        if (Count > 0 && _runs[Count - 1] is var last && last.Offset + last.Length == _used && last.Continues(length, path, mayBeFragmented, ecn))
        {
            _runs[Count - 1] = last with { Length = last.Length + length };
        }
        else
        {
            _runs[Count++] = new DatagramRun(_used, length, length, path, mayBeFragmented, ecn);
        }

        _used += length;
    }

    /// <summary>Takes what was written behind <see cref="Free"/>, by the kernel or in one go: one datagram, or several of a size.</summary>
    /// <param name="offset">Where it lies, not before <see cref="FreeOffset"/>.</param>
    /// <param name="length">All of it.</param>
    /// <param name="size">Bytes in each datagram; 0 when it is one.</param>
    /// <param name="path">Where it came from or goes to.</param>
    /// <param name="ecn">What the IP headers say.</param>
    /// <param name="mayBeFragmented">Whether IP may fragment them on their way.</param>
    public void CommitAt(int offset, int length, int size, in NetworkPath path, EcnCodepoint ecn, bool mayBeFragmented = false)
    {
        if (offset > _used && length <= CheapToMove)
        {
            Buffer.BlockCopy(_buffer, offset, _buffer, _used, length);       // so that more of them have room
            offset = _used;
        }

        _used = offset;
        if (size == 0 || size >= length)
        {
            Commit(length, path, mayBeFragmented, ecn);
            return;
        }

        _runs[Count++] = new DatagramRun(offset, length, size, path, mayBeFragmented, ecn);
        _used += length;
    }

    /// <summary>Empties it.</summary>
    public void Clear()
    {
        Count = 0;
        _used = 0;
    }
}
