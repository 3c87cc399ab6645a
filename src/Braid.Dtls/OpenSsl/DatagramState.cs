using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Braid.Dtls.OpenSsl;

/// <summary>
/// What libssl's callbacks see of a session: plain memory, so that a record costs them no look into a managed object. Where the
/// datagram lies that is read, where the record goes that is written, and what waits to be sent.
/// </summary>
internal unsafe struct DatagramState
{
    // A flight of a handshake has less; a peer that provokes more of them than anybody sends loses them, as on the way.
    private const int LargestQueue = 128 << 10;
    private const int LengthPrefix = 4;

    /// <summary>The datagram that has arrived; null when it was read.</summary>
    public byte* Input;

    /// <summary>Its bytes.</summary>
    public int InputLength;

    /// <summary>Where the next record goes; null for the queue.</summary>
    public byte* Direct;

    /// <summary>Room there.</summary>
    public int DirectCapacity;

    /// <summary>Written there.</summary>
    public int DirectLength;

    /// <summary>The last alert that arrived, level and description; 0 for none.</summary>
    public int AlertReceived;

    /// <summary>The last alert that was sent; 0 for none.</summary>
    public int AlertSent;

    /// <summary>The first time-out of a flight, in microseconds.</summary>
    public uint FirstTimeout;

    /// <summary>Datagrams that the queue had no room for.</summary>
    public int Lost;

    /// <summary>A handle of the session, for what happens once in a handshake.</summary>
    public nint Session;

    private byte* _queue;
    private int _capacity;
    private int _start;
    private int _end;

    /// <summary>Bytes that wait, with what it takes to tell them apart.</summary>
    public readonly int Queued => _end - _start;

    public static DatagramState* Allocate() => (DatagramState*)NativeMemory.AllocZeroed((nuint)sizeof(DatagramState));

    public static void Free(DatagramState* state)
    {
        if (state is not null)
        {
            NativeMemory.Free(state->_queue);
            NativeMemory.Free(state);
        }
    }

    /// <summary>Appends a datagram.</summary>
    public void Enqueue(ReadOnlySpan<byte> datagram)
    {
        int needed = _end + LengthPrefix + datagram.Length;
        if (needed > LargestQueue)
        {
            Lost++;
            return;
        }

        if (needed > _capacity)
        {
            int capacity = Math.Min(LargestQueue, Math.Max(needed, Math.Max(2048, 2 * _capacity)));
            _queue = (byte*)NativeMemory.Realloc(_queue, (nuint)capacity);
            _capacity = capacity;
        }

        Unsafe.WriteUnaligned(_queue + _end, datagram.Length);
        datagram.CopyTo(new Span<byte>(_queue + _end + LengthPrefix, datagram.Length));
        _end = needed;
    }

    /// <summary>The length of the first datagram; 0 when there is none.</summary>
    public readonly int PeekLength() => _start == _end ? 0 : Unsafe.ReadUnaligned<int>(_queue + _start);

    /// <summary>Takes the first datagram. An empty queue has no memory.</summary>
    public void Dequeue(Span<byte> destination)
    {
        int length = PeekLength();
        new ReadOnlySpan<byte>(_queue + _start + LengthPrefix, length).CopyTo(destination);
        _start += LengthPrefix + length;
        if (_start == _end)
        {
            NativeMemory.Free(_queue);
            _queue = null;
            _capacity = 0;
            _start = 0;
            _end = 0;
        }
    }
}
