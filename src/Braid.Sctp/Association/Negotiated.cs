namespace Braid.Sctp;

/// <summary>What both sides agreed on in the handshake.</summary>
/// <param name="LocalTag">The tag in packets to us.</param>
/// <param name="PeerTag">The tag in packets to the peer.</param>
/// <param name="LocalInitialTsn">Our first TSN.</param>
/// <param name="PeerInitialTsn">The peer's first TSN.</param>
/// <param name="PeerWindow">The peer's receive window at the start, in bytes.</param>
/// <param name="OutgoingStreams">Streams that we may send on (RFC 9260 §5.1.1).</param>
/// <param name="IncomingStreams">Streams that the peer may send on.</param>
/// <param name="Extensions">What both sides know.</param>
internal readonly record struct Negotiated(
    VerificationTag LocalTag,
    VerificationTag PeerTag,
    Tsn LocalInitialTsn,
    Tsn PeerInitialTsn,
    uint PeerWindow,
    ushort OutgoingStreams,
    ushort IncomingStreams,
    Extensions Extensions);
