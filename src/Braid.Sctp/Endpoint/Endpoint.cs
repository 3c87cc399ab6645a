using System;
using System.Collections.Generic;
using System.Diagnostics.CodeAnalysis;
using Braid.Core;
using Braid.Sctp.Wire;

namespace Braid.Sctp;

/// <summary>
/// One SCTP port on one transport: tells packets apart, answers those that belong to nobody, and keeps nothing of a peer
/// before a valid COOKIE ECHO (RFC 9260 §5.1, §8.4, §8.5). Contract: after <see cref="HandleDatagram"/>,
/// <see cref="HandleTimeout"/>, Connect or any command of an association, drain
/// <see cref="TryGetDatagram"/> until it says false, then <see cref="TryAccept"/> and <see cref="TryTakeActive"/>, and then
/// read <see cref="NextTimeout"/>. One thread at a time.
/// </summary>
public sealed class Endpoint : IDatagramMachine
{
    private readonly IRandomSource _random;
    private readonly CookieMinter _cookies;
    private readonly StatelessReplies _replies;
    private readonly InitResponder _responder;
    private readonly AssociationTable _associations = new();
    private readonly UsedTags _usedTags;
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
        AcceptsAssociations = options.AcceptsAssociations;
        _random = random.Fork();
        _cookies = new CookieMinter(random.Fork(), options.CookieLifetime);
        _usedTags = new UsedTags(2 * options.CookieLifetime);            // a cookie may live that long (§5.2.6)
        _replies = new StatelessReplies(Buffers, Drops);
        _responder = new InitResponder(options, _cookies, _replies);
    }

    /// <summary>Port and limits.</summary>
    public EndpointOptions Options { get; }

    /// <summary>Whether peers may set up associations now; begins as <see cref="EndpointOptions.AcceptsAssociations"/>.</summary>
    public bool AcceptsAssociations { get; set; }

    /// <summary>Where all payload memory comes from. Renting and returning is safe from any thread.</summary>
    public BufferPool Buffers { get; } = new();

    /// <summary>What was not used, and why.</summary>
    public DropCounters Drops { get; } = new();

    /// <summary>Associations that exist, in whatever state.</summary>
    public int AssociationCount => _associations.Count;

    /// <summary>
    /// How often a peer has begun a shutdown. When it rises, an owner that queues for its application hands over what it has,
    /// by <see cref="Association.SendAccepted"/>, before it takes the next datagram.
    /// </summary>
    public long PeerShutdowns => _toDrain.PeerShutdowns;

    /// <inheritdoc/>
    public Instant NextTimeout => _deadlines.Next;

    /// <summary>Begins to set up an association: sends INIT (§5.1).</summary>
    /// <param name="now">The current instant.</param>
    /// <param name="remotePort">The peer's SCTP port.</param>
    /// <param name="path">Where to; <see cref="NetworkPath.None"/> when the transport names the peer.</param>
    /// <param name="options">Its options; those of the endpoint when null.</param>
    /// <exception cref="InvalidOperationException">There is an association with that peer already.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An option is outside its range.</exception>
    public Association Connect(Instant now, ushort remotePort, in NetworkPath path, AssociationOptions? options = null) =>
        Connect(now, remotePort, [path], options);

    /// <summary>Begins to set up an association with a peer that has several addresses: INIT goes to them in turn.</summary>
    /// <param name="now">The current instant.</param>
    /// <param name="remotePort">The peer's SCTP port.</param>
    /// <param name="paths">Its addresses, 1 to 8; the first one is tried first.</param>
    /// <param name="options">Its options; those of the endpoint when null.</param>
    /// <exception cref="InvalidOperationException">There is an association with that peer already.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An option, or the number of paths, is outside its range.</exception>
    public Association Connect(Instant now, ushort remotePort, ReadOnlySpan<NetworkPath> paths, AssociationOptions? options = null)
    {
        options = Check(remotePort, paths, options);
        var fields = new InitFields(NewTag(), default, default, default, new Tsn(_random.NextUInt32()));
        return Add(Association.Open(now, Options, NewContext(options), remotePort, paths, fields));
    }

    /// <summary>
    /// Waits for one peer to set up an association (§5.1, "passive" open), also where <see cref="AcceptsAssociations"/> is
    /// false: its state stays <see cref="AssociationState.Listening"/> until then. It is not taken by <see cref="TryAccept"/>.
    /// </summary>
    /// <inheritdoc cref="Connect(Instant, ushort, in NetworkPath, AssociationOptions?)"/>
    public Association Listen(ushort remotePort, in NetworkPath path, AssociationOptions? options = null)
    {
        options = Check(remotePort, [path], options);
        return Add(Association.Listen(Options, NewContext(options), remotePort, path));
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
    public void HandleDatagram(Instant now, in NetworkPath path, ReadOnlySpan<byte> datagram)
    {
        if (!PacketView.TryRead(datagram, out PacketView packet))
        {
            Drops.Count(DropReason.MalformedPacket);
            return;
        }

        if (!packet.HasValidChecksum())
        {
            Drops.Count(DropReason.BadChecksum);
            return;
        }

        PacketShape shape = PacketRules.Inspect(packet);
        DropReason? reason = Refuses(packet, shape, path);
        if (reason is { } drop)
        {
            Drops.Count(drop);
            return;
        }

        if (packet.Header.DestinationPort != Options.LocalPort)
        {
            Drops.Count(DropReason.WrongPort);
            _replies.AnswerOutOfTheBlue(path, packet.Header, shape);
        }
        else if (shape.IsSoleInit)
        {
            OnInit(now, path, packet);
        }
        else if (shape.FirstType == ChunkType.CookieEcho)
        {
            OnCookieEcho(now, path, packet, shape);
        }
        else
        {
            Route(now, path, packet, shape);
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
                _usedTags.Add(now, association.LocalTag);
            }

            if (!association.IsListedAsActive)
            {
                association.IsListedAsActive = true;
                _active.Enqueue(association);
            }
        }

        return false;
    }

    private AssociationOptions Check(ushort remotePort, ReadOnlySpan<NetworkPath> paths, AssociationOptions? options)
    {
        options ??= Options.Association;
        options.Validate();
        AssociationOptions.InRange(remotePort, 1, ushort.MaxValue, nameof(remotePort));       // §3.1
        AssociationOptions.InRange(paths.Length, 1, PeerAddresses.Capacity, nameof(paths));
        foreach (ref readonly NetworkPath path in paths)
        {
            if (_associations.TryFind(path.Remote, remotePort, out _))
            {
                throw new InvalidOperationException($"There is an association with {path.Remote}, SCTP port {remotePort}, already.");
            }
        }

        return options;
    }

    private Association Add(Association association)
    {
        bool isNew = _associations.TryAdd(association);
        Invariant.Check(isNew, "a new tag is in use already");
        return association;
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

    /// <summary>§8.5 and §8.5.1: a packet with the right tag goes to its association, everything else is out of the blue.</summary>
    private void Route(Instant now, in NetworkPath path, in PacketView packet, in PacketShape shape)
    {
        PacketHeader header = packet.Header;
        if (!shape.IsTagReflected && _associations.TryFind(header.Tag, out Association? association)
            && association.RemotePort == header.SourcePort
            && (association.Paths.Find(path.Remote) is not null || ListsKnownAddress(path, packet, association)))
        {
            Deliver(now, path, packet, shape, association);
            return;
        }

        if (!_associations.TryFind(path.Remote, header.SourcePort, out association) || association.State == AssociationState.Listening)
        {
            if (!shape.IsTagReflected && _associations.TryFind(header.Tag, out association) && association.RemotePort == header.SourcePort)
            {
                // The tag is right, the address is one that the peer has and we do not use yet. An ABORT with that tag would
                // be believed, and end an association that works.
                Drops.Count(DropReason.OutOfTheBlue);
                return;
            }

            Drops.Count(DropReason.OutOfTheBlue);
            _replies.AnswerOutOfTheBlue(path, header, shape);
            return;
        }

        if (shape.IsTagReflected && header.Tag == association.PeerTag)
        {
            association.HandlePacket(now, path, packet, shape.HasAbort);
            return;
        }

        Drops.Count(DropReason.BadVerificationTag);
        if (shape.HasShutdownAck && IsBeingSetUp(association))
        {
            _replies.AnswerOutOfTheBlue(path, header, shape);          // §8.5.1 E
        }
    }

    /// <summary>§5.1.2 D: an INIT ACK belongs to whom its addresses name, wherever it comes from.</summary>
    private bool ListsKnownAddress(in NetworkPath path, in PacketView packet, Association association)
    {
        ChunkReader chunks = packet.Chunks;
        if (association.State != AssociationState.CookieWait || !chunks.TryRead(out ChunkView chunk)
            || chunk.Type != ChunkType.InitAck || !InitChunk.TryRead(chunk, out InitChunk initAck))
        {
            return false;
        }

        PeerAddresses addresses = PeerAddresses.Collect(path.Remote, initAck.Parameters, Options.Families);
        for (int i = 0; i < addresses.Count; i++)
        {
            if (association.Paths.Find(addresses[i]) is not null)
            {
                return true;
            }
        }

        return false;
    }

    private void Deliver(Instant now, in NetworkPath path, in PacketView packet, in PacketShape shape, Association association)
    {
        if (shape.HasShutdownAck && IsBeingSetUp(association))
        {
            _replies.AnswerOutOfTheBlue(path, packet.Header, shape);   // §8.5.1 E
            return;
        }

        int before = association.Paths.Version;
        association.HandlePacket(now, path, packet, shape.HasAbort);
        if (association.Paths.Version != before)
        {
            _associations.Update(association);               // INIT ACK listed addresses, or a UDP port was learnt anew
        }
    }

    private static bool IsBeingSetUp(Association association) =>
        association.State is AssociationState.CookieWait or AssociationState.CookieEchoed;

    /// <summary>An INIT: for nobody yet, or for an association that exists (§5.1 B, §5.2.1, §5.2.2).</summary>
    private void OnInit(Instant now, in NetworkPath path, in PacketView packet)
    {
        ChunkReader chunks = packet.Chunks;
        if (!chunks.TryRead(out ChunkView chunk) || !InitChunk.TryRead(chunk, out InitChunk init)
            || init.InitiateTag == VerificationTag.None)
        {
            Drops.Count(DropReason.MalformedChunk);          // §3.3.2: the tag 0 is discarded silently
            return;
        }

        ushort remotePort = packet.Header.SourcePort;
        var to = new ReplyAddress(path, Options.LocalPort, remotePort);
        PeerAddresses addresses = PeerAddresses.Collect(path.Remote, init.Parameters, Options.Families);
        Association? association = _associations.Find(addresses, remotePort);
        if (association?.State == AssociationState.ShutdownAckSent)
        {
            association.ResendShutdownAck(now);              // §9.2
            return;
        }

        Span<byte> room = stackalloc byte[256];
        InitReview review = InitResponder.Review(init, room);
        if (review.IsMalformed)
        {
            Drops.Count(DropReason.MalformedChunk);
        }
        else if ((review.Refusal ?? RefuseStranger(association)) is { } cause)
        {
            _replies.AddAbort(to, init.InitiateTag, cause);
        }
        else if (association is not null && IsHidden(association, path))
        {
            Drops.Count(DropReason.UnexpectedChunk);
        }
        else if (association is not null && AddsAddresses(association, addresses))
        {
            _responder.RefuseNewAddresses(to, init.InitiateTag, addresses, association.Paths);
        }
        else
        {
            _responder.Accept(now, to, Claim(now, init.Fields, remotePort, addresses, association), review);
        }
    }

    private CauseCode? RefuseStranger(Association? association) =>
        association is not null ? null
        : !AcceptsAssociations ? CauseCode.None
        : _associations.Count >= Options.MaximumAssociations ? CauseCode.OutOfResource
        : null;

    /// <summary>§5.2.1: in COOKIE-WAIT an INIT ACK goes only to an address that our own application named.</summary>
    private static bool IsHidden(Association association, in NetworkPath path) =>
        association.State is AssociationState.CookieWait or AssociationState.Listening && association.Paths.Find(path.Remote) is null;

    private static bool AddsAddresses(Association association, in PeerAddresses addresses) =>
        association.State is not (AssociationState.CookieWait or AssociationState.Listening) && !association.Paths.Contains(addresses);

    private CookieClaims Claim(
        Instant now, in InitFields peer, ushort remotePort, in PeerAddresses addresses, Association? association)
    {
        if (association?.State is not (null or AssociationState.CookieWait or AssociationState.Listening))
        {
            association.PopulateTieTags();                   // §5.2.1, §5.2.2
        }

        InitFields local;
        if (association?.OpeningFields is { } opening && IsBeingSetUp(association))
        {
            local = opening;                                 // §5.2.1: what our own INIT said, its tag unchanged
        }
        else
        {
            AssociationOptions options = association?.Options ?? Options.Association;
            local = new InitFields(
                NewTag(),
                (uint)options.ReceiveBufferSize,
                InitRules.Streams((ushort)options.OutgoingStreams, peer.IncomingStreams),     // §3.3.3: no more than the peer allows
                (ushort)options.IncomingStreams,
                new Tsn(_random.NextUInt32()));
        }

        return new CookieClaims
        {
            Created = now,
            Local = local,
            Peer = peer,
            RemotePort = remotePort,
            Addresses = addresses,
            LocalTieTag = association?.LocalTieTag ?? 0,
            PeerTieTag = association?.PeerTieTag ?? 0,
        };
    }

    /// <summary>§5.1.5 and §5.2.4.</summary>
    private void OnCookieEcho(Instant now, in NetworkPath path, in PacketView packet, in PacketShape shape)
    {
        PacketHeader header = packet.Header;
        if (shape.HasAbort && !_associations.TryFind(header.Tag, out _))
        {
            Drops.Count(DropReason.OutOfTheBlue);            // §8.4 rule 2: what it would set up, it ends
            return;
        }

        ChunkReader chunks = packet.Chunks;
        if (!chunks.TryRead(out ChunkView chunk) || !CookieEchoChunk.TryRead(chunk, out CookieEchoChunk echo))
        {
            Drops.Count(DropReason.MalformedChunk);
            return;
        }

        CookieVerdict verdict = _cookies.Check(
            now, echo.Cookie, path.Remote, header.SourcePort, out CookieClaims claims, out TimeSpan staleness);
        if (verdict == CookieVerdict.Forged || claims.Local.InitiateTag != header.Tag)
        {
            Drops.Count(DropReason.BadCookie);
            return;
        }

        if (!_associations.TryFind(claims.Local.InitiateTag, out Association? association))
        {
            association = _associations.Find(claims.Addresses, claims.RemotePort);
        }

        if (association is null && _usedTags.Contains(now, claims.Local.InitiateTag))
        {
            Drops.Count(DropReason.BadCookie);               // it has had its association
            return;
        }

        bool tagsMatch = association?.LocalTag == claims.Local.InitiateTag && association.PeerTag == claims.Peer.InitiateTag;
        if (verdict == CookieVerdict.Stale && !tagsMatch)
        {
            Drops.Count(DropReason.StaleCookie);
            _replies.AddStaleCookie(new ReplyAddress(path, Options.LocalPort, header.SourcePort), claims.Peer.InitiateTag, staleness);
        }
        else if (association is null)
        {
            Accept(now, path, packet, claims);
        }
        else
        {
            Resolve(now, path, packet, claims, association, shape.HasAbort);
        }
    }

    private void Accept(Instant now, in NetworkPath path, in PacketView packet, in CookieClaims claims)
    {
        if (!AcceptsAssociations || _associations.Count >= Options.MaximumAssociations)
        {
            var to = new ReplyAddress(path, Options.LocalPort, claims.RemotePort);
            _replies.AddAbort(to, claims.Peer.InitiateTag, CauseCode.OutOfResource);
            return;
        }

        var association = Association.Accept(now, Options, NewContext(Options.Association), path.Local, claims);
        bool isNew = _associations.TryAdd(association);
        Invariant.Check(isNew, "an association that was not found is in the table");
        _accepted.Enqueue(association);
        association.HandlePacket(now, path, packet, hasAbort: false);        // DATA may come along with COOKIE ECHO
    }

    /// <summary>A COOKIE ECHO for an association that exists, or that waits for this very peer.</summary>
    private void Resolve(
        Instant now, in NetworkPath path, in PacketView packet, in CookieClaims claims, Association association, bool hasAbort)
    {
        CollisionAction action = association.State == AssociationState.Listening
            ? association.Paths.Find(claims.Addresses.Source) is null ? CollisionAction.Discard : CollisionAction.AdoptPeerTag
            : CookieCollision.Resolve(
                claims, association.LocalTag, association.PeerTag, association.LocalTieTag, association.PeerTieTag);
        VerificationTag before = association.LocalTag;
        if (association.OnCookieEcho(now, path, claims, action))
        {
            if (association.LocalTag != before)
            {
                _usedTags.Add(now, before);
            }

            association.HandlePacket(now, path, packet, hasAbort);       // which may learn a UDP port
            _associations.Update(association);
        }
        else if (action is CollisionAction.Discard or CollisionAction.Late)
        {
            Drops.Count(DropReason.UnexpectedChunk);
        }
    }

    private AssociationContext NewContext(AssociationOptions options) =>
        new(options, _random.Fork(), Buffers, Drops, _replies, new Activity(_toDrain));

    private VerificationTag NewTag()
    {
        VerificationTag tag;
        do
        {
            tag = new VerificationTag(_random.NextUInt32());
        }
        while (tag == VerificationTag.None || _associations.HasTag(tag));
        return tag;
    }
}
