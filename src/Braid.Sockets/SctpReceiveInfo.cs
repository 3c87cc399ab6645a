using Braid.Sctp;

namespace Braid.Sockets;

/// <summary>How a message came (RFC 6458 §5.3.5).</summary>
public readonly record struct SctpReceiveInfo
{
    /// <summary>The association that it came on.</summary>
    public SctpAssociationId AssociationId { get; init; }

    /// <summary>The stream that it came on.</summary>
    public ushort StreamId { get; init; }

    /// <summary>Payload protocol identifier, as the peer's application set it; <see cref="SctpPpid"/> names the registered ones.</summary>
    public uint Ppid { get; init; }

    /// <summary>Whether it was sent unordered.</summary>
    public bool Unordered { get; init; }

    /// <summary>Stream sequence number; says nothing when it is unordered.</summary>
    public ushort Ssn { get; init; }

    /// <summary>TSN of its first fragment.</summary>
    public uint Tsn { get; init; }

    /// <summary>The cumulative TSN when it became available.</summary>
    public uint CumulativeTsn { get; init; }

    /// <summary>The association's <see cref="SctpAssociationOptions.Context"/>.</summary>
    public uint Context { get; init; }

    /// <summary>Whether the message begins here; if another one of its stream has not ended, the rest of that will not come.</summary>
    public bool BeginOfRecord { get; init; }

    /// <summary>
    /// Whether the message ends here. A message that is too long for the receive buffer comes in parts (RFC 9260 §6.9): the
    /// next part follows before any other message of its stream, and where messages are not interleaved
    /// (<see cref="SctpAssociation.Extensions"/>) before any other message of the association.
    /// </summary>
    public bool EndOfRecord { get; init; }

    internal static SctpReceiveInfo From(AssociationHost host, ReceivedMessage message, bool beginsHere) => new()
    {
        AssociationId = host.Id,
        StreamId = message.Stream.Value,
        Ppid = message.Ppid.Value,
        Unordered = message.Unordered,
        Ssn = message.Ssn.Value,
        Tsn = message.Tsn.Value,
        CumulativeTsn = message.CumulativeTsn.Value,
        Context = host.Options.Context,
        BeginOfRecord = message.BeginOfRecord && beginsHere,
        EndOfRecord = message.EndOfRecord,
    };
}
