namespace Braid.Sctp;

/// <summary>What to do about a COOKIE ECHO for an association that exists (RFC 9260 §5.2.4).</summary>
internal enum CollisionAction : byte
{
    /// <summary>No row of the table fits: the packet is discarded.</summary>
    Discard,

    /// <summary>A: the peer has restarted.</summary>
    Restart,

    /// <summary>B: both sides opened at the same time; the peer's tag is the cookie's.</summary>
    AdoptPeerTag,

    /// <summary>C: our own cookie has arrived late; discarded.</summary>
    Late,

    /// <summary>D: a COOKIE ECHO sent again, or the other side of a simultaneous open.</summary>
    Duplicate,
}

/// <summary>Table 12 of RFC 9260 §5.2.4.</summary>
internal static class CookieCollision
{
    /// <param name="cookie">What the cookie says.</param>
    /// <param name="localTag">The association's own tag.</param>
    /// <param name="peerTag">The peer's tag; none when it is not known yet.</param>
    /// <param name="localTieTag">The association's local tie-tag; 0 when there is none.</param>
    /// <param name="peerTieTag">The association's peer's tie-tag; 0 when there is none.</param>
    public static CollisionAction Resolve(
        in CookieClaims cookie, VerificationTag localTag, VerificationTag peerTag, uint localTieTag, uint peerTieTag)
    {
        bool localMatches = cookie.Local.InitiateTag == localTag;
        bool peerMatches = cookie.Peer.InitiateTag == peerTag;
        bool hasTieTags = cookie.LocalTieTag != 0 || cookie.PeerTieTag != 0;
        bool tieTagsMatch = hasTieTags && cookie.LocalTieTag == localTieTag && cookie.PeerTieTag == peerTieTag;
        return (localMatches, peerMatches) switch
        {
            (true, true) => CollisionAction.Duplicate,
            (true, false) => CollisionAction.AdoptPeerTag,
            (false, true) when !hasTieTags => CollisionAction.Late,
            (false, false) when tieTagsMatch => CollisionAction.Restart,
            _ => CollisionAction.Discard,
        };
    }
}
