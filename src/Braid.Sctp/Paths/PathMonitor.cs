using System;
using Braid.Core;
using Braid.Sctp.Wire;

namespace Braid.Sctp;

/// <summary>
/// Whether the peer and its addresses are still there (RFC 9260 §8.1 to §8.3). Owns the association's error counter and
/// drives the heartbeats.
/// </summary>
internal sealed class PathMonitor(AssociationContext context, PathSet paths)
{
    private uint _doubtedAt;                                 // in milliseconds, which wrap; 0 for not. Small: there may be very many idle associations

    /// <summary>A packet of the peer has come: he is there, whatever anybody says.</summary>
    public void OnPacket() => _doubtedAt = 0;

    /// <summary>
    /// Somebody says that the peer's host has no SCTP. Linux says so as well of a host whose raw socket is full this moment: it is
    /// believed when it is still said after a time-out without a word from the peer; where that was long ago, it is news again.
    /// </summary>
    /// <param name="path">Where. As with what goes unanswered (§8.1), only the path in use speaks for the peer.</param>
    /// <returns>Whether it is believed.</returns>
    public bool OnDoubt(Path path)
    {
        if (path != paths.ForData())
        {
            return false;
        }

        TimeSpan roundTrips = 2 * path.Rto.Smoothed;
        TimeSpan patience = roundTrips > context.Options.RtoMinimum ? roundTrips : context.Options.RtoMinimum;
        uint now = (uint)(context.Now.Ticks / TimeSpan.TicksPerMillisecond) | 1;
        if (_doubtedAt == 0 || now - _doubtedAt > 2 * context.Options.RtoMaximum.TotalMilliseconds)
        {
            _doubtedAt = now;
        }

        return now - _doubtedAt >= patience.TotalMilliseconds;
    }

    /// <summary>Transmissions in a row that went unanswered, on the path in use.</summary>
    public int Failures { get; private set; }

    /// <summary>
    /// The association is established, or established anew: heartbeats begin. Addresses that only the peer vouches for are
    /// verified first, one packet for each RTO (§5.4, HB.Max.Burst): nobody can have us flood somebody else.
    /// </summary>
    public void Start()
    {
        Failures = 0;
        int unconfirmed = 0;
        for (int i = 0; i < paths.Count; i++)
        {
            if (paths[i].State == PathState.Unconfirmed)
            {
                StartHeartbeatTimer(paths[i], unconfirmed * paths[i].Rto.Current);
                unconfirmed++;
            }
            else
            {
                ScheduleHeartbeat(paths[i]);
                if (context.Options.ConcurrentMultipath && paths.Count > 1 && paths[i] is { Rto.Smoothed.Ticks: 0, HeartbeatInterval: not null })
                {
                    RequestHeartbeat(paths[i]);              // the shortest path comes first, for data and for SACKs
                }
            }
        }
    }

    /// <summary>The peer has one more address, which is verified at once; several of them in turn, as by <see cref="Start"/>.</summary>
    public void OnAdded(Path path)
    {
        int unconfirmed = UnconfirmedCount();
        if (unconfirmed == 1)
        {
            SendHeartbeat(path);
            ScheduleHeartbeat(path);
        }
        else
        {
            StartHeartbeatTimer(path, (unconfirmed - 1) * path.Rto.Current);
        }
    }

    /// <summary>The heartbeat timer of a path has expired: an idle or unverified path is asked whether it is there.</summary>
    public void OnHeartbeatTimer(Path path)
    {
        ScheduleHeartbeat(path);
        if (path.Heartbeat.IsOutstanding || context.IsMuted)
        {
            return;                                          // §8.3: it must be answered or fail before another one takes its place
        }

        bool isIdle = path.LastData == Instant.Zero || context.Now - path.LastData >= path.HeartbeatInterval;
        if (isIdle || path.State == PathState.Unconfirmed || IsNeeded(path))
        {
            SendHeartbeat(path);
        }
    }

    /// <summary>The interval of a path has changed; an address that is being verified keeps its pace (§5.4).</summary>
    public void OnIntervalChanged(Path path)
    {
        if (path.State != PathState.Unconfirmed)
        {
            context.Timers.Stop(new TimerId(TimerKind.Heartbeat, path.Index));
            ScheduleHeartbeat(path);
        }
    }

