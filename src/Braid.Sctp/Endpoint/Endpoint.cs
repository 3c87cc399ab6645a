using System;
using System.Collections.Generic;
using System.Diagnostics.CodeAnalysis;
using Braid.Core;
using Braid.Sctp.Wire;

namespace Braid.Sctp;

/// <summary>
/// The SCTP ports on one transport: tells packets apart, answers those that belong to nobody, and keeps nothing of a peer
/// before a valid COOKIE ECHO (RFC 9260 §5.1, §8.4, §8.5). Contract: after <see cref="HandleDatagram"/>,
/// <see cref="HandleTimeout"/>, Connect or any command of an association, drain
/// <see cref="TryGetDatagram"/> until it says false, then <see cref="TryAccept"/> and <see cref="TryTakeActive"/>, and then
/// read <see cref="NextTimeout"/>. One thread at a time.
/// </summary>
public sealed class Endpoint : IDatagramMachine
{
    private readonly StatelessReplies _replies;
    private readonly AssociationTable _associations = new();
    private readonly AssociationFactory _factory;
    private readonly ListeningProcedures _listening;
    private readonly UsedTags _usedTags;
    private readonly MemoryBudget _bufferBudget;
    private AnswerPace _pace;
    private readonly DeadlineHeap _deadlines = new();
    private readonly ActivityQueue _toDrain = new();
    private readonly Queue<Association> _accepted = new();
    private readonly Queue<Association> _active = new();

