using System;
using Braid.Core;

namespace Braid.Sctp.Wire;

/// <summary>Stale Cookie (RFC 9260 §3.3.10.3): how long ago the cookie expired, in microseconds.</summary>
public static class StaleCookieCause
{
    /// <summary>Reads the cause; false when the length is wrong.</summary>
    public static bool TryRead(in CauseView cause, out uint staleness)
    {
        var reader = new WireReader(cause.Value);
        bool isWhole = reader.TryReadUInt32(out uint number) && reader.Remaining == 0;
        staleness = number;
        return isWhole;
    }

    /// <summary>Writes the cause; false when it does not fit.</summary>
    public static bool TryWrite(ref CauseWriter causes, uint staleness)
    {
        if (!causes.TryBegin(CauseCode.StaleCookie, sizeof(uint), out Span<byte> value))
        {
            return false;
        }

        new WireWriter(value).WriteUInt32(staleness);
        return true;
    }
}
