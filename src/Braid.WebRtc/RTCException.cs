using System;
using Braid.Sockets;

namespace Braid.WebRtc;

/// <summary>What the members of the W3C's interfaces throw, and what tasks of a connection that has failed end with.</summary>
public sealed class RTCException : Exception, IRepeatedException
{
    /// <summary>An exception for an error.</summary>
    public RTCException(RTCError error, Exception? innerException = null)
        : base(error.Message, innerException) => Error = error;

    /// <summary>An exception for a connection that has failed or ended.</summary>
    /// <param name="reason">Why.</param>
    /// <param name="message">For people.</param>
    /// <param name="innerException">What it comes from.</param>
    public RTCException(RTCFailureReason reason, string message, Exception? innerException = null)
        : this(new RTCError(NameOf(reason), message, DetailOf(reason)), innerException) => Reason = reason;

    /// <summary>An exception with a message.</summary>
    public RTCException(string message, Exception? innerException = null)
        : this(new RTCError(RTCErrorName.OperationError, message), innerException)
    {
    }

    /// <summary>An exception without a reason.</summary>
    public RTCException()
        : this("The operation failed.")
    {
    }

    /// <summary>Which error.</summary>
    public RTCError Error { get; }

    /// <summary>Why the connection has failed or ended; <see cref="RTCFailureReason.None"/> where it has not, and only the call was refused.</summary>
    public RTCFailureReason Reason { get; private init; }

    /// <summary>The W3C's name for it.</summary>
    public RTCErrorName Name => Error.Name;

    /// <summary>The line of the description, from 1, that cannot be read; null for other errors.</summary>
    public int? SdpLineNumber => Error.Line == 0 ? null : Error.Line;

    Exception IRepeatedException.Again() => new RTCException(Error, InnerException) { Reason = Reason };

    private static RTCErrorName NameOf(RTCFailureReason reason) => reason switch
    {
        RTCFailureReason.Closed => RTCErrorName.InvalidStateError,
        RTCFailureReason.None or RTCFailureReason.Rejected => RTCErrorName.OperationError,
        _ => RTCErrorName.NetworkError,
    };

    private static RTCErrorDetail DetailOf(RTCFailureReason reason) => reason switch
    {
        RTCFailureReason.DtlsFingerprint => RTCErrorDetail.FingerprintFailure,
        RTCFailureReason.DtlsTimedOut or RTCFailureReason.DtlsFailed => RTCErrorDetail.DtlsFailure,
        RTCFailureReason.SctpFailed => RTCErrorDetail.SctpFailure,
        _ => RTCErrorDetail.None,
    };
}
