using System;
using System.Collections.Generic;
using Braid.Dtls;

namespace Braid.Sockets;

/// <summary>
/// SCTP over DTLS (RFC 8261): who we are, and whom we let in. Needs OpenSSL 3's libssl on the machine
/// (<see cref="DtlsLibrary.IsAvailable"/>).
/// </summary>
public sealed record SctpDtlsOptions
{
    /// <summary>What we show every peer; its <see cref="DtlsCertificate.Fingerprint"/> is what they have to know of us.</summary>
    public required DtlsCertificate Certificate { get; init; }

    /// <summary>
    /// Fingerprints of the peers that are let in: any of them will do. With several hash functions the strongest counts (RFC 8122 §5).
    /// Either these, or <see cref="PeerValidation"/>, must be given.
    /// </summary>
    public IReadOnlyList<DtlsFingerprint> PeerFingerprints { get; init; } = [];

    /// <summary>
    /// Decides about a peer's certificate (DER) in place of <see cref="PeerFingerprints"/>. Called within the handshake, on a thread that
    /// others wait for: it must be quick. When it throws, the peer is not let in. Default null.
    /// </summary>
    public Func<ReadOnlyMemory<byte>, bool>? PeerValidation { get; init; }

    /// <summary>
    /// Who begins the handshake with a peer: null, the default, the side that sets up the association; else always we, or always they.
    /// </summary>
    public DtlsRole? Role { get; init; }

    /// <summary>
    /// Whether a client shows that it gets what is sent to its address before anything is kept of it (RFC 6347 §4.2.1). It costs a round
    /// trip; without, anybody can have us keep sessions for addresses that he does not have. Default true.
    /// </summary>
    public bool CookieExchange { get; init; } = true;

    /// <summary>Largest datagram of the handshake; 256 to 4096 bytes without headers. Default 1200.</summary>
    public int MaximumHandshakeDatagramSize { get; init; } = 1200;

    /// <summary>After how long a flight of the handshake is sent again, for the first time: 20 ms to 60 s. Default 1 s (RFC 6347 §4.2.4.1).</summary>
    public TimeSpan RetransmissionTimeout { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long a handshake may take: 1 ms to 1 h. Default 30 s.</summary>
    public TimeSpan HandshakeTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Gets the secrets of all sessions as lines of an SSLKEYLOGFILE, for Wireshark: whoever has them reads everything. Called on threads that
    /// others wait for. Default null.
    /// </summary>
    public Action<string>? KeyLog { get; init; }

    /// <summary>Whether every option is in its range, and it is said whom to let in.</summary>
    /// <exception cref="ArgumentException">An option is missing or outside its range.</exception>
    public void Validate()
    {
        if (PeerFingerprints.Count == 0 && PeerValidation is null)
        {
#pragma warning disable CA2208 // The parameter here is a property.
            throw new ArgumentException("Fingerprints, or a callback, must say which peers are let in.", nameof(PeerFingerprints));
#pragma warning restore CA2208
        }

        ToSessionOptions(DtlsRole.Client).Validate();
    }

    internal DtlsSessionOptions ToSessionOptions(DtlsRole role) => new()
    {
        Certificate = Certificate,
        Role = role,
        PeerFingerprints = PeerValidation is null ? PeerFingerprints : null,
        PeerValidation = PeerValidation,
        MaximumDatagramSize = MaximumHandshakeDatagramSize,
        RetransmissionTimeout = RetransmissionTimeout,
        HandshakeTimeout = HandshakeTimeout,
        KeyLog = KeyLog,
    };
}
