using System;
using Braid.Core;

namespace Braid.Sctp.Wire;

/// <summary>The common header (RFC 9260 §3.1).</summary>
/// <param name="SourcePort">SCTP port of the sender.</param>
/// <param name="DestinationPort">SCTP port of the receiver.</param>
/// <param name="Tag">The receiver's verification tag.</param>
/// <param name="Checksum">CRC32c of the packet, as <see cref="Crc32c.Compute"/> gives it.</param>
public readonly record struct PacketHeader(ushort SourcePort, ushort DestinationPort, VerificationTag Tag, uint Checksum)
{
    /// <summary>Bytes of the header.</summary>
    public const int Length = 12;

    /// <summary>Where the checksum lies.</summary>
    internal const int ChecksumOffset = 8;

    /// <summary>The ports as the receiver sees them.</summary>
    internal PortPair Ports => new(DestinationPort, SourcePort);

    /// <summary>Reads the header of a packet; false when the packet is shorter than one.</summary>
    public static bool TryRead(ReadOnlySpan<byte> packet, out PacketHeader header)
    {
        var reader = new WireReader(packet);
        bool isWhole = reader.TryReadUInt16(out ushort source) & reader.TryReadUInt16(out ushort destination)
            & reader.TryReadUInt32(out uint tag) & reader.TryReadUInt32(out uint checksum);
        header = new PacketHeader(source, destination, new VerificationTag(tag), checksum);
        return isWhole;
    }
}
