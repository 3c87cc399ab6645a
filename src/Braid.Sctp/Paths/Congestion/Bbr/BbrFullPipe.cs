namespace Braid.Sctp;

/// <summary>
/// Whether more data makes for more delivered data (draft-ietf-ccwg-bbr-06 §5.3.1.2): three round trips without a growth by a quarter
/// say that the pipe is full.
/// </summary>
internal struct BbrFullPipe
{
    private const double Growth = 1.25;
    private const int Rounds = 3;

    private double _base;                                    // BBR.full_bw
    private int _count;                                      // BBR.full_bw_count

    /// <summary>BBR.full_bw_now: whether it is found to be full since <see cref="Reset"/>.</summary>
    public bool IsFull { get; private set; }

    /// <summary>BBR.full_bw_reached: whether it ever was.</summary>
    public bool WasFull { get; set; }

    /// <summary>ResetFullBW().</summary>
    /// <param name="rate">What to compare with, in bytes a second.</param>
    public void Reset(double rate = 0) => (_base, _count, IsFull) = (rate, 0, false);

    /// <summary>CheckFullBWReached(), at the end of a round trip.</summary>
    public void OnRound(in RateSample sample)
    {
        if (IsFull || sample.IsApplicationLimited)
        {
            return;
        }

        if (sample.BytesPerSecond >= _base * Growth)
        {
            Reset(sample.BytesPerSecond);
            return;
        }

        IsFull = ++_count >= Rounds;
        WasFull |= IsFull;
    }
}
