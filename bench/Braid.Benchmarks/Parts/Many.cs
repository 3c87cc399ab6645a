using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Linq;
using System.Runtime.CompilerServices;
using System.Threading;
using System.Threading.Tasks;

namespace Braid.Benchmarks;

/// <summary>Associations that come, say one thing, stay and go: how many a second, and what memory one of them holds.</summary>
/// <param name="counts">How many at the same time; of 1, so many one after the other as take a moment.</param>
/// <param name="rounds">Runs of each, but for a count that takes long.</param>
/// <param name="ifWithin">A count that takes long is left out when it would take longer than this.</param>
internal sealed class Many(IReadOnlyList<int> counts, int rounds, TimeSpan ifWithin) : IPart
{
    private const string Connect = "set up";
    private const string Echo = "message and echo";
    private const string Close = "shutdown";
    private const string Memory = "heap of an end";
    private const int TakesLong = 50_000;                    // once is enough
    private const int AtOnce = 100;                          // the socket's buffer is the limit, and a lost INIT waits a second
    private const int OneAfterTheOther = 1000;
    private const int Singles = 32;
    private const int Pinned = 4;                            // of the generations that the collector tells of

    private static readonly TimeSpan s_quiet = TimeSpan.FromSeconds(1);      // delayed SACKs are over by then

    public string Name => "many";

    public string Title => "Associations that come and go";

    public string How =>
        $"Both ends in one process, over loopback: set up, one message of {ManyEnds.MessageSize} bytes echoed, shut down, {AtOnce} calls at a time, medians of {rounds} (of one "
        + $"where there are {Amount.Count(TakesLong)} and more). In the row \"1\", {Amount.Count(OneAfterTheOther)} one after the other. All of braid's share one UDP socket on the passive side. Heap is "
        + "what an idle end holds after its message, the benchmark's own task for it included and packet buffers not, which all share; in the row \"1\" with a socket of its own. tcp's is "
        + "the kernel's and is not seen.";

    public IReadOnlyList<View> Views { get; } =
    [
        new View("How many a second", [Connect, Echo, Close], [new Ratio("braid", "tcp")]),
        new View("Memory of an idle end", [Memory], []),
    ];

    public async IAsyncEnumerable<Result> RunAsync(RunLog log, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        TimeSpan perOne = TimeSpan.Zero;
        foreach (int count in counts)
        {
            if (count >= TakesLong && perOne * count > ifWithin)
            {
                log.LeaveOut($"{Amount.Count(count)} associations, which would take {(perOne * count).TotalSeconds:0} s; the limit is {ifWithin.TotalSeconds:0} s");
                continue;
            }

            log.Say($"{Name}: {Amount.Count(count)}");
            Func<ManyEnds>[] subjects = count <= TcpEnds.Most ? [() => new BraidEnds(count), () => new TcpEnds(count)] : [() => new BraidEnds(count)];
            long start = Stopwatch.GetTimestamp();
            foreach ((_, IReadOnlyList<Life> runs) in
                await Turns.TakeAsync(subjects, count < TakesLong ? rounds : 1, open => LiveAsync(open, count, cancellationToken), log, cancellationToken))
            {
                string name = Amount.Count(count);
                string subject = runs[0].Subject;
                yield return new Result(name, subject, Connect, "1/s", [.. runs.Select(run => run.Connected)]);
                yield return new Result(name, subject, Echo, "1/s", [.. runs.Select(run => run.Echoed)]);
                yield return new Result(name, subject, Close, "1/s", [.. runs.Select(run => run.Closed)]);
                if (runs[0].Heap is not null)
                {
                    yield return new Result(name, subject, Memory, "B", [.. runs.Select(run => run.Heap!.Value)]);
                }
            }

            perOne = Stopwatch.GetElapsedTime(start) / (count * rounds);
        }
    }

