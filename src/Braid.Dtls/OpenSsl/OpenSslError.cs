using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Braid.Dtls.OpenSsl;

/// <summary>What libssl says when something fails.</summary>
internal static unsafe class OpenSslError
{
    /// <summary>Takes the reason of the first error in the thread's queue, and empties it. Null when there is none.</summary>
    public static string? Take()
    {
        CULong error = LibCrypto.GetError();
        string? reason = error.Value == 0 ? null : Marshal.PtrToStringUTF8((nint)LibCrypto.GetReason(error));
        LibCrypto.ClearErrors();
        return reason;
    }

    /// <summary>
    /// Empties the thread's queue, in which its other users may have left something that would be taken for ours. To look first costs a record a
    /// tenth of what emptying does.
    /// </summary>
    public static void Forget()
    {
        if (LibCrypto.PeekError().Value != 0)
        {
            LibCrypto.ClearErrors();
        }
    }

    /// <summary>Something failed that does so only for want of memory, or because a certificate is no good.</summary>
    /// <exception cref="CryptographicException">The result is 0.</exception>
    public static void ThrowIfZero(nint result)
    {
        if (result == 0)
        {
            throw new CryptographicException($"OpenSSL: {Take() ?? "failed without a reason"}.");
        }
    }
}
