using System.Diagnostics.CodeAnalysis;

namespace Braid.Sctp;

/// <summary>Received messages one behind the other, linked by themselves: a message is in one list at a time.</summary>
internal struct MessageList
{
    private ReceivedMessage? _first;
    private ReceivedMessage? _last;

    /// <summary>Whether there is none.</summary>
    public readonly bool IsEmpty => _first is null;

    /// <summary>How many there are; counted one by one.</summary>
    public readonly int Count
    {
        get
        {
            int count = 0;
            for (ReceivedMessage? message = _first; message is not null; message = message.NextInQueue)
            {
                count++;
            }

            return count;
        }
    }

    /// <summary>The message that <see cref="TryTake"/> gives.</summary>
    public readonly ReceivedMessage? First => _first;

    /// <summary>The message that came in behind all others.</summary>
    public readonly ReceivedMessage? Last => _last;

    /// <summary>Adds a message behind the others.</summary>
    public void Add(ReceivedMessage message)
    {
        if (_last is null)
        {
            _first = message;
        }
        else
        {
            _last.NextInQueue = message;
        }

        _last = message;
    }

    /// <summary>Puts a message before the last one.</summary>
    /// <param name="message">It.</param>
    /// <param name="before">The message that it follows; null to be the first.</param>
    public void Insert(ReceivedMessage message, ReceivedMessage? before)
    {
        if (before is null)
        {
            message.NextInQueue = _first;
            _first = message;
        }
        else
        {
            message.NextInQueue = before.NextInQueue;
            before.NextInQueue = message;
        }
    }

    /// <summary>Takes the last message out; slow.</summary>
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

    /// <summary>Takes the first message.</summary>
    public bool TryTake([NotNullWhen(true)] out ReceivedMessage? message)
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

    /// <summary>Takes all messages of another list.</summary>
    public void AddAll(ref MessageList other)
    {
        while (other.TryTake(out ReceivedMessage? message))
        {
            Add(message);
        }
    }
}
