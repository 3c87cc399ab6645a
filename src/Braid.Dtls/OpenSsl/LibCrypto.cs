using System.Runtime.InteropServices;

namespace Braid.Dtls.OpenSsl;

/// <summary>What is used of libcrypto 3.</summary>
internal static unsafe partial class LibCrypto
{
    public const string Name = "libcrypto";

    public const int CertificateRejected = 28;               // X509_V_ERR_CERT_REJECTED: the alert is bad_certificate

    // BIO_ctrl.
    public const int BioTypeSourceSink = 0x0400;
    public const int BioFlush = 11;
    public const int BioPush = 6;
    public const int BioPop = 7;
    public const int BioFlagRetryRead = 0x09;                // BIO_FLAGS_READ | BIO_FLAGS_SHOULD_RETRY

    [LibraryImport(Name, EntryPoint = "OpenSSL_version_num")]
    public static partial CULong GetVersionNumber();

    [LibraryImport(Name, EntryPoint = "OpenSSL_version")]
    public static partial byte* GetVersionText(int kind);

    [LibraryImport(Name, EntryPoint = "ERR_clear_error")]
    public static partial void ClearErrors();

    [LibraryImport(Name, EntryPoint = "ERR_peek_error")]
    [SuppressGCTransition]
    public static partial CULong PeekError();

    [LibraryImport(Name, EntryPoint = "ERR_get_error")]
    public static partial CULong GetError();

    [LibraryImport(Name, EntryPoint = "ERR_reason_error_string")]
    public static partial byte* GetReason(CULong error);

    [LibraryImport(Name, EntryPoint = "BIO_get_new_index")]
    public static partial int NewBioIndex();

    [LibraryImport(Name, EntryPoint = "BIO_meth_new", StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint NewBioMethod(int type, string name);

    [LibraryImport(Name, EntryPoint = "BIO_meth_set_read_ex")]
    public static partial int SetBioRead(nint method, delegate* unmanaged[Cdecl]<nint, byte*, nuint, nuint*, int> callback);

    [LibraryImport(Name, EntryPoint = "BIO_meth_set_write_ex")]
    public static partial int SetBioWrite(nint method, delegate* unmanaged[Cdecl]<nint, byte*, nuint, nuint*, int> callback);

    [LibraryImport(Name, EntryPoint = "BIO_meth_set_ctrl")]
    public static partial int SetBioControl(nint method, delegate* unmanaged[Cdecl]<nint, int, CLong, void*, CLong> callback);

    [LibraryImport(Name, EntryPoint = "BIO_new")]
    public static partial nint NewBio(nint method);

    [LibraryImport(Name, EntryPoint = "BIO_set_data")]
    public static partial void SetBioData(nint bio, nint data);

    [LibraryImport(Name, EntryPoint = "BIO_get_data")]
    [SuppressGCTransition]
    public static partial nint GetBioData(nint bio);

    [LibraryImport(Name, EntryPoint = "BIO_set_init")]
    public static partial void SetBioInitialized(nint bio, int value);

    [LibraryImport(Name, EntryPoint = "BIO_set_flags")]
    [SuppressGCTransition]
    public static partial void SetBioFlags(nint bio, int flags);

    [LibraryImport(Name, EntryPoint = "BIO_clear_flags")]
    [SuppressGCTransition]
    public static partial void ClearBioFlags(nint bio, int flags);

    [LibraryImport(Name, EntryPoint = "BIO_ADDR_new")]
    public static partial nint NewAddress();

    [LibraryImport(Name, EntryPoint = "BIO_ADDR_free")]
    public static partial void FreeAddress(nint address);

    [LibraryImport(Name, EntryPoint = "d2i_AutoPrivateKey")]
    public static partial SafePrivateKeyHandle ReadPrivateKey(nint destination, byte** der, CLong length);

    [LibraryImport(Name, EntryPoint = "EVP_PKEY_free")]
    public static partial void FreePrivateKey(nint key);

    [LibraryImport(Name, EntryPoint = "X509_STORE_CTX_get_ex_data")]
    public static partial nint GetStoreData(nint store, int index);

    [LibraryImport(Name, EntryPoint = "X509_STORE_CTX_get0_cert")]
    public static partial nint GetStoreCertificate(nint store);

    [LibraryImport(Name, EntryPoint = "X509_STORE_CTX_set_error")]
    public static partial void SetStoreError(nint store, int error);

    [LibraryImport(Name, EntryPoint = "i2d_X509")]
    public static partial int WriteCertificate(nint certificate, byte** destination);
}
