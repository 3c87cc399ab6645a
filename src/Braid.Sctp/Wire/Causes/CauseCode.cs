namespace Braid.Sctp.Wire;

/// <summary>Error cause codes (RFC 9260 §3.3.10).</summary>
public enum CauseCode : ushort
{
    /// <summary>No cause.</summary>
    None = 0,

    /// <summary>Data on a stream that does not exist (§3.3.10.1).</summary>
    InvalidStreamIdentifier = 1,

    /// <summary>INIT or INIT ACK without a parameter that must be there (§3.3.10.2).</summary>
    MissingMandatoryParameter = 2,

    /// <summary>The state cookie is too old (§3.3.10.3).</summary>
    StaleCookie = 3,

    /// <summary>Out of resource (§3.3.10.4).</summary>
    OutOfResource = 4,

    /// <summary>An address that cannot be resolved (§3.3.10.5).</summary>
    UnresolvableAddress = 5,

    /// <summary>A chunk type that asks to be reported (§3.3.10.6).</summary>
    UnrecognizedChunkType = 6,

    /// <summary>A mandatory parameter with a value that is not allowed (§3.3.10.7).</summary>
    InvalidMandatoryParameter = 7,

    /// <summary>Parameters of an INIT ACK that ask to be reported (§3.3.10.8).</summary>
    UnrecognizedParameters = 8,

    /// <summary>A DATA chunk without user data (§3.3.10.9).</summary>
    NoUserData = 9,

    /// <summary>COOKIE ECHO in SHUTDOWN-ACK-SENT (§3.3.10.10).</summary>
    CookieReceivedWhileShuttingDown = 10,

    /// <summary>A restart that adds addresses (§3.3.10.11).</summary>
    RestartWithNewAddresses = 11,

    /// <summary>The peer's application wanted it (§3.3.10.12).</summary>
    UserInitiatedAbort = 12,

    /// <summary>The peer broke the protocol (§3.3.10.13).</summary>
    ProtocolViolation = 13,

    /// <summary>The address is the last one, and cannot be deleted (RFC 5061 §4.3.1).</summary>
    DeletesLastAddress = 0x00A0,

    /// <summary>Out of resource for one more address (RFC 5061 §4.3.2).</summary>
    ResourceShortage = 0x00A1,

    /// <summary>The address is the source of the request to delete it (RFC 5061 §4.3.3).</summary>
    DeletesSourceAddress = 0x00A2,

    /// <summary>An ASCONF-ACK for what was never sent (RFC 5061 §4.3.4).</summary>
    IllegalAsconfAck = 0x00A3,

    /// <summary>The receiver does not allow that (RFC 5061 §4.3.5).</summary>
    NoAuthorization = 0x00A4,

    /// <summary>An AUTH chunk with an HMAC that was not asked for (RFC 4895 §4.1).</summary>
    UnsupportedHmacIdentifier = 0x0105,
}
