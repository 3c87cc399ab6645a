using System;

namespace Braid.Dtls;

/// <summary>OpenSSL 3's libssl is not there, or cannot be used. The message says what to install.</summary>
public sealed class DtlsUnavailableException : NotSupportedException
{
    /// <param name="message">What is missing, for a person.</param>
    /// <param name="innerException">What the system said.</param>
    public DtlsUnavailableException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
