using System;

namespace Braid.Core;

/// <summary>A limit on memory and what is used of it. Whoever rents charges it; whoever returns credits it.</summary>
/// <param name="limit">Bytes that may be used.</param>
public sealed class MemoryBudget(long limit)
{
    /// <summary>Bytes that may be used. May become less than what is in use: then nothing is left until enough was given back.</summary>
    public long Limit { get; set; } = limit;

    /// <summary>Bytes in use.</summary>
    public long Used { get; private set; }

    /// <summary>Bytes left, never negative.</summary>
    public long Available => Math.Max(0, Limit - Used);

    /// <summary>Takes <paramref name="bytes"/>, if they are left.</summary>
    public bool TryCharge(long bytes)
    {
        if (bytes > Limit - Used)
        {
            return false;
        }

        Used += bytes;
        return true;
    }

    /// <summary>Takes <paramref name="bytes"/>, left or not: for what must be taken before anything can be given back.</summary>
    public void Charge(long bytes) => Used += bytes;

    /// <summary>Gives <paramref name="bytes"/> back.</summary>
    public void Credit(long bytes)
    {
        Used -= bytes;
        Invariant.Check(Used >= 0, "more memory was given back than was taken");
    }
}
