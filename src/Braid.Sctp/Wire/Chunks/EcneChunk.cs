using System;
using Braid.Core;

namespace Braid.Sctp.Wire;

/// <summary>ECNE chunk: reserved by RFC 9260, its format is that of RFC 2960 Appendix A.</summary>
public readonly ref struct EcneChunk : IChunk<EcneChunk>
{
    /// <summary>Bytes that a chunk takes.</summary>
    public const int LengthOnWire = 8;

    private EcneChunk(Tsn lowestTsn) => LowestTsn = lowestTsn;

    /// <inheritdoc/>
    public static ChunkType Type => ChunkType.Ecne;

    /// <summary>The lowest TSN of the packet that was marked.</summary>
    public Tsn LowestTsn { get; }

    /// <inheritdoc/>
    public static bool TryRead(in ChunkView chunk, out EcneChunk value)
    {
        var reader = new WireReader(chunk.Value);
        bool isWhole = reader.TryReadUInt32(out uint tsn);     // later drafts count marks behind it
        value = new EcneChunk(new Tsn(tsn));
        return isWhole;
    }

    /// <summary>Writes a chunk; false when it does not fit.</summary>
    public static bool Write(ref PacketWriter packet, Tsn lowestTsn)
    {
        if (!packet.TryBeginChunk(Type, 0, sizeof(uint), out Span<byte> value))
        {
            return false;
        }

        new WireWriter(value).WriteUInt32(lowestTsn.Value);
        return true;
    }
}
