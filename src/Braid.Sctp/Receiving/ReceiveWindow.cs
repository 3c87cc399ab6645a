using System;
using Braid.Core;

namespace Braid.Sctp;

/// <summary>
/// The window that we advertise (RFC 9260 §6.2): the receive buffer less what fragments, waiting messages and messages in
/// the application's hands hold of it.
/// </summary>
internal sealed class ReceiveWindow
{
    private readonly long _size;
    private readonly int _smallest;
    private readonly MemoryBudget _budget;
    private long _lastAdvertised;

    /// <param name="size">Bytes of receive buffer.</param>
    /// <param name="largestChunk">PMDCS: a window smaller than that is a silly one.</param>
    public ReceiveWindow(long size, int largestChunk)
    {
        _size = size;
        _smallest = (int)Math.Min(largestChunk, size / 4);
        _lastAdvertised = size;

        // Twice the size is the hard limit. The peer counts user data, we count memory: a flood of small messages may
        // overshoot what it was told, and what fills a gap must be taken even when the window has closed.
        _budget = new MemoryBudget(2 * size);
    }

    /// <summary>Memory held, in bytes.</summary>
    public long Held => _budget.Used;

    /// <summary>What a SACK says now: nothing rather than a silly little (RFC 1122 §4.2.3.3).</summary>
    public uint Advertised
    {
        get
        {
            long free = Math.Max(0, _size - _budget.Used);
            return free < _smallest ? 0 : (uint)free;
        }
    }

    /// <summary>With this much memory held, the window that we advertise is closed.</summary>
    public long ClosesAt => _size - _smallest + 1;

    /// <summary>The peer was told that there is no room, and there still is none: new data is dropped (§6.2).</summary>
    public bool IsClosed => _lastAdvertised == 0 && Advertised == 0;

    /// <summary>Worth a SACK of its own: the window has grown by a quarter of the buffer since the peer last heard of it (§6.2).</summary>
    public bool WantsUpdate => Advertised - _lastAdvertised >= Math.Max(1, _size / 4);

    /// <summary>Takes memory for a fragment; false when the hard limit is reached.</summary>
    public bool TryCharge(long bytes) => _budget.TryCharge(bytes);

    /// <summary>Takes memory for a fragment whatever the limit.</summary>
    public void Charge(long bytes) => _budget.Charge(bytes);

    /// <summary>Memory was returned.</summary>
    public void Credit(long bytes) => _budget.Credit(bytes);

    /// <summary>The peer was told.</summary>
    public void OnAdvertised(uint window) => _lastAdvertised = window;
}
