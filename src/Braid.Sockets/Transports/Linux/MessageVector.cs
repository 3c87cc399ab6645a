using System;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Braid.Core;

namespace Braid.Sockets;

/// <summary>
/// What sendmmsg and recvmmsg take: messages with room for an address and control messages each, in memory that does not move. One
/// for each thread, as it is empty between two calls.
/// </summary>
internal sealed class MessageVector
{
    /// <summary>Messages in one call. More than eight save nothing (bench/Results), but do no harm where they are there.</summary>
    public const int Capacity = 32;

    private const int ControlRoom = 160;                     // an error, where a packet went, and a number or two

    private static readonly int s_header = Marshal.SizeOf<ControlHeader>();

    [ThreadStatic]
    private static MessageVector? t_current;
    [ThreadStatic]
    private static MessageVector? t_single;

    private readonly SocketMessage[] _messages = GC.AllocateArray<SocketMessage>(Capacity, pinned: true);
    private readonly SocketBuffer[] _buffers = GC.AllocateArray<SocketBuffer>(Capacity, pinned: true);
    private readonly byte[] _names = GC.AllocateArray<byte>(Capacity * SocketAddresses.LongestLength, pinned: true);
    private readonly byte[] _control = GC.AllocateArray<byte>(Capacity * ControlRoom, pinned: true);

    private MessageVector()
    {
        for (int i = 0; i < Capacity; i++)
        {
            _messages[i].Header.Name = Marshal.UnsafeAddrOfPinnedArrayElement(_names, i * SocketAddresses.LongestLength);
            _messages[i].Header.Buffers = Marshal.UnsafeAddrOfPinnedArrayElement(_buffers, i);
            _messages[i].Header.BufferCount = 1;
            _messages[i].Header.Control = Marshal.UnsafeAddrOfPinnedArrayElement(_control, i * ControlRoom);
        }
    }

    /// <summary>The calling thread's.</summary>
    public static MessageVector Current => t_current ??= new MessageVector();

    /// <summary>Another one, for what is sent once more while <see cref="Current"/> is in use.</summary>
    public static MessageVector Single => t_single ??= new MessageVector();

    /// <summary>Messages in it.</summary>
    public int Count { get; private set; }

    /// <summary>Whether no more may be added.</summary>
    public bool IsFull => Count == Capacity;

    /// <summary>A message, for the kernel.</summary>
    public ref SocketMessage this[int index] => ref _messages[index];

    /// <summary>Empties it.</summary>
    public void Clear() => Count = 0;

    /// <summary>Adds a message to send.</summary>
    /// <param name="address">Of its bytes.</param>
    /// <param name="length">How many they are.</param>
    /// <param name="size">Bytes in each datagram that the kernel is to make of them; 0 for one.</param>
    /// <param name="family">The socket's.</param>
    /// <param name="run">Where they go, and how.</param>
    /// <param name="namesSource">Whether the address that they leave from has to be said: the socket has several.</param>
    public void Add(nint address, int length, int size, AddressFamily family, in DatagramRun run, bool namesSource)
    {
        int index = Count++;
        ref SocketMessageHeader message = ref _messages[index].Header;
        Span<byte> name = Name(index);
        bool isIPv6 = family == AddressFamily.InterNetworkV6;
        MemoryMarshal.Write(name, isIPv6 ? LinuxSocket.IPv6Family : LinuxSocket.IPv4Family);
        SocketAddresses.Write(name, family, run.Path.Remote);
        message.NameLength = isIPv6 ? 28u : 16u;
        _buffers[index] = new SocketBuffer { Address = address, Length = (nuint)length };

        Span<byte> control = _control.AsSpan(index * ControlRoom, ControlRoom);
        int used = 0;
        if (size != 0)
        {
            used += Write(control, LinuxSocket.UdpLevel, LinuxSocket.UdpSegment, (ushort)size);
        }

        if (run.Ecn != EcnCodepoint.NotCapable)
        {
            // To an IPv4-mapped address goes an IPv4 packet, with what IPv4 calls it.
            used += run.Path.Remote.Family == NetworkFamily.IPv4
                ? Write(control[used..], LinuxSocket.IpLevel, LinuxSocket.IpTos, (int)run.Ecn)
                : Write(control[used..], LinuxSocket.IPv6Level, LinuxSocket.IPv6TrafficClass, (int)run.Ecn);
        }

        message.ControlLength = (nuint)(used + (namesSource ? WriteSource(control[used..], run.Path) : 0));
    }

