using System;

namespace Braid.Dtls.Tests;

public sealed class FingerprintTests
{
    private readonly DtlsCertificate _certificate = SessionPair.ClientCertificate;

    [Theory, Rfc(8122, "5")]
    [InlineData(DtlsHash.Sha256, "sha-256 ", 8 + 95)]
    [InlineData(DtlsHash.Sha384, "sha-384 ", 8 + 143)]
    [InlineData(DtlsHash.Sha512, "sha-512 ", 8 + 191)]
    public void It_is_written_and_read_as_SDP_has_it(DtlsHash hash, string prefix, int length)
    {
        DtlsFingerprint fingerprint = _certificate.Fingerprint(hash);
        string text = fingerprint.ToString();
        Assert.StartsWith(prefix, text, StringComparison.Ordinal);
        Assert.Equal(length, text.Length);
        Assert.Equal(text.ToUpperInvariant()[8..], text[8..]);
        Assert.Equal(fingerprint, DtlsFingerprint.Parse(text));
        Assert.Equal(fingerprint, DtlsFingerprint.Parse(" " + text.ToUpperInvariant() + " "));
        Assert.Equal(fingerprint.GetHashCode(), DtlsFingerprint.Parse(text.ToLowerInvariant()).GetHashCode());
    }

    [Fact]
    public void What_is_none_is_not_read()
    {
        string good = _certificate.Fingerprint().ToString();
        foreach (string bad in new[] { "", "sha-256", "sha-256 ", good[..^1], good + ":00", good.Replace(':', '-'), "sha-1 " + good[8..67], "md5 " + good[8..55], "sha-512 " + good[8..], good.Replace(good[8], 'g') })
        {
            Assert.False(DtlsFingerprint.TryParse(bad, out DtlsFingerprint? none));
            Assert.Null(none);
        }

        Assert.Throws<FormatException>(() => DtlsFingerprint.Parse("sha-256 "));
    }

    [Fact, Rfc(8122, "5")]
    public void Of_several_functions_the_strongest_counts_and_of_that_one_any()
    {
        ReadOnlySpan<byte> der = _certificate.RawData.Span;
        DtlsCertificate other = SessionPair.ServerCertificate;
        Assert.True(DtlsFingerprint.Matches([_certificate.Fingerprint()], der));
        Assert.True(DtlsFingerprint.Matches([other.Fingerprint(), _certificate.Fingerprint()], der));
        Assert.True(DtlsFingerprint.Matches([other.Fingerprint(), _certificate.Fingerprint(DtlsHash.Sha384)], der));
        Assert.False(DtlsFingerprint.Matches([_certificate.Fingerprint(), other.Fingerprint(DtlsHash.Sha512)], der));
        Assert.False(DtlsFingerprint.Matches([other.Fingerprint()], der));
        Assert.False(DtlsFingerprint.Matches([], der));
    }
}
