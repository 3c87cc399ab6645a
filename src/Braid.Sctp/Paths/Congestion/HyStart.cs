using System;

namespace Braid.Sctp;

/// <summary>
/// HyStart++ (RFC 9406): slow start ends when round trips become longer, before a queue overflows. A phase of slower growth first makes
/// sure that it was no jitter. Owns the minima of this round and the last one, and the phase.
/// </summary>
internal sealed class HyStart
{
    private const int Samples = 8;                           // N_RTT_SAMPLE
    private const int GrowthDivisor = 4;                     // CSS_GROWTH_DIVISOR
    private const int Rounds = 5;                            // CSS_ROUNDS
    private const int RttDivisor = 8;                        // MIN_RTT_DIVISOR

    private static readonly TimeSpan s_leastThreshold = TimeSpan.FromMilliseconds(4);      // MIN_RTT_THRESH
    private static readonly TimeSpan s_greatestThreshold = TimeSpan.FromMilliseconds(16);  // MAX_RTT_THRESH

    private TimeSpan _last = TimeSpan.MaxValue;              // lastRoundMinRTT
    private TimeSpan _current = TimeSpan.MaxValue;           // currentRoundMinRTT
    private TimeSpan _baseline = TimeSpan.MaxValue;          // cssBaselineMinRtt
    private long _roundEnd;                                  // windowEnd
    private int _samples;
    private int _rounds;

    /// <summary>Whether it is in the phase of slower growth: Conservative Slow Start.</summary>
    public bool IsConservative => _baseline != TimeSpan.MaxValue;

    /// <summary>Takes in a SACK (§4.2).</summary>
    /// <returns>Whether slow start is over.</returns>
    public bool OnAcknowledged(in AckSample sample)
    {
        if (sample.NewestSent > _roundEnd)
        {
            _roundEnd = sample.TotalSent;
            (_last, _current, _samples) = (_current, TimeSpan.MaxValue, 0);
            if (IsConservative && ++_rounds > Rounds)
            {
                return true;
            }
        }

        if (sample.RoundTrip > TimeSpan.Zero)
        {
            _current = sample.RoundTrip < _current ? sample.RoundTrip : _current;
            _samples++;
        }

        if (_samples < Samples)
        {
            return false;
        }

        if (IsConservative)
        {
            if (_current < _baseline)
            {
                (_baseline, _rounds) = (TimeSpan.MaxValue, 0);       // it was jitter: slow start goes on
            }
        }
        else if (_last != TimeSpan.MaxValue && _current >= _last + Threshold())
        {
            (_baseline, _rounds) = (_current, 1);                    // the round that it begins in is the first
        }

        return false;
    }

    /// <summary>By how much the window grows for what was acknowledged.</summary>
    /// <param name="bytes">What slow start would have it grow by.</param>
    public long Growth(long bytes) => IsConservative ? bytes / GrowthDivisor : bytes;

    /// <summary>Slow start begins anew.</summary>
    public void Restart()
    {
        (_last, _current, _baseline) = (TimeSpan.MaxValue, TimeSpan.MaxValue, TimeSpan.MaxValue);
        (_samples, _rounds) = (0, 0);
    }

    // RttThresh
    private TimeSpan Threshold()
    {
        TimeSpan part = _last / RttDivisor;
        return part < s_leastThreshold ? s_leastThreshold : part > s_greatestThreshold ? s_greatestThreshold : part;
    }
}
