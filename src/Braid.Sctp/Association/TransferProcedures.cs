using System;
using Braid.Core;
using Braid.Sctp.Wire;

namespace Braid.Sctp;

/// <summary>Data and its acknowledgements, heartbeats and failures (RFC 9260 §6, §8).</summary>
internal sealed class TransferProcedures(Tcb tcb)
{
    private bool _packetHadData;
    private bool _packetHadSack;
    private bool _packetIsMarked;

    /// <summary>A packet begins.</summary>
    /// <param name="ecn">What its IP header says.</param>
    public void OnPacketBegin(EcnCodepoint ecn)
    {
        _packetHadData = false;
        _packetHadSack = false;
        _packetIsMarked = ecn == EcnCodepoint.CongestionExperienced && tcb.Transfer is { UsesEcn: true };
    }

    /// <summary>A packet is at its end: now is the time to think of a SACK.</summary>
    /// <returns>Whether there was DATA in it.</returns>
    public bool OnPacketEnd()
    {
        Transfer transfer = tcb.Transfer!;
        bool expectsGaps = transfer.ExpectsGaps;
        transfer.Receiver.OnPacketEnd(expectsGaps ? LongestRoundTrip() : (transfer.LastDataPath ?? tcb.Paths.Primary).Rto.Smoothed, expectsGaps);
        if (_packetHadData && !_packetHadSack && transfer.Receiver.Acks.IsSteady)
        {
            tcb.Context.Activity.ReportSteady();
        }

        return _packetHadData;
    }

    /// <summary>Before anything is sent: messages that it is too late for are given up (RFC 3758 §4.1 TR3, TR4).</summary>
    public void Review()
    {
        if ((tcb.MayCarryData || tcb.State == AssociationState.CookieEchoed) && tcb.Transfer!.Sender.Review())
        {
            tcb.OnGivenUp();
        }
    }

    /// <summary>A SACK is due (§6.2).</summary>
    public void OnDelayedAck() => tcb.Transfer!.Receiver.Acks.RequestNow();

    /// <summary>A path may be idle (§8.3): no more heartbeats once SHUTDOWN or SHUTDOWN ACK was sent, but those that verify an address.</summary>
    public void OnHeartbeatTimer(Path path)
    {
        if (tcb.MayAsk(path))
        {
            tcb.Monitor.OnHeartbeatTimer(path);
        }
    }

    /// <summary>A probe of the path's MTU was not answered, or it is time to try anew (RFC 8899 §5.1.1).</summary>
    public void OnPathMtuTimer(Path path)
    {
        if (tcb.MayCarryData)
        {
            tcb.Mtu.OnTimer(path);
        }
    }

    /// <summary>A heartbeat was not answered in time (§8.3).</summary>
    public void OnHeartbeatTimeout(Path path)
    {
        if (!tcb.MayAsk(path))
        {
            path.Heartbeat.GiveUp();                         // none takes its place any more, and T2-shutdown tells of failures
            return;
        }

        OnFailure(tcb.Monitor.OnHeartbeatTimeout(path, hasDataInFlight: tcb.Transfer!.Sender.InFlightOn(path.Index) > 0));
    }

    /// <summary>Takes in a DATA chunk (§6.2).</summary>
    public bool OnData(in DataChunk data, Path path) =>
        MayTakeData(isInterleaved: false, data.Tsn, out bool goesOn) && !MustWait(ReconfigurationProcedures.MustWait(tcb.Transfer!, data), path)
            ? OnVerdict(tcb.Transfer!.Receiver.OnData(data), data.Tsn, data.Stream)
            : goesOn;

    /// <summary>Takes in an I-DATA chunk (RFC 8260 §2.2.3).</summary>
    public bool OnData(in InterleavedDataChunk data, Path path) =>
        MayTakeData(isInterleaved: true, data.Tsn, out bool goesOn) && !MustWait(ReconfigurationProcedures.MustWait(tcb.Transfer!, data), path)
            ? OnVerdict(tcb.Transfer!.Receiver.OnData(data), data.Tsn, data.Stream)
            : goesOn;

