using System;
using System.Diagnostics.CodeAnalysis;
using Braid.Core;
using Braid.Sctp.Wire;

namespace Braid.Sctp;

/// <summary>
/// Setting up an association, restarts and collisions included (RFC 9260 §5). Owns what an earlier incarnation of the
/// association has left to read.
/// </summary>
internal sealed class SetupProcedures(Tcb tcb)
{
    private MessageList _beforeRestart;
    private Tsn _cumulativeBeforeRestart;

    /// <summary>Takes the next message from before a restart.</summary>
    public bool TryTakeEarlier([NotNullWhen(true)] out ReceivedMessage? message)
    {
        bool isThere = _beforeRestart.TryTake(out message);
        message?.CumulativeTsn = _cumulativeBeforeRestart;
        return isThere;
    }

    /// <summary>An INIT has come for this association: the cookie that answers it carries tie-tags (§5.2.2).</summary>
    public void PopulateTieTags()
    {
        while (tcb.LocalTieTag == 0 || tcb.PeerTieTag == 0)
        {
            tcb.LocalTieTag = tcb.Context.Random.NextUInt32();
            tcb.PeerTieTag = tcb.Context.Random.NextUInt32();
        }
    }

    /// <summary>Takes in an authentic COOKIE ECHO for an association that exists (§5.2.4), or waits for it.</summary>
    /// <returns>Whether the rest of its packet is to be taken in as well.</returns>
    public bool OnCookieEcho(in NetworkPath path, in CookieClaims claims, CollisionAction action)
    {
        switch (action)
        {
            case CollisionAction.Restart when tcb.State == AssociationState.ShutdownAckSent:
                tcb.Context.Control.Enqueue(ChunkType.ShutdownAck);
                tcb.Errors.Report(CauseCode.CookieReceivedWhileShuttingDown, default);
                return false;
            case CollisionAction.Restart:
                Restart(path, claims);
                return true;
            case CollisionAction.AdoptPeerTag or CollisionAction.Duplicate
                when tcb.State is AssociationState.CookieWait or AssociationState.CookieEchoed && TakesBack(InitRules.Negotiate(claims.Local, claims.Peer, claims.Extensions)):
                tcb.AbortWith(CloseReason.ProtocolViolation, CauseCode.ProtocolViolation, "streams or interleaving were taken back"u8);
                return false;
            case CollisionAction.AdoptPeerTag:
            case CollisionAction.Duplicate:

                // §6.4: it answers where the COOKIE ECHO came from, if §5.4 allows; the first address may be why it came again.
                Path? source = tcb.Paths.Find(path.Remote);
                tcb.Context.Control.EnqueueFirst(
                    ChunkType.CookieAck, path: source is { IsConfirmed: true } ? source.Index : ControlQueue.AnyPath);
                if (tcb.State is AssociationState.Listening or AssociationState.CookieWait or AssociationState.CookieEchoed)
                {
                    tcb.Handshake?.Stop();
                    Adopt(path, claims);
                    tcb.Transfer!.Sender.OnSetupRetransmission();
                    tcb.Establish(tcb.UpEvent);
                }
                else if (tcb.PeerTag != claims.Peer.InitiateTag)
                {
                    // Action B, but what it rests on is older than what we have: the peer began anew between two INITs that we
                    // answered with one tag. Its TSNs and streams begin anew as well.
                    Restart(path, claims);
                }

                return true;
            default:
                return false;
        }
    }

