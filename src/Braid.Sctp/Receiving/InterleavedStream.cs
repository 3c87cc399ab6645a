namespace Braid.Sctp;

/// <summary>One incoming stream of interleaved messages: whose turn it is (RFC 8260 §2.2.3), and what will not come (§2.3.1).</summary>
internal sealed class InterleavedStream
{
    // Numbers wrap: what was skipped so long ago says nothing of what comes now.
    private const int FarthestBehind = 1 << 30;
    private const int FarthestAhead = ushort.MaxValue;       // in TSNs: more are never on their way

    private MessageList _behind;
    private SkippedMid? _skippedOrdered;
    private SkippedMid? _skippedUnordered;

    /// <summary>A message that the peer has given up, as all before it that did not come.</summary>
    /// <param name="Mid">Its number.</param>
    /// <param name="UpTo">The New Cumulative TSN of the chunk that said so.</param>
    private readonly record struct SkippedMid(Mid Mid, Tsn UpTo)
    {
        public bool Covers(Mid mid) => mid.DistanceFrom(Mid) is <= 0 and > -FarthestBehind;
    }

    /// <summary>The next ordered message.</summary>
    public Mid Next { get; private set; }

    /// <summary>The message that is being delivered in parts: nothing else of the stream is delivered before its end.</summary>
    public OpenMessage? InParts { get; set; }

    /// <summary>The message that was begun last and is not complete, if any is: it is the one that most chunks are of.</summary>
    public OpenMessage? Last { get; set; }

    /// <summary>Messages that are complete and wait for that.</summary>
    public ref MessageList Behind => ref _behind;

    /// <summary>A TSN that the last ordered message which came in its turn, or was skipped, is not behind; if there was any.</summary>
    public Tsn LastTsn { get; private set; }

    /// <summary>The next ordered message was completed.</summary>
    /// <param name="tsn">A TSN of it.</param>
    public void Advance(Tsn tsn)
    {
        Next = Next.Next;
        LastTsn = tsn;
    }

    /// <summary>
    /// A message was skipped. One that lies behind the next one means nothing, unless the news comes that the stream was reset before
    /// that (RFC 6525 §5.2.7 H5), which it may have overtaken.
    /// </summary>
    public void OnSkipped(bool unordered, Mid mid, Tsn upTo)
    {
        if (unordered)
        {
            _skippedUnordered = new SkippedMid(mid, upTo);
            return;
        }

        _skippedOrdered = new SkippedMid(mid, upTo);
        Skip();
    }

    /// <summary>Whether a chunk of a message that is not here comes late: it was skipped.</summary>
    public bool IsLate(bool unordered, Mid mid, Tsn tsn)
    {
        ref SkippedMid? skipped = ref unordered ? ref _skippedUnordered : ref _skippedOrdered;
        if (skipped is { } last && tsn.DistanceFrom(last.UpTo) > FarthestAhead)
        {
            skipped = null;
        }

        return IsSkipped(unordered, mid);
    }

    /// <summary>Whether a message was skipped, or one after it.</summary>
    public bool IsSkipped(bool unordered, Mid mid) => (unordered ? _skippedUnordered : _skippedOrdered) is { } skipped && skipped.Covers(mid);

    /// <summary>Before this number, nothing is left that could be skipped; null when nobody knows.</summary>
    public Mid? FirstToSkip(bool unordered) => unordered ? _skippedUnordered?.Mid.Next : Next;

    /// <summary>The stream was reset: the next ordered message has the MID 0 (RFC 8260 §2.3.2).</summary>
    public void Restart()
    {
        Next = default;
        _skippedOrdered = null;
        _skippedUnordered = null;
    }

    /// <summary>All streams were reset, and what was sent after that may have come already (RFC 6525 §5.2.7 H5).</summary>
    /// <param name="first">The first TSN after the reset.</param>
    public void Restart(Tsn first)
    {
        _skippedOrdered = _skippedOrdered?.UpTo >= first ? _skippedOrdered : null;
        _skippedUnordered = _skippedUnordered?.UpTo >= first ? _skippedUnordered : null;
        if (LastTsn < first || Next == default)
        {
            Next = default;
            Skip();
        }
    }

    // What comes up to the last skipped number is not waited for.
    private void Skip()
    {
        if (_skippedOrdered is { } skipped && skipped.Mid.DistanceFrom(Next) >= 0)
        {
            Next = skipped.Mid.Next;
            LastTsn = skipped.UpTo;
        }
    }
}
