namespace Braid.Sctp;

/// <summary>How a sender finds out that data was lost, before T3-rtx has to expire.</summary>
public enum LossRecovery : byte
{
    /// <summary>By three reports of what arrived behind it (RFC 9260 §7.2.4), once for each chunk.</summary>
    MissingReports,

    /// <summary>
    /// By time (RACK-TLP, RFC 8985): what was sent later has arrived, and reordering would have been over by now. A probe asks for
    /// news when the acknowledgement of the end of a flow does not come.
    /// </summary>
    Rack,
}
