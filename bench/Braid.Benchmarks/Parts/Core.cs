using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Linq;
using System.Runtime.CompilerServices;
using System.Threading;
using System.Threading.Tasks;
using Braid.Sctp;

namespace Braid.Benchmarks;

/// <summary>
/// One flow through both endpoints in memory, on one thread: what the protocol costs without any system call. Time is virtual:
/// a batch takes 50 µs to the other side.
/// </summary>
/// <param name="sizes">Message sizes in bytes.</param>
/// <param name="mtu">Largest IP packet, in bytes.</param>
/// <param name="seconds">How long each run sends.</param>
/// <param name="rounds">Runs of each.</param>
/// <param name="packetsPerAnswer">After how many packets the receiver may answer, one after the other; 0 for all that may be sent at the time.</param>
internal sealed class Core(IReadOnlyList<int> sizes, int mtu, double seconds, int rounds, params IReadOnlyList<int> packetsPerAnswer) : IPart
{
    private const double WarmUp = 0.3;                       // seconds: until the code is compiled and the window open

    public string Name => "core";

    public string Title => "The protocol alone";

    public string How =>
        $"One flow through both endpoints in memory, on one thread, without system calls; path MTU {Amount.Count(mtu)}, {seconds:0.##} s a run, medians of {rounds}. Allocations are those of "
        + "both ends.";

    public IReadOnlyList<View> Views { get; } = [new View("Both ends on one core", ["goodput", "time of a packet", "time of a message", "allocated for a message"], [])];

    public async IAsyncEnumerable<Result> RunAsync(RunLog log, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach ((int size, int packets) in from size in sizes from packets in packetsPerAnswer.DefaultIfEmpty() select (size, packets))
        {
            string name = packets == 0 ? Amount.Bytes(size) : $"{Amount.Bytes(size)}, answers after {packets}";
            log.Say($"{Name}: {name}");
            foreach ((string subject, IReadOnlyList<Flow.Costs> runs) in
                await Turns.TakeAsync(["braid"], rounds, _ => Task.FromResult(new Flow(mtu, packets).Run(size, WarmUp, seconds)), log, cancellationToken))
            {
                yield return new Result(name, subject, "goodput", "Gbit/s", [.. runs.Select(run => run.GigabitsPerSecond)]);
                yield return new Result(name, subject, "time of a packet", "ns", [.. runs.Select(run => run.Packet)]);
                yield return new Result(name, subject, "time of a message", "ns", [.. runs.Select(run => run.Message)]);
                yield return new Result(name, subject, "allocated for a message", "B", [.. runs.Select(run => run.Allocated)]);
            }
        }
    }
}

/// <summary>What time it takes.</summary>
file sealed class Flow(int mtu, int packetsPerAnswer)
{
    private readonly MemoryFlow _flow = new(AssociationOptions.Default, mtu, packetsPerAnswer);

    /// <summary>Nanoseconds for a packet and for a message, bytes allocated for a message, and what that makes.</summary>
    public readonly record struct Costs(double GigabitsPerSecond, double Packet, double Message, double Allocated);

    /// <summary>Sends for so long, and then once more.</summary>
    public Costs Run(int size, double warmUp, double seconds)
    {
        Send(size, Deadline.AfterWork(warmUp));
        _flow.Counts = default;
        long allocated = GC.GetAllocatedBytesForCurrentThread();
        double elapsed = Send(size, Deadline.In(seconds));
        allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
        MemoryCounts counts = _flow.Counts;
        double messages = (double)counts.Received / size;
        return new Costs(counts.Received * 8 / elapsed / 1e9, elapsed * 1e9 / (counts.Packets + counts.Answers), elapsed * 1e9 / messages, allocated / messages);
    }

    private double Send(int size, Deadline end)
    {
        var message = new byte[size];
        long start = Stopwatch.GetTimestamp();
        do
        {
            _flow.Send(message, long.MaxValue);
        }
        while (!end.IsOver);
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }
}
