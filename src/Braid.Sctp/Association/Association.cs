using System;
using System.Collections.Generic;
using System.Diagnostics.CodeAnalysis;
using Braid.Core;
using Braid.Sctp.Wire;

namespace Braid.Sctp;

/// <summary>
/// One SCTP association (RFC 9260), without clock, socket or thread. Made by <see cref="Endpoint"/>, which also feeds it
/// packets and time-outs and collects its datagrams. After any of the commands here the owner drains the endpoint.
/// This class is the way in and out; the procedures for setting up, transfer and termination decide, and the mechanisms are
/// components that own their state and return what changed.
/// </summary>
public sealed partial class Association
{
    private readonly Tcb _tcb;
    private readonly PacketAssembler _assembler;
    private readonly SetupProcedures _setup;
    private readonly TransferProcedures _transfer;

    private Association(
        EndpointOptions endpoint, AssociationContext context, PortPair ports, ReadOnlySpan<NetworkPath> paths, InitFields? opening)
    {
        context.Activity.Association = this;
        _tcb = new Tcb(endpoint, context, ports, paths, opening);
        _assembler = new PacketAssembler(context, _tcb.Paths, endpoint, ports);
        _setup = new SetupProcedures(_tcb);
        _transfer = new TransferProcedures(_tcb);
    }

    /// <summary>Where the association stands (§4).</summary>
    public AssociationState State => _tcb.State;

    /// <summary>Our SCTP port.</summary>
    public ushort LocalPort => _tcb.Ports.Local;

    /// <summary>The peer's SCTP port.</summary>
    public ushort RemotePort => _tcb.Ports.Remote;

    /// <summary>The path that new data takes.</summary>
    public NetworkPath PrimaryPath => _tcb.Paths.Primary.Address;

    /// <summary>Streams that we may send on; what we asked for until the handshake is done.</summary>
    public int OutgoingStreams => _tcb.OutgoingStreams;

    /// <summary>Streams that the peer may send on; what we allow until the handshake is done.</summary>
    public int IncomingStreams => _tcb.IncomingStreams;

    /// <summary>Bytes of messages accepted and not yet cumulatively acknowledged.</summary>
    public long BufferedBytes => _tcb.Queue.BufferedBytes;

    /// <summary>The same, as it counts against <see cref="AssociationOptions.SendBufferSize"/>.</summary>
    public long BufferedCharge => _tcb.Queue.BufferedCharge;

    /// <summary>
    /// Size of the send buffer now, in bytes: <see cref="BufferedCharge"/> below it leaves room for another message. May have grown after
    /// each datagram that was taken in (<see cref="AssociationOptions.SendBufferSize"/>).
    /// </summary>
    public long SendBufferSize => _tcb.Context.Sizes.Send;

    /// <summary>Size of the receive buffer now, in bytes.</summary>
    public long ReceiveBufferSize => _tcb.Context.Sizes.Receive;

    /// <summary>
    /// The part of <see cref="BufferedCharge"/> that waits until resets of streams are done (RFC 6525 §5.1.2). Who limits what is sent
    /// by himself must not count it against the next part of a record: the reset may wait for the end of that.
    /// </summary>
    public long HeldCharge => _tcb.Queue.HeldCharge;

    /// <summary>The adaptation code point that the peer's INIT or INIT ACK carried (RFC 5061 §4.2.6); null for none.</summary>
    public uint? PeerAdaptation => _tcb.PeerAdaptation;

    /// <summary>What both sides know and offered; <see cref="Sctp.Extensions.None"/> until the handshake is done.</summary>
    public Extensions Extensions => _tcb.Transfer?.Negotiated.Extensions ?? Extensions.None;

    /// <summary>Options as they are now (<see cref="Reconfigure"/>).</summary>
    public AssociationOptions Options => _tcb.Context.Options;

    /// <summary>For the owner's use, such as the object that stands for this association in a runtime.</summary>
    public object? Tag { get; set; }

    /// <summary>Under what the endpoint's table finds it; the table's own. Null when it is not in there.</summary>
    internal AssociationTable.Entry? Entry { get; set; }

    internal PortPair Ports => _tcb.Ports;

    internal VerificationTag LocalTag => _tcb.LocalTag;

    internal VerificationTag PeerTag => _tcb.PeerTag;

    /// <summary>What our own INIT said, for an INIT ACK when both sides open at the same time (§5.2.1); null once the association is up.</summary>
    internal InitFields? OpeningFields => _tcb.Handshake?.Fields;

