using System;
using Braid.Core;

namespace Braid.Sctp;

/// <summary>
/// What BBR makes of losses and marks (draft-ietf-ccwg-bbr-06 §5.5.10, §5.5.11, §5.6.4.4). Owns what was seen of them in this round trip,
/// and what there was before, in case that none of it is true.
/// </summary>
internal sealed partial class BbrCongestion
{
    private long _lossRoundEnd;                              // BBR.loss_round_delivered
    private bool _isLossRoundStart;
    private bool _hasLoss;                                   // BBR.is_loss_in_round
    private int _losses;                                     // SACKs in this round trip that told of some,
    private int _lossesOfRound;                              // and in the one before
    private bool _isRecovering;
    private long _priorWindow;                               // BBR.prior_cwnd
    private Saved _saved;

    /// <inheritdoc/>
    public void OnLost(in LossSample sample)
    {
        NoteLoss(sample.TotalSent);
        _losses++;
        if (_isProbeSample && sample.ExcessiveFlight > 0)
        {
            HandleTooHigh(sample.Now, sample.ExcessiveFlight, sample.IsApplicationLimited, sample.TotalSent);
        }
    }

    /// <inheritdoc/>
    public void OnCongestion(in CongestionSample sample)
    {
        if (!sample.IsMark)
        {
            SaveWindow();
            _isRecovering = true;
            return;
        }

        // RFC 3168 §6.1.2: a mark counts as a loss does. It says that the queue is too long already: whatever was probed is too high.
        NoteLoss(sample.TotalSent);
        if (State == BbrState.Startup)
        {
            _pipe.WasFull = true;
            _volume.LongTerm = Math.Max(Product(_bandwidth.Bound, 1), _volume.Latest);
        }
        else if (_isProbeSample)
        {
            HandleTooHigh(sample.Now, 0, isApplicationLimited: false, sample.TotalSent);
        }
    }

    /// <inheritdoc/>
    public void OnTimeout(in CongestionSample sample)
    {
        SaveWindow();
        NoteLoss(sample.TotalSent);
        _isRecovering = true;
        Window = _packet;                                    // §5.6.4.4, RFC 9260 §7.2.3
        IsLimitedToOnePacket = true;
    }

    /// <inheritdoc/>
    public void OnRecovered()
    {
        _isRecovering = false;
        RestoreWindow();
    }

    /// <inheritdoc/>
    public void OnSpuriousRecovery()
    {
        // §5.5.11.2
        RestoreWindow();
        _hasLoss = false;
        IsLimitedToOnePacket = false;
        _pipe.Reset();
        _bandwidth.ShortTerm = Math.Max(_bandwidth.ShortTerm, _saved.Bandwidth);
        _volume.ShortTerm = Math.Max(_volume.ShortTerm, _saved.ShortTerm);
        _volume.LongTerm = Math.Max(_volume.LongTerm, _saved.LongTerm);
        if (_saved.State == BbrState.Startup && State != BbrState.Startup)
        {
            _pipe.WasFull = false;
            if (State != BbrState.ProbeRtt)
            {
                Enter(BbrState.Startup, StartupGain, WindowGain);
            }
        }
        else if (_saved.State == BbrState.Up && State is not (BbrState.Up or BbrState.ProbeRtt))
        {
            StartRefill(_roundEnd);
        }

        _saved.State = null;
    }

    // CheckStartupHighLoss() (§5.3.1.3)
    private void CheckStartupLoss(in RateSample rate)
    {
        if (_isLossRoundStart && _isRecovering && _lossesOfRound >= StartupLosses && IsTooHigh(rate))
        {
            _saved.State = BbrState.Startup;
            _pipe.WasFull = true;
            _volume.LongTerm = Math.Max(Product(_bandwidth.Bound, 1), _volume.Latest);
        }
    }

    // UpdateLatestDeliverySignals(), UpdateCongestionSignals()
    private void UpdateCongestionSignals(in AckSample sample)
    {
        _bandwidth.Latest = Math.Max(_bandwidth.Latest, sample.Rate.BytesPerSecond);
        _volume.Latest = Math.Max(_volume.Latest, sample.Rate.Delivered);
        _isLossRoundStart = sample.NewestSent > _lossRoundEnd;
        _bandwidth.Observe(sample.Rate);
        if (!_isLossRoundStart)
        {
            return;
        }

        _lossRoundEnd = sample.TotalSent;
        // Losses that are not many are chance, and no reason to send less; not in the draft (docs/adr/0011).
        if (_hasLoss && !IsAccelerating && IsTooHigh(sample.Rate))
        {
            _bandwidth.OnLossyRound();
            _volume.OnLossyRound(Window);
        }

        _hasLoss = false;
        (_lossesOfRound, _losses) = (_losses, 0);
    }

    // AdvanceLatestDeliverySignals()
    private void AdvanceLatest(in AckSample sample)
    {
        if (_isLossRoundStart)
        {
            (_bandwidth.Latest, _volume.Latest) = (sample.Rate.BytesPerSecond, sample.Rate.Delivered);
        }
    }

    private void ResetCongestionSignals()
    {
        _hasLoss = false;
        (_bandwidth.Latest, _volume.Latest) = (0, 0);
    }

    private void ResetShortTerm() => (_bandwidth.ShortTerm, _volume.ShortTerm) = (double.PositiveInfinity, long.MaxValue);

    // NoteLoss()
    private void NoteLoss(long totalSent)
    {
        if (!_hasLoss)
        {
            _lossRoundEnd = totalSent;
            SaveWindow();
            _saved = new Saved(null, _bandwidth.ShortTerm, _volume.ShortTerm, _volume.LongTerm);
        }

        _hasLoss = true;
    }

    // IsInflightTooHigh()
    private bool IsTooHigh(in RateSample rate) => rate.Lost > rate.FlightAtSend * LossTolerance;

    // HandleInflightTooHigh()
    private void HandleTooHigh(Instant now, long flight, bool isApplicationLimited, long totalSent)
    {
        _wasTooHigh = true;
        _isProbeSample = false;                              // once for each probe
        if (!isApplicationLimited)
        {
            _volume.LongTerm = Math.Max(flight, (long)(TargetFlight() * Beta));
        }

        if (State == BbrState.Up)
        {
            _saved.State = BbrState.Up;
            StartDown(now, totalSent);
        }
    }

    private void SaveWindow() => _priorWindow = !_isRecovering && State != BbrState.ProbeRtt ? Window : Math.Max(_priorWindow, Window);

    private void RestoreWindow() => Window = Math.Max(Window, _priorWindow);

    private record struct Saved(BbrState? State, double Bandwidth, long ShortTerm, long LongTerm);
}
