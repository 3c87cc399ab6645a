using System;
using System.Buffers.Binary;

namespace Braid.Sctp.Wire;

/// <summary>Zero Checksum Acceptable parameter (RFC 9653 §4): which error detection its sender relies on instead.</summary>
public static class ZeroChecksumAcceptableParameter
{
    /// <summary>Bytes that it takes.</summary>
    public const int LengthOnWire = 8;

    /// <summary>Reads it; false when it is not 4 bytes long.</summary>
    public static bool TryRead(in ParameterView parameter, out AlternateErrorDetection method)
    {
        bool isWhole = parameter.Value.Length == sizeof(uint);
        method = isWhole ? (AlternateErrorDetection)BinaryPrimitives.ReadUInt32BigEndian(parameter.Value) : default;
        return isWhole;
    }

    /// <summary>Writes it; false when it does not fit.</summary>
    public static bool TryWrite(ref ParameterWriter writer, AlternateErrorDetection method)
    {
        if (!writer.TryBegin(ParameterType.ZeroChecksumAcceptable, sizeof(uint), out Span<byte> bytes))
        {
            return false;
        }

        BinaryPrimitives.WriteUInt32BigEndian(bytes, (uint)method);
        return true;
    }
}
