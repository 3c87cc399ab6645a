using System;
using System.ComponentModel;
using System.Diagnostics;
using System.IO;
using System.Threading;
using System.Threading.Tasks;

namespace Braid.Usrsctp.Tests;

/// <summary>The C program that uses Braid's library wrongly (native/misuse): each mode in a process of its own.</summary>
internal static class Misuse
{
    // A guard only: the program stops itself before, and says in which call it hangs.
    private static readonly TimeSpan s_guard = TimeSpan.FromSeconds(130);

    private static readonly Lazy<(string? Program, string Reason)> s_built = new(Build);

    /// <summary>Runs a mode, or lists them.</summary>
    /// <param name="library"><see cref="Library.Braid"/> or <see cref="Library.Aot"/>.</param>
    /// <param name="arguments">The mode, and a seed; none for the list.</param>
    /// <returns>How it ended, and what it has said.</returns>
    public static async Task<(int ExitCode, string Output, string Error)> RunAsync(string library, params string[] arguments)
    {
        Library.Need(library);
        Library.Need(s_built.Value.Program is not null, s_built.Value.Reason);
        var start = new ProcessStartInfo(s_built.Value.Program!, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        Library.Give(start, library);
        using Process process = Process.Start(start)!;
        using var guard = new CancellationTokenSource(s_guard);
        using CancellationTokenRegistration end = guard.Token.Register(() => process.Kill());
        Task<string> error = process.StandardError.ReadToEndAsync(CancellationToken.None);
        string output = await process.StandardOutput.ReadToEndAsync(CancellationToken.None);
        await process.WaitForExitAsync(CancellationToken.None);
        return (process.ExitCode, output, await error);
    }

    private static (string? Program, string Reason) Build()
    {
        string output = Path.Combine(AppContext.BaseDirectory, "misuse");
        const string What = "the program cannot be built (apt-get install gcc libusrsctp-dev)";
        try
        {
            string script = Path.Combine(Library.ProjectFolder, "native", "build.sh");
            using Process build = Process.Start(new ProcessStartInfo("sh", [script, output, "misuse"]) { RedirectStandardError = true })!;
            string errors = build.StandardError.ReadToEnd();
            build.WaitForExit();
            return build.ExitCode == 0 ? (output, "") : (null, $"{What}: {errors}");
        }
        catch (Win32Exception exception)
        {
            return (null, $"{What}: {exception.Message}");
        }
    }
}
