using System;

namespace Braid.Sctp;

/// <summary>Slow start, congestion avoidance and the reaction to loss of RFC 9260 §7.2.</summary>
internal sealed class Rfc9260Congestion : ICongestionControl
{
    private int _maximumChunk;
    private long _partialBytesAcknowledged;

    /// <param name="maximumChunk">PMDCS of the path: the largest DATA chunk that fits into one packet, in bytes.</param>
    /// <param name="isIPv6">Whether the peer's address is an IPv6 address.</param>
    public Rfc9260Congestion(int maximumChunk, bool isIPv6)
    {
        _maximumChunk = maximumChunk;
        Window = Math.Min(4L * maximumChunk, Math.Max(2L * maximumChunk, isIPv6 ? 4344 : 4404));    // §7.2.1
        SlowStartThreshold = uint.MaxValue;
    }

    public long Window { get; private set; }

    public long SlowStartThreshold { get; private set; }

    public bool IsLimitedToOnePacket { get; private set; }

    public void OnAcknowledged(long acknowledged, long flightBefore, long flightAfter, bool inFastRecovery)
    {
        IsLimitedToOnePacket = false;
        if (Window <= SlowStartThreshold)
        {
            // §7.2.1: only a window in full use may grow, by at most L times PMDCS for each SACK. L is 1 for the two packets
            // that a SACK answers for (§6.2), and more when SACKs were lost or merged and this one answers for more.
            if (flightBefore >= Window && !inFastRecovery)
            {
                Window += Math.Min(acknowledged, MergedSacks(acknowledged, _maximumChunk) * _maximumChunk);
            }
        }
        else
        {
            AvoidCongestion(acknowledged, flightBefore);
        }

        if (flightAfter == 0)
        {
            _partialBytesAcknowledged = 0;
        }
    }

    public void OnFastRetransmit()
    {
        Reduce();
        Window = SlowStartThreshold;
    }

    public void OnTimeout()
    {
        Reduce();
        Window = _maximumChunk;
        IsLimitedToOnePacket = true;
    }

    public void OnMaximumChunkChanged(int maximumChunk) => _maximumChunk = maximumChunk;

    public void OnIdle(TimeSpan idle, TimeSpan rto)
    {
        // §7.2.1: once for each RTO without a transmission; the threshold remembers what the path carried before.
        long floor = 4L * _maximumChunk;
        if (idle >= rto && Window > floor)
        {
            SlowStartThreshold = Window;
        }

        for (TimeSpan passed = rto; passed <= idle && Window > floor; passed += rto)
        {
            Window = Math.Max(Window / 2, floor);
        }
    }

    /// <summary>How many SACKs a receiver that answers every second packet would have sent for this much data.</summary>
    public static long MergedSacks(long acknowledged, int maximumChunk) => Math.Max(1, acknowledged / (2 * maximumChunk));

    private void AvoidCongestion(long acknowledged, long flightBefore)
    {
        // §7.2.2: one PMDCS for each window's worth of acknowledged bytes.
        _partialBytesAcknowledged += acknowledged;
        if (_partialBytesAcknowledged < Window)
        {
            return;
        }

        if (flightBefore < Window)
        {
            _partialBytesAcknowledged = Window;
        }
        else
        {
            _partialBytesAcknowledged -= Window;
            Window += _maximumChunk;
        }
    }

    private void Reduce()
    {
        SlowStartThreshold = Math.Max(Window / 2, 4L * _maximumChunk);       // §7.2.3
        _partialBytesAcknowledged = 0;
    }
}