    /// <summary>Takes in an INIT ACK (§5.1 C).</summary>
    public bool OnInitAck(in InitChunk initAck, in NetworkPath from)
    {
        if (tcb.State != AssociationState.CookieWait)
        {
            return tcb.Unexpected();                             // §5.2.3
        }

        Span<byte> room = stackalloc byte[256];
        var unrecognized = new ParameterReport(room);
        InitAckVerdict verdict = tcb.Handshake!.OnInitAck(initAck, ref unrecognized);
        if (verdict != InitAckVerdict.Accepted)
        {
            return RefuseInitAck(verdict, initAck.InitiateTag, from);
        }

        Extensions extensions = ExtensionRules.Agreed(ExtensionRules.Offered(tcb.Endpoint, tcb.Context.Options), tcb.Handshake.PeerExtensions);
        Negotiated negotiated = InitRules.Negotiate(tcb.Handshake.Fields, initAck.Fields, extensions);
        if (TakesBack(negotiated))
        {
            tcb.Context.Replies.AddAbort(new ReplyAddress(from, tcb.Ports), initAck.InitiateTag, CauseCode.ProtocolViolation, "streams or interleaving were taken back"u8);
            tcb.Close(new AssociationEvent.Closed(CloseReason.ProtocolViolation, (ushort)CauseCode.ProtocolViolation));
            return false;
        }

        PeerAddresses addresses = PeerAddresses.Collect(from.Remote, initAck.Parameters, tcb.Endpoint.UsableFamilies);
        if (tcb.Transfer is null)
        {
            tcb.Paths.Keep(addresses);                          // else a cookie was too old, and data is outstanding on these paths
        }

        tcb.Paths.Adopt(from, addresses);
        tcb.PeerAdaptation = tcb.Handshake.PeerAdaptation;
        tcb.SetKeyVectors(tcb.Handshake.PeerVector is { } peer ? new KeyVectors(tcb.Handshake.Vector!, peer) : null, extensions);
        tcb.SetTransfer(negotiated);
        tcb.State = AssociationState.CookieEchoed;
        if (!unrecognized.Written.IsEmpty)
        {
            tcb.Errors.Report(CauseCode.UnrecognizedParameters, unrecognized.Written);     // §3.2.2: along with COOKIE ECHO
        }

        return true;
    }

    private bool RefuseInitAck(InitAckVerdict verdict, VerificationTag peerTag, in NetworkPath from)
    {
        tcb.Context.Drops.Count(DropReason.MalformedChunk);
        if (verdict == InitAckVerdict.Malformed)
        {
            return false;
        }

        (CauseCode code, byte[] info) = HandshakeInitiator.Explain(verdict);
        var to = new ReplyAddress(from, tcb.Ports);
        if (verdict == InitAckVerdict.NoTag)
        {
            tcb.Context.Replies.AddReflectedAbort(to, tcb.LocalTag);
        }
        else
        {
            tcb.Context.Replies.AddAbort(to, peerTag, code, info);
        }

        // §3.3.3: a window that is too small changes no state; all else destroys the TCB.
        if (verdict != InitAckVerdict.WindowTooSmall)
        {
            tcb.Close(new AssociationEvent.Closed(CloseReason.ProtocolViolation, (ushort)code, info));
        }

        return false;
    }

    /// <summary>Takes in a COOKIE ACK (§5.1 E).</summary>
    public bool OnCookieAck()
    {
        if (tcb.State != AssociationState.CookieEchoed)
        {
            return tcb.Unexpected();                             // §5.2.5
        }

        tcb.Handshake!.OnCookieAck();
        tcb.Establish(tcb.UpEvent);
        return true;
    }

    /// <summary>T1-init or T1-cookie has expired (§5.1.6).</summary>
    public void OnSetupTimeout()
    {
        tcb.Transfer?.Sender.OnSetupRetransmission();
        if (tcb.Handshake!.OnTimeout())
        {
            tcb.Paths.TakeOtherLocal(tcb.Paths.Primary);     // for the next time that its turn comes
            tcb.Paths.RotatePrimary();
        }
        else
        {
            tcb.Close(new AssociationEvent.Closed(CloseReason.SetupTimedOut, Attempts: tcb.Handshake.Attempts));
        }
    }

    /// <summary>The network says that the host of an address has no SCTP (§10, ICMP8): the next one that we named is asked, as after a time-out.</summary>
    /// <returns>False when all of them are such.</returns>
    public bool OnHostWithoutSctp(Path path)
    {
        bool isAnyLeft = tcb.Handshake!.OnRefused(path);
        if (isAnyLeft && path == tcb.Paths.Primary)
        {
            tcb.Paths.RotatePrimary();
        }

        return isAnyLeft;
    }

