using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Runtime.CompilerServices;
using System.Threading;

namespace Braid.Benchmarks;

/// <summary>One association after the other in one process: whether anything grows.</summary>
/// <param name="rounds">How many.</param>
internal sealed class Endurance(int rounds) : IPart
{
    private const int Parts = 10;

    private static readonly string[] s_metrics = ["rounds", "heap", "working set", "handles", "threads"];

    public string Name => "endurance";

    public string Title => "One association after the other";

    public string How => $"Both ends in one process: set-up, one message of {ManyEnds.MessageSize} bytes, its echo and shutdown, {Amount.Count(rounds)} times.";

    public IReadOnlyList<View> Views { get; } = [new View("Whether anything grows", s_metrics, [])];

    public async IAsyncEnumerable<Result> RunAsync(RunLog log, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var ends = new BraidEnds(1);
        int part = Math.Max(1, rounds / Parts);
        for (int done = part; done <= rounds; done += part)
        {
            long start = Stopwatch.GetTimestamp();
            for (int i = 0; i < part; i++)
            {
                await ends.ConnectAsync(0, cancellationToken);
                await ends.EchoAsync(0, cancellationToken);
                await ends.CloseAsync(0, cancellationToken);
            }

            string name = $"after {Amount.Count(done)}";
            log.Say($"{Name}: {name}");
            yield return Of(name, 0, "1/s", part / Stopwatch.GetElapsedTime(start).TotalSeconds);
            yield return Of(name, 1, "MiB", Many.Heap() / 1024.0 / 1024.0);
            yield return Of(name, 2, "MiB", Environment.WorkingSet / 1024.0 / 1024.0);
            yield return Of(name, 3, "open", HandleCount());
            yield return Of(name, 4, "running", ThreadCount());
        }
    }

    private static Result Of(string name, int metric, string unit, double value) => new(name, "braid", s_metrics[metric], unit, [value]);

    private static int ThreadCount()
    {
        using Process self = Process.GetCurrentProcess();
        return self.Threads.Count;
    }

    private static int HandleCount() =>
        Directory.Exists("/proc/self/fd") ? Directory.GetFiles("/proc/self/fd").Length : 0;
}
