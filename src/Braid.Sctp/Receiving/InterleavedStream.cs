namespace Braid.Sctp;

/// <summary>One incoming stream of interleaved messages: whose turn it is (RFC 8260 §2.2.3).</summary>
internal sealed class InterleavedStream
{
    private MessageList _behind;

    /// <summary>The next ordered message.</summary>
    public Mid Next { get; private set; }

    /// <summary>The message that is being delivered in parts: nothing else of the stream is delivered before its end.</summary>
    public OpenMessage? InParts { get; set; }

    /// <summary>Messages that are complete and wait for that.</summary>
    public ref MessageList Behind => ref _behind;

    /// <summary>A TSN of the last ordered message that came in its turn, if any has.</summary>
    public Tsn LastTsn { get; private set; }

    /// <summary>The next ordered message was completed.</summary>
    /// <param name="tsn">A TSN of it.</param>
    public void Advance(Tsn tsn)
    {
        Next = Next.Next;
        LastTsn = tsn;
    }

    /// <summary>The stream was reset: the next ordered message has the MID 0 (RFC 8260 §2.3.2).</summary>
    public void Restart() => Next = default;
}
