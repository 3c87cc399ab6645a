using System;

namespace Braid.Sctp;

/// <summary>
/// How much may be in flight on one path. All sizes are bytes of DATA chunks, header and padding included (RFC 9260 §7.2).
/// </summary>
internal interface ICongestionControl
{
    /// <summary>cwnd.</summary>
    long Window { get; }

    /// <summary>ssthresh.</summary>
    long SlowStartThreshold { get; }

    /// <summary>After a time-out one packet at a time may be in flight until something is acknowledged (§7.2.3).</summary>
    bool IsLimitedToOnePacket { get; }

    /// <summary>Data on this path was acknowledged.</summary>
    /// <param name="acknowledged">Newly acknowledged bytes.</param>
    /// <param name="flightBefore">What was in flight before the SACK.</param>
    /// <param name="flightAfter">What is in flight after it.</param>
    /// <param name="inFastRecovery">Whether fast recovery goes on.</param>
    void OnAcknowledged(long acknowledged, long flightBefore, long flightAfter, bool inFastRecovery);

    /// <summary>Gap reports say that data was lost (§7.2.4).</summary>
    void OnFastRetransmit();

    /// <summary>T3-rtx expired (§6.3.3).</summary>
    void OnTimeout();

    /// <summary>Packets on this path have another size from now on (RFC 8899); the windows are bytes, and stay.</summary>
    /// <param name="maximumChunk">PMDCS: the largest DATA chunk that fits into one, in bytes.</param>
    void OnMaximumChunkChanged(int maximumChunk);

    /// <summary>Data is about to be sent after a pause.</summary>
    void OnIdle(TimeSpan idle, TimeSpan rto);
}
