using System;
using System.Collections.Generic;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace Braid.Dtls;

/// <summary>A hash function of a <see cref="DtlsFingerprint"/>, weakest first. MD5 and SHA-1 are not among them: RFC 8122 §5.</summary>
public enum DtlsHash
{
    /// <summary>sha-256.</summary>
    Sha256,

    /// <summary>sha-384.</summary>
    Sha384,

    /// <summary>sha-512.</summary>
    Sha512,
}

/// <summary>The hash of a certificate, as SDP writes it (RFC 8122 §5): <c>sha-256 12:DF:3E:…</c>.</summary>
public sealed class DtlsFingerprint : IEquatable<DtlsFingerprint>
{
    private readonly byte[] _value;

    private DtlsFingerprint(DtlsHash hash, byte[] value)
    {
        Hash = hash;
        _value = value;
    }

    /// <summary>The function.</summary>
    public DtlsHash Hash { get; }

    /// <summary>What it gave: 32, 48 or 64 bytes.</summary>
    public ReadOnlyMemory<byte> Value => _value;

    /// <summary>The function's name in SDP.</summary>
    public string HashName => Hash switch
    {
        DtlsHash.Sha256 => "sha-256",
        DtlsHash.Sha384 => "sha-384",
        _ => "sha-512",
    };

    /// <summary>Computes one.</summary>
    /// <param name="certificate">DER.</param>
    /// <param name="hash">The function.</param>
    public static DtlsFingerprint Compute(ReadOnlySpan<byte> certificate, DtlsHash hash = DtlsHash.Sha256) => new(hash, hash switch
    {
        DtlsHash.Sha256 => SHA256.HashData(certificate),
        DtlsHash.Sha384 => SHA384.HashData(certificate),
        _ => SHA512.HashData(certificate),
    });

    /// <summary>Reads one as SDP has it.</summary>
    /// <param name="text">Name of the function, a space, and pairs of hexadecimal digits with colons between them.</param>
    /// <param name="fingerprint">It; null where the text is none, or its function is not one of <see cref="DtlsHash"/>.</param>
    public static bool TryParse(ReadOnlySpan<char> text, [NotNullWhen(true)] out DtlsFingerprint? fingerprint)
    {
        fingerprint = null;
        text = text.Trim();
        int space = text.IndexOf(' ');
        if (space < 0 || !TryParseHash(text[..space], out DtlsHash hash))
        {
            return false;
        }

        ReadOnlySpan<char> digits = text[(space + 1)..].TrimStart();
        var value = new byte[hash switch { DtlsHash.Sha256 => 32, DtlsHash.Sha384 => 48, _ => 64 }];
        if (digits.Length != (value.Length * 3) - 1)
        {
            return false;
        }

        for (int i = 0; i < value.Length; i++)
        {
            ReadOnlySpan<char> pair = digits.Slice(3 * i, 2);
            if (!char.IsAsciiHexDigit(pair[0]) || !char.IsAsciiHexDigit(pair[1]) || (i > 0 && digits[(3 * i) - 1] != ':'))
            {
                return false;
            }

            value[i] = (byte)((FromHex(pair[0]) << 4) | FromHex(pair[1]));
        }

        fingerprint = new DtlsFingerprint(hash, value);
        return true;
    }

    /// <summary>Reads one as SDP has it.</summary>
    /// <exception cref="FormatException">It is none, or its function is not one of <see cref="DtlsHash"/>.</exception>
    public static DtlsFingerprint Parse(ReadOnlySpan<char> text) => TryParse(text, out DtlsFingerprint? fingerprint)
        ? fingerprint
        : throw new FormatException("A fingerprint is sha-256, sha-384 or sha-512, a space, and the hash in hexadecimal digits, a colon after each two.");

    /// <summary>Whether a certificate is what was announced.</summary>
    /// <param name="announced">By the peer. Of several functions the strongest counts, and of that one, any (RFC 8122 §5).</param>
    /// <param name="certificate">DER.</param>
    public static bool Matches(IReadOnlyList<DtlsFingerprint> announced, ReadOnlySpan<byte> certificate)
    {
        ArgumentNullException.ThrowIfNull(announced);
        if (announced.Count == 0)
        {
            return false;
        }

        DtlsHash strongest = announced[0].Hash;
        foreach (DtlsFingerprint one in announced)
        {
            strongest = one.Hash > strongest ? one.Hash : strongest;
        }

        DtlsFingerprint actual = Compute(certificate, strongest);
        bool matches = false;
        foreach (DtlsFingerprint one in announced)
        {
            matches |= one.Equals(actual);
        }

        return matches;
    }

    /// <inheritdoc/>
    public bool Equals(DtlsFingerprint? other) => other is not null && other.Hash == Hash && CryptographicOperations.FixedTimeEquals(_value, other._value);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as DtlsFingerprint);

    /// <inheritdoc/>
    public override int GetHashCode() => BitConverter.ToInt32(_value);

    /// <summary>As SDP has it.</summary>
    public override string ToString() => $"{HashName} {BitConverter.ToString(_value).Replace('-', ':')}";

    private static bool TryParseHash(ReadOnlySpan<char> name, out DtlsHash hash)
    {
        hash = name.Equals("sha-512", StringComparison.OrdinalIgnoreCase) ? DtlsHash.Sha512
            : name.Equals("sha-384", StringComparison.OrdinalIgnoreCase) ? DtlsHash.Sha384
            : DtlsHash.Sha256;
        return hash != DtlsHash.Sha256 || name.Equals("sha-256", StringComparison.OrdinalIgnoreCase);
    }

    private static int FromHex(char digit) => digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10;
}
