using System.Collections.Generic;

namespace Braid.Sctp;

/// <summary>
/// Objects of messages that nobody needs any more, for the next ones of whatever association of the endpoint: each of them has
/// few at a time.
/// </summary>
internal sealed class SpareMessages
{
    private const int Most = 16384;                          // of either kind

    private readonly Stack<OutboundMessage> _outbound = new();
    private readonly Stack<ReceivedMessage> _received = new();

    /// <summary>Room for the messages that a receiver skips at a time; empty in between.</summary>
    public List<OpenMessage> Passed { get; } = [];

    /// <summary>An object for a message to be sent.</summary>
    public OutboundMessage TakeOutbound() => _outbound.TryPop(out OutboundMessage? message) ? message : new OutboundMessage();

    /// <summary>An object for a message that has come.</summary>
    public ReceivedMessage TakeReceived() => _received.TryPop(out ReceivedMessage? message) ? message : new ReceivedMessage();

    /// <summary>Keeps an object that was cleared.</summary>
    public void Return(OutboundMessage message)
    {
        if (_outbound.Count < Most)
        {
            _outbound.Push(message);
        }
    }

    /// <summary>Keeps an object that was disposed.</summary>
    public void Return(ReceivedMessage message)
    {
        if (_received.Count < Most)
        {
            _received.Push(message);
        }
    }
}
