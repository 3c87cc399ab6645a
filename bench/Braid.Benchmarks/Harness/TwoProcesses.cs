using System;
using System.Diagnostics;
using System.Threading;
using System.Threading.Tasks;

namespace Braid.Benchmarks;

/// <summary>What came of a job.</summary>
/// <param name="Received">What the passive side saw, with the processor time of both.</param>
/// <param name="RoundTrips">Of a ping-pong.</param>
internal readonly record struct Outcome(Measured Received, RoundTrips RoundTrips);

/// <summary>
/// The measured run: a subject's passive side in one process, its active side in another, over loopback. Both say what they saw in
/// their last line.
/// </summary>
internal static class TwoProcesses
{
    public static async Task<Outcome> RunAsync(ISubject subject, Job job, CancellationToken cancellationToken)
    {
        await subject.PrepareAsync();
        using var guard = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        guard.CancelAfter(TimeSpan.FromSeconds(30 + (5 * job.Seconds) + (15 * job.WarmUp) + (job.Rounds * 1e-3)));
        using Process passive = Start(subject.Passive(job));
        Process? active = null;
        try
        {
            string? ready = await passive.StandardOutput.ReadLineAsync(guard.Token);
            if (ready?.StartsWith("ready", StringComparison.Ordinal) != true)
            {
                throw new RunFailedException($"{subject.Name}: the passive side says {ready ?? "nothing"}");
            }

            active = Start(subject.Active(job, ready));
            Task<Outcome> received = ReadAsync(passive, guard.Token);
            Outcome sent = await ReadAsync(active, guard.Token);
            Outcome outcome = await received;
            if (job.Kind == JobKind.Bulk ? outcome.Received.Seconds <= 0 : sent.RoundTrips.Median <= 0)
            {
                throw new RunFailedException($"{subject.Name}: {job.Size} bytes came to no result");
            }

            Measured measured = outcome.Received with { CpuSeconds = outcome.Received.CpuSeconds + sent.Received.CpuSeconds };
            return new Outcome(measured, sent.RoundTrips);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new RunFailedException($"{subject.Name}: {job.Size} bytes did not come to an end");
        }
        finally
        {
            End(passive);
            End(active);
            active?.Dispose();
        }
    }

    private static Process Start(ProcessStartInfo info)
    {
        info.RedirectStandardOutput = true;
        return Process.Start(info)!;
    }

    private static async Task<Outcome> ReadAsync(Process process, CancellationToken cancellationToken)
    {
        Outcome outcome = default;
        while (await process.StandardOutput.ReadLineAsync(cancellationToken) is { } line)
        {
            if (Measured.TryParse(line, out Measured measured))
            {
                outcome = outcome with { Received = measured };
            }
            else if (RoundTrips.TryParse(line, out RoundTrips trips))
            {
                outcome = outcome with { RoundTrips = trips };
            }
        }

        await process.WaitForExitAsync(cancellationToken);
        return outcome;
    }

    private static void End(Process? process)
    {
        if (process is { HasExited: false })
        {
            process.Kill();
        }
    }
}
