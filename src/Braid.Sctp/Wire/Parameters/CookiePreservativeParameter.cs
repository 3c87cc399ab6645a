using System;
using System.Buffers.Binary;

namespace Braid.Sctp.Wire;

/// <summary>Cookie Preservative parameter (RFC 9260 §3.3.2.1.3): how much longer the next cookie should be good for.</summary>
public static class CookiePreservativeParameter
{
    /// <summary>Reads the life-span increment; false when the length is not 4 bytes.</summary>
    public static bool TryRead(in ParameterView parameter, out TimeSpan increment)
    {
        bool isWhole = parameter.Value.Length == sizeof(uint);
        increment = TimeSpan.FromMilliseconds(isWhole ? BinaryPrimitives.ReadUInt32BigEndian(parameter.Value) : 0);
        return isWhole;
    }

    /// <summary>Writes an increment, in whole milliseconds; false when it does not fit.</summary>
    public static bool TryWrite(ref ParameterWriter writer, TimeSpan increment)
    {
        if (!writer.TryBegin(ParameterType.CookiePreservative, sizeof(uint), out Span<byte> value))
        {
            return false;
        }

        BinaryPrimitives.WriteUInt32BigEndian(value, (uint)Math.Clamp(increment.TotalMilliseconds, 0, uint.MaxValue));
        return true;
    }
}
