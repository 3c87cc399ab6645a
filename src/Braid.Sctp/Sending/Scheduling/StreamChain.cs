namespace Braid.Sctp;

/// <summary>Streams one behind the other, linked by themselves.</summary>
internal struct StreamChain
{
    private OutboundStream? _last;

    /// <summary>The one that came in first; null when there is none.</summary>
    public OutboundStream? First { get; private set; }

    public void AddLast(OutboundStream stream)
    {
        stream.Turn.Next = null;
        stream.Turn.Previous = _last;
        if (_last is null)
        {
            First = stream;
        }
        else
        {
            _last.Turn.Next = stream;
        }

        _last = stream;
    }

    public void Remove(OutboundStream stream)
    {
        (OutboundStream? previous, OutboundStream? next) = (stream.Turn.Previous, stream.Turn.Next);
        if (previous is null)
        {
            First = next;
        }
        else
        {
            previous.Turn.Next = next;
        }

        if (next is null)
        {
            _last = previous;
        }
        else
        {
            next.Turn.Previous = previous;
        }

        stream.Turn.Next = null;
        stream.Turn.Previous = null;
    }
}
