using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Linq;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Threading;
using System.Threading.Tasks;
using BenchmarkDotNet.Attributes;

namespace Braid.Benchmarks;

/// <summary>
/// The benchmarks that <c>micro</c> runs thoroughly, for a moment each: no statistics, but beside everything else, and in seconds.
/// </summary>
/// <param name="seconds">How long a run goes on.</param>
/// <param name="rounds">Runs of each.</param>
internal sealed class InMemory(double seconds, int rounds) : IPart
{
    private const string Time = "time";
    private const string Allocated = "allocated";
    private const double WarmUp = 0.5;                       // seconds, for the compiler
    private const int CallsPerLook = 32;                     // at the clock

    public string Name => "memory";

    public string Title => "Single steps in memory";

    public string How =>
        $"One thread, no socket, {seconds:0.##} s a run, medians of {rounds}. The command micro runs the same by BenchmarkDotNet.";

    public IReadOnlyList<View> Views { get; } = [new View("Time and allocations of one operation", [Time, Allocated], [])];

    public async IAsyncEnumerable<Result> RunAsync(RunLog log, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.Yield();
        var benchmarks = new MicroBenchmarks();
        benchmarks.SetUp();
        foreach (MethodInfo method in typeof(MicroBenchmarks).GetMethods().Where(method => method.GetCustomAttribute<BenchmarkAttribute>() is not null))
        {
            cancellationToken.ThrowIfCancellationRequested();
            log.Say($"{Name}: {method.Name}");
            var operation = method.CreateDelegate<Func<uint>>(benchmarks);
            BenchmarkAttribute attribute = method.GetCustomAttribute<BenchmarkAttribute>()!;
            Measure(operation, Deadline.AfterWork(WarmUp));
            (double Time, double Allocated)[] runs = [.. Enumerable.Range(0, rounds).Select(_ => Measure(operation, Deadline.In(seconds)))];
            string name = attribute.Description ?? method.Name;
            yield return new Result(name, "braid", Time, "ns", [.. runs.Select(run => run.Time / attribute.OperationsPerInvoke)]);
            yield return new Result(name, "braid", Allocated, "B", [.. runs.Select(run => run.Allocated / attribute.OperationsPerInvoke)]);
        }
    }

    private static (double Nanoseconds, double Bytes) Measure(Func<uint> operation, Deadline end)
    {
        long calls = 0;
        long allocated = GC.GetAllocatedBytesForCurrentThread();
        long start = Stopwatch.GetTimestamp();
        do
        {
            for (int i = 0; i < CallsPerLook; i++)
            {
                operation();
            }

            calls += CallsPerLook;
        }
        while (!end.IsOver);
        double elapsed = Stopwatch.GetElapsedTime(start).TotalNanoseconds;
        return (elapsed / calls, (double)(GC.GetAllocatedBytesForCurrentThread() - allocated) / calls);
    }
}