    /// <param name="options">Port and limits.</param>
    /// <param name="random">
    /// In production the operating system's generator: tags, initial TSNs and cookie keys must not be guessed.
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException">An option is outside its range.</exception>
    public Endpoint(EndpointOptions options, IRandomSource random)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(random);
        options.Validate();
        Options = options;
        _bufferBudget = options.SharedBufferBudget ?? new MemoryBudget(options.BufferBudget);
        _usedTags = new UsedTags(2 * options.CookieLifetime);            // a cookie may live that long (§5.2.6)
        _replies = new StatelessReplies(Buffers, Drops);
        _factory = new AssociationFactory(options, random.Fork(), _associations, _usedTags, Buffers, _bufferBudget, Drops, _replies, _toDrain);
        var cookies = new CookieMinter(random.Fork(), options.CookieLifetime);
        _listening = new ListeningProcedures(options, cookies, _replies, _associations, _factory, _usedTags, _accepted, Drops);
        if (options.AcceptsAssociations)
        {
            OpenPort(options.LocalPort);
        }
    }

    /// <summary>Port and limits.</summary>
    public EndpointOptions Options { get; }

    /// <summary>Where all payload memory comes from. Renting and returning is safe from any thread.</summary>
    public BufferPool Buffers { get; } = new();

    /// <summary>
    /// What the buffers of all associations have grown by, in bytes of <see cref="EndpointOptions.BufferBudget"/>; those of other endpoints
    /// that share the budget, too.
    /// </summary>
    public long BufferBudgetUsed => _bufferBudget.Used;

    /// <summary>What was not used, and why.</summary>
    public DropCounters Drops { get; } = new();

    /// <summary>Associations that exist, on all ports and in whatever state.</summary>
    public int AssociationCount => _associations.Count;

    /// <summary>
    /// The association whose peer began a shutdown with the last datagram; null when it was another datagram. An owner that
    /// queues for its application hands over what it has, by <see cref="Association.SendAccepted"/>, before it takes the next one.
    /// </summary>
    public Association? PeerShutdown => _toDrain.PeerShutdown;

    /// <summary>
    /// Whether an owner that takes in several datagrams at once drains <see cref="TryGetDatagram"/> before it takes the next one: as often as
    /// acknowledgements are wanted (§6.2), every second packet, or every fourth of a long flow that nothing disturbs.
    /// </summary>
    public bool WantsDrain => _pace.IsDue;

    /// <inheritdoc/>
    public Instant NextTimeout => _deadlines.Next;

    /// <summary>
    /// Lets peers set up associations on an SCTP port, until <see cref="ClosePort"/>: their INIT is answered with INIT ACK (§5.1).
    /// </summary>
    /// <param name="port">The port, 1 to 65535.</param>
    /// <param name="options">Options of the associations that are set up there; those of the endpoint when null.</param>
    /// <param name="isFull">
    /// Asked at each COOKIE ECHO that would set up an association, with the number of those of the port that <see cref="TryAccept"/> has not taken yet: while it says so the chunk is dropped unanswered, and the peer, whose
    /// T1-cookie sends it again (§5.1 C), has its association as soon as there is room. Null for never.
    /// </param>
    /// <exception cref="InvalidOperationException">The port is open already.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The port, or an option, is outside its range.</exception>
    public void OpenPort(ushort port, AssociationOptions? options = null, Func<int, bool>? isFull = null)
    {
        AssociationOptions.InRange(port, 1, ushort.MaxValue, nameof(port));                   // §3.1
        options ??= Options.Association;
        options.Validate();
        if (!_listening.TryOpen(port, options, isFull))
        {
            throw new InvalidOperationException($"The SCTP port {port} is open already.");
        }
    }

    /// <summary>
    /// Lets nobody set up associations on a port any more: an INIT is answered with ABORT (§5.1). Those that exist live on. Does
    /// nothing when the port is not open.
    /// </summary>
    /// <param name="port">The port.</param>
    public void ClosePort(ushort port) => _listening.Close(port);

    /// <summary>Whether a port is open, or an association uses it, in whatever state.</summary>
    /// <param name="port">The port.</param>
    public bool IsPortInUse(ushort port) => _listening.IsOpen(port) || _associations.HasLocalPort(port);

    /// <summary>Begins to set up an association: sends INIT (§5.1).</summary>
    /// <param name="now">The current instant.</param>
    /// <param name="remotePort">The peer's SCTP port, 1 to 65535.</param>
    /// <param name="path">Where to; <see cref="NetworkPath.None"/> when the transport names the peer.</param>
    /// <param name="options">Its options; those of the endpoint when null.</param>
    /// <param name="localPort">Our SCTP port, open or not; 0, the default, for <see cref="EndpointOptions.LocalPort"/>.</param>
    /// <exception cref="InvalidOperationException">There is an association between those ports with that peer already.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An option, or a port, is outside its range.</exception>
    public Association Connect(
        Instant now, ushort remotePort, in NetworkPath path, AssociationOptions? options = null, ushort localPort = 0) =>
        Connect(now, remotePort, [path], options, localPort);

    /// <summary>Begins to set up an association with a peer that has several addresses: INIT goes to them in turn.</summary>
    /// <param name="now">The current instant.</param>
    /// <param name="remotePort">The peer's SCTP port, 1 to 65535.</param>
    /// <param name="paths">Its addresses, 1 to 8; the first one is tried first.</param>
    /// <param name="options">Its options; those of the endpoint when null.</param>
    /// <param name="localPort">Our SCTP port, open or not; 0, the default, for <see cref="EndpointOptions.LocalPort"/>.</param>
    /// <exception cref="InvalidOperationException">There is an association between those ports with that peer already.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An option, a port, or the number of paths, is outside its range.</exception>
    public Association Connect(
        Instant now, ushort remotePort, ReadOnlySpan<NetworkPath> paths, AssociationOptions? options = null, ushort localPort = 0)
    {
        PortPair ports = Check(localPort, remotePort, paths, ref options);
        return _factory.Open(now, ports, paths, options);
    }

    /// <summary>
    /// Waits for one peer to set up an association (§5.1, "passive" open), also on a port that is not open: its state stays
    /// <see cref="AssociationState.Listening"/> until then. It is not taken by <see cref="TryAccept"/>.
    /// </summary>
    /// <inheritdoc cref="Connect(Instant, ushort, in NetworkPath, AssociationOptions?, ushort)"/>
    public Association Listen(ushort remotePort, in NetworkPath path, AssociationOptions? options = null, ushort localPort = 0)
    {
        PortPair ports = Check(localPort, remotePort, [path], ref options);
        return _factory.Listen(ports, path, options);
    }

    /// <summary>Takes the next association that a peer has set up, in order of arrival.</summary>
    public bool TryAccept([NotNullWhen(true)] out Association? association) => _accepted.TryDequeue(out association);

    /// <summary>
    /// Takes the next association in which something has happened since it was last taken: a message, an event, room in the
    /// send buffer, its end. Complete once <see cref="TryGetDatagram"/> has said false.
    /// </summary>
    public bool TryTakeActive([NotNullWhen(true)] out Association? association)
    {
        if (!_active.TryDequeue(out association))
        {
            return false;
        }

        association.IsListedAsActive = false;
        return true;
    }

    /// <inheritdoc/>
    public void HandleDatagram(Instant now, in NetworkPath path, ReadOnlySpan<byte> datagram, EcnCodepoint ecn = EcnCodepoint.NotCapable)
    {
        _toDrain.PeerShutdown = null;
        _toDrain.IsSteady = false;
        Handle(now, path, datagram, ecn);
        _pace.OnDatagram(_toDrain.IsSteady);
    }

    private void Handle(Instant now, in NetworkPath path, ReadOnlySpan<byte> datagram, EcnCodepoint ecn)
    {
        if (!PacketView.TryRead(datagram, out PacketView packet))
        {
            Drops.Count(DropReason.MalformedPacket);
            return;
        }

        PacketShape shape = PacketRules.Inspect(packet);
        if (!MayLackChecksum(packet, shape, path) && !packet.HasValidChecksum())
        {
            Drops.Count(DropReason.BadChecksum);
            return;
        }

        DropReason? reason = Refuses(packet, shape, path);
        if (reason is { } drop)
        {
            Drops.Count(drop);
            return;
        }

        if (shape.IsSoleInit)
        {
            _listening.OnInit(now, path, packet);
        }
        else if (shape.FirstType != ChunkType.CookieEcho)
        {
            Route(now, path, packet, shape, ecn);
        }
        else if (_listening.OnCookieEcho(now, path, packet, shape) is { } accepted)
        {
            _accepted.Enqueue(accepted);
        }
    }

    /// <summary>
    /// Takes in what the network says of a packet that was sent (§10). Never throws on its content: what cannot be shown to be about a packet of
    /// ours is counted and dropped.
    /// </summary>
    /// <param name="now">The current instant.</param>
    /// <param name="error">What it says, and of what destination.</param>
    /// <param name="quoted">The beginning of the SCTP packet, as far as it is quoted; not kept.</param>
    public void HandleNetworkError(Instant now, in NetworkError error, ReadOnlySpan<byte> quoted)
    {
        if (!QuotedPacket.TryRead(quoted, out QuotedPacket packet)
            || !_associations.TryFind(error.Remote, packet.Ports, out Association? association)
            || !association.HandleNetworkError(now, error, packet))
        {
            Drops.Count(DropReason.UnverifiedNetworkError);              // ICMP5, ICMP6
        }
    }

    /// <inheritdoc/>
    public void HandleTimeout(Instant now)
    {
        while (_deadlines.Next <= now)
        {
            Association association = _deadlines.First;
            association.HandleTimeout(now);

            // Its new deadline is known only when it is drained; until then it must not be found here again.
            _deadlines.Update(association, Instant.Never);
        }
    }

    /// <inheritdoc/>
    public bool TryGetDatagram(Instant now, Span<byte> destination, out OutgoingDatagram datagram)
    {
        if (_replies.TryTake(destination, out datagram))
        {
            return true;
        }

        while (_toDrain.First is { } association)
        {
            if (association.TryGetDatagram(now, destination, out datagram))
            {
                return true;
            }

            _toDrain.RemoveFirst();
            _deadlines.Update(association, association.NextTimeout);
            if (association.IsFinished)
            {
                _associations.Remove(association);
                association.WipeKeys();
                _usedTags.Add(now, association.LocalTag);
            }

            if (!association.IsListedAsActive)
            {
                association.IsListedAsActive = true;
                _active.Enqueue(association);
            }
        }

        _pace.OnDrained();
        return false;
    }

    private PortPair Check(ushort localPort, ushort remotePort, ReadOnlySpan<NetworkPath> paths, [NotNull] ref AssociationOptions? options)
    {
        options ??= Options.Association;
        options.Validate();
        var ports = new PortPair(localPort == 0 ? Options.LocalPort : localPort, remotePort);
        AssociationOptions.InRange(ports.Local, 1, ushort.MaxValue, nameof(localPort));       // §3.1
        AssociationOptions.InRange(remotePort, 1, ushort.MaxValue, nameof(remotePort));
        AssociationOptions.InRange(paths.Length, 1, PeerAddresses.Capacity, nameof(paths));
        foreach (ref readonly NetworkPath path in paths)
        {
            if (_associations.TryFind(path.Remote, ports, out _))
            {
                throw new InvalidOperationException(
                    $"There is an association of SCTP port {ports.Local} with {path.Remote}, SCTP port {remotePort}, already.");
            }
        }

        return ports;
    }

    /// <summary>
    /// RFC 9653 §5.3: what belongs to an association that said so, or to nobody, so that its sender learns of that at once; but
    /// for the chunks that make an association (§5.2).
    /// </summary>
    private bool MayLackChecksum(in PacketView packet, in PacketShape shape, in NetworkPath path)
    {
        PacketHeader header = packet.Header;
        if (header.Checksum != 0 || Options.ErrorDetection == AlternateErrorDetection.None || shape.IsSoleInit || shape.FirstType == ChunkType.CookieEcho)
        {
            return false;
        }

        bool isKnown = _associations.TryFind(header.Tag, header.Ports, out Association? association)
            || _associations.TryFind(path.Remote, header.Ports, out association);
        return !isKnown || association!.AcceptsZeroChecksum;
    }

    /// <summary>What may not be answered and belongs to nobody.</summary>
    private static DropReason? Refuses(in PacketView packet, in PacketShape shape, in NetworkPath path)
    {
        if (shape.IsMalformed)
        {
            return DropReason.MalformedChunk;
        }

        if (packet.Header.SourcePort == 0 || packet.Header.DestinationPort == 0)
        {
            return DropReason.WrongPort;                     // §3.1: an answer would have to use port 0
        }

        if (shape.IsForbiddenBundle)
        {
            return DropReason.ForbiddenBundle;
        }

        if (!path.Remote.IsUnicast || !path.Local.IsUnicast)
        {
            return DropReason.NotUnicast;                    // §8.4 rule 1
        }

        // §8.5.1 A: INIT has the tag 0, and nothing else has.
        return shape.IsSoleInit != (packet.Header.Tag == VerificationTag.None) ? DropReason.BadVerificationTag : null;
    }

    /// <summary>
    /// §8.5 and §8.5.1: a packet with the right tag for its ports goes to its association, everything else is out of the blue.
    /// </summary>
    private void Route(Instant now, in NetworkPath path, in PacketView packet, in PacketShape shape, EcnCodepoint ecn)
    {
        PacketHeader header = packet.Header;
        bool isTagKnown = _associations.TryFind(header.Tag, header.Ports, out Association? association) && !shape.IsTagReflected;
        if (isTagKnown && (IsFromPeer(association!, path.Remote) || ListsKnownAddress(path, packet, association!) || (association!.Paths.Find(path.Remote) is null && ComesFromNewAddress(packet, association!))))
        {
            Deliver(now, path, packet, shape, ecn, association!);
        }
        else if (!_associations.TryFind(path.Remote, header.Ports, out association) || association.State == AssociationState.Listening)
        {
            Drops.Count(DropReason.OutOfTheBlue);

            // Where the tag is right, the address is one that the peer has and we do not use yet. An ABORT with that tag would
            // be believed, and end an association that works.
            if (!isTagKnown)
            {
                _replies.AnswerOutOfTheBlue(path, header, shape);
            }
        }
        else if (shape.IsTagReflected && header.Tag == association.PeerTag)
        {
            association.HandlePacket(now, path, packet, shape.HasAbort);
        }
        else
        {
            Drops.Count(DropReason.BadVerificationTag);
            if (shape.HasShutdownAck && association.IsBeingSetUp)
            {
                _replies.AnswerOutOfTheBlue(path, header, shape);      // §8.5.1 E
            }
        }
    }

    private bool IsFromPeer(Association association, in NetworkAddress remote) =>
        association.Paths.Find(remote) is { } found && (Options.LearnsRemotePorts || found.Address.Remote == remote);

    /// <summary>§5.1.2 D: an INIT ACK belongs to whom its addresses name, wherever it comes from.</summary>
    private bool ListsKnownAddress(in NetworkPath path, in PacketView packet, Association association)
    {
        ChunkReader chunks = packet.Chunks;
        if (association.State != AssociationState.CookieWait || !chunks.TryRead(out ChunkView chunk)
            || chunk.Type != ChunkType.InitAck || !InitChunk.TryRead(chunk, out InitChunk initAck))
        {
            return false;
        }

        PeerAddresses addresses = PeerAddresses.Collect(path.Remote, initAck.Parameters, Options.UsableFamilies);
        for (int i = 0; i < addresses.Count; i++)
        {
            if (association.Paths.Find(addresses[i]) is not null)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>RFC 5061 §5.2 D2: an ASCONF belongs to whom it names, wherever it comes from. Whether it is authentic is seen later.</summary>
    private static bool ComesFromNewAddress(in PacketView packet, Association association)
    {
        ChunkReader chunks = packet.Chunks;
        while ((association.Extensions & Extensions.AddressReconfiguration) != 0 && chunks.TryRead(out ChunkView chunk))
        {
            if (chunk.Type == ChunkType.Asconf && AsconfChunk.TryRead(chunk, out AsconfChunk asconf)
                && (asconf.IsWildcard || association.Paths.FindHost(asconf.Address) is not null))
            {
                return true;
            }
        }

        return false;
    }

    private void Deliver(
        Instant now, in NetworkPath path, in PacketView packet, in PacketShape shape, EcnCodepoint ecn, Association association)
    {
        if (shape.HasShutdownAck && association.IsBeingSetUp)
        {
            _replies.AnswerOutOfTheBlue(path, packet.Header, shape);   // §8.5.1 E
            return;
        }

        int before = association.Paths.Version;
        association.HandlePacket(now, path, packet, shape.HasAbort, ecn);
        if (association.Paths.Version != before)
        {
            _associations.Update(association);               // INIT ACK listed addresses, or a UDP port was learnt anew
        }
    }
}
