using System;

namespace Braid.Sctp;

/// <summary>Bytes of each stream in proportion to its weight (RFC 8260 §3.6). A stream that was given none has the weight 1.</summary>
internal sealed class WeightedFairScheduler : IStreamScheduler
{
    private readonly FairQueue _streams = new();

    public void Activate(OutboundStream stream) => _streams.Add(stream);

    public void Remove(OutboundStream stream) => _streams.Remove(stream);

    public OutboundStream? Peek() => _streams.First;

    public void OnTurn(OutboundStream stream, long bytes, bool hasMore) =>
        _streams.OnTurn(stream, bytes, Math.Max((ushort)1, stream.SchedulerValue), hasMore);
}
