using System;
using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Braid.Usrsctp;

// Structures of usrsctp.h, by the names of their fields there without the prefix. A C program of the tests reads and writes them.

/// <summary>union sctp_sockstore: an address of any family.</summary>
[StructLayout(LayoutKind.Sequential, Size = 32)]
internal struct SocketStore
{
    private Storage _storage;

    /// <summary>Its bytes, for <see cref="SocketName.Write(Span{byte})"/>.</summary>
    [UnscopedRef]
    public Span<byte> Bytes => MemoryMarshal.AsBytes(MemoryMarshal.CreateSpan(ref _storage, 1));

    [InlineArray(4)]
    private struct Storage
    {
        private long _first;                                 // aligned as the pointer in sockaddr_conn
    }
}

/// <summary>struct sctp_rcvinfo.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct ReceiveInfo
{
    public ushort Sid;
    public ushort Ssn;
    public ushort Flags;
    public uint Ppid;
    public uint Tsn;
    public uint CumulativeTsn;
    public uint Context;
    public uint AssociationId;

    public const ushort Unordered = 0x0400;                  // SCTP_UNORDERED
    public const ushort FirstFragment = 0x0200;              // the bits of the first DATA chunk: B and E (RFC 9260 §3.3.1)
    public const ushort LastFragment = 0x0100;

    /// <summary>What is told with a message; all zeros for a notification.</summary>
    /// <param name="part">The message.</param>
    /// <param name="more">Flags beside its own.</param>
    public static ReceiveInfo Of(in IncomingPart part, ushort more = 0) => part.IsNotification ? default : new ReceiveInfo
    {
        Sid = part.Info.StreamId,
        Ssn = part.Info.Ssn,
        Flags = (ushort)((part.Info.Unordered ? Unordered : 0) | more),
        Ppid = BinaryPrimitives.ReverseEndianness(part.Info.Ppid),           // as it is on the wire
        Tsn = part.Info.Tsn,
        CumulativeTsn = part.Info.CumulativeTsn,
        Context = part.Info.Context,
        AssociationId = part.Id,
    };
}

/// <summary>struct sctp_nxtinfo.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct NextInfo
{
    public ushort Sid;
    public ushort Flags;
    public uint Ppid;
    public uint Length;
    public uint AssociationId;
}

/// <summary>struct sctp_sndinfo.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct SendInfo
{
    public ushort Sid;
    public ushort Flags;
    public uint Ppid;
    public uint Context;
    public uint AssociationId;

    public const int EndOfFile = 0x0100;                     // SCTP_EOF
    public const int Abort = 0x0200;                         // SCTP_ABORT
    public const int Unordered = 0x0400;                     // SCTP_UNORDERED
    public const int AddressOver = 0x0800;                   // SCTP_ADDR_OVER
    public const int SendAll = 0x1000;                       // SCTP_SENDALL
    public const int EndOfRecord = 0x2000;                   // SCTP_EOR
    public const int SackImmediately = 0x4000;               // SCTP_SACK_IMMEDIATELY
    public const ushort NotFragmented = 0x0003;              // SCTP_DATA_NOT_FRAG, of a message that failed
    public const int AllFlags = EndOfFile | Abort | Unordered | AddressOver | SendAll | EndOfRecord | SackImmediately;
}

/// <summary>struct sctp_prinfo.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct ReliabilityInfo
{
    public ushort Policy;
    public uint Value;
}

/// <summary>struct sctp_authinfo.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct AuthenticationInfo
{
    public ushort KeyNumber;
}

/// <summary>struct sctp_sendv_spa.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct SendAttributes
{
    public uint Flags;
    public SendInfo Send;
    public ReliabilityInfo Reliability;
    public AuthenticationInfo Authentication;

    public const uint HasSend = 1;                           // SCTP_SEND_SNDINFO_VALID
    public const uint HasReliability = 2;                    // SCTP_SEND_PRINFO_VALID
    public const uint HasAuthentication = 4;                 // SCTP_SEND_AUTHINFO_VALID
}
