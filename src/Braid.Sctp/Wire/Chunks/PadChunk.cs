namespace Braid.Sctp.Wire;

/// <summary>PAD chunk (RFC 4820 §3): makes a packet longer, and is discarded by whoever gets it.</summary>
public static class PadChunk
{
    /// <summary>Fills what is left of a packet with one; false when there is no room for its header, or nothing is left.</summary>
    public static bool Fill(ref PacketWriter packet)
    {
        int length = packet.Available - Tlv.HeaderLength;
        if (length < 0 || !packet.TryBeginChunk(ChunkType.Pad, 0, length, out System.Span<byte> value))
        {
            return false;
        }

        value.Clear();
        return true;
    }
}
