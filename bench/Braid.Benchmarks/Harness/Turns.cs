using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;

namespace Braid.Benchmarks;

/// <summary>
/// Subjects that take turns, so that what else the machine does hits all of them alike; medians and their ratios are what counts.
/// </summary>
internal static class Turns
{
    /// <summary>Runs each of them so often. One that fails is told of, and measured the less.</summary>
    /// <param name="subjects">Who.</param>
    /// <param name="rounds">How often.</param>
    /// <param name="run">Measures one of them.</param>
    /// <param name="log">Where failures go.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>For each subject that was measured at least once, what was.</returns>
    public static async Task<IReadOnlyList<(TSubject Subject, IReadOnlyList<TMeasured> Runs)>> TakeAsync<TSubject, TMeasured>(
        IReadOnlyList<TSubject> subjects, int rounds, Func<TSubject, Task<TMeasured>> run, RunLog log, CancellationToken cancellationToken)
    {
        var runs = subjects.Select(_ => new List<TMeasured>()).ToArray();
        for (int round = 0; round < rounds; round++)
        {
            for (int i = 0; i < subjects.Count; i++)
            {
                try
                {
                    runs[i].Add(await run(subjects[i]));
                }
                catch (RunFailedException exception) when (!cancellationToken.IsCancellationRequested)
                {
                    log.Fail(exception.Message);
                }
            }
        }

        return [.. subjects.Select((subject, i) => (subject, (IReadOnlyList<TMeasured>)runs[i])).Where(pair => pair.Item2.Count > 0)];
    }
}

/// <summary>A run came to no result.</summary>
internal sealed class RunFailedException(string message) : Exception(message);
