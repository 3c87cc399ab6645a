using System.Threading;

namespace Braid.Tests;

/// <summary>
/// Starts the threads of the pool before anyone enters a network namespace. A thread begins in the namespace of whoever starts it: where none is
/// left after a while without work, one that is started from within starts all the others, and what later tests open or start there is in a namespace
/// that they know nothing of. The pool of the tests keeps its threads (ThreadsToKeepAlive).
/// </summary>
internal static class PoolThreads
{
    private const int Count = 32;                            // more than run at once

    public static void Start()
    {
        ThreadPool.GetMinThreads(out int least, out int ports);
        ThreadPool.SetMinThreads(Count, ports);
        var all = new Barrier(Count + 1);                    // not disposed of: who comes last does not wait until the others have left
        for (int i = 0; i < Count; i++)
        {
            ThreadPool.UnsafeQueueUserWorkItem(static all => all.SignalAndWait(), all, preferLocal: false);
        }

        all.SignalAndWait();
        ThreadPool.SetMinThreads(least, ports);
    }
}
