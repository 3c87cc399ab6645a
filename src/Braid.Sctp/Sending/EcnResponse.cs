namespace Braid.Sctp;

/// <summary>Whether an echo of a mark asks for a smaller window: once for what one window has sent (RFC 3168 §6.1.2).</summary>
internal struct EcnResponse
{
    private Tsn _highestAtReduction;
    private bool _hasReduced;

    /// <summary>Takes in an ECNE.</summary>
    /// <param name="lowest">The lowest TSN of the marked packet.</param>
    /// <param name="highest">The highest TSN that was sent.</param>
    /// <param name="inRecovery">Whether the window was made smaller for a loss already, and that loss is not repaired yet.</param>
    public bool MustReduce(Tsn lowest, Tsn highest, bool inRecovery)
    {
        if (_hasReduced && lowest <= _highestAtReduction)
        {
            return false;                                    // sent before the last reduction could count
        }

        _hasReduced = true;
        _highestAtReduction = highest;
        return !inRecovery;
    }
}
