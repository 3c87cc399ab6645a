using System;
using System.Collections.Generic;
using System.IO;
using System.Reflection;
using System.Runtime.InteropServices;
using Braid.Dtls.OpenSsl;

namespace Braid.Dtls;

/// <summary>The library that does the cryptography: libssl of OpenSSL 3, as the system has it.</summary>
public static unsafe class DtlsLibrary
{
    // Not at exit: threads of ours may be in it then. .NET's own use of it says the same.
    private const ulong NoAtExit = 0x0008_0000;

    // Lazy rather than a module initializer: who never uses DTLS needs no OpenSSL.
    private static readonly Lazy<string> s_version = new(Load);

    /// <summary>Whether it is there. If not, <see cref="EnsureLoaded"/> says why.</summary>
    public static bool IsAvailable
    {
        get
        {
            try
            {
                EnsureLoaded();
                return true;
            }
            catch (DtlsUnavailableException)
            {
                return false;
            }
        }
    }

    /// <summary>What it calls itself, such as "OpenSSL 3.0.19 27 Jan 2026".</summary>
    /// <exception cref="DtlsUnavailableException">There is none.</exception>
    public static string Version => s_version.Value;

    /// <summary>Loads it, unless it is loaded.</summary>
    /// <exception cref="DtlsUnavailableException">There is none.</exception>
    public static void EnsureLoaded() => _ = s_version.Value;

    /// <summary>The names under which a library is looked for.</summary>
    /// <param name="library"><c>libssl</c> or <c>libcrypto</c>.</param>
    internal static IEnumerable<string> NamesOf(string library)
    {
        if (OperatingSystem.IsWindows())
        {
            string bits = RuntimeInformation.ProcessArchitecture switch
            {
                Architecture.X64 => "-x64",
                Architecture.Arm64 => "-arm64",
                _ => "",
            };
            yield return $"{library}-3{bits}.dll";
            yield return Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.ProgramFiles), "OpenSSL-Win64", "bin", $"{library}-3{bits}.dll");
            yield return Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.ProgramFiles), "OpenSSL", "bin", $"{library}-3{bits}.dll");
        }
        else if (OperatingSystem.IsMacOS())
        {
            // Never the bare name: the system's own libssl ends the process that loads it.
            yield return $"{library}.3.dylib";
            yield return $"/opt/homebrew/opt/openssl@3/lib/{library}.3.dylib";
            yield return $"/usr/local/opt/openssl@3/lib/{library}.3.dylib";
            yield return $"/opt/local/libexec/openssl3/lib/{library}.3.dylib";
        }
        else
        {
            yield return $"{library}.so.3";
        }
    }

    /// <summary>Loads the first that is there.</summary>
    /// <exception cref="DtlsUnavailableException">None is.</exception>
    internal static nint Open(string library, IEnumerable<string> names)
    {
        foreach (string name in names)
        {
            if (NativeLibrary.TryLoad(name, typeof(DtlsLibrary).Assembly, DllImportSearchPath.SafeDirectories, out nint handle))
            {
                return handle;
            }
        }

        throw new DtlsUnavailableException(
            $"DTLS needs OpenSSL 3, and {library} was not found. Install it: Debian, Ubuntu: apt install libssl3; Fedora: dnf install openssl-libs; "
            + "macOS: brew install openssl@3; Windows: winget install ShiningLight.OpenSSL.Light, or put libssl-3-x64.dll and libcrypto-3-x64.dll beside the program.");
    }

    private static string Load()
    {
        nint crypto = Open(LibCrypto.Name, NamesOf(LibCrypto.Name));
        nint ssl = Open(LibSsl.Name, NamesOf(LibSsl.Name));
        NativeLibrary.SetDllImportResolver(
            Assembly.GetExecutingAssembly(), (name, _, _) => name == LibSsl.Name ? ssl : name == LibCrypto.Name ? crypto : 0);
        try
        {
            if (LibSsl.Initialize(NoAtExit, 0) != 1)
            {
                throw new DtlsUnavailableException("OpenSSL could not be initialized.");
            }

            return SslContext.TextOf(LibCrypto.GetVersionText(0));
        }
        catch (EntryPointNotFoundException exception)
        {
            throw new DtlsUnavailableException($"DTLS needs OpenSSL 3, and the libssl of this system is another one: {exception.Message}", exception);
        }
    }
}
