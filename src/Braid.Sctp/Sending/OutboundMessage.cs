using System.Collections.Generic;
using System.Diagnostics;
using Braid.Core;
using Braid.Sctp.Wire;

namespace Braid.Sctp;

/// <summary>A message of the application, or a part of one that comes in parts (RFC 6458 §8.1.26), from <c>Send</c> until its last fragment is cumulatively acknowledged.</summary>
internal sealed class OutboundMessage
{
    private SendOptions _options;

    /// <summary>What messages count for against the send buffer: each costs more than its bytes, and a small one far more.</summary>
    /// <param name="bytes">Their user data, in bytes.</param>
    /// <param name="count">How many they are.</param>
    public static long Charge(long bytes, int count) => bytes + ((long)count * AssociationOptions.MessageOverhead);

    /// <summary>The user data.</summary>
    public PooledBuffer Buffer { get; private set; } = null!;

    /// <summary>What the application asked for.</summary>
    public ref readonly SendOptions Options => ref _options;

    /// <summary>Stream sequence number, set when the first fragment is cut.</summary>
    public Ssn Ssn { get; set; }

    /// <summary>Message identifier, where messages are interleaved; set when the first fragment is cut.</summary>
    public Mid Mid { get; set; }

    /// <summary>Whether it continues a record.</summary>
    public bool IsContinuation { get; set; }

    /// <summary>Grows from one message to the next.</summary>
    public long Number { get; private set; }

    /// <summary>The <see cref="Number"/> of the first part of its record; its own, unless it continues one.</summary>
    public long Record { get; set; }

    /// <summary>When it was accepted.</summary>
    public Instant AcceptedAt { get; set; }

    /// <summary>When its lifetime is over; never, for another policy.</summary>
    public Instant Deadline { get; set; } = Instant.Never;

    /// <summary>Its stream was reset since it was sent (RFC 6525): its number means another message now.</summary>
    public bool IsBeforeReset { get; set; }

    /// <summary>It was given up: of it only stream and number are left, until the peer has skipped its last fragment.</summary>
    public bool IsAbandoned { get; set; }

    /// <summary>Bytes of user data.</summary>
    public int Length { get; private set; }

    /// <summary>Bytes that were cut into fragments already.</summary>
    public int Cut { get; set; }

    /// <summary>Fragments that were cut and not cumulatively acknowledged yet.</summary>
    public int FragmentsHeld { get; set; }

    /// <summary>Those of them that the peer has, and has promised to keep: nothing but their TSNs is needed any more.</summary>
    public int FragmentsSettled { get; set; }

    /// <summary>All of it is at the peer, so that its memory is gone already; only TSNs are not cumulatively acknowledged.</summary>
    public bool IsDelivered { get; set; }

    /// <summary>The next message on the same stream.</summary>
    public OutboundMessage? Next { get; set; }

    public void Set(PooledBuffer buffer, in SendOptions options, long number)
    {
        Debug.Assert(Next is null && FragmentsHeld == 0, "a message object came back from the pool in use");
        Buffer = buffer;
        _options = options;
        Number = number;
        Record = number;
        Length = buffer.Length;
        Deadline = Instant.Never;
        IsAbandoned = false;
        IsDelivered = false;
        IsBeforeReset = false;
        Ssn = default;
        Mid = default;
        Cut = 0;
    }

    /// <summary>Hands its memory over to somebody else.</summary>
    public PooledBuffer TakeBuffer()
    {
        PooledBuffer buffer = Buffer;
        Buffer = null!;
        return buffer;
    }

    /// <summary>Lets its memory go.</summary>
    public void DropBuffer()
    {
        Buffer?.Dispose();
        Buffer = null!;
    }

    public void Clear()
    {
        DropBuffer();
        Next = null;
        FragmentsHeld = 0;
        FragmentsSettled = 0;
    }
}

/// <summary>
/// The message objects of one association, shared by the queue that makes them and the one that lets them go. Owns no message
/// but those that failed.
/// </summary>
/// <param name="context">Where the objects come from, and who counts what each key is needed for.</param>
internal sealed class OutboundMessagePool(AssociationContext context)
{
    private List<FailedSend>? _failed;
    private List<SettledSend>? _settled;
    private long _lastNumber;

    /// <summary>Whether messages that fail are kept until <see cref="TakeFailed"/>, with their memory.</summary>
    public bool KeepsFailed { get; set; }

    /// <summary>Messages that are in use.</summary>
    public int Rented { get; private set; }

    /// <summary>Those of them that may be given up.</summary>
    public int Unreliable { get; private set; }

    public OutboundMessage Rent(PooledBuffer buffer, in SendOptions options)
    {
        OutboundMessage message = context.Spares.TakeOutbound();
        message.Set(buffer, options, ++_lastNumber);
        Rented++;
        if (options.KeyId is { } key && context.Authentication is { } authentication)
        {
            authentication.Keys.OnAccepted(key);
        }

        Unreliable += options.Reliability.Policy == ReliabilityPolicy.Reliable ? 0 : 1;
        return message;
    }