    /// <summary>The peer says that its cookie was too old (§5.2.6).</summary>
    public void OnStaleCookie()
    {
        tcb.Transfer!.Sender.OnSetupRetransmission();
        tcb.State = AssociationState.CookieWait;
        if (!tcb.Handshake!.OnStaleCookie())                    // §5.2.6, alternative 3
        {
            tcb.Close(new AssociationEvent.Closed(CloseReason.SetupTimedOut, (ushort)CauseCode.StaleCookie, Attempts: tcb.Handshake.Attempts));
        }
    }

    private void Adopt(in NetworkPath path, in CookieClaims claims)
    {
        tcb.LocalTag = claims.Local.InitiateTag;
        tcb.Paths.Adopt(path, claims.Addresses);
        tcb.PeerAdaptation = claims.PeerAdaptation;
        tcb.SetKeyVectors(claims.Vectors, claims.Extensions);
        tcb.SetTransfer(InitRules.Negotiate(claims.Local, claims.Peer, claims.Extensions));
    }

    // §6.5: data that went along with an earlier COOKIE ECHO must still have a valid stream when it is sent again, and it must be
    // in the chunks that both sides have agreed on (RFC 8260 §2.2.1).
    private bool TakesBack(in Negotiated negotiated) =>
        tcb.Transfer is { Sender.HasOutstanding: true } transfer
        && (negotiated.OutgoingStreams < transfer.Negotiated.OutgoingStreams
            || ((negotiated.Extensions ^ transfer.Negotiated.Extensions) & Extensions.Interleaving) != 0);

    private void Restart(in NetworkPath path, in CookieClaims claims)
    {
        // §5.2.4 action A: as after an ABORT and a new COOKIE ECHO, congestion control included.
        Reassembly earlier = tcb.Transfer!.Receiver.Messages;
        earlier.DiscardIncomplete();
        if (tcb.IsRestartUnreported)
        {
            earlier.DiscardReady();                          // it came and went before anybody heard of it
        }
        else
        {
            earlier.TakeReady(ref _beforeRestart);           // what was complete stays to be read
            _cumulativeBeforeRestart = tcb.Transfer.Receiver.Tsns.CumulativeAck;
        }

        tcb.Handshake?.Stop();
        tcb.Context.Timers.StopAll();
        tcb.Context.Control.Clear();
        tcb.DiscardSends(cause: 0);
        tcb.Context.AddressChanges?.OnRestart();
        tcb.Context.Multipath?.Forget();
        tcb.Transfer = null;
        tcb.Queue.Reset();
        NetworkAddress primary = tcb.Paths.Primary.Address.Remote;
        ReportRemoved(claims.Addresses);
        tcb.Paths.Restart(path, claims.Addresses);
        tcb.ShutdownRequested = false;
        tcb.Shutdown.Restart();
        tcb.LocalTieTag = 0;
        tcb.PeerTieTag = 0;
        Adopt(path, claims);
        tcb.Context.Control.EnqueueFirst(ChunkType.CookieAck);
        if (tcb.IsRestartUnreported)
        {
            tcb.Establish(null);
        }
        else
        {
            tcb.IsRestartUnreported = true;
            tcb.Establish(new AssociationEvent.Restarted(tcb.OutgoingStreams, tcb.IncomingStreams));
        }

        if (!tcb.Paths.Primary.Address.Remote.IsSameHost(primary))
        {
            Path now = tcb.Paths.Primary;
            tcb.Context.Report(new AssociationEvent.PathChanged(now.Address, now.State, PathChange.MadePrimary));
        }
    }

    // A restart may come from fewer addresses than the association had (§5.2.2 forbids only new ones).
    private void ReportRemoved(in PeerAddresses remaining)
    {
        for (int i = 0; i < tcb.Paths.Count; i++)
        {
            Path path = tcb.Paths[i];
            if (!remaining.Contains(path.Address.Remote))
            {
                tcb.Context.Report(new AssociationEvent.PathChanged(path.Address, path.State, PathChange.Removed));
            }
        }
    }
}
