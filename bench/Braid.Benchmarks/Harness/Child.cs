using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.Threading;
using System.Threading.Tasks;

namespace Braid.Benchmarks;

/// <summary>A process of a measurement that is never waited for without a limit, and gone when it is disposed of.</summary>
internal sealed class Child : IAsyncDisposable
{
    private static readonly TimeSpan s_untilKilled = TimeSpan.FromSeconds(10);

    private readonly string _name;
    private readonly Process _process;

    private Child(string name, Process process)
    {
        _name = name;
        _process = process;
    }

    /// <summary>Starts a program.</summary>
    /// <param name="name">What errors call it.</param>
    /// <param name="program">The program.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <exception cref="RunFailedException">There is none.</exception>
    public static Child Start(string name, string program, IEnumerable<string> arguments)
    {
        try
        {
            return new Child(name, Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!);
        }
        catch (System.ComponentModel.Win32Exception exception)
        {
            throw new RunFailedException($"{name}: {exception.Message}");
        }
    }

    /// <summary>Runs a program to its end.</summary>
    /// <returns>What it says on stdout.</returns>
    /// <exception cref="RunFailedException">It took too long, or there is none.</exception>
    public static async Task<string> RunAsync(string program, IEnumerable<string> arguments)
    {
        await using Child child = Start(program, program, arguments);
        return await child.ReadToEndAsync(s_untilKilled, CancellationToken.None);
    }

    /// <summary>Its next line.</summary>
    /// <exception cref="RunFailedException">None comes within that time.</exception>
    public async Task<string> ReadLineAsync(TimeSpan limit, CancellationToken cancellationToken) =>
        await WithinAsync(limit, "has not begun", async token => await _process.StandardOutput.ReadLineAsync(token), cancellationToken)
        ?? throw new RunFailedException($"{_name} ended before it had begun");

    /// <summary>The rest of what it says, until it ends.</summary>
    /// <exception cref="RunFailedException">It does not end within that time.</exception>
    public Task<string> ReadToEndAsync(TimeSpan limit, CancellationToken cancellationToken) => WithinAsync(
        limit,
        "has not ended",
        async token =>
        {
            string output = await _process.StandardOutput.ReadToEndAsync(token);
            await _process.WaitForExitAsync(token);
            return output;
        },
        cancellationToken);

    /// <summary>Ends it as Ctrl+C does, for .NET itself only knows how to kill; and kills it when that does not help.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            using var limit = new CancellationTokenSource(s_untilKilled);
            try
            {
                using Process interrupt = Process.Start("kill", ["-INT", _process.Id.ToString(CultureInfo.InvariantCulture)]);
                await interrupt.WaitForExitAsync(limit.Token);
                await _process.WaitForExitAsync(limit.Token);
            }
            catch (OperationCanceledException)
            {
                _process.Kill(entireProcessTree: true);
            }
        }

        _process.Dispose();
    }

    private async Task<T> WithinAsync<T>(TimeSpan limit, string complaint, Func<CancellationToken, Task<T>> wait, CancellationToken cancellationToken)
    {
        using var guard = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        guard.CancelAfter(limit);
        try
        {
            return await wait(guard.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new RunFailedException($"{_name} {complaint} after {limit.TotalSeconds:0} s");
        }
    }
}
