using System.Collections.Generic;
using Braid.Dtls;
using Braid.Ice;
using Braid.Sctp;
using Braid.WebRtc.Jsep;

namespace Braid.WebRtc.Peer;

/// <summary>Makes the session that protects a peer's datagrams: of DTLS, or in a simulation a transparent one.</summary>
/// <param name="role">Who begins the handshake, as the descriptions have it.</param>
/// <param name="fingerprints">Whose certificate the peer's must be.</param>
internal delegate ISecureDatagramSession SessionFactory(DtlsRole role, IReadOnlyList<DtlsFingerprint> fingerprints);

/// <summary>What a peer is made of.</summary>
internal sealed record PeerOptions
{
    /// <summary>Makes sessions; one for each DTLS association that is negotiated.</summary>
    public required SessionFactory Sessions { get; init; }

    /// <summary>Of the certificate that these sessions show, at least one.</summary>
    public required IReadOnlyList<DtlsFingerprint> Fingerprints { get; init; }

    /// <summary>The numbers of the ICE agent.</summary>
    public IceOptions Ice { get; init; } = IceOptions.Default;

    /// <summary>The options of the SCTP association, without those that WebRTC decides.</summary>
    public AssociationOptions Association { get; init; } = AssociationOptions.Default;

    /// <summary>The longest message that we receive, in bytes (RFC 8841 §6); 0 for any. Default 16 MiB.</summary>
    public long MaximumReceiveSize { get; init; } = 16 << 20;

    /// <summary>The longest message that we send, in bytes, from 1. Default 16 MiB.</summary>
    public int MaximumSendSize { get; init; } = 16 << 20;

    /// <summary>Which sections go onto one transport when the peer does not bundle.</summary>
    public BundlePolicy BundlePolicy { get; init; }

    /// <summary>Whether the sockets tell what the IP headers say of ECN, and set it. Default false.</summary>
    public bool CarriesEcn { get; init; }
}
