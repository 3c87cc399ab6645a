namespace Braid.Sctp;

/// <summary>One turn of each stream after the other (RFC 8260 §3.2): a message, or a chunk where messages are interleaved.</summary>
internal sealed class RoundRobinScheduler : IStreamScheduler
{
    private StreamChain _streams;

    public void Activate(OutboundStream stream) => _streams.AddLast(stream);

    public void Remove(OutboundStream stream) => _streams.Remove(stream);

    public OutboundStream? Peek() => _streams.First;

    public void OnTurn(OutboundStream stream, long bytes, bool hasMore)
    {
        _streams.Remove(stream);
        if (hasMore)
        {
            _streams.AddLast(stream);
        }
    }
}