    /// <summary>Below, packets take another way: what the old one has not answered, or answers yet, says nothing of it.</summary>
    public void OnPathChanged(Path path)
    {
        path.Heartbeat.GiveUp();
        context.Timers.Stop(new TimerId(TimerKind.HeartbeatAck, path.Index));
        if (path.IsConfirmed)
        {
            OnAnswered(path);
        }
    }

    /// <summary>Asks a path now whether it is there, unless it is being asked already (§8.3: one at a time).</summary>
    public void RequestHeartbeat(Path path)
    {
        if (!path.Heartbeat.IsOutstanding)
        {
            SendHeartbeat(path);
        }
    }

    private void SendHeartbeat(Path path)
    {
        Span<byte> parameters = stackalloc byte[4 + HeartbeatProber.InfoLength];
        var writer = new ParameterWriter(parameters);
        bool fits = writer.TryBegin(ParameterType.HeartbeatInfo, HeartbeatProber.InfoLength, out Span<byte> info);
        Invariant.Check(fits, "the room for a heartbeat is too small");
        path.Heartbeat.Begin(info, path.Index, context.Now, context.Random);
        context.Control.Enqueue(ChunkType.Heartbeat, parameters, path: path.Index);
        context.Timers.Start(new TimerId(TimerKind.HeartbeatAck, path.Index), context.Now + path.Rto.Current);
    }

    /// <summary>No answer to a heartbeat within the RTO.</summary>
    /// <param name="path">Where.</param>
    /// <param name="hasDataInFlight">Whether data is in flight there, which T3-rtx watches.</param>
    /// <returns>False when the peer counts as unreachable.</returns>
    public bool OnHeartbeatTimeout(Path path, bool hasDataInFlight)
    {
        path.Heartbeat.GiveUp();
        if (hasDataInFlight && path.State == PathState.PotentiallyFailed)
        {
            AskAnew(path);                                   // RFC 7829 §3.2 rule 6: one failure is not counted twice
            return true;
        }

        path.Rto.BackOff();

        // §8.1: only the path in use speaks for the peer.
        return OnUnanswered(path, countsForPeer: path == paths.ForData());
    }

    /// <summary>Takes in a HEARTBEAT ACK; false when it answers none of ours.</summary>
    public bool OnHeartbeatAck(in HeartbeatAckChunk answer)
    {
        if (!HeartbeatProber.TryRead(answer.Info, out int index, out ulong nonce, out Instant sent) || sent > context.Now)
        {
            return false;
        }

        // The nonce says which one it is; the index may be that of before an address was removed.
        bool isFound = index < paths.Count && paths[index].Heartbeat.TryComplete(nonce);
        for (int i = 0; i < paths.Count && !isFound && context.AddressChanges is not null; i++)
        {
            index = i;
            isFound = paths[i].Heartbeat.TryComplete(nonce);
        }

        if (!isFound)
        {
            return false;
        }

        context.Timers.Stop(new TimerId(TimerKind.HeartbeatAck, index));
        paths[index].Rto.Observe(context.Now - sent);
        OnAnswered(paths[index]);
        return true;
    }

    /// <summary>Data was acknowledged.</summary>
    /// <param name="path">Where it was sent last.</param>
    /// <param name="isCertain">Whether any of it was sent nowhere else: then it is this path that works (RFC 7829 §3.2 rules 9 and 10).</param>
    public void OnAcknowledged(Path path, bool isCertain)
    {
        if (isCertain || path.State == PathState.Active)
        {
            OnAnswered(path);
        }
        else
        {
            Failures = 0;
        }
    }

    /// <summary>Data or a heartbeat was acknowledged.</summary>
    public void OnAnswered(Path path)
    {
        Failures = 0;
        PathChange change = path.IsConfirmed ? PathChange.Available : PathChange.Confirmed;
        if (!path.IsConfirmed)
        {
            paths.OnConfirmed();
        }

        PathState before = path.ShownState;
        if (path.OnSuccess())
        {
            context.Timers.Stop(new TimerId(TimerKind.Heartbeat, path.Index));
            ScheduleHeartbeat(path);                         // it was probed faster, or was given up
            Report(path, before, change);
        }

        if (change == PathChange.Confirmed && context.AddressChanges is { Preferred: { } preferred } changes && preferred == path)
        {
            changes.Preferred = null;
            MakePrimary(path);                               // RFC 5061 §5.4: the peer has asked for it
        }
    }

