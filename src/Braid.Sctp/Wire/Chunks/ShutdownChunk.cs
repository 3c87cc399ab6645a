using System;
using Braid.Core;

namespace Braid.Sctp.Wire;

/// <summary>SHUTDOWN chunk (RFC 9260 §3.3.8).</summary>
public readonly ref struct ShutdownChunk : IChunk<ShutdownChunk>
{
    private ShutdownChunk(Tsn cumulativeAck) => CumulativeAck = cumulativeAck;

    /// <inheritdoc/>
    public static ChunkType Type => ChunkType.Shutdown;

    /// <summary>The last TSN up to which all have arrived.</summary>
    public Tsn CumulativeAck { get; }

    /// <inheritdoc/>
    public static bool TryRead(in ChunkView chunk, out ShutdownChunk value)
    {
        var reader = new WireReader(chunk.Value);
        bool isWhole = reader.TryReadUInt32(out uint tsn) && reader.Remaining == 0;
        value = new ShutdownChunk(new Tsn(tsn));
        return isWhole;
    }

    /// <summary>Writes a chunk; false when it does not fit.</summary>
    public static bool Write(ref PacketWriter packet, Tsn cumulativeAck)
    {
        if (!packet.TryBeginChunk(Type, 0, sizeof(uint), out Span<byte> value))
        {
            return false;
        }

        new WireWriter(value).WriteUInt32(cumulativeAck.Value);
        return true;
    }
}
