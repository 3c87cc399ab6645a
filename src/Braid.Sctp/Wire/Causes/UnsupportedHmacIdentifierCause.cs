using System;
using Braid.Core;

namespace Braid.Sctp.Wire;

/// <summary>Unsupported HMAC Identifier (RFC 4895 §4.1): an AUTH chunk used an algorithm that its receiver has not asked for.</summary>
public static class UnsupportedHmacIdentifierCause
{
    /// <summary>Reads the cause; false when the length is wrong.</summary>
    public static bool TryRead(in CauseView cause, out HmacAlgorithm algorithm)
    {
        var reader = new WireReader(cause.Value);
        bool isWhole = reader.TryReadUInt16(out ushort number) && reader.Remaining == 0;
        algorithm = (HmacAlgorithm)number;
        return isWhole;
    }

    /// <summary>Writes the cause; false when it does not fit.</summary>
    public static bool TryWrite(ref CauseWriter causes, HmacAlgorithm algorithm)
    {
        if (!causes.TryBegin(CauseCode.UnsupportedHmacIdentifier, sizeof(ushort), out Span<byte> value))
        {
            return false;
        }

        new WireWriter(value).WriteUInt16((ushort)algorithm);
        return true;
    }
}
