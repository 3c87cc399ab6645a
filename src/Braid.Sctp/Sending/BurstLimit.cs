using System;

namespace Braid.Sctp;

/// <summary>
/// Max.Burst (RFC 9260 §6.1 D): how many packets with new data one opportunity to send may emit. Every SACK is an
/// opportunity of its own, also when several arrive before anything is sent.
/// </summary>
internal struct BurstLimit(AssociationContext context)
{
    private int _remaining;

    public readonly bool AllowsPacket => _remaining > 0;

    /// <summary>An opportunity by itself.</summary>
    public void Renew() => _remaining = Math.Max(_remaining, context.Options.MaximumBurst);

    /// <summary>SACKs: each adds to what the ones before it left.</summary>
    /// <param name="sacks">How many; one that stands for several counts as them.</param>
    public void Extend(long sacks) => _remaining = (int)Math.Min(_remaining + (sacks * context.Options.MaximumBurst), int.MaxValue);

    public void OnPacketSent() => _remaining--;

    /// <summary>The opportunity has passed.</summary>
    public void Reset() => _remaining = 0;
}
