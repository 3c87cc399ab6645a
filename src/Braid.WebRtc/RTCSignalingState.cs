namespace Braid.WebRtc;

/// <summary>Where offer and answer stand (W3C RTCSignalingState, RFC 9429 §3.2).</summary>
public enum RTCSignalingState : byte
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
