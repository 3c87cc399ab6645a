using System;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Threading;
using Braid.Dtls.OpenSsl;

namespace Braid.Dtls;

/// <summary>
/// A certificate with its private key. Peers know it by its fingerprint, so it need not be signed by anybody but itself. One may serve
/// any number of sessions, from any thread.
/// </summary>
public sealed class DtlsCertificate
{
    private static readonly TimeSpan s_defaultValidity = TimeSpan.FromDays(30);      // as browsers have it

    private readonly byte[] _certificate;
    private readonly byte[] _privateKey;
    private SafeSslContextHandle? _context;
    private SafeSslContextHandle? _loggingContext;

    private DtlsCertificate(byte[] certificate, byte[] privateKey)
    {
        _certificate = certificate;
        _privateKey = privateKey;
    }

    /// <summary>The certificate, DER.</summary>
    public ReadOnlyMemory<byte> RawData => _certificate;

    /// <summary>Makes a self-signed one: ECDSA on P-256 (RFC 8827 §6.5), of a name that says nothing.</summary>
    /// <param name="validity">How long it is good for; from a day ago, since clocks differ. Null, the default, for 30 days.</param>
    public static DtlsCertificate Create(TimeSpan? validity = null)
    {
        TimeSpan lifetime = validity ?? s_defaultValidity;
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(lifetime, TimeSpan.Zero, nameof(validity));
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=Braid", key, HashAlgorithmName.SHA256);
#pragma warning disable RS0030 // A certificate's dates are for the world's clock, and no part of the machine.
        DateTimeOffset now = DateTimeOffset.UtcNow;
        using X509Certificate2 certificate = request.CreateSelfSigned(now.AddDays(-1), now.Add(lifetime));
#pragma warning restore RS0030
        return new DtlsCertificate(certificate.RawData, key.ExportPkcs8PrivateKey());
    }

    /// <summary>Takes one over. Whether it is still valid is not looked at: the peer decides.</summary>
    /// <param name="certificate">With a private key, ECDSA or RSA, that may be exported; not kept.</param>
    /// <exception cref="ArgumentException">It has no such key.</exception>
    /// <exception cref="CryptographicException">The key may not be exported.</exception>
    public static DtlsCertificate FromX509(X509Certificate2 certificate)
    {
        ArgumentNullException.ThrowIfNull(certificate);
        using AsymmetricAlgorithm? key = certificate.GetECDsaPrivateKey() ?? (AsymmetricAlgorithm?)certificate.GetRSAPrivateKey();
        return key is null
            ? throw new ArgumentException("The certificate has no private key of ECDSA or RSA.", nameof(certificate))
            : new DtlsCertificate(certificate.RawData, key.ExportPkcs8PrivateKey());
    }

    /// <summary>Reads one.</summary>
    /// <param name="certificate">A text with <c>BEGIN CERTIFICATE</c>.</param>
    /// <param name="privateKey">A text with <c>BEGIN PRIVATE KEY</c> or the like, not encrypted; may be the same text.</param>
    /// <exception cref="CryptographicException">They are not that, or do not belong together.</exception>
    public static DtlsCertificate FromPem(ReadOnlySpan<char> certificate, ReadOnlySpan<char> privateKey)
    {
        using X509Certificate2 both = X509Certificate2.CreateFromPem(certificate, privateKey);
        return FromX509(both);
    }

    /// <summary>What the peer has to be told.</summary>
    /// <param name="hash">The function; browsers use SHA-256.</param>
    public DtlsFingerprint Fingerprint(DtlsHash hash = DtlsHash.Sha256) => DtlsFingerprint.Compute(_certificate, hash);

    /// <summary>The certificate as text, without its key.</summary>
    public string ExportCertificatePem() => PemEncoding.WriteString("CERTIFICATE", _certificate);

    /// <summary>The private key as text, not encrypted.</summary>
    public string ExportPrivateKeyPem() => PemEncoding.WriteString("PRIVATE KEY", _privateKey);

    /// <summary>What sessions with it are made of.</summary>
    /// <exception cref="DtlsUnavailableException">There is no libssl.</exception>
    internal SafeSslContextHandle Context(bool logsKeys)
    {
        ref SafeSslContextHandle? context = ref logsKeys ? ref _loggingContext : ref _context;
        if (Volatile.Read(ref context) is { } made)
        {
            return made;
        }

        SafeSslContextHandle mine = SslContext.Create(_certificate, _privateKey, logsKeys);
        if (Interlocked.CompareExchange(ref context, mine, null) is { } others)
        {
            mine.Dispose();
            return others;
        }

        return mine;
    }
}
