using System.Collections.Generic;
using System.Diagnostics;
using Braid.Core;
using Braid.Sctp.Wire;

namespace Braid.Sctp;

/// <summary>A message of the application from <c>Send</c> until its last fragment is cumulatively acknowledged.</summary>
internal sealed class OutboundMessage
{
    private SendOptions _options;

    /// <summary>The user data.</summary>
    public PooledBuffer Buffer { get; private set; } = null!;

    /// <summary>What the application asked for.</summary>
    public ref readonly SendOptions Options => ref _options;

    /// <summary>Stream sequence number, set when the first fragment is cut.</summary>
    public Ssn Ssn { get; set; }

    /// <summary>Bytes of user data.</summary>
    public int Length => Buffer.Length;

    /// <summary>Bytes that were cut into fragments already.</summary>
    public int Cut { get; set; }

    /// <summary>Fragments that were cut and not cumulatively acknowledged yet.</summary>
    public int FragmentsHeld { get; set; }

    /// <summary>The next message on the same stream.</summary>
    public OutboundMessage? Next { get; set; }

    public void Set(PooledBuffer buffer, in SendOptions options)
    {
        Debug.Assert(Next is null && FragmentsHeld == 0, "a message object came back from the pool in use");
        Buffer = buffer;
        _options = options;
        Ssn = default;
        Cut = 0;
    }

    public void Clear()
    {
        Buffer.Dispose();
        Buffer = null!;
        Next = null;
        FragmentsHeld = 0;
    }
}

/// <summary>
/// Message objects for reuse, shared by the queue that makes them and the one that lets them go. Owns no message.
/// </summary>
internal sealed class OutboundMessagePool
{
    private const int MaximumFree = 4096;

    private readonly Stack<OutboundMessage> _free = new();

    /// <summary>Messages that are in use.</summary>
    public int Rented { get; private set; }

    public OutboundMessage Rent(PooledBuffer buffer, in SendOptions options)
    {
        OutboundMessage message = _free.TryPop(out OutboundMessage? used) ? used : new OutboundMessage();
        message.Set(buffer, options);
        Rented++;
        return message;
    }

    /// <summary>One fragment needs the message no longer; the last one, once all is cut, frees its memory.</summary>
    public void ReleaseFragment(OutboundMessage message)
    {
        message.FragmentsHeld--;
        if (message.FragmentsHeld == 0 && message.Cut == message.Length)
        {
            Return(message);
        }
    }

    public void Return(OutboundMessage message)
    {
        message.Clear();
        Rented--;
        if (_free.Count < MaximumFree)
        {
            _free.Push(message);
        }
    }
}

/// <summary>A piece of a message that becomes one DATA chunk; a reference, never a copy.</summary>
/// <param name="Message">The message.</param>
/// <param name="Offset">Where the piece begins.</param>
/// <param name="Length">Its bytes.</param>
/// <param name="Flags">B, E, U and I bits.</param>
internal readonly record struct Fragment(OutboundMessage Message, int Offset, int Length, DataFlags Flags);