    /// <summary>Set by an INIT for an association that exists (§5.2.2).</summary>
    internal uint LocalTieTag => _tcb.LocalTieTag;

    /// <inheritdoc cref="LocalTieTag"/>
    internal uint PeerTieTag => _tcb.PeerTieTag;

    internal bool IsBeingSetUp => State is AssociationState.CookieWait or AssociationState.CookieEchoed;

    /// <summary>The peer's addresses.</summary>
    internal PathSet Paths => _tcb.Paths;

    /// <summary>Its place in the endpoint's <see cref="DeadlineHeap"/>.</summary>
    internal int HeapIndex { get; set; } = DeadlineHeap.NotQueued;

    /// <summary>Whether the endpoint's owner has yet to take notice of it.</summary>
    internal bool IsListedAsActive { get; set; }

    /// <summary>Whether our INIT or INIT ACK said that a packet may come without a checksum (RFC 9653 §5.3).</summary>
    internal bool AcceptsZeroChecksum => (ExtensionRules.Offered(_tcb.Endpoint, Options) & Extensions.ZeroChecksum) != 0;

    internal Instant NextTimeout => _tcb.Context.Timers.Next;

    /// <summary>Whether nothing is left to do but to read its last messages and events.</summary>
    internal bool IsFinished => State == AssociationState.Closed && _tcb.Context.Control.IsEmpty;

    // These own nothing.
    private SendProcedures Sends => new(_tcb);

    private TerminationProcedures Termination => new(_tcb, _transfer);

    private OptionProcedures Settings => new(_tcb);

    private ReconfigurationProcedures Reconfiguration => new(_tcb);

    private AddressProcedures Addresses => new(_tcb);

    /// <summary>Queues a copy of a message.</summary>
    /// <param name="now">The current instant.</param>
    /// <param name="payload">User data, 1 byte to <see cref="AssociationOptions.MaximumMessageSize"/>.</param>
    /// <param name="options">Stream, PPID and order.</param>
    public SendStatus Send(Instant now, ReadOnlySpan<byte> payload, in SendOptions options)
    {
        SendStatus status = Sends.CheckOrMakeRoom(now, payload.Length, options);
        return status == SendStatus.Ok ? Sends.Accept(now, _tcb.Context.Buffers.RentCopy(payload), options) : _tcb.Queue.Refuse(status, options);
    }

    /// <summary>Queues a message without copying it.</summary>
    /// <param name="now">The current instant.</param>
    /// <param name="payload">User data. Ownership passes to the association only if the result is <see cref="SendStatus.Ok"/>.</param>
    /// <param name="options">Stream, PPID and order.</param>
    public SendStatus Send(Instant now, PooledBuffer payload, in SendOptions options)
    {
        ArgumentNullException.ThrowIfNull(payload);
        SendStatus status = Sends.CheckOrMakeRoom(now, payload.Length, options);
        return status == SendStatus.Ok ? Sends.Accept(now, payload, options) : _tcb.Queue.Refuse(status, options);
    }

    /// <summary>
    /// Queues a message that the application handed over before it could know that the peer shuts down: §9.2 delivers what is
    /// in queue when SHUTDOWN arrives. Possible until the next datagram is taken. Lengths and the send buffer are not looked at:
    /// the owner has done so, and the options may have changed since.
    /// </summary>
    /// <inheritdoc cref="Send(Instant, PooledBuffer, in SendOptions)"/>
    public SendStatus SendAccepted(Instant now, PooledBuffer payload, in SendOptions options)
    {
        ArgumentNullException.ThrowIfNull(payload);
        return Sends.AcceptLate(now, payload, options);
    }

    /// <summary>
    /// What <see cref="Send(Instant, PooledBuffer, in SendOptions)"/> would answer now; it also gives up messages whose lifetime
    /// is over, and may find room where there was none.
    /// </summary>
    public SendStatus CanSend(int length, in SendOptions options) => Sends.CanSend(length, options);

    /// <summary>
    /// Gives up messages for one that is to be sent and has no room in the send buffer: those whose lifetime is over, and those
    /// with a lower priority (RFC 7496 §3.2). Sending does so by itself; this is for an owner with a queue of its own.
    /// </summary>
    /// <param name="now">The current instant.</param>
    /// <param name="options">Of the message that is to be sent.</param>
    /// <returns>Whether any was given up.</returns>
    public bool MakeRoom(Instant now, in SendOptions options) => Sends.MakeRoom(now, options);

