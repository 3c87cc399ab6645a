using System;
using Braid.Core;

namespace Braid.Sctp;

/// <summary>
/// Lets packets leave one path at a rate, in bursts as large as one batch of the operating system (draft-ietf-ccwg-bbr §5.6.2,
/// §5.6.3). A burst that has left is a debt, paid off at the rate; the next one may go when it is paid. Owns the debt.
/// </summary>
internal struct Pacer
{
    /// <summary>What one system call takes (UDP_SEGMENT), in bytes.</summary>
    public const long GreatestBurst = 65536;

    private static readonly TimeSpan s_burst = TimeSpan.FromMilliseconds(1);

    // Timers are late by a millisecond or two. What they have cost is caught up on; more is not.
    private static readonly TimeSpan s_lateness = TimeSpan.FromMilliseconds(2);

    // No estimate of a rate is worth a longer wait: with so little sent, nothing would come that could correct it.
    private static readonly TimeSpan s_longestWait = TimeSpan.FromSeconds(1);

    // A round trip that is shorter than this is over before a timer could wake anybody: its burst is as large as it gets.
    private static readonly TimeSpan s_shortRoundTrip = TimeSpan.FromMilliseconds(4);

    private double _debt;                                    // bytes
    private double _rate;                                    // bytes a second
    private Instant _at;                                     // when the debt was computed
    private bool _isWaiting;                                 // a burst is complete, and not paid for

    /// <summary>Whether a packet may leave now.</summary>
    /// <param name="now">The current instant.</param>
    /// <param name="rate">Bytes a second, as they are now.</param>
    public readonly bool MayLeave(Instant now, double rate) => !_isWaiting || now >= DueAt(rate);

    /// <summary>When the next packet may leave.</summary>
    /// <param name="rate">Bytes a second, as they are now.</param>
    public readonly Instant DueAt(double rate)
    {
        if (!_isWaiting || _debt <= 0)
        {
            return _at;
        }

        double wait = _debt / Payment(rate);
        return _at + (wait < s_longestWait.TotalSeconds ? TimeSpan.FromTicks((long)(wait * TimeSpan.TicksPerSecond) + 1) : s_longestWait);
    }

    /// <summary>How large a burst is, in bytes (SetSendQuantum()).</summary>
    /// <param name="rate">Bytes a second.</param>
    /// <param name="roundTrip">SRTT.</param>
    /// <param name="packet">Bytes in a packet.</param>
    public static long Burst(double rate, TimeSpan roundTrip, int packet)
    {
        long burst = (long)(rate * s_burst.TotalSeconds);
        burst = roundTrip < s_shortRoundTrip ? burst : Math.Min(burst, GreatestBurst);
        return Math.Max(burst, 2L * packet);
    }

    /// <summary>A packet leaves.</summary>
    /// <param name="now">The current instant.</param>
    /// <param name="bytes">Its length.</param>
    /// <param name="rate">Bytes a second.</param>
    /// <param name="burst">How large a burst may become.</param>
    public void OnSent(Instant now, long bytes, double rate, long burst)
    {
        double debt = _debt - (Payment(rate) * (now - _at).TotalSeconds);
        debt = _isWaiting && now >= DueAt(rate) ? Math.Min(debt, 0) : debt;
        double credit = _isWaiting ? rate * s_lateness.TotalSeconds : 0;
        (_debt, _rate, _at) = (Math.Max(debt, -credit) + bytes, rate, now);
        _isWaiting = _debt > burst - 1;                      // a byte less, for a rate times a time is seldom whole
    }

    /// <summary>It is not to wait for anything any more.</summary>
    public void Clear() => this = default;

    // Debts of before were made at the rate of before. Where that was far too low, they are paid as fast as is known by now.
    private readonly double Payment(double rate) => rate > 8 * _rate ? rate : _rate;
}
