using System;
using Braid.Core;

namespace Braid.Sctp;

/// <summary>How one destination address of the peer stands.</summary>
public sealed record PathStatistics
{
    /// <summary>The address.</summary>
    public required NetworkPath Path { get; init; }

    /// <summary>Whether it can be used.</summary>
    public required PathState State { get; init; }

    /// <summary>Whether new data takes it (RFC 9260 §6.4).</summary>
    public required bool IsPrimary { get; init; }

    /// <summary>Failures in a row (§8.2).</summary>
    public required int Errors { get; init; }

    /// <summary>SRTT; zero before the first measurement.</summary>
    public required TimeSpan SmoothedRtt { get; init; }

    /// <summary>RTO.</summary>
    public required TimeSpan Rto { get; init; }

    /// <summary>cwnd, in bytes of DATA chunks with their headers.</summary>
    public required long CongestionWindow { get; init; }

    /// <summary>ssthresh, in the same bytes.</summary>
    public required long SlowStartThreshold { get; init; }

    /// <summary>How fast packets leave, in bits of such bytes a second; 0 when they are not paced.</summary>
    public long PacingRate { get; init; }

    /// <summary>What is in flight, in the same bytes.</summary>
    public required long InFlight { get; init; }

    /// <summary>The largest SCTP packet that it is given, in bytes.</summary>
    public required int MaximumPacket { get; init; }

    /// <summary>The room for chunks in such a packet, in bytes: the MTU in the sense of RFC 6458 §8.2.2.</summary>
    public required int Mtu { get; init; }

    /// <summary>What was set for it alone (<see cref="Association.ConfigurePath"/>).</summary>
    public required PathOptions Options { get; init; }
}