    /// <summary>Into how many datagrams of what size the kernel was to cut a message.</summary>
    public (int Size, int Count) Segments(int index)
    {
        int length = (int)_buffers[index].Length;
        ControlHeader header = MemoryMarshal.Read<ControlHeader>(_control.AsSpan(index * ControlRoom));
        if (_messages[index].Header.ControlLength == 0 || header.Level != LinuxSocket.UdpLevel)
        {
            return (length, 1);
        }

        int size = MemoryMarshal.Read<ushort>(_control.AsSpan((index * ControlRoom) + s_header));
        return (size, (length + size - 1) / size);
    }

    /// <summary>Adds one of the datagrams of another vector's message, to be sent by itself.</summary>
    public void AddSegment(MessageVector whole, int index, int segment, int size)
    {
        int at = Count++;
        ref SocketMessageHeader message = ref _messages[at].Header;
        whole.Name(index).CopyTo(Name(at));
        message.NameLength = whole._messages[index].Header.NameLength;
        SocketBuffer buffer = whole._buffers[index];
        int offset = segment * size;
        _buffers[at] = new SocketBuffer { Address = buffer.Address + offset, Length = Math.Min((nuint)size, buffer.Length - (nuint)offset) };

        // Its first control message says that it is to be cut; the others stay.
        int skipped = Aligned(s_header + sizeof(ushort));
        int used = (int)whole._messages[index].Header.ControlLength - skipped;
        whole._control.AsSpan((index * ControlRoom) + skipped, used).CopyTo(_control.AsSpan(at * ControlRoom));
        message.ControlLength = (nuint)used;
    }

    /// <summary>Adds room for a message to receive.</summary>
    public void AddRoom(nint address, int length)
    {
        int index = Count++;
        ref SocketMessageHeader message = ref _messages[index].Header;
        message.NameLength = SocketAddresses.LongestLength;
        message.ControlLength = ControlRoom;
        _buffers[index] = new SocketBuffer { Address = address, Length = (nuint)length };
    }

    /// <summary>Which address of this host a packet came to (IP_PKTINFO, IPV6_PKTINFO); none where that is not said.</summary>
    /// <param name="index">Which message.</param>
    /// <param name="family">The socket's.</param>
    public NetworkAddress Destination(int index, AddressFamily family)
    {
        if (family == AddressFamily.InterNetwork)
        {
            // struct in_pktinfo: interface, our address, the header's.
            ReadOnlySpan<byte> own = Find(index, LinuxSocket.IpLevel, LinuxSocket.IpPacketInformation);
            return own.Length < 12 ? NetworkAddress.None : NetworkAddress.FromIPv4(own.Slice(4, 4), 0);
        }

        ReadOnlySpan<byte> data = Find(index, LinuxSocket.IPv6Level, LinuxSocket.IPv6PacketInformation);
        return data.Length < 20 ? NetworkAddress.None : NetworkAddress.FromIPv6(data[..16], 0);
    }

    /// <summary>What a message of the error queue says (struct sock_extended_err); empty where there is nothing of that.</summary>
    public ReadOnlySpan<byte> Error(int index, bool isIPv6) => isIPv6
        ? Find(index, LinuxSocket.IPv6Level, LinuxSocket.IPv6ReceiveErrors)
        : Find(index, LinuxSocket.IpLevel, LinuxSocket.IpReceiveErrors);

    /// <summary>Copies the beginning of a message that is to be sent.</summary>
    /// <returns>Bytes copied.</returns>
    public int CopyBeginning(int index, byte[] destination)
    {
        int length = Math.Min(destination.Length, (int)_buffers[index].Length);
        Marshal.Copy(_buffers[index].Address, destination, 0, length);
        return length;
    }

