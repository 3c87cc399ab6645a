using System;
using System.Collections.Generic;
using Braid.Core;

namespace Braid.Sctp;

/// <summary>What an <see cref="Endpoint"/> listens on and what it lets peers do.</summary>
public sealed record EndpointOptions
{
    /// <summary>
    /// The SCTP port that Connect and Listen use when they are not told another one, 1 to 65535. Default 0: none.
    /// </summary>
    public ushort LocalPort { get; init; }

    /// <summary>
    /// Whether peers may set up associations on <see cref="LocalPort"/> from the start, as by <see cref="Endpoint.OpenPort"/>.
    /// Default false: their INIT is answered with ABORT (§5.1).
    /// </summary>
    public bool AcceptsAssociations { get; init; }

    /// <summary>Options of the associations that are not given others.</summary>
    public AssociationOptions Association { get; init; } = AssociationOptions.Default;

    /// <summary>Associations that may exist at the same time, on all ports together; above it an INIT is answered with ABORT "out of resource". Default 65536.</summary>
    public int MaximumAssociations { get; init; } = 65536;

    /// <summary>
    /// Bytes that send and receive buffers which size themselves (<see cref="AssociationOptions.ReceiveBufferSize"/>) may grow by, all
    /// associations together: when they are given away, nobody grows any more until associations end. What an association begins with does
    /// not count, and memory is used only for what is held. From 0. Default 512 MiB.
    /// </summary>
    public long BufferBudget { get; init; } = 512 << 20;

    /// <summary>
    /// A budget that several endpoints share, in the place of one of <see cref="BufferBudget"/> bytes for this endpoint alone. Null, the
    /// default, for none.
    /// </summary>
    public MemoryBudget? SharedBufferBudget { get; init; }

    /// <summary>How long a state cookie is good for (Valid.Cookie.Life). Default 60 s.</summary>
    public TimeSpan CookieLifetime { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// Our addresses, when there are several and the peer may use all of them: INIT and INIT ACK list those that their packet does not show
    /// anyway (§5.1.2), but for those that mean nothing where it goes: of this host, of the link, private ones. Each path takes the one that
    /// suits the peer's address best, and another one when packets go unanswered; <see cref="OutgoingDatagram.Path"/> says which. At most 8,
    /// each of them unicast and there once. Default none: the peer uses the address that our packets come from.
    /// </summary>
    public IReadOnlyList<NetworkAddress> LocalAddresses { get; init; } = [];

    /// <summary>
    /// Address families that the transport can send to: addresses of others that a peer lists are not used (§5.1.2), nor those of a family
    /// that <see cref="LocalAddresses"/>, where there are any, do not have. None below DTLS (RFC 8261 §6.1): no address is told then, used or
    /// changed. Default both.
    /// </summary>
    public NetworkFamilies Families { get; init; } = NetworkFamilies.All;

    /// <summary>
    /// Bytes that the transport puts around an SCTP packet besides the IP header: 8 for UDP (RFC 6951 §5.6), 0 for bare IP.
    /// Default 8.
    /// </summary>
    public int EncapsulationOverhead { get; init; } = 8;

    /// <summary>
    /// Whether a packet with the right tag that comes from another port of a peer's host moves the peer there (RFC 6951 §5.4). Not where what
    /// is below knows by address and port who a packet is from, as DTLS does. Default true.
    /// </summary>
    public bool LearnsRemotePorts { get; init; } = true;

    /// <summary>
    /// What finds broken packets below SCTP. With any, associations that have <see cref="Extensions.ZeroChecksum"/> take packets
    /// with the checksum 0, and leave it out themselves once both sides have said so (RFC 9653). Only true of a transport that is
    /// DTLS: over any other, a broken packet is taken for a good one. Default none.
    /// </summary>
    public AlternateErrorDetection ErrorDetection { get; init; }

    /// <summary>
    /// Whether the transport sends <see cref="OutgoingDatagram.Ecn"/> and says what arriving packets carry. Without, no
    /// association offers <see cref="Extensions.Ecn"/>. Default false.
    /// </summary>
    public bool CarriesEcn { get; init; }

    /// <exception cref="ArgumentOutOfRangeException">A value is outside the range that its property names.</exception>
    /// <exception cref="ArgumentException">One of <see cref="LocalAddresses"/> is no unicast address, or there twice.</exception>
    public void Validate()
    {
        AssociationOptions.InRange(LocalPort, AcceptsAssociations ? 1 : 0, ushort.MaxValue, nameof(LocalPort));
        AssociationOptions.InRange(MaximumAssociations, 0, int.MaxValue, nameof(MaximumAssociations));
        AssociationOptions.InRange(BufferBudget, 0, long.MaxValue, nameof(BufferBudget));
        AssociationOptions.InRange(CookieLifetime.Ticks, TimeSpan.TicksPerSecond, TimeSpan.TicksPerHour, nameof(CookieLifetime));
        AssociationOptions.InRange(LocalAddresses.Count, 0, PeerAddresses.Capacity, nameof(LocalAddresses));
        AssociationOptions.InRange(EncapsulationOverhead, 0, 200, nameof(EncapsulationOverhead));
        SourceAddresses.Validate(LocalAddresses, nameof(LocalAddresses));
        Association.Validate();
    }

    /// <summary>Address families that there is an address to send from for.</summary>
    internal NetworkFamilies UsableFamilies => LocalAddresses.Count == 0 ? Families : Families & SourceAddresses.FamiliesOf(LocalAddresses);
}
