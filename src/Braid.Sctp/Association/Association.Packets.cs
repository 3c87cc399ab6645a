using System;
using Braid.Core;
using Braid.Sctp.Wire;

namespace Braid.Sctp;

/// <content>The way in for packets and time-outs, and the way out for datagrams: which procedure each is for.</content>
public sealed partial class Association
{
    /// <summary>Takes in a packet that belongs here by address and tag (§8.5).</summary>
    /// <param name="now">The current instant.</param>
    /// <param name="from">Where it came from.</param>
    /// <param name="packet">The packet.</param>
    /// <param name="hasAbort">Whether there is an ABORT in it: then it is not answered, whatever else there is (§9.1).</param>
    /// <param name="ecn">What its IP header says.</param>
    /// <param name="wasChecked">Whether it begins with an AUTH chunk that was found right already (RFC 4895 §6.3).</param>
    internal void HandlePacket(
        Instant now, in NetworkPath from, in PacketView packet, bool hasAbort, EcnCodepoint ecn = EcnCodepoint.NotCapable, bool wasChecked = false)
    {
        Path? path = _tcb.Paths.Find(from.Remote);
        if (path is null && State == AssociationState.CookieWait)
        {
            HandleInitAckFromElsewhere(now, from, packet);
            return;
        }

        bool mayChangeAddresses = (Extensions & Extensions.AddressReconfiguration) != 0;
        if (State == AssociationState.Closed || (path is null && !mayChangeAddresses))
        {
            return;
        }

        _tcb.Begin(now);
        bool ignoresAbort = false;
        if (_tcb.Context.AddressChanges is { } changes)
        {
            if (changes.Own.IsGone(from.Local, now))
            {
                _tcb.Context.Drops.Count(DropReason.OutOfTheBlue);   // RFC 5061 §5.3 F4
                return;
            }

            changes.Answers?.BeginPacket();
            ignoresAbort = changes.Own.IsBeingRemoved(from.Local);
        }

        if (path is not null && path.Address.Remote.Port != from.Remote.Port)
        {
            _tcb.Paths.LearnPort(path, from.Remote.Port);        // RFC 6951 §5.4
        }

        if (path is not null && (_tcb.Paths.Count > 1 || path.State != PathState.Active))
        {
            _tcb.Paths.OnArrival(path, from.Local);
        }

        _tcb.Monitor.OnPacket();
        _tcb.Context.Counters.PacketsReceived++;
        _transfer.OnPacketBegin(ecn);
        var chunks = new AuthenticatedReader(packet, _tcb, wasChecked);
        while (State != AssociationState.Closed && chunks.TryRead(out ChunkView chunk))
        {
            if (chunk.Type == ChunkType.Asconf && mayChangeAddresses)
            {
                if (!(AsconfChunk.TryRead(chunk, out AsconfChunk asconf) ? Addresses.OnAsconf(asconf, from) : _tcb.Malformed()))
                {
                    break;
                }

                path ??= _tcb.Paths.Find(from.Remote);       // RFC 5061 §5.3.2: the peer's only address may have changed
            }
            else if (path is null || (ignoresAbort && chunk.Type == ChunkType.Abort))
            {
                // §5.3.1: an ABORT that comes to where we are about to leave may be the answer to what left there late.
                _tcb.Context.Drops.Count(DropReason.OutOfTheBlue);
                hasAbort &= chunk.Type != ChunkType.Abort;
            }
            else if (!OnChunk(chunk, path, chunks.IsAuthenticated))
            {
                break;
            }
        }

        if (chunks.IsMalformed)
        {
            _tcb.Context.Drops.Count(DropReason.MalformedChunk);
        }

        OnPacketEnd();
        chunks.End();
        if (hasAbort && !chunks.HasIgnoredAbort)
        {
            _tcb.Context.Control.Clear();
        }
    }

    /// <summary>An INIT ACK from an address that we did not name, which lists one that we did (§5.1.2 D).</summary>
    private void HandleInitAckFromElsewhere(Instant now, in NetworkPath from, in PacketView packet)
    {
        ChunkReader chunks = packet.Chunks;
        if (chunks.TryRead(out ChunkView chunk) && chunk.Type == ChunkType.InitAck && InitChunk.TryRead(chunk, out InitChunk initAck))
        {
            _tcb.Begin(now);
            _tcb.Context.Counters.PacketsReceived++;
            _setup.OnInitAck(initAck, from);
        }
    }

