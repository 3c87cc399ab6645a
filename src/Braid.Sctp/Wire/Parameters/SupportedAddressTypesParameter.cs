using System;
using System.Buffers.Binary;
using Braid.Core;

namespace Braid.Sctp.Wire;

/// <summary>Supported Address Types parameter (RFC 9260 §3.3.2.1.5), viewed in place.</summary>
public readonly ref struct SupportedAddressTypesParameter
{
    private readonly ReadOnlySpan<byte> _types;

    private SupportedAddressTypesParameter(ReadOnlySpan<byte> types) => _types = types;

    /// <summary>Bytes of the one that <see cref="WriteOnly"/> writes, and its padding.</summary>
    public const int LengthOfOne = 8;

    /// <summary>Types listed.</summary>
    public int Count => _types.Length / sizeof(ushort);

    /// <summary>Views a parameter; false when its length is odd.</summary>
    public static bool TryRead(in ParameterView parameter, out SupportedAddressTypesParameter value)
    {
        value = new SupportedAddressTypesParameter(parameter.Value);
        return parameter.Value.Length % sizeof(ushort) == 0;
    }

    /// <summary>Writes a list of types; false when it does not fit.</summary>
    public static bool TryWrite(ref ParameterWriter writer, scoped ReadOnlySpan<ParameterType> types)
    {
        if (!writer.TryBegin(ParameterType.SupportedAddressTypes, types.Length * sizeof(ushort), out Span<byte> value))
        {
            return false;
        }

        for (int i = 0; i < types.Length; i++)
        {
            BinaryPrimitives.WriteUInt16BigEndian(value[(i * sizeof(ushort))..], (ushort)types[i]);
        }

        return true;
    }

    /// <summary>Says which family alone can be used; nothing where that is both, or addresses mean nothing.</summary>
    /// <param name="writer">Where it goes.</param>
    /// <param name="families">What can be used.</param>
    public static void WriteOnly(ref ParameterWriter writer, NetworkFamilies families)
    {
        if (families is NetworkFamilies.IPv4 or NetworkFamilies.IPv6)
        {
            TryWrite(ref writer, [families == NetworkFamilies.IPv4 ? ParameterType.IPv4Address : ParameterType.IPv6Address]);
        }
    }

    /// <summary>The families that are listed.</summary>
    public NetworkFamilies Families =>
        (Contains(ParameterType.IPv4Address) ? NetworkFamilies.IPv4 : NetworkFamilies.None)
        | (Contains(ParameterType.IPv6Address) ? NetworkFamilies.IPv6 : NetworkFamilies.None);

    /// <summary>Whether a family is listed: <see cref="ParameterType.IPv4Address"/> or <see cref="ParameterType.IPv6Address"/>.</summary>
    public bool Contains(ParameterType type)
    {
        for (int i = 0; i < Count; i++)
        {
            if (BinaryPrimitives.ReadUInt16BigEndian(_types[(i * sizeof(ushort))..]) == (ushort)type)
            {
                return true;
            }
        }

        return false;
    }
}
