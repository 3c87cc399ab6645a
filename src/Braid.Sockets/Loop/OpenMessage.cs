namespace Braid.Sockets;

/// <summary>A message that is being written in pieces, and what waits for its end.</summary>
internal sealed class OpenMessage(SctpMessageStream writer, bool isInterleaved, long chargeBefore)
{
    private Deque<OutboundItem> _behind;

    public SctpMessageStream Writer => writer;

    public bool IsInterleaved => isInterleaved;

    /// <summary>What had been accepted before it on other streams, and may have to wait for its end.</summary>
    public long ChargeBefore { get; set; } = chargeBefore;

    public ref Deque<OutboundItem> Behind => ref _behind;

    public bool HoldsUp(ushort stream) => !isInterleaved || writer.StreamId == stream;
}
