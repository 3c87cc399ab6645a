using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Braid.Dtls.OpenSsl;

/// <summary>
/// What sessions with one certificate share: an <c>SSL_CTX</c> with what we allow. Once made it is only read, from any thread.
/// </summary>
internal static unsafe class SslContext
{
    // RFC 8827 §6.5 wants the first; all have forward secrecy and are AEAD.
    private const string Ciphers =
        "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
        + "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";

    private const int LargestCertificates = 1 << 14;         // bytes of a chain; libssl's own limit is 100 kB
    private const string SrtpProfiles = "SRTP_AES128_CM_SHA1_80";        // RFC 8827 §6.5

    private static readonly Lazy<int> s_sessionIndex = new(LibSsl.SessionIndexOfStore);

    private static readonly Lazy<bool> s_hasDtls13 = new(() =>
    {
        using SafeSslContextHandle context = LibSsl.NewContext(LibSsl.DtlsMethod());
        bool isKnown = LibSsl.ControlContext(context, LibSsl.ControlMaximumVersion, new CLong(LibSsl.Dtls13), null).Value == 1;
        LibCrypto.ClearErrors();
        return isKnown;
    });

    /// <summary>Whether the library knows DTLS 1.3 (RFC 9147).</summary>
    public static bool HasDtls13 => s_hasDtls13.Value;

    /// <summary>Makes one.</summary>
    /// <param name="certificate">DER.</param>
    /// <param name="privateKey">PKCS #8.</param>
    /// <param name="logsKeys">Whether secrets are told to who wants to decrypt a capture.</param>
    /// <exception cref="DtlsUnavailableException">There is no libssl.</exception>
    /// <exception cref="CryptographicException">libssl does not take the certificate.</exception>
    public static SafeSslContextHandle Create(ReadOnlySpan<byte> certificate, ReadOnlySpan<byte> privateKey, bool logsKeys)
    {
        DtlsLibrary.EnsureLoaded();
        LibCrypto.ClearErrors();
        SafeSslContextHandle context = LibSsl.NewContext(LibSsl.DtlsMethod());
        OpenSslError.ThrowIfZero(context.DangerousGetHandle());

        // At least 1.2, and whatever is the highest that this libssl has: no maximum is set.
        Check(LibSsl.ControlContext(context, LibSsl.ControlMinimumVersion, new CLong(LibSsl.Dtls12), null).Value);
        LibSsl.SetContextOptions(
            context, LibSsl.OptionNoQueryMtu | LibSsl.OptionNoTicket | LibSsl.OptionNoCompression | LibSsl.OptionNoRenegotiation);
        LibSsl.ControlContext(context, LibSsl.ControlSessionCacheMode, new CLong(0), null);

        // A message of the handshake says how long it is, and libssl takes memory for ten of them before they have come.
        LibSsl.ControlContext(context, LibSsl.ControlMaximumCertificates, new CLong(LargestCertificates), null);
        Check(LibSsl.SetCipherList(context, Ciphers));
        fixed (byte* groups = "X25519:P-256\0"u8)
        {
            Check(LibSsl.ControlContext(context, LibSsl.ControlSetGroupsList, new CLong(0), groups).Value);
        }

        fixed (byte* der = certificate)
        {
            Check(LibSsl.UseCertificate(context, certificate.Length, der));
        }

        fixed (byte* der = privateKey)
        {
            byte* end = der;
            using SafePrivateKeyHandle key = LibCrypto.ReadPrivateKey(0, &end, new CLong(privateKey.Length));
            OpenSslError.ThrowIfZero(key.DangerousGetHandle());
            Check(LibSsl.UsePrivateKey(context, key));
        }

        Check(LibSsl.CheckPrivateKey(context));

        // Both sides show a certificate. Nothing is asked but whether it is the one that was announced: no chain, no names.
        LibSsl.SetVerify(context, LibSsl.VerifyPeer | LibSsl.VerifyFailIfNoCertificate, 0);
        LibSsl.SetCertificateCallback(context, &OnCertificate, 0);
        LibSsl.SetInfoCallback(context, &OnInfo);
        LibSsl.SetCookieGenerator(context, &OnMakeCookie);
        LibSsl.SetCookieVerifier(context, &OnVerifyCookie);
        if (logsKeys)
        {
            LibSsl.SetKeyLogCallback(context, &OnKeys);
        }

        return context;
    }

