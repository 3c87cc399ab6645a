using System;

namespace Braid.Sctp;

/// <summary>What may differ for one address of the peer (RFC 6458 §8.1.12). Immutable.</summary>
public sealed record PathOptions
{
    /// <summary>All as the association has it.</summary>
    public static PathOptions Default { get; } = new();

    /// <summary>
    /// Whether heartbeats go there at all while it is idle. An address that was not verified yet gets them all the same
    /// (RFC 9260 §5.4). Default true.
    /// </summary>
    public bool Heartbeats { get; init; } = true;

    /// <summary>
    /// Time between heartbeats, on top of the RTO (HB.interval, RFC 9260 §8.3): at least <see cref="TimeSpan.Zero"/>, which
    /// stands for one in about every RTO. Null, the default, for <see cref="AssociationOptions.HeartbeatInterval"/>.
    /// </summary>
    public TimeSpan? HeartbeatInterval { get; init; }

    /// <summary>
    /// Failures in a row before it counts as inactive (Path.Max.Retrans, RFC 9260 §8.2): at least 0. Null, the default, for
    /// <see cref="AssociationOptions.MaximumPathRetransmissions"/>.
    /// </summary>
    public int? MaximumRetransmissions { get; init; }

    /// <summary>
    /// Failures in a row before it counts as potentially failed (PFMR, RFC 7829 §3.2): at least 0. Null, the default, for
    /// <see cref="AssociationOptions.PotentiallyFailedThreshold"/>.
    /// </summary>
    public int? PotentiallyFailedThreshold { get; init; }

    /// <summary>
    /// Failures in a row before it is the primary path no longer (PSMR, RFC 7829 §5): at least those that make it potentially failed, or
    /// inactive where these are less. Null, the default, for <see cref="AssociationOptions.PrimarySwitchoverThreshold"/>.
    /// </summary>
    public int? PrimarySwitchoverThreshold { get; init; }

    /// <summary>
    /// The largest IP packet that goes there, in bytes (spp_pathmtu with SPP_PMTUD_DISABLE): from 512, and nothing is searched for. Null, the
    /// default, for what <see cref="AssociationOptions.PathMtu"/> and the search for more say.
    /// </summary>
    public int? Mtu { get; init; }

    /// <summary>Whether every value is in its range.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A value is outside the range that its property names.</exception>
    public void Validate()
    {
        AssociationOptions.InRange((HeartbeatInterval ?? TimeSpan.Zero).Ticks, 0, long.MaxValue, nameof(HeartbeatInterval));
        AssociationOptions.InRange(MaximumRetransmissions ?? 0, 0, int.MaxValue, nameof(MaximumRetransmissions));
        AssociationOptions.InRange(PotentiallyFailedThreshold ?? 0, 0, int.MaxValue, nameof(PotentiallyFailedThreshold));
        AssociationOptions.InRange(Mtu ?? 512, 512, ushort.MaxValue, nameof(Mtu));
        int leastOfBoth = Math.Min(PotentiallyFailedThreshold ?? 0, MaximumRetransmissions ?? int.MaxValue);
        AssociationOptions.InRange(PrimarySwitchoverThreshold ?? int.MaxValue, leastOfBoth, int.MaxValue, nameof(PrimarySwitchoverThreshold));
    }
}
