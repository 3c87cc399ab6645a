using System;

namespace Braid.Tests;

/// <summary>What code allocates on its thread.</summary>
internal static class Allocations
{
    private const int MaximumRuns = 8;

    /// <summary>
    /// The bytes that <paramref name="run"/> allocates: the least of several runs, of which the first that allocates nothing is the last. One run
    /// is no proof of the opposite: when another thread provokes a collection, what is unused of this thread's allocation context, up to 8 KiB,
    /// is counted as allocated.
    /// </summary>
    public static long Of(Action run)
    {
        long least = long.MaxValue;
        for (int i = 0; i < MaximumRuns && least != 0; i++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            run();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        return least;
    }
}
