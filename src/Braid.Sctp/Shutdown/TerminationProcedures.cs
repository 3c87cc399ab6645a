using System;
using Braid.Sctp.Wire;

namespace Braid.Sctp;

/// <summary>The end of an association, graceful or not (RFC 9260 §9).</summary>
internal readonly struct TerminationProcedures(Tcb tcb, TransferProcedures transfer)
{
    /// <summary>Our application wants a graceful end: what was accepted is delivered first.</summary>
    public void Begin()
    {
        tcb.ShutdownRequested = true;
        if (tcb.State == AssociationState.Established)
        {
            tcb.State = AssociationState.ShutdownPending;
            tcb.Transfer!.Sender.OnOpportunity();            // nothing more will come that would fill a packet (RFC 6458 §8.1.5)
        }
        else if (tcb.State == AssociationState.Listening)
        {
            tcb.Close(new AssociationEvent.Closed(CloseReason.Shutdown));
        }
    }

    /// <summary>Nobody may have sent anything for a while (RFC 6458 §8.1.8): then the association comes to its end.</summary>
    public void OnIdleTimer()
    {
        if (tcb.State == AssociationState.Established && tcb.Idle.OnTimer(isBusy: !tcb.Transfer!.Sender.IsDrained))
        {
            Begin();
        }
    }

    /// <summary>A packet of the peer has come while we wait for its SHUTDOWN ACK: it is answered at once if it had data.</summary>
    public void OnPacketFromPeer(bool hadData)
    {
        if (tcb.State != AssociationState.ShutdownSent)
        {
            return;
        }

        tcb.Shutdown.OnPacketFromPeer(tcb.Paths.Primary.Rto.Current);
        if (hadData)
        {
            tcb.Shutdown.SendShutdown(tcb.Transfer!.Receiver, tcb.Paths.Primary.Rto.Current, tcb.Transfer.LastDataPath is { } last ? AnswerTo(last) : ControlQueue.AnyPath);
        }
    }

    /// <summary>Takes in a SHUTDOWN (§9.2).</summary>
    public bool OnShutdown(in ShutdownChunk shutdown, Path path)
    {
        switch (tcb.State)
        {
            case AssociationState.CookieWait or AssociationState.CookieEchoed:
                return tcb.Unexpected();
            case AssociationState.ShutdownSent:
                tcb.State = AssociationState.ShutdownAckSent;
                SendShutdownAck(AnswerTo(path));
                return true;
            case AssociationState.ShutdownAckSent:
                tcb.Context.Control.Enqueue(ChunkType.ShutdownAck, path: AnswerTo(path));     // it was lost
                return true;
            case AssociationState.Established or AssociationState.ShutdownPending:
                tcb.State = AssociationState.ShutdownReceived;
                tcb.ShutdownRequested = true;
                tcb.Context.Activity.ReportPeerShutdown();
                tcb.Context.Report(new AssociationEvent.ShutdownByPeer());
                break;
        }

        return transfer.OnAcknowledged(tcb.Transfer!.Sender.OnCumulativeAck(shutdown.CumulativeAck));
    }

    /// <summary>Takes in a SHUTDOWN ACK (§9.2).</summary>
    public bool OnShutdownAck(Path path)
    {
        if (tcb.State is not (AssociationState.ShutdownSent or AssociationState.ShutdownAckSent))
        {
            return tcb.Unexpected();
        }

        tcb.Close(new AssociationEvent.Closed(CloseReason.Shutdown));
        tcb.Context.Control.Enqueue(ChunkType.ShutdownComplete, path: AnswerTo(path));
        return false;
    }

    /// <summary>Takes in a SHUTDOWN COMPLETE (§9.2).</summary>
    public bool OnShutdownComplete()
    {
        if (tcb.State != AssociationState.ShutdownAckSent)
        {
            return tcb.Unexpected();
        }

        tcb.Close(new AssociationEvent.Closed(CloseReason.Shutdown));
        return false;
    }

    /// <summary>Takes in an ABORT (§9.1).</summary>
    public bool OnAbort(in AbortChunk abort)
    {
        CauseReader causes = abort.Causes;
        bool hasCause = causes.TryRead(out CauseView cause);
        OnAborted(abort.TagReflected, hasCause ? cause.Code : CauseCode.None, hasCause ? cause.Value : default);
        return false;
    }

    /// <summary>The peer's host has no SCTP: as good as an ABORT with the T bit, which it would send if it had forgotten us (§10, ICMP8).</summary>
    public void OnProtocolUnreachable() => OnAborted(isTagReflected: true, CauseCode.None, "its host says that there is no SCTP"u8);

    private void OnAborted(bool isTagReflected, CauseCode code, ReadOnlySpan<byte> info)
    {
        if (tcb.State == AssociationState.ShutdownAckSent && isTagReflected)
        {
            // The peer has forgotten the association: it got SHUTDOWN ACK, and its SHUTDOWN COMPLETE was overtaken by the
            // answer to some late packet of ours (§8.4 rule 8). Everything was delivered both ways.
            tcb.Close(new AssociationEvent.Closed(CloseReason.Shutdown));
            return;
        }

        bool isOpening = tcb.State is AssociationState.CookieWait or AssociationState.CookieEchoed;
        tcb.Close(new AssociationEvent.Closed(isOpening ? CloseReason.Refused : CloseReason.AbortedByPeer, (ushort)code, info.ToArray()));
    }

    /// <summary>T2-shutdown has expired (§9.2).</summary>
    public void OnShutdownTimeout()
    {
        if (!tcb.Shutdown.OnTimeout())
        {
            CloseReason reason = EndOfUnansweredShutdown(CloseReason.PeerUnreachable);
            tcb.Close(new AssociationEvent.Closed(reason, Attempts: reason == CloseReason.Shutdown ? 0 : tcb.Shutdown.Attempts));
            return;
        }

        // §6.4.1: what went unanswered takes another path, or leaves from another address of ours. No heartbeat tells of a path any more.
        Path last = tcb.Shutdown.Path == ControlQueue.AnyPath ? tcb.Paths.ForData() : tcb.Paths[tcb.Shutdown.Path];
        last.Rto.BackOff();
        if (last.State != PathState.Active || tcb.Shutdown.Attempts > tcb.Paths.Count)
        {
            tcb.Paths.TakeOtherLocal(last);
        }

        tcb.Monitor.OnShutdownUnanswered(last);
        Path next = tcb.Paths.ForShutdown(last, tcb.Shutdown.Attempts);
        if (tcb.State == AssociationState.ShutdownSent)
        {
            tcb.Shutdown.SendShutdown(tcb.Transfer!.Receiver, next.Rto.Current, next.IsConfirmed ? next.Index : ControlQueue.AnyPath);
        }
        else
        {
            tcb.Shutdown.SendShutdownAck(next.Rto.Current, next.IsConfirmed ? next.Index : ControlQueue.AnyPath);
        }
    }

    /// <summary>T5-shutdown-guard has expired (§9.2).</summary>
    public void OnShutdownGuard()
    {
        CloseReason reason = EndOfUnansweredShutdown(CloseReason.ShutdownTimedOut);
        if (reason == CloseReason.Shutdown)
        {
            tcb.Close(new AssociationEvent.Closed(reason));
        }
        else
        {
            tcb.AbortWith(reason, CauseCode.ProtocolViolation, "the shutdown took too long"u8);
        }
    }

    /// <summary>
    /// SHUTDOWN ACK is sent when everything was delivered both ways. That SHUTDOWN COMPLETE does not come changes nothing:
    /// it was lost, and its sender is gone.
    /// </summary>
    private CloseReason EndOfUnansweredShutdown(CloseReason otherwise) =>
        tcb.State == AssociationState.ShutdownAckSent ? CloseReason.Shutdown : otherwise;

    /// <summary>
    /// Goes on with a shutdown when nothing is outstanding any more (§9.2). Looked at when datagrams are taken, not when
    /// something arrives: what the application sends in between still counts.
    /// </summary>
    public void Advance()
    {
        if (tcb.ShutdownRequested && tcb.Queue.HasOpenRecord && tcb.State != AssociationState.Closed)
        {
            // Nothing is accepted any more that could end the record, and half of one must not look like a whole.
            tcb.AbortWith(CloseReason.UnfinishedRecord, CauseCode.UserInitiatedAbort, "shut down in the middle of a record"u8);
            return;
        }

        if (tcb.Transfer is null || !tcb.Transfer.Sender.IsDrained || !tcb.Paths.MaySend)
        {
            return;                                          // from here on no heartbeat would verify an address that the peer has moved to
        }

        if (tcb.State == AssociationState.ShutdownPending)
        {
            if (tcb.Transfer is { HasBeenReconfigured: true, Requests.AwaitsAssociationReset: true })
            {
                return;                                      // the peer may have begun its numbers anew: only its answer says so
            }

            tcb.State = AssociationState.ShutdownSent;
            SendShutdown();
        }
        else if (tcb.State == AssociationState.ShutdownReceived && tcb.Context.AddressChanges is not { Requests.IsBusy: true })
        {
            // RFC 5061 §5.1.1 C4: from here on no ASCONF would be answered, and it may be all that lets us speak.
            tcb.State = AssociationState.ShutdownAckSent;
            SendShutdownAck();
        }
    }

    private void SendShutdown() => tcb.Shutdown.SendShutdown(tcb.Transfer!.Receiver, tcb.Paths.Primary.Rto.Current);

    private void SendShutdownAck(int path = ControlQueue.AnyPath) => tcb.Shutdown.SendShutdownAck(tcb.Paths.Primary.Rto.Current, path);

    // §6.4: where it came from, if §5.4 allows: no heartbeat tells any more which paths work.
    private int AnswerTo(Path path) => tcb.Paths.Count > 1 && path.IsConfirmed ? path.Index : ControlQueue.AnyPath;
}
