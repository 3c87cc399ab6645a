namespace Braid.Sctp;

/// <summary>
/// One message of each stream in turn. A message that was begun is finished first: the fragments of DATA chunks have
/// consecutive TSNs (RFC 9260 §6.9).
/// </summary>
internal sealed class RoundRobinScheduler : IStreamScheduler
{
    private OutboundStream? _head;
    private OutboundStream? _tail;

    public void Activate(OutboundStream stream)
    {
        stream.NextActive = null;
        if (_tail is null)
        {
            _head = stream;
        }
        else
        {
            _tail.NextActive = stream;
        }

        _tail = stream;
    }

    public OutboundStream? Peek() => _head;

    public void MessageDone(OutboundStream stream, bool hasMore)
    {
        _head = stream.NextActive;
        if (_head is null)
        {
            _tail = null;
        }

        stream.NextActive = null;
        if (hasMore)
        {
            Activate(stream);
        }
    }

    public void Deactivate(OutboundStream stream)
    {
        OutboundStream? before = null;
        for (OutboundStream? active = _head; active != stream; active = active!.NextActive)
        {
            before = active;
        }

        if (before is null)
        {
            _head = stream.NextActive;
        }
        else
        {
            before.NextActive = stream.NextActive;
        }

        if (stream == _tail)
        {
            _tail = before;
        }

        stream.NextActive = null;
    }
}