    /// <summary>Takes in a FORWARD TSN (RFC 3758 §3.6), in the states that DATA is taken in.</summary>
    public bool OnForwardTsn(in ForwardTsnChunk forward, Path path)
    {
        if (!MayTakeForwardTsn(isInterleaved: false, forward.NewCumulative, path, out bool goesOn))
        {
            return goesOn;
        }

        tcb.Transfer!.Receiver.OnForwardTsn(forward);
        return true;
    }

    /// <summary>Takes in an I-FORWARD-TSN (RFC 8260 §2.3.1).</summary>
    public bool OnForwardTsn(in InterleavedForwardTsnChunk forward, Path path)
    {
        if (!MayTakeForwardTsn(isInterleaved: true, forward.NewCumulativeTsn, path, out bool goesOn))
        {
            return goesOn;
        }

        tcb.Transfer!.Receiver.OnForwardTsn(forward);
        return true;
    }

    /// <summary>Takes in an ECNE (RFC 2960 Appendix A): a router has marked what we sent. CWR says that we know.</summary>
    public bool OnEcne(in EcneChunk echo)
    {
        if (!tcb.MayCarryData || !tcb.Transfer!.UsesEcn || !tcb.Transfer.Sender.OnEcnEcho(echo.LowestTsn))
        {
            return tcb.Unexpected();
        }

        if (!tcb.Context.Control.Contains(ChunkType.Cwr))
        {
            Span<byte> tsn = stackalloc byte[4];
            new WireWriter(tsn).WriteUInt32(echo.LowestTsn.Value);
            tcb.Context.Control.Enqueue(ChunkType.Cwr, tsn);
        }

        return true;
    }

    /// <summary>Takes in a CWR (RFC 2960 Appendix A).</summary>
    public bool OnCwr(in CwrChunk reduced)
    {
        tcb.Transfer?.Receiver.OnCwr(reduced.LowestTsn);
        return true;
    }

    /// <summary>Takes in a SACK (§6.2.1), or an NR-SACK.</summary>
    public bool OnSack(in SackChunk sack)
    {
        if (!tcb.MayCarryData)
        {
            return tcb.Unexpected();
        }

        _packetHadSack = true;
        return OnAcknowledged(tcb.Transfer!.Sender.OnSack(sack));
    }

    /// <summary>What a SACK, or a SHUTDOWN, has acknowledged.</summary>
    public bool OnAcknowledged(in AckOutcome outcome)
    {
        switch (outcome.Verdict)
        {
            case AckVerdict.Outdated:
                tcb.Context.Drops.Count(DropReason.OutdatedSack);
                return true;
            case AckVerdict.AcknowledgesUnsent:
                tcb.AbortWith(CloseReason.ProtocolViolation, CauseCode.ProtocolViolation, "a TSN was acknowledged that was never sent"u8);
                return false;
            case AckVerdict.BreaksPromise:
                tcb.AbortWith(CloseReason.ProtocolViolation, CauseCode.ProtocolViolation, "non-renegable data was taken back"u8);
                return false;
        }

        tcb.Context.Counters.SacksReceived++;
        tcb.ReportSettledSends();
        if (outcome.CumulativeAdvanced)
        {
            tcb.Mtu.OnProgress();
            TuneSendBuffer(outcome.ReleasedBytes);
        }

        for (int i = 0; outcome.HasNewAck && i < tcb.Paths.Count; i++)
        {
            CheckForBlackHole(tcb.Paths[i]);
            if (tcb.Transfer!.Sender.WasAcknowledgedOn(i))
            {
                tcb.Monitor.OnAcknowledged(tcb.Paths[i], tcb.Transfer.Sender.WasCertainlyAcknowledgedOn(i));    // §8.1, §8.2
            }
        }

        // A lost message that was given up is acknowledged by nobody. That FORWARD TSN was answered says as much of the peer.
        if (outcome.HasSkipped && tcb.Transfer!.Sender.ForwardPath is { } path)
        {
            tcb.Monitor.OnAnswered(path);
        }

        if (outcome.CumulativeAdvanced && tcb.Context.Options.ReportsSenderDry && tcb.Transfer!.Sender.IsDrained)
        {
            tcb.Context.Report(AssociationEvent.SenderDry.Instance);
        }

        return true;
    }

