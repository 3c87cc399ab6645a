using System;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace Braid.Usrsctp;

/// <summary>usrsctp_dumppacket: a packet as a line of text that text2pcap reads.</summary>
internal static unsafe class PacketDump
{
    /// <summary>The text, in memory of malloc's.</summary>
    /// <param name="packet">The packet.</param>
    /// <param name="isOutbound">Whether it goes out.</param>
    /// <param name="time">The time of day.</param>
    public static nint Allocate(ReadOnlySpan<byte> packet, bool isOutbound, DateTime time)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"\n{(isOutbound ? 'O' : 'I')} {time:HH:mm:ss.ffffff} 0000 ");
        foreach (byte value in packet)
        {
            text.Append(CultureInfo.InvariantCulture, $"{value:x2} ");
        }

        text.Append("# SCTP_PACKET\n");
        byte[] bytes = Encoding.ASCII.GetBytes(text.ToString());
        var start = (byte*)NativeMemory.Alloc((nuint)bytes.Length + 1);
        bytes.CopyTo(new Span<byte>(start, bytes.Length));
        start[bytes.Length] = 0;
        return (nint)start;
    }
}
