using System;
using System.Collections.Generic;
using Braid.Core;
using Braid.Sctp.Wire;

namespace Braid.Sctp;

/// <summary>
/// The side that is called: INIT and COOKIE ECHO, which come before there is an association, or for one that exists (RFC 9260
/// §5.1 B and D, §5.2). Owns the open ports; of a peer it keeps nothing.
/// </summary>
internal sealed class ListeningProcedures(
    EndpointOptions options,
    CookieMinter cookies,
    StatelessReplies replies,
    AssociationTable associations,
    AssociationFactory factory,
    UsedTags usedTags,
    Queue<Association> accepted,
    DropCounters drops)
{
    private readonly SetupAuthentication _authentication = new(factory, replies, drops);
    private readonly InitResponder _responder = new(options, cookies, replies);
    private readonly Dictionary<ushort, OpenPort> _ports = [];

    /// <summary>Lets peers set up associations on a port.</summary>
    /// <returns>False when it is open already.</returns>
    public bool TryOpen(ushort port, AssociationOptions portOptions, Func<int, bool>? isFull) => _ports.TryAdd(port, new OpenPort(portOptions, isFull));

    /// <summary>Lets nobody set up associations on a port any more.</summary>
    public void Close(ushort port) => _ports.Remove(port);

    /// <summary>Whether peers may set up associations on a port.</summary>
    public bool IsOpen(ushort port) => _ports.ContainsKey(port);

    /// <summary>An INIT: for nobody yet, or for an association that exists (§5.1 B, §5.2.1, §5.2.2).</summary>
    public void OnInit(Instant now, in NetworkPath path, in PacketView packet)
    {
        ChunkReader chunks = packet.Chunks;
        if (!chunks.TryRead(out ChunkView chunk) || !InitChunk.TryRead(chunk, out InitChunk init)
            || init.InitiateTag == VerificationTag.None)
        {
            drops.Count(DropReason.MalformedChunk);          // §3.3.2: the tag 0 is discarded silently
            return;
        }

        PortPair ports = packet.Header.Ports;
        var to = new ReplyAddress(path, ports);
        PeerAddresses addresses = PeerAddresses.Collect(path.Remote, init.Parameters, options.UsableFamilies);
        Association? association = associations.Find(addresses, ports);
        if (association?.State == AssociationState.ShutdownAckSent)
        {
            association.ResendShutdownAck(now);              // §9.2
            return;
        }

        Span<byte> room = stackalloc byte[256];
        InitReview review = InitResponder.Review(init, room);
        if (review.IsMalformed)
        {
            drops.Count(DropReason.MalformedChunk);
        }
        else if ((review.Refusal ?? RefuseStranger(association, ports.Local)) is { } cause)
        {
            replies.AddAbort(to, init.InitiateTag, cause);
        }
        else if (_authentication.Refuses(review, association?.Options ?? _ports[ports.Local].Options, association, to, init.InitiateTag))
        {
            // it was told so
        }
        else if (association is not null && IsHidden(association, path))
        {
            drops.Count(DropReason.UnexpectedChunk);
        }
        else if (association is not null && AddsAddresses(association, addresses))
        {
            _responder.RefuseNewAddresses(to, init.InitiateTag, addresses, association.Paths);
        }
        else
        {
            _responder.Accept(
                now,
                to,
                Claim(now, init.Fields, ports, addresses, association) with { Vectors = _authentication.NewVectors(review, association?.Options ?? _ports[ports.Local].Options, association) },
                review,
                association?.Options ?? _ports[ports.Local].Options,
                association?.ChangedAddresses ?? options.LocalAddresses);
        }
    }

    /// <summary>A COOKIE ECHO (§5.1.5, §5.2.4).</summary>
    /// <returns>The association that it has set up; null when it has set up none.</returns>
    public Association? OnCookieEcho(Instant now, in NetworkPath path, in PacketView packet, in PacketShape shape)
    {
        VerificationTag tag = packet.Header.Tag;
        PortPair ports = packet.Header.Ports;
        if (shape.HasAbort && !associations.TryFind(tag, ports, out _))
        {
            drops.Count(DropReason.OutOfTheBlue);            // §8.4 rule 2: what it would set up, it ends
            return null;
        }

        ChunkReader chunks = packet.Chunks;
        if ((shape.BeginsWithAuth && !chunks.TryRead(out _)) || !chunks.TryRead(out ChunkView chunk) || !CookieEchoChunk.TryRead(chunk, out CookieEchoChunk echo))
        {
            drops.Count(DropReason.MalformedChunk);
            return null;
        }

        CookieVerdict verdict = cookies.Check(now, echo.Cookie, path.Remote, ports, out CookieClaims claims, out TimeSpan staleness);
        if (verdict == CookieVerdict.Forged || claims.Local.InitiateTag != tag)
        {
            drops.Count(DropReason.BadCookie);
            return null;
        }

        if (!associations.TryFind(tag, ports, out Association? association))
        {
            association = associations.Find(claims.Addresses, ports);
        }

        // The tag has had its association; or, since nothing was kept of the INIT ACK, another one was given it.
        if ((association is null && usedTags.Contains(now, tag)) || (association?.LocalTag != tag && associations.HasTag(tag)))
        {
            drops.Count(DropReason.BadCookie);
            return null;
        }

        bool tagsMatch = association?.LocalTag == tag && association.PeerTag == claims.Peer.InitiateTag;
        if (verdict == CookieVerdict.Stale && !tagsMatch)
        {
            drops.Count(DropReason.StaleCookie);
            replies.AddStaleCookie(
                new ReplyAddress(path, ports), claims.Peer.InitiateTag, staleness, SetupAuthentication.ForReply(ChunkType.Error, claims.Vectors, OfferedOn(ports.Local)));
            return null;
        }

        if (!_authentication.IsAuthentic(packet, shape, claims.Vectors, OfferedOn(ports.Local), association))
        {
            return null;
        }

        if (association is null && IsFull(ports.Local))
        {
            drops.Count(DropReason.BacklogFull);             // as if it were lost: T1-cookie brings it again (§5.1 C)
            return null;
        }

        if (association is null)
        {
            return Accept(now, path, packet, claims, shape);
        }

        Resolve(now, path, packet, claims, association, shape);
        return null;
    }

    private bool IsFull(ushort port)
    {
        if (_ports.GetValueOrDefault(port)?.IsFull is not { } isFull)
        {
            return false;
        }

        int waiting = 0;
        foreach (Association association in accepted)
        {
            waiting += association.LocalPort == port ? 1 : 0;
        }

        return isFull(waiting);
    }

    private AuthenticationOptions? OfferedOn(ushort port) => _ports.GetValueOrDefault(port)?.Options.OfferedAuthentication;

    private CauseCode? RefuseStranger(Association? association, ushort port) =>
        association is not null ? null
        : !IsOpen(port) ? CauseCode.None
        : associations.Count >= options.MaximumAssociations ? CauseCode.OutOfResource
        : null;

    /// <summary>§5.2.1: in COOKIE-WAIT an INIT ACK goes only to an address that our own application named.</summary>
    private static bool IsHidden(Association association, in NetworkPath path) =>
        association.State is AssociationState.CookieWait or AssociationState.Listening && association.Paths.Find(path.Remote) is null;

    private static bool AddsAddresses(Association association, in PeerAddresses addresses) =>
        association.State is not (AssociationState.CookieWait or AssociationState.Listening) && !association.Paths.Contains(addresses);

    private CookieClaims Claim(
        Instant now, in InitFields peer, PortPair ports, in PeerAddresses addresses, Association? association)
    {
        if (association?.State is not (null or AssociationState.CookieWait or AssociationState.Listening))
        {
            association.PopulateTieTags();                   // §5.2.1, §5.2.2
        }

        InitFields local;
        if (association?.OpeningFields is { } opening && association.IsBeingSetUp)
        {
            local = opening;                                 // §5.2.1: what our own INIT said, its tag unchanged
        }
        else
        {
            local = factory.NewFields(association?.Options ?? _ports[ports.Local].Options);
            local = local with { OutgoingStreams = InitRules.Streams(local.OutgoingStreams, peer.IncomingStreams) };   // §3.3.3: no more than the peer allows
        }

        return new CookieClaims
        {
            Created = now,
            Local = local,
            Peer = peer,
            Ports = ports,
            Addresses = addresses,
            LocalTieTag = association?.LocalTieTag ?? 0,
            PeerTieTag = association?.PeerTieTag ?? 0,
        };
    }

    private Association? Accept(Instant now, in NetworkPath path, in PacketView packet, in CookieClaims claims, in PacketShape shape)
    {
        AssociationOptions? portOptions = _ports.GetValueOrDefault(claims.Ports.Local)?.Options;
        if (portOptions is null || associations.Count >= options.MaximumAssociations)
        {
            replies.AddAbort(
                new ReplyAddress(path, claims.Ports),
                claims.Peer.InitiateTag,
                CauseCode.OutOfResource,
                authentication: SetupAuthentication.ForReply(ChunkType.Abort, claims.Vectors, portOptions?.OfferedAuthentication));
            return null;
        }

        if (!AuthenticationRules.IsEnough(portOptions, claims.Vectors))
        {
            drops.Count(DropReason.NotAuthenticated);
            return null;
        }

        Association association = factory.Accept(now, path, claims, portOptions);
        association.HandlePacket(now, path, packet, hasAbort: false, wasChecked: shape.BeginsWithAuth);      // DATA may come along with COOKIE ECHO
        return association;
    }

    /// <summary>A COOKIE ECHO for an association that exists, or that waits for this very peer.</summary>
    private void Resolve(
        Instant now, in NetworkPath path, in PacketView packet, in CookieClaims claims, Association association, in PacketShape shape)
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
                usedTags.Add(now, before);
            }

            association.HandlePacket(now, path, packet, shape.HasAbort, wasChecked: shape.BeginsWithAuth);       // which may learn a UDP port
            associations.Update(association);
        }
        else if (action is CollisionAction.Discard or CollisionAction.Late)
        {
            drops.Count(DropReason.UnexpectedChunk);
        }
    }

    // What associations there begin with, and whether none may be added at the moment.
    private sealed record OpenPort(AssociationOptions Options, Func<int, bool>? IsFull);
}
