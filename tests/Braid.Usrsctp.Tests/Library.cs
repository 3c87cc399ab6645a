using System;
using System.ComponentModel;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Threading.Tasks;

namespace Braid.Usrsctp.Tests;

/// <summary>The two libraries of the name libusrsctp.so.2, and how a C program is given one of them.</summary>
internal static class Library
{
    /// <summary>Debian's libusrsctp2.</summary>
    public const string Debian = "debian";

    /// <summary>Braid's.</summary>
    public const string Braid = "braid";

    /// <summary>Braid's, compiled ahead of time.</summary>
    public const string Aot = "aot";

    private static readonly Lazy<string> s_root = new(FindRoot);
    private static readonly Lazy<string> s_flaw = new(Build);
    private static readonly Lazy<string> s_aotFlaw = new(BuildAot);

    /// <summary>The folder of this test project.</summary>
    public static string ProjectFolder => Path.Combine(s_root.Value, "tests", "Braid.Usrsctp.Tests");

    /// <summary>Where Braid's library is, beside the assemblies that it starts.</summary>
    public static string BraidFolder { get; } = Path.Combine(AppContext.BaseDirectory, "usrsctp");

    /// <summary>Where the one that was compiled ahead of time is.</summary>
    public static string AotFolder { get; } = Path.Combine(AppContext.BaseDirectory, "usrsctp-aot");

    /// <summary>Skips the test where Braid's library cannot be built, but never on CI.</summary>
    /// <param name="libraries">Those that the test needs.</param>
    public static void Need(params string[] libraries)
    {
        if (Array.IndexOf(libraries, Braid) >= 0)
        {
            Need(s_flaw.Value.Length == 0, s_flaw.Value);
        }

        if (Array.IndexOf(libraries, Aot) >= 0)
        {
            Need(s_aotFlaw.Value.Length == 0, s_aotFlaw.Value);
        }
    }

    /// <summary>Skips the test where something is missing, but never on CI.</summary>
    /// <param name="there">Whether it is there.</param>
    /// <param name="reason">What is missing.</param>
    public static void Need(bool there, string reason)
    {
        if (!there)
        {
            Assert.False(Environment.GetEnvironmentVariable("CI") == "true", $"CI must run the tests with libusrsctp: {reason}");
            Assert.Skip(reason);
        }
    }

    /// <summary>Has a program find one of the libraries.</summary>
    /// <param name="start">How the program is started.</param>
    /// <param name="library"><see cref="Debian"/> or <see cref="Braid"/>.</param>
    public static void Give(ProcessStartInfo start, string library)
    {
        if (library != Debian)
        {
            start.Environment["LD_LIBRARY_PATH"] = library == Aot ? AotFolder : BraidFolder;
        }
    }

    // The C part, with the assemblies that these tests have been built with: from where Braid.Usrsctp was built, as a framework may have some of them for the tests.
    private static string Build()
    {
        string built = Path.Combine(s_root.Value, "src", "Braid.Usrsctp", "bin", new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name, "net10.0");
        const string What = "libusrsctp.so.2 cannot be built (apt-get install gcc libusrsctp-dev)";
        Directory.CreateDirectory(BraidFolder);
        foreach (string file in Directory.GetFiles(built, "*.dll").Where(IsNeeded))
        {
            File.Copy(file, Path.Combine(BraidFolder, Path.GetFileName(file)), overwrite: true);
        }

        File.WriteAllText(
            Path.Combine(BraidFolder, "Braid.Usrsctp.runtimeconfig.json"),
            """{ "runtimeOptions": { "tfm": "net10.0", "framework": { "name": "Microsoft.NETCore.App", "version": "10.0.0" } } }""");
        return Run(What, Path.Combine(s_root.Value, "src", "Braid.Usrsctp", "native", "build.sh"), BraidFolder);
    }

    private static string BuildAot() => Run(
        "libusrsctp.so.2 cannot be compiled ahead of time (gcc, libusrsctp-dev, the compiler from NuGet)", Path.Combine(s_root.Value, "eng", "usrsctp"), "--aot", AotFolder);

    /// <summary>Runs a script that builds something.</summary>
    /// <param name="what">What is said when it fails.</param>
    /// <param name="script">The script and its arguments.</param>
    /// <returns>Why it has failed; empty: it has not.</returns>
    public static string Run(string what, params string[] script)
    {
        try
        {
            using Process build = Process.Start(new ProcessStartInfo("sh", script) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            Task<string> output = build.StandardOutput.ReadToEndAsync();
            string errors = build.StandardError.ReadToEnd();
            build.WaitForExit();
            return build.ExitCode == 0 ? "" : $"{what}: {errors.Split('\n')[0]} {output.Result.Split('\n')[0]}";
        }
        catch (Win32Exception exception)
        {
            return $"{what}: {exception.Message}";
        }
    }

    private static bool IsNeeded(string assembly) => Path.GetFileName(assembly) is var name
        && (name is "Braid.Core.dll" or "Braid.Sctp.dll" or "Braid.Dtls.dll" or "Braid.Sockets.dll" or "Braid.Usrsctp.dll"
            || name.StartsWith("Microsoft.Extensions.", StringComparison.Ordinal));

    private static string FindRoot()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Braid.slnx")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException("The tests do not run inside the repository.");
    }
}
