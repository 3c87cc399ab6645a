using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Braid.Dtls.OpenSsl;

/// <summary>
/// The BIO under an <c>SSL</c>: libssl calls it once for each datagram, so that borders are kept (a memory BIO loses them), reads the
/// datagram where it lies, and writes a record where it is to be (docs/adr/0015).
/// </summary>
internal static unsafe class DatagramBio
{
    // One for the process: never freed.
    private static readonly Lazy<nint> s_method = new(MakeMethod);

    /// <summary>Makes one over a state, which must outlive it.</summary>
    public static nint Create(DatagramState* state)
    {
        nint bio = LibCrypto.NewBio(s_method.Value);
        OpenSslError.ThrowIfZero(bio);
        LibCrypto.SetBioData(bio, (nint)state);
        LibCrypto.SetBioInitialized(bio, 1);
        return bio;
    }

    private static nint MakeMethod()
    {
        nint method = LibCrypto.NewBioMethod(LibCrypto.NewBioIndex() | LibCrypto.BioTypeSourceSink, "Braid datagrams");
        OpenSslError.ThrowIfZero(method);
        OpenSslError.ThrowIfZero(LibCrypto.SetBioRead(method, &Read));
        OpenSslError.ThrowIfZero(LibCrypto.SetBioWrite(method, &Write));
        OpenSslError.ThrowIfZero(LibCrypto.SetBioControl(method, &Control));
        return method;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Read(nint bio, byte* destination, nuint room, nuint* read)
    {
        var state = (DatagramState*)LibCrypto.GetBioData(bio);
        byte* input = state->Input;
        if (input is null)
        {
            *read = 0;
            LibCrypto.SetBioFlags(bio, LibCrypto.BioFlagRetryRead);
            return 0;
        }

        int length = (int)Math.Min((nuint)state->InputLength, room);         // a record has at most 2^14 bytes: more is none
        Unsafe.CopyBlockUnaligned(destination, input, (uint)length);
        state->Input = null;
        *read = (nuint)length;
        LibCrypto.ClearBioFlags(bio, LibCrypto.BioFlagRetryRead);
        return 1;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Write(nint bio, byte* source, nuint length, nuint* written)
    {
        var state = (DatagramState*)LibCrypto.GetBioData(bio);
        if (state->Direct is not null && length <= (nuint)(state->DirectCapacity - state->DirectLength))
        {
            Unsafe.CopyBlockUnaligned(state->Direct + state->DirectLength, source, (uint)length);
            state->DirectLength += (int)length;
        }
        else
        {
            state->Enqueue(new ReadOnlySpan<byte>(source, (int)length));
        }

        *written = length;
        return 1;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static CLong Control(nint bio, int command, CLong argument, void* pointer) =>
        new(command is LibCrypto.BioFlush or LibCrypto.BioPush or LibCrypto.BioPop ? 1 : 0);
}
