using System;
using System.Diagnostics.CodeAnalysis;
using Braid.Core;
using Braid.Sctp.Wire;

namespace Braid.Sctp;

/// <summary>
/// Messages that have no TSN yet. Owns the count of bytes that the application may not exceed, those waiting here and those
/// outstanding; and the parts that know the streams, which of them wait for a reset, and whose turn it is.
/// </summary>
internal sealed partial class SendQueue
{
    // A message that needs several fragments anyway starts in what is left of a packet, but not for a crumb of it.
    private const int LeastFragment = 256;

    private readonly OutboundMessagePool _messages;
    private readonly AssociationContext _context;
    private readonly PathSet _paths;
    private readonly OutboundStreams _streams;
    private SendingTurn _turn;
    private SendBacklog _waiting;
    private int _openRecords;
    private AssociationEvent? _low;

    public SendQueue(OutboundMessagePool messages, AssociationContext context, PathSet paths)
    {
        _messages = messages;
        _context = context;
        _paths = paths;
        _streams = new OutboundStreams(context.Options.OutgoingStreams);
        _turn = new SendingTurn(context.Options.Scheduler);
    }

    /// <summary>Bytes accepted and not yet cumulatively acknowledged.</summary>
    public long BufferedBytes { get; private set; }

    /// <summary>What they count for: a message costs more than its bytes, and a small one far more.</summary>
    public long BufferedCharge => OutboundMessage.Charge(BufferedBytes, _messages.Rented);

    /// <summary>The part of it that waits for resets of streams, which may wait for the end of a record themselves.</summary>
    public long HeldCharge => _waiting.HeldCharge;

    /// <summary>Which streams wait for a reset.</summary>
    public StreamPauses Pauses => new(_streams);

    /// <summary>Messages waiting, the one that is being cut included.</summary>
    public int MessageCount => _waiting.Messages;

    /// <summary>Whether nothing waits for a TSN.</summary>
    public bool IsEmpty => _waiting.Messages == 0;

    /// <summary>Whether a fragment could be cut; not so when all that waits is behind a record whose next part has not come.</summary>
    public bool HasNext => _turn.Stream?.First is not null;

    /// <summary>The key of the message that <see cref="Cut"/> would cut; null where there is none.</summary>
    public ushort? NextKey => _turn.Stream?.First?.Options.KeyId;

    /// <summary>Whether messages are sent in I-DATA chunks. Only changed while no message is begun.</summary>
    public bool IsInterleaved { get; set; }

    /// <summary>Whether the application has yet to end a record (<see cref="SendOptions.MoreFollows"/>).</summary>
    public bool HasOpenRecord => _openRecords > 0;

    /// <summary>Accepts a message and takes its buffer over, if the status is <see cref="SendStatus.Ok"/>.</summary>
    /// <param name="payload">User data.</param>
    /// <param name="sendOptions">Of the message.</param>
    /// <param name="wasAccepted">Whether the owner has held it to the limits already, as they were then.</param>
    public SendStatus Enqueue(PooledBuffer payload, in SendOptions sendOptions, bool wasAccepted = false)
    {
        SendStatus status = wasAccepted ? CheckStream(sendOptions) : Check(payload.Length, sendOptions);
        if (status != SendStatus.Ok)
        {
            return Refuse(status, sendOptions);
        }

        OutboundStream stream = _streams.Get(sendOptions.Stream);
        OutboundMessage message = _messages.Rent(payload, stream.OptionsFor(sendOptions));
        BufferedBytes += message.Length;
        _openRecords += (sendOptions.MoreFollows ? 1 : 0) - (stream.IsRecordOpen ? 1 : 0);
        message.AcceptedAt = _context.Now;
        message.Deadline = DeadlineOf(message.Options.Reliability);
        _waiting.Add(stream, message);
        _earliestDeadline = Instant.Min(_earliestDeadline, message.Deadline);
        _turn.ActivateIfWaiting(stream);
        return SendStatus.Ok;
    }

    /// <summary>What <see cref="Enqueue"/> would say to a message.</summary>
    public SendStatus Check(int length, in SendOptions sendOptions)
    {
        if (length == 0 || length > _context.Options.MaximumMessageSize)
        {
            return SendStatus.InvalidLength;
        }

        if (length > _paths.MaximumPayload && !_context.Options.Fragmentation)
        {
            return SendStatus.NeedsFragmentation;
        }

        SendStatus status = CheckStream(sendOptions);
        if (status != SendStatus.Ok)
        {
            return status;
        }

        OutboundStream? stream = _streams.Find(sendOptions.Stream);

        // What waits behind a record that was begun, or for a reset that waits for its end, must not keep its next part away:
        // neither would ever be sent.
        long behind = stream is { HoldsTurn: true } or { IsRecordOpen: true, IsPaused: true }
            ? OutboundMessage.Charge(_waiting.Bytes - stream.WaitingBytes, _waiting.Messages - stream.WaitingMessages)
            : 0;

        // The last message may reach over the limit, so that one longer than the buffer can be sent at all.
        return BufferedCharge - behind >= _context.Sizes.Send ? SendStatus.QueueFull : SendStatus.Ok;
    }

