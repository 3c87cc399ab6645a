using System;
using Braid.Core;

namespace Braid.Sctp;

/// <summary>
/// The window that we advertise (RFC 9260 §6.2): the receive buffer less what fragments, waiting messages and messages in
/// the application's hands hold of it.
/// </summary>
internal sealed class ReceiveWindow
{
    private readonly int _largestChunk;
    private uint _largestSize;
    private readonly long _leastSlack;
    private long _size;
    private long _lastAdvertised;
    private long _open;                                      // what is left of that: a buffer made smaller does not take it back
    private long _promised;                                  // the same in user data: what the peer was allowed is taken, though it holds more memory

    /// <param name="size">Bytes of receive buffer.</param>
    /// <param name="largestChunk">PMDCS: a window smaller than that is a silly one.</param>
    /// <param name="advertised">What the peer was told in the handshake.</param>
    /// <param name="leastSlack">Bytes that may be held beyond the size, where that is less.</param>
    public ReceiveWindow(long size, int largestChunk, long advertised, long leastSlack = 0)
    {
        _size = size;
        _leastSlack = leastSlack;
        _largestSize = (uint)size;
        _largestChunk = largestChunk;
        OnAdvertised(advertised);
    }

    /// <summary>Memory held, in bytes.</summary>
    public long Held { get; private set; }

    /// <summary>Bytes of receive buffer.</summary>
    public long Size => _size;

    /// <summary>Memory of all messages that the application has had and is done with, in bytes.</summary>
    public long Taken { get; private set; }

    /// <summary>What a SACK says now: nothing rather than a silly little (RFC 1122 §4.2.3.3).</summary>
    public uint Advertised
    {
        get
        {
            long free = Math.Max(Math.Max(0, _size - Held), _open);
            return free < Smallest ? 0 : (uint)free;
        }
    }

    /// <summary>With this much memory held, the window that we advertise is closed.</summary>
    public long ClosesAt => _size - Smallest + 1;

    /// <summary>
    /// The peer was told that there is no room, and there still is none: new data is dropped (§6.2), but for what it was allowed before
    /// and may have been on its way.
    /// </summary>
    /// <param name="userData">Bytes of the chunk.</param>
    public bool IsClosedFor(int userData) => _lastAdvertised == 0 && Advertised == 0 && userData > _promised;

    /// <summary>Worth a SACK of its own: the window has grown by a quarter of the buffer since the peer last heard of it (§6.2).</summary>
    public bool WantsUpdate => Advertised - _lastAdvertised >= Math.Max(1, _size / 4);

    /// <summary>Whether no more memory is held than the buffer has.</summary>
    public bool HasRoom => Held <= _size;

    /// <summary>
    /// Whether a chunk that comes next may go beyond the hard limit. A peer that keeps to the window needs no more than this: in the
    /// end what has come in order can be delivered.
    /// </summary>
    public bool MayStretch => Held < 4L * _largestSize;

    private long Smallest => Math.Min(_largestChunk, _size / 4);

    // Twice the size. The peer counts user data, we count memory: a flood of small messages may overshoot what it was told,
    // and what fills a gap must be taken even when the window has closed. A buffer that was small at first by our own choice
    // takes what may be in flight in messages of a few bytes.
    private long HardLimit => _size + Math.Max(_size, _leastSlack);

    // What was promised counts also where the buffer was larger then.
    private long HardestLimit => _largestSize + Math.Max(_largestSize, _leastSlack);

    /// <summary>The buffer has another size. A larger one is worth a SACK; a smaller one counts as what was promised is used up.</summary>
    public void Resize(long size)
    {
        _size = size;
        _largestSize = (uint)Math.Max(_largestSize, size);
    }

    /// <summary>Takes memory for a fragment; false when the hard limit is reached.</summary>
    /// <param name="bytes">Memory.</param>
    /// <param name="userData">Bytes of user data in it.</param>
    public bool TryCharge(long bytes, int userData)
    {
        if (bytes > (userData <= _promised ? HardestLimit : HardLimit) - Held)
        {
            return false;
        }

        Charge(bytes, userData);
        return true;
    }

    /// <summary>Takes memory for a fragment whatever the limit.</summary>
    /// <inheritdoc cref="TryCharge" path="/param"/>
    public void Charge(long bytes, int userData)
    {
        Held += bytes;
        _open -= bytes;
        _promised -= userData;
    }

    /// <summary>Memory was returned.</summary>
    public void Credit(long bytes)
    {
        Held -= bytes;
        Invariant.Check(Held >= 0, "more memory was given back than was taken");
    }

    /// <summary>Memory was returned by the application.</summary>
    public void CreditTaken(long bytes)
    {
        Credit(bytes);
        Taken += bytes;
    }

    /// <summary>The peer was told.</summary>
    public void OnAdvertised(long window)
    {
        _lastAdvertised = window;
        _open = window;
        _promised = Math.Max(_promised, window);             // what is on its way was allowed before
    }
}
