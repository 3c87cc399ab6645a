using System;
using System.Security.Cryptography;

namespace Braid.Sctp;

/// <summary>The algorithms of RFC 4895 §3.3, which RFC 2104 makes message authentication codes of.</summary>
internal static class Hmac
{
    /// <summary>Bytes of the longest code.</summary>
    public const int LongestCode = HMACSHA256.HashSizeInBytes;

    /// <summary>Bytes of a code; 0 for an algorithm that is not known.</summary>
    public static int LengthOf(HmacAlgorithm algorithm) => algorithm switch
    {
        HmacAlgorithm.Sha1 => HMACSHA1.HashSizeInBytes,
        HmacAlgorithm.Sha256 => HMACSHA256.HashSizeInBytes,
        _ => 0,
    };

#pragma warning disable CA5350 // RFC 4895 §6.1: SHA-1 must be supported. In an HMAC it is not broken.
    /// <summary>Computes a code.</summary>
    /// <param name="algorithm">One that is known.</param>
    /// <param name="key">The key.</param>
    /// <param name="data">What it vouches for.</param>
    /// <param name="code">As many bytes as the code has.</param>
    public static void Compute(HmacAlgorithm algorithm, ReadOnlySpan<byte> key, ReadOnlySpan<byte> data, Span<byte> code)
    {
        if (algorithm == HmacAlgorithm.Sha256)
        {
            HMACSHA256.HashData(key, data, code);
        }
        else
        {
            HMACSHA1.HashData(key, data, code);
        }
    }

    /// <summary>The hash alone.</summary>
    public static byte[] Hash(HmacAlgorithm algorithm, ReadOnlySpan<byte> data) =>
        algorithm == HmacAlgorithm.Sha256 ? SHA256.HashData(data) : SHA1.HashData(data);
#pragma warning restore CA5350
}