    /// <summary>
    /// How far the send buffer is over its size for one more message, in bytes; null when it is not, or when letting go of other
    /// messages would not help, since they do not count.
    /// </summary>
    public long? Excess(in SendOptions sendOptions) =>
        BufferedCharge - _context.Sizes.Send is >= 0 and long excess && _streams.Find(sendOptions.Stream) is not { HoldsTurn: true } ? excess : null;

    /// <summary>The part of <see cref="Check"/> that no option changes.</summary>
    public SendStatus CheckStream(in SendOptions sendOptions) =>
        sendOptions.Stream.Value >= _streams.Count ? SendStatus.InvalidStream
        : _streams.Find(sendOptions.Stream) is { IsRecordLost: true } ? SendStatus.RecordLost
        : SendStatus.Ok;

    /// <summary>Takes note of a message that is not accepted: the last part of a lost record makes way for the next record.</summary>
    /// <param name="status">What <see cref="Check"/> said.</param>
    /// <param name="sendOptions">Of the message.</param>
    /// <returns>The same status.</returns>
    public SendStatus Refuse(SendStatus status, in SendOptions sendOptions)
    {
        if (status == SendStatus.RecordLost)
        {
            _streams.Find(sendOptions.Stream)!.IsRecordLost = sendOptions.MoreFollows;
        }

        return status;
    }

    /// <summary>Nothing will come any more that continues a lost record.</summary>
    public void ForgetLostRecords()
    {
        foreach (OutboundStream? stream in _streams.Used)
        {
            stream?.IsRecordLost = false;
        }
    }

    /// <summary>Bytes accepted on a stream and not yet sent for the first time.</summary>
    public long WaitingBytesOn(StreamId id) => _streams.Find(id)?.WaitingBytes ?? 0;

    /// <summary>Sets when <see cref="TryTakeLow"/> says something of a stream; false when there is no such stream.</summary>
    public bool SetLowThreshold(StreamId id, long? bytes)
    {
        bool exists = id.Value < _streams.Count;
        if (exists)
        {
            _streams.Get(id).SetLowThreshold(bytes);
        }

        return exists;
    }

    /// <summary>Takes the news that the last <see cref="Cut"/> made the bytes waiting on its stream fall to their threshold.</summary>
    public bool TryTakeLow([NotNullWhen(true)] out AssociationEvent? low)
    {
        low = _low;
        _low = null;
        return low is not null;
    }

    /// <summary>
    /// Whether all that waits is worth waiting for more (RFC 6458 §8.1.5): it would not fill a packet, no message of it was
    /// begun or is longer than a chunk, and none asks for an early acknowledgement.
    /// </summary>
    /// <param name="room">Bytes for chunks in one packet.</param>
    public bool IsSmall(int room) => _waiting is { Urgent: 0, Begun: 0 } && _turn.Stream?.First is { } first && first.Length <= _paths.MaximumPayload
        && _waiting.Bytes + ((long)_waiting.Messages * _paths.DataHeader) < room;

    /// <summary>The size of the fragment that <see cref="Cut"/> would make now.</summary>
    /// <param name="available">User data that fits into what is left of the packet, in bytes.</param>
    /// <param name="full">User data that fits into a packet with nothing else in it.</param>
    /// <param name="length">Its bytes of user data.</param>
    /// <returns>False when nothing waits, or when it is better begun in a packet of its own.</returns>
    public bool TryPeek(int available, int full, out int length)
    {
        length = 0;
        if (_turn.Stream?.First is not { } message)
        {
            return false;
        }

        int remaining = message.Length - message.Cut;
        if (remaining <= available)
        {
            length = remaining;
            return true;
        }

        // What fits into one packet is never split; what does not is cut to fill this one.
        length = available;
        return remaining > full && available >= Math.Min(LeastFragment, full);
    }

