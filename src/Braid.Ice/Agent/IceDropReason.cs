namespace Braid.Ice;

/// <summary>Why something that arrived was not used.</summary>
public enum IceDropReason : byte
{
    /// <summary>Not a STUN message, although it begins like one.</summary>
    Malformed,

    /// <summary>A check without a FINGERPRINT, or with a wrong one (RFC 8445 §7.3).</summary>
    BadFingerprint,

    /// <summary>A request for another agent, or without credentials.</summary>
    UnknownUser,

    /// <summary>Signed with another password.</summary>
    BadIntegrity,

    /// <summary>Arrived at an address that is none of our candidates.</summary>
    UnknownLocalAddress,

    /// <summary>An answer to nothing that was asked.</summary>
    UnknownTransaction,

    /// <summary>A method or class that makes no sense here.</summary>
    Unexpected,

    /// <summary>An attribute that must be understood is not (RFC 8489 §6.3.1).</summary>
    UnknownAttribute,

    /// <summary>A candidate that cannot be used: wrong component, an address that is not unicast, port 0.</summary>
    UnusableCandidate,

    /// <summary>One candidate of the peer too many.</summary>
    TooManyCandidates,

    /// <summary>More requests came in at once than are answered.</summary>
    TooManyRequests,

    /// <summary>A message through a TURN server that cannot be understood.</summary>
    Relay,

    /// <summary>How many reasons there are.</summary>
    Count,
}

/// <summary>One counter for each <see cref="IceDropReason"/>.</summary>
public sealed class IceDropCounters
{
    private readonly long[] _counts = new long[(int)IceDropReason.Count];

    /// <summary>How often something was dropped for <paramref name="reason"/>.</summary>
    public long this[IceDropReason reason] => _counts[(int)reason];

    internal void Count(IceDropReason reason) => _counts[(int)reason]++;
}
