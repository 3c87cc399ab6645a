namespace Braid.Sctp;

/// <summary>
/// One packet of each stream after the other (RFC 8260 §3.3): what is new in a packet is all of one stream, so that a packet
/// that is lost holds up no other one.
/// </summary>
internal sealed class PacketRoundRobinScheduler : IStreamScheduler
{
    private StreamChain _streams;
    private OutboundStream? _packet;                         // the stream of the packet that is being filled
    private bool _isFilling;

    public void Activate(OutboundStream stream) => _streams.AddLast(stream);

    public void Remove(OutboundStream stream)
    {
        _streams.Remove(stream);
        _packet = _packet == stream ? null : _packet;
    }

    public OutboundStream? Peek() => _isFilling ? _packet : _streams.First;

    public void OnTurn(OutboundStream stream, long bytes, bool hasMore)
    {
        if (!hasMore)
        {
            Remove(stream);
        }
        else if (!_isFilling)
        {
            _streams.Remove(stream);
            _streams.AddLast(stream);
        }
    }

    public void BeginPacket(OutboundStream? first)
    {
        _packet = first;
        _isFilling = true;
    }

    public void EndPacket()
    {
        if (_packet is not null)
        {
            _streams.Remove(_packet);
            _streams.AddLast(_packet);
        }

        _packet = null;
        _isFilling = false;
    }
}
