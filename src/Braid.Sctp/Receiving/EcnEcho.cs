namespace Braid.Sctp;

/// <summary>
/// What a router has marked and the sender does not know of yet (RFC 2960 Appendix A): the echo goes along with every SACK
/// until CWR answers it, for a packet may be lost (RFC 3168 §6.1.3).
/// </summary>
internal struct EcnEcho
{
    private Tsn _latest;

    /// <summary>Whether there is something to echo.</summary>
    public bool IsWanted { get; private set; }

    /// <summary>The lowest TSN of the marked packet that the echo names.</summary>
    public Tsn Lowest { get; private set; }

    /// <summary>A packet with data was marked.</summary>
    /// <param name="lowest">The lowest TSN in it.</param>
    public void OnMarked(Tsn lowest)
    {
        if (!IsWanted)
        {
            IsWanted = true;
            Lowest = lowest;
            _latest = lowest;
        }
        else if (lowest > _latest)
        {
            _latest = lowest;
        }
    }

    /// <summary>Takes in a CWR: what was marked later has its own echo, and the sender knows whether it was of the same window.</summary>
    public void OnCwr(Tsn lowest)
    {
        if (IsWanted && lowest >= Lowest)
        {
            IsWanted = _latest > lowest;
            Lowest = _latest;
        }
    }
}
