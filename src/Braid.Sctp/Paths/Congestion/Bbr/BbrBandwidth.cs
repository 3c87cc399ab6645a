using System;

namespace Braid.Sctp;

/// <summary>
/// The data rate of a path (draft-ietf-ccwg-bbr-06 §2.9.1): the most that was delivered in this cycle of probes and the one before, and
/// what losses have made of it since. In bytes a second.
/// </summary>
internal struct BbrBandwidth
{
    private double _current;                                 // BBR.max_bw_filter: this cycle,
    private double _before;                                  // and the one before
    private double _shortTerm;                               // BBR.bw_shortterm

    public BbrBandwidth() => _shortTerm = double.PositiveInfinity;

    /// <summary>BBR.max_bw.</summary>
    public readonly double Maximum => Math.Max(_current, _before);

    /// <summary>BBR.bw: what to send at (BoundBWForModel()).</summary>
    public readonly double Bound => Math.Min(Maximum, _shortTerm);

    /// <summary>BBR.bw_shortterm.</summary>
    public double ShortTerm
    {
        readonly get => _shortTerm;
        set => _shortTerm = value;
    }

    /// <summary>BBR.bw_latest: the most in this round trip.</summary>
    public double Latest { get; set; }

    /// <summary>UpdateMaxBw() (§5.5.5). A sample that the application has kept low counts only if it is more than any other.</summary>
    public void Observe(in RateSample sample)
    {
        if (sample.BytesPerSecond > 0 && (sample.BytesPerSecond >= Maximum || !sample.IsApplicationLimited))
        {
            _current = Math.Max(_current, sample.BytesPerSecond);
        }
    }

    /// <summary>AdvanceMaxBwFilter() (§5.5.6): another cycle begins.</summary>
    public void Advance()
    {
        if (_current > 0)
        {
            (_before, _current) = (_current, 0);
        }
    }

    /// <summary>Losses in a round trip: down to what is delivered, but not by more than a loss would cost CUBIC (§5.5.10.3).</summary>
    public void OnLossyRound()
    {
        double from = double.IsPositiveInfinity(_shortTerm) ? Maximum : _shortTerm;
        _shortTerm = Math.Max(Latest, BbrCongestion.Beta * from);
    }
}
