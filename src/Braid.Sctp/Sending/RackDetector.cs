using System;
using Braid.Core;

namespace Braid.Sctp;

/// <summary>
/// What deliveries on one path say about time (RFC 8985 §6.2): which of the delivered chunks was sent last, what the round trip
/// takes, and how much out of order packets arrive there. Owns RACK.xmit_ts, RACK.rtt, RACK.min_RTT, RACK.fack and the
/// reordering window.
/// </summary>
internal sealed class RackDetector
{
    private const byte Recoveries = 16;                      // that a widened window lasts for (step 4)

    // Step 1: a path may become longer for good. The minimum is that of this period and the one before.
    private static readonly TimeSpan s_period = TimeSpan.FromMinutes(2.5);

    private Instant _sentAt;                                 // RACK.xmit_ts
    private Tsn _tsn;                                        // RACK.end_seq
    private Tsn _forward;                                    // RACK.fack
    private Tsn _round;                                      // RACK.dsack_round
    private TimeSpan _minimum;
    private TimeSpan _minimumBefore;
    private Instant _periodEnd;
    private bool _hasForward;
    private bool _hasRound;
    private bool _hasDeclared;                               // a loss, since duplicates last widened the window
    private byte _recoveriesLeft;
    private int _quarters = 1;                               // RACK.reo_wnd_mult

    /// <summary>
    /// Where missing reports find losses and not time: the highest TSN that the last SACK with any has newly acknowledged on the path.
    /// </summary>
    public Tsn HighestNew { get; set; }

    /// <summary>When <see cref="OutstandingQueue.DetectLosses"/> has to look again; <see cref="Instant.Never"/> for not by itself.</summary>
    public Instant ReviewAt { get; set; } = Instant.Never;

    /// <summary>Whether there is anything to compare with.</summary>
    public bool HasDelivered => _sentAt != Instant.Zero;

    /// <summary>RACK.rtt.</summary>
    public TimeSpan RoundTrip { get; private set; }

    /// <summary>RACK.min_RTT.</summary>
    public TimeSpan MinimumRoundTrip => _minimumBefore != TimeSpan.Zero && _minimumBefore < _minimum ? _minimumBefore : _minimum;

    /// <summary>Whether anything ever arrived here out of order.</summary>
    public bool HasSeenReordering { get; private set; }

    /// <summary>Steps 1 to 3, for each chunk that is newly acknowledged; of one SACK from the lowest TSN to the highest.</summary>
    /// <param name="now">When the SACK came.</param>
    /// <param name="sentAt">When the chunk was sent last.</param>
    /// <param name="tsn">Its TSN.</param>
    /// <param name="wasRetransmitted">Whether it was sent more than once: then we cannot tell which copy has arrived.</param>
    public void OnDelivered(Instant now, Instant sentAt, Tsn tsn, bool wasRetransmitted)
    {
        TimeSpan roundTrip = now - sentAt;
        if (!wasRetransmitted)
        {
            ObserveMinimum(now, roundTrip);
        }

        if (!_hasForward || tsn > _forward)
        {
            (_forward, _hasForward) = (tsn, true);
        }
        else if (!wasRetransmitted && tsn < _forward)
        {
            HasSeenReordering = true;                        // step 3
        }

        if (wasRetransmitted && roundTrip < MinimumRoundTrip)
        {
            return;                                          // step 2: no packet was ever so fast, so this answers the copy before
        }

        if (!HasDelivered || sentAt > _sentAt || (sentAt == _sentAt && tsn > _tsn))
        {
            (_sentAt, _tsn, RoundTrip) = (sentAt, tsn, roundTrip);
        }
    }

    /// <summary>Whether a chunk was sent before one that has arrived: RACK_sent_after().</summary>
    public bool IsOvertaken(Instant sentAt, Tsn tsn) => HasDelivered && (sentAt < _sentAt || (sentAt == _sentAt && tsn < _tsn));

    /// <summary>RACK.reo_wnd (step 4): how long what was overtaken may still come.</summary>
    /// <param name="smoothed">SRTT of the path.</param>
    /// <param name="isRepairing">Whether a loss was found already and is not repaired yet.</param>
    public TimeSpan ReorderingWindow(TimeSpan smoothed, bool isRepairing)
    {
        if (isRepairing && !HasSeenReordering)
        {
            return TimeSpan.Zero;
        }

        TimeSpan window = _quarters * (MinimumRoundTrip / 4);
        return window < smoothed ? window : smoothed;
    }

    /// <summary>A chunk was declared lost.</summary>
    public void OnLost() => _hasDeclared = true;

    /// <summary>
    /// The peer has received something twice: the window may have been too small (step 4). Only if it was the reason to send
    /// anything again, for a network may double packets, too.
    /// </summary>
    /// <param name="cumulativeAck">The Cumulative TSN Ack Point.</param>
    /// <param name="highest">The highest TSN that was sent.</param>
    public void OnDuplicates(Tsn cumulativeAck, Tsn highest)
    {
        _hasRound &= cumulativeAck < _round;
        if (_hasRound || !_hasDeclared)
        {
            return;
        }

        (_round, _hasRound, _hasDeclared) = (highest, true, false);
        _quarters = Math.Min(_quarters + 1, 1000);           // more than SRTT it never is
        _recoveriesLeft = Recoveries;
    }

    /// <summary>A recovery has ended: a window that needed no widening for many of them goes back (step 4).</summary>
    public void OnRecovered()
    {
        if (_recoveriesLeft > 0 && --_recoveriesLeft == 0)
        {
            _quarters = 1;
        }
    }

    private void ObserveMinimum(Instant now, TimeSpan roundTrip)
    {
        if (now >= _periodEnd)
        {
            _minimumBefore = _minimum;
            _minimum = roundTrip;
            _periodEnd = now + s_period;
        }
        else if (roundTrip < _minimum)
        {
            _minimum = roundTrip;
        }
    }
}
