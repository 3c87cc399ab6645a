namespace Braid.Sctp;

/// <summary>
/// The stream of the highest priority, which is the lowest value, before all others; one turn of each after the other where
/// the values are equal (RFC 8260 §3.4, §4.3.2).
/// </summary>
internal sealed class PriorityScheduler : IStreamScheduler
{
    private readonly StreamHeap _streams = new();

    public void Activate(OutboundStream stream) => _streams.Add(stream, stream.SchedulerValue);

    public void Remove(OutboundStream stream) => _streams.Remove(stream);

    public OutboundStream? Peek() => _streams.First;

    public void OnTurn(OutboundStream stream, long bytes, bool hasMore)
    {
        if (hasMore)
        {
            _streams.Move(stream, stream.SchedulerValue);
        }
        else
        {
            _streams.Remove(stream);
        }
    }
}
