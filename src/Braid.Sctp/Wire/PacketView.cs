using System;

namespace Braid.Sctp.Wire;

/// <summary>A whole SCTP packet, viewed in place: the common header and the chunks behind it (RFC 9260 §3).</summary>
public readonly ref struct PacketView
{
    private PacketView(PacketHeader header, ReadOnlySpan<byte> bytes)
    {
        Header = header;
        Bytes = bytes;
    }

    /// <summary>The common header.</summary>
    public PacketHeader Header { get; }

    /// <summary>The whole packet.</summary>
    public ReadOnlySpan<byte> Bytes { get; }

    /// <summary>The chunks, from the first.</summary>
    public ChunkReader Chunks => new(Bytes[PacketHeader.Length..]);

    /// <summary>Views a packet; false when it is shorter than a common header. The checksum is not looked at.</summary>
    public static bool TryRead(ReadOnlySpan<byte> packet, out PacketView view)
    {
        if (!PacketHeader.TryRead(packet, out PacketHeader header))
        {
            view = default;
            return false;
        }

        view = new PacketView(header, packet);
        return true;
    }

    /// <summary>Whether the CRC32c is the one that the packet should have (§6.8).</summary>
    public bool HasValidChecksum() => Header.Checksum == Crc32c.Compute(Bytes);
}