    /// <summary>Where a message that is to be sent goes.</summary>
    public NetworkAddress Receiver(int index, AddressFamily family) => Sender(index, family);

    /// <summary>Where a message came from.</summary>
    public NetworkAddress Sender(int index, AddressFamily family) => SocketAddresses.Read(Name(index), family);

    /// <summary>What a message said besides its bytes: the size of its datagrams, 0 for one, and the codepoint of all of them.</summary>
    public (int Size, EcnCodepoint Ecn) Control(int index)
    {
        int size = 0;
        var ecn = EcnCodepoint.NotCapable;
        ReadOnlySpan<byte> rest = Controls(index);
        while (TryRead(ref rest, out ControlHeader header, out ReadOnlySpan<byte> data))
        {
            switch (header.Level, header.Type)
            {
                case (LinuxSocket.UdpLevel, LinuxSocket.UdpGro):
                    size = MemoryMarshal.Read<int>(data);
                    break;
                case (LinuxSocket.IpLevel, LinuxSocket.IpTos):
                    ecn = (EcnCodepoint)(data[0] & 3);       // a byte here, an int there
                    break;
                case (LinuxSocket.IPv6Level, LinuxSocket.IPv6TrafficClass):
                    ecn = (EcnCodepoint)(MemoryMarshal.Read<int>(data) & 3);
                    break;
            }
        }

        return (size, ecn);
    }

    private ReadOnlySpan<byte> Find(int index, int level, int type)
    {
        ReadOnlySpan<byte> rest = Controls(index);
        while (TryRead(ref rest, out ControlHeader header, out ReadOnlySpan<byte> data))
        {
            if (header.Level == level && header.Type == type)
            {
                return data;
            }
        }

        return default;
    }

    private ReadOnlySpan<byte> Controls(int index) => _control.AsSpan(index * ControlRoom, (int)_messages[index].Header.ControlLength);

    private static bool TryRead(scoped ref ReadOnlySpan<byte> rest, out ControlHeader header, out ReadOnlySpan<byte> data)
    {
        header = rest.Length < s_header ? default : MemoryMarshal.Read<ControlHeader>(rest);
        int length = (int)header.Length;
        if (length < s_header || length > rest.Length)
        {
            data = default;
            return false;
        }

        data = rest[s_header..length];
        rest = rest[Math.Min(Aligned(length), rest.Length)..];
        return true;
    }

    // struct in_pktinfo and in6_pktinfo: the address to send from, and any interface.
    private static int WriteSource(Span<byte> control, in NetworkPath path)
    {
        NetworkAddress local = path.Local;
        Span<byte> data = stackalloc byte[20];
        data.Clear();
        switch (local.Family == path.Remote.Family ? local.Family : NetworkFamily.None)
        {
            case NetworkFamily.IPv4:
                local.WriteAddress(data[4..]);
                return Write(control, LinuxSocket.IpLevel, LinuxSocket.IpPacketInformation, data[..12]);
            case NetworkFamily.IPv6:
                local.WriteAddress(data);
                return Write(control, LinuxSocket.IPv6Level, LinuxSocket.IPv6PacketInformation, data);
            default:
                return 0;
        }
    }

    private static int Write(Span<byte> control, int level, int type, ReadOnlySpan<byte> data)
    {
        int length = s_header + data.Length;
        MemoryMarshal.Write(control, new ControlHeader { Length = (nuint)length, Level = level, Type = type });
        data.CopyTo(control[s_header..]);
        return Aligned(length);
    }

    private static int Write<T>(Span<byte> control, int level, int type, T value)
        where T : unmanaged
    {
        int length = s_header + Marshal.SizeOf<T>();
        MemoryMarshal.Write(control, new ControlHeader { Length = (nuint)length, Level = level, Type = type });
        MemoryMarshal.Write(control[s_header..], value);
        return Aligned(length);
    }

    private static int Aligned(int length) => (length + nint.Size - 1) & -nint.Size;

    private Span<byte> Name(int index) => _names.AsSpan(index * SocketAddresses.LongestLength, SocketAddresses.LongestLength);
}
