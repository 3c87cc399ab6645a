using System;
using System.Collections.Generic;
using System.Linq;

namespace Braid.WebRtc.Sdp;

/// <summary>Who begins the DTLS handshake (RFC 8842 §5.2, RFC 4145 §4).</summary>
internal enum DtlsSetup : byte
{
    /// <summary>Nothing is said.</summary>
    None,

    /// <summary>Whoever the other side says.</summary>
    ActPass,

    /// <summary>The one who says so: the DTLS client.</summary>
    Active,

    /// <summary>The other side: this one is the DTLS server.</summary>
    Passive,

    /// <summary>Nobody, for now. Not for WebRTC.</summary>
    HoldConnection,
}

/// <summary>Username fragment and password of an ICE agent (RFC 8839 §5.4); other ones mean a restart.</summary>
/// <param name="Ufrag">4 to 256 ice-chars; ours has at most 32.</param>
/// <param name="Password">22 to 256 ice-chars.</param>
internal readonly record struct IceCredentials(string Ufrag, string Password);

/// <summary>The hash of a certificate (RFC 8122 §5).</summary>
/// <param name="Algorithm">Name of the hash function in lower case, known or not, such as "sha-256".</param>
/// <param name="Value">Pairs of hexadecimal digits in upper case with colons between them.</param>
internal readonly record struct SdpFingerprint(string Algorithm, string Value);

/// <summary>What a description says of the transport of a section: its own attributes, or the session's where it has none.</summary>
internal sealed record TransportDescription
{
    /// <summary>The ICE agent's (RFC 8839 §5.4); null where there are none.</summary>
    public IceCredentials? Credentials { get; init; }

    /// <summary>ICE options (RFC 8839 §5.6), such as "trickle".</summary>
    public IReadOnlyList<string> IceOptions { get; init; } = [];

    /// <summary>Certificates that the DTLS handshake may show, all of one end.</summary>
    public IReadOnlyList<SdpFingerprint> Fingerprints { get; init; } = [];

    public DtlsSetup Setup { get; init; }

    /// <summary>Names the DTLS association (RFC 8842 §5.3): another one is a new association. Null where nothing is said.</summary>
    public string? TlsId { get; init; }

    /// <summary>Whether what DTLS is told by this and another description is the same: only then the association goes on.</summary>
    public bool ContinuesDtlsOf(TransportDescription other) =>
        (TlsId is null || other.TlsId is null || TlsId == other.TlsId)
        && Fingerprints.Count == other.Fingerprints.Count && Fingerprints.All(other.Fingerprints.Contains);

    public bool Equals(TransportDescription? other) =>
        other is not null && Credentials == other.Credentials && Setup == other.Setup && TlsId == other.TlsId
        && IceOptions.SequenceEqual(other.IceOptions) && Fingerprints.SequenceEqual(other.Fingerprints);

    public override int GetHashCode() => Fingerprints.Count + ((int)Setup << 8);
}
