namespace Braid.Sctp;

/// <summary>
/// Fast recovery (RFC 9260 §7.2.4): from the first fast retransmission until everything that was outstanding then is
/// acknowledged. One for the association: while it lasts, no path's cwnd is reduced again.
/// </summary>
internal struct FastRecovery
{
    private Tsn _exit;

    /// <summary>Whether it goes on.</summary>
    public bool IsActive { get; private set; }

    /// <summary>The one packet of retransmissions that goes out whatever cwnd says (step 3) was not sent yet.</summary>
    public bool OwesPacket { get; private set; }

    /// <summary>Begins it.</summary>
    /// <param name="highestOutstanding">The exit point.</param>
    public void Enter(Tsn highestOutstanding)
    {
        _exit = highestOutstanding;
        IsActive = true;
        OwesPacket = true;
    }

    public void OnPacketSent() => OwesPacket = false;

    /// <summary>Ends it, when the exit point is reached (§6.2.1 D iv).</summary>
    public void OnCumulativeAck(Tsn cumulativeAck)
    {
        if (IsActive && cumulativeAck >= _exit)
        {
            Leave();
        }
    }

    /// <summary>Ends it: after a time-out slow start takes over.</summary>
    public void Leave()
    {
        IsActive = false;
        OwesPacket = false;
    }
}
