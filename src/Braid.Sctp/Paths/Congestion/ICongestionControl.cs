namespace Braid.Sctp;

/// <summary>
/// How much may be in flight on one path, and how fast it may leave. All sizes are bytes of DATA chunks, header and padding included
/// (RFC 9260 §7.2); rates are such bytes a second. Each path has one of its own, which owns its state and is told what happens;
/// it calls nobody.
/// </summary>
internal interface ICongestionControl
{
    /// <summary>cwnd.</summary>
    long Window { get; }

    /// <summary>ssthresh; <see cref="uint.MaxValue"/> while there is none.</summary>
    long SlowStartThreshold { get; }

    /// <summary>After a time-out one packet at a time may be in flight until something is acknowledged (§7.2.3).</summary>
    bool IsLimitedToOnePacket { get; }

    /// <summary>How fast packets may leave; 0 for as fast as <see cref="Window"/> in each round trip makes it.</summary>
    double PacingRate { get; }

    /// <summary>Whether it says nothing of use without delivery-rate samples, and without packets that leave as it says.</summary>
    bool IsRateBased { get; }

    /// <summary>Whether it has made the flow slower by itself: samples say nothing about the path then.</summary>
    bool IsHoldingBack { get; }

    /// <summary>The part of what is in flight that may be lost in a round trip before <see cref="LossSample.ExcessiveFlight"/> says so.</summary>
    double LossTolerance { get; }

    /// <summary>Data on this path was acknowledged, or chunks there were found to be lost with the SACK.</summary>
    void OnAcknowledged(in AckSample sample);

    /// <summary>Chunks were found to be lost; before <see cref="OnAcknowledged"/>, where a SACK said so.</summary>
    void OnLost(in LossSample sample);

    /// <summary>The network is congested: once for all that one window has sent (§7.2.4, RFC 3168 §6.1.2).</summary>
    void OnCongestion(in CongestionSample sample);

    /// <summary>T3-rtx expired (§6.3.3).</summary>
    void OnTimeout(in CongestionSample sample);

    /// <summary>What was lost is repaired.</summary>
    void OnRecovered();

    /// <summary>What was taken for lost had only been late: all that was sent again since has arrived twice.</summary>
    void OnSpuriousRecovery();

    /// <summary>Packets on this path have another size from now on (RFC 8899); the windows are bytes, and stay.</summary>
    /// <param name="maximumChunk">PMDCS: the largest DATA chunk that fits into one, in bytes.</param>
    void OnMaximumChunkChanged(int maximumChunk);

    /// <summary>Data is about to be sent, and nothing is in flight.</summary>
    void OnRestart(in RestartSample sample);
}
