using System;
using Braid.Core;
using Braid.Sctp.Wire;

namespace Braid.Sctp;

/// <summary>
/// All that is needed to set up an association, as a state cookie says it (RFC 9260 §5.1.3). We keep none of it between
/// INIT ACK and COOKIE ECHO.
/// </summary>
internal readonly record struct CookieClaims
{
    /// <summary>When the cookie was made; whole milliseconds survive.</summary>
    public required Instant Created { get; init; }

    /// <summary>How much longer than usual it is good for, because the peer asked for it (§5.2.6).</summary>
    public TimeSpan Extension { get; init; }

    /// <summary>What our INIT ACK said. The cookie leaves the window out: nobody asks for it again.</summary>
    public required InitFields Local { get; init; }

    /// <summary>What the peer's INIT said.</summary>
    public required InitFields Peer { get; init; }

    /// <summary>The SCTP ports that the INIT named.</summary>
    public required PortPair Ports { get; init; }

    /// <summary>The peer's addresses; the source is the one that the INIT ACK went to, and so confirmed (§5.4 rule 2).</summary>
    public required PeerAddresses Addresses { get; init; }

    /// <summary>The peer's adaptation code point (RFC 5061 §4.2.6); null for none.</summary>
    public uint? PeerAdaptation { get; init; }

    /// <summary>What both the INIT and our INIT ACK said that they know.</summary>
    public Extensions Extensions { get; init; }

    /// <summary>What both have said of authentication (RFC 4895 §6.1); null where they have not agreed on it. No key is in it (§6.3).</summary>
    public KeyVectors? Vectors { get; init; }

    /// <summary>Tie-tags of the association that existed then; 0 when none did (§5.2.2).</summary>
    public uint LocalTieTag { get; init; }

    /// <inheritdoc cref="LocalTieTag"/>
    public uint PeerTieTag { get; init; }
}
