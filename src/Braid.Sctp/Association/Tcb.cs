using System;
using System.Collections.Generic;
using Braid.Core;
using Braid.Sctp.Wire;

namespace Braid.Sctp;

/// <summary>
/// The transmission control block (RFC 9260 §14.2): the state of one association, its components, and the steps that more than
/// one procedure takes. The procedures for setting up (§5), for transfer (§6 to §8) and for termination (§9) decide.
/// </summary>
internal sealed class Tcb
{
    public Tcb(EndpointOptions endpoint, AssociationContext context, PortPair ports, ReadOnlySpan<NetworkPath> paths, InitFields? opening)
    {
        Endpoint = endpoint;
        Context = context;
        Ports = ports;
        Paths = new PathSet(context, endpoint);
        foreach (ref readonly NetworkPath path in paths)
        {
            Paths.Add(path, PathState.Active);               // §5.4: what our application named, or got our INIT ACK, is confirmed
        }

        context.Authentication = context.Options.OfferedAuthentication is { } offered ? new ChunkAuthentication(offered, context) : null;
        Messages = new OutboundMessagePool(context);
        Queue = new SendQueue(Messages, context, Paths);
        Shutdown = new ShutdownCoordinator(context);
        Monitor = new PathMonitor(context, Paths);
        Errors = new ErrorReporter(context);
        Idle = new IdleMonitor(context, Paths);
        if (opening is { } fields)
        {
            Handshake = new HandshakeInitiator(context, Paths, fields.InitiateTag, fields.InitialTsn);
            LocalTag = fields.InitiateTag;
        }
    }

    /// <summary>Where the association stands (§4).</summary>
    public AssociationState State { get; set; }

    public AssociationContext Context { get; }

    public EndpointOptions Endpoint { get; }

    public PortPair Ports { get; }

    public PathSet Paths { get; }

    public PathMonitor Monitor { get; }

    public PathMtuDiscovery Mtu => new(Context, Paths);

    public ErrorReporter Errors { get; }

    public IdleMonitor Idle { get; }

    public OutboundMessagePool Messages { get; }

    public SendQueue Queue { get; }

    public ShutdownCoordinator Shutdown { get; }

    /// <inheritdoc cref="AssociationContext.Authentication"/>
    public ChunkAuthentication? Authentication => Context.Authentication;

    /// <summary>Families of addresses that the peer can be reached at.</summary>
    public NetworkFamilies UsableFamilies => Context.AddressChanges is { Own.Known: { Count: > 0 } known }
        ? Endpoint.Families & SourceAddresses.FamiliesOf(known)
        : Endpoint.UsableFamilies;

    /// <summary>Null on the side that did not open, and once the association is up.</summary>
    public HandshakeInitiator? Handshake { get; private set; }

    /// <summary>The two halves; null until both tags are known.</summary>
    public Transfer? Transfer { get; set; }

    /// <summary>Our tag; none while we wait for a peer.</summary>
    public VerificationTag LocalTag { get; set; }

    public VerificationTag PeerTag => Transfer?.Negotiated.PeerTag ?? VerificationTag.None;

    /// <summary>Set by an INIT for an association that exists (§5.2.2).</summary>
    public uint LocalTieTag { get; set; }

    /// <inheritdoc cref="LocalTieTag"/>
    public uint PeerTieTag { get; set; }

    /// <summary>The peer's adaptation code point (RFC 5061 §4.2.6); null for none.</summary>
    public uint? PeerAdaptation { get; set; }

    /// <summary>Our application wants the end, or the peer does.</summary>
    public bool ShutdownRequested { get; set; }

    /// <summary>The window that our INIT or INIT ACK told of, where the options have changed since; null where they have not.</summary>
    public uint? AnnouncedWindow { get; set; }

    /// <summary>A restart whose event was not taken yet.</summary>
    public bool IsRestartUnreported { get; set; }

    /// <summary>Streams that we may send on; what we ask for until the handshake is done.</summary>
    public int OutgoingStreams => Transfer?.OutgoingStreams ?? Context.Options.OutgoingStreams;

    /// <summary>Streams that the peer may send on; what we allow until the handshake is done.</summary>
    public int IncomingStreams => Transfer?.Receiver.Streams ?? Context.Options.IncomingStreams;

