using System;
using System.Collections.Generic;
using System.Diagnostics.CodeAnalysis;
using Braid.Core;
using Braid.Sctp.Wire;

namespace Braid.Sctp;

/// <summary>
/// One SCTP port on one transport: tells packets apart, answers those that belong to nobody, and keeps nothing of a peer
/// before a valid COOKIE ECHO (RFC 9260 §5.1, §8.4, §8.5). Contract: after <see cref="HandleDatagram"/>,
/// <see cref="HandleTimeout"/>, <see cref="Connect"/> or any command of an association, drain
/// <see cref="TryGetDatagram"/> until it says false, then <see cref="TryAccept"/> and <see cref="TryTakeActive"/>, and then
/// read <see cref="NextTimeout"/>. One thread at a time.
/// </summary>
public sealed class Endpoint : IDatagramMachine
{
    private readonly IRandomSource _random;
    private readonly CookieMinter _cookies;
    private readonly StatelessReplies _replies;
    private readonly AssociationTable _associations = new();
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
        _replies = new StatelessReplies(Buffers, Drops);
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
    public Association Connect(Instant now, ushort remotePort, in NetworkPath path, AssociationOptions? options = null)
    {
        options ??= Options.Association;
        options.Validate();
        if (_associations.TryFind(path.Remote, remotePort, out _))
        {
            throw new InvalidOperationException($"There is an association with {path.Remote}, SCTP port {remotePort}, already.");
        }

        var fields = new InitFields(NewTag(), default, default, default, new Tsn(_random.NextUInt32()));
        var association = Association.Open(now, Options, NewContext(options), remotePort, path, fields);
        bool isNew = _associations.TryAdd(association);
        Invariant.Check(isNew, "a new tag is in use already");
        return association;
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
            ReplyOutOfTheBlue(path, packet, shape);
        }
        else if (shape.IsSoleInit)
        {
            OnInit(now, path, packet);
        }
        else if (shape.FirstType == ChunkType.CookieEcho)
        {
            OnCookieEcho(now, path, packet);
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
            }

