using System.Runtime.InteropServices;

namespace Braid.Dtls.OpenSsl;

/// <summary>What is used of libssl 3. Sizes are <c>size_t</c> (<see cref="nuint"/>), C's long is a <see cref="CLong"/>.</summary>
internal static unsafe partial class LibSsl
{
    public const string Name = "libssl";

    public const int Dtls12 = 0xFEFD;
    public const int Dtls13 = 0xFEFC;

    // SSL_get_error.
    public const int ErrorWantRead = 2;
    public const int ErrorWantWrite = 3;
    public const int ErrorZeroReturn = 6;

    // SSL_ctrl, SSL_CTX_ctrl.
    public const int ControlSetMtu = 17;
    public const int ControlSessionCacheMode = 44;
    public const int ControlMaximumCertificates = 51;
    public const int ControlDtlsGetTimeout = 73;
    public const int ControlDtlsHandleTimeout = 74;
    public const int ControlSetGroupsList = 92;
    public const int ControlExtendedMasterSecret = 122;
    public const int ControlMinimumVersion = 123;
    public const int ControlMaximumVersion = 124;

    // SSL_set_options.
    public const ulong OptionNoQueryMtu = 0x1000;
    public const ulong OptionCookieExchange = 0x2000;
    public const ulong OptionNoTicket = 0x4000;
    public const ulong OptionNoCompression = 0x20000;
    public const ulong OptionNoRenegotiation = 0x4000_0000;

    public const int VerifyPeer = 1;
    public const int VerifyFailIfNoCertificate = 2;

    // What the information callback is called for.
    public const int InfoAlertRead = 0x4004;
    public const int InfoAlertWrite = 0x4008;

    [LibraryImport(Name, EntryPoint = "OPENSSL_init_ssl")]
    public static partial int Initialize(ulong options, nint settings);

    [LibraryImport(Name, EntryPoint = "DTLS_method")]
    public static partial nint DtlsMethod();

    [LibraryImport(Name, EntryPoint = "SSL_CTX_new")]
    public static partial SafeSslContextHandle NewContext(nint method);

    [LibraryImport(Name, EntryPoint = "SSL_CTX_free")]
    public static partial void FreeContext(nint context);

    [LibraryImport(Name, EntryPoint = "SSL_CTX_ctrl")]
    public static partial CLong ControlContext(SafeSslContextHandle context, int command, CLong argument, byte* pointer);

    [LibraryImport(Name, EntryPoint = "SSL_CTX_set_options")]
    public static partial ulong SetContextOptions(SafeSslContextHandle context, ulong options);

