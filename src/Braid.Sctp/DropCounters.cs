namespace Braid.Sctp;

/// <summary>One counter for each <see cref="DropReason"/>.</summary>
public sealed class DropCounters
{
    private readonly long[] _counts = new long[(int)DropReason.Count];

    /// <summary>How often something was dropped for <paramref name="reason"/>.</summary>
    public long this[DropReason reason] => _counts[(int)reason];

    /// <summary>All drops.</summary>
    public long Total
    {
        get
        {
            long total = 0;
            foreach (long count in _counts)
            {
                total += count;
            }

            return total;
        }
    }

    internal void Count(DropReason reason) => _counts[(int)reason]++;
}
