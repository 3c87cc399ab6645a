using System;
using System.Collections.Generic;

namespace Braid.Dtls;

/// <summary>Who we are in a session, and whom we expect.</summary>
public sealed record DtlsSessionOptions
{
    /// <summary>What we show the peer. Sessions that share one share what libssl makes of it.</summary>
    public required DtlsCertificate Certificate { get; init; }

    /// <summary>Who begins. Where SDP leaves it open ("actpass"), it is decided before the session is made.</summary>
    public required DtlsRole Role { get; init; }

    /// <summary>
    /// What the peer's certificate must be: checked within the handshake, by the strongest function that is among them (RFC 8122 §5).
    /// Null, the default: the handshake may begin before that is known, and <see cref="ISecureDatagramSession.SetPeerFingerprints"/>
    /// decides. Empty: nobody is let in.
    /// </summary>
    public IReadOnlyList<DtlsFingerprint>? PeerFingerprints { get; init; }

    /// <summary>
    /// Decides about a certificate (DER) in place of <see cref="PeerFingerprints"/>, within the handshake. It must be quick, and must not
    /// touch the session; when it throws, the peer is not let in. Default null.
    /// </summary>
    public Func<ReadOnlyMemory<byte>, bool>? PeerValidation { get; init; }

    /// <summary>
    /// Largest datagram of the handshake, in bytes, without UDP and IP headers: flights are cut to it. What the application seals is
    /// its own affair. 256 to 4096. Default 1200.
    /// </summary>
    public int MaximumDatagramSize { get; init; } = 1200;

    /// <summary>
    /// After how long a flight is sent again, for the first time; twice as long each time after that. 20 ms to 60 s. Default 1 s, which
    /// is what RFC 6347 §4.2.4.1 has; RFC 9147 §5.8.2 suggests less for real-time applications.
    /// </summary>
    public TimeSpan RetransmissionTimeout { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long the handshake may take, from <see cref="ISecureDatagramSession.Start"/> on: 1 ms to 1 h. Default 30 s.</summary>
    public TimeSpan HandshakeTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Whether use_srtp (RFC 5764 §4.1.1) is offered and answered, though no media is sent: there are WebRTC peers that end a connection for
    /// data without it. Default false.
    /// </summary>
    public bool NegotiatesSrtp { get; init; }

    /// <summary>
    /// Gets the secrets of the session as lines of an SSLKEYLOGFILE, for Wireshark. Whoever has them reads everything. Default null.
    /// </summary>
    public Action<string>? KeyLog { get; init; }

    /// <summary>Whether every option is in its range.</summary>
    /// <exception cref="ArgumentException">An option is missing or outside its range.</exception>
    public void Validate()
    {
        ArgumentNullException.ThrowIfNull(Certificate);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaximumDatagramSize, 256);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(MaximumDatagramSize, 4096);
        ArgumentOutOfRangeException.ThrowIfLessThan(RetransmissionTimeout, TimeSpan.FromMilliseconds(20));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(RetransmissionTimeout, TimeSpan.FromMinutes(1));
        ArgumentOutOfRangeException.ThrowIfLessThan(HandshakeTimeout, TimeSpan.FromMilliseconds(1));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(HandshakeTimeout, TimeSpan.FromHours(1));
    }
}
