namespace Braid.Sctp.Wire;

/// <summary>SHUTDOWN ACK chunk: a header and nothing else (RFC 9260 §3.3.9).</summary>
public readonly ref struct ShutdownAckChunk : IChunk<ShutdownAckChunk>
{
    /// <inheritdoc/>
    public static ChunkType Type => ChunkType.ShutdownAck;

    /// <inheritdoc/>
    public static bool TryRead(in ChunkView chunk, out ShutdownAckChunk value)
    {
        value = default;
        return chunk.Value.IsEmpty;
    }

    /// <summary>Writes a chunk; false when it does not fit.</summary>
    public static bool Write(ref PacketWriter packet) => packet.TryBeginChunk(Type, 0, 0, out _);
}