    /// <summary>Messages that were given up so far (RFC 7496 §4.3, §4.4).</summary>
    /// <param name="policy">By which policy; null for all of them.</param>
    /// <param name="stream">On which outgoing stream; null for all of them.</param>
    /// <exception cref="ArgumentException">A reliable message is never given up.</exception>
    public AbandonedMessages GetAbandoned(ReliabilityPolicy? policy = null, StreamId? stream = null)
    {
        if (policy is ReliabilityPolicy.Reliable or > ReliabilityPolicy.Priority)
        {
            throw new ArgumentException("No message is given up by that policy.", nameof(policy));
        }

        return _tcb.Queue.CountAbandoned(policy, stream);
    }

    /// <summary>
    /// Nothing will be sent any more that continues a record which a restart has cut off: the next message on its stream is
    /// accepted, not answered <see cref="SendStatus.RecordLost"/>. For an owner whose application begins anew after
    /// <see cref="AssociationEvent.Restarted"/>.
    /// </summary>
    public void ForgetLostRecords() => _tcb.Queue.ForgetLostRecords();

    /// <summary>The most user data that one DATA chunk is given now, in bytes (RFC 6458 §8.1.11, §8.1.16). For any thread.</summary>
    public int FragmentationPoint => _tcb.Paths.MaximumPayload;

    /// <summary>Bytes accepted on a stream and not yet sent for the first time.</summary>
    public long BufferedBytesOn(StreamId stream) => _tcb.Queue.WaitingBytesOn(stream);

    /// <summary>Has <see cref="AssociationEvent.BufferedAmountLow"/> reported whenever <see cref="BufferedBytesOn"/> falls from above a threshold to it.</summary>
    /// <param name="stream">The stream. A restart does not change its threshold.</param>
    /// <param name="bytes">The threshold, 0 or more; null, the default, for none.</param>
    /// <returns>False when the stream is not among <see cref="OutgoingStreams"/>.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The threshold is negative.</exception>
    public bool SetBufferedAmountLowThreshold(StreamId stream, long? bytes)
    {
        AssociationOptions.InRange(bytes ?? 0, 0, long.MaxValue, nameof(bytes));
        return _tcb.Queue.SetLowThreshold(stream, bytes);
    }

    /// <summary>
    /// Sets the priority or the weight of a stream (RFC 8260 §4.3.3); a scheduler that needs neither does not look at it. What
    /// it means, <see cref="StreamScheduler"/> says. Changes of the scheduler and restarts leave it as it is.
    /// </summary>
    /// <param name="stream">The stream.</param>
    /// <param name="value">The value; 0 at first.</param>
    /// <returns>False when the stream is not among <see cref="OutgoingStreams"/>.</returns>
    public bool SetStreamSchedulerValue(StreamId stream, ushort value) => _tcb.Queue.SetSchedulerValue(stream, value);

    /// <summary>What <see cref="SetStreamSchedulerValue"/> has set; 0 at first.</summary>
    public ushort GetStreamSchedulerValue(StreamId stream) => _tcb.Queue.SchedulerValueOf(stream);

    /// <summary>
    /// Takes the next message from the peer. Messages stay available after the association has closed. Those that came after
    /// a restart are not taken before its event (<see cref="AssociationEvent.Restarted"/>) was.
    /// </summary>
    public bool TryReceive([NotNullWhen(true)] out ReceivedMessage? message)
    {
        if (_setup.TryTakeEarlier(out message))
        {
            return true;
        }

        return !_tcb.IsRestartUnreported && _tcb.Transfer is not null && _tcb.Transfer.Receiver.TryTake(out message);
    }

    /// <summary>Takes the next event.</summary>
    public bool TryGetEvent([NotNullWhen(true)] out AssociationEvent? associationEvent)
    {
        bool isThere = _tcb.Context.TryTakeEvent(out associationEvent);
        if (associationEvent is AssociationEvent.Restarted)
        {
            _tcb.IsRestartUnreported = false;
            _tcb.Context.Activity.Signal();                      // there may be messages to take now
        }
        else if (associationEvent is not null && _tcb.Transfer?.Receiver.Messages.OnTaken(associationEvent) == true)
        {
            _tcb.Context.Activity.Signal();
        }

        return isThere;
    }

    /// <summary>Begins a graceful shutdown (§9.2): what was accepted is delivered, nothing new is accepted.</summary>
    public void Shutdown(Instant now)
    {
        _tcb.Begin(now);
        Termination.Begin();
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

        _tcb.Begin(now);
        _tcb.AbortWith(CloseReason.Aborted, CauseCode.UserInitiatedAbort, reason[..Math.Min(reason.Length, ErrorReporter.LongestCause)]);
    }