    /// <summary>Data or a heartbeat went unanswered.</summary>
    /// <param name="path">Where.</param>
    /// <param name="countsForPeer">Whether it counts against the peer, not only against its address (§8.1).</param>
    /// <returns>False when Association.Max.Retrans is exceeded: the peer counts as unreachable (§8.1).</returns>
    public bool OnUnanswered(Path path, bool countsForPeer)
    {
        PathState before = path.ShownState;
        if (path.OnFailure(isOneOfMany: paths.Count > 1))
        {
            if (before == PathState.Unconfirmed)
            {
                context.Timers.Stop(new TimerId(TimerKind.Heartbeat, path.Index));
                ScheduleHeartbeat(path);                     // §5.4: from now on at the normal rate
            }

            Report(path, before, path.State == PathState.Inactive ? PathChange.Unreachable : PathChange.PotentiallyFailed);
        }

        if (MayBeThePair(path))
        {
            paths.TakeOtherLocal(path);
        }

        AskAnew(path);
        if (path == paths.Primary && path.IsUnfitAsPrimary)
        {
            SwitchOver();
        }

        if (countsForPeer)
        {
            Failures++;
        }

        return Failures <= context.Options.MaximumRetransmissions;
    }

    /// <summary>
    /// SHUTDOWN or SHUTDOWN ACK went unanswered. Where the peer has several addresses that counts as what §8.2 counts, T3-rtx and heartbeats; there are
    /// none any more that would say so (§8.3).
    /// </summary>
    public void OnShutdownUnanswered(Path path)
    {
        PathState before = path.ShownState;
        if (paths.Count > 1 && path.OnFailure(isOneOfMany: true))
        {
            Report(path, before, path.State == PathState.Inactive ? PathChange.Unreachable : PathChange.PotentiallyFailed);
        }
    }

    // §6.4.1: both ends of a pair count. Another address of the peer comes first, and one loss says little where there is one. While a
    // heartbeat is on its way, its fate is that of the address that it left from.
    private bool MayBeThePair(Path path) => !path.Heartbeat.IsOutstanding
        && (path.State is PathState.Inactive or PathState.Unconfirmed || !paths.HasAlternativeTo(path))
        && (path.Errors > 1 || paths.Count == 1);

    // RFC 7829 §3.2 rules 5 and 6: what may have failed is asked once for each RTO, where heartbeats go at all.
    private void AskAnew(Path path)
    {
        if (path is { State: PathState.PotentiallyFailed, HeartbeatInterval: not null })
        {
            RequestHeartbeat(path);
        }
    }

    // RFC 7829 §5 rule 3: the path that data takes now stays the one that it takes.
    private void SwitchOver()
    {
        Path taken = paths.ForData();
        if (taken != paths.Primary)
        {
            MakePrimary(taken);
        }
    }

    private void MakePrimary(Path path)
    {
        paths.MakePrimary(path);
        context.Report(new AssociationEvent.PathChanged(path.Address, path.ShownState, PathChange.MadePrimary));
    }

    // Where the peer has no verified address left, the one to be verified is all that there is, whatever failed before.
    private bool IsNeeded(Path path) => !path.IsConfirmed && !paths.HasConfirmedBeside(path);

    private void Report(Path path, PathState before, PathChange change)
    {
        if (path.ShownState != before)
        {
            context.Report(new AssociationEvent.PathChanged(path.Address, path.ShownState, change));
        }
    }

    private void ScheduleHeartbeat(Path path)
    {
        if (path.State == PathState.Unconfirmed || IsNeeded(path))
        {
            StartHeartbeatTimer(path, Math.Max(1, UnconfirmedCount()) * path.Rto.Current);
        }
        else if (path.HeartbeatInterval is { } interval)
        {
            StartHeartbeatTimer(path, HeartbeatProber.Delay(interval, path.Rto.Current, context.Random));
        }
    }

    private void StartHeartbeatTimer(Path path, TimeSpan delay) =>
        context.Timers.Start(new TimerId(TimerKind.Heartbeat, path.Index), context.Now + delay);

    private int UnconfirmedCount()
    {
        int count = 0;
        for (int i = 0; i < paths.Count; i++)
        {
            count += paths[i].State == PathState.Unconfirmed ? 1 : 0;
        }

        return count;
    }
}
