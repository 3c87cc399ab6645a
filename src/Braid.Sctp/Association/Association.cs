using System;
using System.Collections.Generic;
using System.Diagnostics.CodeAnalysis;
using Braid.Core;
using Braid.Sctp.Wire;

namespace Braid.Sctp;

/// <summary>
/// One SCTP association (RFC 9260), without clock, socket or thread. Made by <see cref="Endpoint"/>, which also feeds it
/// packets and time-outs and collects its datagrams. After any of the commands here the owner drains the endpoint.
/// This class decides; the mechanisms are components that own their state and return what changed.
/// </summary>
public sealed class Association
{
    private readonly AssociationContext _context;
    private readonly EndpointOptions _endpoint;
    private readonly OutboundMessagePool _messagePool = new();
    private readonly SendQueue _queue;
    private readonly ShutdownCoordinator _shutdown;
    private readonly PathSet _paths;
    private readonly PathMonitor _monitor;
    private readonly ErrorReporter _errors;
    private readonly PacketAssembler _assembler;
    private readonly HandshakeInitiator? _handshake;
    private Transfer? _transfer;
    private MessageList _beforeRestart;
    private bool _isRestartUnreported;
    private bool _shutdownRequested;
    private bool _packetHadData;

    private Association(
        EndpointOptions endpoint, AssociationContext context, ushort remotePort, ReadOnlySpan<NetworkPath> paths, InitFields? opening)
    {
        _endpoint = endpoint;
        _context = context;
        _context.Activity.Association = this;
        _paths = new PathSet(context, endpoint.EncapsulationOverhead);
        foreach (ref readonly NetworkPath path in paths)
        {
            _paths.Add(path, PathState.Active);              // §5.4: what our application named, or got our INIT ACK, is confirmed
        }

        _queue = new SendQueue(_messagePool, new RoundRobinScheduler(), context.Options);
        _shutdown = new ShutdownCoordinator(context);
        _monitor = new PathMonitor(context, _paths);
        _errors = new ErrorReporter(context);
        _assembler = new PacketAssembler(context, _paths, endpoint, remotePort);
        RemotePort = remotePort;
        if (opening is { } fields)
        {
            _handshake = new HandshakeInitiator(context, _paths, fields.InitiateTag, fields.InitialTsn);
        }
    }

    /// <summary>Where the association stands (§4).</summary>
    public AssociationState State { get; private set; }

    /// <summary>Our SCTP port.</summary>
    public ushort LocalPort => _endpoint.LocalPort;

    /// <summary>The peer's SCTP port.</summary>
    public ushort RemotePort { get; }

    /// <summary>The path that new data takes.</summary>
    public NetworkPath PrimaryPath => _paths.Primary.Address;

    /// <summary>Streams that we may send on; what we asked for until the handshake is done.</summary>
    public int OutgoingStreams => _transfer?.Negotiated.OutgoingStreams ?? _context.Options.OutgoingStreams;

    /// <summary>Streams that the peer may send on; what we allow until the handshake is done.</summary>
    public int IncomingStreams => _transfer?.Negotiated.IncomingStreams ?? _context.Options.IncomingStreams;

    /// <summary>Bytes of messages accepted and not yet cumulatively acknowledged.</summary>
    public long BufferedBytes => _queue.BufferedBytes;

    /// <summary>The same, as it counts against <see cref="AssociationOptions.SendBufferSize"/>.</summary>
    public long BufferedCharge => _queue.BufferedCharge;

    /// <summary>Options that it was made with.</summary>
    public AssociationOptions Options => _context.Options;

    /// <summary>For the owner's use, such as the object that stands for this association in a runtime.</summary>
    public object? Tag { get; set; }

    internal VerificationTag LocalTag { get; private set; }

    internal VerificationTag PeerTag => _transfer?.Negotiated.PeerTag ?? VerificationTag.None;

    /// <summary>What our own INIT said, for an INIT ACK when both sides open at the same time (§5.2.1).</summary>
    internal InitFields? OpeningFields => _handshake?.Fields;

    /// <summary>Set by an INIT for an association that exists (§5.2.2).</summary>
    internal uint LocalTieTag { get; private set; }

    /// <inheritdoc cref="LocalTieTag"/>
    internal uint PeerTieTag { get; private set; }

    /// <summary>The peer's addresses.</summary>
    internal PathSet Paths => _paths;

    /// <summary>Its place in the endpoint's <see cref="DeadlineHeap"/>.</summary>
    internal int HeapIndex { get; set; } = DeadlineHeap.NotQueued;

    /// <summary>Whether the endpoint's owner has yet to take notice of it.</summary>
    internal bool IsListedAsActive { get; set; }