    /// <summary>
    /// Replaces the options (§11.1.13, RFC 6458 §8.1). They count from now on: a timer that runs keeps its deadline, except
    /// for heartbeats, acknowledgements and <see cref="AssociationOptions.IdleTimeout"/>; a receive window that was advertised
    /// is not taken back.
    /// </summary>
    /// <param name="now">The current instant.</param>
    /// <param name="options">All options, those that stay the same included.</param>
    /// <exception cref="ArgumentOutOfRangeException">A value is outside the range that its property names.</exception>
    /// <exception cref="ArgumentException">One of <see cref="AssociationOptions.FixedProperties"/> is not what it was.</exception>
    public void Reconfigure(Instant now, AssociationOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        if (Options.FirstFixedChange(options) is { } name)
        {
            throw new ArgumentException($"{name} cannot change while an association lives.", name);
        }

        _tcb.Begin(now);
        Settings.Reconfigure(options);
    }

    /// <summary>Sets what differs for one address of the peer (§11.1.9, §11.1.12, RFC 6458 §8.1.12), until a restart of the peer.</summary>
    /// <param name="now">The current instant.</param>
    /// <param name="address">The address; its UDP port does not matter.</param>
    /// <param name="options">All that differs.</param>
    /// <returns>False when the peer does not have that address.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A value is outside the range that its property names.</exception>
    public bool ConfigurePath(Instant now, in NetworkAddress address, PathOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        _tcb.Begin(now);
        return Settings.ConfigurePath(address, options);
    }

    /// <summary>
    /// Sends a HEARTBEAT now (§11.1.10), unless one is on its way there already. What comes of it shows in
    /// <see cref="GetPaths"/>, and as <see cref="AssociationEvent.PathChanged"/>.
    /// </summary>
    /// <param name="now">The current instant.</param>
    /// <param name="address">The address; null for the primary path.</param>
    /// <returns>False when the peer does not have that address, before the handshake is done, or once SHUTDOWN was sent (§8.3).</returns>
    public bool RequestHeartbeat(Instant now, NetworkAddress? address = null)
    {
        _tcb.Begin(now);
        return Settings.RequestHeartbeat(address);
    }

    /// <summary>Makes an address the one that new data takes (§11.1.6), as long as it is active (§6.4.1).</summary>
    /// <param name="now">The current instant.</param>
    /// <param name="address">The address; its UDP port does not matter.</param>
    /// <returns>
    /// False when the peer does not have that address or it was not verified yet (§5.4), before the handshake is done, or once
    /// SHUTDOWN was sent.
    /// </returns>
    public bool SetPrimaryPath(Instant now, in NetworkAddress address)
    {
        _tcb.Begin(now);
        return Settings.SetPrimaryPath(address);
    }

    /// <summary>
    /// The layer below, which has no addresses for us, sends over another path from now on (RFC 8261 §6.1, RFC 8831 §5): windows, time-outs
    /// and the search for the MTU begin anew. Nothing that was accepted is lost.
    /// </summary>
    public void HandlePathChange(Instant now)
    {
        _tcb.Begin(now);
        Settings.OnPathChanged();
    }

    /// <summary>
    /// Resets streams (RFC 6525 §5.1.2, §5.1.3): the next ordered message on them has the number 0 again. Outgoing ones when all that
    /// was accepted before is sent, a record that is open to its end; what is accepted meanwhile waits. Incoming ones when the peer,
    /// asked for it, resets them. What comes of it is told as <see cref="AssociationEvent.StreamsReset"/>, once for each direction.
    /// </summary>
    /// <param name="now">The current instant.</param>
    /// <param name="streams">Which; none for all.</param>
    /// <param name="direction">Whose.</param>
    /// <param name="context">A number of the application's own, handed back with the event.</param>
    /// <exception cref="ArgumentOutOfRangeException">The direction is none.</exception>
    public ReconfigurationStatus ResetStreams(Instant now, ReadOnlySpan<StreamId> streams, ResetDirection direction, uint context = 0)
    {
        AssociationOptions.InRange((byte)direction, (byte)ResetDirection.Outgoing, (byte)ResetDirection.Both, nameof(direction));
        _tcb.Begin(now);
        return Reconfiguration.ResetStreams(streams, direction, context);
    }

