using System;

namespace Braid.Sctp;

/// <summary>
/// The one loss probe that may be on its way (RFC 8985 §7). Owns TLP.end_seq, TLP.is_retrans, and whether a probe is to go out.
/// </summary>
internal sealed class TailLossProbe
{
    // §7.2: what a peer may wait before it acknowledges a single packet (RFC 9260 §6.2).
    private static readonly TimeSpan s_longestAckDelay = TimeSpan.FromMilliseconds(200);

    // Below this it is timers and schedulers that are late, not packets.
    private static readonly TimeSpan s_shortest = TimeSpan.FromMilliseconds(10);

    private Tsn _end;
    private Tsn _tsn;
    private int _path;
    private bool _isOut;
    private bool _isRetransmission;
    private bool _hasSample = true;

    /// <summary>A new packet may go out, whatever cwnd says.</summary>
    public bool OwesNew { get; private set; }

    /// <summary>What was marked for the probe may go out, whatever cwnd says.</summary>
    public bool OwesOld { get; private set; }

    /// <summary>Whether a probe is to go out.</summary>
    public bool IsOwed => OwesNew || OwesOld;

    /// <summary>§7.3: one at a time, and no two without a measurement of the round trip between them.</summary>
    public bool IsAllowed => !_isOut && _hasSample;

    /// <summary>PTO (§7.2).</summary>
    /// <param name="smoothed">SRTT, which there must be.</param>
    /// <param name="isOnePacket">Whether no more than one packet is in flight, of which the acknowledgement may be delayed.</param>
    public static TimeSpan Timeout(TimeSpan smoothed, bool isOnePacket)
    {
        TimeSpan timeout = 2 * smoothed;
        timeout = timeout < s_shortest ? s_shortest : timeout;
        return isOnePacket ? timeout + s_longestAckDelay : timeout;
    }

    /// <summary>A probe is to go out with new data.</summary>
    public void RequestNew() => OwesNew = true;

    /// <summary>A probe is to go out with the highest TSN again.</summary>
    public void RequestOld(Tsn tsn)
    {
        OwesOld = true;
        _tsn = tsn;
    }

    /// <summary>It was sent.</summary>
    /// <param name="path">Where.</param>
    /// <param name="highest">The highest TSN that was sent.</param>
    public void OnSent(int path, Tsn highest)
    {
        _isRetransmission = OwesOld;
        (_path, _end, _isOut, _hasSample) = (path, highest, true, false);
        Cancel();
    }

    /// <summary>It is not to go out any more.</summary>
    public void Cancel() => (OwesNew, OwesOld) = (false, false);

    /// <summary>The round trip was measured.</summary>
    public void OnSample() => _hasSample = true;

    /// <summary>A recovery begins: what the probe was for is known (§7.1).</summary>
    public void Forget()
    {
        Cancel();
        _isOut = false;
    }

    /// <summary>What a SACK says about the probe (§7.4.2).</summary>
    /// <param name="sack">The chunk.</param>
    /// <param name="isRepeated">Whether it acknowledges nothing new.</param>
    /// <returns>The path on which the probe itself has repaired a loss, of which nothing else tells; null for none.</returns>
    public int? OnSack(in Wire.SackChunk sack, bool isRepeated)
    {
        if (!_isOut)
        {
            return null;
        }

        if (_isRetransmission && IsDuplicate(sack))
        {
            _isOut = false;                                  // case 1: both have arrived
            return null;
        }

        if (sack.CumulativeAck < _end)
        {
            return null;
        }

        bool isRepaired = _isRetransmission && sack.CumulativeAck > _end;
        _isOut = _isRetransmission && !isRepaired && !(isRepeated && !sack.HasGaps);     // case 2
        return isRepaired ? _path : null;
    }

    private bool IsDuplicate(in Wire.SackChunk sack)
    {
        for (int i = 0; i < sack.DuplicateCount; i++)
        {
            if (sack.Duplicate(i) == _tsn)
            {
                return true;
            }
        }

        return false;
    }
}
