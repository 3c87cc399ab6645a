using System;

namespace Braid.Sctp.Wire;

/// <summary>COOKIE ECHO chunk, viewed in place (RFC 9260 §3.3.11).</summary>
public readonly ref struct CookieEchoChunk : IChunk<CookieEchoChunk>
{
    private CookieEchoChunk(ReadOnlySpan<byte> cookie) => Cookie = cookie;

    /// <inheritdoc/>
    public static ChunkType Type => ChunkType.CookieEcho;

    /// <summary>The cookie, as it stood in the INIT ACK.</summary>
    public ReadOnlySpan<byte> Cookie { get; }

    /// <inheritdoc/>
    public static bool TryRead(in ChunkView chunk, out CookieEchoChunk value)
    {
        value = new CookieEchoChunk(chunk.Value);
        return !chunk.Value.IsEmpty;
    }

    /// <summary>Writes a chunk; false when it does not fit.</summary>
    public static bool Write(ref PacketWriter packet, scoped ReadOnlySpan<byte> cookie)
    {
        if (!packet.TryBeginChunk(Type, 0, cookie.Length, out Span<byte> value))
        {
            return false;
        }

        cookie.CopyTo(value);
        return true;
    }
}
