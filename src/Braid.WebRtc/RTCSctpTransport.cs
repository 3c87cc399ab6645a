using System;

namespace Braid.WebRtc;

/// <summary>Where an SCTP transport stands (W3C RTCSctpTransportState).</summary>
public enum RTCSctpTransportState : byte
{
    /// <summary>The association is being set up.</summary>
    Connecting,

    /// <summary>It is up.</summary>
    Connected,

    /// <summary>It is over.</summary>
    Closed,
}

/// <summary>Where a DTLS transport stands (W3C RTCDtlsTransportState).</summary>
public enum RTCDtlsTransportState : byte
{
    /// <summary>Nothing was begun.</summary>
    New,

    /// <summary>The handshake is under way.</summary>
    Connecting,

    /// <summary>The handshake is done, and the peer is who it should be.</summary>
    Connected,

    /// <summary>It was closed by one of the sides.</summary>
    Closed,

    /// <summary>The handshake has failed, or the peer is somebody else.</summary>
    Failed,
}

/// <summary>The SCTP transport that channels go over (W3C RTCSctpTransport): as it was when it was asked for.</summary>
/// <param name="State">Where it stands.</param>
/// <param name="MaxMessageSize">The longest message that may be sent, in bytes.</param>
/// <param name="MaxChannels">How many channels there may be at a time, 0 to 65,535; null before the association is up.</param>
/// <param name="Transport">What it goes over.</param>
public sealed record RTCSctpTransport(RTCSctpTransportState State, long MaxMessageSize, int? MaxChannels, RTCDtlsTransport Transport);

/// <summary>The DTLS transport that SCTP goes over (W3C RTCDtlsTransport): as it was when it was asked for.</summary>
/// <param name="State">Where it stands.</param>
/// <param name="RemoteCertificate">The peer's certificate (DER); empty before it was shown.</param>
/// <param name="IceTransport">What it goes over.</param>
public sealed record RTCDtlsTransport(RTCDtlsTransportState State, ReadOnlyMemory<byte> RemoteCertificate, RTCIceTransport IceTransport);

/// <summary>The ICE transport that DTLS goes over (W3C RTCIceTransport): as it was when it was asked for.</summary>
/// <param name="State">Where it stands.</param>
/// <param name="GatheringState">Whether candidates are being gathered.</param>
/// <param name="IsControlling">Whether we choose the pair (RFC 8445 §6.1.1).</param>
/// <param name="SelectedCandidatePair">The pair that data goes over; null for none.</param>
public sealed record RTCIceTransport(
    RTCIceConnectionState State, RTCIceGatheringState GatheringState, bool IsControlling, RTCIceCandidatePair? SelectedCandidatePair);

/// <summary>Two ends that datagrams go between (W3C RTCIceCandidatePair).</summary>
/// <param name="Local">Ours.</param>
/// <param name="Remote">The peer's.</param>
public sealed record RTCIceCandidatePair(RTCIceCandidate Local, RTCIceCandidate Remote);
