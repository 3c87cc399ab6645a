using System;

namespace Braid.Sctp.Wire;

/// <summary>ABORT chunk, viewed in place (RFC 9260 §3.3.7).</summary>
public readonly ref struct AbortChunk : IChunk<AbortChunk>
{
    internal const byte TagReflectedFlag = 1;

    private readonly ReadOnlySpan<byte> _causes;

    private AbortChunk(bool tagReflected, ReadOnlySpan<byte> causes)
    {
        TagReflected = tagReflected;
        _causes = causes;
    }

    /// <inheritdoc/>
    public static ChunkType Type => ChunkType.Abort;

    /// <summary>The T bit: the packet carries its sender's tag, because the sender knew no other (§8.5.1 B).</summary>
    public bool TagReflected { get; }

    /// <summary>The error causes, from the first; there may be none.</summary>
    public CauseReader Causes => new(_causes);

    /// <inheritdoc/>
    public static bool TryRead(in ChunkView chunk, out AbortChunk value)
    {
        value = new AbortChunk((chunk.Flags & TagReflectedFlag) != 0, chunk.Value);
        return true;                                         // a cause that is not whole ends the reading of causes, no more
    }

    /// <summary>Writes a chunk; false when it does not fit.</summary>
    /// <param name="packet">The packet.</param>
    /// <param name="tagReflected">The T bit.</param>
    /// <param name="causes">Encoded causes, without the padding of the last.</param>
    public static bool Write(ref PacketWriter packet, bool tagReflected, scoped ReadOnlySpan<byte> causes)
    {
        if (!packet.TryBeginChunk(Type, tagReflected ? TagReflectedFlag : (byte)0, causes.Length, out Span<byte> value))
        {
            return false;
        }

        causes.CopyTo(value);
        return true;
    }
}
