using System.Runtime.InteropServices;

namespace Braid.Dtls.OpenSsl;

/// <summary>An <c>SSL_CTX</c>. Each <c>SSL</c> made of it has a reference of its own.</summary>
internal sealed class SafeSslContextHandle() : SafeHandle(0, ownsHandle: true)
{
    public override bool IsInvalid => handle == 0;

    protected override bool ReleaseHandle()
    {
        LibSsl.FreeContext(handle);
        return true;
    }
}

/// <summary>An <c>SSL</c> with its BIO, and the <see cref="DatagramState"/> that the BIO works on.</summary>
internal sealed unsafe class SafeSslHandle() : SafeHandle(0, ownsHandle: true)
{
    public override bool IsInvalid => handle == 0;

    /// <summary>Freed with the handle: until then libssl has its address.</summary>
    public DatagramState* State { get; set; }

    protected override bool ReleaseHandle()
    {
        LibSsl.FreeSession(handle);
        if (State is not null && State->Session != 0)
        {
            GCHandle.FromIntPtr(State->Session).Free();
        }

        DatagramState.Free(State);
        return true;
    }
}

/// <summary>An <c>EVP_PKEY</c>.</summary>
internal sealed class SafePrivateKeyHandle() : SafeHandle(0, ownsHandle: true)
{
    public override bool IsInvalid => handle == 0;

    protected override bool ReleaseHandle()
    {
        LibCrypto.FreePrivateKey(handle);
        return true;
    }
}
