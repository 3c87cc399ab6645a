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

    // A round trip that is shorter than this is over before a timer could wake anybody: its burst is as large as it gets.
    private static readonly TimeSpan s_shortRoundTrip = TimeSpan.FromMilliseconds(4);

    private double _debt;                                    // bytes
    private double _rate;                                    // bytes a second
    private Instant _at;                                     // when the debt was computed
    private bool _isWaiting;                                 // a burst is complete, and not paid for

    /// <summary>Whether a packet may leave now.</summary>
    public readonly bool MayLeave(Instant now) => !_isWaiting || now >= Due;

    /// <summary>When the next packet may leave.</summary>
    public readonly Instant Due => _isWaiting && _debt > 0 ? _at + TimeSpan.FromTicks((long)(_debt / _rate * TimeSpan.TicksPerSecond) + 1) : _at;

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
        // Debts of before were made at the rate of before.
        double debt = DebtAt(now);
        double credit = _isWaiting ? rate * s_lateness.TotalSeconds : 0;
        (_debt, _rate, _at) = (Math.Max(debt, -credit) + bytes, rate, now);
        _isWaiting = _debt > burst - 1;                      // a byte less, for a rate times a time is seldom whole
    }

    /// <summary>It is not to wait for anything any more.</summary>
    public void Clear() => this = default;

    private readonly double DebtAt(Instant now) => _debt - (_rate * (now - _at).TotalSeconds);
}
