namespace Braid.Sctp;

/// <summary>What a scheduler remembers of one stream; only the scheduler that the stream is active in writes it.</summary>
internal struct StreamTurn
{
    /// <summary>The neighbours in a <see cref="StreamChain"/>.</summary>
    public OutboundStream? Next;

    /// <inheritdoc cref="Next"/>
    public OutboundStream? Previous;

    /// <summary>What a <see cref="StreamHeap"/> goes by; made when the stream is first put into one.</summary>
    public StreamRank? Heap;
}

/// <summary>The place of a stream among others that are not simply in turn.</summary>
internal sealed class StreamRank
{
    /// <summary>Its place in the heap.</summary>
    public int Index { get; set; }

    /// <summary>The lowest first.</summary>
    public long Rank { get; set; }

    /// <summary>Decides between equal ranks: the lowest first.</summary>
    public long Order { get; set; }

    /// <summary>By how much its last turn has moved its rank.</summary>
    public long LastCharge { get; set; }
}
