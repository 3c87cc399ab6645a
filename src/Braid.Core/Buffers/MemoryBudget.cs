using System;
using System.Threading;

namespace Braid.Core;

/// <summary>
/// A limit on memory and what is used of it. Whoever rents charges it; whoever returns credits it. Safe from any thread, for machines that
/// share one.
/// </summary>
/// <param name="limit">Bytes that may be used.</param>
public sealed class MemoryBudget(long limit)
{
    private long _limit = limit;
    private long _used;

    /// <summary>Bytes that may be used. May become less than what is in use: then nothing is left until enough was given back.</summary>
    public long Limit
    {
        get => Volatile.Read(ref _limit);
        set => Volatile.Write(ref _limit, value);
    }

    /// <summary>Bytes in use.</summary>
    public long Used => Volatile.Read(ref _used);

    /// <summary>Bytes left, never negative.</summary>
    public long Available => Math.Max(0, Limit - Used);

    /// <summary>Takes <paramref name="bytes"/>, if they are left.</summary>
    public bool TryCharge(long bytes)
    {
        long used = Used;
        while (bytes <= Limit - used)
        {
            long before = Interlocked.CompareExchange(ref _used, used + bytes, used);
            if (before == used)
            {
                return true;
            }

            used = before;
        }

        return false;
    }

    /// <summary>Takes <paramref name="bytes"/>, left or not: for what must be taken before anything can be given back.</summary>
    public void Charge(long bytes) => Interlocked.Add(ref _used, bytes);

    /// <summary>Gives <paramref name="bytes"/> back.</summary>
    public void Credit(long bytes) => Invariant.Check(Interlocked.Add(ref _used, -bytes) >= 0, "more memory was given back than was taken");
}