    /// <summary>Takes in what the network says of a packet of ours (§10).</summary>
    /// <param name="now">The current instant.</param>
    /// <param name="error">What it says.</param>
    /// <param name="quoted">The packet.</param>
    /// <returns>False when that packet is none of ours.</returns>
    internal bool HandleNetworkError(Instant now, in NetworkError error, in QuotedPacket quoted)
    {
        // ICMP6: who does not see our packets cannot know the tag. What has none is an INIT, and that has our own tag in it.
        bool isInit = quoted.Tag == VerificationTag.None;
        bool isOurs = isInit ? quoted.InitiateTag == LocalTag && LocalTag != VerificationTag.None : quoted.Tag == PeerTag;
        Path? path = _tcb.Paths.Find(error.Remote);
        if (!isOurs || path is null || State is AssociationState.Closed or AssociationState.Listening)
        {
            return false;
        }

        _tcb.Begin(now);
        if (error.Kind == NetworkErrorKind.PacketTooBig)
        {
            _tcb.Mtu.OnPacketTooBig(path, error.Mtu);        // ICMP7
        }
        else if (State == AssociationState.CookieWait ? !_setup.OnHostWithoutSctp(path)
            : !isInit && _tcb.Authentication?.Requires(ChunkType.Abort) != true      // RFC 4895 §6.3: nobody else ends it
                && (State == AssociationState.ShutdownAckSent || _tcb.Monitor.OnDoubt(path)))
        {
            Termination.OnProtocolUnreachable();             // ICMP8
        }

        return true;
    }

    internal void HandleTimeout(Instant now)
    {
        _tcb.Begin(now);
        while (State != AssociationState.Closed && _tcb.Context.Timers.TryTakeExpired(_tcb.Context.Now, out TimerId timer))
        {
            OnTimer(timer);
        }
    }

    internal bool TryGetDatagram(Instant now, Span<byte> destination, out OutgoingDatagram datagram)
    {
        _tcb.Context.SetNow(now);
        _transfer.Review();
        Addresses.Advance();
        Termination.Advance();
        Reconfiguration.Advance();
        switch (State)
        {
            case AssociationState.Closed:
                return _assembler.TryAssembleFinal(_tcb.Transfer, destination, out datagram);
            case AssociationState.Listening:
                datagram = default;
                return false;
            case AssociationState.CookieWait:
                return _assembler.TryAssembleInit(_tcb.Handshake!, destination, out datagram);
            case AssociationState.CookieEchoed:
                return _assembler.TryAssembleCookieEcho(_tcb.Handshake!, _tcb.Transfer!, destination, out datagram);
        }

        if (_tcb.Context.AddressChanges is not null && Addresses.TryAssemble(_assembler, destination, out datagram))
        {
            return true;
        }

        if (_assembler.TryAssemble(_tcb.Transfer!, _tcb.MayCarryData, _tcb.ShutdownRequested, destination, out datagram))
        {
            return true;
        }

        if (_tcb.MayCarryData)
        {
            _tcb.Transfer!.Sender.OnDrained();
        }

        return false;
    }

    private bool OnChunk(in ChunkView chunk, Path path, bool isAuthenticated)
    {
        switch (chunk.Type)
        {
            case ChunkType.Data:
                return DataChunk.TryRead(chunk, out DataChunk data) ? _transfer.OnData(data, path) : _tcb.Malformed();
            case ChunkType.ForwardTsn when (Extensions & (Extensions.PartialReliability | Extensions.Interleaving)) != 0:
                return ForwardTsnChunk.TryRead(chunk, out ForwardTsnChunk forward) ? _transfer.OnForwardTsn(forward, path) : _tcb.Malformed();
            case ChunkType.IData:
                return InterleavedDataChunk.TryRead(chunk, out InterleavedDataChunk interleaved) ? _transfer.OnData(interleaved, path) : _tcb.Malformed();
            case ChunkType.IForwardTsn:
                return InterleavedForwardTsnChunk.TryRead(chunk, out InterleavedForwardTsnChunk skipped) ? _transfer.OnForwardTsn(skipped, path) : _tcb.Malformed();
            case ChunkType.Sack:
                return SackChunk.TryRead(chunk, out SackChunk sack) ? _transfer.OnSack(sack) : _tcb.Malformed();
            case ChunkType.NrSack when (Extensions & Extensions.NonRenegableSack) != 0:
                return NrSackChunk.TryRead(chunk, out NrSackChunk nrSack) ? _transfer.OnSack(nrSack.Sack) : _tcb.Malformed();
            case ChunkType.Heartbeat:
                return HeartbeatChunk.TryRead(chunk, out HeartbeatChunk heartbeat) ? _transfer.OnHeartbeat(heartbeat, path) : _tcb.Malformed();
            case ChunkType.HeartbeatAck:
                return HeartbeatAckChunk.TryRead(chunk, out HeartbeatAckChunk answer) ? _transfer.OnHeartbeatAck(answer) : _tcb.Malformed();
            case ChunkType.InitAck:
                return InitChunk.TryRead(chunk, out InitChunk initAck) ? _setup.OnInitAck(initAck, path.Address) : _tcb.Malformed();
            case ChunkType.CookieAck:
                return _setup.OnCookieAck();
            case ChunkType.Shutdown:
                return ShutdownChunk.TryRead(chunk, out ShutdownChunk shutdown) ? Termination.OnShutdown(shutdown, path) : _tcb.Malformed();
            case ChunkType.ShutdownAck:
                return Termination.OnShutdownAck(path);
            case ChunkType.ShutdownComplete:
                return Termination.OnShutdownComplete();
            case ChunkType.Abort:
                return AbortChunk.TryRead(chunk, out AbortChunk abort) ? Termination.OnAbort(abort) : _tcb.Malformed();
            case ChunkType.Error:
                return ErrorChunk.TryRead(chunk, out ErrorChunk error) ? OnError(error, isAuthenticated) : _tcb.Malformed();
            case ChunkType.ReConfig when (Extensions & Extensions.StreamReconfiguration) != 0:
                return ReConfigChunk.TryRead(chunk, out ReConfigChunk request) ? Reconfiguration.OnReConfig(request) : _tcb.Malformed();
            case ChunkType.AsconfAck when (Extensions & Extensions.AddressReconfiguration) != 0:
                return AsconfAckChunk.TryRead(chunk, out AsconfAckChunk changed) ? Addresses.OnAsconfAck(changed) : _tcb.Malformed();
            case ChunkType.Ecne:
                return EcneChunk.TryRead(chunk, out EcneChunk echo) ? _transfer.OnEcne(echo) : _tcb.Malformed();
            case ChunkType.Cwr:
                return CwrChunk.TryRead(chunk, out CwrChunk reduced) ? _transfer.OnCwr(reduced) : _tcb.Malformed();
            case ChunkType.Init:
            case ChunkType.CookieEcho:
            case ChunkType.Pad:
                return true;                                 // the endpoint's business, or padding: nothing to do here
            default:
                return OnUnrecognized(chunk);
        }
    }

