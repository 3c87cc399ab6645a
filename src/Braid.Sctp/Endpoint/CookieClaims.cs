using Braid.Core;
using Braid.Sctp.Wire;

namespace Braid.Sctp;

/// <summary>
/// All that is needed to set up an association, as it stands in a state cookie (RFC 9260 §5.1.3). We keep none of it
/// between INIT ACK and COOKIE ECHO.
/// </summary>
internal readonly record struct CookieClaims
{
    /// <summary>When the cookie was made.</summary>
    public required Instant Created { get; init; }

    /// <summary>What our INIT ACK said.</summary>
    public required InitFields Local { get; init; }

    /// <summary>What the peer's INIT said.</summary>
    public required InitFields Peer { get; init; }

    /// <summary>The peer's SCTP port.</summary>
    public required ushort RemotePort { get; init; }

    /// <summary>The address that the INIT came from and the INIT ACK went to: the one that is confirmed (§5.4 rule 2).</summary>
    public required NetworkAddress Remote { get; init; }

    /// <summary>Tie-tags of the association that existed then; 0 when none did (§5.2.2).</summary>
    public uint LocalTieTag { get; init; }

    /// <inheritdoc cref="LocalTieTag"/>
    public uint PeerTieTag { get; init; }
}
