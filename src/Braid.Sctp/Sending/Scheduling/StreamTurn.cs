namespace Braid.Sctp;

/// <summary>What a scheduler remembers of one stream; only the scheduler that the stream is active in writes it.</summary>
internal struct StreamTurn
{
    /// <summary>The neighbours in a <see cref="StreamChain"/>.</summary>
    public OutboundStream? Next;

    /// <inheritdoc cref="Next"/>
    public OutboundStream? Previous;

    /// <summary>Its place in a <see cref="StreamHeap"/>.</summary>
    public int HeapIndex;

    /// <summary>What a heap goes by: the lowest first.</summary>
    public long Rank;

    /// <summary>Decides between equal ranks: the lowest first.</summary>
    public long Order;

    /// <summary>By how much its last turn has moved its rank.</summary>
    public long LastCharge;
}
