using System;
using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Braid.Core;

namespace Braid.Sockets;

/// <summary>
/// <see cref="NetworkAddress"/> to and from what sockets use, without an object for each datagram. The fields of
/// sockaddr_in and sockaddr_in6 lie in the same places on Linux, Windows and macOS; only the family is encoded otherwise,
/// and <see cref="SocketAddress.Family"/> hides that.
/// </summary>
internal static class SocketAddresses
{
    private const int PortOffset = 2;
    private const int IPv4Offset = 4;
    private const int IPv6Offset = 8;
    private const int ScopeOffset = 24;

    /// <summary>Bytes of the longer one of the two.</summary>
    public const int LongestLength = 28;

    /// <summary>The address that a socket reported.</summary>
    public static NetworkAddress ToNetworkAddress(this SocketAddress address) => Read(address.Buffer.Span, address.Family);

    /// <summary>Reads a sockaddr, whose family the caller knows.</summary>
    public static NetworkAddress Read(ReadOnlySpan<byte> bytes, AddressFamily family)
    {
        ushort port = BinaryPrimitives.ReadUInt16BigEndian(bytes[PortOffset..]);
        return family switch
        {
            AddressFamily.InterNetwork => NetworkAddress.FromIPv4(bytes.Slice(IPv4Offset, 4), port),
            AddressFamily.InterNetworkV6 => NetworkAddress.FromIPv6(
                bytes.Slice(IPv6Offset, 16), port, BitConverter.ToUInt32(bytes[ScopeOffset..])),
            _ => NetworkAddress.None,
        };
    }

    /// <summary>Writes an address into one that a socket of the same family uses.</summary>
    /// <param name="socketAddress">Of the socket's family; an IPv4 address becomes IPv4-mapped in an IPv6 one.</param>
    /// <param name="address">The address.</param>
    public static void Set(this SocketAddress socketAddress, in NetworkAddress address) =>
        Write(socketAddress.Buffer.Span, socketAddress.Family, address);

    /// <summary>Writes a sockaddr but for its first two bytes, the family.</summary>
    /// <param name="bytes">All of it.</param>
    /// <param name="family">The socket's; an IPv4 address becomes IPv4-mapped in an IPv6 one.</param>
    /// <param name="address">The address.</param>
    public static void Write(Span<byte> bytes, AddressFamily family, in NetworkAddress address)
    {
        BinaryPrimitives.WriteUInt16BigEndian(bytes[PortOffset..], address.Port);
        if (family == AddressFamily.InterNetwork)
        {
            address.WriteAddress(bytes[IPv4Offset..]);
            return;
        }

        Span<byte> ip = bytes.Slice(IPv6Offset, 16);
        if (address.Family == NetworkFamily.IPv4)
        {
            ip.Clear();
            ip[10] = 0xFF;
            ip[11] = 0xFF;
            address.WriteAddress(ip[12..]);
        }
        else
        {
            address.WriteAddress(ip);
        }

        BitConverter.TryWriteBytes(bytes[ScopeOffset..], address.ScopeId);
    }

    /// <summary>The address of an end point.</summary>
    public static NetworkAddress ToNetworkAddress(this IPEndPoint endPoint)
    {
        Span<byte> bytes = stackalloc byte[16];
        endPoint.Address.TryWriteBytes(bytes, out int length);
        return length == 4
            ? NetworkAddress.FromIPv4(bytes[..4], (ushort)endPoint.Port)
            : NetworkAddress.FromIPv6(bytes, (ushort)endPoint.Port, (uint)endPoint.Address.ScopeId);
    }

    /// <summary>The end point of an address.</summary>
    public static IPEndPoint ToIPEndPoint(this in NetworkAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        int length = address.WriteAddress(bytes);
        return length switch
        {
            4 => new IPEndPoint(new IPAddress(bytes[..4]), address.Port),
            16 => new IPEndPoint(new IPAddress(bytes, address.ScopeId), address.Port),
            _ => new IPEndPoint(IPAddress.None, 0),
        };
    }
}
