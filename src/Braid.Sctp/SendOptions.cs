namespace Braid.Sctp;

/// <summary>How one message is sent.</summary>
/// <param name="Stream">The outgoing stream.</param>
/// <param name="Ppid">Payload protocol identifier, passed through to the peer's application.</param>
/// <param name="Unordered">Delivered as soon as it is complete, whatever else is missing on its stream (RFC 9260 §6.6).</param>
/// <param name="SackImmediately">Asks the peer to acknowledge the message without delay: the I bit (RFC 7053).</param>
/// <param name="Context">A number of the application's own, handed back with notifications about this message.</param>
public readonly record struct SendOptions(
    StreamId Stream = default,
    Ppid Ppid = default,
    bool Unordered = false,
    bool SackImmediately = false,
    uint Context = 0);