    /// <summary>Answers a HEARTBEAT (§8.3).</summary>
    public bool OnHeartbeat(in HeartbeatChunk heartbeat, Path path)
    {
        // §8.3: until SHUTDOWN or SHUTDOWN ACK was sent. Where addresses change, what the peer sends may wait for the answer that verifies one.
        if (!tcb.MayCarryData && tcb.State != AssociationState.CookieEchoed && !tcb.VerifiesInShutdown)
        {
            return tcb.Unexpected();
        }

        if (!tcb.Context.Control.EnqueueAnswer(ChunkType.HeartbeatAck, heartbeat.Parameters, path.Index))
        {
            tcb.Context.Drops.Count(DropReason.ReplyQueueFull);
        }

        return true;
    }

    /// <summary>Takes in a HEARTBEAT ACK (§8.3).</summary>
    public bool OnHeartbeatAck(in HeartbeatAckChunk answer)
    {
        if (tcb.Monitor.OnHeartbeatAck(answer))
        {
            return true;
        }

        if (tcb.Mtu.OnHeartbeatAck(answer) is { } path)
        {
            tcb.Monitor.OnAnswered(path);                    // RFC 8899 §6.2.1.2
        }
        else
        {
            tcb.Context.Drops.Count(DropReason.BadHeartbeatAck);
        }

        return true;
    }

    /// <summary>T3-rtx of a path has expired (§6.3.3).</summary>
    public void OnRetransmissionTimeout(Path path)
    {
        if (tcb.State == AssociationState.CookieEchoed)
        {
            // The data went along with COOKIE ECHO, and will again: T1-cookie decides.
            tcb.Context.Timers.Start(new TimerId(TimerKind.T3Rtx, path.Index), tcb.Context.Now + path.Rto.Current);
        }
        else if (tcb.Transfer!.Sender.OnRetransmissionTimeout(path))
        {
            tcb.Mtu.OnTimeout(path);
            OnFailure(tcb.Monitor.OnUnanswered(path, countsForPeer: true));
        }
    }

    // What comes over the fastest path waits for the slowest.
    private TimeSpan LongestRoundTrip()
    {
        TimeSpan longest = TimeSpan.Zero;
        for (int i = 0; i < tcb.Paths.Count; i++)
        {
            longest = tcb.Paths[i].State == PathState.Active && tcb.Paths[i].Rto.Smoothed > longest ? tcb.Paths[i].Rto.Smoothed : longest;
        }

        return longest;
    }

    private bool MayTakeForwardTsn(bool isInterleaved, Tsn newCumulative, Path path, out bool goesOn)
    {
        if (tcb.State is not (AssociationState.Established or AssociationState.ShutdownPending or AssociationState.ShutdownSent))
        {
            goesOn = tcb.Unexpected();
            return false;
        }

        // RFC 8260 §2.3.1: FORWARD TSN is for DATA, and I-FORWARD-TSN is for I-DATA where both sides have listed it.
        Extensions agreed = tcb.Transfer!.Negotiated.Extensions;
        goesOn = isInterleaved == tcb.Transfer.Receiver.IsInterleaved && (agreed & Extensions.PartialReliability) != 0;
        if (!goesOn)
        {
            tcb.AbortWith(
                CloseReason.ProtocolViolation,
                CauseCode.ProtocolViolation,
                isInterleaved ? "I-FORWARD-TSN without negotiation"u8 : "FORWARD TSN where I-DATA was negotiated"u8);
            return false;
        }

        _packetHadData = true;                               // RFC 3758 §3.6: it is acknowledged like data
        if (ReconfigurationProcedures.MustWait(tcb.Transfer, newCumulative))
        {
            tcb.Context.Drops.Count(DropReason.OutsideWindow);
            return false;
        }

        tcb.Transfer.OnData(path, tcb.Paths);
        return true;
    }