    /// <summary>Whether DATA and its acknowledgements flow in this state (§6).</summary>
    public bool MayCarryData =>
        State is AssociationState.Established or AssociationState.ShutdownPending or AssociationState.ShutdownReceived;

    /// <summary>The largest chunk behind an AUTH chunk that fits into a packet on every path, whether packets keep room for that or not; in bytes.</summary>
    public int LargestAuthenticatedChunk => Paths.MaximumChunk + Paths.AuthenticationRoom - (Authentication?.Plan?.ChunkLength ?? 0);

    /// <summary>
    /// Whether addresses are verified though SHUTDOWN or SHUTDOWN ACK was sent: those of the peer may have changed meanwhile, and verification ends
    /// when all are verified (§5.4; RFC 5061 §5.3 F14), not with the heartbeats of §8.3.
    /// </summary>
    public bool VerifiesInShutdown => Context.AddressChanges is not null && State is AssociationState.ShutdownSent or AssociationState.ShutdownAckSent;

    /// <summary>Whether a path may be asked by a heartbeat whether it is there.</summary>
    public bool MayAsk(Path path) => MayCarryData || (!path.IsConfirmed && VerifiesInShutdown);

    /// <summary>COMMUNICATION UP.</summary>
    public AssociationEvent UpEvent => new AssociationEvent.Established(OutgoingStreams, IncomingStreams);

    /// <summary>A command, a packet or a time-out is about to be taken in.</summary>
    public void Begin(Instant now)
    {
        Context.SetNow(now);
        Context.Activity.Signal();
        Context.Control.BeginAnswers(Paths.MaximumChunk);
    }

    /// <summary>Our addresses as the handshake has told them: of those that are named, what means something to the peer, and what packets leave from.</summary>
    public List<NetworkAddress> OwnAddresses()
    {
        List<NetworkAddress> own = [];
        foreach (NetworkAddress address in Endpoint.LocalAddresses)
        {
            for (int i = 0; i < Paths.Count; i++)
            {
                if (SourceAddresses.IsTold(address, Paths[i].Address.Remote))
                {
                    own.Add(address);
                    break;
                }
            }
        }

        for (int i = 0; i < Paths.Count; i++)
        {
            NetworkAddress local = Paths[i].Address.Local;
            if (local.Family != NetworkFamily.None && !own.Exists(one => one.IsSameHost(local)))
            {
                own.Add(local);
            }
        }

        return own;
    }

    /// <summary>Addresses change for the first time, or once more.</summary>
    public AddressChanges BeginAddressChanges() => Context.AddressChanges ??= new AddressChanges(Context, OwnAddresses());

    /// <summary>The handshake is done: data may flow.</summary>
    public void Establish(AssociationEvent? associationEvent)
    {
        Handshake?.Stop();
        Handshake = null;
        State = ShutdownRequested ? AssociationState.ShutdownPending : AssociationState.Established;
        if (associationEvent is not null)
        {
            Context.Report(associationEvent);
        }

        if (Authentication is { Vectors: null })
        {
            Context.Report(new AssociationEvent.Authentication(AuthenticationIndication.NotSupported, 0));
        }

        AnnouncedWindow = null;
        if (PeerAdaptation is { } value)
        {
            Context.Report(new AssociationEvent.AdaptationIndication(value));
        }

        Transfer!.Sender.OnOpportunity();
        Monitor.Start();
        Idle.Start();
    }

    /// <summary>The handshake has agreed on authentication, or on none; before <see cref="SetTransfer"/>.</summary>
    /// <param name="vectors">What both have said; null for none.</param>
    /// <param name="agreed">What else they have agreed on.</param>
    public void SetKeyVectors(KeyVectors? vectors, Extensions agreed)
    {
        if (vectors is not null)
        {
            Context.Authentication ??= new ChunkAuthentication(AuthenticationOptions.Default, Context);      // offered when the cookie was made
        }

        Authentication?.Begin(vectors, (agreed & Extensions.AddressReconfiguration) != 0);
        Paths.AuthenticationRoom = Authentication?.Plan is { ReservesRoom: true } plan ? (byte)plan.ChunkLength : (byte)0;
    }

