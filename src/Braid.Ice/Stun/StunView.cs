using System;
using System.Buffers.Binary;
using Braid.Core;

namespace Braid.Ice.Stun;

/// <summary>
/// A STUN message, viewed in place (RFC 8489 §5, §14). <see cref="TryRead"/> checks header, lengths and the order of the
/// attributes once; nothing that reads an attribute afterwards can leave the message, and nothing allocates.
/// </summary>
public readonly ref struct StunView
{
    /// <summary>Bytes in front of the attributes.</summary>
    public const int HeaderLength = 20;

    /// <summary>Third field of every message: tells STUN from what came before it and from other protocols.</summary>
    public const uint MagicCookie = 0x2112A442;

    internal const int AttributeHeaderLength = 4;
    internal const uint FingerprintMask = 0x5354554E;
    private const int CookieOffset = 4;
    private const int IdOffset = 8;

    private readonly ReadOnlySpan<byte> _bytes;
    private readonly int _sha1Offset;                        // of the attribute's header; 0 for none
    private readonly int _sha256Offset;
    private readonly int _fingerprintOffset;

    private StunView(ReadOnlySpan<byte> bytes, int sha1Offset, int sha256Offset, int fingerprintOffset)
    {
        _bytes = bytes;
        _sha1Offset = sha1Offset;
        _sha256Offset = sha256Offset;
        _fingerprintOffset = fingerprintOffset;
    }

    /// <summary>What the message is for.</summary>
    public StunClass Class => StunMessageType.ClassOf(BinaryPrimitives.ReadUInt16BigEndian(_bytes));

    /// <summary>What it is about.</summary>
    public StunMethod Method => StunMessageType.MethodOf(BinaryPrimitives.ReadUInt16BigEndian(_bytes));

    /// <summary>What joins the answer to the request.</summary>
    public StunTransactionId TransactionId => StunTransactionId.Read(_bytes[IdOffset..]);

    /// <summary>The whole message.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes;

    /// <summary>Whether there is a FINGERPRINT; <see cref="HasValidFingerprint"/> says whether it is right.</summary>
    public bool HasFingerprint => _fingerprintOffset != 0;

    /// <summary>Whether there is a FINGERPRINT that is right (RFC 8489 §14.7).</summary>
    public bool HasValidFingerprint =>
        HasFingerprint
        && BinaryPrimitives.ReadUInt32BigEndian(_bytes[(_fingerprintOffset + AttributeHeaderLength)..])
            == (Crc32.Compute(_bytes[.._fingerprintOffset]) ^ FingerprintMask);

    /// <summary>The strongest integrity attribute of the message.</summary>
    public StunIntegrityAlgorithm Integrity =>
        _sha256Offset != 0 ? StunIntegrityAlgorithm.Sha256 : _sha1Offset != 0 ? StunIntegrityAlgorithm.Sha1 : StunIntegrityAlgorithm.None;

    /// <summary>The attributes that count, in their order.</summary>
    public StunAttributeEnumerable Attributes => new(_bytes[HeaderLength..]);

    internal ReadOnlySpan<byte> AddressMask => _bytes.Slice(CookieOffset, sizeof(uint) + StunTransactionId.Length);

    /// <summary>Whether bytes may be STUN rather than another protocol on the same port (RFC 7983 §7): first byte and cookie.</summary>
    public static bool LooksLikeStun(ReadOnlySpan<byte> bytes) =>
        bytes.Length >= HeaderLength && bytes[0] < 4 && BinaryPrimitives.ReadUInt32BigEndian(bytes[CookieOffset..]) == MagicCookie;

    /// <summary>Views a message that fills <paramref name="bytes"/>; false when it is malformed.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out StunView message)
    {
        message = default;
        if (!LooksLikeStun(bytes)
            || BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]) != bytes.Length - HeaderLength
            || bytes.Length % 4 != 0)
        {
            return false;
        }

        int sha1 = 0;
        int sha256 = 0;
        int fingerprint = 0;
        int offset = HeaderLength;
        while (offset < bytes.Length)
        {
            // The total is a multiple of 4 and so is each padded attribute, so at least a header is left.
            var type = (StunAttributeType)BinaryPrimitives.ReadUInt16BigEndian(bytes[offset..]);
            int length = BinaryPrimitives.ReadUInt16BigEndian(bytes[(offset + 2)..]);
            if (fingerprint != 0 || Padded(length) > bytes.Length - offset - AttributeHeaderLength)
            {
                return false;                                // §14.7: FINGERPRINT is the last one.
            }

            switch (type)
            {
                case StunAttributeType.MessageIntegrity when sha1 == 0 && sha256 == 0:
                    if (length != MessageIntegrity.Sha1Length)
                    {
                        return false;
                    }

                    sha1 = offset;
                    break;
                case StunAttributeType.MessageIntegritySha256 when sha256 == 0:
                    if (length is < 16 or > MessageIntegrity.Sha256Length || length % 4 != 0)
                    {
                        return false;
                    }

                    sha256 = offset;
                    break;
                case StunAttributeType.Fingerprint:
                    if (length != sizeof(uint))
                    {
                        return false;
                    }

                    fingerprint = offset;
                    break;
            }

            offset += AttributeHeaderLength + Padded(length);
        }

        message = new StunView(bytes, sha1, sha256, fingerprint);
        return true;
    }

    /// <summary>Finds the first attribute of a type: further ones are ignored (RFC 8489 §14).</summary>
    public bool TryFind(StunAttributeType type, out ReadOnlySpan<byte> value)
    {
        foreach (StunAttribute attribute in Attributes)
        {
            if (attribute.Type == type)
            {
                value = attribute.Value;
                return true;
            }
        }

        value = default;
        return false;
    }

    /// <summary>Whether there is an attribute of a type.</summary>
    public bool Has(StunAttributeType type) => TryFind(type, out _);

    /// <summary>Reads an attribute of 4 bytes; false when it is absent or of another length.</summary>
    public bool TryReadUInt32(StunAttributeType type, out uint value)
    {
        value = 0;
        return TryFind(type, out ReadOnlySpan<byte> bytes) && bytes.Length == sizeof(uint)
            && BinaryPrimitives.TryReadUInt32BigEndian(bytes, out value);
    }

    /// <summary>Reads an attribute of 8 bytes; false when it is absent or of another length.</summary>
    public bool TryReadUInt64(StunAttributeType type, out ulong value)
    {
        value = 0;
        return TryFind(type, out ReadOnlySpan<byte> bytes) && bytes.Length == sizeof(ulong)
            && BinaryPrimitives.TryReadUInt64BigEndian(bytes, out value);
    }

    /// <summary>Reads an address, XORed for all types but MAPPED-ADDRESS and ALTERNATE-SERVER.</summary>
    public bool TryReadAddress(StunAttributeType type, out NetworkAddress address)
    {
        address = default;
        ReadOnlySpan<byte> mask = type is StunAttributeType.MappedAddress or StunAttributeType.AlternateServer ? default : AddressMask;
        return TryFind(type, out ReadOnlySpan<byte> value) && StunAddress.TryRead(value, mask, out address);
    }

    /// <summary>Reads ERROR-CODE; the reason is UTF-8 and not checked.</summary>
    public bool TryReadError(out int code, out ReadOnlySpan<byte> reason)
    {
        code = 0;
        reason = default;
        return TryFind(StunAttributeType.ErrorCode, out ReadOnlySpan<byte> value) && StunError.TryRead(value, out code, out reason);
    }

    /// <summary>Checks the strongest integrity attribute with a key (RFC 8489 §9.1.3).</summary>
    /// <param name="key">The password's bytes, or the key of long-term credentials.</param>
    public StunIntegrity VerifyIntegrity(ReadOnlySpan<byte> key)
    {
        StunIntegrityAlgorithm algorithm = Integrity;
        if (algorithm == StunIntegrityAlgorithm.None)
        {
            return StunIntegrity.Absent;
        }

        int offset = algorithm == StunIntegrityAlgorithm.Sha256 ? _sha256Offset : _sha1Offset;
        int length = BinaryPrimitives.ReadUInt16BigEndian(_bytes[(offset + 2)..]);
        return MessageIntegrity.Verify(_bytes[..offset], key, algorithm, _bytes.Slice(offset + AttributeHeaderLength, length))
            ? StunIntegrity.Valid
            : StunIntegrity.Invalid;
    }

    /// <summary>Lists the types that must be understood and are not (RFC 8489 §6.3.1).</summary>
    /// <param name="types">Where they go; what does not fit is left out.</param>
    /// <returns>How many were written.</returns>
    public int FindUnknownRequired(Span<ushort> types)
    {
        int count = 0;
        foreach (StunAttribute attribute in Attributes)
        {
            if (count < types.Length && StunAttributes.IsComprehensionRequired(attribute.Type) && !StunAttributes.IsKnown(attribute.Type)
                && !types[..count].Contains((ushort)attribute.Type))
            {
                types[count] = (ushort)attribute.Type;
                count++;
            }
        }

        return count;
    }

    internal static int Padded(int length) => (length + 3) & ~3;
}
