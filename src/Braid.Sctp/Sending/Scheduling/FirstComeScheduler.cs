namespace Braid.Sctp;

/// <summary>Messages in the order in which the application handed them over (RFC 8260 §3.1), interleaved or not.</summary>
internal sealed class FirstComeScheduler : IStreamScheduler
{
    private readonly StreamHeap _streams = new();

    public void Activate(OutboundStream stream) => _streams.Add(stream, stream.First?.Number ?? 0);    // none: its record goes on

    public void Remove(OutboundStream stream) => _streams.Remove(stream);

    public OutboundStream? Peek() => _streams.First;

    public void OnTurn(OutboundStream stream, long bytes, bool hasMore)
    {
        if (hasMore)
        {
            _streams.Move(stream, stream.First!.Number);
        }
        else
        {
            _streams.Remove(stream);
        }
    }
}
