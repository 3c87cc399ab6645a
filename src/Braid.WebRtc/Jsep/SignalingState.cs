namespace Braid.WebRtc.Jsep;

/// <summary>Where offer and answer stand (RFC 9429 §3.2); the W3C's RTCSignalingState.</summary>
internal enum SignalingState : byte
{
    /// <summary>No offer is open: before the first one, and after each answer or rollback.</summary>
    Stable,

    /// <summary>Ours is.</summary>
    HaveLocalOffer,

    /// <summary>The peer's is.</summary>
    HaveRemoteOffer,

    /// <summary>The peer's is, and we have answered provisionally.</summary>
    HaveLocalPranswer,

    /// <summary>Ours is, and the peer has answered provisionally.</summary>
    HaveRemotePranswer,

    /// <summary>The connection is closed.</summary>
    Closed,
}

/// <summary>What a description is; the W3C's RTCSdpType.</summary>
internal enum SdpType : byte
{
    /// <summary>An offer.</summary>
    Offer,

    /// <summary>An answer that another one may follow.</summary>
    PrAnswer,

    /// <summary>The answer.</summary>
    Answer,

    /// <summary>No description: the open offer is taken back (RFC 9429 §4.1.10.2).</summary>
    Rollback,
}

/// <summary>Which sections we put onto one transport when the peer does not bundle (RFC 9429 §4.1.1).</summary>
internal enum BundlePolicy : byte
{
    /// <summary>One transport for each kind of media.</summary>
    Balanced,

    /// <summary>One for each section.</summary>
    MaxCompat,

    /// <summary>One for all: a section that cannot be bundled with the first one is rejected.</summary>
    MaxBundle,
}
