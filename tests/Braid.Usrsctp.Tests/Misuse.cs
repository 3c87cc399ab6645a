using System;
using System.Diagnostics;
using System.Threading;
using System.Threading.Tasks;

namespace Braid.Usrsctp.Tests;

/// <summary>The C program that uses Braid's library wrongly (native/misuse): each mode in a process of its own.</summary>
internal static class Misuse
{
    // A guard only: the program stops itself before, and says in which call it hangs.
    private static readonly TimeSpan s_guard = TimeSpan.FromSeconds(130);

    private static readonly Lazy<(string? Program, string Reason)> s_built = new(static () => NativeProgram.Build("misuse"));

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
}
