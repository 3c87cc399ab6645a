using System;

namespace Braid.WebRtc;

/// <summary>What the members of the W3C's interfaces throw.</summary>
public sealed class RTCException : Exception
{
    /// <summary>An exception for an error.</summary>
    public RTCException(RTCError error, Exception? innerException = null)
        : base(error.Message, innerException) => Error = error;

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

    /// <summary>The W3C's name for it.</summary>
    public RTCErrorName Name => Error.Name;

    /// <summary>The line of the description, from 1, that cannot be read; null for other errors.</summary>
    public int? SdpLineNumber => Error.Line == 0 ? null : Error.Line;
}
