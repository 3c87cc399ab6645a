using System.Text.Json.Serialization;

namespace Braid.WebRtc;

/// <summary>Something that statistics are about (W3C RTCStats; identifiers of webrtc-stats). Counters begin at 0 and never fall.</summary>
/// <param name="Id">Names it within its connection, as long as that lives.</param>
/// <param name="Timestamp">When that was: milliseconds since 1970, UTC.</param>
/// <param name="Type">What it is, in the W3C's words.</param>
public abstract record RTCStats(string Id, double Timestamp, string Type);

/// <summary>A connection (W3C RTCPeerConnectionStats).</summary>
/// <param name="Id">Names it.</param>
/// <param name="Timestamp">When that was.</param>
/// <param name="DataChannelsOpened">Channels that were opened so far.</param>
/// <param name="DataChannelsClosed">Of these, channels that are closed.</param>
public sealed record RTCPeerConnectionStats(string Id, double Timestamp, long DataChannelsOpened, long DataChannelsClosed)
    : RTCStats(Id, Timestamp, "peer-connection");

/// <summary>A data channel (W3C RTCDataChannelStats).</summary>
/// <param name="Id">Names it.</param>
/// <param name="Timestamp">When that was.</param>
/// <param name="Label">What it is called.</param>
/// <param name="Protocol">Its subprotocol.</param>
/// <param name="DataChannelIdentifier">Its number; null for none yet.</param>
/// <param name="State">"connecting", "open", "closing" or "closed".</param>
/// <param name="MessagesSent">Messages accepted for sending.</param>
/// <param name="BytesSent">What was in them.</param>
/// <param name="MessagesReceived">Messages delivered.</param>
/// <param name="BytesReceived">What was in them.</param>
public sealed record RTCDataChannelStats(
    string Id,
    double Timestamp,
    string Label,
    string Protocol,
    ushort? DataChannelIdentifier,
    string State,
    long MessagesSent,
    long BytesSent,
    long MessagesReceived,
    long BytesReceived) : RTCStats(Id, Timestamp, "data-channel");

/// <summary>A transport: ICE and DTLS, and SCTP over them (W3C RTCTransportStats).</summary>
/// <param name="Id">Names it.</param>
/// <param name="Timestamp">When that was.</param>
public sealed record RTCTransportStats(string Id, double Timestamp) : RTCStats(Id, Timestamp, "transport")
{
    /// <summary>"controlling" or "controlled" (RFC 8445 §6.1.1).</summary>
    public string IceRole { get; init; } = "";

    /// <summary>Our username fragment.</summary>
    public string IceLocalUsernameFragment { get; init; } = "";

    /// <summary>"new", "checking", "connected", "completed", "disconnected", "failed" or "closed".</summary>
    public string IceState { get; init; } = "";

    /// <summary>"new", "connecting", "connected", "closed" or "failed".</summary>
    public string DtlsState { get; init; } = "";

    /// <summary>The pair that data goes over; null for none.</summary>
    public string? SelectedCandidatePairId { get; init; }

    /// <summary>Our certificate.</summary>
    public string LocalCertificateId { get; init; } = "";

    /// <summary>The peer's; null before it was shown.</summary>
    public string? RemoteCertificateId { get; init; }

    /// <summary>The version of DTLS, in four hexadecimal digits: "FEFD" is 1.2, "FEFC" is 1.3; null before the handshake is done.</summary>
    public string? TlsVersion { get; init; }

    /// <summary>What was negotiated, such as "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"; null before the handshake is done.</summary>
    public string? DtlsCipher { get; init; }

    /// <summary>"client" or "server"; null before that is known.</summary>
    public string? DtlsRole { get; init; }

    /// <summary>SCTP packets sent.</summary>
    public long PacketsSent { get; init; }

    /// <summary>SCTP packets received.</summary>
    public long PacketsReceived { get; init; }

    /// <summary>Bytes of messages sent, without repetitions.</summary>
    public long BytesSent { get; init; }

    /// <summary>Bytes of messages received, without repetitions.</summary>
    public long BytesReceived { get; init; }

    /// <summary>SCTP's smoothed round-trip time, in seconds (W3C RTCSctpTransportStats); null before the first measurement.</summary>
    public double? SmoothedRoundTripTime { get; init; }

    /// <summary>SCTP's congestion window, in bytes.</summary>
    public long? CongestionWindow { get; init; }

    /// <summary>The window that the peer advertises, in bytes.</summary>
    public long? ReceiverWindow { get; init; }

    /// <summary>Bytes sent and not yet acknowledged.</summary>
    public long? UnackData { get; init; }
}

/// <summary>A pair of candidates that data goes over (W3C RTCIceCandidatePairStats).</summary>
/// <param name="Id">Names it.</param>
/// <param name="Timestamp">When that was.</param>
/// <param name="TransportId">Whose it is.</param>
/// <param name="LocalCandidateId">Our end.</param>
/// <param name="RemoteCandidateId">The peer's end.</param>
/// <param name="State">"succeeded".</param>
/// <param name="Nominated">Whether it was chosen.</param>
/// <param name="CurrentRoundTripTime">Of the last check that was answered, in seconds; null before.</param>
public sealed record RTCIceCandidatePairStats(
    string Id,
    double Timestamp,
    string TransportId,
    string LocalCandidateId,
    string RemoteCandidateId,
    string State,
    bool Nominated,
    double? CurrentRoundTripTime) : RTCStats(Id, Timestamp, "candidate-pair");

/// <summary>A candidate (W3C RTCIceCandidateStats).</summary>
/// <param name="Id">Names it.</param>
/// <param name="Timestamp">When that was.</param>
/// <param name="Type">"local-candidate" or "remote-candidate".</param>
/// <param name="TransportId">Whose it is.</param>
/// <param name="Address">The address, or a name that stands for it.</param>
/// <param name="Port">The port.</param>
/// <param name="Protocol">"udp" or "tcp".</param>
/// <param name="CandidateType">"host", "srflx", "prflx" or "relay".</param>
/// <param name="Priority">What is larger is preferred.</param>
/// <param name="Foundation">What candidates with a like way have in common.</param>
/// <param name="UsernameFragment">The ICE session that it belongs to; null where that is not known.</param>
public sealed record RTCIceCandidateStats(
    string Id,
    double Timestamp,
    string Type,
    string TransportId,
    string Address,
    int Port,
    string Protocol,
    string CandidateType,
    uint Priority,
    string Foundation,
    string? UsernameFragment) : RTCStats(Id, Timestamp, Type);

/// <summary>A certificate (W3C RTCCertificateStats).</summary>
/// <param name="Id">Names it.</param>
/// <param name="Timestamp">When that was.</param>
/// <param name="Fingerprint">Its hash: hexadecimal digits with colons between them.</param>
/// <param name="FingerprintAlgorithm">The function, such as "sha-256".</param>
/// <param name="Base64Certificate">The certificate, DER.</param>
public sealed record RTCCertificateStats(string Id, double Timestamp, string Fingerprint, string FingerprintAlgorithm, string Base64Certificate)
    : RTCStats(Id, Timestamp, "certificate");

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(RTCPeerConnectionStats))]
[JsonSerializable(typeof(RTCDataChannelStats))]
[JsonSerializable(typeof(RTCTransportStats))]
[JsonSerializable(typeof(RTCIceCandidatePairStats))]
[JsonSerializable(typeof(RTCIceCandidateStats))]
[JsonSerializable(typeof(RTCCertificateStats))]
internal sealed partial class StatsJson : JsonSerializerContext;
