namespace Braid.Sctp;

/// <summary>One incoming stream: the next message to deliver and those that came too early (RFC 9260 §6.6).</summary>
internal sealed class InboundStream
{
    private ReceivedMessage? _first;
    private ReceivedMessage? _last;

    /// <summary>SSN of the next ordered message.</summary>
    public Ssn Next { get; private set; }

    /// <summary>The last of the messages that came too early.</summary>
    public ReceivedMessage? LastWaiting => _last;

    /// <summary>The message came in its turn.</summary>
    public void Advance() => Next = Next.Next;

    /// <summary>Keeps a message until its turn; false when one with its number waits already.</summary>
    public bool Hold(ReceivedMessage message)
    {
        if (_last is null || message.Ssn.DistanceFrom(_last.Ssn) > 0)
        {
            // Nearly always: behind a lost one, the others arrive in order.
            if (_last is null)
            {
                _first = message;
            }
            else
            {
                _last.NextInQueue = message;
            }

            _last = message;
            return true;
        }

        ReceivedMessage? before = null;
        ReceivedMessage? after = _first;
        while (after is not null && message.Ssn.DistanceFrom(after.Ssn) > 0)
        {
            before = after;
            after = after.NextInQueue;
        }

        if (after is not null && after.Ssn == message.Ssn)
        {
            return false;
        }

        message.NextInQueue = after;
        if (before is null)
        {
            _first = message;
        }
        else
        {
            before.NextInQueue = message;
        }

        return true;
    }

    /// <summary>Takes the waiting message whose turn it is.</summary>
    public bool TryTakeNext(out ReceivedMessage? message)
    {
        message = _first;
        return message is not null && message.Ssn == Next && TryTakeFirst(out message);
    }

    /// <summary>Takes the last waiting message out of the way; slow.</summary>
    public void RemoveLast()
    {
        ReceivedMessage? before = null;
        for (ReceivedMessage? message = _first; message != _last; message = message!.NextInQueue)
        {
            before = message;
        }

        _last = before;
        if (before is null)
        {
            _first = null;
        }
        else
        {
            before.NextInQueue = null;
        }
    }

    /// <summary>Takes any waiting message, to let it go.</summary>
    public bool TryTakeFirst(out ReceivedMessage? message)
    {
        message = _first;
        if (message is null)
        {
            return false;
        }

        _first = message.NextInQueue;
        if (_first is null)
        {
            _last = null;
        }

        message.NextInQueue = null;
        return true;
    }
}
