using System;
using System.Collections.Generic;
using System.Security.Cryptography.X509Certificates;
using Braid.Dtls;

namespace Braid.WebRtc;

/// <summary>
/// A certificate with its private key, which a peer knows by its fingerprint in the description (W3C RTCCertificate, RFC 8827 §6.5). One
/// may serve any number of connections; a connection that is given none makes one of its own, which nobody can follow to the next one.
/// </summary>
public sealed class RTCCertificate
{
    private RTCCertificate(DtlsCertificate certificate, DateTimeOffset expires)
    {
        Dtls = certificate;
        Expires = expires;
    }

    /// <summary>When it ends to be valid.</summary>
    public DateTimeOffset Expires { get; }

    internal DtlsCertificate Dtls { get; }

    /// <summary>Makes a self-signed one: ECDSA on P-256, of a name that says nothing.</summary>
    /// <param name="validity">How long it is good for. Null, the default, for 30 days.</param>
    /// <exception cref="ArgumentOutOfRangeException">It is not positive.</exception>
    public static RTCCertificate Generate(TimeSpan? validity = null) => From(DtlsCertificate.Create(validity));

    /// <summary>Takes one over.</summary>
    /// <param name="certificate">With a private key, ECDSA or RSA, that may be exported; not kept.</param>
    /// <exception cref="ArgumentException">It has no such key.</exception>
    public static RTCCertificate FromX509(X509Certificate2 certificate) => From(DtlsCertificate.FromX509(certificate));

    /// <summary>Reads one.</summary>
    /// <param name="certificate">A text with <c>BEGIN CERTIFICATE</c>.</param>
    /// <param name="privateKey">A text with <c>BEGIN PRIVATE KEY</c> or the like, not encrypted; may be the same text.</param>
    /// <exception cref="System.Security.Cryptography.CryptographicException">They are not that, or do not belong together.</exception>
    public static RTCCertificate FromPem(ReadOnlySpan<char> certificate, ReadOnlySpan<char> privateKey) =>
        From(DtlsCertificate.FromPem(certificate, privateKey));

    /// <summary>What descriptions say of it, as <c>sha-256 12:DF:…</c> (RFC 8122 §5).</summary>
    public IReadOnlyList<string> GetFingerprints() => [Dtls.Fingerprint().ToString()];

    /// <summary>The certificate as text, without its key.</summary>
    public string ExportCertificatePem() => Dtls.ExportCertificatePem();

    /// <summary>The private key as text, not encrypted.</summary>
    public string ExportPrivateKeyPem() => Dtls.ExportPrivateKeyPem();

    private static RTCCertificate From(DtlsCertificate certificate)
    {
        using X509Certificate2 read = X509CertificateLoader.LoadCertificate(certificate.RawData.Span);
        return new RTCCertificate(certificate, read.NotAfter.ToUniversalTime());
    }
}