    /// <summary>One fragment needs the message no longer; the last one, once all is cut, frees its memory.</summary>
    /// <param name="message">The message.</param>
    /// <param name="wasSettled">Whether <see cref="SettleFragment"/> was told of it.</param>
    public void ReleaseFragment(OutboundMessage message, bool wasSettled)
    {
        message.FragmentsHeld--;
        message.FragmentsSettled -= wasSettled ? 1 : 0;
        if (message.FragmentsHeld > 0)
        {
            SettleIfDelivered(message);
        }
        else if (message.Cut == message.Length || message.IsAbandoned)
        {
            Settle(message, SendOutcome.Delivered);
            Return(message);
        }
    }

    /// <summary>The peer keeps one fragment for good; the last one, once all is cut, frees the message's memory.</summary>
    public void SettleFragment(OutboundMessage message)
    {
        message.FragmentsSettled++;
        SettleIfDelivered(message);
    }

    /// <summary>As <see cref="ReleaseFragment"/>, but nobody has acknowledged it.</summary>
    public void FailFragment(OutboundMessage message, bool wasSettled)
    {
        if (message.IsAbandoned || message.IsDelivered)
        {
            ReleaseFragment(message, wasSettled);
            return;
        }

        message.FragmentsHeld--;
        if (message.FragmentsHeld == 0 && message.Cut == message.Length)
        {
            Fail(message);
        }
    }

    /// <summary>A message is given up: its memory is let go, and the object when no fragment needs it.</summary>
    public void Abandon(OutboundMessage message)
    {
        if (!message.IsAbandoned)
        {
            if (!message.IsDelivered)                        // a part of a record of which another is given up
            {
                KeepFailed(message);
            }

            Settle(message, SendOutcome.Expired);
            message.DropBuffer();
            message.IsAbandoned = true;
        }

        if (message.FragmentsHeld == 0)
        {
            Return(message);
        }
    }

    /// <summary>A message that was not acknowledged to its end is let go.</summary>
    public void Fail(OutboundMessage message)
    {
        KeepFailed(message);
        Settle(message, SendOutcome.Unknown);
        Return(message);
    }

    /// <summary>Takes what is known of messages with a receipt since the last time.</summary>
    public IReadOnlyList<SettledSend> TakeSettled()
    {
        List<SettledSend>? settled = _settled;
        _settled = null;
        return settled ?? (IReadOnlyList<SettledSend>)[];
    }

    /// <summary>Takes what has failed: by TSN what has one, then the others in the order in which they were accepted.</summary>
    public IReadOnlyList<FailedSend> TakeFailed()
    {
        if (_failed is not { } failed)
        {
            return [];
        }

        _failed = null;
        int unsent = failed.FindIndex(send => !send.WasOnWire);
        if (unsent >= 0)
        {
            failed.Sort(unsent, failed.Count - unsent, Comparer<FailedSend>.Create((left, right) => left.Number.CompareTo(right.Number)));
        }

        return failed;
    }

    public void Return(OutboundMessage message)
    {
        Unreliable -= message.Options.Reliability.Policy == ReliabilityPolicy.Reliable ? 0 : 1;
        ushort? key = message.Options.KeyId;
        message.Clear();
        Rented--;
        context.Spares.Return(message);
        if (key is { } id)
        {
            context.Authentication?.Keys.OnReleased(id);
        }
    }

    private void SettleIfDelivered(OutboundMessage message)
    {
        if (message.FragmentsSettled == message.FragmentsHeld && message.Cut == message.Length && !message.IsAbandoned)
        {
            Settle(message, SendOutcome.Delivered);
            message.DropBuffer();
            message.IsDelivered = true;
        }
    }

    private void Settle(OutboundMessage message, SendOutcome outcome)
    {
        if (message.Options.Receipt != 0 && !message.IsAbandoned && !message.IsDelivered)
        {
            (_settled ??= []).Add(new SettledSend(message.Options.Receipt, outcome, message.AcceptedAt));
        }
    }

    private void KeepFailed(OutboundMessage message)
    {
        if (KeepsFailed)
        {
            (_failed ??= []).Add(new FailedSend(message.Number, message.Options, message.Cut > 0, message.TakeBuffer()));
        }
    }
}

/// <summary>A message that was let go and whose memory is somebody else's now.</summary>
/// <param name="Number">Grows from one message to the next.</param>
/// <param name="Options">How it was to be sent.</param>
/// <param name="WasOnWire">Whether any of it was put into a packet.</param>
/// <param name="Payload">The user data.</param>
internal readonly record struct FailedSend(long Number, SendOptions Options, bool WasOnWire, PooledBuffer Payload);

/// <summary>What is known of a message with a receipt.</summary>
/// <param name="Receipt">Its number.</param>
/// <param name="Outcome">What became of it.</param>
/// <param name="AcceptedAt">When it was accepted.</param>
internal readonly record struct SettledSend(ulong Receipt, SendOutcome Outcome, Instant AcceptedAt);

/// <summary>A piece of a message that becomes one DATA or I-DATA chunk; a reference, never a copy.</summary>
/// <param name="Message">The message.</param>
/// <param name="Offset">Where the piece begins.</param>
/// <param name="Length">Its bytes.</param>
/// <param name="Flags">B, E, U and I bits.</param>
/// <param name="Fsn">Which fragment of its message, or record, it is, from 0; null where messages are not interleaved.</param>
internal readonly record struct Fragment(OutboundMessage Message, int Offset, int Length, DataFlags Flags, uint? Fsn = null);
