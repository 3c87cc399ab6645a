namespace Braid.Sctp;

/// <summary>As many bytes of each stream, whatever the lengths of its messages (RFC 8260 §3.5).</summary>
internal sealed class FairCapacityScheduler : IStreamScheduler
{
    private readonly FairQueue _streams = new();

    public void Activate(OutboundStream stream) => _streams.Add(stream);

    public void Remove(OutboundStream stream) => _streams.Remove(stream);

    public OutboundStream? Peek() => _streams.First;

    public void OnTurn(OutboundStream stream, long bytes, bool hasMore) => _streams.OnTurn(stream, bytes, weight: 1, hasMore);
}
