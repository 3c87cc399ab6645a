using System;
using System.Buffers.Binary;

namespace Braid.Sctp.Wire;

/// <summary>SSN/TSN Reset Request parameter (RFC 6525 §4.3).</summary>
public static class AssociationResetParameter
{
    /// <summary>Reads the Re-configuration Request Sequence Number; false when the length is not 8 bytes.</summary>
    public static bool TryRead(in ParameterView parameter, out uint number)
    {
        bool isWhole = parameter.Value.Length == sizeof(uint);
        number = isWhole ? BinaryPrimitives.ReadUInt32BigEndian(parameter.Value) : 0;
        return isWhole;
    }

    /// <summary>Writes a parameter; false when it does not fit.</summary>
    public static bool TryWrite(ref ParameterWriter writer, uint number)
    {
        if (!writer.TryBegin(ParameterType.AssociationResetRequest, sizeof(uint), out Span<byte> value))
        {
            return false;
        }

        BinaryPrimitives.WriteUInt32BigEndian(value, number);
        return true;
    }
}
