using System;

namespace Braid.Sctp;

/// <summary>
/// Max.Burst (RFC 9260 §6.1 D): how many packets with new data one opportunity to send may emit. Every SACK is an
/// opportunity of its own, also when several arrive before anything is sent.
/// </summary>
internal struct BurstLimit
{
    private int _remaining;

    public readonly bool AllowsPacket => _remaining > 0;

    /// <summary>An opportunity by itself.</summary>
    /// <param name="maximum">Max.Burst, in packets.</param>
    public void Renew(int maximum) => _remaining = Math.Max(_remaining, maximum);

    /// <summary>SACKs: each adds to what the ones before it left.</summary>
    /// <param name="sacks">How many; one that stands for several counts as them.</param>
    /// <param name="maximum">Max.Burst, in packets.</param>
    public void Extend(long sacks, int maximum) => _remaining = (int)Math.Min(_remaining + (sacks * maximum), int.MaxValue);

    public void OnPacketSent() => _remaining--;

    /// <summary>The opportunity has passed.</summary>
    public void Reset() => _remaining = 0;
}
