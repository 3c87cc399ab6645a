namespace Braid.Sctp;

/// <summary>One outgoing stream: its messages in order and its next stream sequence number (RFC 9260 §6.5).</summary>
/// <param name="id">Its identifier.</param>
internal sealed class OutboundStream(StreamId id)
{
    private OutboundMessage? _last;

    public StreamId Id { get; } = id;

    /// <summary>The oldest message that is not cut to its end.</summary>
    public OutboundMessage? First { get; private set; }

    /// <summary>The next stream in the scheduler's queue.</summary>
    public OutboundStream? NextActive { get; set; }

    private Ssn NextSsn { get; set; }

    public void Add(OutboundMessage message)
    {
        if (_last is null)
        {
            First = message;
        }
        else
        {
            _last.Next = message;
        }

        _last = message;
    }

    /// <summary>Takes the first message out.</summary>
    public OutboundMessage RemoveFirst()
    {
        OutboundMessage message = First!;
        First = message.Next;
        if (First is null)
        {
            _last = null;
        }

        message.Next = null;
        return message;
    }

    /// <summary>The stream sequence number of the next ordered message; unordered ones use up none (§6.5).</summary>
    public Ssn TakeSsn()
    {
        Ssn ssn = NextSsn;
        NextSsn = ssn.Next;
        return ssn;
    }
}
