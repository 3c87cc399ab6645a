using System.Collections.Generic;
using System.Linq;
using System.Runtime.CompilerServices;
using System.Threading;

namespace Braid.Benchmarks;

/// <summary>Many associations that all send at the same time: what they carry together.</summary>
/// <param name="subjects">Who takes turns; the first one is compared with the others.</param>
/// <param name="counts">How many associations, or connections.</param>
/// <param name="seconds">How long each run sends.</param>
/// <param name="warmUp">And how long it works before, unmeasured.</param>
/// <param name="rounds">Runs of each.</param>
internal sealed class Flows(IReadOnlyList<ISubject> subjects, IReadOnlyList<int> counts, double seconds, double warmUp, int rounds) : IPart
{
    private const string Rate = "goodput of all";
    private const string Cpu = "cpu of all";
    private const int Size = 16 * 1024;
    private const int Mtu = 1400;

    public string Name => "flows";

    public string Title => "Many flows at once";

    public string How =>
        $"Messages of {Amount.Bytes(Size)} between two processes over loopback, path MTU 1,400 bytes, {seconds:0.##} s a run, medians of {rounds}, the subjects taking turns. All "
        + "associations of braid share one UDP socket on either side; tcp has a thread for each connection.";

    public IReadOnlyList<View> Views
    {
        get
        {
            IReadOnlyList<Ratio> ratios = View.FirstToOthers([.. subjects.Select(subject => subject.Name)]);
            return [new View("Goodput of all together", [Rate], ratios, "flows"), new View("Processor time of both processes for a gigabyte", [Cpu], ratios)];
        }
    }

    public async IAsyncEnumerable<Result> RunAsync(RunLog log, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (int count in counts)
        {
            log.Say($"{Name}: {count}");
            var job = new Job(JobKind.Bulk, Mtu, Size, seconds, warmUp, count);
            foreach ((ISubject subject, IReadOnlyList<Outcome> runs) in
                await Turns.TakeAsync(subjects, rounds, subject => TwoProcesses.RunAsync(subject, job, cancellationToken), log, cancellationToken))
            {
                yield return new Result(Amount.Count(count), subject.Name, Rate, "Gbit/s", [.. runs.Select(run => run.Received.GigabitsPerSecond)]);
                yield return new Result(Amount.Count(count), subject.Name, Cpu, "s/GB", [.. runs.Select(run => run.Received.CpuSecondsPerGigabyte)]);
            }
        }
    }
}