    private bool MayTakeData(bool isInterleaved, Tsn tsn, out bool goesOn)
    {
        if (tcb.State is not (AssociationState.Established or AssociationState.ShutdownPending or AssociationState.ShutdownSent))
        {
            goesOn = tcb.Unexpected();
            return false;
        }

        // RFC 8260 §2.2.3: the handshake has decided which of the two chunks is used, and the other one never is.
        goesOn = tcb.Transfer!.Receiver.IsInterleaved == isInterleaved;
        if (!goesOn)
        {
            tcb.AbortWith(
                CloseReason.ProtocolViolation,
                CauseCode.ProtocolViolation,
                isInterleaved ? "I-DATA without negotiation"u8 : "DATA where I-DATA was negotiated"u8);
            return false;
        }

        _packetHadData = true;
        if (_packetIsMarked)
        {
            _packetIsMarked = false;                         // TSNs rise within a packet: this is the lowest
            tcb.Transfer.Receiver.OnMarked(tsn);
        }

        return true;
    }

    // Whether a chunk came before its time. If not, it is taken.
    private bool MustWait(bool isEarly, Path path)
    {
        if (isEarly)
        {
            tcb.Context.Drops.Count(DropReason.OutsideWindow);
            return true;
        }

        tcb.Idle.OnData();
        tcb.Transfer!.OnData(path, tcb.Paths);
        return false;
    }

    private bool OnVerdict(DataVerdict verdict, Tsn tsn, StreamId stream)
    {
        switch (verdict)
        {
            case DataVerdict.InvalidStream:
                tcb.Errors.ReportInvalidStream(stream);
                return true;
            case DataVerdict.NoUserData:
                Span<byte> number = stackalloc byte[4];
                new WireWriter(number).WriteUInt32(tsn.Value);
                tcb.AbortWith(CloseReason.ProtocolViolation, CauseCode.NoUserData, number);
                return false;
            case DataVerdict.Violation:
                tcb.AbortWith(CloseReason.ProtocolViolation, CauseCode.ProtocolViolation, "fragments contradict each other"u8);
                return false;
            default:
                return true;
        }
    }

    /// <summary>Time has shown that something is lost, or that it should be asked for (RFC 8985).</summary>
    public void OnLossTimer(Path path)
    {
        if (tcb.MayCarryData)
        {
            tcb.Transfer!.Sender.OnLossTimer(path);
            CheckForBlackHole(path);
        }
    }

    // One window in flight, and one for the application to fill meanwhile. Where it does not fill the buffer, nothing is gained.
    private void TuneSendBuffer(long released)
    {
        ref BufferSizes sizes = ref tcb.Context.Sizes;
        AssociationOptions options = tcb.Context.Options;
        long charge = tcb.Queue.BufferedCharge;
        if (options.SendBufferSize > 0 || charge + released < sizes.Send / 2)
        {
            return;
        }

        // The window counts user data, the buffer what goes with it, too.
        double overhead = tcb.Queue.IsEmpty ? 1 : (double)charge / tcb.Queue.BufferedBytes;
        long wanted = (long)(2 * overhead * tcb.Transfer!.Sender.TotalWindow);
        if (wanted >= sizes.Send / 4 * 5)
        {
            sizes.TryGrowSend(Math.Min(wanted, options.MaximumSendBufferSize));
        }
    }

    // What is sent again and again before T3-rtx can expire tells of a path that has become narrower as that would (RFC 8899 §4.3).
    private void CheckForBlackHole(Path path)
    {
        if (tcb.Transfer!.Sender.WasLostAgainOn(path.Index))
        {
            tcb.Mtu.OnTimeout(path);
        }
    }

    private void OnFailure(bool isReachable)
    {
        if (!isReachable)
        {
            tcb.Close(new AssociationEvent.Closed(CloseReason.PeerUnreachable, Attempts: tcb.Monitor.Failures));
        }
    }
}
