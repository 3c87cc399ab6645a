using System;
using System.Globalization;
using System.Text;
using Braid.Sctp;

namespace Braid.Simulation;

/// <summary><c>docs/interleaving.md</c>: what interleaved messages and schedulers do, measured in virtual time.</summary>
public static class InterleavingReport
{
    /// <summary>How long each line of the table is measured.</summary>
    public static TimeSpan Duration { get; } = TimeSpan.FromSeconds(60);

    /// <summary>Makes the page.</summary>
    public static string Make()
    {
        var text = new StringBuilder("""
            # Interleaving, measured

            Made by `braid simulate --scenario congestion --output docs`, in virtual time: the same numbers on every machine; a test
            compares them.

            A message of 100 bytes each 10 ms beside one of 1 MB after the other on another stream, over a path of 10 Mbit/s and 40 ms
            with a queue of 50,000 bytes. The delay is from `Send` to the application of the receiver; 20 ms of it is the path, and a full
            queue is 40 ms. By priority the short messages go first; the weights are equal.

            | Scheduler | DATA: median | 99 of 100 | bulk, Mbit/s | I-DATA: median | 99 of 100 | bulk, Mbit/s | Gain, 99 of 100 |
            |---|---|---|---|---|---|---|---|

            """.ReplaceLineEndings("\n"));
        foreach (StreamScheduler scheduler in Enum.GetValues<StreamScheduler>())
        {
            InterleavingResult without = InterleavingExperiment.Run(isInterleaved: false, scheduler, Duration);
            InterleavingResult with = InterleavingExperiment.Run(isInterleaved: true, scheduler, Duration);
            Append(text, $"| {scheduler} | {without.Median.TotalMilliseconds:0} ms | {without.Percentile99.TotalMilliseconds:0} ms | {without.BulkBytesPerSecond * 8 / 1e6:0.00} ");
            Append(text, $"| {with.Median.TotalMilliseconds:0} ms | {with.Percentile99.TotalMilliseconds:0} ms | {with.BulkBytesPerSecond * 8 / 1e6:0.00} ");
            Append(text, $"| {without.Percentile99 / with.Percentile99:0.0} |\n");
        }

        text.Append("\nOne message of each stream in turn cannot carry 100 short ones a second beside 1.2 long ones: with DATA they pile up, for as long as it is measured.\n");
        text.Append("\nFirst come, first served gains nothing: it sends in the order of the calls, whatever the chunks are.\n");
        return text.ToString();
    }

    private static void Append(StringBuilder text, FormattableString part) => text.Append(part.ToString(CultureInfo.InvariantCulture));
}
