using System;
using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Braid.Usrsctp;

// Structures of usrsctp.h, by the names of their fields there without the prefix. A C program of the tests reads and writes them.

/// <summary>union sctp_sockstore: an address of any family.</summary>
[C("union sctp_sockstore")]
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
[C("sctp_rcvinfo")]
[StructLayout(LayoutKind.Sequential)]
internal struct ReceiveInfo
{
    [C("rcv_sid")] public ushort Sid;
    [C("rcv_ssn")] public ushort Ssn;
    [C("rcv_flags")] public ushort Flags;
    [C("rcv_ppid")] public uint Ppid;
    [C("rcv_tsn")] public uint Tsn;
    [C("rcv_cumtsn")] public uint CumulativeTsn;
    [C("rcv_context")] public uint Context;
    [C("rcv_assoc_id")] public uint AssociationId;

    [C("SCTP_UNORDERED")] public const ushort Unordered = 0x0400;
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
[C("sctp_nxtinfo")]
[StructLayout(LayoutKind.Sequential)]
internal struct NextInfo
{
    [C("nxt_sid")] public ushort Sid;
    [C("nxt_flags")] public ushort Flags;
    [C("nxt_ppid")] public uint Ppid;
    [C("nxt_length")] public uint Length;
    [C("nxt_assoc_id")] public uint AssociationId;
}

/// <summary>struct sctp_sndinfo.</summary>
[C("sctp_sndinfo")]
[StructLayout(LayoutKind.Sequential)]
internal struct SendInfo
{
    [C("snd_sid")] public ushort Sid;
    [C("snd_flags")] public ushort Flags;
    [C("snd_ppid")] public uint Ppid;
    [C("snd_context")] public uint Context;
    [C("snd_assoc_id")] public uint AssociationId;

    [C("snd_assoc_id")] public const int IdOffset = 12;
    public const int Size = 16;

    [C("SCTP_EOF")] public const int EndOfFile = 0x0100;
    [C("SCTP_ABORT")] public const int Abort = 0x0200;
    [C("SCTP_UNORDERED")] public const int Unordered = 0x0400;
    [C("SCTP_ADDR_OVER")] public const int AddressOver = 0x0800;
    [C("SCTP_SENDALL")] public const int SendAll = 0x1000;
    [C("SCTP_EOR")] public const int EndOfRecord = 0x2000;
    [C("SCTP_SACK_IMMEDIATELY")] public const int SackImmediately = 0x4000;
    [C("SCTP_DATA_NOT_FRAG")] public const ushort NotFragmented = 0x0003; // of a message that failed
    public const int AllFlags = EndOfFile | Abort | Unordered | AddressOver | SendAll | EndOfRecord | SackImmediately;
}

/// <summary>struct sctp_prinfo.</summary>
[C("sctp_prinfo")]
[StructLayout(LayoutKind.Sequential)]
internal struct ReliabilityInfo
{
    [C("pr_policy")] public ushort Policy;
    [C("pr_value")] public uint Value;

    [C("SCTP_PR_SCTP_NONE")] public const ushort None = 0;
    [C("SCTP_PR_SCTP_TTL")] public const ushort ByLifetime = 1;
    [C("SCTP_PR_SCTP_BUF")] public const ushort ByPriority = 2;
    [C("SCTP_PR_SCTP_RTX")] public const ushort ByRetransmissions = 3;
}

/// <summary>struct sctp_authinfo.</summary>
[C("sctp_authinfo")]
[StructLayout(LayoutKind.Sequential)]
internal struct AuthenticationInfo
{
    [C("auth_keynumber")] public ushort KeyNumber;
}

/// <summary>struct sctp_sendv_spa.</summary>
[C("sctp_sendv_spa")]
[StructLayout(LayoutKind.Sequential)]
internal struct SendAttributes
{
    [C("sendv_flags")] public uint Flags;
    [C("sendv_sndinfo")] public SendInfo Send;
    [C("sendv_prinfo")] public ReliabilityInfo Reliability;
    [C("sendv_authinfo")] public AuthenticationInfo Authentication;

    [C("SCTP_SEND_SNDINFO_VALID")] public const uint HasSend = 1;
    [C("SCTP_SEND_PRINFO_VALID")] public const uint HasReliability = 2;
    [C("SCTP_SEND_AUTHINFO_VALID")] public const uint HasAuthentication = 4;
}
