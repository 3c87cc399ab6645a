using Braid.Sctp;
using Braid.Sctp.Wire;

namespace Braid.Simulation;

/// <summary>What DATA and I-DATA have in common.</summary>
internal static class DataView
{
    /// <summary>Reads a chunk of either type; false for any other one.</summary>
    /// <param name="chunk">The chunk.</param>
    /// <param name="tsn">Its TSN.</param>
    /// <param name="length">Bytes of user data.</param>
    /// <param name="lengthOnWire">Bytes of the chunk, header and padding included.</param>
    /// <param name="flags">Its flags.</param>
    public static bool TryRead(in ChunkView chunk, out Tsn tsn, out int length, out int lengthOnWire, out DataFlags flags)
    {
        if (chunk.Type == ChunkType.Data && DataChunk.TryRead(chunk, out DataChunk data))
        {
            (tsn, length, lengthOnWire, flags) = (data.Tsn, data.Payload.Length, DataChunk.LengthOnWire(data.Payload.Length), data.Header.Flags);
            return true;
        }

        if (chunk.Type == ChunkType.IData && InterleavedDataChunk.TryRead(chunk, out InterleavedDataChunk interleaved))
        {
            (tsn, length, flags) = (interleaved.Tsn, interleaved.Payload.Length, interleaved.Header.Flags);
            lengthOnWire = InterleavedDataChunk.LengthOnWire(length);
            return true;
        }

        (tsn, length, lengthOnWire, flags) = (default, 0, 0, default);
        return false;
    }
}
