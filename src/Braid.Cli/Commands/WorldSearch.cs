using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Diagnostics;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Braid.Cli.Output;
using Spectre.Console;

namespace Braid.Cli.Commands;

/// <summary>What happened in a world.</summary>
/// <param name="Packets">Packets that were sent.</param>
/// <param name="Lost">Those of them that were lost.</param>
/// <param name="Duration">Virtual time.</param>
internal readonly record struct WorldRun(long Packets, long Lost, TimeSpan Duration);

/// <summary>Runs worlds on all cores, behind a bar on stderr, until all are done or some have failed.</summary>
/// <param name="name">What they are called.</param>
/// <param name="first">The first one.</param>
/// <param name="last">The last one.</param>
internal sealed class WorldSearch(string name, ulong first, ulong last)
{
    private const int MostFailures = 10;                     // one would do; more of them show what they have in common

    private readonly ConcurrentDictionary<ulong, string> _failures = [];
    private readonly Stopwatch _watch = Stopwatch.StartNew();
    private int _done;
    private long _packets;
    private long _lost;
    private long _virtualTicks;

    /// <summary>The worlds that failed, and why: some, in their order.</summary>
    public IReadOnlyList<KeyValuePair<ulong, string>> Failures => [.. _failures.OrderBy(static failure => failure.Key).Take(MostFailures)];

    /// <summary>Runs them.</summary>
    /// <param name="run">Runs one; throws where it fails.</param>
    /// <param name="cancellationToken">Ends it after those that run.</param>
    public async Task RunAsync(Func<ulong, WorldRun> run, CancellationToken cancellationToken)
    {
        Task search = Task.Run(() => Search(run, cancellationToken), CancellationToken.None);
        if (first == last || Console.IsErrorRedirected)
        {
            await search;
            return;
        }

        await ProgressBars.Create().Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn())
            .StartAsync(async context =>
            {
                ProgressTask bar = context.AddTask(name, maxValue: last - first + 1);
                await ProgressBars.WhileRunningAsync(search, () => bar.Value = Volatile.Read(ref _done));
            });
    }

    /// <summary>The line that stands at the end.</summary>
    public string Summary() =>
        $"{name}: {_done} {(_done == 1 ? "world" : "worlds")} in {Amount.Duration(_watch.Elapsed)}, "
        + $"{_failures.Count} failed; {_packets:N0} packets ({_lost:N0} lost), {Amount.Duration(TimeSpan.FromTicks(_virtualTicks))} of virtual time.";

    private void Search(Func<ulong, WorldRun> run, CancellationToken cancellationToken)
    {
        long next = -1;
        ulong count = last - first + 1;
        Parallel.For(0, Environment.ProcessorCount, (_, _) =>
        {
            ulong index;
            while ((index = (ulong)Interlocked.Increment(ref next)) < count && _failures.Count < MostFailures && !cancellationToken.IsCancellationRequested)
            {
                Try(run, first + index);
                Interlocked.Increment(ref _done);
            }
        });
        cancellationToken.ThrowIfCancellationRequested();
    }

    // A bug may show itself by any exception: the seed is what somebody needs then.
    private void Try(Func<ulong, WorldRun> run, ulong seed)
    {
        try
        {
            WorldRun world = run(seed);
            Interlocked.Add(ref _packets, world.Packets);
            Interlocked.Add(ref _lost, world.Lost);
            Interlocked.Add(ref _virtualTicks, world.Duration.Ticks);
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            _failures[seed] = exception.Message;
        }
    }
}
