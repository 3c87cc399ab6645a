using System;

namespace Braid.Sctp;

/// <summary>What the peer may change of an association (RFC 6525 §6.3.1). Anything else that it asks for is denied.</summary>
[Flags]
public enum ReconfigurationKinds : byte
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Reset streams, its own and ours: their sequence numbers begin anew.</summary>
    ResetStreams = 1,

    /// <summary>Reset the association: TSNs and all streams begin anew.</summary>
    ResetAssociation = 2,

    /// <summary>Add streams, its own and ours.</summary>
    AddStreams = 4,
}

/// <summary>Which streams with a number are meant.</summary>
[Flags]
public enum ResetDirection : byte
{
    /// <summary>Those that we send on.</summary>
    Outgoing = 1,

    /// <summary>Those that the peer sends on.</summary>
    Incoming = 2,

    /// <summary>Both.</summary>
    Both = 3,
}

/// <summary>What an association says to a request to change it (RFC 6525 §5.1).</summary>
public enum ReconfigurationStatus : byte
{
    /// <summary>It is under way, or waits for what is: an event will say what came of it, unless the association ends or the peer restarts before.</summary>
    Started,

    /// <summary>A stream is being reset already, or too many requests wait: ask again after an event.</summary>
    InProgress,

    /// <summary>The peer does not know RFC 6525, or one side does not offer it (<see cref="AssociationOptions.Extensions"/>).</summary>
    NotSupported,

    /// <summary>A stream does not exist.</summary>
    InvalidStream,

    /// <summary>More streams than one request can name (ask in several, or for all), or more than there may be: 65535.</summary>
    TooManyStreams,

    /// <summary>The association was reset, or was to be, less than 30 seconds ago (§5.1.4).</summary>
    TooSoon,

    /// <summary>The association is not established yet, is shutting down, or has ended.</summary>
    NotEstablished,
}

/// <summary>What became of a request (RFC 6525 §4.4).</summary>
public enum ReconfigurationResult : uint
{
    /// <summary>It was so already.</summary>
    NothingToDo = 0,

    /// <summary>It was done.</summary>
    Performed = 1,

    /// <summary>The peer's application does not allow it.</summary>
    Denied = 2,

    /// <summary>The peer does not know one of the streams (Wrong SSN).</summary>
    WrongStream = 3,

    /// <summary>The peer was about to ask for something itself: both have asked for what the other would have to begin.</summary>
    AlreadyInProgress = 4,

    /// <summary>The number of the request was not the one that the peer expected.</summary>
    BadSequenceNumber = 5,

    /// <summary>Not yet: the peer still waits for data. Never in an event.</summary>
    InProgress = 6,

    /// <summary>Given up: the association began to shut down before it was done. Never on the wire.</summary>
    GivenUp = uint.MaxValue,
}
