using System;
using Braid.Core;

namespace Braid.Sctp.Wire;

/// <summary>No User Data (RFC 9260 §3.3.10.9): the TSN of the DATA chunk.</summary>
public static class NoUserDataCause
{
    /// <summary>Reads the cause; false when the length is wrong.</summary>
    public static bool TryRead(in CauseView cause, out Tsn tsn)
    {
        var reader = new WireReader(cause.Value);
        bool isWhole = reader.TryReadUInt32(out uint number) && reader.Remaining == 0;
        tsn = new Tsn(number);
        return isWhole;
    }

    /// <summary>Writes the cause; false when it does not fit.</summary>
    public static bool TryWrite(ref CauseWriter causes, Tsn tsn)
    {
        if (!causes.TryBegin(CauseCode.NoUserData, sizeof(uint), out Span<byte> value))
        {
            return false;
        }

        new WireWriter(value).WriteUInt32(tsn.Value);
        return true;
    }
}
