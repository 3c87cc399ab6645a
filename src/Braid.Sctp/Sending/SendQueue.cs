using System;
using System.Diagnostics.CodeAnalysis;
using Braid.Core;
using Braid.Sctp.Wire;

namespace Braid.Sctp;

/// <summary>
/// Messages that have no TSN yet. Owns the outgoing streams and the count of bytes that the application may not exceed:
/// those waiting here and those outstanding.
/// </summary>
internal sealed partial class SendQueue(OutboundMessagePool messages, AssociationContext context, PathSet paths)
{
    // A message that needs several fragments anyway starts in what is left of a packet, but not for a crumb of it.
    private const int LeastFragment = 256;

    private IStreamScheduler _scheduler = StreamSchedulers.Create(context.Options.Scheduler);
    private OutboundStream?[] _streams = [];
    private OutboundStream? _holder;                         // §6.9: has begun a message, so that it is nobody else's turn
    private long _turnBytes;                                 // what it has sent of that
    private int _streamCount = context.Options.OutgoingStreams;
    private int _openRecords;
    private int _urgentMessages;                             // those with the I bit
    private int _begunMessages;                              // those that are cut, but not to their end
    private long _waitingBytes;
    private bool _isPaused;                                  // all streams, those that nobody has used yet included
    private AssociationEvent? _low;

    /// <summary>Bytes accepted and not yet cumulatively acknowledged.</summary>
    public long BufferedBytes { get; private set; }

    /// <summary>What they count for: a message costs more than its bytes, and a small one far more.</summary>
    public long BufferedCharge => Charge(BufferedBytes, messages.Rented);

    /// <summary>The part of it that waits for resets of streams, which may wait for the end of a record themselves.</summary>
    public long HeldCharge { get; private set; }

    /// <summary>Messages waiting, the one that is being cut included.</summary>
    public int MessageCount { get; private set; }

    /// <summary>Whether nothing waits for a TSN.</summary>
    public bool IsEmpty => MessageCount == 0;

    /// <summary>Whether a fragment could be cut; not so when all that waits is behind a record whose next part has not come.</summary>
    public bool HasNext => Next?.First is not null;

    /// <summary>Whether messages are sent in I-DATA chunks. Only changed while no message is begun.</summary>
    public bool IsInterleaved { get; set; }

    /// <summary>Whether the application has yet to end a record (<see cref="SendOptions.MoreFollows"/>).</summary>
    public bool HasOpenRecord => _openRecords > 0;

    private OutboundStream? Next => _holder ?? _scheduler.Peek();

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

