using System;

namespace Braid.Sctp;

/// <summary>The retransmission time-out of one path (RFC 9260 §6.3.1). Owns SRTT, RTTVAR and the back-off.</summary>
internal sealed class RtoEstimator(AssociationContext context)
{
    // Clock granularity G: rule G1 keeps RTTVAR from reaching zero on a path of constant delay.
    private static readonly TimeSpan s_granularity = TimeSpan.FromMilliseconds(1);

    private TimeSpan _variation;
    private TimeSpan? _current;

    /// <summary>RTO now, any back-off included; before any measurement or back-off RTO.Initial (C1).</summary>
    public TimeSpan Current => Clamp(_current ?? context.Options.RtoInitial);

    /// <summary>SRTT; zero before the first measurement.</summary>
    public TimeSpan Smoothed { get; private set; }

    /// <summary>Takes in a measurement of a chunk that was sent once (Karn's rule, C5, is the caller's).</summary>
    public void Observe(TimeSpan roundTrip)
    {
        if (Smoothed == TimeSpan.Zero)
        {
            Smoothed = Max(roundTrip, TimeSpan.FromTicks(1));                                   // C2
            _variation = roundTrip / 2;
        }
        else
        {
            // C3, with RTO.Alpha = 1/8 and RTO.Beta = 1/4. RTTVAR first: it uses the old SRTT.
            _variation = new TimeSpan(((_variation.Ticks * 3) + Math.Abs(Smoothed.Ticks - roundTrip.Ticks)) / 4);
            Smoothed = new TimeSpan(((Smoothed.Ticks * 7) + roundTrip.Ticks) / 8);
        }

        _variation = Max(_variation, s_granularity);                                            // G1
        _current = Clamp(Smoothed + (4 * _variation));
    }

    /// <summary>Doubles the RTO after an expiration (§6.3.3 E2).</summary>
    public void BackOff() => _current = Clamp(Current * 2);

    private TimeSpan Clamp(TimeSpan value) =>
        value < context.Options.RtoMinimum ? context.Options.RtoMinimum      // C6
        : value > context.Options.RtoMaximum ? context.Options.RtoMaximum    // C7
        : value;

    private static TimeSpan Max(TimeSpan left, TimeSpan right) => left > right ? left : right;
}
