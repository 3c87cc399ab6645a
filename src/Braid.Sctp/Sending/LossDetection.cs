using System;
using Braid.Core;
using Braid.Sctp.Wire;

namespace Braid.Sctp;

/// <summary>
/// Finds losses by time, where the options say so (RFC 8985): looks at each SACK and when a timer says so, and has a probe sent
/// when an acknowledgement is overdue. Decides on the loss timer of each path, which is either the reordering timer or the one of the
/// probe (§8). What was found is marked in the queue; what it means for the window, the sender decides.
/// </summary>
internal readonly struct LossDetection(
    AssociationContext context, PathSet paths, OutstandingQueue outstanding, bool isRepairing, PathRecoveries? split, PeerWindow window, TailLossProbe probe)
{
    /// <summary>Whether losses are found by time.</summary>
    public bool IsTimed => context.Options.LossRecovery == LossRecovery.Rack;

    /// <summary>Takes in what a SACK says beside what it acknowledges.</summary>
    /// <param name="sack">The chunk, which the queue has accepted.</param>
    /// <param name="outcome">What it acknowledged.</param>
    /// <returns>The path on which a probe has repaired a loss (§7.4.2); null for none.</returns>
    public Path? OnSack(in SackChunk sack, in AckOutcome outcome)
    {
        bool hasProbed = !probe.IsAllowed;
        int? repaired = probe.OnSack(sack, isRepeated: !outcome.HasNewAck);
        for (int i = 0; sack.DuplicateCount > 0 && !hasProbed && i < paths.Count; i++)
        {
            // A probe that was not needed says nothing about reordering.
            outstanding.RackOn(i)?.OnDuplicates(outstanding.CumulativeAck, outstanding.HighestTsn);
        }

        // Where data takes several paths, what came on another one may have been acknowledged before the probe was found to be needless.
        return repaired is { } index && split is null ? paths[index] : null;
    }

    /// <summary>Something was acknowledged: marks what is lost on a path.</summary>
    /// <param name="path">Where, maybe.</param>
    /// <param name="hasRecovered">Whether a recovery has ended with it.</param>
    public void OnAcknowledged(Path path, bool hasRecovered)
    {
        if (hasRecovered)
        {
            outstanding.RackOn(path.Index)?.OnRecovered();
        }

        Detect(path);
    }

    /// <summary>A SACK is done with: the loss timers run for what is in flight now (§7.2, §8).</summary>
    /// <param name="hasAdvanced">Whether the Cumulative TSN Ack Point has moved.</param>
    public void UpdateTimers(bool hasAdvanced)
    {
        for (int i = 0; i < paths.Count && IsTimed; i++)
        {
            UpdateTimer(paths[i], restart: hasAdvanced);
        }
    }

    /// <summary>New data was sent (§7.2).</summary>
    public void OnSent(Path path)
    {
        if (IsTimed)
        {
            UpdateTimer(path, restart: true);
        }
    }

    /// <summary>A recovery begins, by whatever has told of the loss (§7.1).</summary>
    /// <param name="path">Where the loss was.</param>
    public void OnRecovery(Path path)
    {
        probe.Forget();
        for (int i = 0; i < paths.Count; i++)
        {
            if (!IsReordering(paths[i]) && (split is null || paths[i] == path))
            {
                context.Timers.Stop(Id(paths[i]));
            }
        }
    }

    /// <summary>The loss timer of a path has expired.</summary>
    /// <param name="path">The path.</param>
    /// <param name="mayBeNew">Whether there is new data, and the peer has room for it.</param>
    /// <returns>User data marked as lost, in bytes, be it lost or only sent again by the probe.</returns>
    public long OnTimer(Path path, bool mayBeNew)
    {
        if (!IsTimed)
        {
            return 0;                                        // the options have changed
        }

        if (IsReordering(path))
        {
            long bytes = Detect(path);
            UpdateTimer(path, restart: true);
            return bytes;
        }

        outstanding.ForgetLosses(path.Index);
        if (!IsQuiet(path) || !probe.IsAllowed || outstanding.HasLost)
        {
            return 0;                                        // §7.3: T3-rtx runs
        }

        if (mayBeNew)
        {
            probe.RequestNew();
            return 0;
        }

        if (!outstanding.TryMarkNewest(path.Index, out Tsn tsn, out int length))
        {
            return 0;
        }

        probe.RequestOld(tsn);
        return length;
    }

    private long Detect(Path path)
    {
        if (!IsTimed || outstanding.RackOn(path.Index) is not { } rack)
        {
            return 0;
        }

        return outstanding.DetectLosses(path.Index, context.Now, rack.ReorderingWindow(path.Rto.Smoothed, IsRepairing(path)));
    }

    private void UpdateTimer(Path path, bool restart)
    {
        TimerId timer = Id(path);
        if (IsReordering(path))
        {
            context.Timers.Start(timer, outstanding.RackOn(path.Index)!.ReviewAt);
        }
        else if (!IsQuiet(path) || !probe.IsAllowed)
        {
            context.Timers.Stop(timer);
        }
        else if (restart)
        {
            // §7.2: a probe that comes when T3-rtx expires would only be in its way.
            Instant due = context.Now + TailLossProbe.Timeout(path.Rto.Smoothed, outstanding.IsOnePacket(path.Index, path.MaximumChunk));
            context.Timers.Start(timer, due < context.Now + path.Rto.Current ? due : Instant.Never);
        }
    }

    private bool IsRepairing(Path path) => split?.Fast(path.Index).IsRepairing ?? isRepairing;

    private bool IsReordering(Path path) => outstanding.RackOn(path.Index) is { ReviewAt.IsNever: false };

    // §7.2: where gaps, a recovery, a closed window or T1-cookie tell what to do, no probe is needed.
    private bool IsQuiet(Path path) => path.State == PathState.Active && path.Rto.Smoothed > TimeSpan.Zero
        && !context.Timers.IsRunning(new TimerId(TimerKind.T1Cookie))
        && !IsRepairing(path) && !window.IsProbing && outstanding.InFlightOn(path.Index) > 0
        && (outstanding.GapAckedCount == 0 || split is not null);        // between paths gaps are nothing unusual

    private static TimerId Id(Path path) => new(TimerKind.Loss, path.Index);
}