    /// <summary>0 when it has worked.</summary>
    [LibraryImport(Name, EntryPoint = "SSL_set_tlsext_use_srtp", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int UseSrtp(SafeSslHandle session, string profiles);

    [LibraryImport(Name, EntryPoint = "SSL_CTX_set_cipher_list", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int SetCipherList(SafeSslContextHandle context, string ciphers);

    [LibraryImport(Name, EntryPoint = "SSL_CTX_use_certificate_ASN1")]
    public static partial int UseCertificate(SafeSslContextHandle context, int length, byte* der);

    [LibraryImport(Name, EntryPoint = "SSL_CTX_use_PrivateKey")]
    public static partial int UsePrivateKey(SafeSslContextHandle context, SafePrivateKeyHandle key);

    [LibraryImport(Name, EntryPoint = "SSL_CTX_check_private_key")]
    public static partial int CheckPrivateKey(SafeSslContextHandle context);

    [LibraryImport(Name, EntryPoint = "SSL_CTX_set_verify")]
    public static partial void SetVerify(SafeSslContextHandle context, int mode, nint callback);

    [LibraryImport(Name, EntryPoint = "SSL_CTX_set_cert_verify_callback")]
    public static partial void SetCertificateCallback(SafeSslContextHandle context, delegate* unmanaged[Cdecl]<nint, nint, int> callback, nint argument);

    [LibraryImport(Name, EntryPoint = "SSL_CTX_set_info_callback")]
    public static partial void SetInfoCallback(SafeSslContextHandle context, delegate* unmanaged[Cdecl]<nint, int, int, void> callback);

    [LibraryImport(Name, EntryPoint = "SSL_CTX_set_keylog_callback")]
    public static partial void SetKeyLogCallback(SafeSslContextHandle context, delegate* unmanaged[Cdecl]<nint, byte*, void> callback);

    [LibraryImport(Name, EntryPoint = "SSL_CTX_set_cookie_generate_cb")]
    public static partial void SetCookieGenerator(SafeSslContextHandle context, delegate* unmanaged[Cdecl]<nint, byte*, uint*, int> callback);

    [LibraryImport(Name, EntryPoint = "SSL_CTX_set_cookie_verify_cb")]
    public static partial void SetCookieVerifier(SafeSslContextHandle context, delegate* unmanaged[Cdecl]<nint, byte*, uint, int> callback);

    [LibraryImport(Name, EntryPoint = "SSL_new")]
    public static partial SafeSslHandle NewSession(SafeSslContextHandle context);

    [LibraryImport(Name, EntryPoint = "SSL_free")]
    public static partial void FreeSession(nint session);

    [LibraryImport(Name, EntryPoint = "SSL_set_ex_data")]
    public static partial int SetData(SafeSslHandle session, int index, nint data);

    [LibraryImport(Name, EntryPoint = "SSL_get_ex_data")]
    [SuppressGCTransition]
    public static partial nint GetData(nint session, int index);

    [LibraryImport(Name, EntryPoint = "SSL_get_ex_data_X509_STORE_CTX_idx")]
    public static partial int SessionIndexOfStore();

    [LibraryImport(Name, EntryPoint = "SSL_set_bio")]
    public static partial void SetBio(SafeSslHandle session, nint read, nint write);

    [LibraryImport(Name, EntryPoint = "SSL_set_accept_state")]
    public static partial void SetAcceptState(SafeSslHandle session);

    [LibraryImport(Name, EntryPoint = "SSL_set_connect_state")]
    public static partial void SetConnectState(SafeSslHandle session);

    [LibraryImport(Name, EntryPoint = "SSL_ctrl")]
    public static partial CLong Control(SafeSslHandle session, int command, CLong argument, void* pointer);

    [LibraryImport(Name, EntryPoint = "DTLS_set_timer_cb")]
    public static partial void SetTimerCallback(SafeSslHandle session, delegate* unmanaged[Cdecl]<nint, uint, uint> callback);

    [LibraryImport(Name, EntryPoint = "DTLS_get_data_mtu")]
    public static partial nuint GetDataMtu(SafeSslHandle session);

    [LibraryImport(Name, EntryPoint = "DTLSv1_listen")]
    public static partial int Listen(SafeSslHandle session, nint address);

    [LibraryImport(Name, EntryPoint = "SSL_do_handshake")]
    public static partial int Handshake(SafeSslHandle session);

    [LibraryImport(Name, EntryPoint = "SSL_read_ex")]
    public static partial int Read(SafeSslHandle session, byte* buffer, nuint length, nuint* read);

    [LibraryImport(Name, EntryPoint = "SSL_write_ex")]
    public static partial int Write(SafeSslHandle session, byte* buffer, nuint length, nuint* written);

    [LibraryImport(Name, EntryPoint = "SSL_shutdown")]
    public static partial int Shutdown(SafeSslHandle session);

    [LibraryImport(Name, EntryPoint = "SSL_get_error")]
    public static partial int GetError(SafeSslHandle session, int result);

    [LibraryImport(Name, EntryPoint = "SSL_get_version")]
    public static partial byte* GetVersion(SafeSslHandle session);

    [LibraryImport(Name, EntryPoint = "SSL_get_current_cipher")]
    public static partial nint GetCipher(SafeSslHandle session);

    [LibraryImport(Name, EntryPoint = "SSL_CIPHER_standard_name")]
    public static partial byte* GetCipherName(nint cipher);

    [LibraryImport(Name, EntryPoint = "SSL_export_keying_material")]
    public static partial int Export(
        SafeSslHandle session, byte* destination, nuint length, byte* label, nuint labelLength, byte* context, nuint contextLength, int usesContext);
}
