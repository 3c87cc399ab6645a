using System;
using Braid.Core;
using Braid.Sctp;

namespace Braid.Sockets;

/// <summary>A call that waits for room in an outbox.</summary>
internal sealed class SendWaiter(Outbox outbox, WaitRoom room) : Waiter<bool>(room)
{
    /// <summary>The payload, in the memory of a caller that awaits.</summary>
    public ReadOnlyMemory<byte> Memory { get; set; }

    /// <summary>The payload, copied for a caller that blocks.</summary>
    public PooledBuffer? Copy { get; set; }

    public int Bytes { get; set; }

    public SendOptions Options { get; set; }

    public SctpStream? Stream { get; set; }

    public SctpMessageStream? Writer { get; set; }

    /// <summary>It does not want to send, only to know when it could.</summary>
    public bool IsOnlyAsking { get; set; }

    public PooledBuffer TakePayload(BufferPool buffers)
    {
        PooledBuffer payload = Copy ?? buffers.RentCopy(Memory.Span);
        Copy = null;
        return payload;
    }

    protected override void OnLeft() => outbox.Reconsider();

    protected override void Clear()
    {
        Memory = default;
        Copy?.Dispose();                                 // it was not accepted
        Copy = null;
        Stream = null;
        Writer = null;
        IsOnlyAsking = false;
    }
}
