using System;
using Braid.Sockets;

namespace Braid.Usrsctp;

/// <summary>Error numbers of Linux, which is where the library is built for.</summary>
internal static class Errno
{
    [C("ENOENT")] public const int NoEntry = 2;
    [C("ESRCH")] public const int NoProcess = 3;
    [C("EINTR")] public const int Interrupted = 4;
    [C("EBADF")] public const int BadDescriptor = 9;
    [C("EAGAIN")] public const int WouldBlock = 11;
    [C("ENOMEM")] public const int NoMemory = 12;
    [C("EACCES")] public const int AccessDenied = 13;
    [C("EFAULT")] public const int Fault = 14;
    [C("EBUSY")] public const int Busy = 16;
    [C("EINVAL")] public const int Invalid = 22;
    [C("EPIPE")] public const int BrokenPipe = 32;
    [C("EDEADLK")] public const int Deadlock = 35;
    [C("EMSGSIZE")] public const int MessageSize = 90;
    [C("ENOPROTOOPT")] public const int NoProtocolOption = 92;
    [C("EPROTONOSUPPORT")] public const int ProtocolNotSupported = 93;
    [C("EOPNOTSUPP")] public const int NotSupported = 95;
    [C("EAFNOSUPPORT")] public const int FamilyNotSupported = 97;
    [C("EADDRINUSE")] public const int AddressInUse = 98;
    [C("EADDRNOTAVAIL")] public const int AddressNotAvailable = 99;
    [C("ECONNABORTED")] public const int Aborted = 103;
    [C("ECONNRESET")] public const int Reset = 104;
    [C("ENOBUFS")] public const int NoBuffers = 105;
    [C("EISCONN")] public const int IsConnected = 106;
    [C("ENOTCONN")] public const int NotConnected = 107;
    [C("ETIMEDOUT")] public const int TimedOut = 110;
    [C("ECONNREFUSED")] public const int Refused = 111;
    [C("EALREADY")] public const int Already = 114;
    [C("EINPROGRESS")] public const int InProgress = 115;

    /// <summary>What an error of Braid's is called in C.</summary>
    public static int Of(SctpException exception) => exception.Error switch
    {
        SctpError.ConnectionRefused => Refused,
        SctpError.ConnectTimeout or SctpError.TimedOut or SctpError.PeerUnreachable => TimedOut,
        SctpError.PeerAborted or SctpError.PeerRestarted or SctpError.ProtocolViolation => Reset,
        SctpError.AssociationClosed or SctpError.OperationAborted or SctpError.StreamEnded => BrokenPipe,
        SctpError.InvalidMessageLength or SctpError.NeedsFragmentation => MessageSize,
        SctpError.AddressUnavailable => AddressInUse,
        SctpError.TransportUnavailable or SctpError.TransportClosed => AddressNotAvailable,
        SctpError.AlreadyConnected => Already,
        SctpError.NotSupported => NotSupported,
        SctpError.Denied => AccessDenied,
        SctpError.InProgress => Already,
        _ => Invalid,
    };

    /// <summary>What the next call of recvv gets on an association that has ended; 0 for a graceful end.</summary>
    public static int OfEnd(SctpAssociation association) =>
        association.Established.Exception?.InnerException is SctpException exception ? Of(exception)
        : association.Host.EndedWith switch
        {
            null => 0,
            SctpError.PeerAborted => Reset,
            _ => Aborted,
        };
}

/// <summary>A call from C that is refused.</summary>
/// <param name="errno">Why: one of <see cref="Errno"/>.</param>
internal sealed class RefusedException(int errno) : Exception
{
    public int Errno => errno;
}
