using Braid.Core;

namespace Braid.Sctp;

/// <summary>One outgoing stream: its messages in order and its next stream sequence number (RFC 9260 §6.5).</summary>
/// <param name="id">Its identifier.</param>
internal sealed class OutboundStream(StreamId id)
{
    private StreamTurn _turn;
    private OutboundMessage? _last;
    private OutboundRecords? _records;                       // made for the first message in parts, or that may be given up
    private Ssn _ssn;                                        // of the record that was begun last
    private Mid _mid;                                        // of the record that was begun last, where messages are interleaved,
    private uint _fsn;                                       // and of its next fragment
    private Mid _nextOrdered;
    private Mid _nextUnordered;
    private OutboundMessage? _firstHeld;                     // what was accepted after a reset was asked for, as long as that is not done
    private OutboundMessage? _lastHeld;
    private long _heldBytes;
    private int _heldMessages;
    private bool _endsRecordFirst;
    private long _lowThreshold = -1;                         // nothing falls as low
    private AssociationEvent.BufferedAmountLow? _lowEvent;

    public StreamId Id { get; } = id;

    /// <summary>The oldest message that is not cut to its end.</summary>
    public OutboundMessage? First { get; private set; }

    /// <summary>Whether the scheduler knows of it: it has something to send, or is in the middle of a record.</summary>
    public bool IsActive { get; set; }

    /// <summary>Its priority or its weight, where the scheduler asks for one (RFC 8260 §4.3.3).</summary>
    public ushort SchedulerValue { get; set; }

    /// <summary>What the scheduler remembers of it.</summary>
    public ref StreamTurn Turn => ref _turn;

    /// <summary>Bytes that wait to be sent for the first time.</summary>
    public long WaitingBytes { get; private set; }

    /// <summary>Messages waiting, the one that is being cut included.</summary>
    public int WaitingMessages { get; private set; }

    /// <summary>Whether the next message continues the last one (RFC 6458 §8.1.26).</summary>
    public bool IsRecordOpen { get; private set; }

    /// <summary>The peer restarted while a record was open: what continues it cannot be sent.</summary>
    public bool IsRecordLost { get; set; }

    /// <summary>A record was begun, and its last part has not come yet: no other stream may send before it (§6.9).</summary>
    public bool HoldsTurn { get; set; }

    /// <summary>Whether what is accepted waits for a reset (RFC 6525 §5.1.2 A1).</summary>
    public bool IsPaused { get; private set; }

    /// <summary>What the messages that wait for a reset to be done count for against the send buffer.</summary>
    public long HeldCharge => OutboundMessage.Charge(_heldBytes, _heldMessages);

    /// <summary>Whether all that was accepted before the reset was asked for has its TSN.</summary>
    public bool IsReadyForReset => First is null && !_endsRecordFirst;

    /// <summary>Whether anything was sent, or is to be, since the stream began.</summary>
    public bool IsUsed { get; private set; }

    /// <summary>The record that is open, by the number of its first part.</summary>
    public long LastRecord => _records?.Last ?? 0;

    /// <summary>The record of which the beginning was sent and the end was not; 0 for none, and for a message that is never given up.</summary>
    public long HalfSentRecord
    {
        get => _records?.HalfSent ?? 0;
        set => _records?.HalfSent = value;
    }

    /// <summary>Messages that were given up; null as long as none was.</summary>
    public AbandonedCounters? Abandoned => _records?.Abandoned;

    private Ssn NextSsn { get; set; }

    /// <summary>How a message is sent: a part like the first one of its record.</summary>
    public SendOptions OptionsFor(in SendOptions options) =>
        IsRecordOpen
        ? options with { Ppid = _records!.Options.Ppid, Unordered = _records.Options.Unordered, Reliability = _records.Options.Reliability }
        : options;

    public void Add(OutboundMessage message)
    {
        message.IsContinuation = IsRecordOpen;
        if (IsRecordOpen)
        {
            (message.Record, message.Deadline) = (_records!.Last, _records.Deadline);
        }

        if (_records is not null || message.Options.MoreFollows || message.Options.Reliability.Policy != ReliabilityPolicy.Reliable)
        {
            _records ??= new OutboundRecords();
            _records.Options = message.Options;
            _records.Last = message.Record;
            _records.Deadline = message.Deadline;
        }

        IsRecordOpen = message.Options.MoreFollows;
        WaitingBytes += message.Length;
        WaitingMessages++;
        if (IsPaused && !_endsRecordFirst)
        {
            Append(message, ref _firstHeld, ref _lastHeld);
            _heldBytes += message.Length;
            _heldMessages++;
            return;
        }

        IsUsed = true;
        _endsRecordFirst &= IsRecordOpen;
        OutboundMessage? first = First;
        Append(message, ref first, ref _last);
        First = first;
    }

    /// <summary>From now on what is accepted waits, but for the rest of a record that is open: a reset cannot cut that in two.</summary>
    public void Pause()
    {
        IsPaused = true;
        _endsRecordFirst = IsRecordOpen;
    }