    internal Instant NextTimeout => _context.Timers.Next;

    /// <summary>Whether nothing is left to do but to read its last messages and events.</summary>
    internal bool IsFinished => State == AssociationState.Closed && _context.Control.IsEmpty;

    private AssociationEvent UpEvent => new AssociationEvent.Established(OutgoingStreams, IncomingStreams);

    private bool MayCarryData =>
        State is AssociationState.Established or AssociationState.ShutdownPending or AssociationState.ShutdownReceived;

    /// <summary>Queues a copy of a message.</summary>
    /// <param name="now">The current instant.</param>
    /// <param name="payload">User data, 1 byte to <see cref="AssociationOptions.MaximumMessageSize"/>.</param>
    /// <param name="options">Stream, PPID and order.</param>
    public SendStatus Send(Instant now, ReadOnlySpan<byte> payload, in SendOptions options)
    {
        SendStatus status = CanSend(payload.Length, options);
        return status == SendStatus.Ok ? Send(now, _context.Buffers.RentCopy(payload), options) : status;
    }

    /// <summary>Queues a message without copying it.</summary>
    /// <param name="now">The current instant.</param>
    /// <param name="payload">User data. Ownership passes to the association only if the result is <see cref="SendStatus.Ok"/>.</param>
    /// <param name="options">Stream, PPID and order.</param>
    public SendStatus Send(Instant now, PooledBuffer payload, in SendOptions options)
    {
        ArgumentNullException.ThrowIfNull(payload);
        SendStatus status = CanSend(payload.Length, options);
        if (status != SendStatus.Ok)
        {
            return status;
        }

        Begin(now);
        _queue.Enqueue(payload, options);
        _context.Counters.MessagesSent++;
        _transfer?.Sender.OnOpportunity();
        return SendStatus.Ok;
    }

    /// <summary>
    /// Queues a message that the application handed over before it could know that the peer shuts down: §9.2 delivers what is
    /// in queue when SHUTDOWN arrives. Possible until the next datagram is taken.
    /// </summary>
    /// <inheritdoc cref="Send(Instant, PooledBuffer, in SendOptions)"/>
    public SendStatus SendAccepted(Instant now, PooledBuffer payload, in SendOptions options)
    {
        ArgumentNullException.ThrowIfNull(payload);
        if (State != AssociationState.ShutdownReceived)
        {
            return Send(now, payload, options);
        }

        Begin(now);
        SendStatus status = _queue.Enqueue(payload, options);
        if (status == SendStatus.Ok)
        {
            _context.Counters.MessagesSent++;
            _transfer!.Sender.OnOpportunity();
        }

        return status;
    }

    /// <summary>What <see cref="Send(Instant, PooledBuffer, in SendOptions)"/> would answer now.</summary>
    public SendStatus CanSend(int length, in SendOptions options) => State switch
    {
        AssociationState.Closed => SendStatus.Closed,
        _ when _shutdownRequested => SendStatus.ShuttingDown,
        AssociationState.Listening or AssociationState.CookieWait or AssociationState.CookieEchoed or AssociationState.Established =>
            _queue.Check(length, options),
        _ => SendStatus.ShuttingDown,
    };

    /// <summary>
    /// Takes the next message from the peer. Messages stay available after the association has closed. Those that came after
    /// a restart are not taken before its event (<see cref="AssociationEvent.Restarted"/>) was.
    /// </summary>
    public bool TryReceive([NotNullWhen(true)] out ReceivedMessage? message)
    {
        if (_beforeRestart.TryTake(out message))
        {
            return true;
        }

        return !_isRestartUnreported && _transfer is not null && _transfer.Receiver.Messages.TryTake(out message);
    }

    /// <summary>Takes the next event.</summary>
    public bool TryGetEvent([NotNullWhen(true)] out AssociationEvent? associationEvent)
    {
        bool isThere = _context.Events.TryDequeue(out associationEvent);
        if (associationEvent is AssociationEvent.Restarted)
        {
            _isRestartUnreported = false;
            _context.Activity.Signal();                      // there may be messages to take now
        }

        return isThere;
    }

    /// <summary>Begins a graceful shutdown (§9.2): what was accepted is delivered, nothing new is accepted.</summary>
    public void Shutdown(Instant now)
    {
        Begin(now);
        _shutdownRequested = true;
        if (State == AssociationState.Established)
        {
            State = AssociationState.ShutdownPending;
        }
        else if (State == AssociationState.Listening)
        {
            Close(new AssociationEvent.Closed(CloseReason.Shutdown));
        }
    }

