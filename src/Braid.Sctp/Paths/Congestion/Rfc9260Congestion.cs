using System;

namespace Braid.Sctp;

/// <summary>Slow start, congestion avoidance and the reaction to loss of RFC 9260 §7.2: NewReno, to the letter.</summary>
/// <param name="maximumChunk">PMDCS of the path: the largest DATA chunk that fits into one packet, in bytes.</param>
/// <param name="window">What it begins with, in bytes.</param>
internal sealed class Rfc9260Congestion(int maximumChunk, long window) : WindowControl(maximumChunk, window)
{
    private long _partialBytesAcknowledged;

    public override void OnAcknowledged(in AckSample sample)
    {
        if (sample.Acknowledged == 0)
        {
            return;
        }

        IsLimitedToOnePacket = false;
        if (Window <= SlowStartThreshold)
        {
            // §7.2.1: only a window in full use may grow, by at most L times PMDCS for each SACK. L is 1 for the two packets
            // that a SACK answers for (§6.2), and more when SACKs were lost or merged and this one answers for more.
            if (sample.IsWindowLimited && !sample.IsRecovering)
            {
                Window += Math.Min(sample.Acknowledged, MergedSacks(sample.Acknowledged, MaximumChunk) * MaximumChunk);
            }
        }
        else
        {
            AvoidCongestion(sample);
        }

        if (sample.FlightAfter == 0)
        {
            _partialBytesAcknowledged = 0;
        }
    }

    /// <summary>How many SACKs a receiver that answers every second packet would have sent for this much data.</summary>
    public static long MergedSacks(long acknowledged, int maximumChunk) => Math.Max(1, acknowledged / (2 * maximumChunk));

    protected override void Reduce(in CongestionSample sample)
    {
        SlowStartThreshold = Math.Max(Window / 2, Least);                    // §7.2.3
        _partialBytesAcknowledged = 0;
    }

    private void AvoidCongestion(in AckSample sample)
    {
        // §7.2.2: one PMDCS for each window's worth of acknowledged bytes. RFC 6356 §3: for more than that where other paths grow as well,
        // but never for less.
        long worth = sample.GrowthLimit > 0 ? Math.Max(Window, (long)(1 / sample.GrowthLimit)) : Window;
        _partialBytesAcknowledged += sample.Acknowledged;
        if (_partialBytesAcknowledged < worth)
        {
            return;
        }

        if (!sample.IsWindowLimited)
        {
            _partialBytesAcknowledged = worth;
        }
        else
        {
            _partialBytesAcknowledged -= worth;
            Window += MaximumChunk;
        }
    }
}