    /// <summary>Bytes of heap: neither garbage nor what is pinned, which are the buffers that packets are sent and received in.</summary>
    public static long Heap()
    {
        for (int i = 0; i < 3; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        long all = GC.GetTotalMemory(forceFullCollection: true);
        GCGenerationInfo pinned = GC.GetGCMemoryInfo(GCKind.Any).GenerationInfo[Pinned];
        return all - (pinned.SizeAfterBytes - pinned.FragmentationAfterBytes);
    }

    private static async Task<Life> LiveAsync(Func<ManyEnds> open, int count, CancellationToken cancellationToken)
    {
        using var guard = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        guard.CancelAfter(TimeSpan.FromMinutes(2));
        await using ManyEnds ends = open();
        try
        {
            for (int i = 0; i < AtOnce; i++)                 // what is made once for all is not counted
            {
                await OneAsync(ends, guard.Token);
            }

            if (count == 1)
            {
                Life life = await OneAfterTheOtherAsync(ends, guard.Token);
                return life with { Heap = await HeapOfSinglesAsync(open, guard.Token) };
            }

            long before = Heap();
            double connected = await ForAllAsync(count, i => ends.ConnectAsync(i, guard.Token), guard.Token);
            double echoed = await ForAllAsync(count, i => ends.EchoAsync(i, guard.Token), guard.Token);
            double? heap = await HeapOfAnEndAsync([ends], before, count, guard.Token);
            double closed = await ForAllAsync(count, i => ends.CloseAsync(i, guard.Token), guard.Token);
            while (ends.PassiveCount > 0)
            {
                await Task.Delay(1, guard.Token);
            }

            return new Life(ends.Name, connected, echoed, closed, heap);
        }
        catch (Exception exception) when (exception is OperationCanceledException or Sockets.SctpException && !cancellationToken.IsCancellationRequested)
        {
            throw new RunFailedException($"{ends.Name}: {Amount.Count(count)} associations: {exception.Message}");
        }
    }

    private static async Task OneAsync(ManyEnds ends, CancellationToken cancellationToken)
    {
        await ends.ConnectAsync(0, cancellationToken);
        await ends.EchoAsync(0, cancellationToken);
        await ends.CloseAsync(0, cancellationToken);
    }

    private static async Task<Life> OneAfterTheOtherAsync(ManyEnds ends, CancellationToken cancellationToken)
    {
        long connecting = 0;
        long echoing = 0;
        long closing = 0;
        for (int i = 0; i < OneAfterTheOther; i++)
        {
            long start = Stopwatch.GetTimestamp();
            await ends.ConnectAsync(0, cancellationToken);
            long connected = Stopwatch.GetTimestamp();
            await ends.EchoAsync(0, cancellationToken);
            long echoed = Stopwatch.GetTimestamp();
            await ends.CloseAsync(0, cancellationToken);
            connecting += connected - start;
            echoing += echoed - connected;
            closing += Stopwatch.GetTimestamp() - echoed;
        }

        return new Life(ends.Name, Rate(connecting), Rate(echoing), Rate(closing), null);

        static double Rate(long ticks) => OneAfterTheOther / ((double)ticks / Stopwatch.Frequency);
    }

    // Each with all that it needs, which others would share.
    private static async Task<double?> HeapOfSinglesAsync(Func<ManyEnds> open, CancellationToken cancellationToken)
    {
        long before = Heap();
        var singles = new List<ManyEnds>();
        try
        {
            while (singles.Count < Singles)
            {
                singles.Add(open());
                await singles[^1].ConnectAsync(0, cancellationToken);
                await singles[^1].EchoAsync(0, cancellationToken);
            }

            return await HeapOfAnEndAsync(singles, before, Singles, cancellationToken);
        }
        finally
        {
            foreach (ManyEnds ends in singles)
            {
                await ends.DisposeAsync();
            }
        }
    }

    private static async Task<double?> HeapOfAnEndAsync(List<ManyEnds> all, long before, int count, CancellationToken cancellationToken)
    {
        if (!all[0].IsOnHeap)
        {
            return null;
        }

        await Task.Delay(s_quiet, cancellationToken);
        double each = (Heap() - before) / (2.0 * count);
        GC.KeepAlive(all);
        return each;
    }

    // How many a second.
    private static async Task<double> ForAllAsync(int count, Func<int, Task> action, CancellationToken cancellationToken)
    {
        long start = Stopwatch.GetTimestamp();
        await Parallel.ForEachAsync(
            Enumerable.Range(0, count),
            new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken },
            async (i, _) => await action(i));
        return count / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private readonly record struct Life(string Subject, double Connected, double Echoed, double Closed, double? Heap);
}
