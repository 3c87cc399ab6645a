namespace Braid.Sctp.Wire;

/// <summary>COOKIE ACK chunk: a header and nothing else (RFC 9260 §3.3.12).</summary>
public readonly ref struct CookieAckChunk : IChunk<CookieAckChunk>
{
    /// <inheritdoc/>
    public static ChunkType Type => ChunkType.CookieAck;

    /// <inheritdoc/>
    public static bool TryRead(in ChunkView chunk, out CookieAckChunk value)
    {
        value = default;
        return chunk.Value.IsEmpty;
    }

    /// <summary>Writes a chunk; false when it does not fit.</summary>
    public static bool Write(ref PacketWriter packet) => packet.TryBeginChunk(Type, 0, 0, out _);
}
