using System;
using Braid.Core;

namespace Braid.Sctp.Wire;

/// <summary>Invalid Stream Identifier (RFC 9260 §3.3.10.1).</summary>
public static class InvalidStreamIdentifierCause
{
    private const int ValueLength = 4;                       // the identifier and 2 reserved bytes

    /// <summary>Reads the identifier; false when the length is wrong.</summary>
    public static bool TryRead(in CauseView cause, out StreamId stream)
    {
        var reader = new WireReader(cause.Value);
        bool isWhole = reader.TryReadUInt16(out ushort id) && cause.Value.Length == ValueLength;
        stream = id;
        return isWhole;
    }

    /// <summary>Writes the cause; false when it does not fit.</summary>
    public static bool TryWrite(ref CauseWriter causes, StreamId stream)
    {
        if (!causes.TryBegin(CauseCode.InvalidStreamIdentifier, ValueLength, out Span<byte> value))
        {
            return false;
        }

        var writer = new WireWriter(value);
        writer.WriteUInt16(stream.Value);
        writer.WriteUInt16(0);
        return true;
    }
}
