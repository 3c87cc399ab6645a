using System;
using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Braid.Ice.Stun;

/// <summary>Which of the two HMACs protects a message (RFC 8489 §14.5, §14.6).</summary>
public enum StunIntegrityAlgorithm : byte
{
    /// <summary>None.</summary>
    None,

    /// <summary>MESSAGE-INTEGRITY: HMAC-SHA1.</summary>
    Sha1,

    /// <summary>MESSAGE-INTEGRITY-SHA256.</summary>
    Sha256,
}

/// <summary>What checking the integrity of a message has shown.</summary>
public enum StunIntegrity : byte
{
    /// <summary>The message has no integrity attribute.</summary>
    Absent,

    /// <summary>The HMAC was made with this key.</summary>
    Valid,

    /// <summary>It was not.</summary>
    Invalid,
}

/// <summary>The HMACs over a message (RFC 8489 §14.5, §14.6).</summary>
internal static class MessageIntegrity
{
    /// <summary>Bytes of a MESSAGE-INTEGRITY value.</summary>
    public const int Sha1Length = HMACSHA1.HashSizeInBytes;

    /// <summary>Bytes of a MESSAGE-INTEGRITY-SHA256 value that is not truncated. No usage here allows truncation.</summary>
    public const int Sha256Length = HMACSHA256.HashSizeInBytes;

    private const int LongestOnStack = 1024;

    /// <summary>Computes the HMAC over what precedes the attribute, with a length field that ends with the attribute.</summary>
    /// <param name="before">The message up to the attribute's header.</param>
    /// <param name="key">The key of the credentials.</param>
    /// <param name="algorithm">Which HMAC.</param>
    /// <param name="mac">Its bytes; as long as the HMAC.</param>
    public static void Compute(ReadOnlySpan<byte> before, ReadOnlySpan<byte> key, StunIntegrityAlgorithm algorithm, Span<byte> mac)
    {
        byte[]? rented = before.Length > LongestOnStack ? ArrayPool<byte>.Shared.Rent(before.Length) : null;
        Span<byte> text = rented is null ? stackalloc byte[LongestOnStack] : rented;
        text = text[..before.Length];
        before.CopyTo(text);
        int end = before.Length - StunView.HeaderLength + StunView.AttributeHeaderLength + mac.Length;
        BinaryPrimitives.WriteUInt16BigEndian(text[2..], (ushort)end);
        if (algorithm == StunIntegrityAlgorithm.Sha256)
        {
            HMACSHA256.HashData(key, text, mac);
        }
        else
        {
#pragma warning disable CA5350 // What MESSAGE-INTEGRITY is (RFC 8489 §14.5).
            HMACSHA1.HashData(key, text, mac);
#pragma warning restore CA5350
        }

        if (rented is not null)
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    /// <summary>Compares in a time that does not tell how much of it was right.</summary>
    public static bool Verify(ReadOnlySpan<byte> before, ReadOnlySpan<byte> key, StunIntegrityAlgorithm algorithm, ReadOnlySpan<byte> value)
    {
        int length = algorithm == StunIntegrityAlgorithm.Sha256 ? Sha256Length : Sha1Length;
        Span<byte> mac = stackalloc byte[Sha256Length];
        mac = mac[..length];
        if (value.Length != length)
        {
            return false;
        }

        Compute(before, key, algorithm, mac);
        return CryptographicOperations.FixedTimeEquals(mac, value);
    }
}
