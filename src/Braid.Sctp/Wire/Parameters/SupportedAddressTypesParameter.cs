using System;
using System.Buffers.Binary;

namespace Braid.Sctp.Wire;

/// <summary>Supported Address Types parameter (RFC 9260 §3.3.2.1.5), viewed in place.</summary>
public readonly ref struct SupportedAddressTypesParameter
{
    private readonly ReadOnlySpan<byte> _types;

    private SupportedAddressTypesParameter(ReadOnlySpan<byte> types) => _types = types;

    /// <summary>Types listed.</summary>
    public int Count => _types.Length / sizeof(ushort);

    /// <summary>Views a parameter; false when its length is odd.</summary>
    public static bool TryRead(in ParameterView parameter, out SupportedAddressTypesParameter value)
    {
        value = new SupportedAddressTypesParameter(parameter.Value);
        return parameter.Value.Length % sizeof(ushort) == 0;
    }

    /// <summary>Writes a list of types; false when it does not fit.</summary>
    public static bool TryWrite(ref ParameterWriter writer, ReadOnlySpan<ParameterType> types)
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