    /// <summary>Ends the association at once (§9.1). What was not delivered is lost.</summary>
    /// <param name="now">The current instant.</param>
    /// <param name="reason">Upper Layer Abort Reason, passed to the peer's application; cut at 512 bytes.</param>
    public void Abort(Instant now, ReadOnlySpan<byte> reason = default)
    {
        if (State == AssociationState.Closed)
        {
            return;
        }

        Begin(now);
        AbortWith(CloseReason.Aborted, CauseCode.UserInitiatedAbort, reason[..Math.Min(reason.Length, ErrorReporter.LongestCause)]);
    }

    /// <summary>A snapshot of its counters and of the primary path.</summary>
    public AssociationStatistics GetStatistics() => _context.Counters.Snapshot(_paths.Primary, _transfer, _context.Options);

    /// <summary>How each of the peer's addresses stands; in an order that only a restart changes.</summary>
    public IReadOnlyList<PathStatistics> GetPaths()
    {
        var statistics = new PathStatistics[_paths.Count];
        for (int i = 0; i < statistics.Length; i++)
        {
            statistics[i] = _paths[i].Snapshot(_paths.Primary, _transfer?.Sender.InFlightOn(i) ?? 0);
        }

        return statistics;
    }

    /// <summary>The side that sends INIT (§5.1 A).</summary>
    internal static Association Open(
        Instant now,
        EndpointOptions endpoint,
        AssociationContext context,
        ushort remotePort,
        ReadOnlySpan<NetworkPath> paths,
        in InitFields fields)
    {
        var association = new Association(endpoint, context, remotePort, paths, fields)
        {
            LocalTag = fields.InitiateTag,
            State = AssociationState.CookieWait,
        };
        association.Begin(now);
        association._handshake!.Start();
        return association;
    }

    /// <summary>The side that waits for one peer.</summary>
    internal static Association Listen(
        EndpointOptions endpoint, AssociationContext context, ushort remotePort, in NetworkPath path) =>
        new(endpoint, context, remotePort, [path], null) { State = AssociationState.Listening };

    /// <summary>The side that receives a valid COOKIE ECHO (§5.1 D).</summary>
    internal static Association Accept(
        Instant now, EndpointOptions endpoint, AssociationContext context, in NetworkAddress local, in CookieClaims claims)
    {
        var path = new NetworkPath(local, claims.Addresses.Source);
        Association association = Listen(endpoint, context, claims.RemotePort, path);
        association.OnCookieEcho(now, path, claims, CollisionAction.AdoptPeerTag);
        return association;
    }

    /// <summary>Takes in a packet that belongs here by address and tag (§8.5).</summary>
    /// <param name="now">The current instant.</param>
    /// <param name="from">Where it came from.</param>
    /// <param name="packet">The packet.</param>
    /// <param name="hasAbort">Whether there is an ABORT in it: then it is not answered, whatever else there is (§9.1).</param>
    internal void HandlePacket(Instant now, in NetworkPath from, in PacketView packet, bool hasAbort)
    {
        Path? path = _paths.Find(from.Remote);
        if (path is null && State == AssociationState.CookieWait)
        {
            HandleInitAckFromElsewhere(now, from, packet);
            return;
        }

        if (path is null || State == AssociationState.Closed)
        {
            return;
        }

        Begin(now);
        if (path.Address.Remote.Port != from.Remote.Port)
        {
            _paths.LearnPort(path, from.Remote.Port);        // RFC 6951 §5.4
        }

        _context.Counters.PacketsReceived++;
        _packetHadData = false;
        ChunkReader chunks = packet.Chunks;
        while (State != AssociationState.Closed && chunks.TryRead(out ChunkView chunk) && OnChunk(chunk, path))
        {
        }

        if (chunks.IsMalformed)
        {
            _context.Drops.Count(DropReason.MalformedChunk);
        }

        OnPacketEnd();
        if (hasAbort)
        {
            _context.Control.Clear();
        }
    }

    /// <summary>An INIT ACK from an address that we did not name, which lists one that we did (§5.1.2 D).</summary>
    private void HandleInitAckFromElsewhere(Instant now, in NetworkPath from, in PacketView packet)
    {
        ChunkReader chunks = packet.Chunks;
        if (chunks.TryRead(out ChunkView chunk) && chunk.Type == ChunkType.InitAck && InitChunk.TryRead(chunk, out InitChunk initAck))
        {
            Begin(now);
            _context.Counters.PacketsReceived++;
            OnInitAck(initAck, from);
        }
    }

    internal void HandleTimeout(Instant now)
    {
        Begin(now);
        while (State != AssociationState.Closed && _context.Timers.TryTakeExpired(_context.Now, out TimerId timer))
        {
            OnTimer(timer);
        }
    }

