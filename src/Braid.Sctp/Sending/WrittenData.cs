namespace Braid.Sctp;

/// <summary>What DATA chunks a packet was given.</summary>
internal enum WrittenData : byte
{
    /// <summary>None.</summary>
    None,

    /// <summary>None that was sent before.</summary>
    New,

    /// <summary>At least one that was.</summary>
    Retransmissions,
}
