using System.Diagnostics.CodeAnalysis;

namespace Braid.Sctp;

/// <summary>Received messages one behind the other, linked by themselves: a message is in one list at a time.</summary>
internal struct MessageList
{
    private ReceivedMessage? _first;
    private ReceivedMessage? _last;

    /// <summary>Whether there is none.</summary>
    public readonly bool IsEmpty => _first is null;

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