    internal bool TryGetDatagram(Instant now, Span<byte> destination, out OutgoingDatagram datagram)
    {
        _context.SetNow(now);
        AdvanceShutdown();
        switch (State)
        {
            case AssociationState.Closed:
                return _assembler.TryAssembleFinal(PeerTag, destination, out datagram);
            case AssociationState.Listening:
                datagram = default;
                return false;
            case AssociationState.CookieWait:
                return _assembler.TryAssembleInit(_handshake!, destination, out datagram);
            case AssociationState.CookieEchoed:
                return _assembler.TryAssembleCookieEcho(_handshake!, _transfer!, destination, out datagram);
        }

        if (_assembler.TryAssemble(_transfer!, MayCarryData, _shutdownRequested, destination, out datagram))
        {
            return true;
        }

        if (MayCarryData)
        {
            _transfer!.Sender.OnDrained();
        }

        return false;
    }

    /// <summary>An INIT has come for this association: the cookie that answers it carries tie-tags (§5.2.2).</summary>
    internal void PopulateTieTags()
    {
        while (LocalTieTag == 0 || PeerTieTag == 0)
        {
            LocalTieTag = _context.Random.NextUInt32();
            PeerTieTag = _context.Random.NextUInt32();
        }
    }

    /// <summary>SHUTDOWN COMPLETE was lost, and the peer begins anew: SHUTDOWN ACK again (§9.2).</summary>
    internal void ResendShutdownAck(Instant now)
    {
        Begin(now);
        _context.Control.Enqueue(ChunkType.ShutdownAck);
    }

