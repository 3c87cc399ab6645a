using Braid.Core;

namespace Braid.Sctp;

/// <summary>
/// Fast recovery (RFC 9260 §7.2.4): from the first fast retransmission until everything that was outstanding then is
/// acknowledged. One for the association: while it lasts, no path's cwnd is reduced again; or one for each path (<see cref="PathRecoveries"/>).
/// </summary>
internal struct FastRecovery
{
    private Instant _begun;                                  // the largest first: there may be very many idle associations
    private Tsn _exit;

    /// <summary>The exit point.</summary>
    public readonly Tsn Exit => _exit;

    /// <summary>Whether it goes on.</summary>
    public bool IsActive { get; private set; }

    /// <summary>T3-rtx has expired, and not everything that was outstanding then is acknowledged: slow start repairs it.</summary>
    public bool IsAfterTimeout { get; private set; }

    /// <summary>Whether losses that were found are being repaired.</summary>
    public bool IsRepairing => IsActive || IsAfterTimeout;

    /// <summary>The one packet of retransmissions that goes out whatever cwnd says (step 3) was not sent yet.</summary>
    public bool OwesPacket { get; private set; }

    /// <summary>Begins it.</summary>
    /// <param name="now">The current instant.</param>
    /// <param name="highestOutstanding">The exit point.</param>
    public void Enter(Instant now, Tsn highestOutstanding)
    {
        (_exit, _begun) = (highestOutstanding, now);
        IsActive = true;
        IsAfterTimeout = false;
        OwesPacket = true;
    }

    /// <summary>A loss was found on a path: its window becomes smaller, once for what one window has sent (§7.2.4).</summary>
    /// <param name="path">The path.</param>
    /// <param name="sample">What its congestion control is told.</param>
    /// <param name="sentAt">When what is lost was sent.</param>
    /// <param name="isTimed">
    /// Whether that counts: what was sent since recovery began, such as a retransmission, is another window's (RFC 8985 §9.3).
    /// </param>
    /// <returns>Whether recovery begins, or begins anew.</returns>
    public bool TrySlowDown(Path path, in CongestionSample sample, Instant sentAt, bool isTimed)
    {
        bool isNews = isTimed ? !IsRepairing || sentAt >= _begun : !IsActive;

        // After a time-out the window may be below what §7.2.3 leaves of any: a loss makes it no larger.
        if (!isNews || (isTimed && IsAfterTimeout && path.Congestion.Window < path.Congestion.SlowStartThreshold))
        {
            return false;
        }

        path.Congestion.OnCongestion(sample);
        return true;
    }

    public void OnPacketSent() => OwesPacket = false;

    /// <summary>Ends it, when the exit point is reached (§6.2.1 D iv).</summary>
    /// <returns>Whether it has.</returns>
    public bool OnCumulativeAck(Tsn cumulativeAck)
    {
        if (!IsRepairing || cumulativeAck < _exit)
        {
            return false;
        }

        Leave();
        return true;
    }

    /// <summary>Ends it.</summary>
    public void Leave() => (IsActive, IsAfterTimeout, OwesPacket) = (false, false, false);

    /// <summary>Ends it: after a time-out slow start takes over.</summary>
    /// <param name="now">The current instant.</param>
    /// <param name="highestOutstanding">What slow start repairs.</param>
    public void OnTimeout(Instant now, Tsn highestOutstanding)
    {
        (_exit, _begun) = (highestOutstanding, now);
        (IsActive, IsAfterTimeout, OwesPacket) = (false, true, false);
    }
}