    /// <summary>Both sides know what they have agreed on.</summary>
    public void SetTransfer(in Negotiated negotiated)
    {
        // Data that went along with COOKIE ECHO stays outstanding when the handshake takes another turn (§5.2.4 B, §5.2.6).
        Sender? kept = Transfer?.Sender;
        kept?.OnNewPeerWindow(negotiated.PeerWindow);
        bool isInterleaved = (negotiated.Extensions & Extensions.Interleaving) != 0;
        Queue.IsInterleaved = isInterleaved;
        Paths.SetInterleaving(isInterleaved);
        Messages.KeepsFailed = Context.Options.ReportsFailedSends;
        Queue.LimitStreams(negotiated.OutgoingStreams);
        ReportFailedSends((ushort)CauseCode.InvalidStreamIdentifier);
        Transfer = new Transfer(
            Context,
            negotiated,
            kept ?? new Sender(Context, Paths, Queue, Messages, negotiated),
            new Receiver(Context, negotiated, Paths.Primary.MaximumChunk, AnnouncedWindow ?? Context.Options.FirstReceiveBuffer));
        Transfer.Sender.OnNegotiated(negotiated.Extensions);
    }

    /// <summary>Ends the association, and says so to the peer.</summary>
    public void AbortWith(CloseReason reason, CauseCode code, ReadOnlySpan<byte> info)
    {
        if (reason == CloseReason.ProtocolViolation && Authentication is { IsDoubtful: true })
        {
            Context.Drops.Count(DropReason.NotAuthenticated);            // RFC 4895 §6.3: nor does what somebody else may have sent
            return;
        }

        Close(new AssociationEvent.Closed(reason, (ushort)code, info.ToArray()));
        if (PeerTag != VerificationTag.None)                 // else the peer knows nothing of us yet
        {
            Errors.Abort(code, info);
        }
    }

    /// <summary>Ends the association.</summary>
    public void Close(AssociationEvent.Closed closed)
    {
        State = AssociationState.Closed;
        Context.Sizes.OnClosed();
        Context.AddressChanges?.GiveUp();
        Context.Timers.StopAll();
        Context.Control.Clear();
        Handshake?.Stop();
        DiscardSends(closed.CauseCode);
        Transfer?.Receiver.Messages.DiscardIncomplete();
        Context.Report(closed);
    }

    /// <summary>Lets go of everything that was to be sent, and reports it to an application that wants it (RFC 6458 §6.1.11).</summary>
    /// <param name="cause">Why, as an error cause; 0 for none.</param>
    public void DiscardSends(ushort cause)
    {
        Messages.KeepsFailed = Context.Options.ReportsFailedSends;
        Transfer?.Sender.Clear();
        Queue.Clear();
        ReportFailedSends(cause);
    }

    /// <summary>A chunk is not what its type says; the rest of its packet is read.</summary>
    public bool Malformed()
    {
        Context.Drops.Count(DropReason.MalformedChunk);
        return true;
    }

    /// <summary>A chunk makes no sense in this state; the rest of its packet is read.</summary>
    public bool Unexpected()
    {
        Context.Drops.Count(DropReason.UnexpectedChunk);
        return true;
    }

    /// <summary>Messages were given up: an application that wants it gets them back (RFC 3758 §4.1 TR3).</summary>
    public void OnGivenUp()
    {
        ReportSettledSends();
        if (Context.Options.ReportsFailedSends)
        {
            ReportFailedSends(cause: 0);
        }

        if (Context.Options.ReportsSenderDry && Transfer!.Sender.IsDrained)
        {
            Context.Report(AssociationEvent.SenderDry.Instance);
        }
    }

    /// <summary>Tells what became of the messages whose owner wants to know.</summary>
    public void ReportSettledSends()
    {
        foreach (SettledSend settled in Messages.TakeSettled())
        {
            Context.Report(new AssociationEvent.SendSettled(settled.Receipt, settled.Outcome, Context.Now - settled.AcceptedAt));
        }
    }

    private void ReportFailedSends(ushort cause)
    {
        ReportSettledSends();
        foreach (FailedSend failed in Messages.TakeFailed())
        {
            Context.Report(new AssociationEvent.SendFailed(failed.Options, failed.WasOnWire, failed.Payload, cause));
        }
    }
}
