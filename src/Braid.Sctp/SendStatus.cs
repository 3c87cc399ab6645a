namespace Braid.Sctp;

/// <summary>What became of a request to send.</summary>
public enum SendStatus : byte
{
    /// <summary>The message is queued.</summary>
    Ok,

    /// <summary>The send buffer is full; ask again after some of it was acknowledged.</summary>
    QueueFull,

    /// <summary>The message is longer than <see cref="AssociationOptions.MaximumMessageSize"/>, or empty (RFC 9260 §6.2).</summary>
    InvalidLength,

    /// <summary>The stream is not among those that were negotiated.</summary>
    InvalidStream,

    /// <summary>
    /// The message does not fit into one DATA chunk, and <see cref="AssociationOptions.Fragmentation"/> is off (RFC 6458 §8.1.11).
    /// </summary>
    NeedsFragmentation,

    /// <summary>A shutdown has begun: nothing new is accepted (RFC 9260 §9.2).</summary>
    ShuttingDown,

    /// <summary>The association is closed.</summary>
    Closed,

    /// <summary>
    /// The message continues a record (<see cref="SendOptions.MoreFollows"/>) whose beginning was lost when the peer restarted,
    /// or that was given up (<see cref="SendOptions.Reliability"/>). So are all parts answered, the one that ends the record
    /// included; the next message on the stream begins a new one.
    /// </summary>
    RecordLost,

    /// <summary>There is no key with the number of <see cref="SendOptions.KeyId"/>, or it was deactivated.</summary>
    UnknownKey,
}
