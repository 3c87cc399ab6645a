using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Braid.Usrsctp;

/// <summary>What a sockaddr says: an IP address, or an address that means something to the program alone (AF_CONN), and an SCTP port.</summary>
/// <param name="Address">The IP address; null for AF_CONN.</param>
/// <param name="Conn">The address of AF_CONN; 0 for every one of them.</param>
/// <param name="Port">The SCTP port; 0 for none.</param>
internal readonly record struct SocketName(IPAddress? Address, nint Conn, ushort Port)
{
    [C("AF_UNSPEC")] public const int Unspecified = 0;
    [C("AF_INET")] public const int IPv4 = 2;
    [C("AF_INET6")] public const int IPv6 = 10;
    [C("AF_CONN")] public const int Own = 123;

    /// <summary>Bytes of a sockaddr_storage.</summary>
    public const int StorageSize = AddressLayouts.Storage.Size;

    /// <summary>Its family, as C has it.</summary>
    public int Family => Address is null ? Own : Address.AddressFamily == AddressFamily.InterNetwork ? IPv4 : IPv6;

    /// <summary>Whether it stands for every address.</summary>
    public bool IsWildcard => Address is null ? Conn == 0 : Address.Equals(IPAddress.Any) || Address.Equals(IPAddress.IPv6Any);

    /// <summary>Whether another one has the same address, whatever its port.</summary>
    public bool IsAt(in SocketName other) => Conn == other.Conn && Equals(Address, other.Address);

    /// <summary>Bytes of its sockaddr.</summary>
    public int Size => SizeOf(Family);

    /// <summary>Reads a sockaddr.</summary>
    /// <param name="bytes">The sockaddr, and perhaps more.</param>
    /// <exception cref="RefusedException">It is too short, or of a family that there is none of.</exception>
    public static SocketName Read(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < sizeof(ushort))
        {
            throw new RefusedException(Errno.Invalid);
        }

        int family = MemoryMarshal.Read<ushort>(bytes);
        if (SizeOf(family) == 0)
        {
            throw new RefusedException(Errno.FamilyNotSupported);
        }

        if (bytes.Length < SizeOf(family))
        {
            throw new RefusedException(Errno.Invalid);
        }

        ushort port = BinaryPrimitives.ReadUInt16BigEndian(bytes[AddressLayouts.Conn.Port..]);
        return family switch
        {
            IPv4 => new SocketName(new IPAddress(bytes.Slice(AddressLayouts.IPv4.Address, 4)), 0, port),
            IPv6 => new SocketName(FromIPv6(bytes), 0, port),
            _ => new SocketName(null, MemoryMarshal.Read<nint>(bytes[AddressLayouts.Conn.Address..]), port),
        };
    }

    /// <summary>Reads a sockaddr that may be a byte too short, which libusrsctp's bind does not mind: what is missing is 0.</summary>
    /// <inheritdoc cref="Read"/>
    public static SocketName ReadShort(ReadOnlySpan<byte> bytes)
    {
        int size = bytes.Length < sizeof(ushort) ? 0 : SizeOf(MemoryMarshal.Read<ushort>(bytes));
        if (bytes.Length != size - 1)
        {
            return Read(bytes);
        }

        Span<byte> whole = stackalloc byte[StorageSize];
        whole.Clear();
        bytes.CopyTo(whole);
        return Read(whole);
    }

    /// <summary>Reads several sockaddrs, one behind the other.</summary>
    /// <param name="start">Where they are; not 0.</param>
    /// <param name="count">How many, from 1.</param>
    public static unsafe SocketName[] ReadAll(nint start, int count)
    {
        var names = new SocketName[count];
        for (int i = 0; i < count; i++)
        {
            int size = SizeOf(*(ushort*)start);
            if (size == 0)
            {
                throw new RefusedException(Errno.Invalid);
            }

            names[i] = Read(new ReadOnlySpan<byte>((void*)start, size));
            start += size;
        }

        return names;
    }

    /// <summary>Writes it as a sockaddr.</summary>
    /// <param name="bytes">At least <see cref="Size"/>.</param>
    public void Write(Span<byte> bytes)
    {
        bytes[..Size].Clear();
        MemoryMarshal.Write(bytes, (ushort)Family);
        BinaryPrimitives.WriteUInt16BigEndian(bytes[AddressLayouts.Conn.Port..], Port);
        if (Address is null)
        {
            MemoryMarshal.Write(bytes[AddressLayouts.Conn.Address..], Conn);
        }
        else if (Address.AddressFamily == AddressFamily.InterNetwork)
        {
            Address.TryWriteBytes(bytes[AddressLayouts.IPv4.Address..], out _);
        }
        else
        {
            Address.TryWriteBytes(bytes[AddressLayouts.IPv6.Address..], out _);
            MemoryMarshal.Write(bytes[AddressLayouts.IPv6.Scope..], (uint)Address.ScopeId);
        }
    }

    /// <summary>Writes as much of it as there is room for, as accept does.</summary>
    /// <param name="start">Where to; 0 for nowhere.</param>
    /// <param name="length">Room, and then the length of the whole.</param>
    public unsafe void Write(nint start, uint* length)
    {
        if (start == 0 || length is null)
        {
            return;
        }

        Span<byte> whole = stackalloc byte[StorageSize];
        Write(whole);
        int fits = (int)Math.Min(*length, (uint)Size);       // what is there may be anything
        whole[..fits].CopyTo(new Span<byte>((void*)start, fits));
        *length = (uint)Size;
    }

    /// <summary>Several names as sockaddrs, one behind the other, in memory of malloc's.</summary>
    public static unsafe nint Allocate(IReadOnlyList<SocketName> names)
    {
        int size = 0;
        foreach (SocketName name in names)
        {
            size += name.Size;
        }

        var start = (byte*)NativeMemory.Alloc((nuint)Math.Max(size, 1));
        byte* next = start;
        foreach (SocketName name in names)
        {
            name.Write(new Span<byte>(next, name.Size));
            next += name.Size;
        }

        return (nint)start;
    }

    private static int SizeOf(int family) => family switch
    {
        IPv4 => AddressLayouts.IPv4.Size,
        IPv6 => AddressLayouts.IPv6.Size,
        Own => AddressLayouts.Conn.Size,
        _ => 0,
    };

    private static IPAddress FromIPv6(ReadOnlySpan<byte> bytes)
    {
        var address = new IPAddress(bytes.Slice(AddressLayouts.IPv6.Address, 16), MemoryMarshal.Read<uint>(bytes[AddressLayouts.IPv6.Scope..]));
        return address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
    }
}
