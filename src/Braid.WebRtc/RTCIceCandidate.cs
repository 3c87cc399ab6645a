using System;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Text.Json.Serialization;
using Braid.Ice;

namespace Braid.WebRtc;

/// <summary>A candidate as applications send it to each other (W3C RTCIceCandidateInit); the members have the W3C's names in JSON.</summary>
/// <param name="Candidate">As it stands behind <c>a=</c>: <c>candidate:…</c> (RFC 8839 §5.1); empty for the end of candidates.</param>
/// <param name="SdpMid">Tag of its section; null where <paramref name="SdpMLineIndex"/> says which.</param>
/// <param name="SdpMLineIndex">Place of its section, from 0; looked at only without a tag.</param>
/// <param name="UsernameFragment">The ICE session that it belongs to; null for the newest.</param>
public sealed record RTCIceCandidateInit(
    [property: JsonPropertyName("candidate")] string Candidate,
    [property: JsonPropertyName("sdpMid")] string? SdpMid = null,
    [property: JsonPropertyName("sdpMLineIndex")] int? SdpMLineIndex = null,
    [property: JsonPropertyName("usernameFragment")] string? UsernameFragment = null);

/// <summary>Where a candidate comes from (W3C RTCIceCandidateType).</summary>
public enum RTCIceCandidateType : byte
{
    /// <summary>An address of the host.</summary>
    Host,

    /// <summary>An address of a NAT, as a STUN server sees it.</summary>
    Srflx,

    /// <summary>An address of a NAT, as the peer sees it.</summary>
    Prflx,

    /// <summary>An address of a TURN server.</summary>
    Relay,
}

/// <summary>An address that a peer can be reached at, perhaps (W3C RTCIceCandidate).</summary>
public sealed class RTCIceCandidate : IEquatable<RTCIceCandidate>
{
    private readonly IceCandidate _parsed;

    internal RTCIceCandidate(IceCandidate parsed, string? sdpMid, int? sdpMLineIndex, string? usernameFragment)
    {
        _parsed = parsed;
        Candidate = parsed.ToString();
        SdpMid = sdpMid;
        SdpMLineIndex = sdpMLineIndex;
        UsernameFragment = usernameFragment;
    }

    /// <summary>The text: <c>candidate:…</c> (RFC 8839 §5.1).</summary>
    public string Candidate { get; }

    /// <summary>Tag of its section.</summary>
    public string? SdpMid { get; }

    /// <summary>Place of its section, from 0.</summary>
    public int? SdpMLineIndex { get; }

    /// <summary>The ICE session that it belongs to.</summary>
    public string? UsernameFragment { get; }

    /// <summary>What candidates with a like way to the peer have in common (RFC 8445 §5.1.1.3).</summary>
    public string Foundation => _parsed.Foundation;

    /// <summary>1 to 2^31 − 1; what is larger is preferred (RFC 8445 §5.1.2).</summary>
    public uint Priority => _parsed.Priority;

    /// <summary>The address, or a name ending in .local that stands for it.</summary>
    public string Address => _parsed.HostName ?? AddressOf(_parsed);

    /// <summary>The port.</summary>
    public int Port => _parsed.Port;

    /// <summary>"udp" or "tcp".</summary>
    public string Protocol => _parsed.Transport == IceTransport.Tcp ? "tcp" : "udp";

    /// <summary>Where it comes from.</summary>
    public RTCIceCandidateType Type => TypeOf(_parsed.Type);

    /// <summary>"active", "passive" or "so" (RFC 6544 §4.5); null for UDP.</summary>
    public string? TcpType => _parsed.TcpType switch
    {
        IceTcpType.Active => "active",
        IceTcpType.Passive => "passive",
        IceTcpType.SimultaneousOpen => "so",
        _ => null,
    };

    /// <summary>The address that this one stands for, where that is told; with its port.</summary>
    public string? RelatedAddress => _parsed.RelatedAddress.Family == Core.NetworkFamily.None ? null : AddressOf(_parsed with { Address = _parsed.RelatedAddress });

    /// <summary>The port that belongs to <see cref="RelatedAddress"/>.</summary>
    public int? RelatedPort => _parsed.RelatedAddress.Family == Core.NetworkFamily.None ? null : _parsed.RelatedAddress.Port;

    internal IceCandidate Parsed => _parsed;

    /// <summary>Reads a candidate.</summary>
    /// <param name="text"><c>a=candidate:…</c>, <c>candidate:…</c>, or what follows the colon.</param>
    /// <param name="candidate">It, without a section; null where it is malformed, or of a transport or type that is not known.</param>
    public static bool TryParse(string? text, [NotNullWhen(true)] out RTCIceCandidate? candidate)
    {
        candidate = IceCandidate.TryParse(text, out IceCandidate? parsed) ? new RTCIceCandidate(parsed, null, null, null) : null;
        return candidate is not null;
    }

    /// <summary>What goes to the peer: to be written as JSON.</summary>
    public RTCIceCandidateInit ToInit() => new(Candidate, SdpMid, SdpMLineIndex, UsernameFragment);

    /// <inheritdoc/>
    public bool Equals(RTCIceCandidate? other) =>
        other is not null && Candidate == other.Candidate && SdpMid == other.SdpMid && SdpMLineIndex == other.SdpMLineIndex
        && UsernameFragment == other.UsernameFragment;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as RTCIceCandidate);

    /// <inheritdoc/>
    public override int GetHashCode() => Candidate.GetHashCode(StringComparison.Ordinal);

    /// <summary>The text.</summary>
    public override string ToString() => Candidate;

    internal static RTCIceCandidateType TypeOf(IceCandidateType type) => type switch
    {
        IceCandidateType.Host => RTCIceCandidateType.Host,
        IceCandidateType.ServerReflexive => RTCIceCandidateType.Srflx,
        IceCandidateType.PeerReflexive => RTCIceCandidateType.Prflx,
        _ => RTCIceCandidateType.Relay,
    };

    private static string AddressOf(IceCandidate candidate)
    {
        Span<byte> bytes = stackalloc byte[16];
        int length = candidate.Address.WriteAddress(bytes);
        return length == 0 ? "" : new IPAddress(bytes[..length]).ToString();
    }
}
