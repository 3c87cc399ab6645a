using Braid.Sctp;
using Braid.Sctp.Wire;

namespace Braid.Simulation;

/// <summary>What DATA and I-DATA have in common.</summary>
internal static class DataView
{
    /// <summary>Reads a chunk of either type; false for any other one.</summary>
    /// <param name="chunk">The chunk.</param>
    /// <param name="tsn">Its TSN.</param>
    /// <param name="stream">Its stream.</param>
    /// <param name="length">Bytes of user data.</param>
    /// <param name="lengthOnWire">Bytes of the chunk, header and padding included.</param>
    /// <param name="flags">Its flags.</param>
    public static bool TryRead(in ChunkView chunk, out Tsn tsn, out StreamId stream, out int length, out int lengthOnWire, out DataFlags flags)
    {
        if (chunk.Type == ChunkType.Data && DataChunk.TryRead(chunk, out DataChunk data))
        {
            (tsn, stream, length, lengthOnWire, flags) = (data.Tsn, data.Stream, data.Payload.Length, DataChunk.LengthOnWire(data.Payload.Length), data.Header.Flags);
            return true;
        }

        if (chunk.Type == ChunkType.IData && InterleavedDataChunk.TryRead(chunk, out InterleavedDataChunk interleaved))
        {
            (tsn, stream, length, flags) = (interleaved.Tsn, interleaved.Stream, interleaved.Payload.Length, interleaved.Header.Flags);
            lengthOnWire = InterleavedDataChunk.LengthOnWire(length);
            return true;
        }

        (tsn, stream, length, lengthOnWire, flags) = (default, default, 0, 0, default);
        return false;
    }

    /// <summary>Reads a FORWARD TSN or an I-FORWARD-TSN; false for any other chunk.</summary>
    /// <param name="chunk">The chunk.</param>
    /// <param name="newCumulative">Its New Cumulative TSN.</param>
    public static bool TryReadForward(in ChunkView chunk, out Tsn newCumulative)
    {
        if (chunk.Type == ChunkType.ForwardTsn && ForwardTsnChunk.TryRead(chunk, out ForwardTsnChunk forward))
        {
            newCumulative = forward.NewCumulative;
            return true;
        }

        bool isInterleaved = chunk.Type == ChunkType.IForwardTsn & InterleavedForwardTsnChunk.TryRead(chunk, out InterleavedForwardTsnChunk interleaved);
        newCumulative = isInterleaved ? interleaved.NewCumulativeTsn : default;
        return isInterleaved;
    }
}
