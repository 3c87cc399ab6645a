using System;

namespace Braid.Sctp;

/// <summary>When T3-rtx of each path runs, and for how long (RFC 9260 §6.3.2, RFC 7765).</summary>
internal readonly struct RetransmissionTimer(AssociationContext context, PathSet paths, OutstandingQueue outstanding, SendQueue queue)
{
    private const int RestartThreshold = 4;                  // rrthresh: with as much outstanding, missing reports can do the work

    /// <summary>R1, and wherever nothing in flight may be without a timer.</summary>
    public void StartIfStopped(Path path)
    {
        if (!context.Timers.IsRunning(Id(path)))
        {
            Restart(path);
        }
    }

    /// <summary>For a whole RTO from now on.</summary>
    public void Restart(Path path) => context.Timers.Start(Id(path), context.Now + path.Rto.Current);

    /// <summary>R2.</summary>
    public void Stop(Path path) => context.Timers.Stop(Id(path));

    /// <summary>A SACK was taken in.</summary>
    public void OnSack(Path path, in PathAck ack)
    {
        if (outstanding.InFlightOn(path.Index) == 0)
        {
            Stop(path);                                      // R2; what is marked lost starts it anew when it is sent
        }
        else if (ack.AcknowledgedEarliest)
        {
            context.Timers.Start(Id(path), context.Now + (path.Rto.Current - Elapsed(path)));     // R3
        }
        else
        {
            StartIfStopped(path);                            // R4, and nothing in flight is ever without a timer
        }
    }

    /// <summary>Whether data is in flight that no timer watches: a fault of ours.</summary>
    public bool IsMissing()
    {
        for (int i = 0; i < paths.Count; i++)
        {
            if (outstanding.InFlightOn(i) > 0 && !context.Timers.IsRunning(Id(paths[i])))
            {
                return true;
            }
        }

        return false;
    }

    // RFC 7765 §4: a timer that begins anew with an acknowledgement gives what is outstanding a round trip more than RTO. Where
    // too little is outstanding for missing reports, and nothing waits that would change that, it counts from when it was sent.
    private TimeSpan Elapsed(Path path) =>
        !context.Options.RtoRestart || outstanding.Count >= RestartThreshold || queue.HasNext ? TimeSpan.Zero
        : context.Now - outstanding.OldestOn(path.Index) is var elapsed && elapsed < path.Rto.Current ? elapsed
        : path.Rto.Current;

    private static TimerId Id(Path path) => new(TimerKind.T3Rtx, path.Index);
}
