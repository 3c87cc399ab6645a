using System.Globalization;
using Braid.Dtls;
using Braid.Ice;
using Braid.Sctp;

namespace Braid.WebRtc.Peer;

/// <summary>What the states of the parts mean for the whole (W3C), and how an end is told to a person. Pure functions.</summary>
internal static class PeerState
{
    private const ushort UserInitiatedAbort = 12;            // RFC 9260 §3.3.10.12

    /// <summary>The W3C's connectionState, of one ICE and one DTLS transport.</summary>
    public static RTCPeerConnectionState Of(bool isClosed, RTCIceConnectionState ice, DtlsState dtls, DtlsEnd? end)
    {
        bool hasFailed = end is not null && !IsGoodbye(end);
        return isClosed ? RTCPeerConnectionState.Closed
            : ice == RTCIceConnectionState.Failed || hasFailed ? RTCPeerConnectionState.Failed
            : ice == RTCIceConnectionState.Disconnected ? RTCPeerConnectionState.Disconnected
            : ice is RTCIceConnectionState.New or RTCIceConnectionState.Closed && dtls == DtlsState.New ? RTCPeerConnectionState.New
            : ice is RTCIceConnectionState.Connected or RTCIceConnectionState.Completed && dtls is DtlsState.Connected or DtlsState.Closed
                ? RTCPeerConnectionState.Connected
            : RTCPeerConnectionState.Connecting;
    }

    /// <summary>Whether a session has ended as it should.</summary>
    public static bool IsGoodbye(DtlsEnd end) => end.Reason is DtlsEndReason.Closed or DtlsEndReason.ClosedByPeer;

    public static PeerEnd Describe(DtlsEnd end) => end.Reason switch
    {
        DtlsEndReason.Closed => new PeerEnd(RTCFailureReason.Closed, "The connection was closed."),
        DtlsEndReason.ClosedByPeer => new PeerEnd(RTCFailureReason.ClosedByPeer, "The peer has closed the connection."),
        DtlsEndReason.FingerprintMismatch => new PeerEnd(RTCFailureReason.DtlsFingerprint, end.Message),
        DtlsEndReason.TimedOut => new PeerEnd(RTCFailureReason.DtlsTimedOut, end.Message),
        _ => new PeerEnd(RTCFailureReason.DtlsFailed, end.Message),
    };

    /// <param name="reason">Why ICE has failed.</param>
    /// <param name="agent">Whose drops say more.</param>
    public static PeerEnd Describe(IceReason reason, IceAgent agent) => reason switch
    {
        IceReason.ConsentExpired => new PeerEnd(
            RTCFailureReason.ConsentExpired, "The peer has not answered for 30 s: nothing may be sent to it any more (consent expired)."),
        IceReason.ConsentRevoked => new PeerEnd(RTCFailureReason.ConsentRevoked, "The peer wants nothing to be sent to it any more."),
        IceReason.NoPairs => new PeerEnd(
            RTCFailureReason.IceFailed, "The peer has told no address that could be reached from one of ours: no candidates, or of another family."),
        _ when agent.Drops[IceDropReason.BadIntegrity] > 0 => new PeerEnd(
            RTCFailureReason.IceFailed,
            string.Create(CultureInfo.InvariantCulture, $"No pair of candidates works: {agent.Drops[IceDropReason.BadIntegrity]} messages were signed with another password than the descriptions have (a=ice-pwd).")),
        _ when agent.Drops[IceDropReason.UnknownUser] > 0 => new PeerEnd(
            RTCFailureReason.IceFailed, "No pair of candidates works: the peer's checks are for another description than ours (a=ice-ufrag)."),
        _ => new PeerEnd(
            RTCFailureReason.IceFailed, "No pair of candidates works: no check has succeeded. Where a firewall or a NAT is in the way, a TURN server helps."),
    };

    /// <param name="closed">The end of an association. An ABORT without a cause, or with that of an application, is how connections are closed.</param>
    public static PeerEnd Describe(AssociationEvent.Closed closed) => closed.Reason switch
    {
        CloseReason.Shutdown => new PeerEnd(RTCFailureReason.ClosedByPeer, "The peer has closed the connection."),
        CloseReason.AbortedByPeer when closed.CauseCode is 0 or UserInitiatedAbort =>
            new PeerEnd(RTCFailureReason.ClosedByPeer, "The peer has closed the connection."),
        CloseReason.AbortedByPeer => new PeerEnd(
            RTCFailureReason.SctpFailed,
            string.Create(CultureInfo.InvariantCulture, $"The peer has ended the SCTP association: cause {closed.CauseCode} of RFC 9260 section 3.3.10.")),
        CloseReason.Refused => new PeerEnd(RTCFailureReason.SctpFailed, "The peer does not want an SCTP association."),
        CloseReason.SetupTimedOut => new PeerEnd(RTCFailureReason.SctpFailed, "The peer did not answer SCTP's handshake."),
        _ => new PeerEnd(RTCFailureReason.SctpFailed, $"The SCTP association has ended: {closed.Reason}."),
    };

    /// <summary>What channels are told that end with it.</summary>
    public static RTCError ToError(PeerEnd end) => end.Reason switch
    {
        RTCFailureReason.Closed or RTCFailureReason.ClosedByPeer or RTCFailureReason.None => RTCError.None,
        RTCFailureReason.DtlsFingerprint => new RTCError(RTCErrorName.OperationError, end.Message, RTCErrorDetail.FingerprintFailure),
        RTCFailureReason.DtlsFailed or RTCFailureReason.DtlsTimedOut => new RTCError(RTCErrorName.OperationError, end.Message, RTCErrorDetail.DtlsFailure),
        RTCFailureReason.SctpFailed => new RTCError(RTCErrorName.OperationError, end.Message, RTCErrorDetail.SctpFailure),
        _ => new RTCError(RTCErrorName.OperationError, end.Message, RTCErrorDetail.DataChannelFailure),
    };
}
