using System;
using Braid.Core;

namespace Braid.Sctp;

/// <summary>What a SACK says of one path.</summary>
internal readonly record struct AckSample
{
    /// <summary>When it came.</summary>
    public required Instant Now { get; init; }

    /// <summary>Newly acknowledged bytes; 0 when it only told of losses.</summary>
    public required long Acknowledged { get; init; }

    /// <summary>What was in flight before the SACK.</summary>
    public required long FlightBefore { get; init; }

    /// <summary>What is in flight after it.</summary>
    public required long FlightAfter { get; init; }

    /// <summary>Whether fast recovery goes on.</summary>
    public bool IsRecovering { get; init; }

    /// <summary>Whether the window, or the pacer, and not the application was what kept more from being sent.</summary>
    public bool IsWindowLimited { get; init; }

    /// <summary>The round trip of what was sent last of it, and once only; zero for none.</summary>
    public TimeSpan RoundTrip { get; init; }

    /// <summary>SRTT; zero before the first measurement.</summary>
    public TimeSpan SmoothedRtt { get; init; }

    /// <summary>All that was ever sent on the path, up to the chunk among those acknowledged that was sent last, in bytes.</summary>
    public long NewestSent { get; init; }

    /// <summary>All that was ever sent on the path, in bytes. A round trip later <see cref="NewestSent"/> is beyond it.</summary>
    public long TotalSent { get; init; }

    /// <summary>
    /// How many packets the window may grow by for each byte that is acknowledged, where the windows of several paths are linked (RFC 6356
    /// §3); 0 for no limit.
    /// </summary>
    public double GrowthLimit { get; init; }

    /// <summary>The delivery rate; for a control that <see cref="ICongestionControl.IsRateBased"/>.</summary>
    public RateSample Rate { get; init; }
}

/// <summary>Chunks of a path are lost.</summary>
internal readonly record struct LossSample
{
    /// <summary>When that was found out.</summary>
    public required Instant Now { get; init; }

    /// <summary>How many bytes.</summary>
    public required long Lost { get; init; }

    /// <inheritdoc cref="AckSample.TotalSent"/>
    public long TotalSent { get; init; }

    /// <summary>What was in flight where losses became more than <see cref="DeliveryRate"/> was asked to watch for; 0 when they did not.</summary>
    public long ExcessiveFlight { get; init; }

    /// <summary>Whether what was lost there was sent while the application had too little to send.</summary>
    public bool IsApplicationLimited { get; init; }
}

/// <summary>The network is congested.</summary>
/// <param name="Now">When that was found out.</param>
/// <param name="IsMark">Whether it said so by a mark (RFC 3168), and nothing was lost.</param>
/// <param name="TotalSent">All that was ever sent on the path, in bytes.</param>
internal readonly record struct CongestionSample(Instant Now, bool IsMark = false, long TotalSent = 0);

/// <summary>Sending begins anew on a path where nothing is in flight.</summary>
/// <param name="Now">The current instant.</param>
/// <param name="Idle">For how long nothing was sent; zero when nothing ever was.</param>
/// <param name="Rto">RTO.</param>
/// <param name="IsApplicationLimited">Whether the application had nothing to send since.</param>
internal readonly record struct RestartSample(Instant Now, TimeSpan Idle, TimeSpan Rto, bool IsApplicationLimited = false);

/// <summary>How fast data is delivered on a path (draft-ietf-ccwg-bbr §4.1): the sample that one SACK gives.</summary>
internal readonly record struct RateSample
{
    /// <summary>RS.delivery_rate, in bytes a second; 0 for none.</summary>
    public double BytesPerSecond { get; init; }

    /// <summary>RS.delivered: bytes that were delivered since the newest chunk that it acknowledges was sent.</summary>
    public long Delivered { get; init; }

    /// <summary>RS.lost: bytes that were found to be lost since.</summary>
    public long Lost { get; init; }

    /// <summary>RS.tx_in_flight: what was in flight when that chunk was sent, itself included.</summary>
    public long FlightAtSend { get; init; }

    /// <summary>RS.is_app_limited: the application had too little to send: the path may carry more.</summary>
    public bool IsApplicationLimited { get; init; }

    /// <summary>Whether there is one: the chunk and all that was in flight with it are known.</summary>
    public bool IsThere => FlightAtSend > 0;
}