    /// <summary>Makes a session of its own.</summary>
    /// <param name="context">What it is made of.</param>
    /// <param name="isServer">Which side it is.</param>
    /// <param name="negotiatesSrtp">Whether there is use_srtp in the handshake.</param>
    /// <param name="mtu">Bytes of a datagram.</param>
    /// <param name="firstTimeout">Of a flight.</param>
    /// <param name="owner">Whom callbacks go to.</param>
    public static SafeSslHandle CreateSession(SafeSslContextHandle context, bool isServer, bool negotiatesSrtp, int mtu, TimeSpan firstTimeout, DtlsSession owner)
    {
        LibCrypto.ClearErrors();
        SafeSslHandle session = LibSsl.NewSession(context);
        OpenSslError.ThrowIfZero(session.DangerousGetHandle());
        DatagramState* state = DatagramState.Allocate();
        session.State = state;
        state->FirstTimeout = (uint)firstTimeout.TotalMicroseconds;
        state->Session = GCHandle.ToIntPtr(GCHandle.Alloc(owner, GCHandleType.Weak));        // libssl does not keep a forgotten session alive
        OpenSslError.ThrowIfZero(LibSsl.SetData(session, 0, (nint)state));
        nint bio = DatagramBio.Create(state);
        LibSsl.SetBio(session, bio, bio);
        LibSsl.Control(session, LibSsl.ControlSetMtu, new CLong(mtu), null);
        LibSsl.SetTimerCallback(session, &OnTimer);
        if (negotiatesSrtp)
        {
            Check(LibSsl.UseSrtp(session, SrtpProfiles) == 0 ? 1 : 0);
        }

        if (isServer)
        {
            LibSsl.SetAcceptState(session);
        }
        else
        {
            LibSsl.SetConnectState(session);
        }

        return session;
    }

    /// <summary>Text that libssl owns.</summary>
    public static string TextOf(byte* text) => Marshal.PtrToStringUTF8((nint)text) ?? "";

    private static void Check(nint result) => OpenSslError.ThrowIfZero(result);

    private static DatagramState* StateOf(nint session) => (DatagramState*)LibSsl.GetData(session, 0);

    private static DtlsSession? OwnerOf(nint session) => GCHandle.FromIntPtr(StateOf(session)->Session).Target as DtlsSession;

    // No exception may cross libssl.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int OnCertificate(nint store, nint argument)
    {
        try
        {
            nint certificate = LibCrypto.GetStoreCertificate(store);
            DtlsSession? owner = OwnerOf(LibCrypto.GetStoreData(store, s_sessionIndex.Value));
            int length = certificate == 0 ? 0 : LibCrypto.WriteCertificate(certificate, null);
            if (owner is not null && length > 0)
            {
                var der = new byte[length];
                fixed (byte* bytes = der)
                {
                    byte* end = bytes;
                    length = LibCrypto.WriteCertificate(certificate, &end);
                }

                if (length == der.Length && owner.OnCertificate(der))
                {
                    return 1;
                }
            }
        }
#pragma warning disable CA1031
        catch (Exception)
#pragma warning restore CA1031
        {
            // Whatever it is, the peer is not let in.
        }

        LibCrypto.SetStoreError(store, LibCrypto.CertificateRejected);
        return 0;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void OnInfo(nint session, int where, int result)
    {
        if (where == LibSsl.InfoAlertRead)
        {
            StateOf(session)->AlertReceived = result;
        }
        else if (where == LibSsl.InfoAlertWrite)
        {
            StateOf(session)->AlertSent = result;
        }
    }

    // RFC 6347 §4.2.4.1: twice as long each time, a minute at most.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static uint OnTimer(nint session, uint last) => last == 0 ? StateOf(session)->FirstTimeout : Math.Min(2 * last, 60_000_000);

    // Cookies are DtlsCookieExchange's: a session is only made for who has shown a good one.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int OnMakeCookie(nint session, byte* cookie, uint* length) => 0;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int OnVerifyCookie(nint session, byte* cookie, uint length) => 1;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void OnKeys(nint session, byte* line)
    {
        try
        {
            OwnerOf(session)?.OnKeys(TextOf(line));
        }
#pragma warning disable CA1031 // The user's code.
        catch (Exception)
#pragma warning restore CA1031
        {
        }
    }
}
