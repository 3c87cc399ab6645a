using System;
using Braid.Core;
using Braid.Sctp.Wire;

namespace Braid.Sctp;

/// <summary>
/// Fills one packet in the order that RFC 9260 §6.10 demands: control chunks, SACK, retransmissions, new data. Owns nothing:
/// it reads what the other components wish for.
/// </summary>
internal readonly struct PacketAssembler(
    AssociationContext context, PathSet paths, EndpointOptions endpoint, PortPair ports)
{
    private const int CountsAsFull = 128;                    // with less room left than this, a larger packet would have held more

    private PathMtuDiscovery Mtu => new(context, paths);

    private AuthenticationPlan? Plan => context.Authentication?.Plan;

    /// <summary>INIT alone, with the tag 0 (§8.5.1 A).</summary>
    public bool TryAssembleInit(HandshakeInitiator handshake, Span<byte> destination, out OutgoingDatagram datagram)
    {
        datagram = default;
        if (!handshake.WantsInit)
        {
            return false;
        }

        PacketWriter packet = Begin(destination, VerificationTag.None);
        Span<byte> room = stackalloc byte[8 + SupportedAddressTypesParameter.LengthOfOne + KeyVectors.LongestOnWire + AdaptationIndicationParameter.LengthOnWire + ExtensionRules.LongestOnWire + (PeerAddresses.Capacity * AddressParameter.LongestOnWire)];
        var parameters = new ParameterWriter(room);
        SourceAddresses.WriteTold(ref parameters, endpoint.LocalAddresses, paths.Primary.Address, endpoint.Families);
        SupportedAddressTypesParameter.WriteOnly(ref parameters, endpoint.UsableFamilies);
        if (handshake.CookieExtension > TimeSpan.Zero)
        {
            CookiePreservativeParameter.TryWrite(ref parameters, handshake.CookieExtension);
        }

        ExtensionRules.Write(ref parameters, ExtensionRules.Offered(endpoint, context.Options));
        if (handshake.Vector is { } vector)
        {
            KeyVectors.Write(ref parameters, vector);
        }

        if (context.Options.AdaptationIndication is { } adaptation)
        {
            AdaptationIndicationParameter.TryWrite(ref parameters, adaptation);
        }

        InitChunk.Write(ref packet, ChunkType.Init, handshake.Fields, parameters.Written);
        handshake.OnInitSent();
        datagram = Finish(ref packet, paths.Primary);
        return true;
    }

    /// <summary>COOKIE ECHO, then what wants to be reported with it, then data (§5.1 C). Nothing else until COOKIE ACK.</summary>
    public bool TryAssembleCookieEcho(
        HandshakeInitiator handshake, Transfer transfer, Span<byte> destination, out OutgoingDatagram datagram)
    {
        datagram = default;
        if (!handshake.WantsCookieEcho)
        {
            return false;
        }

        // A cookie larger than the path allows is the peer's choice; it has to go in one packet all the same.
        Path path = paths.Primary;
        int room = Math.Max(path.MaximumPacket, PacketHeader.Length + 8 + handshake.Cookie.Length + (Plan?.ChunkLength ?? 0));
        ushort? key = KeyOfData(transfer.Sender);
        PacketWriter packet = Begin(destination[..Math.Min(destination.Length, room)], transfer.Negotiated.PeerTag, key);
        if (!CookieEchoChunk.Write(ref packet, handshake.Cookie))
        {
            context.Drops.Count(DropReason.MalformedChunk);  // larger than any datagram that the host can send
            return false;
        }

        handshake.OnCookieEchoSent();
        WriteControl(ref packet, path);
        transfer.Sender.WriteData(ref packet, path, isShuttingDown: false);
        datagram = Finish(ref packet, path, mayBeFragmented: room > path.MaximumPacket);
        return true;
    }

    /// <summary>Any packet of an association that both sides know.</summary>
    /// <param name="transfer">Its two halves.</param>
    /// <param name="mayCarryData">Whether the state allows DATA (§6).</param>
    /// <param name="isShuttingDown">Whether the sender gains from early acknowledgements (§6.1).</param>
    /// <param name="destination">Where the packet goes.</param>
    /// <param name="datagram">What was written.</param>
    public bool TryAssemble(
        Transfer transfer, bool mayCarryData, bool isShuttingDown, Span<byte> destination, out OutgoingDatagram datagram)
    {
        if (context.IsMuted)
        {
            datagram = default;                              // RFC 5061 §5.3 F4
            return false;
        }

        if (mayCarryData && Mtu.WantsProbe() is { } probed && TryAssembleProbe(transfer, probed, destination, out datagram))
        {
            return true;
        }

        datagram = default;
        Sender sender = transfer.Sender;
        Receiver receiver = transfer.Receiver;
        Path? dataPath = mayCarryData ? sender.WantsPacket(isShuttingDown) : null;
        Path sackPath = transfer.LastDataPath is { State: PathState.Active } last ? last : paths.ForData();
        Path path;
        bool mayCarrySack = true;
        bool isConcurrent = context.Options.ConcurrentMultipath;         // then SACKs on several paths would overtake each other
        bool hasControl = context.Control.TryPeek(out ControlChunk control);
        if (hasControl && control.Path == ControlQueue.AnyPath && !paths.ForData().IsConfirmed)
        {
            // §5.4: what may take any path waits until one is verified, and what verifies it must not wait behind that.
            hasControl = context.Control.TryBringForward() && context.Control.TryPeek(out control);
            control = hasControl ? control : default;
        }

        if (hasControl)
        {
            path = control.Path == ControlQueue.AnyPath ? paths.ForData() : paths[control.Path];

            // §6.4, §6.7: a SACK goes where data came from, not along with a heartbeat to an address that may be dead. But SHUTDOWN
            // acknowledges by itself, and without the window that goes with it the peer would send too much.
            mayCarrySack = control.Path == ControlQueue.AnyPath || path == sackPath || path == dataPath || control.Type == ChunkType.Shutdown;
        }
        else if (dataPath is not null && (dataPath == sackPath || !isConcurrent || !receiver.WantsSack))
        {
            path = dataPath;
        }
        else if (mayCarryData && sender.WantsForwardTsn)
        {
            path = paths.ForData();
        }
        else if (receiver.WantsSack)
        {
            path = sackPath;
        }
        else
        {
            return false;
        }

        // A chunk that was cut for larger packets than the path carries now goes alone, and in fragments (RFC 8899 §6.2).
        int oversized = dataPath == path && context.Control.IsEmpty ? sender.OversizedFor(path) : 0;
        int room = oversized == 0 ? path.MaximumPacket : PacketHeader.Length + paths.AuthenticationRoom + oversized;
        ushort? key = dataPath == path ? KeyOfData(sender) : null;
        PacketWriter packet = Begin(destination[..Math.Min(destination.Length, room)], transfer.Negotiated.PeerTag, key);
        ReadOnlySpan<byte> news = transfer.NewsWithData;
        bool hasNews = WriteControl(ref packet, path, news) || news.IsEmpty;
        int withNews = packet.Available - ReConfigChunk.LengthOnWire(news.Length);
        if (!hasNews && mayCarrySack && mayCarryData && ((dataPath == path && sender.HasDataFor(withNews)) || sender.WantsForwardTsn))
        {
            ReConfigChunk.Write(ref packet, news);
        }

        // §6.1: what is owed an acknowledgement gets it along with data, even before it is due, if both fit; else it would be
        // more than one SACK for every second packet.
        if (!path.IsConfirmed || !mayCarrySack || oversized > 0)
        {
            // §5.4: nothing but heartbeats and their answers; or there is no room.
        }
        else if (isConcurrent && path != sackPath && control.Type != ChunkType.Shutdown)
        {
            // It goes by itself, before more data.
        }
        else if (receiver.WantsSack || (receiver.Acks.IsPending && dataPath == path
            && sender.HasDataFor(packet.Available - Receiver.ShortestSack(transfer.UsesNrSack))))
        {
            receiver.WriteSack(ref packet, transfer.UsesNrSack);
        }

        // RFC 3758 §3.5 F2: along with data, and before it, so that the peer skips what is missing first.
        if (path.IsConfirmed && mayCarrySack && mayCarryData && sender.WantsForwardTsn)
        {
            sender.WriteForwardTsn(ref packet, path);
        }

        var written = WrittenData.None;
        if (dataPath == path)
        {
            written = sender.WriteData(ref packet, path, isShuttingDown);
            if (written != WrittenData.None && packet.Available < CountsAsFull)
            {
                Mtu.OnFullPacket();
            }
        }

        if (packet.IsEmpty)
        {
            // A control chunk too long for any packet was dropped: what waits behind it may take another path. Or the message was given
            // up for whose key the packet was meant.
            bool wasDropped = (control.Type != default && control.Path == path.Index) || (dataPath == path && key != KeyOfData(sender));
            return wasDropped && TryAssemble(transfer, mayCarryData, isShuttingDown, destination, out datagram);
        }

        datagram = Finish(ref packet, path, transfer.OmitsChecksum, mayBeFragmented: oversized > 0);
        if (transfer.UsesEcn && written == WrittenData.New)
        {
            datagram = datagram with { Ecn = EcnCodepoint.Capable0 };        // RFC 3168 §6.1.5: not what is sent again
        }

        return true;
    }

    /// <summary>The chunk that ends an association, or answers for one that has ended.</summary>
    public bool TryAssembleFinal(Transfer? transfer, Span<byte> destination, out OutgoingDatagram datagram)
    {
        datagram = default;
        if (!context.Control.TryPeek(out ControlChunk control))
        {
            return false;
        }

        Path path = control.Path == ControlQueue.AnyPath ? paths.ForData() : paths[control.Path];
        if (context.IsMuted || !path.IsConfirmed)
        {
            context.Control.Clear();                         // RFC 5061 §5.3 F1, F4: there is no address for it
            return false;
        }

        PacketWriter packet = Begin(destination[..Math.Min(destination.Length, path.MaximumPacket)], transfer?.Negotiated.PeerTag ?? VerificationTag.None);
        Write(ref packet, control);
        context.Control.Remove();
        datagram = Finish(ref packet, path, transfer?.OmitsChecksum ?? false);
        return true;
    }

    /// <summary>Begins a packet that may take a way of its own.</summary>
    /// <param name="destination">Where it is written.</param>
    /// <param name="path">The path to the address that it goes to, if there is one.</param>
    /// <param name="tag">The peer's tag.</param>
    public PacketWriter BeginFor(Span<byte> destination, Path? path, VerificationTag tag) =>
        Begin(destination[..Math.Min(destination.Length, path?.MaximumPacket ?? (paths.MaximumChunk + paths.AuthenticationRoom + PacketHeader.Length))], tag);

    /// <summary>Ends such a packet.</summary>
    public OutgoingDatagram FinishFor(ref PacketWriter packet, Transfer transfer, in NetworkPath way)
    {
        context.Counters.PacketsSent++;
        context.Authentication?.Sign(packet);
        return new OutgoingDatagram(packet.Finish(!transfer.OmitsChecksum), way);
    }

    private bool TryAssembleProbe(Transfer transfer, Path path, Span<byte> destination, out OutgoingDatagram datagram)
    {
        datagram = default;
        int length = path.PacketIn(path.Mtu!.ProbeSize);
        Span<byte> exact = destination[..Math.Min(destination.Length, length)];
        bool isAuthenticated = Plan is { } plan && (plan.Types.Contains(ChunkType.Heartbeat) || plan.Types.Contains(ChunkType.Pad));
        PacketWriter packet = isAuthenticated ? Begin(exact, transfer.Negotiated.PeerTag) : new(exact, ports.Local, ports.Remote, transfer.Negotiated.PeerTag);
        packet.TryAuthenticate();
        Mtu.WriteProbe(ref packet, path);
        if (destination.Length < length)
        {
            return false;                                    // larger than our own transport takes: as good as lost
        }

        datagram = Finish(ref packet, path, transfer.OmitsChecksum);
        return true;
    }

    /// <returns>Whether one of the chunks has a value that was looked for.</returns>
    private bool WriteControl(ref PacketWriter packet, Path path, ReadOnlySpan<byte> soughtFor = default)
    {
        bool wasFound = false;
        while (context.Control.TryPeek(out ControlChunk control)
            && (control.Path == path.Index || (control.Path == ControlQueue.AnyPath && path.IsConfirmed)))
        {
            if (!Write(ref packet, control))
            {
                if (!packet.IsEmpty)
                {
                    return wasFound;                         // it begins the next packet
                }

                context.Drops.Count(DropReason.MalformedChunk);      // an echo of something larger than our path allows
            }

            wasFound |= control.Type == ChunkType.ReConfig && control.Value is { } value && value.Span.SequenceEqual(soughtFor);
            context.Control.Remove();
        }

        return wasFound;
    }

    private static bool Write(ref PacketWriter packet, in ControlChunk control)
    {
        ReadOnlySpan<byte> content = control.Value is null ? default : control.Value.Span;
        if (!packet.TryBeginChunk(control.Type, control.Flags, content.Length, out Span<byte> value))
        {
            return false;
        }

        content.CopyTo(value);
        return true;
    }

    // RFC 6458 §5.3.8: all messages of a packet have one key, that of the first. Null where none of them is authenticated.
    private ushort? KeyOfData(Sender sender) => Plan is { CoversData: true } ? sender.NextKey : null;

    private PacketWriter Begin(Span<byte> destination, VerificationTag tag, ushort? key = null) =>
        new(destination, ports, tag, Plan, key ?? context.Authentication?.Keys.Active ?? 0);

    private OutgoingDatagram Finish(ref PacketWriter packet, Path path, bool omitsChecksum = false, bool mayBeFragmented = false)
    {
        context.Counters.PacketsSent++;
        context.Authentication?.Sign(packet);
        return new OutgoingDatagram(packet.Finish(!omitsChecksum), path.Address, mayBeFragmented || path.MayBeFragmented);
    }
}