        OutboundStream stream = StreamFor(sendOptions.Stream);
        OutboundMessage message = messages.Rent(payload, stream.OptionsFor(sendOptions));
        BufferedBytes += message.Length;
        _waitingBytes += message.Length;
        _urgentMessages += message.Options.SackImmediately ? 1 : 0;
        MessageCount++;
        _openRecords += (sendOptions.MoreFollows ? 1 : 0) - (stream.IsRecordOpen ? 1 : 0);
        message.AcceptedAt = context.Now;
        message.Deadline = DeadlineOf(message.Options.Reliability);
        CountHeld(stream, -1);
        stream.Add(message);
        CountHeld(stream, 1);
        _earliestDeadline = Instant.Min(_earliestDeadline, message.Deadline);
        ActivateIfWaiting(stream);
        return SendStatus.Ok;
    }

    /// <summary>What <see cref="Enqueue"/> would say to a message.</summary>
    public SendStatus Check(int length, in SendOptions sendOptions)
    {
        if (length == 0 || length > context.Options.MaximumMessageSize)
        {
            return SendStatus.InvalidLength;
        }

        if (length > paths.MaximumPayload && !context.Options.Fragmentation)
        {
            return SendStatus.NeedsFragmentation;
        }

        SendStatus status = CheckStream(sendOptions);
        if (status != SendStatus.Ok)
        {
            return status;
        }

        OutboundStream? stream = Find(sendOptions.Stream);

        // What waits behind a record that was begun, or for a reset that waits for its end, must not keep its next part away:
        // neither would ever be sent.
        long behind = stream is { HoldsTurn: true } or { IsRecordOpen: true, IsPaused: true } ? Charge(_waitingBytes, MessageCount) - Charge(stream.WaitingBytes, stream.WaitingMessages) : 0;

        // The last message may reach over the limit, so that one longer than the buffer can be sent at all.
        return BufferedCharge - behind >= context.Options.SendBufferSize ? SendStatus.QueueFull : SendStatus.Ok;
    }

    /// <summary>
    /// How far the send buffer is over its size for one more message, in bytes; null when it is not, or when letting go of other
    /// messages would not help, since they do not count.
    /// </summary>
    public long? Excess(in SendOptions sendOptions) =>
        BufferedCharge - context.Options.SendBufferSize is >= 0 and long excess && Find(sendOptions.Stream) is not { HoldsTurn: true } ? excess : null;

    /// <summary>The part of <see cref="Check"/> that no option changes.</summary>
    public SendStatus CheckStream(in SendOptions sendOptions) =>
        sendOptions.Stream.Value >= _streamCount ? SendStatus.InvalidStream
        : Find(sendOptions.Stream) is { IsRecordLost: true } ? SendStatus.RecordLost
        : SendStatus.Ok;

    /// <summary>Takes note of a message that is not accepted: the last part of a lost record makes way for the next record.</summary>
    /// <param name="status">What <see cref="Check"/> said.</param>
    /// <param name="sendOptions">Of the message.</param>
    /// <returns>The same status.</returns>
    public SendStatus Refuse(SendStatus status, in SendOptions sendOptions)
    {
        if (status == SendStatus.RecordLost)
        {
            Find(sendOptions.Stream)!.IsRecordLost = sendOptions.MoreFollows;
        }

        return status;
    }

    /// <summary>Nothing will come any more that continues a lost record.</summary>
    public void ForgetLostRecords()
    {
        foreach (OutboundStream? stream in _streams)
        {
            stream?.IsRecordLost = false;
        }
    }

    /// <summary>Bytes accepted on a stream and not yet sent for the first time.</summary>
    public long WaitingBytesOn(StreamId id) => Find(id)?.WaitingBytes ?? 0;

    /// <summary>Sets when <see cref="TryTakeLow"/> says something of a stream; false when there is no such stream.</summary>
    public bool SetLowThreshold(StreamId id, long? bytes)
    {
        bool exists = id.Value < _streamCount;
        if (exists)
        {
            StreamFor(id).SetLowThreshold(bytes);
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
    public bool IsSmall(int room) => _urgentMessages == 0 && _begunMessages == 0 && Next?.First is { } first && first.Length <= paths.MaximumPayload
        && _waitingBytes + ((long)MessageCount * paths.DataHeader) < room;

    /// <summary>The size of the fragment that <see cref="Cut"/> would make now.</summary>
    /// <param name="available">User data that fits into what is left of the packet, in bytes.</param>
    /// <param name="full">User data that fits into a packet with nothing else in it.</param>
    /// <param name="length">Its bytes of user data.</param>
    /// <returns>False when nothing waits, or when it is better begun in a packet of its own.</returns>
    public bool TryPeek(int available, int full, out int length)
    {
        length = 0;
        if (Next?.First is not { } message)
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
        OutboundStream stream = Next!;
        OutboundMessage message = stream.First!;
        var flags = DataFlags.None;
        if (message.Cut == 0)
        {
            flags |= message.IsContinuation ? DataFlags.None : DataFlags.Beginning;
            Number(stream, message);
            _begunMessages++;
        }

        int offset = message.Cut;
        stream.HalfSentRecord = message.Record;
        message.Cut += length;
        message.FragmentsHeld++;
        _low = stream.OnSent(length);
        _waitingBytes -= length;
        if (message.Options.Unordered)
        {
            flags |= DataFlags.Unordered;
        }

        bool isLast = message.Cut == message.Length;
        bool isEnd = isLast && !message.Options.MoreFollows;
        if (isLast)
        {
            stream.RemoveFirst();
            MessageCount--;
            _begunMessages--;
            _urgentMessages -= message.Options.SackImmediately ? 1 : 0;
        }

        flags |= isEnd ? DataFlags.Ending : DataFlags.None;
        OnCut(stream, length, isLast, isEnd);

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
        _streamCount = Math.Min(_streamCount, count);
        for (int i = _streamCount; i < _streams.Length; i++)
        {
            if (_streams[i] is { IsActive: true } stream)
            {
                Discard(stream);
            }
        }
    }

    /// <summary>There are more streams (RFC 6525 §5.2.7 H6).</summary>
    public void AddStreams(int count) => _streamCount += count;

    /// <summary>
    /// From now on what is accepted on some streams waits for <see cref="Resume"/> (RFC 6525 §5.1.2 A1); what was accepted before goes out.
    /// </summary>
    /// <param name="streams">Which; none for all.</param>
    /// <returns>False when one of them does so already: nothing has changed.</returns>
    public bool Pause(ReadOnlySpan<StreamId> streams)
    {
        if (!IsNonePaused(streams))
        {
            return false;
        }

        if (streams.IsEmpty)
        {
            _isPaused = true;
            foreach (OutboundStream? stream in _streams)
            {
                stream?.Pause();
            }
        }

        foreach (StreamId id in streams)
        {
            if (StreamFor(id) is { IsPaused: false } stream)     // named twice
            {
                stream.Pause();
            }
        }

        return true;
    }

    /// <summary>Whether all that was accepted on paused streams before they were has its TSN.</summary>
    public bool IsReadyForReset(ReadOnlySpan<StreamId> streams)
    {
        bool isReady = true;
        foreach (OutboundStream? stream in streams.IsEmpty ? _streams : [])
        {
            isReady &= stream?.IsReadyForReset ?? true;
        }

        foreach (StreamId id in streams)
        {
            isReady &= StreamFor(id).IsReadyForReset;
        }

        return isReady;
    }

    /// <summary>What has waited goes out; after a reset with SSNs that begin anew.</summary>
    /// <param name="streams">Which; none for all.</param>
    /// <param name="isReset">Whether they were reset.</param>
    public void Resume(ReadOnlySpan<StreamId> streams, bool isReset)
    {
        if (streams.IsEmpty)
        {
            _isPaused = false;
            foreach (OutboundStream? stream in _streams)
            {
                ResumeOne(stream, isReset);
            }
        }

        foreach (StreamId id in streams)
        {
            ResumeOne(StreamFor(id), isReset);
        }
    }

    /// <summary>Streams of a list that do not wait for a reset; none when the list stands for all.</summary>
    public StreamId[] NotPaused(StreamId[] streams) => _isPaused ? [] : Array.FindAll(streams, id => Find(id) is not { IsPaused: true });

    /// <summary>Whether nothing was sent on some streams, nor is to be, since they began.</summary>
    /// <param name="streams">Which; none for all.</param>
    public bool IsUnused(ReadOnlySpan<StreamId> streams)
    {
        bool isUsed = false;
        foreach (OutboundStream? stream in streams.IsEmpty ? _streams : [])
        {
            isUsed |= stream is { IsUsed: true };
        }

        foreach (StreamId id in streams)
        {
            isUsed |= Find(id) is { IsUsed: true };
        }

        return !isUsed;
    }

    /// <summary>Lets everything go, and begins anew: every stream with its first SSN, as many streams as we ask for.</summary>
    public void Reset()
    {
        Clear();
        foreach (OutboundStream? stream in _streams)
        {
            stream?.Restart();
        }

        _streamCount = context.Options.OutgoingStreams;
    }

    /// <summary>Lets everything go, after the outstanding fragments were let go.</summary>
    public void Clear()
    {
        Resume([], isReset: false);
        foreach (OutboundStream? stream in _streams)
        {
            if (stream is { IsActive: true } or { IsRecordOpen: true })
            {
                Discard(stream);
            }
        }

        BufferedBytes = 0;
    }

    /// <summary>Other options take effect: another scheduler goes on with the streams that are active.</summary>
    public void OnSchedulerChanged()
    {
        IStreamScheduler before = _scheduler;
        before.EndPacket();
        _scheduler = StreamSchedulers.Create(context.Options.Scheduler);
        while (before.Peek() is { } stream)
        {
            before.Remove(stream);
            _scheduler.Activate(stream);
        }
    }

    /// <summary>Sets what the scheduler asks of a stream (RFC 8260 §4.3.3); false when there is no such stream.</summary>
    public bool SetSchedulerValue(StreamId id, ushort value)
    {
        if (id.Value >= _streamCount)
        {
            return false;
        }

        OutboundStream stream = StreamFor(id);
        stream.SchedulerValue = value;
        if (stream.IsActive)
        {
            _scheduler.Remove(stream);
            _scheduler.Activate(stream);
        }

        return true;
    }

    /// <summary>What the scheduler asks of a stream; 0 when nobody has set it.</summary>
    public ushort SchedulerValueOf(StreamId id) => Find(id)?.SchedulerValue ?? 0;

    /// <summary>A packet is about to be filled.</summary>
    public void BeginPacket() => _scheduler.BeginPacket(Next);

    /// <summary>Nothing more goes into the packet.</summary>
    public void EndPacket()
    {
        if (_holder is null)
        {
            _scheduler.EndPacket();                          // else the next packet goes on with the same message
        }
    }

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

    // §6.9: the TSNs of a message, or of a record, are consecutive. Before its last chunk was cut, it is no other stream's turn.
    // With I-DATA the TSN says nothing about the message (RFC 8260 §2.2.2): each chunk may be another stream's.
    private void OnCut(OutboundStream stream, int length, bool isLast, bool isEnd)
    {
        _turnBytes += length;
        if (!isEnd && !IsInterleaved)
        {
            stream.HoldsTurn = isLast || stream.HoldsTurn;
            _holder = stream;
            return;
        }

        stream.HalfSentRecord = isEnd ? 0 : stream.HalfSentRecord;
        EndTurn(stream);
    }

    private void EndTurn(OutboundStream stream)
    {
        stream.HoldsTurn = false;
        stream.IsActive = stream.First is not null;
        _scheduler.OnTurn(stream, _turnBytes, stream.IsActive);
        _holder = null;
        _turnBytes = 0;
    }

    private void Deactivate(OutboundStream stream)
    {
        if (stream.IsActive)
        {
            stream.IsActive = false;
            _scheduler.Remove(stream);
        }
    }

    private void Discard(OutboundStream stream)
    {
        while (stream.First is not null)
        {
            OutboundMessage message = stream.RemoveFirst();
            BufferedBytes -= message.Length;
            MessageCount--;
            _waitingBytes -= message.Length - message.Cut;
            _urgentMessages -= message.Options.SackImmediately ? 1 : 0;
            _begunMessages -= message.Cut > 0 ? 1 : 0;
            messages.Fail(message);
        }

        Deactivate(stream);
        if (_holder == stream)
        {
            _holder = null;
            _turnBytes = 0;
            _scheduler.EndPacket();
        }

        _openRecords -= stream.IsRecordOpen ? 1 : 0;
        stream.OnDiscarded();
    }

    private bool IsNonePaused(ReadOnlySpan<StreamId> streams)
    {
        bool isAny = _isPaused;
        foreach (OutboundStream? stream in streams.IsEmpty ? _streams : [])
        {
            isAny |= stream is { IsPaused: true };
        }

        foreach (StreamId id in streams)
        {
            isAny |= Find(id) is { IsPaused: true };
        }

        return !isAny;
    }

    private void ActivateIfWaiting(OutboundStream stream)
    {
        if (!stream.IsActive && stream.First is not null)
        {
            stream.IsActive = true;
            _scheduler.Activate(stream);
        }
    }

    private void ResumeOne(OutboundStream? stream, bool isReset)
    {
        if (stream is null)
        {
            return;
        }

        if (isReset)
        {
            stream.Restart();
        }

        CountHeld(stream, -1);
        stream.Resume();
        _earliestDeadline = Instant.Zero;                    // nobody has looked at those that were held
        ActivateIfWaiting(stream);
    }

    private void CountHeld(OutboundStream stream, int sign) => HeldCharge += sign * Charge(stream.HeldBytes, stream.HeldMessages);

    private static long Charge(long bytes, int count) => bytes + ((long)count * AssociationOptions.MessageOverhead);

    private OutboundStream? Find(StreamId id) => id.Value < _streams.Length ? _streams[id.Value] : null;

    private OutboundStream StreamFor(StreamId id)
    {
        if (id.Value >= _streams.Length)
        {
            Array.Resize(ref _streams, Math.Min(_streamCount, Math.Max(id.Value + 1, _streams.Length * 2)));
        }

        if (_streams[id.Value] is not { } stream)
        {
            stream = new OutboundStream(id);
            _streams[id.Value] = stream;
            if (_isPaused)
            {
                stream.Pause();
            }
        }

        return stream;
    }
}
