using System;
using Braid.Sockets;

namespace Braid.Usrsctp;

/// <summary>Error numbers of Linux, which is where the library is built for.</summary>
internal static class Errno
{
    public const int NoEntry = 2;                            // ENOENT
    public const int NoProcess = 3;                          // ESRCH
    public const int Interrupted = 4;                        // EINTR
    public const int BadDescriptor = 9;                      // EBADF
    public const int WouldBlock = 11;                        // EAGAIN, EWOULDBLOCK
    public const int NoMemory = 12;                          // ENOMEM
    public const int AccessDenied = 13;                      // EACCES
    public const int Fault = 14;                             // EFAULT
    public const int Busy = 16;                              // EBUSY
    public const int Invalid = 22;                           // EINVAL
    public const int BrokenPipe = 32;                        // EPIPE
    public const int Deadlock = 35;                          // EDEADLK
    public const int MessageSize = 90;                       // EMSGSIZE
    public const int NoProtocolOption = 92;                  // ENOPROTOOPT
    public const int ProtocolNotSupported = 93;              // EPROTONOSUPPORT
    public const int NotSupported = 95;                      // EOPNOTSUPP
    public const int FamilyNotSupported = 97;                // EAFNOSUPPORT
    public const int AddressInUse = 98;                      // EADDRINUSE
    public const int AddressNotAvailable = 99;               // EADDRNOTAVAIL
    public const int Aborted = 103;                          // ECONNABORTED
    public const int Reset = 104;                            // ECONNRESET
    public const int NoBuffers = 105;                        // ENOBUFS
    public const int IsConnected = 106;                      // EISCONN
    public const int NotConnected = 107;                     // ENOTCONN
    public const int TimedOut = 110;                         // ETIMEDOUT
    public const int Refused = 111;                          // ECONNREFUSED
    public const int Already = 114;                          // EALREADY
    public const int InProgress = 115;                       // EINPROGRESS

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
}

/// <summary>A call from C that is refused.</summary>
/// <param name="errno">Why: one of <see cref="Errno"/>.</param>
internal sealed class RefusedException(int errno) : Exception
{
    public int Errno => errno;
}
