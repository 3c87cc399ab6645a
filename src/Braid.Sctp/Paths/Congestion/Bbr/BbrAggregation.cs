using System;
using Braid.Core;

namespace Braid.Sctp;

/// <summary>
/// How much more is acknowledged at once than the path delivers meanwhile (draft-ietf-ccwg-bbr-06 §5.5.9): what has to be in flight on
/// top, for acknowledgements to come late and together. The greatest of the last ten round trips.
/// </summary>
internal struct BbrAggregation
{
    private const long Length = 10;                          // BBR.ExtraAckedFilterLen, in round trips

    private Instant _begin;                                  // BBR.extra_acked_interval_start
    private long _delivered;                                 // BBR.extra_acked_delivered
    private long _round;                                     // that the newer of the two halves of the window began with
    private long _newer;
    private long _older;

    /// <summary>BBR.extra_acked, in bytes.</summary>
    public readonly long Extra => Math.Max(_newer, _older);

    /// <summary>An interval begins.</summary>
    public void Begin(Instant now) => (_begin, _delivered) = (now, 0);

    /// <summary>UpdateACKAggregation().</summary>
    /// <param name="now">The current instant.</param>
    /// <param name="acknowledged">Newly acknowledged bytes.</param>
    /// <param name="rate">BBR.bw.</param>
    /// <param name="window">cwnd.</param>
    /// <param name="round">How many round trips there were so far.</param>
    /// <param name="isStarting">Whether the pipe was never full: then only this round trip counts.</param>
    public void Observe(Instant now, long acknowledged, double rate, long window, long round, bool isStarting)
    {
        double expected = rate * (now - _begin).TotalSeconds;
        if (_delivered <= expected)
        {
            Begin(now);
            expected = 0;
        }

        _delivered += acknowledged;
        long extra = Math.Min((long)(_delivered - expected), window);

        // Two halves of the window: the exact one would keep all ten values, and nobody could tell the difference.
        long half = isStarting ? 1 : Length / 2;
        if (round - _round >= half)
        {
            _older = isStarting || round - _round >= Length ? 0 : _newer;
            (_newer, _round) = (0, round);
        }

        _newer = Math.Max(_newer, extra);
    }
}
