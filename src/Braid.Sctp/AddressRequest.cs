namespace Braid.Sctp;

/// <summary>What an association says at once to a wish to change its addresses (RFC 5061 §5.1).</summary>
public enum AddressRequestStatus : byte
{
    /// <summary>The peer is asked, or will be after what it is asked now: <see cref="AssociationEvent.AddressRequestSettled"/> says how that ended.</summary>
    Accepted,

    /// <summary>The association is not established yet, or its shutdown has gone too far (§5.1.1 C4), or it has ended.</summary>
    NotEstablished,

    /// <summary>
    /// The peer does not know RFC 5061, or one side does not offer it (<see cref="Extensions.AddressReconfiguration"/>); or the peer has said
    /// since that it does not take such a request (§5.1 A9, §5.3 F3).
    /// </summary>
    NotSupported,

    /// <summary>It is one of our addresses already, or is being added.</summary>
    AlreadyThere,

    /// <summary>It is none of our addresses, or is being removed.</summary>
    NotThere,

    /// <summary>It is the last one, or the last one that the peer can be reached from (§5.3 F5): another one has to be added before.</summary>
    LastAddress,

    /// <summary>There would be more addresses than an association has, 8; or 64 requests wait.</summary>
    TooMany,

    /// <summary>The address means nothing to the peer: it is of this host, of a link or private, and the peer is reached beyond that; or it is no unicast address.</summary>
    OutOfReach,
}

/// <summary>What is asked for.</summary>
public enum AddressRequestKind : byte
{
    /// <summary>The peer may use one more of our addresses (§4.2.1).</summary>
    Add,

    /// <summary>The peer may use one of them no longer (§4.2.2).</summary>
    Remove,

    /// <summary>The peer shall send to one of them (§4.2.4).</summary>
    MakePrimary,
}

/// <summary>How a request ended.</summary>
public enum AddressRequestOutcome : byte
{
    /// <summary>The peer has done it. Where it was to send to another address, that is advice: whether it follows, it does not say (§5.4).</summary>
    Acknowledged,

    /// <summary>The peer has refused it, and nothing has changed.</summary>
    Refused,

    /// <summary>The association ended, was shut down or began anew before there was an answer: maybe the peer has done it.</summary>
    GivenUp,
}

/// <summary>What became of a wish to change addresses at once.</summary>
/// <param name="Status">Whether the peer is asked.</param>
/// <param name="Id">What the event has as <see cref="AssociationEvent.AddressRequestSettled.Id"/>; 0 where the peer is not asked.</param>
public readonly record struct AddressRequestResult(AddressRequestStatus Status, uint Id);
