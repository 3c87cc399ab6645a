using System;
using Braid.Core;
using Braid.Sctp;
using Braid.Sockets;

namespace Braid.WebRtc;

/// <summary>A call that waits for room in the send buffer, or for its channel to open.</summary>
internal sealed class SendWaiter(SendBuffer buffer, WaitRoom room) : Waiter<bool>(room)
{
    public ChannelHost? Channel { get; set; }

    /// <summary>The message, in the caller's memory.</summary>
    public ReadOnlyMemory<byte> Memory { get; set; }

    /// <summary>The message, where there was a copy at once: of a text.</summary>
    public PooledBuffer? Copy { get; set; }

    public bool IsText { get; set; }

    public int Length => Copy?.Length ?? Memory.Length;

    public PooledBuffer TakePayload()
    {
        PooledBuffer payload = Copy ?? SendBuffer.Pool.RentCopy(Memory.Span);
        Copy = null;
        return payload;
    }

    protected override void OnLeft() => buffer.Reconsider();

    protected override void Clear()
    {
        Channel = null;
        Memory = default;
        Copy?.Dispose();                                     // it was not accepted
        Copy = null;
    }
}

/// <summary>A message on its way to the core, which gets the payload.</summary>
internal readonly record struct OutgoingMessage(ChannelHost Channel, PooledBuffer Payload, bool IsText)
{
    /// <summary>What it takes of the send buffer.</summary>
    /// <param name="length">Its own, which nobody may ask for once it was handed over.</param>
    public static long Charge(int length) => length + AssociationOptions.MessageOverhead;
}
