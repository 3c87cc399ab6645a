using System;

namespace Braid.Sctp;

/// <summary>
/// How much data a path holds (draft-ietf-ccwg-bbr-06 §2.9.2): what is known of how much in flight was too much, for long and for now.
/// In bytes.
/// </summary>
internal struct BbrVolume
{
    private const int GreatestSlope = 30;
    private const double Headroom = 0.15;                    // BBR.Headroom

    private long _acknowledged;                              // BBR.bw_probe_up_acked
    private long _perIncrement;                              // BBR.probe_up_acked_per_inc
    private int _rounds;                                     // BBR.bw_probe_up_rounds

    public BbrVolume() => (LongTerm, ShortTerm, _perIncrement) = (long.MaxValue, long.MaxValue, long.MaxValue);

    /// <summary>BBR.inflight_longterm; <see cref="long.MaxValue"/> for no limit.</summary>
    public long LongTerm { get; set; }

    /// <summary>BBR.inflight_shortterm; <see cref="long.MaxValue"/> for no limit.</summary>
    public long ShortTerm { get; set; }

    /// <summary>BBR.inflight_latest: the most that was delivered in a round trip.</summary>
    public long Latest { get; set; }

    /// <summary>InflightWithHeadroom(): what leaves room to others.</summary>
    public readonly long WithHeadroom(int packet) => LongTerm == long.MaxValue ? long.MaxValue
        : Math.Max(LongTerm - Math.Max(packet, (long)(Headroom * LongTerm)), 4L * packet);

    /// <summary>Losses in a round trip (§5.5.10.3).</summary>
    /// <param name="window">cwnd.</param>
    public void OnLossyRound(long window)
    {
        long from = ShortTerm == long.MaxValue ? window : ShortTerm;
        ShortTerm = Math.Max(Latest, (long)(BbrCongestion.Beta * from));
    }

    /// <summary>The long-term limit does not grow.</summary>
    public void Hold() => _perIncrement = long.MaxValue;

    /// <summary>Another probe will begin.</summary>
    public void ResetSlope() => (_rounds, _acknowledged) = (0, 0);

    /// <summary>RaiseInflightLongtermSlope(): each round trip it may grow by twice as much.</summary>
    /// <param name="window">cwnd.</param>
    /// <param name="packet">Bytes in a packet.</param>
    public void RaiseSlope(long window, int packet)
    {
        long growth = 1L << _rounds;
        _rounds = Math.Min(_rounds + 1, GreatestSlope);
        _perIncrement = Math.Max(window / growth, packet);
    }

    /// <summary>ProbeInflightLongtermUpward(), where all that it allows was in use.</summary>
    /// <param name="acknowledged">Newly acknowledged bytes.</param>
    /// <param name="packet">Bytes in a packet.</param>
    public void Raise(long acknowledged, int packet)
    {
        _acknowledged += acknowledged;
        long steps = _acknowledged / _perIncrement;
        _acknowledged -= steps * _perIncrement;
        LongTerm += steps * packet;
    }
}
