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

    private const int ControlRoom = 96;                      // two or three messages with an int each

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
    public void Add(nint address, int length, int size, AddressFamily family, in DatagramRun run)
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

        message.ControlLength = (nuint)used;
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

    /// <summary>Where a message came from.</summary>
    public NetworkAddress Sender(int index, AddressFamily family) => SocketAddresses.Read(Name(index), family);

    /// <summary>What a message said besides its bytes: the size of its datagrams, 0 for one, and the codepoint of all of them.</summary>
    public (int Size, EcnCodepoint Ecn) Control(int index)
    {
        int size = 0;
        var ecn = EcnCodepoint.NotCapable;
        ReadOnlySpan<byte> rest = _control.AsSpan(index * ControlRoom, (int)_messages[index].Header.ControlLength);
        while (rest.Length >= s_header)
        {
            ControlHeader header = MemoryMarshal.Read<ControlHeader>(rest);
            int length = (int)header.Length;
            if (length < s_header || length > rest.Length)
            {
                break;
            }

            ReadOnlySpan<byte> data = rest[s_header..length];
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

            rest = rest[Math.Min(Aligned(length), rest.Length)..];
        }

        return (size, ecn);
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
