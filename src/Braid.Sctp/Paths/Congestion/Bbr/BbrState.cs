namespace Braid.Sctp;

/// <summary>Where BBR stands (draft-ietf-ccwg-bbr-06 §5.1).</summary>
internal enum BbrState
{
    /// <summary>Sends faster each round trip, until the pipe is full (§5.3.1).</summary>
    Startup,

    /// <summary>Lets the queue go that this has made (§5.3.2).</summary>
    Drain,

    /// <summary>Sends slower, to leave room (§5.3.3.1).</summary>
    Down,

    /// <summary>Sends as fast as the path delivers (§5.3.3.2).</summary>
    Cruise,

    /// <summary>Fills the pipe again, for a round trip (§5.3.3.3).</summary>
    Refill,

    /// <summary>Sends faster, to see whether there is more (§5.3.3.4).</summary>
    Up,

    /// <summary>Sends little, to see how short the round trip is (§5.3.4).</summary>
    ProbeRtt,
}

/// <summary>What acknowledgements tell of a probe for bandwidth (§2.14).</summary>
internal enum BbrFeedback
{
    /// <summary>Nothing: there is none.</summary>
    None,

    /// <summary>Nothing yet: the pipe is being filled.</summary>
    Refilling,

    /// <summary>Nothing yet: it has just begun.</summary>
    Starting,

    /// <summary>What it has found.</summary>
    Arriving,

    /// <summary>The rest of that: it is over.</summary>
    Stopping,
}
