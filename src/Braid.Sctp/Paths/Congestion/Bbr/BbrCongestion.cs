using System;
using Braid.Core;

namespace Braid.Sctp;

/// <summary>
/// BBR, version 3 (draft-ietf-ccwg-bbr-06, whose sections are named here): sends at the rate that a path delivers, with as much in flight
/// as that takes, and probes now and then whether there is more. Owns the state machine; what it knows of the path is in the model's parts.
/// </summary>
internal sealed partial class BbrCongestion : ICongestionControl
{
    /// <summary>BBR.Beta: what a loss makes a bound smaller by, at most (§2.8).</summary>
    public const double Beta = 0.7;

    private const double QueuedTolerance = 0.02;             // BBR.LossThresh, where there is a queue (§2.8)

    // And where there is none (not in the draft: docs/adr/0011): this part, or as many packets, for a few say nothing.
    private const double QueuelessTolerance = 0.1;
    private const double GreatestTolerance = 0.3;
    private const int QueuelessPackets = 8;

    private const double StartupGain = 2.77;                 // BBR.StartupPacingGain
    private const double DrainGain = 0.5;                    // BBR.DrainPacingGain
    private const double DownGain = 0.9;
    private const double UpGain = 1.25;
    private const double WindowGain = 2;                     // BBR.DefaultCwndGain
    private const double UpWindowGain = 2.25;
    private const double ProbeRttGain = 0.5;                 // BBR.ProbeRTTCwndGain
    private const double Margin = 0.99;                      // BBR.PacingMarginPercent
    private const int StartupLosses = 6;                     // BBRStartupFullLossCnt
    private const int RenoRounds = 63;
    private const int DrainRounds = 3;

    private static readonly TimeSpan s_probeRtt = TimeSpan.FromMilliseconds(200);  // BBR.ProbeRTTDuration
    private static readonly TimeSpan s_leastWait = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan s_waitSpread = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_assumedRtt = TimeSpan.FromMilliseconds(1);  // InitPacingRate()

    private readonly IRandomSource _random;
    private readonly long _initialWindow;
    private int _packet;                                     // C.SMSS
    private BbrBandwidth _bandwidth = new();
    private BbrVolume _volume = new();
    private BbrRoundTrip _roundTrip = new();
    private BbrFullPipe _pipe;
    private BbrAggregation _aggregation;
    private BbrFeedback _feedback;                           // BBR.ack_phase
    private double _windowGain = WindowGain;
    private double _pacingGain = StartupGain;
    private bool _hasRoundTrip;                              // the pacing rate comes from a measured one

    // Round trips (§5.5.1): a mark is all that was sent up to then.
    private long _round;                                     // BBR.round_count
    private long _roundEnd;
    private bool _isRoundStart;
    private long _drainRound;                                // BBR.drain_start_round
    private bool _wasWindowLimited;                          // in the last round trip,
    private bool _isWindowLimited;                           // and in this one

    // Probing for bandwidth (§5.3.3).
    private Instant _cycleBegin;                             // BBR.cycle_stamp
    private TimeSpan _wait;                                  // BBR.bw_probe_wait
    private long _roundsSinceUp;                             // BBR.rounds_since_probe_up
    private bool _isProbeSample;                             // BBR.is_bw_probe_sample
    private bool _wasTooHigh;                                // BBR.prev_probe_too_high
    private bool _wasPrecautionary;                          // BBR.prev_probe_precautionary

    // Probing for the round trip (§5.3.4) and restarts (§5.4).
    private Instant _probeRttEnd;                            // BBR.probe_rtt_done_stamp
    private bool _isProbeRttRoundDone;
    private bool _isRestart;                                 // BBR.idle_restart

    /// <param name="maximumChunk">PMDCS of the path, in bytes.</param>
    /// <param name="window">What it begins with, in bytes.</param>
    /// <param name="random">So that flows which share a bottleneck do not probe at the same time.</param>
    public BbrCongestion(int maximumChunk, long window, IRandomSource random)
    {
        (_packet, _initialWindow, _random, Window) = (maximumChunk, window, random, window);
        PacingRate = StartupGain * window / s_assumedRtt.TotalSeconds;
    }

