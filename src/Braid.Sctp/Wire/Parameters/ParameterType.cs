namespace Braid.Sctp.Wire;

/// <summary>Types of the parameters that INIT, INIT ACK, HEARTBEAT, RE-CONFIG and ASCONF carry (RFC 9260 §3.2.1, §3.3.2.1, §3.3.3.1, §3.3.5; RFC 5061 §4.2; RFC 3758 §3.1; RFC 4895 §3; RFC 6525 §4; RFC 9653 §4).</summary>
public enum ParameterType : ushort
{
    /// <summary>Heartbeat information (§3.3.5).</summary>
    HeartbeatInfo = 1,

    /// <summary>IPv4 address (§3.3.2.1.1).</summary>
    IPv4Address = 5,

    /// <summary>IPv6 address (§3.3.2.1.2).</summary>
    IPv6Address = 6,

    /// <summary>State cookie (§3.3.3.1.1).</summary>
    StateCookie = 7,

    /// <summary>A parameter that the peer did not know (§3.3.3.1.2).</summary>
    UnrecognizedParameter = 8,

    /// <summary>A longer life for the cookie (§3.3.2.1.3).</summary>
    CookiePreservative = 9,

    /// <summary>Host name: deprecated, answered with ABORT (§3.3.2.1.4).</summary>
    HostNameAddress = 11,

    /// <summary>Which address families the sender can use (§3.3.2.1.5).</summary>
    SupportedAddressTypes = 12,

    /// <summary>The sender wants to reset its outgoing streams (RFC 6525 §4.1).</summary>
    OutgoingResetRequest = 13,

    /// <summary>The sender wants its peer to reset its outgoing streams (RFC 6525 §4.2).</summary>
    IncomingResetRequest = 14,

    /// <summary>The sender wants all streams and the TSNs to begin anew (RFC 6525 §4.3).</summary>
    AssociationResetRequest = 15,

    /// <summary>What became of a request (RFC 6525 §4.4).</summary>
    ReconfigurationResponse = 16,

    /// <summary>The sender wants more outgoing streams (RFC 6525 §4.5).</summary>
    AddOutgoingStreamsRequest = 17,

    /// <summary>The sender wants its peer to have more outgoing streams (RFC 6525 §4.6).</summary>
    AddIncomingStreamsRequest = 18,

    /// <summary>The sender knows ECN (RFC 2960 Appendix A).</summary>
    EcnCapable = 0x8000,

    /// <summary>The sender takes packets without a checksum (RFC 9653 §4).</summary>
    ZeroChecksumAcceptable = 0x8001,

    /// <summary>A random number that goes into the keys of the association (RFC 4895 §3.1).</summary>
    Random = 0x8002,

    /// <summary>Chunk types that the sender takes only when they are authenticated (RFC 4895 §3.2).</summary>
    ChunkList = 0x8003,

    /// <summary>What the sender's peer may authenticate with (RFC 4895 §3.3).</summary>
    RequestedHmacAlgorithms = 0x8004,

    /// <summary>Chunk types that the sender takes beside those of RFC 9260 (RFC 5061 §4.2.7).</summary>
    SupportedExtensions = 0x8008,

    /// <summary>The sender takes FORWARD-TSN (RFC 3758 §3.1).</summary>
    ForwardTsnSupported = 0xC000,

    /// <summary>The sender has one more address (RFC 5061 §4.2.1).</summary>
    AddIPAddress = 0xC001,

    /// <summary>The sender has one address less (RFC 5061 §4.2.2).</summary>
    DeleteIPAddress = 0xC002,

    /// <summary>A change of addresses was refused (RFC 5061 §4.2.3).</summary>
    ErrorCauseIndication = 0xC003,

    /// <summary>The sender wants its peer to send to this address (RFC 5061 §4.2.4).</summary>
    SetPrimaryAddress = 0xC004,

    /// <summary>A change of addresses was made (RFC 5061 §4.2.5).</summary>
    SuccessIndication = 0xC005,

    /// <summary>What is above SCTP at the sender (RFC 5061 §4.2.6).</summary>
    AdaptationIndication = 0xC006,
}
