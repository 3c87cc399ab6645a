using System.Runtime.InteropServices;

namespace Braid.Sockets;

/// <summary>The system calls, and their numbers from the headers of Linux.</summary>
internal static partial class LinuxSocket
{
    public const ushort IPv4Family = 2;
    public const ushort IPv6Family = 10;

    // Levels and names of options and control messages: <linux/in.h>, <linux/in6.h>, <linux/udp.h>.
    public const int IpLevel = 0;
    public const int IpTos = 1;
    public const int IpPacketInformation = 8;
    public const int IpReceiveErrors = 11;
    public const int IpReceiveTos = 13;
    public const int IPv6Level = 41;
    public const int IPv6ReceiveErrors = 25;
    public const int IPv6ReceivePacketInformation = 49;
    public const int IPv6PacketInformation = 50;
    public const int IPv6ReceiveTrafficClass = 66;
    public const int IPv6TrafficClass = 67;
    public const int UdpLevel = 17;
    public const int UdpSegment = 103;
    public const int UdpGro = 104;

    public const int SocketLevel = 1;                        // SOL_SOCKET
    public const int AttachFilter = 26;                      // SO_ATTACH_FILTER

    public const int Truncated = 0x20;                       // MSG_TRUNC
    public const int ErrorQueue = 0x2000;                    // MSG_ERRQUEUE
    public const int DoNotWait = 0x40;                       // MSG_DONTWAIT

    public const int NotPermitted = 1;                       // EPERM
    public const int Interrupted = 4;                        // EINTR
    public const int InputOutput = 5;                        // EIO
    public const int Again = 11;                             // EAGAIN
    public const int NoMemory = 12;                          // ENOMEM
    public const int AccessDenied = 13;                      // EACCES
    public const int InvalidArgument = 22;                   // EINVAL
    public const int SystemFilesUsedUp = 23;                 // ENFILE
    public const int FilesUsedUp = 24;                       // EMFILE
    public const int MessageSize = 90;                       // EMSGSIZE
    public const int ProtocolNotSupported = 93;              // EPROTONOSUPPORT
    public const int TypeNotSupported = 94;                  // ESOCKTNOSUPPORT
    public const int FamilyNotSupported = 97;                // EAFNOSUPPORT
    public const int NoBuffers = 105;                        // ENOBUFS

    /// <summary>socket(2): for protocols that <see cref="System.Net.Sockets.ProtocolType"/> does not have.</summary>
    [LibraryImport("libc", EntryPoint = "socket", SetLastError = true)]
    public static partial int Open(int family, int type, int protocol);

    /// <summary>Sends some of the messages, at least one.</summary>
    /// <returns>How many; -1 for an error of the first.</returns>
    [LibraryImport("libc", EntryPoint = "sendmmsg", SetLastError = true)]
    public static partial int SendMessages(SafeHandle socket, ref SocketMessage messages, uint count, int flags);

    /// <summary>Receives up to a number of messages.</summary>
    /// <param name="socket">The socket.</param>
    /// <param name="messages">Where they go.</param>
    /// <param name="count">At most.</param>
    /// <param name="flags">MSG_DONTWAIT.</param>
    /// <param name="timeout">0.</param>
    /// <returns>How many; -1 for an error, EAGAIN when there is none.</returns>
    [LibraryImport("libc", EntryPoint = "recvmmsg", SetLastError = true)]
    public static partial int ReceiveMessages(SafeHandle socket, ref SocketMessage messages, uint count, int flags, nint timeout);
}

/// <summary>struct mmsghdr: one message, and how much of it there was.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct SocketMessage
{
    /// <summary>The message.</summary>
    public SocketMessageHeader Header;

    /// <summary>Bytes sent or received.</summary>
    public uint Length;
}

/// <summary>struct msghdr: where the parts of a message are.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct SocketMessageHeader
{
    /// <summary>Of the sockaddr.</summary>
    public nint Name;

    /// <summary>Bytes of it: room before a receive, what was used after.</summary>
    public uint NameLength;

    /// <summary>Of the first <see cref="SocketBuffer"/>.</summary>
    public nint Buffers;

    /// <summary>How many there are.</summary>
    public nuint BufferCount;

    /// <summary>Of the control messages.</summary>
    public nint Control;

    /// <summary>Bytes of them: room before a receive, what was used after.</summary>
    public nuint ControlLength;

    /// <summary>MSG_TRUNC after a receive.</summary>
    public int Flags;
}

/// <summary>struct iovec: where the bytes of a message are.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct SocketBuffer
{
    /// <summary>Of the first.</summary>
    public nint Address;

    /// <summary>How many.</summary>
    public nuint Length;
}

/// <summary>struct cmsghdr: what goes along with a message. Its data follow.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct ControlHeader
{
    /// <summary>Of header and data.</summary>
    public nuint Length;

    /// <summary>Whose it is.</summary>
    public int Level;

    /// <summary>What it is.</summary>
    public int Type;
}