    /// <summary>Where it stands.</summary>
    public BbrState State { get; private set; }

    /// <inheritdoc/>
    public long Window { get; private set; }

    /// <inheritdoc/>
    public long SlowStartThreshold => uint.MaxValue;

    /// <inheritdoc/>
    public bool IsLimitedToOnePacket { get; private set; }

    /// <inheritdoc/>
    public double PacingRate { get; private set; }

    /// <inheritdoc/>
    public bool IsRateBased => true;

    /// <inheritdoc/>
    public bool IsHoldingBack => State == BbrState.ProbeRtt;

    private long Least => 4L * _packet;                      // BBR.MinPipeCwnd

    /// <inheritdoc/>
    public double LossTolerance => _roundTrip.HasQueue ? QueuedTolerance
        : Math.Clamp(QueuelessPackets * _packet / (double)Math.Max(Product(_bandwidth.Bound, 1), _packet), QueuelessTolerance, GreatestTolerance);

    private bool IsProbeBandwidth => State is BbrState.Down or BbrState.Cruise or BbrState.Refill or BbrState.Up;

    // IsProbingBW()
    private bool IsAccelerating => State is BbrState.Startup or BbrState.Refill or BbrState.Up;

    /// <inheritdoc/>
    public void OnAcknowledged(in AckSample sample)
    {
        if (sample.Acknowledged == 0)
        {
            return;
        }

        IsLimitedToOnePacket = false;
        BeginPacing(sample);
        UpdateRound(sample);
        UpdateCongestionSignals(sample);
        _aggregation.Observe(sample.Now, sample.Acknowledged, _bandwidth.Bound, Window, _round, !_pipe.WasFull);
        if (_isRoundStart)
        {
            _pipe.OnRound(sample.Rate);
        }

        CheckStartupDone(sample);
        CheckDrainDone(sample);
        UpdateProbeBandwidth(sample);
        _roundTrip.Observe(sample.Now, sample.RoundTrip, _isRoundStart);
        CheckProbeRtt(sample);
        AdvanceLatest(sample);
        SetPacingRate(_pacingGain);
        SetWindow(sample);
    }

    /// <inheritdoc/>
    public void OnMaximumChunkChanged(int maximumChunk) => _packet = maximumChunk;

    /// <inheritdoc/>
    public void OnRestart(in RestartSample sample)
    {
        // §5.4.1
        if (!sample.IsApplicationLimited)
        {
            return;
        }

        _isRestart = true;
        _aggregation.Begin(sample.Now);
        if (IsProbeBandwidth)
        {
            SetPacingRate(gain: 1);
        }
        else if (State == BbrState.ProbeRtt)
        {
            CheckProbeRttDone(sample.Now, _roundEnd);
        }
    }

    // The first measured round trip says how fast the first window may leave (§5.6.2).
    private void BeginPacing(in AckSample sample)
    {
        if (!_hasRoundTrip && sample.SmoothedRtt > TimeSpan.Zero)
        {
            _hasRoundTrip = true;
            PacingRate = StartupGain * _initialWindow / sample.SmoothedRtt.TotalSeconds;
        }
    }

    private void UpdateRound(in AckSample sample)
    {
        _isWindowLimited |= sample.FlightBefore >= Window;
        _isRoundStart = sample.NewestSent > _roundEnd;
        if (_isRoundStart)
        {
            StartRound(sample.TotalSent);
            _round++;
            _roundsSinceUp++;
            (_wasWindowLimited, _isWindowLimited) = (_isWindowLimited, false);
        }
    }

    private void StartRound(long totalSent) => _roundEnd = totalSent;

    // §5.3.1
    private void CheckStartupDone(in AckSample sample)
    {
        if (State != BbrState.Startup)
        {
            return;
        }

        CheckStartupLoss(sample.Rate);
        if (_pipe.WasFull)
        {
            Enter(BbrState.Drain, DrainGain, WindowGain);
            _drainRound = _round;
        }
    }

    // §5.3.2
    private void CheckDrainDone(in AckSample sample)
    {
        if (State == BbrState.Drain && (sample.FlightAfter <= Flight(1) || _round > _drainRound + DrainRounds))
        {
            StartDown(sample.Now, sample.TotalSent);
        }
    }

