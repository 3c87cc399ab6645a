using System.Collections.Generic;
using System.Linq;
using System.Runtime.CompilerServices;
using System.Threading;

namespace Braid.Benchmarks;

/// <summary>One small message to another process and back, and again: how long that takes, mostly and at worst.</summary>
/// <param name="subjects">Who takes turns.</param>
/// <param name="tripsPerRun">Round trips in a run.</param>
/// <param name="rounds">Runs of each.</param>
internal sealed class Latency(IReadOnlyList<ISubject> subjects, int tripsPerRun, int rounds) : IPart
{
    private const string Time = "round trip";
    private const int Size = 64;
    private const int Mtu = 1400;

    public string Name => "latency";

    public string Title => "Ping-pong";

    public string How =>
        $"{Size} bytes to another process over loopback and back: {Amount.Count(tripsPerRun)} round trips a run after 5,000 and three seconds of warming up, in which the runtime compiles (usrsctp 5,000), every one timed; the median, "
        + $"99th and 99.9th percentile of each run, and medians of those over {rounds} runs, the subjects taking turns. udp (plain blocking calls) is the floor. braid "
        + "awaits its calls, blocking is braid by its blocking ones, inline is braid awaiting with UnsafePreferInlineScheduling; usrsctp receives and answers on one thread of its own; tcp by blocking calls without Nagle's algorithm.";

    public IReadOnlyList<View> Views { get; } =
    [
        new View(
            "Round trip by percentile",
            [Time],
            [.. from subject in subjects where subject.Name != "udp" select new Ratio(subject.Name, "udp")],
            "latency"),
    ];

    public async IAsyncEnumerable<Result> RunAsync(RunLog log, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        log.Say($"{Name}: {Amount.Bytes(Size)}");
        var job = new Job(JobKind.PingPong, Mtu, Size, 0, 0, Rounds: tripsPerRun);
        var runs = await Turns.TakeAsync(subjects, rounds, subject => TwoProcesses.RunAsync(subject, job, cancellationToken), log, cancellationToken);
        foreach ((ISubject subject, IReadOnlyList<Outcome> outcomes) in runs)
        {
            yield return new Result("p50", subject.Name, Time, "µs", [.. outcomes.Select(run => run.RoundTrips.Median)]);
            yield return new Result("p99", subject.Name, Time, "µs", [.. outcomes.Select(run => run.RoundTrips.P99)]);
            yield return new Result("p99.9", subject.Name, Time, "µs", [.. outcomes.Select(run => run.RoundTrips.P999)]);
        }
    }
}
