using System;
using Braid.Core;

namespace Braid.Sctp;

/// <summary>
/// The shortest round trip of a path, and when it is time to look for it again (draft-ietf-ccwg-bbr-06 §5.3.4.3). Owns BBR.min_rtt and
/// BBR.probe_rtt_min_delay with their stamps.
/// </summary>
internal struct BbrRoundTrip
{
    private static readonly TimeSpan s_filter = TimeSpan.FromSeconds(10);          // BBR.MinRTTFilterLen
    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(5);         // BBR.ProbeRTTInterval

    private static readonly TimeSpan s_jitter = TimeSpan.FromMilliseconds(1);

    private TimeSpan _recent;                                // BBR.probe_rtt_min_delay
    private Instant _recentAt;
    private Instant _minimumAt;
    private TimeSpan _least;                                 // of this round trip,
    private TimeSpan _leastBefore;                           // and of the one before

    public BbrRoundTrip() => Minimum = _recent = _least = _leastBefore = TimeSpan.MaxValue;

    /// <summary>BBR.min_rtt; <see cref="TimeSpan.MaxValue"/> before the first measurement.</summary>
    public TimeSpan Minimum { get; private set; }

    /// <summary>BBR.probe_rtt_expired.</summary>
    public bool IsExpired { get; private set; }

    /// <summary>Whether no packet of this round trip and the one before came without having waited: a queue stands somewhere.</summary>
    public readonly bool HasQueue
    {
        get
        {
            TimeSpan least = _least < _leastBefore ? _least : _leastBefore;
            return least != TimeSpan.MaxValue && least > Minimum + (Minimum / 4) + s_jitter;
        }
    }

    /// <summary>UpdateMinRTT().</summary>
    /// <param name="now">The current instant.</param>
    /// <param name="roundTrip">What was measured; zero for nothing.</param>
    /// <param name="isRoundStart">Whether a round trip begins.</param>
    public void Observe(Instant now, TimeSpan roundTrip, bool isRoundStart)
    {
        if (isRoundStart)
        {
            (_leastBefore, _least) = (_least, TimeSpan.MaxValue);
        }

        if (roundTrip > TimeSpan.Zero && roundTrip < _least)
        {
            _least = roundTrip;
        }

        IsExpired = _recent != TimeSpan.MaxValue && now > _recentAt + s_interval;
        if (roundTrip > TimeSpan.Zero && (roundTrip < _recent || IsExpired))
        {
            (_recent, _recentAt) = (roundTrip, now);
        }

        if (_recent < Minimum || now > _minimumAt + s_filter)
        {
            (Minimum, _minimumAt) = (_recent, _recentAt);
        }
    }

    /// <summary>The next search is an interval away.</summary>
    public void Schedule(Instant now) => _recentAt = now;
}