    /// <summary>Cuts the fragment that <see cref="TryPeek"/> announced.</summary>
    public Fragment Cut(int length, bool sackImmediately)
    {
        OutboundStream stream = _turn.Stream!;
        OutboundMessage message = stream.First!;
        var flags = DataFlags.None;
        if (message.Cut == 0)
        {
            flags |= message.IsContinuation ? DataFlags.None : DataFlags.Beginning;
            Number(stream, message);
            _waiting.Begin();
        }

        int offset = message.Cut;
        message.Cut += length;
        message.FragmentsHeld++;
        _low = stream.OnSent(length);
        _waiting.OnCut(length);
        if (message.Options.Unordered)
        {
            flags |= DataFlags.Unordered;
        }

        bool isLast = message.Cut == message.Length;
        bool isEnd = isLast && !message.Options.MoreFollows;
        if (isLast)
        {
            stream.RemoveFirst();
            _waiting.Remove(message);
        }

        stream.HalfSentRecord = isEnd ? 0 : message.Record;
        flags |= isEnd ? DataFlags.Ending : DataFlags.None;
        _turn.OnCut(stream, length, isLast, isOver: isEnd || IsInterleaved);

        // §6.1: the I bit on the last chunk of a message that asks for it, or whenever the sender would gain.
        if (sackImmediately || (isLast && message.Options.SackImmediately))
        {
            flags |= DataFlags.SackImmediately;
        }

        return new Fragment(message, offset, length, flags, IsInterleaved ? stream.TakeFsn() : null);
    }

    /// <summary>Bytes were acknowledged for good: the application may send as many.</summary>
    public void OnReleased(long bytes) => BufferedBytes -= bytes;

    /// <summary>The peer allows fewer streams than we asked for (§5.1.1): what waits on the others cannot be sent.</summary>
    public void LimitStreams(int count)
    {
        _streams.Limit(count);
        for (int i = _streams.Count; i < _streams.Used.Length; i++)
        {
            if (_streams.Used[i] is { IsActive: true } stream)
            {
                Discard(stream);
            }
        }
    }

    /// <summary>There are more streams (RFC 6525 §5.2.7 H6).</summary>
    public void AddStreams(int count) => _streams.Add(count);

    /// <summary>What has waited goes out; after a reset with SSNs that begin anew.</summary>
    /// <param name="streams">Which; none for all.</param>
    /// <param name="isReset">Whether they were reset.</param>
    public void Resume(ReadOnlySpan<StreamId> streams, bool isReset)
    {
        foreach (OutboundStream stream in _streams.Select(streams))
        {
            if (isReset)
            {
                stream.Restart();
            }

            _waiting.Resume(stream);
            _turn.ActivateIfWaiting(stream);
        }

        if (streams.IsEmpty)
        {
            _streams.ArePaused = false;
        }

        _earliestDeadline = Instant.Zero;                    // nobody has looked at those that were held
    }

    /// <summary>Lets everything go, and begins anew: every stream with its first SSN, as many streams as we ask for.</summary>
    public void Reset()
    {
        Clear();
        _streams.Restart(_context.Options.OutgoingStreams);
    }

    /// <summary>Lets everything go, after the outstanding fragments were let go.</summary>
    public void Clear()
    {
        Resume([], isReset: false);
        foreach (OutboundStream? stream in _streams.Used)
        {
            if (stream is { IsActive: true } or { IsRecordOpen: true })
            {
                Discard(stream);
            }
        }

        BufferedBytes = 0;
    }

    /// <inheritdoc cref="SendingTurn.OnSchedulerChanged"/>
    public void OnSchedulerChanged() => _turn.OnSchedulerChanged(_context.Options.Scheduler);

    /// <summary>Sets what the scheduler asks of a stream (RFC 8260 §4.3.3); false when there is no such stream.</summary>
    public bool SetSchedulerValue(StreamId id, ushort value)
    {
        if (id.Value >= _streams.Count)
        {
            return false;
        }

        OutboundStream stream = _streams.Get(id);
        stream.SchedulerValue = value;
        _turn.Reorder(stream);
        return true;
    }

    /// <summary>What the scheduler asks of a stream; 0 when nobody has set it.</summary>
    public ushort SchedulerValueOf(StreamId id) => _streams.Find(id)?.SchedulerValue ?? 0;

    /// <inheritdoc cref="SendingTurn.BeginPacket"/>
    public void BeginPacket() => _turn.BeginPacket();

    /// <inheritdoc cref="SendingTurn.EndPacket"/>
    public void EndPacket() => _turn.EndPacket();

    private void Number(OutboundStream stream, OutboundMessage message)
    {
        if (IsInterleaved)
        {
            message.Mid = stream.MidFor(message);
        }
        else
        {
            message.Ssn = stream.SsnFor(message);
        }
    }

    private void Discard(OutboundStream stream)
    {
        while (stream.First is not null)
        {
            OutboundMessage message = stream.RemoveFirst();
            BufferedBytes -= message.Length;
            _waiting.Remove(message);
            _messages.Fail(message);
        }

        _turn.OnDiscarded(stream);
        _openRecords -= stream.IsRecordOpen ? 1 : 0;
        stream.OnDiscarded();
    }
}