            if (!association.IsListedAsActive)
            {
                association.IsListedAsActive = true;
                _active.Enqueue(association);
            }
        }

        return false;
    }

    /// <summary>What may not be answered and belongs to nobody.</summary>
    private static DropReason? Refuses(in PacketView packet, in PacketShape shape, in NetworkPath path)
    {
        if (shape.IsMalformed)
        {
            return DropReason.MalformedChunk;
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
            && association.RemotePort == header.SourcePort && association.PrimaryPath.Remote.IsSameHost(path.Remote))
        {
            Deliver(now, path, packet, shape, association);
            return;
        }

        if (!_associations.TryFind(path.Remote, header.SourcePort, out association))
        {
            Drops.Count(DropReason.OutOfTheBlue);
            ReplyOutOfTheBlue(path, packet, shape);
            return;
        }

        if (shape.IsTagReflected && header.Tag == association.PeerTag)
        {
            association.HandlePacket(now, path, packet);
            return;
        }

        Drops.Count(DropReason.BadVerificationTag);
        if (shape.HasShutdownAck && IsBeingSetUp(association))
        {
            ReplyOutOfTheBlue(path, packet, shape);          // §8.5.1 E
        }
    }

    private void Deliver(Instant now, in NetworkPath path, in PacketView packet, in PacketShape shape, Association association)
    {
        if (shape.HasShutdownAck && IsBeingSetUp(association))
        {
            ReplyOutOfTheBlue(path, packet, shape);          // §8.5.1 E
            return;
        }

        NetworkAddress before = association.PrimaryPath.Remote;
        association.HandlePacket(now, path, packet);
        if (association.PrimaryPath.Remote != before)
        {
            _associations.Update(association.LocalTag, association);     // its UDP port was learnt anew
        }
    }

    private static bool IsBeingSetUp(Association association) =>
        association.State is AssociationState.CookieWait or AssociationState.CookieEchoed;

    /// <summary>Answers an INIT without keeping anything (§5.1 B, §5.2.1, §5.2.2).</summary>
    private void OnInit(Instant now, in NetworkPath path, in PacketView packet)
    {
        ChunkReader chunks = packet.Chunks;
        if (!chunks.TryRead(out ChunkView chunk) || !InitChunk.TryRead(chunk, out InitChunk init)
            || init.InitiateTag == VerificationTag.None)
        {
            Drops.Count(DropReason.MalformedChunk);          // §3.3.2: the tag 0 is discarded silently
            return;
        }

        PacketHeader header = packet.Header;
        bool exists = _associations.TryFind(path.Remote, header.SourcePort, out Association? association);
        if (exists && association!.State == AssociationState.ShutdownAckSent)
        {
            association.ResendShutdownAck(now);              // §9.2
            return;
        }

        Span<byte> room = stackalloc byte[256];
        var unrecognized = new ParameterReport(room);
        CauseCode? refusal = Judge(init, exists, ref unrecognized, out bool isMalformed);
        if (isMalformed)
        {
            Drops.Count(DropReason.MalformedChunk);
            return;
        }

        if (refusal is { } cause)
        {
            Abort(path, header, init.InitiateTag, cause);
            return;
        }

        CookieClaims claims = Claim(now, path, header.SourcePort, init.Fields, association);
        ReplyInitAck(now, path, header, claims, unrecognized.Written);
    }

    /// <returns>The cause of the ABORT that answers the INIT; 0 for an ABORT without cause; null to accept it.</returns>
    private CauseCode? Judge(in InitChunk init, bool exists, ref ParameterReport unrecognized, out bool isMalformed)
    {
        bool hasHostName = false;
        ParameterReader parameters = init.Parameters;
        while (parameters.TryRead(out ParameterView parameter))
        {
            hasHostName |= parameter.Type == ParameterType.HostNameAddress;
            if (!unrecognized.Consider(parameter))
            {
                break;
            }
        }

        isMalformed = parameters.IsMalformed;
        return !InitRules.IsValid(init.Fields) ? CauseCode.InvalidMandatoryParameter
            : hasHostName ? CauseCode.UnresolvableAddress            // §5.1.2 B
            : exists ? null
            : !AcceptsAssociations ? default(CauseCode)
            : _associations.Count >= Options.MaximumAssociations ? CauseCode.OutOfResource
            : null;
    }

    private CookieClaims Claim(Instant now, in NetworkPath path, ushort remotePort, in InitFields peer, Association? association)
    {
        InitFields local;
        if (association?.OpeningFields is { } opening && IsBeingSetUp(association))
        {
            local = opening;                                 // §5.2.1: what our own INIT said, its tag unchanged
        }
        else
        {
            association?.PopulateTieTags();                  // §5.2.2
            AssociationOptions options = association?.Options ?? Options.Association;
            local = new InitFields(
                NewTag(),
                (uint)options.ReceiveBufferSize,
                (ushort)options.OutgoingStreams,
                (ushort)options.IncomingStreams,
                new Tsn(_random.NextUInt32()));
        }

        return new CookieClaims
        {
            Created = now,
            Local = local,
            Peer = peer,
            RemotePort = remotePort,
            Remote = path.Remote,
            LocalTieTag = association?.LocalTieTag ?? 0,
            PeerTieTag = association?.PeerTieTag ?? 0,
        };
    }

    private void ReplyInitAck(
        Instant now, in NetworkPath path, in PacketHeader header, in CookieClaims claims, ReadOnlySpan<byte> unrecognized)
    {
        Span<byte> cookie = stackalloc byte[CookieMinter.Length];
        _cookies.Mint(now, claims, cookie);
        Span<byte> parameters = stackalloc byte[640];
        var writer = new ParameterWriter(parameters);
        writer.TryWrite(ParameterType.StateCookie, cookie);
        var reported = new ParameterReader(unrecognized);
        while (reported.TryRead(out ParameterView parameter))
        {
            writer.TryWrite(ParameterType.UnrecognizedParameter, parameter.Bytes);
        }

        Span<byte> packet = stackalloc byte[900];
        var init = new PacketWriter(packet, header.DestinationPort, header.SourcePort, claims.Peer.InitiateTag);
        bool fits = InitChunk.Write(ref init, ChunkType.InitAck, claims.Local, writer.Written);
        Invariant.Check(fits, "the room for an INIT ACK is too small");
        _replies.Add(path, packet[..init.Finish()]);
    }

    /// <summary>§5.1.5 and §5.2.4.</summary>
    private void OnCookieEcho(Instant now, in NetworkPath path, in PacketView packet)
    {
        ChunkReader chunks = packet.Chunks;
        if (!chunks.TryRead(out ChunkView chunk) || !CookieEchoChunk.TryRead(chunk, out CookieEchoChunk echo))
        {
            Drops.Count(DropReason.MalformedChunk);
            return;
        }

        PacketHeader header = packet.Header;
        CookieVerdict verdict = _cookies.Check(now, echo.Cookie, out CookieClaims claims, out TimeSpan age);
        if (verdict == CookieVerdict.Forged || claims.RemotePort != header.SourcePort
            || claims.Local.InitiateTag != header.Tag || !claims.Remote.IsSameHost(path.Remote))
        {
            Drops.Count(DropReason.BadCookie);
            return;
        }

        bool exists = _associations.TryFind(claims.Local.InitiateTag, out Association? association)
            || _associations.TryFind(path.Remote, claims.RemotePort, out association);
        bool tagsMatch = exists && association!.LocalTag == claims.Local.InitiateTag && association.PeerTag == claims.Peer.InitiateTag;
        if (verdict == CookieVerdict.Stale && !tagsMatch)
        {
            Drops.Count(DropReason.StaleCookie);
            ReplyStaleCookie(path, header, claims, age);
            return;
        }

        if (!exists)
        {
            Accept(now, path, packet, claims);
            return;
        }

        CollisionAction action = CookieCollision.Resolve(
            claims, association!.LocalTag, association.PeerTag, association.LocalTieTag, association.PeerTieTag);
        VerificationTag oldTag = association.LocalTag;
        if (association.OnCookieEcho(now, claims, action))
        {
            _associations.Update(oldTag, association);
            association.HandlePacket(now, path, packet);
        }
        else if (action is CollisionAction.Discard or CollisionAction.Late)
        {
            Drops.Count(DropReason.UnexpectedChunk);
        }
    }

    private void Accept(Instant now, in NetworkPath path, in PacketView packet, in CookieClaims claims)
    {
        if (!AcceptsAssociations || _associations.Count >= Options.MaximumAssociations)
        {
            Abort(path, packet.Header, claims.Peer.InitiateTag, CauseCode.OutOfResource);
            return;
        }

        var association = Association.Accept(now, Options, NewContext(Options.Association), path, claims);
        bool isNew = _associations.TryAdd(association);
        Invariant.Check(isNew, "an association that was not found is in the table");
        _accepted.Enqueue(association);
        association.HandlePacket(now, path, packet);         // DATA may come along with COOKIE ECHO
    }

    /// <summary>§8.4, rules 2 to 8.</summary>
    private void ReplyOutOfTheBlue(in NetworkPath path, in PacketView packet, in PacketShape shape)
    {
        const byte TagReflected = 1;
        PacketHeader header = packet.Header;
        if (shape.HasAbort)
        {
            return;
        }

        if (shape.IsSoleInit)
        {
            if (shape.InitiateTag != VerificationTag.None)
            {
                _replies.Add(path, header, shape.InitiateTag, ChunkType.Abort, 0, default);
            }

            return;
        }

        if (shape.HasShutdownAck)
        {
            _replies.Add(path, header, header.Tag, ChunkType.ShutdownComplete, TagReflected, default);
        }
        else if (!shape.HasShutdownComplete && !shape.HasCookieAck && !shape.HasStaleCookieError)
        {
            _replies.Add(path, header, header.Tag, ChunkType.Abort, TagReflected, default);
        }
    }

    private void ReplyStaleCookie(in NetworkPath path, in PacketHeader header, in CookieClaims claims, TimeSpan age)
    {
        Span<byte> room = stackalloc byte[16];
        var causes = new CauseWriter(room);
        double microseconds = Math.Min(uint.MaxValue, _cookies.Staleness(age).TotalMicroseconds);
        StaleCookieCause.TryWrite(ref causes, (uint)microseconds);
        _replies.Add(path, header, claims.Peer.InitiateTag, ChunkType.Error, 0, causes.Written);
    }

    private void Abort(in NetworkPath path, in PacketHeader header, VerificationTag tag, CauseCode cause)
    {
        Span<byte> room = stackalloc byte[16];
        var causes = new CauseWriter(room);
        if (cause != default)
        {
            causes.TryWrite(cause, default);
        }

        _replies.Add(path, header, tag, ChunkType.Abort, 0, causes.Written);
    }

    private AssociationContext NewContext(AssociationOptions options) =>
        new(options, _random.Fork(), Buffers, Drops, new Activity(_toDrain));

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
