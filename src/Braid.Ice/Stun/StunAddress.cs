using System;
using System.Buffers.Binary;
using Braid.Core;

namespace Braid.Ice.Stun;

/// <summary>Addresses in attributes, plain (RFC 8489 §14.1) and XORed with cookie and transaction id (§14.2).</summary>
internal static class StunAddress
{
    /// <summary>Bytes of the longest value.</summary>
    public const int LongestLength = FieldsLength + IPv6Length;

    private const int FieldsLength = 4;
    private const int IPv4Length = 4;
    private const int IPv6Length = 16;
    private const byte IPv4Family = 1;
    private const byte IPv6Family = 2;

    /// <summary>The value of REQUESTED-ADDRESS-FAMILY and its like (RFC 8656 §18.6).</summary>
    public static byte FamilyCode(NetworkFamily family) => family == NetworkFamily.IPv6 ? IPv6Family : IPv4Family;

    /// <summary>The family that such a value stands for.</summary>
    public static NetworkFamily FamilyOf(byte code) => code switch
    {
        IPv4Family => NetworkFamily.IPv4,
        IPv6Family => NetworkFamily.IPv6,
        _ => NetworkFamily.None,
    };

    /// <summary>Reads a value; false when it is not an address of a known family.</summary>
    /// <param name="value">The attribute's value.</param>
    /// <param name="mask">Cookie and transaction id (16 bytes), or empty for a plain address.</param>
    /// <param name="address">The address.</param>
    public static bool TryRead(ReadOnlySpan<byte> value, ReadOnlySpan<byte> mask, out NetworkAddress address)
    {
        address = default;
        if (value.Length < FieldsLength + IPv4Length)
        {
            return false;
        }

        ushort port = BinaryPrimitives.ReadUInt16BigEndian(value[2..]);
        ReadOnlySpan<byte> host = value[FieldsLength..];
        Span<byte> plain = stackalloc byte[IPv6Length];
        host[..Math.Min(host.Length, IPv6Length)].CopyTo(plain);
        if (!mask.IsEmpty)
        {
            port ^= BinaryPrimitives.ReadUInt16BigEndian(mask);
            Mask(plain, mask);
        }

        switch (value[1])
        {
            case IPv4Family when host.Length == IPv4Length:
                address = NetworkAddress.FromIPv4(plain, port);
                return true;
            case IPv6Family when host.Length == IPv6Length:
                address = NetworkAddress.FromIPv6(plain, port);
                return true;
            default:
                return false;
        }
    }

    /// <summary>Writes a value.</summary>
    /// <returns>Its length.</returns>
    public static int Write(in NetworkAddress address, ReadOnlySpan<byte> mask, Span<byte> destination)
    {
        Span<byte> host = destination.Slice(FieldsLength, IPv6Length);
        int length = address.WriteAddress(host);
        ushort port = address.Port;
        if (!mask.IsEmpty)
        {
            port ^= BinaryPrimitives.ReadUInt16BigEndian(mask);
            Mask(host[..length], mask);
        }

        destination[0] = 0;
        destination[1] = FamilyCode(address.Family);
        BinaryPrimitives.WriteUInt16BigEndian(destination[2..], port);
        return FieldsLength + length;
    }

    private static void Mask(Span<byte> host, ReadOnlySpan<byte> mask)
    {
        for (int index = 0; index < host.Length; index++)
        {
            host[index] ^= mask[index];
        }
    }
}