    /// <summary>Takes in an authentic COOKIE ECHO for an association that exists (§5.2.4), or waits for it.</summary>
    /// <returns>Whether the rest of its packet is to be taken in as well.</returns>
    internal bool OnCookieEcho(Instant now, in NetworkPath path, in CookieClaims claims, CollisionAction action)
    {
        Begin(now);
        switch (action)
        {
            case CollisionAction.Restart when State == AssociationState.ShutdownAckSent:
                _context.Control.Enqueue(ChunkType.ShutdownAck);
                _errors.Report(CauseCode.CookieReceivedWhileShuttingDown, default);
                return false;
            case CollisionAction.Restart:
                Restart(path, claims);
                return true;
            case CollisionAction.AdoptPeerTag or CollisionAction.Duplicate
                when State is AssociationState.CookieWait or AssociationState.CookieEchoed && TakesStreamsBack(InitRules.Negotiate(claims.Local, claims.Peer)):
                AbortWith(CloseReason.ProtocolViolation, CauseCode.ProtocolViolation, "streams were taken back"u8);
                return false;
            case CollisionAction.AdoptPeerTag:
            case CollisionAction.Duplicate:

                // §6.4: it answers where the COOKIE ECHO came from, if §5.4 allows; the first address may be why it came again.
                Path? source = _paths.Find(path.Remote);
                _context.Control.EnqueueFirst(
                    ChunkType.CookieAck, path: source is { State: PathState.Active } ? source.Index : ControlQueue.AnyPath);
                if (State is AssociationState.Listening or AssociationState.CookieWait or AssociationState.CookieEchoed)
                {
                    _handshake?.Stop();
                    Adopt(path, claims);
                    _transfer!.Sender.OnSetupRetransmission();
                    Establish(UpEvent);
                }
                else if (PeerTag != claims.Peer.InitiateTag)
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

    private void Begin(Instant now)
    {
        _context.SetNow(now);
        _context.Activity.Signal();
        _context.Control.BeginAnswers(_paths.MaximumChunk);
    }

    // ---- Chunks. Each returns whether the rest of the packet is read. ----
    private bool OnChunk(in ChunkView chunk, Path path)
    {
        switch (chunk.Type)
        {
            case ChunkType.Data:
                return DataChunk.TryRead(chunk, out DataChunk data) ? OnData(data, path) : Malformed();
            case ChunkType.Sack:
                return SackChunk.TryRead(chunk, out SackChunk sack) ? OnSack(sack) : Malformed();
            case ChunkType.Heartbeat:
                return HeartbeatChunk.TryRead(chunk, out HeartbeatChunk heartbeat) ? OnHeartbeat(heartbeat, path) : Malformed();
            case ChunkType.HeartbeatAck:
                return HeartbeatAckChunk.TryRead(chunk, out HeartbeatAckChunk answer) ? OnHeartbeatAck(answer) : Malformed();
            case ChunkType.InitAck:
                return InitChunk.TryRead(chunk, out InitChunk initAck) ? OnInitAck(initAck, path.Address) : Malformed();
            case ChunkType.CookieAck:
                return OnCookieAck();
            case ChunkType.Shutdown:
                return ShutdownChunk.TryRead(chunk, out ShutdownChunk shutdown) ? OnShutdown(shutdown) : Malformed();
            case ChunkType.ShutdownAck:
                return OnShutdownAck();
            case ChunkType.ShutdownComplete:
                return OnShutdownComplete();
            case ChunkType.Abort:
                return AbortChunk.TryRead(chunk, out AbortChunk abort) ? OnAbort(abort) : Malformed();
            case ChunkType.Error:
                return ErrorChunk.TryRead(chunk, out ErrorChunk error) ? OnError(error) : Malformed();
            case ChunkType.Init:
            case ChunkType.CookieEcho:
            case ChunkType.Ecne:
            case ChunkType.Cwr:
                return true;                                 // the endpoint's business, or reserved: nothing to do here
            default:
                return OnUnrecognized(chunk);
        }
    }

    private bool OnData(in DataChunk data, Path path)
    {
        if (State is not (AssociationState.Established or AssociationState.ShutdownPending or AssociationState.ShutdownSent))
        {
            return Unexpected();
        }

        _packetHadData = true;
        _transfer!.LastDataPath = path;
        switch (_transfer.Receiver.OnData(data))
        {
            case DataVerdict.InvalidStream:
                _errors.ReportInvalidStream(data.Stream);
                return true;
            case DataVerdict.NoUserData:
                Span<byte> tsn = stackalloc byte[4];
                new WireWriter(tsn).WriteUInt32(data.Tsn.Value);
                AbortWith(CloseReason.ProtocolViolation, CauseCode.NoUserData, tsn);
                return false;
            case DataVerdict.Violation:
                AbortWith(CloseReason.ProtocolViolation, CauseCode.ProtocolViolation, "fragments contradict each other"u8);
                return false;
            default:
                return true;
        }
    }

    private bool OnSack(in SackChunk sack)
    {
        if (!MayCarryData)
        {
            return Unexpected();
        }

        return OnAcknowledged(_transfer!.Sender.OnSack(sack));
    }

    private bool OnAcknowledged(in AckOutcome outcome)
    {
        switch (outcome.Verdict)
        {
            case AckVerdict.Outdated:
                _context.Drops.Count(DropReason.OutdatedSack);
                return true;
            case AckVerdict.AcknowledgesUnsent:
                AbortWith(CloseReason.ProtocolViolation, CauseCode.ProtocolViolation, "a TSN was acknowledged that was never sent"u8);
                return false;
        }

        _context.Counters.SacksReceived++;
        for (int i = 0; outcome.HasNewAck && i < _paths.Count; i++)
        {
            if (_transfer!.Sender.WasAcknowledgedOn(i))
            {
                _monitor.OnAnswered(_paths[i]);              // §8.1, §8.2
            }
        }

        return true;
    }

    private bool OnHeartbeat(in HeartbeatChunk heartbeat, Path path)
    {
        // §8.3: until SHUTDOWN or SHUTDOWN ACK was sent.
        if (!MayCarryData && State != AssociationState.CookieEchoed)
        {
            return Unexpected();
        }

        if (!_context.Control.EnqueueAnswer(ChunkType.HeartbeatAck, heartbeat.Parameters, path.Index))
        {
            _context.Drops.Count(DropReason.ReplyQueueFull);
        }

        return true;
    }

    private bool OnHeartbeatAck(in HeartbeatAckChunk answer)
    {
        if (!_monitor.OnHeartbeatAck(answer))
        {
            _context.Drops.Count(DropReason.BadHeartbeatAck);
        }

        return true;
    }

    private bool OnInitAck(in InitChunk initAck, in NetworkPath from)
    {
        if (State != AssociationState.CookieWait)
        {
            return Unexpected();                             // §5.2.3
        }

        Span<byte> room = stackalloc byte[256];
        var unrecognized = new ParameterReport(room);
        InitAckVerdict verdict = _handshake!.OnInitAck(initAck, ref unrecognized);
        if (verdict != InitAckVerdict.Accepted)
        {
            return RefuseInitAck(verdict, initAck.InitiateTag, from);
        }

        Negotiated negotiated = InitRules.Negotiate(_handshake.Fields, initAck.Fields);
        if (TakesStreamsBack(negotiated))
        {
            _context.Replies.AddAbort(new ReplyAddress(from, LocalPort, RemotePort), initAck.InitiateTag, CauseCode.ProtocolViolation, "streams were taken back"u8);
            Close(new AssociationEvent.Closed(CloseReason.ProtocolViolation, (ushort)CauseCode.ProtocolViolation));
            return false;
        }

        PeerAddresses addresses = PeerAddresses.Collect(from.Remote, initAck.Parameters, _endpoint.Families);
        if (_transfer is null)
        {
            _paths.Keep(addresses);                          // else a cookie was too old, and data is outstanding on these paths
        }

        _paths.Adopt(from.Local, addresses);
        SetTransfer(negotiated);
        State = AssociationState.CookieEchoed;
        if (!unrecognized.Written.IsEmpty)
        {
            _errors.Report(CauseCode.UnrecognizedParameters, unrecognized.Written);     // §3.2.2: along with COOKIE ECHO
        }

        return true;
    }

    private bool RefuseInitAck(InitAckVerdict verdict, VerificationTag peerTag, in NetworkPath from)
    {
        _context.Drops.Count(DropReason.MalformedChunk);
        if (verdict == InitAckVerdict.Malformed)
        {
            return false;
        }

        (CauseCode code, byte[] info) = HandshakeInitiator.Explain(verdict);
        var to = new ReplyAddress(from, LocalPort, RemotePort);
        if (verdict == InitAckVerdict.NoTag)
        {
            _context.Replies.AddReflectedAbort(to, LocalTag);
        }
        else
        {
            _context.Replies.AddAbort(to, peerTag, code, info);
        }

        // §3.3.3: a window that is too small changes no state; all else destroys the TCB.
        if (verdict != InitAckVerdict.WindowTooSmall)
        {
            Close(new AssociationEvent.Closed(CloseReason.ProtocolViolation, (ushort)code, info));
        }

        return false;
    }

    private bool OnCookieAck()
    {
        if (State != AssociationState.CookieEchoed)
        {
            return Unexpected();                             // §5.2.5
        }

        _handshake!.OnCookieAck();
        Establish(UpEvent);
        return true;
    }

    private bool OnShutdown(in ShutdownChunk shutdown)
    {
        switch (State)
        {
            case AssociationState.CookieWait or AssociationState.CookieEchoed:
                return Unexpected();
            case AssociationState.ShutdownSent:
                State = AssociationState.ShutdownAckSent;
                SendShutdownAck();
                return true;
            case AssociationState.ShutdownAckSent:
                _context.Control.Enqueue(ChunkType.ShutdownAck);     // it was lost
                return true;
            case AssociationState.Established or AssociationState.ShutdownPending:
                State = AssociationState.ShutdownReceived;
                _shutdownRequested = true;
                _context.Activity.CountPeerShutdown();
                _context.Report(new AssociationEvent.ShutdownByPeer());
                break;
        }

        return OnAcknowledged(_transfer!.Sender.OnCumulativeAck(shutdown.CumulativeAck));
    }

    private bool OnShutdownAck()
    {
        if (State is not (AssociationState.ShutdownSent or AssociationState.ShutdownAckSent))
        {
            return Unexpected();
        }

        Close(new AssociationEvent.Closed(CloseReason.Shutdown));
        _context.Control.Enqueue(ChunkType.ShutdownComplete);
        return false;
    }

    private bool OnShutdownComplete()
    {
        if (State != AssociationState.ShutdownAckSent)
        {
            return Unexpected();
        }

        Close(new AssociationEvent.Closed(CloseReason.Shutdown));
        return false;
    }

    private bool OnAbort(in AbortChunk abort)
    {
        if (State == AssociationState.ShutdownAckSent && abort.TagReflected)
        {
            // The peer has forgotten the association: it got SHUTDOWN ACK, and its SHUTDOWN COMPLETE was overtaken by the
            // answer to some late packet of ours (§8.4 rule 8). Everything was delivered both ways.
            Close(new AssociationEvent.Closed(CloseReason.Shutdown));
            return false;
        }

        CauseReader causes = abort.Causes;
        bool hasCause = causes.TryRead(out CauseView cause);
        bool isOpening = State is AssociationState.CookieWait or AssociationState.CookieEchoed;
        Close(new AssociationEvent.Closed(
            isOpening ? CloseReason.Refused : CloseReason.AbortedByPeer,
            hasCause ? (ushort)cause.Code : (ushort)0,
            hasCause ? cause.Value.ToArray() : default));
        return false;
    }

    private bool OnError(in ErrorChunk error)
    {
        CauseReader causes = error.Causes;
        while (causes.TryRead(out CauseView cause))
        {
            if (cause.Code != CauseCode.StaleCookie)
            {
                _context.Report(new AssociationEvent.RemoteError((ushort)cause.Code, cause.Value.ToArray()));
            }
            else if (State == AssociationState.CookieEchoed)
            {
                OnStaleCookie();
            }
        }

        return true;
    }

    private bool OnUnrecognized(in ChunkView chunk)
    {
        _context.Drops.Count(DropReason.UnrecognizedChunk);
        if (chunk.WhenUnrecognized is UnrecognizedAction.StopAndReport or UnrecognizedAction.SkipAndReport)
        {
            _errors.Report(CauseCode.UnrecognizedChunkType, chunk.Bytes);
        }

        return chunk.WhenUnrecognized is UnrecognizedAction.Skip or UnrecognizedAction.SkipAndReport;
    }

    private bool Malformed()
    {
        _context.Drops.Count(DropReason.MalformedChunk);
        return true;
    }

    private bool Unexpected()
    {
        _context.Drops.Count(DropReason.UnexpectedChunk);
        return true;
    }

    private void OnPacketEnd()
    {
        if (State == AssociationState.Closed || _transfer is null)
        {
            return;
        }

        Receiver receiver = _transfer.Receiver;
        receiver.Acks.OnPacketEnd();
        if (State != AssociationState.ShutdownSent)
        {
            return;
        }

        _shutdown.OnPacketFromPeer(_paths.Primary.Rto.Current);
        if (_packetHadData)
        {
            SendShutdown();                                  // §9.2: at once, for each packet with data
        }
    }

    // ---- Timers ----
    private void OnTimer(TimerId timer)
    {
        switch (timer.Kind)
        {
            case TimerKind.T1Init or TimerKind.T1Cookie:
                OnSetupTimeout();
                break;
            case TimerKind.T2Shutdown:
                OnShutdownTimeout();
                break;
            case TimerKind.T5ShutdownGuard:
                OnShutdownGuard();
                break;
            case TimerKind.DelayedAck:
                _transfer!.Receiver.Acks.RequestNow();
                break;
            case TimerKind.T3Rtx:
                OnRetransmissionTimeout(_paths[timer.Path]);
                break;
            case TimerKind.Heartbeat when MayCarryData:      // §8.3: no more once SHUTDOWN or SHUTDOWN ACK was sent
                _monitor.OnHeartbeatTimer(_paths[timer.Path]);
                break;
            case TimerKind.HeartbeatAck:
                OnFailure(_monitor.OnHeartbeatTimeout(_paths[timer.Path]));
                break;
        }
    }

    private void OnSetupTimeout()
    {
        _transfer?.Sender.OnSetupRetransmission();
        if (_handshake!.OnTimeout())
        {
            _paths.RotatePrimary();
        }
        else
        {
            Close(new AssociationEvent.Closed(CloseReason.SetupTimedOut, Attempts: _handshake.Attempts));
        }
    }

    private void OnStaleCookie()
    {
        _transfer!.Sender.OnSetupRetransmission();
        State = AssociationState.CookieWait;
        if (!_handshake!.OnStaleCookie())                    // §5.2.6, alternative 3
        {
            Close(new AssociationEvent.Closed(CloseReason.SetupTimedOut, (ushort)CauseCode.StaleCookie, Attempts: _handshake.Attempts));
        }
    }

    private void OnShutdownTimeout()
    {
        if (!_shutdown.OnTimeout())
        {
            CloseReason reason = EndOfUnansweredShutdown(CloseReason.PeerUnreachable);
            Close(new AssociationEvent.Closed(reason, Attempts: reason == CloseReason.Shutdown ? 0 : _shutdown.Attempts));
            return;
        }

        _paths.Primary.Rto.BackOff();
        if (State == AssociationState.ShutdownSent)
        {
            SendShutdown();
        }
        else
        {
            SendShutdownAck();
        }
    }

    private void OnShutdownGuard()
    {
        CloseReason reason = EndOfUnansweredShutdown(CloseReason.ShutdownTimedOut);
        if (reason == CloseReason.Shutdown)
        {
            Close(new AssociationEvent.Closed(reason));
        }
        else
        {
            AbortWith(reason, CauseCode.ProtocolViolation, "the shutdown took too long"u8);
        }
    }

    /// <summary>
    /// SHUTDOWN ACK is sent when everything was delivered both ways. That SHUTDOWN COMPLETE does not come changes nothing:
    /// it was lost, and its sender is gone.
    /// </summary>
    private CloseReason EndOfUnansweredShutdown(CloseReason otherwise) =>
        State == AssociationState.ShutdownAckSent ? CloseReason.Shutdown : otherwise;

    private void OnRetransmissionTimeout(Path path)
    {
        if (State == AssociationState.CookieEchoed)
        {
            // The data went along with COOKIE ECHO, and will again: T1-cookie decides.
            _context.Timers.Start(new TimerId(TimerKind.T3Rtx, path.Index), _context.Now + path.Rto.Current);
        }
        else if (_transfer!.Sender.OnRetransmissionTimeout(path))
        {
            OnFailure(_monitor.OnUnanswered(path, countsForPeer: true));
        }
    }

    private void OnFailure(bool isReachable)
    {
        if (!isReachable)
        {
            Close(new AssociationEvent.Closed(CloseReason.PeerUnreachable, Attempts: _monitor.Failures));
        }
    }

    // ---- What follows from them ----
    private void Establish(AssociationEvent? associationEvent)
    {
        State = _shutdownRequested ? AssociationState.ShutdownPending : AssociationState.Established;
        if (associationEvent is not null)
        {
            _context.Report(associationEvent);
        }

        _transfer!.Sender.OnOpportunity();
        _monitor.Start();
    }

    private void Adopt(in NetworkPath path, in CookieClaims claims)
    {
        LocalTag = claims.Local.InitiateTag;
        _paths.Adopt(path.Local, claims.Addresses);
        SetTransfer(InitRules.Negotiate(claims.Local, claims.Peer));
    }

    // §6.5: data that went along with an earlier COOKIE ECHO must still have a valid stream when it is sent again.
    private bool TakesStreamsBack(in Negotiated negotiated) =>
        _transfer is { Sender.HasOutstanding: true } && negotiated.OutgoingStreams < _transfer.Negotiated.OutgoingStreams;

    private void SetTransfer(in Negotiated negotiated)
    {
        // Data that went along with COOKIE ECHO stays outstanding when the handshake takes another turn (§5.2.4 B, §5.2.6).
        Sender? kept = _transfer?.Sender;
        kept?.OnNewPeerWindow(negotiated.PeerWindow);
        _queue.LimitStreams(negotiated.OutgoingStreams);
        _transfer = new Transfer(
            negotiated,
            kept ?? new Sender(_context, _paths, _queue, _messagePool, negotiated),
            new Receiver(_context, negotiated, _paths.Primary.MaximumChunk));
    }

    private void Restart(in NetworkPath path, in CookieClaims claims)
    {
        // §5.2.4 action A: as after an ABORT and a new COOKIE ECHO, congestion control included.
        ReassemblyQueue earlier = _transfer!.Receiver.Messages;
        earlier.DiscardIncomplete();
        if (_isRestartUnreported)
        {
            earlier.DiscardReady();                          // it came and went before anybody heard of it
        }
        else
        {
            earlier.TakeReady(ref _beforeRestart);           // what was complete stays to be read
        }

        _handshake?.Stop();
        _context.Timers.StopAll();
        _context.Control.Clear();
        _transfer.Sender.Clear();
        _transfer = null;
        _queue.Reset();
        _paths.Restart(path.Local, claims.Addresses);
        _shutdownRequested = false;
        _shutdown.Restart();
        LocalTieTag = 0;
        PeerTieTag = 0;
        Adopt(path, claims);
        _context.Control.EnqueueFirst(ChunkType.CookieAck);
        if (_isRestartUnreported)
        {
            Establish(null);
        }
        else
        {
            _isRestartUnreported = true;
            Establish(new AssociationEvent.Restarted(OutgoingStreams, IncomingStreams));
        }
    }

    /// <summary>
    /// Goes on with a shutdown when nothing is outstanding any more (§9.2). Looked at when datagrams are taken, not when
    /// something arrives: what the application sends in between still counts.
    /// </summary>
    private void AdvanceShutdown()
    {
        if (_transfer is null || !_transfer.Sender.IsDrained)
        {
            return;
        }

        if (State == AssociationState.ShutdownPending)
        {
            State = AssociationState.ShutdownSent;
            SendShutdown();
        }
        else if (State == AssociationState.ShutdownReceived)
        {
            State = AssociationState.ShutdownAckSent;
            SendShutdownAck();
        }
    }

    private void SendShutdown() => _shutdown.SendShutdown(_transfer!.Receiver, _paths.Primary.Rto.Current);

    private void SendShutdownAck() => _shutdown.SendShutdownAck(_paths.Primary.Rto.Current);

    private void AbortWith(CloseReason reason, CauseCode code, ReadOnlySpan<byte> info)
    {
        Close(new AssociationEvent.Closed(reason, (ushort)code, info.ToArray()));
        if (PeerTag != VerificationTag.None)                 // else the peer knows nothing of us yet
        {
            _errors.Abort(code, info);
        }
    }

    private void Close(AssociationEvent.Closed closed)
    {
        State = AssociationState.Closed;
        _context.Timers.StopAll();
        _context.Control.Clear();
        _handshake?.Stop();
        _transfer?.Sender.Clear();
        _queue.Clear();
        _transfer?.Receiver.Messages.DiscardIncomplete();
        _context.Report(closed);
    }
}
