namespace Braid.Sctp;

/// <summary>Why something that arrived was not used. Every drop has one, and a counter.</summary>
public enum DropReason : byte
{
    /// <summary>Shorter than a common header, or not a multiple of what the format needs (§3).</summary>
    MalformedPacket,

    /// <summary>The CRC32c is wrong (§6.8).</summary>
    BadChecksum,

    /// <summary>From or to the SCTP port 0, which nobody may have (§3.1).</summary>
    WrongPort,

    /// <summary>The verification tag matches no rule of §8.5.</summary>
    BadVerificationTag,

    /// <summary>A chunk whose length or content is not what its type says (§3.2).</summary>
    MalformedChunk,

    /// <summary>A chunk that §6.10 forbids to be bundled, bundled.</summary>
    ForbiddenBundle,

    /// <summary>No association, and §8.4 says to answer or discard it.</summary>
    OutOfTheBlue,

    /// <summary>From or to an address that is not unicast (§8.4 rule 1).</summary>
    NotUnicast,

    /// <summary>A COOKIE ECHO that we did not make (§5.1.5), or whose association has come and gone (§5.3.1).</summary>
    BadCookie,

    /// <summary>A cookie of ours that is too old (§5.1.5).</summary>
    StaleCookie,

    /// <summary>A COOKIE ECHO of a stranger, while as many associations as the port has room for wait to be accepted.</summary>
    BacklogFull,

    /// <summary>A chunk that makes no sense in the present state.</summary>
    UnexpectedChunk,

    /// <summary>A type that we do not know (§3.2).</summary>
    UnrecognizedChunk,

    /// <summary>A SACK older than the last one (§6.2.1).</summary>
    OutdatedSack,

    /// <summary>A TSN too far ahead, or data beyond the window that we advertised (§6.2).</summary>
    OutsideWindow,

    /// <summary>Data that was held for reordering, to have room for a lower TSN (§6.2): the next SACK takes it back.</summary>
    Reneged,

    /// <summary>A TSN that has arrived before (§6.2).</summary>
    DuplicateData,

    /// <summary>A stream identifier that was not negotiated (§6.5).</summary>
    InvalidStream,

    /// <summary>A HEARTBEAT ACK that answers none of ours (§8.3).</summary>
    BadHeartbeatAck,

    /// <summary>A FORWARD TSN that says nothing new: an old one, or its SACK was lost (RFC 3758 §3.6).</summary>
    OutdatedForwardTsn,

    /// <summary>A FORWARD TSN too far ahead, or of a stream that was not negotiated: the peer cannot have sent so much.</summary>
    InvalidForwardTsn,

    /// <summary>A fragment of a message of which another one was skipped (RFC 3758 §3.6).</summary>
    SkippedData,

    /// <summary>A chunk that we take only when it is authenticated, and that was not (RFC 4895 §6.3).</summary>
    NotAuthenticated,

    /// <summary>An AUTH chunk, and all behind it, with a wrong code, or of a key or an algorithm that we do not have (RFC 4895 §6.3).</summary>
    BadAuthentication,

    /// <summary>Too many answers are waiting to be sent.</summary>
    ReplyQueueFull,

    /// <summary>An ICMP message about a packet that cannot be shown to be one of ours (§10): no association sent it, or its tag is another one.</summary>
    UnverifiedNetworkError,

    /// <summary>The number of reasons; not a reason.</summary>
    Count,
}