    private void Enter(BbrState state, double pacingGain, double windowGain) =>
        (State, _pacingGain, _windowGain) = (state, pacingGain, windowGain);

    private void StartDown(Instant now, long totalSent)
    {
        ResetCongestionSignals();
        _volume.Hold();

        // PickProbeWait(): chance keeps flows from probing together.
        _roundsSinceUp = _random.NextInt32(2);
        _wait = s_leastWait + _random.NextTimeSpan(s_waitSpread);
        _cycleBegin = now;
        _feedback = BbrFeedback.Stopping;
        StartRound(totalSent);
        Enter(BbrState.Down, DownGain, WindowGain);
    }

    private void StartRefill(long totalSent)
    {
        ResetShortTerm();
        _volume.ResetSlope();
        _wasPrecautionary = false;
        _feedback = BbrFeedback.Refilling;
        StartRound(totalSent);
        Enter(BbrState.Refill, 1, WindowGain);
    }

    private void StartUp(in AckSample sample)
    {
        _feedback = BbrFeedback.Starting;
        StartRound(sample.TotalSent);
        _pipe.Reset(sample.Rate.BytesPerSecond);
        Enter(BbrState.Up, UpGain, UpWindowGain);
        _volume.RaiseSlope(Window, _packet);
    }

    // UpdateProbeBWCyclePhase() (§5.3.3.9)
    private void UpdateProbeBandwidth(in AckSample sample)
    {
        if (!_pipe.WasFull || AdaptLongTerm(sample))
        {
            return;
        }

        switch (State)
        {
            case BbrState.Down when IsTimeToProbe(sample.Now):
            case BbrState.Cruise when IsTimeToProbe(sample.Now):
                StartRefill(sample.TotalSent);
                break;
            case BbrState.Down when sample.FlightAfter <= _volume.WithHeadroom(_packet) && sample.FlightAfter <= Budget(Product(_bandwidth.Maximum, 1)):
                Enter(BbrState.Cruise, 1, WindowGain);
                break;
            case BbrState.Refill when _isRoundStart:
                _isProbeSample = true;
                StartUp(sample);
                break;
            case BbrState.Up when IsTimeToGoDown(sample):
                _wasTooHigh = false;
                StartDown(sample.Now, sample.TotalSent);
                break;
        }
    }

    // IsTimeToProbeBW(): by the clock, or as often as Reno would lose something (§5.3.3.8).
    private bool IsTimeToProbe(Instant now) =>
        now > _cycleBegin + _wait || _roundsSinceUp >= Math.Min(TargetFlight() / _packet, RenoRounds);

    private bool IsTimeToGoDown(in AckSample sample)
    {
        if (_wasTooHigh && sample.FlightAfter >= _volume.LongTerm)
        {
            _wasPrecautionary = true;
            return true;
        }

        if ((_wasWindowLimited || _isWindowLimited) && Window >= _volume.LongTerm)
        {
            _pipe.Reset(sample.Rate.BytesPerSecond);         // it is the limit that keeps the rate from growing
            return false;
        }

        return _pipe.IsFull;
    }

    // AdaptLongTermModel()
    private bool AdaptLongTerm(in AckSample sample)
    {
        if (_feedback == BbrFeedback.Starting && _isRoundStart)
        {
            _feedback = BbrFeedback.Arriving;
        }
        else if (_feedback == BbrFeedback.Stopping && _isRoundStart)
        {
            _isProbeSample = false;
            _feedback = BbrFeedback.None;
            if (IsProbeBandwidth && !sample.Rate.IsApplicationLimited)
            {
                _bandwidth.Advance();
            }

            if (IsProbeBandwidth && _wasPrecautionary && !_wasTooHigh)
            {
                StartRefill(sample.TotalSent);               // §5.3.3.6: the last probe was cut short, and nothing was lost
                return true;
            }
        }

        RateSample rate = sample.Rate;
        if (_volume.LongTerm == long.MaxValue || IsTooHigh(rate))
        {
            return false;
        }

        _volume.LongTerm = Math.Max(_volume.LongTerm, rate.FlightAtSend);
        if (State == BbrState.Up)
        {
            if ((_wasWindowLimited || _isWindowLimited) && Window >= _volume.LongTerm)
            {
                _volume.Raise(sample.Acknowledged, _packet);
            }

            if (_isRoundStart)
            {
                _volume.RaiseSlope(Window, _packet);
            }
        }

        return false;
    }

