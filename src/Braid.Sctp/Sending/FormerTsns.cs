using Braid.Core;

namespace Braid.Sctp;

/// <summary>
/// The TSNs of before a reset of the association (RFC 6525 §5.2.7 H5). All of them were acknowledged, and a SACK that says so may
/// still be on its way: it is outdated, though its Cumulative TSN Ack lies 2^31 beyond the new TSNs.
/// </summary>
/// <param name="Last">The last of them.</param>
/// <param name="Until">When the network has forgotten them (§5.1.4: after 30 s).</param>
internal sealed record FormerTsns(Tsn Last, Instant Until)
{
    // What was acknowledged within a segment's lifetime is less than that, and the new TSNs begin on the other side of the circle.
    private const int Farthest = 1 << 30;

    /// <summary>Whether a Cumulative TSN Ack is one of before.</summary>
    public bool Includes(Tsn cumulativeAck, Instant now) => now < Until && cumulativeAck.DistanceFrom(Last) is <= 0 and > -Farthest;
}
