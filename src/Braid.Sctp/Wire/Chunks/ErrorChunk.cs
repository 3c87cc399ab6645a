using System;

namespace Braid.Sctp.Wire;

/// <summary>ERROR chunk, viewed in place (RFC 9260 §3.3.10).</summary>
public readonly ref struct ErrorChunk : IChunk<ErrorChunk>
{
    private readonly ReadOnlySpan<byte> _causes;

    private ErrorChunk(ReadOnlySpan<byte> causes) => _causes = causes;

    /// <inheritdoc/>
    public static ChunkType Type => ChunkType.Error;

    /// <summary>The error causes, from the first.</summary>
    public CauseReader Causes => new(_causes);

    /// <inheritdoc/>
    public static bool TryRead(in ChunkView chunk, out ErrorChunk value)
    {
        value = new ErrorChunk(chunk.Value);
        return true;                                         // a cause that is not whole ends the reading of causes, no more
    }

    /// <summary>Writes a chunk; false when it does not fit.</summary>
    /// <param name="packet">The packet.</param>
    /// <param name="causes">Encoded causes, without the padding of the last.</param>
    public static bool Write(ref PacketWriter packet, scoped ReadOnlySpan<byte> causes)
    {
        if (!packet.TryBeginChunk(Type, 0, causes.Length, out Span<byte> value))
        {
            return false;
        }

        causes.CopyTo(value);
        return true;
    }
}
