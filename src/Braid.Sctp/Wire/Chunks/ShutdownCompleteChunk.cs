namespace Braid.Sctp.Wire;

/// <summary>SHUTDOWN COMPLETE chunk (RFC 9260 §3.3.13).</summary>
public readonly ref struct ShutdownCompleteChunk : IChunk<ShutdownCompleteChunk>
{
    private const byte TagReflectedFlag = 1;

    private ShutdownCompleteChunk(bool tagReflected) => TagReflected = tagReflected;

    /// <inheritdoc/>
    public static ChunkType Type => ChunkType.ShutdownComplete;

    /// <summary>The T bit: the packet carries its sender's tag, because the sender knew no other (§8.5.1 C).</summary>
    public bool TagReflected { get; }

    /// <inheritdoc/>
    public static bool TryRead(in ChunkView chunk, out ShutdownCompleteChunk value)
    {
        value = new ShutdownCompleteChunk((chunk.Flags & TagReflectedFlag) != 0);
        return chunk.Value.IsEmpty;
    }

    /// <summary>Writes a chunk; false when it does not fit.</summary>
    public static bool Write(ref PacketWriter packet, bool tagReflected) =>
        packet.TryBeginChunk(Type, tagReflected ? TagReflectedFlag : (byte)0, 0, out _);
}
