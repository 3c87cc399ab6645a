using System.Diagnostics.CodeAnalysis;

namespace Braid.Sctp;

/// <summary>One incoming stream: the next message to deliver and those that came too early (RFC 9260 §6.6).</summary>
internal sealed class InboundStream
{
    private MessageList _waiting;     // by SSN
    private Tsn _lateSkipTsn;
    private Ssn _lateSkip;
    private bool _hasLateSkip;

    /// <summary>SSN of the next ordered message.</summary>
    public Ssn Next { get; private set; }

    /// <summary>The last of the messages that came too early.</summary>
    public ReceivedMessage? LastWaiting => _waiting.Last;

    /// <summary>TSN of the last ordered message that came in its turn, if any has.</summary>
    public Tsn LastTsn { get; private set; }

    /// <summary>The message came in its turn.</summary>
    /// <param name="lastTsn">TSN of its last fragment.</param>
    public void Advance(Tsn lastTsn)
    {
        Next = Next.Next;
        LastTsn = lastTsn;
    }

    /// <summary>The stream was reset: the next ordered message has the SSN 0.</summary>
    /// <param name="first">The first TSN after the reset, where others may have come already.</param>
    public void Restart(Tsn? first)
    {
        Next = default;
        if (first is { } tsn && _hasLateSkip && _lateSkipTsn >= tsn)
        {
            SkipTo(_lateSkip, _lateSkipTsn);
        }

        _hasLateSkip = false;
    }

    /// <summary>Keeps a message until its turn; false when one with its number waits already.</summary>
    public bool Hold(ReceivedMessage message)
    {
        if (_waiting.Last is null || message.Ssn.DistanceFrom(_waiting.Last.Ssn) > 0)
        {
            _waiting.Add(message);     // nearly always: behind a lost one, the others arrive in order
            return true;
        }

        ReceivedMessage? before = null;
        ReceivedMessage? after = _waiting.First;
        while (after is not null && message.Ssn.DistanceFrom(after.Ssn) > 0)
        {
            before = after;
            after = after.NextInQueue;
        }

        if (after is not null && after.Ssn == message.Ssn)
        {
            return false;
        }

        _waiting.Insert(message, before);
        return true;
    }

    /// <summary>Takes the waiting message whose turn it is.</summary>
    public bool TryTakeNext([NotNullWhen(true)] out ReceivedMessage? message)
    {
        message = null;
        return _waiting.First?.Ssn == Next && _waiting.TryTake(out message);
    }

    /// <summary>Takes the first waiting message if it is not behind a number that is skipped (RFC 3758 §3.6).</summary>
    public bool TryTakeUpTo(Ssn last, [NotNullWhen(true)] out ReceivedMessage? message)
    {
        message = null;
        return _waiting.First?.Ssn.DistanceFrom(last) <= 0 && _waiting.TryTake(out message);
    }

    /// <summary>What comes up to a number will not be waited for.</summary>
    /// <param name="last">The number.</param>
    /// <param name="lastTsn">A TSN that its last fragment is not behind.</param>
    public void SkipTo(Ssn last, Tsn lastTsn)
    {
        Next = last.Next;
        LastTsn = lastTsn;
    }

    /// <summary>
    /// A number was skipped that lies behind the next one: it means nothing, unless the news comes that the stream was reset before
    /// that (RFC 6525 §5.2.7 H5), which it may have overtaken.
    /// </summary>
    public void OnLateSkip(Ssn last, Tsn lastTsn) => (_lateSkip, _lateSkipTsn, _hasLateSkip) = (last, lastTsn, true);

    /// <summary>Takes the last waiting message out of the way; slow.</summary>
    public void RemoveLast() => _waiting.RemoveLast();

    /// <summary>Takes any waiting message, to let it go.</summary>
    public bool TryTakeFirst([NotNullWhen(true)] out ReceivedMessage? message) => _waiting.TryTake(out message);
}
