using System;
using System.Buffers.Binary;
using System.IO;
using System.Text;
using Braid.Core;

namespace Braid.Simulation;

/// <summary>
/// Writes SCTP packets as a pcapng file that Wireshark opens: each in UDP and IP, as RFC 6951 sends it, at its instant of
/// virtual time. A packet that the network loses says so in its comment.
/// </summary>
public sealed class PcapNgWriter
{
    private const uint SectionHeader = 0x0A0D0D0A;
    private const uint InterfaceDescription = 1;
    private const uint EnhancedPacket = 6;
    private const uint ByteOrder = 0x1A2B3C4D;
    private const ushort RawIp = 101;
    private const int UdpHeader = 8;

    private readonly Stream _output;

    /// <param name="output">Where the file goes; not closed.</param>
    public PcapNgWriter(Stream output)
    {
        ArgumentNullException.ThrowIfNull(output);
        _output = output;

        // Version 1.0, a section of unknown length.
        WriteBlock(SectionHeader, [.. U32(ByteOrder), .. U16(1), .. U16(0), .. U32(uint.MaxValue), .. U32(uint.MaxValue)]);

        // if_tsresol (9): ten to the power of -9 seconds; snap length 0 is no limit.
        WriteBlock(InterfaceDescription, [.. U16(RawIp), .. U16(0), .. U32(0), .. Option(9, [9]), .. U32(0)]);
    }

    /// <summary>Writes a packet.</summary>
    /// <param name="now">When it was sent.</param>
    /// <param name="path">From where to where.</param>
    /// <param name="packet">The SCTP packet.</param>
    /// <param name="comment">What to say about it; null for nothing.</param>
    public void Write(Instant now, in NetworkPath path, ReadOnlySpan<byte> packet, string? comment = null)
    {
        byte[] ip = Encapsulate(path, packet);
        ulong nanoseconds = (ulong)now.Ticks * 100;
        byte[] options = comment is null ? [] : [.. Option(1, Encoding.UTF8.GetBytes(comment)), .. U32(0)];
        WriteBlock(
            EnhancedPacket,
            [
                .. U32(0), .. U32((uint)(nanoseconds >> 32)), .. U32((uint)nanoseconds), .. U32((uint)ip.Length), .. U32((uint)ip.Length),
                .. ip, .. new byte[-ip.Length & 3], .. options,
            ]);
    }

    private static byte[] Encapsulate(in NetworkPath path, ReadOnlySpan<byte> packet)
    {
        bool isIPv6 = path.Remote.Family == NetworkFamily.IPv6;
        int header = isIPv6 ? 40 : 20;
        var bytes = new byte[header + UdpHeader + packet.Length];
        Span<byte> ip = bytes;
        Span<byte> udp = ip[header..];
        BinaryPrimitives.WriteUInt16BigEndian(udp, path.Local.Port);
        BinaryPrimitives.WriteUInt16BigEndian(udp[2..], path.Remote.Port);
        BinaryPrimitives.WriteUInt16BigEndian(udp[4..], (ushort)(UdpHeader + packet.Length));
        packet.CopyTo(udp[UdpHeader..]);
        Span<byte> address = stackalloc byte[16];
        if (isIPv6)
        {
            ip[0] = 0x60;
            BinaryPrimitives.WriteUInt16BigEndian(ip[4..], (ushort)(UdpHeader + packet.Length));
            (ip[6], ip[7]) = (17, 64);
            path.Local.WriteAddress(address);
            address.CopyTo(ip[8..]);
            path.Remote.WriteAddress(address);
            address.CopyTo(ip[24..]);
            return bytes;
        }

        ip[0] = 0x45;
        BinaryPrimitives.WriteUInt16BigEndian(ip[2..], (ushort)bytes.Length);
        (ip[8], ip[9]) = (64, 17);
        path.Local.WriteAddress(address);
        address[..4].CopyTo(ip[12..]);
        path.Remote.WriteAddress(address);
        address[..4].CopyTo(ip[16..]);
        BinaryPrimitives.WriteUInt16BigEndian(ip[10..], HeaderChecksum(ip[..20]));
        return bytes;
    }

    private static ushort HeaderChecksum(ReadOnlySpan<byte> header)
    {
        uint sum = 0;
        for (int i = 0; i < header.Length; i += 2)
        {
            sum += BinaryPrimitives.ReadUInt16BigEndian(header[i..]);
        }

        sum = (sum & 0xFFFF) + (sum >> 16);
        sum = (sum & 0xFFFF) + (sum >> 16);
        return (ushort)~sum;
    }

    private void WriteBlock(uint type, byte[] body)
    {
        uint length = (uint)(12 + body.Length);
        _output.Write([.. U32(type), .. U32(length), .. body, .. U32(length)]);
    }

    private static byte[] Option(ushort code, byte[] value) =>
        [.. U16(code), .. U16((ushort)value.Length), .. value, .. new byte[-value.Length & 3]];

    private static byte[] U16(ushort value)
    {
        var bytes = new byte[2];
        BinaryPrimitives.WriteUInt16LittleEndian(bytes, value);
        return bytes;
    }

    private static byte[] U32(uint value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        return bytes;
    }
}
