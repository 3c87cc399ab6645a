using System;
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
    public static Task<(int ExitCode, string Output, string Error)> RunAsync(string library, params string[] arguments) =>
        NativeProgram.RunAsync(s_built.Value, library, s_guard, arguments);
}
