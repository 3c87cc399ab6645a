using System;
using System.Buffers.Binary;

namespace Braid.Sctp.Wire;

/// <summary>Adaptation Layer Indication parameter (RFC 5061 §4.2.6): a code point for the peer's upper layer, opaque to SCTP.</summary>
public static class AdaptationIndicationParameter
{
    /// <summary>Bytes of the parameter with its header.</summary>
    public const int LengthOnWire = 8;

    /// <summary>Reads the code point; false when the length is not 4 bytes.</summary>
    public static bool TryRead(in ParameterView parameter, out uint value)
    {
        bool isWhole = parameter.Value.Length == sizeof(uint);
        value = isWhole ? BinaryPrimitives.ReadUInt32BigEndian(parameter.Value) : 0;
        return isWhole;
    }

    /// <summary>Writes a code point; false when it does not fit.</summary>
    public static bool TryWrite(ref ParameterWriter writer, uint value)
    {
        if (!writer.TryBegin(ParameterType.AdaptationIndication, sizeof(uint), out Span<byte> bytes))
        {
            return false;
        }

        BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        return true;
    }
}
