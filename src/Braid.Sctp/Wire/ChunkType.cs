namespace Braid.Sctp.Wire;

/// <summary>Chunk types (RFC 9260 §3.2, Table 2, and its extensions).</summary>
public enum ChunkType : byte
{
    /// <summary>Payload data (§3.3.1).</summary>
    Data = 0,

    /// <summary>Initiation (§3.3.2).</summary>
    Init = 1,

    /// <summary>Initiation acknowledgement (§3.3.3).</summary>
    InitAck = 2,

    /// <summary>Selective acknowledgement (§3.3.4).</summary>
    Sack = 3,

    /// <summary>Heartbeat request (§3.3.5).</summary>
    Heartbeat = 4,

    /// <summary>Heartbeat acknowledgement (§3.3.6).</summary>
    HeartbeatAck = 5,

    /// <summary>Abort (§3.3.7).</summary>
    Abort = 6,

    /// <summary>Shutdown (§3.3.8).</summary>
    Shutdown = 7,

    /// <summary>Shutdown acknowledgement (§3.3.9).</summary>
    ShutdownAck = 8,

    /// <summary>Operation error (§3.3.10).</summary>
    Error = 9,

    /// <summary>State cookie, sent back (§3.3.11).</summary>
    CookieEcho = 10,

    /// <summary>Cookie acknowledgement (§3.3.12).</summary>
    CookieAck = 11,

    /// <summary>Reserved for explicit congestion notification echo.</summary>
    Ecne = 12,

    /// <summary>Reserved for congestion window reduced.</summary>
    Cwr = 13,

    /// <summary>Shutdown complete (§3.3.13).</summary>
    ShutdownComplete = 14,

    /// <summary>Vouches for the chunks behind it (RFC 4895 §5.1).</summary>
    Auth = 15,

    /// <summary>Selective acknowledgement that says what is never taken back (draft-natarajan-tsvwg-sctp-nrsack).</summary>
    NrSack = 16,

    /// <summary>Payload data of a message that may be interleaved with others (RFC 8260 §2.1).</summary>
    IData = 64,

    /// <summary>What became of changes of addresses (RFC 5061 §4.1.2).</summary>
    AsconfAck = 128,

    /// <summary>Streams are reset or added (RFC 6525 §3.1).</summary>
    ReConfig = 130,

    /// <summary>Padding, to be ignored (RFC 4820 §3).</summary>
    Pad = 132,

    /// <summary>TSNs will not come any more (RFC 3758 §3.2).</summary>
    ForwardTsn = 192,

    /// <summary>The sender's addresses change (RFC 5061 §4.1.1).</summary>
    Asconf = 193,

    /// <summary>What <see cref="ForwardTsn"/> is where messages are interleaved (RFC 8260 §2.3.1).</summary>
    IForwardTsn = 194,
}
