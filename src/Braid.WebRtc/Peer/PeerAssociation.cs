using System;
using Braid.Core;
using Braid.Sctp;
using Braid.WebRtc.Jsep;

namespace Braid.WebRtc.Peer;

/// <summary>
/// The SCTP association of a peer, inside of its DTLS session: owns the endpoint that it lives in. Both sides begin (RFC 8841 §8): whichever
/// INIT arrives, there is one association.
/// </summary>
internal sealed class PeerAssociation
{
    /// <summary>IPv6 and UDP; what there is of DTLS and TURN comes on top.</summary>
    private const int HeaderLength = 40 + 8;

    private const int ChannelDataLength = 4;                 // RFC 8656 §12.4

    // RFC 8831 §5: 1200 bytes over IPv4 at first. The headers are counted as those of IPv6, which are 20 bytes longer.
    private const int FirstMtu = 1220;

    // What everybody takes: browsers end a connection on a longer record than 2,048 bytes, aiortc loses step with more than 1,500.
    private const int LargestMtu = 1500;

    private readonly Endpoint _endpoint;

    /// <param name="now">The current instant.</param>
    /// <param name="options">What the application wants.</param>
    /// <param name="negotiation">What offer and answer agree on.</param>
    /// <param name="recordOverhead">Bytes that DTLS adds to a packet.</param>
    /// <param name="random">Where tags come from.</param>
    public PeerAssociation(Instant now, PeerOptions options, Negotiation negotiation, int recordOverhead, IRandomSource random)
    {
        AssociationOptions wanted = options.Association with
        {
            OutgoingStreams = ushort.MaxValue,
            IncomingStreams = ushort.MaxValue,
            Scheduler = StreamScheduler.WeightedFairQueueing,            // RFC 8831 §6.4
            AllowedReconfiguration = ReconfigurationKinds.ResetStreams,  // §6.7
            Extensions = options.Association.Extensions & ~Extensions.AddressReconfiguration,    // RFC 8261 §6.1: nor what goes with it
            MaximumMessageSize = options.MaximumSendSize,
            PathMtu = Math.Min(FirstMtu, options.Association.PathMtu),
            MaximumPathMtu = Math.Min(options.Association.MaximumPathMtu, LargestPacket(negotiation, recordOverhead)),

            // Whether the peer is there, consent says (RFC 7675): after a restart of ICE everything goes on.
            MaximumRetransmissions = int.MaxValue,
            MaximumPathRetransmissions = int.MaxValue,
        };
        _endpoint = new Endpoint(
            new EndpointOptions
            {
                LocalPort = negotiation.LocalSctpPort,
                Association = wanted,
                MaximumAssociations = 1,
                Families = NetworkFamilies.None,                         // RFC 8261 §6.1
                EncapsulationOverhead = HeaderLength + ChannelDataLength + recordOverhead,
                LearnsRemotePorts = false,
                ErrorDetection = AlternateErrorDetection.LowerLayerDtls,           // RFC 9653
                CarriesEcn = options.CarriesEcn,
            },
            random);
        Association = _endpoint.Connect(now, negotiation.RemoteSctpPort, NetworkPath.None);
    }

    public Association Association { get; }

    /// <summary>Where payload memory comes from.</summary>
    public BufferPool Buffers => _endpoint.Buffers;

    public Instant NextTimeout => _endpoint.NextTimeout;

    /// <summary>Takes in a packet.</summary>
    public void OnPacket(Instant now, ReadOnlySpan<byte> packet, EcnCodepoint ecn) => _endpoint.HandleDatagram(now, NetworkPath.None, packet, ecn);

    public void HandleTimeout(Instant now) => _endpoint.HandleTimeout(now);

    /// <summary>Writes the next packet.</summary>
    public bool TryGetPacket(Instant now, Span<byte> destination, out OutgoingDatagram packet)
    {
        bool isThere = _endpoint.TryGetDatagram(now, destination, out packet);
        while (!isThere && _endpoint.TryTakeActive(out _))
        {
            // There is but one, and it is looked at anyway.
        }

        return isThere;
    }

    // An IP packet with the longest record that the peer takes.
    private static int LargestPacket(Negotiation negotiation, int recordOverhead) =>
        negotiation.MaximumRecordSize == 0
            ? LargestMtu
            : (int)Math.Min(ushort.MaxValue, HeaderLength + ChannelDataLength + recordOverhead + negotiation.MaximumRecordSize);
}
