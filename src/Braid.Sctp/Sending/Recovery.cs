using Braid.Sctp.Wire;

namespace Braid.Sctp;

/// <summary>
/// What losses and marks mean for the congestion windows, and what goes out whatever a window says (RFC 9260 §7.2.3, §7.2.4;
/// RFC 8985; RFC 2960 Appendix A). Owns fast recovery, the loss probe, and what is remembered of the last reductions.
/// </summary>
internal sealed class Recovery(AssociationContext context, PathSet paths, OutstandingQueue outstanding, PeerWindow window)
{
    private readonly TailLossProbe _probe = new();
    private FastRecovery _fast;
    private SpuriousRecovery _spurious;
    private EcnResponse _ecn;

    /// <summary>Whether fast recovery goes on for the association; for a path only says nothing of the others.</summary>
    public bool IsActive => _fast.IsActive && !IsSplit;

    /// <summary>Whether each path recovers by itself.</summary>
    public bool IsSplit => context.Options.ConcurrentMultipath;

    /// <summary>Whether losses are found by time.</summary>
    public bool IsTimed => Losses.IsTimed;

    /// <summary>Whether what is sent again is the loss probe: it takes the path that is probed.</summary>
    public bool OwesOld => _probe.OwesOld;

    /// <summary>A packet with new data may go out, whatever cwnd says.</summary>
    public bool OwesNew => _probe.OwesNew;

    // They own nothing.
    private LossDetection Losses => new(context, paths, outstanding, _fast.IsRepairing, Split, window, _probe);

    // In the place of _fast and _ecn, where data takes several paths at the same time.
    private PathRecoveries? Split => context.Concurrent?.Recoveries;

    private CongestionFeedback Feedback => new(context, outstanding);

    /// <summary>A packet with what is marked lost may go out on a path, whatever cwnd says.</summary>
    public bool OwesRetransmission(Path path) => FastOn(path).OwesPacket || _probe.OwesOld;

    /// <summary>Takes in a SACK that the queue has accepted.</summary>
    public void OnSack(in SackChunk sack, in AckOutcome outcome)
    {
        if (sack.DuplicateCount > 0 && _probe.IsAllowed && _spurious.OnDuplicates(sack.DuplicateCount) is { } path)
        {
            paths[path].Congestion.OnSpuriousRecovery();
        }

        OnAcknowledged(Losses.OnSack(sack, outcome));
    }

    /// <summary>Takes in what a Cumulative TSN Ack that came without the rest of a SACK has acknowledged.</summary>
    public void OnCumulativeAck() => OnAcknowledged(repaired: null);

    /// <summary>What came is done with: the loss timers run for what is in flight now.</summary>
    /// <param name="hasAdvanced">Whether the Cumulative TSN Ack Point has moved.</param>
    public void UpdateTimers(bool hasAdvanced) => Losses.UpdateTimers(hasAdvanced);

    /// <summary>Takes in an ECNE (RFC 2960 Appendix A).</summary>
    /// <param name="lowest">The lowest TSN of the packet that was marked.</param>
    /// <returns>Whether it can be: it names what was sent.</returns>
    public bool OnEcnEcho(Tsn lowest)
    {
        if (lowest > outstanding.HighestTsn)
        {
            return false;
        }

        int? marked = outstanding.PathOf(lowest);
        Path path = paths[marked ?? paths.Primary.Index];
        if (Split is { } split)
        {
            // An echo that is repeated may name what was acknowledged: then nothing tells which path it was.
            if (marked is null || !split.Ecn(path.Index).MustReduce(lowest, outstanding.HighestTsn, FastOn(path).IsActive))
            {
                return true;
            }
        }
        else if (!_ecn.MustReduce(lowest, outstanding.HighestTsn, _fast.IsActive))
        {
            return true;
        }

        path.Congestion.OnCongestion(Feedback.Congestion(path, isMark: true));          // RFC 3168 §6.1.2: as for a loss
        context.Counters.EcnReductions++;
        return true;
    }

    /// <summary>T3-rtx of a path has expired, and no probe of a closed window was in flight (§6.3.3 E1).</summary>
    public void OnTimeout(Path path)
    {
        path.Congestion.OnTimeout(Feedback.Congestion(path));
        FastOn(path).OnTimeout(context.Now, outstanding.HighestTsn);
        Split?.Begin(path.Index, outstanding.CumulativeAck);
        _spurious.Begin(path.Index);
        Losses.OnRecovery(path);
    }