    // CheckProbeRTT() (§5.3.4.3)
    private void CheckProbeRtt(in AckSample sample)
    {
        if (State != BbrState.ProbeRtt && _roundTrip.IsExpired && !_isRestart)
        {
            SaveWindow();
            Enter(BbrState.ProbeRtt, 1, ProbeRttGain);
            _probeRttEnd = Instant.Zero;
            _feedback = BbrFeedback.Stopping;
            StartRound(sample.TotalSent);
        }

        if (State == BbrState.ProbeRtt)
        {
            if (_probeRttEnd == Instant.Zero && sample.FlightAfter <= ProbeRttWindow())
            {
                _probeRttEnd = sample.Now + s_probeRtt;
                _isProbeRttRoundDone = false;
                StartRound(sample.TotalSent);
            }
            else if (_probeRttEnd != Instant.Zero)
            {
                _isProbeRttRoundDone |= _isRoundStart;
                if (_isProbeRttRoundDone)
                {
                    CheckProbeRttDone(sample.Now, sample.TotalSent);
                }
            }
        }

        _isRestart = false;
    }

    private void CheckProbeRttDone(Instant now, long totalSent)
    {
        if (_probeRttEnd == Instant.Zero || now <= _probeRttEnd)
        {
            return;
        }

        _roundTrip.Schedule(now);
        RestoreWindow();

        // §5.3.4.4
        ResetShortTerm();
        if (_pipe.WasFull)
        {
            StartDown(now, totalSent);
            Enter(BbrState.Cruise, 1, WindowGain);
        }
        else
        {
            Enter(BbrState.Startup, StartupGain, WindowGain);
        }
    }

    // TargetInflight()
    private long TargetFlight() => Math.Min(Product(_bandwidth.Bound, 1), Window);

    // BDPMultiple()
    private long Product(double rate, double gain) => _roundTrip.Minimum == TimeSpan.MaxValue
        ? _initialWindow
        : (long)(gain * rate * _roundTrip.Minimum.TotalSeconds);

    // QuantizationBudget(): a batch here, one on its way, one at the other side (§5.5.8).
    private long Budget(long flight)
    {
        long burst = Math.Min(Pacer.Burst(PacingRate, TimeSpan.Zero, _packet), Pacer.GreatestBurst);
        flight = Math.Max(Math.Max(flight, 3 * burst), Least);
        return State == BbrState.Up ? flight + (2L * _packet) : flight;
    }

    // Inflight()
    private long Flight(double gain) => Budget(Product(_bandwidth.Bound, gain));

    private long ProbeRttWindow() => Math.Max(Product(_bandwidth.Bound, ProbeRttGain), Least);

    // SetPacingRateWithGain() (§5.6.2)
    private void SetPacingRate(double gain)
    {
        double rate = gain * _bandwidth.Bound * Margin;
        if (rate > 0 && (_pipe.WasFull || rate > PacingRate))
        {
            PacingRate = rate;
        }
    }

    // SetCwnd() (§5.6.4.6)
    private void SetWindow(in AckSample sample)
    {
        long most = Budget(Product(_bandwidth.Bound, _windowGain) + _aggregation.Extra);
        if (_pipe.WasFull)
        {
            Window = Math.Min(Window + sample.Acknowledged, most);
        }
        else if (Window < most || sample.NewestSent < _initialWindow)
        {
            Window += sample.Acknowledged;
        }

        Window = Math.Max(Window, Least);
        if (State == BbrState.ProbeRtt)
        {
            Window = Math.Min(Window, ProbeRttWindow());
        }

        // BoundCwndForModel() (§5.6.4.7)
        long cap = State is BbrState.ProbeRtt or BbrState.Cruise ? _volume.WithHeadroom(_packet)
            : IsProbeBandwidth ? _volume.LongTerm
            : long.MaxValue;
        Window = Math.Min(Window, Math.Max(Math.Min(cap, _volume.ShortTerm), Least));
    }
}
