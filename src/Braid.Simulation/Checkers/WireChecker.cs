using System;
using Braid.Sctp;
using Braid.Sctp.Wire;

namespace Braid.Simulation;

/// <summary>
/// What holds for every packet that Braid sends: it reads back, its CRC32c is right, its padding is zero, its bundling is
/// legal (RFC 9260 §3.2, §6.8, §6.10), control chunks come before DATA, and TSNs rise.
/// </summary>
public static class WireChecker
{
    /// <summary>Looks at a packet.</summary>
    /// <param name="bytes">The packet.</param>
    /// <param name="maximumPacket">The largest that the path carries, in bytes.</param>
    /// <param name="mayOmitChecksum">Whether the checksum may be 0 instead (RFC 9653), where §5.2 allows.</param>
    /// <returns>What is wrong with it; null for nothing.</returns>
    public static string? Check(ReadOnlySpan<byte> bytes, int maximumPacket, bool mayOmitChecksum = false)
    {
        if (!PacketView.TryRead(bytes, out PacketView packet))
        {
            return "it is shorter than a common header";
        }

        PacketShape shape = PacketRules.Inspect(packet);
        return bytes.Length > maximumPacket ? $"it is {bytes.Length} bytes long"
            : bytes.Length % 4 != 0 ? "its length is not a multiple of 4"
            : !packet.HasValidChecksum() && !(mayOmitChecksum && OmitsChecksum(packet, shape)) ? "its checksum is wrong"
            : shape.IsMalformed ? "it has no whole chunk"
            : shape.IsForbiddenBundle ? "its chunks must not be bundled"
            : CheckChunks(packet);
    }

    private static bool OmitsChecksum(in PacketView packet, in PacketShape shape) =>
        packet.Header.Checksum == 0 && shape.FirstType is not (ChunkType.Init or ChunkType.InitAck or ChunkType.CookieEcho);

    private static string? CheckChunks(in PacketView packet)
    {
        bool hasData = false;
        Tsn last = default;
        int offset = PacketHeader.Length;
        ChunkReader chunks = packet.Chunks;
        while (chunks.TryRead(out ChunkView chunk))
        {
            int end = offset + chunk.Bytes.Length;
            offset = (end + 3) & ~3;
            if (packet.Bytes[end..offset].ContainsAnyExcept((byte)0))
            {
                return "its padding is not zero";
            }

            if (chunk.Type is not (ChunkType.Data or ChunkType.IData))
            {
                if (hasData)
                {
                    return "a control chunk comes after DATA";
                }

                continue;
            }

            if (!DataView.TryRead(chunk, out Tsn tsn, out _, out int length, out _, out _) || length == 0)
            {
                return "it has a DATA chunk without user data";
            }

            if (hasData && tsn <= last)
            {
                return "its TSNs do not rise";
            }

            hasData = true;
            last = tsn;
        }

        return chunks.IsMalformed ? "its last chunk is not whole" : null;
    }
}