    /// <summary>
    /// Lets the TSNs and all streams begin anew, both ways (RFC 6525 §5.1.4), when all that was accepted before is acknowledged; what is
    /// accepted meanwhile waits. What comes of it is told as <see cref="AssociationEvent.AssociationReset"/>.
    /// </summary>
    /// <inheritdoc cref="ResetStreams" path="/param"/>
    public ReconfigurationStatus ResetAssociation(Instant now, uint context = 0)
    {
        _tcb.Begin(now);
        return Reconfiguration.ResetAssociation(context);
    }

    /// <summary>
    /// Adds streams with the next higher numbers (RFC 6525 §5.1.5, §5.1.6). What comes of it is told as
    /// <see cref="AssociationEvent.StreamsChanged"/>, once for each direction.
    /// </summary>
    /// <param name="now">The current instant.</param>
    /// <param name="outgoing">How many more we want to send on.</param>
    /// <param name="incoming">How many more the peer shall send on.</param>
    /// <param name="context">A number of the application's own, handed back with the event.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is not from 0 to 65535, or both are 0.</exception>
    public ReconfigurationStatus AddStreams(Instant now, int outgoing, int incoming, uint context = 0)
    {
        AssociationOptions.InRange(outgoing, incoming == 0 ? 1 : 0, ushort.MaxValue, nameof(outgoing));
        AssociationOptions.InRange(incoming, 0, ushort.MaxValue, nameof(incoming));
        _tcb.Begin(now);
        return Reconfiguration.AddStreams((ushort)outgoing, (ushort)incoming, context);
    }

    /// <summary>A snapshot of its counters and of the primary path.</summary>
    public AssociationStatistics GetStatistics() => _tcb.Context.Counters.Snapshot(_tcb);

    /// <summary>The counters alone, without how the association stands. Unlike anything else here, any thread may ask at any time.</summary>
    public AssociationStatistics GetCounters() => _tcb.Context.Counters.Counts(_tcb.Transfer);

    /// <summary>How each of the peer's addresses stands; in an order that only a restart changes.</summary>
    public IReadOnlyList<PathStatistics> GetPaths()
    {
        var statistics = new PathStatistics[_tcb.Paths.Count];
        for (int i = 0; i < statistics.Length; i++)
        {
            statistics[i] = _tcb.Paths[i].Snapshot(_tcb.Paths.Primary, _tcb.Transfer?.Sender.InFlightOn(i) ?? 0);
        }

        return statistics;
    }

    /// <summary>The side that sends INIT (§5.1 A).</summary>
    internal static Association Open(
        Instant now,
        EndpointOptions endpoint,
        AssociationContext context,
        PortPair ports,
        ReadOnlySpan<NetworkPath> paths,
        in InitFields fields)
    {
        var association = new Association(endpoint, context, ports, paths, fields);
        association._tcb.State = AssociationState.CookieWait;
        association._tcb.Begin(now);
        association._tcb.Handshake!.Start();
        return association;
    }

    /// <summary>The side that waits for one peer.</summary>
    internal static Association Listen(
        EndpointOptions endpoint, AssociationContext context, PortPair ports, in NetworkPath path)
    {
        var association = new Association(endpoint, context, ports, [path], null);
        association._tcb.State = AssociationState.Listening;
        return association;
    }

    /// <summary>The side that receives a valid COOKIE ECHO (§5.1 D).</summary>
    internal static Association Accept(
        Instant now, EndpointOptions endpoint, AssociationContext context, in NetworkPath arrived, in CookieClaims claims)
    {
        // The COOKIE ECHO may have come from another address than the INIT, to which alone the peer has shown that it is there (§5.4).
        NetworkAddress local = claims.Addresses.Source.IsSameHost(arrived.Remote) ? arrived.Local : NetworkAddress.None;
        Association association = Listen(endpoint, context, claims.Ports, new NetworkPath(local, claims.Addresses.Source));
        association.OnCookieEcho(now, arrived, claims, CollisionAction.AdoptPeerTag);
        return association;
    }

    /// <inheritdoc cref="SetupProcedures.PopulateTieTags"/>
    internal void PopulateTieTags() => _setup.PopulateTieTags();

    /// <inheritdoc cref="SetupProcedures.OnCookieEcho"/>
    internal bool OnCookieEcho(Instant now, in NetworkPath path, in CookieClaims claims, CollisionAction action)
    {
        _tcb.Begin(now);
        return _setup.OnCookieEcho(path, claims, action);
    }

    /// <summary>SHUTDOWN COMPLETE was lost, and the peer begins anew: SHUTDOWN ACK again (§9.2).</summary>
    internal void ResendShutdownAck(Instant now)
    {
        _tcb.Begin(now);
        _tcb.Context.Control.Enqueue(ChunkType.ShutdownAck);
    }
}
