using System.Collections.Generic;
using System.Linq;
using System.Runtime.CompilerServices;
using System.Threading;

namespace Braid.Benchmarks;

/// <summary>One flow between two processes over loopback, by message size and path MTU: goodput, and the processor time that it takes.</summary>
/// <param name="subjects">Who takes turns; the first one is compared with the others.</param>
/// <param name="cases">Message sizes in bytes, each with a path MTU.</param>
/// <param name="seconds">How long each run sends.</param>
/// <param name="warmUp">And how long it works before, unmeasured.</param>
/// <param name="rounds">Runs of each.</param>
internal sealed class Goodput(IReadOnlyList<ISubject> subjects, IReadOnlyList<(int Size, int Mtu)> cases, double seconds, double warmUp, int rounds) : IPart
{
    private const string Rate = "goodput";
    private const string Messages = "messages";
    private const string Cpu = "cpu";
    private const int UsualMtu = 1400;

    /// <summary>Messages that a packet has room for many of: how many go is the question, not how many bits.</summary>
    private const int Small = 64;

    public string Name => "loopback";

    public string Title => "One flow over loopback";

    public string How =>
        $"Two processes, {seconds:0.##} s a run after {warmUp:0.##} s of warming up, medians of {rounds}, the subjects taking turns. Path MTU 1,400 bytes, or what the "
        + "row says. braid with its defaults (with checksums), usrsctp with buffers of 4 MiB, tcp with loopback's own MTU. udp is the floor: full packets of the path MTU by "
        + "UDP_SEGMENT and UDP_GRO, whatever the message size, no more of them than the receiver keeps up with. Processor time is that of both processes.";

    public IReadOnlyList<View> Views
    {
        get
        {
            IReadOnlyList<Ratio> ratios = View.FirstToOthers([.. subjects.Select(subject => subject.Name)]);
            return
            [
                new View("Goodput by message size", [Rate], ratios, "goodput"),
                new View($"Messages of {Small} bytes, millions a second", [Messages], [.. ratios.Where(ratio => ratio.To != "udp")]),
                new View("Processor time of both processes for a gigabyte", [Cpu], ratios, "cpu"),
            ];
        }
    }

    public async IAsyncEnumerable<Result> RunAsync(RunLog log, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach ((int size, int mtu) in cases)
        {
            string name = mtu == UsualMtu ? Amount.Bytes(size) : $"{Amount.Bytes(size)}, MTU {Amount.Count(mtu)}";
            log.Say($"{Name}: {name}");
            var job = new Job(JobKind.Bulk, mtu, size, seconds, warmUp);
            foreach ((ISubject subject, IReadOnlyList<Outcome> runs) in
                await Turns.TakeAsync(subjects, rounds, subject => TwoProcesses.RunAsync(subject, job, cancellationToken), log, cancellationToken))
            {
                yield return new Result(name, subject.Name, Rate, "Gbit/s", [.. runs.Select(run => run.Received.GigabitsPerSecond)]);
                yield return new Result(name, subject.Name, Cpu, "s/GB", [.. runs.Select(run => run.Received.CpuSecondsPerGigabyte)]);
                if (size == Small && subject is not UdpSubject)
                {
                    yield return new Result(name, subject.Name, Messages, "million/s", [.. runs.Select(run => run.Received.Bytes / size / run.Received.Seconds / 1e6)]);
                }
            }
        }
    }
}
