using System;
using Braid.Core;
using Braid.Sctp.Wire;

namespace Braid.Sctp;

/// <summary>
/// Makes associations and enters them in the table: each with a tag that no other one has, and a random source of its own. Owns
/// the source that those come from, and the message objects that they share.
/// </summary>
internal sealed class AssociationFactory(
    EndpointOptions endpoint,
    IRandomSource random,
    AssociationTable associations,
    UsedTags usedTags,
    BufferPool buffers,
    MemoryBudget bufferBudget,
    DropCounters drops,
    StatelessReplies replies,
    ActivityQueue activities)
{
    private readonly SpareMessages _spares = new();

    /// <summary>A tag and a first TSN for an association of ours (RFC 9260 §5.3.1, §3.3.2), and what its options ask for.</summary>
    public InitFields NewFields(AssociationOptions options) => new(
        NewTag(),
        (uint)options.FirstReceiveBuffer,
        (ushort)options.OutgoingStreams,
        (ushort)options.IncomingStreams,
        new Tsn(random.NextUInt32()));

    /// <summary>What an INIT ACK of ours says of authentication (RFC 4895 §6.1).</summary>
    public byte[] NewVector(AssociationOptions options) =>
        KeyVectors.Make(options.OfferedAuthentication!, random, options.OffersAddressReconfiguration);

    /// <summary>Where scratch memory comes from.</summary>
    public BufferPool Buffers => buffers;

    /// <summary>The side that sends INIT.</summary>
    public Association Open(Instant now, PortPair ports, ReadOnlySpan<NetworkPath> paths, AssociationOptions options)
    {
        InitFields fields = NewFields(options);
        return Enter(Association.Open(now, endpoint, NewContext(options), ports, paths, fields));
    }

    /// <summary>The side that waits for one peer.</summary>
    public Association Listen(PortPair ports, in NetworkPath path, AssociationOptions options) =>
        Enter(Association.Listen(endpoint, NewContext(options), ports, path));

    /// <summary>The side that received a valid COOKIE ECHO.</summary>
    public Association Accept(Instant now, in NetworkPath arrived, in CookieClaims claims, AssociationOptions options) =>
        Enter(Association.Accept(now, endpoint, NewContext(options), arrived, claims));

    private Association Enter(Association association)
    {
        bool isNew = associations.TryAdd(association);
        Invariant.Check(isNew, "a new association is in the table already");
        return association;
    }

    private AssociationContext NewContext(AssociationOptions options) =>
        new(options, random.Fork(), buffers, bufferBudget, _spares, drops, replies, new Activity(activities));

    private VerificationTag NewTag()
    {
        VerificationTag tag;
        do
        {
            tag = new VerificationTag(random.NextUInt32());
        }
        while (tag == VerificationTag.None || associations.HasTag(tag) || usedTags.Has(tag));       // a cookie with a used tag is refused
        return tag;
    }
}
