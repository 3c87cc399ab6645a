using System;

namespace Braid.Sctp.Wire;

/// <summary>Random parameter (RFC 4895 §3.1, §6.1): 32 bytes that go into the keys of the association.</summary>
public static class RandomParameter
{
    /// <summary>Bytes of the number.</summary>
    public const int NumberLength = 32;

    /// <summary>Bytes that it takes.</summary>
    internal const int LengthOnWire = Tlv.HeaderLength + NumberLength;

    /// <summary>Reads it; false when the number is not 32 bytes long.</summary>
    public static bool TryRead(in ParameterView parameter, out ReadOnlySpan<byte> number)
    {
        number = parameter.Value;
        return number.Length == NumberLength;
    }

    /// <summary>Writes it; false when it does not fit.</summary>
    public static bool TryWrite(ref ParameterWriter writer, scoped ReadOnlySpan<byte> number) => writer.TryWrite(ParameterType.Random, number);
}
