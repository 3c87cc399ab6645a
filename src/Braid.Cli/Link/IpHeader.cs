using System;
using System.Buffers.Binary;
using Braid.Core;

namespace Braid.Cli.Link;

/// <summary>What an emulated path looks at in an IP packet, and changes.</summary>
internal static class IpHeader
{
    private const int ChecksumOffset = 10;

    /// <summary>The codepoint (RFC 3168 §5).</summary>
    public static EcnCodepoint Ecn(ReadOnlySpan<byte> packet) =>
        (EcnCodepoint)(IsIPv4(packet) ? packet[1] & 3 : (packet[1] >> 4) & 3);

    /// <summary>Marks it; the checksum of an IPv4 header follows (RFC 1624).</summary>
    public static void SetEcn(Span<byte> packet, EcnCodepoint ecn)
    {
        if (!IsIPv4(packet))
        {
            packet[1] = (byte)((packet[1] & 0xCF) | ((int)ecn << 4));
            return;
        }

        ushort before = BinaryPrimitives.ReadUInt16BigEndian(packet);
        packet[1] = (byte)((packet[1] & 0xFC) | (int)ecn);
        ushort after = BinaryPrimitives.ReadUInt16BigEndian(packet);
        int sum = (ushort)~BinaryPrimitives.ReadUInt16BigEndian(packet[ChecksumOffset..]) + (ushort)~before + after;
        sum = (sum & 0xFFFF) + (sum >> 16);
        sum = (sum & 0xFFFF) + (sum >> 16);
        BinaryPrimitives.WriteUInt16BigEndian(packet[ChecksumOffset..], (ushort)~sum);
    }

    private static bool IsIPv4(ReadOnlySpan<byte> packet) => packet[0] >> 4 == 4;
}
