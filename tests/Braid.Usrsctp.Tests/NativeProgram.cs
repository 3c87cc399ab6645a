using System;
using System.Diagnostics;
using System.IO;
using System.Threading;
using System.Threading.Tasks;

namespace Braid.Usrsctp.Tests;

/// <summary>The C programs below the folder native, built beside the tests.</summary>
internal static class NativeProgram
{
    /// <summary>Builds one.</summary>
    /// <param name="name">The folder of its sources, and what it is called.</param>
    /// <returns>Where it is, or why it is not.</returns>
    public static (string? Program, string Reason) Build(string name)
    {
        string output = Path.Combine(AppContext.BaseDirectory, name);
        string flaw = Library.Run(
            $"{name} cannot be built (apt-get install gcc libusrsctp-dev)", Path.Combine(Library.ProjectFolder, "native", "build.sh"), output, name);
        return flaw.Length == 0 ? (output, "") : (null, flaw);
    }

    /// <summary>Runs one, once it and the library are there.</summary>
    /// <param name="built">What <see cref="Build"/> has said of it.</param>
    /// <param name="library">Which library it gets.</param>
    /// <param name="longest">How long at most; then it is ended.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <returns>How it ended, and what it has said.</returns>
    public static async Task<(int ExitCode, string Output, string Error)> RunAsync((string? Program, string Reason) built, string library, TimeSpan longest, params string[] arguments)
    {
        Library.Need(library);
        Library.Need(built.Program is not null, built.Reason);
        var start = new ProcessStartInfo(built.Program!, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        Library.Give(start, library);
        using Process process = Process.Start(start)!;
        using var guard = new CancellationTokenSource(longest);
        using CancellationTokenRegistration end = guard.Token.Register(() => process.Kill());
        Task<string> error = process.StandardError.ReadToEndAsync(CancellationToken.None);
        string output = await process.StandardOutput.ReadToEndAsync(CancellationToken.None);
        await process.WaitForExitAsync(CancellationToken.None);
        return (process.ExitCode, output, await error);
    }
}