    /// <summary>The loss timer of a path has expired (RFC 8985 §6.2 step 5, §7.3).</summary>
    /// <param name="path">The path.</param>
    /// <param name="mayBeNew">Whether there is new data, and the peer has room for it.</param>
    /// <returns>User data marked as lost, in bytes.</returns>
    public long OnLossTimer(Path path, bool mayBeNew)
    {
        outstanding.BeginTimer(path.Index);
        long marked = Losses.OnTimer(path, mayBeNew);
        PathAck found = outstanding.LastAckOn(path.Index);
        if (found.Lost > 0)
        {
            Feedback.OnLost(path, found.Lost);
        }

        if (found.Lost > 0 && !_probe.IsOwed && FastOn(path).TrySlowDown(path, Feedback.Congestion(path), found.LossSentAt, isTimed: true))
        {
            _spurious.Begin(path.Index);
            Enter(path);
        }

        return marked;
    }

    /// <summary>A chunk was sent again.</summary>
    public void OnSentAgain()
    {
        _spurious.OnSentAgain();
        if (Split?.IsAnyActive ?? _fast.IsActive)
        {
            context.Counters.FastRetransmissions++;
        }
    }

    /// <summary>A packet with DATA was filled.</summary>
    /// <param name="path">Where it goes.</param>
    /// <param name="hasNew">Whether any of it was not sent before.</param>
    /// <returns>Whether it is the loss probe.</returns>
    public bool OnPacketSent(Path path, bool hasNew)
    {
        bool isProbe = _probe.IsOwed;
        if (isProbe)
        {
            _probe.OnSent(path.Index, outstanding.HighestTsn);
            context.Counters.LossProbes++;
        }

        if (hasNew)
        {
            Losses.OnSent(path);
        }

        FastOn(path).OnPacketSent();
        return isProbe;
    }

    /// <summary>Nothing more can be sent now: there is no data any more for the probe that was to go.</summary>
    public void OnDrained() => _probe.Cancel();

    /// <summary>Nothing is outstanding, and TSNs begin anew: what is remembered are TSNs of before.</summary>
    public void Restart()
    {
        _fast.Leave();
        context.Multipath?.Recoveries.Clear();
        _probe.Forget();
        _ecn = default;
    }

    /// <summary>A path is there no longer, and those behind it have other indices: what is remembered of one counts no more.</summary>
    public void OnPathRemoved()
    {
        _probe.Forget();
        _spurious = default;
    }

    private void OnAcknowledged(Path? repaired)
    {
        PathRecoveries? split = Split;
        bool hasRecovered = split is null && _fast.OnCumulativeAck(outstanding.CumulativeAck);
        for (int i = 0; i < paths.Count; i++)
        {
            bool isOver = split?.OnAcknowledged(i, outstanding) ?? hasRecovered;
            Losses.OnAcknowledged(paths[i], isOver);
            if (isOver)
            {
                paths[i].Congestion.OnRecovered();
            }
        }

        // RFC 6356: NewReno's windows of several paths grow together.
        double growthLimit = split is null || context.Options.CongestionControl != CongestionControl.NewReno ? 0 : LinkedIncreases.Limit(paths);
        bool startsRecovery = false;
        for (int i = 0; i < paths.Count; i++)
        {
            Path path = paths[i];
            PathAck ack = outstanding.LastAckOn(i);
            if (!ack.TimedSince.IsNever)
            {
                path.Rto.Observe(context.Now - ack.TimedSince);
                _probe.OnSample();
            }

            // §7.2.4: the growth for what was acknowledged comes before the reduction for what was lost.
            Feedback.OnSack(path, ack, FastOn(path).IsActive, growthLimit);
            if (ack.HasLoss && FastOn(path).TrySlowDown(path, Feedback.Congestion(path), ack.LossSentAt, IsTimed))
            {
                startsRecovery = true;
                _spurious.Begin(i);
                if (split is not null)
                {
                    Enter(path);
                }
            }
        }

        if (startsRecovery && split is null)
        {
            Enter(paths.Primary);                            // one for all of them
        }
        else if (repaired is not null && !FastOn(repaired).IsRepairing)
        {
            repaired.Congestion.OnCongestion(Feedback.Congestion(repaired));            // RFC 8985 §7.4.2
        }
    }

    private void Enter(Path path)
    {
        if (Split is { } split)
        {
            split.Enter(path.Index, context.Now, outstanding);
        }
        else
        {
            _fast.Enter(context.Now, outstanding.HighestTsn);
        }

        Losses.OnRecovery(path);
    }

    private ref FastRecovery FastOn(Path path)
    {
        if (Split is { } split)
        {
            return ref split.Fast(path.Index);
        }

        return ref _fast;
    }
}
