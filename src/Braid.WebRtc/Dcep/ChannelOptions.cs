using System;
using Braid.Sctp;

namespace Braid.WebRtc.Dcep;

/// <summary>How a channel is, as both sides know it.</summary>
internal sealed record ChannelOptions
{
    /// <summary>At most 65535 bytes of UTF-8.</summary>
    public string Label { get; init; } = "";

    /// <summary>At most 65535 bytes of UTF-8.</summary>
    public string Protocol { get; init; } = "";

    public bool IsOrdered { get; init; } = true;

    /// <summary>How often a message may be sent again; null for any number.</summary>
    public uint? MaximumRetransmissions { get; init; }

    /// <summary>For how long a message may be sent; null for ever.</summary>
    public uint? LifetimeMilliseconds { get; init; }

    /// <summary>The number that the applications have agreed on; null for a channel that is opened by an OPEN.</summary>
    public ushort? NegotiatedId { get; init; }

    /// <summary>The weight of its stream beside the others (RFC 8831 §6.4).</summary>
    public ushort Priority { get; init; } = ChannelPriority.Normal;

    public bool IsNegotiated => NegotiatedId is not null;

    /// <summary>What that means for a message of SCTP (RFC 8831 §6.6).</summary>
    public Reliability Reliability =>
        MaximumRetransmissions is { } count ? Reliability.MaximumRetransmissions((int)Math.Min(count, int.MaxValue))
        : LifetimeMilliseconds is { } milliseconds ? Reliability.Lifetime(TimeSpan.FromMilliseconds(milliseconds))
        : Reliability.Reliable;
}

/// <summary>Priorities and weights (RFC 8831 §6.4, RFC 8832 §5.1, W3C WebRTC Priority).</summary>
internal static class ChannelPriority
{
    public const ushort BelowNormal = 128;

    public const ushort Normal = 256;

    public const ushort High = 512;

    public const ushort ExtraHigh = 1024;

    public static ushort ToWeight(RTCPriorityType priority) => priority switch
    {
        RTCPriorityType.VeryLow => BelowNormal,
        RTCPriorityType.Medium => High,
        RTCPriorityType.High => ExtraHigh,
        _ => Normal,
    };

    /// <summary>Of any weight that a peer may send.</summary>
    public static RTCPriorityType FromWeight(ushort weight) => weight switch
    {
        <= BelowNormal => RTCPriorityType.VeryLow,
        <= Normal => RTCPriorityType.Low,
        <= High => RTCPriorityType.Medium,
        _ => RTCPriorityType.High,
    };
}
