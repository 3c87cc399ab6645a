namespace Braid.WebRtc;

/// <summary>Where a connection stands, ICE and DTLS together (W3C RTCPeerConnectionState).</summary>
public enum RTCPeerConnectionState : byte
{
    /// <summary>Nothing was begun.</summary>
    New,

    /// <summary>A path is being looked for, or the handshake is under way.</summary>
    Connecting,

    /// <summary>Messages can be sent.</summary>
    Connected,

    /// <summary>The peer does not answer just now; that may pass.</summary>
    Disconnected,

    /// <summary>ICE or DTLS has failed. Where it was ICE, a restart may help.</summary>
    Failed,

    /// <summary>Closed by its owner.</summary>
    Closed,
}

/// <summary>Where ICE stands (W3C RTCIceConnectionState).</summary>
public enum RTCIceConnectionState : byte
{
    /// <summary>The peer's credentials are not known yet.</summary>
    New,

    /// <summary>Pairs of candidates are tried.</summary>
    Checking,

    /// <summary>A pair works; a better one may be found.</summary>
    Connected,

    /// <summary>A pair works, and all of them were tried.</summary>
    Completed,

    /// <summary>The pair does not answer just now.</summary>
    Disconnected,

    /// <summary>No pair works, or consent has ended.</summary>
    Failed,

    /// <summary>Closed by its owner.</summary>
    Closed,
}

/// <summary>Whether candidates are being gathered (W3C RTCIceGatheringState).</summary>
public enum RTCIceGatheringState : byte
{
    /// <summary>Nothing was begun.</summary>
    New,

    /// <summary>They are.</summary>
    Gathering,

    /// <summary>There will be no more of them.</summary>
    Complete,
}

/// <summary>Why a connection has failed, or ended.</summary>
public enum RTCFailureReason : byte
{
    /// <summary>It has not.</summary>
    None,

    /// <summary>No pair of candidates works.</summary>
    IceFailed,

    /// <summary>The peer has not answered for so long that nothing may be sent to it any more (RFC 7675).</summary>
    ConsentExpired,

    /// <summary>The peer has said that it wants nothing more (RFC 7675 §5.2).</summary>
    ConsentRevoked,

    /// <summary>The peer's certificate is not one of those that its description names.</summary>
    DtlsFingerprint,

    /// <summary>The DTLS handshake took too long.</summary>
    DtlsTimedOut,

    /// <summary>The DTLS handshake or session failed in another way.</summary>
    DtlsFailed,

    /// <summary>The SCTP association failed, and all channels with it.</summary>
    SctpFailed,

    /// <summary>The peer does not want data channels: it has rejected their section.</summary>
    Rejected,

    /// <summary>The peer has closed the connection.</summary>
    ClosedByPeer,

    /// <summary>We have closed it.</summary>
    Closed,
}
