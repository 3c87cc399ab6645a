using Braid.Dtls;
using Braid.Ice;
using Braid.Sctp;
using Braid.WebRtc.Peer;

namespace Braid.WebRtc;

/// <summary>Makes the objects that say how the transports of a core are. On the loop.</summary>
internal static class TransportSnapshot
{
    /// <summary>How they are now.</summary>
    /// <param name="core">Whose.</param>
    /// <param name="maxMessageSize">The longest message that may be sent.</param>
    /// <param name="maxChannels">How many channels there may be; 0 where that is not known.</param>
    /// <param name="before">How they were; the same object where nothing has changed, so that nothing is allocated for that.</param>
    public static RTCSctpTransport Of(PeerCore core, long maxMessageSize, int maxChannels, RTCSctpTransport? before)
    {
        RTCSctpTransportState sctp = StateOf(core);
        RTCDtlsTransportState dtls = StateOf(core.Session);
        RTCIceTransport? ice = before?.Transport.IceTransport;
        bool isControlling = core.Agent.Role == IceRole.Controlling;
        IceSelectedPair? pair = core.Agent.SelectedPair;
        bool isSamePair = ice is not null && ReferenceEquals(ice.SelectedCandidatePair?.Local.Parsed, pair?.Local)
            && ReferenceEquals(ice.SelectedCandidatePair?.Remote.Parsed, pair?.Remote);
        bool isSameIce = isSamePair && ice!.State == core.IceConnectionState && ice.GatheringState == core.GatheringState && ice.IsControlling == isControlling;
        int? channels = maxChannels == 0 ? null : maxChannels;
        if (isSameIce && before is not null && before.State == sctp && before.MaxMessageSize == maxMessageSize && before.MaxChannels == channels
            && before.Transport.State == dtls)
        {
            return before;
        }

        RTCIceCandidatePair? selected = isSamePair ? ice!.SelectedCandidatePair : pair is null ? null
            : new RTCIceCandidatePair(new RTCIceCandidate(pair.Local, null, null, null), new RTCIceCandidate(pair.Remote, null, null, null));
        ice = isSameIce ? ice! : new RTCIceTransport(core.IceConnectionState, core.GatheringState, isControlling, selected);
        return new RTCSctpTransport(
            sctp, maxMessageSize, channels, new RTCDtlsTransport(dtls, core.Session?.PeerCertificate ?? default, ice));
    }

    public static RTCDtlsTransportState StateOf(ISecureDatagramSession? session) => session?.State switch
    {
        null or DtlsState.New => RTCDtlsTransportState.New,
        DtlsState.Handshaking or DtlsState.AwaitingFingerprint => RTCDtlsTransportState.Connecting,
        DtlsState.Connected => RTCDtlsTransportState.Connected,
        _ => session!.End?.Reason is null or DtlsEndReason.Closed or DtlsEndReason.ClosedByPeer ? RTCDtlsTransportState.Closed : RTCDtlsTransportState.Failed,
    };

    private static RTCSctpTransportState StateOf(PeerCore core) => core.Association?.State switch
    {
        AssociationState.Established => RTCSctpTransportState.Connected,
        null when core.End.Reason == RTCFailureReason.None => RTCSctpTransportState.Connecting,
        null or AssociationState.Closed or AssociationState.ShutdownPending or AssociationState.ShutdownSent
            or AssociationState.ShutdownReceived or AssociationState.ShutdownAckSent => RTCSctpTransportState.Closed,
        _ => RTCSctpTransportState.Connecting,
    };
}