    /// <summary>What has waited is to be sent.</summary>
    public void Resume()
    {
        IsPaused = false;
        _endsRecordFirst = false;
        if (_firstHeld is null)
        {
            return;
        }

        IsUsed = true;
        if (_last is null)
        {
            First = _firstHeld;
        }
        else
        {
            _last.Next = _firstHeld;
        }

        _last = _lastHeld;
        (_firstHeld, _lastHeld) = (null, null);
        (_heldBytes, _heldMessages) = (0, 0);
    }

    /// <summary>Takes the first message out.</summary>
    public OutboundMessage RemoveFirst()
    {
        OutboundMessage message = First!;
        Remove(message, before: null);
        return message;
    }

    /// <summary>Takes a message out.</summary>
    /// <param name="message">It.</param>
    /// <param name="before">The one before it; null when it is the first.</param>
    public void Remove(OutboundMessage message, OutboundMessage? before)
    {
        if (before is null)
        {
            First = message.Next;
        }
        else
        {
            before.Next = message.Next;
        }

        if (message == _last)
        {
            _last = before;
        }

        message.Next = null;
        WaitingMessages--;
    }

    /// <summary>The record that is open was given up: what continues it is not accepted.</summary>
    public void LoseRecord()
    {
        IsRecordOpen = false;
        IsRecordLost = true;
        _endsRecordFirst = false;
    }

    /// <summary>The stream sequence number for a message: unordered ones use up none (§6.5), and parts of a record share one.</summary>
    public Ssn SsnFor(OutboundMessage message)
    {
        if (message.Options.Unordered)
        {
            return default;
        }

        if (!message.IsContinuation)
        {
            _ssn = NextSsn;
            NextSsn = _ssn.Next;
        }

        return _ssn;
    }

    /// <summary>
    /// The message identifier for a message: ordered and unordered ones are numbered by themselves, parts of a record share one
    /// (RFC 8260 §2.1).
    /// </summary>
    public Mid MidFor(OutboundMessage message)
    {
        if (!message.IsContinuation)
        {
            ref Mid next = ref message.Options.Unordered ? ref _nextUnordered : ref _nextOrdered;
            _mid = next;
            next = next.Next;
            _fsn = 0;
        }

        return _mid;
    }

    /// <summary>The fragment sequence number for the next fragment of the message that was begun last. It may wrap.</summary>
    public uint TakeFsn() => unchecked(_fsn++);

    /// <summary>Bytes are sent for the first time.</summary>
    /// <returns>What to report when that makes the amount fall to the threshold; else null.</returns>
    public AssociationEvent? OnSent(int length)
    {
        long before = WaitingBytes;
        WaitingBytes -= length;
        return WaitingBytes <= _lowThreshold && before > _lowThreshold ? _lowEvent : null;
    }

    /// <summary>Sets the amount of bytes waiting that is worth an event when it is fallen to; null for none.</summary>
    public void SetLowThreshold(long? bytes)
    {
        _lowThreshold = bytes ?? -1;
        _lowEvent ??= bytes is null ? null : new AssociationEvent.BufferedAmountLow(Id);      // one for all times: it may be often
    }

    /// <summary>Its messages were let go.</summary>
    public void OnDiscarded()
    {
        WaitingBytes = 0;
        HoldsTurn = false;
        HalfSentRecord = 0;
        IsRecordLost |= IsRecordOpen;
        IsRecordOpen = false;
    }

    /// <summary>The peer has restarted, or the stream was reset: the first ordered message has the SSN 0 again, and the first of either
    /// order the MID 0 (RFC 8260 §2.3.2).</summary>
    public void Restart()
    {
        (NextSsn, _nextOrdered, _nextUnordered) = (default, default, default);
        IsUsed = First is not null;
    }

    /// <summary>A message was given up.</summary>
    public void CountAbandoned(ReliabilityPolicy policy, bool wasSent)
    {
        _records!.Abandoned ??= new AbandonedCounters();
        _records.Abandoned.Count(policy, wasSent);
    }

    private static void Append(OutboundMessage message, ref OutboundMessage? first, ref OutboundMessage? last)
    {
        if (last is null)
        {
            first = message;
        }
        else
        {
            last.Next = message;
        }

        last = message;
    }
}

/// <summary>What a stream has to remember of messages in parts, and of those that may be given up; most streams have neither.</summary>
internal sealed class OutboundRecords
{
    /// <summary>Of the last message; as long as its record is open, like the record's first.</summary>
    public SendOptions Options { get; set; }

    /// <summary>When its lifetime is over.</summary>
    public Instant Deadline { get; set; }

    /// <summary>Its record, by the number of the first part.</summary>
    public long Last { get; set; }

    /// <inheritdoc cref="OutboundStream.HalfSentRecord"/>
    public long HalfSent { get; set; }

    /// <inheritdoc cref="OutboundStream.Abandoned"/>
    public AbandonedCounters? Abandoned { get; set; }
}