    private bool OnError(in ErrorChunk error, bool isAuthenticated)
    {
        CauseReader causes = error.Causes;
        while (causes.TryRead(out CauseView cause))
        {
            if (cause.Code != CauseCode.StaleCookie)
            {
                _tcb.Context.Report(new AssociationEvent.RemoteError((ushort)cause.Code, cause.Value.ToArray()));
            }
            else if (State == AssociationState.CookieEchoed)
            {
                _setup.OnStaleCookie();
            }

            if (cause.Code == CauseCode.UnrecognizedChunkType && isAuthenticated)
            {
                Addresses.OnUnrecognizedChunk(cause);
            }
        }

        return true;
    }

    private bool OnUnrecognized(in ChunkView chunk)
    {
        _tcb.Context.Drops.Count(DropReason.UnrecognizedChunk);
        if (chunk.WhenUnrecognized is UnrecognizedAction.StopAndReport or UnrecognizedAction.SkipAndReport)
        {
            _tcb.Errors.Report(CauseCode.UnrecognizedChunkType, chunk.Bytes);
        }

        return chunk.WhenUnrecognized is UnrecognizedAction.Skip or UnrecognizedAction.SkipAndReport;
    }

    private void OnPacketEnd()
    {
        if (State == AssociationState.Closed || _tcb.Transfer is null)
        {
            return;
        }

        Termination.OnPacketFromPeer(_transfer.OnPacketEnd());
    }

    private void OnTimer(TimerId timer)
    {
        switch (timer.Kind)
        {
            case TimerKind.T1Init when !IsBeingSetUp:            // T4-rto
                Addresses.OnTimeout();
                break;
            case TimerKind.T1Init or TimerKind.T1Cookie:
                _setup.OnSetupTimeout();
                break;
            case TimerKind.T2Shutdown:
                Termination.OnShutdownTimeout();
                break;
            case TimerKind.T5ShutdownGuard:
                Termination.OnShutdownGuard();
                break;
            case TimerKind.Idle:
                Termination.OnIdleTimer();
                break;
            case TimerKind.DelayedAck:
                _transfer.OnDelayedAck();
                break;
            case TimerKind.Reconfiguration:
                Reconfiguration.OnTimeout();
                break;
            case TimerKind.T3Rtx:
                _transfer.OnRetransmissionTimeout(_tcb.Paths[timer.Path]);
                break;
            case TimerKind.Loss:
                _transfer.OnLossTimer(_tcb.Paths[timer.Path]);
                break;
            case TimerKind.Pacing:
                break;                                       // whoever collects datagrams now finds that they may leave
            case TimerKind.Heartbeat:
                _transfer.OnHeartbeatTimer(_tcb.Paths[timer.Path]);
                break;
            case TimerKind.PathMtu:
                _transfer.OnPathMtuTimer(_tcb.Paths[timer.Path]);
                break;
            case TimerKind.HeartbeatAck:
                _transfer.OnHeartbeatTimeout(_tcb.Paths[timer.Path]);
                break;
        }
    }
}
