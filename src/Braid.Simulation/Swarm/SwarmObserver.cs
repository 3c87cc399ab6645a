using System;
using System.Collections.Generic;
using System.Linq;
using Braid.Core;
using Braid.Sctp;
using Braid.Sctp.Wire;

namespace Braid.Simulation;

/// <summary>Sees every packet of a world: counts it, keeps the last ones for who asks what has happened, and has it checked.</summary>
internal sealed class SwarmObserver(SwarmRun run, SwarmMachines machines, PcapNgWriter? capture)
{
    private const int TraceLength = 40;

    private readonly Queue<string> _trace = new();

    /// <inheritdoc cref="SwarmRun.TraceHash"/>
    public ulong TraceHash { get; private set; } = 14695981039346656037;

    /// <inheritdoc cref="SwarmRun.Packets"/>
    public long Packets { get; private set; }

    /// <inheritdoc cref="SwarmRun.Lost"/>
    public long Lost { get; private set; }

    /// <summary>The last packets, one a line.</summary>
    public string Trace => string.Join('\n', _trace);

    private bool HasErrorDetection => run.Options.ErrorDetection != AlternateErrorDetection.None;

    /// <summary>A packet is sent.</summary>
    public void OnSent(Instant now, SimulatedNode from, in NetworkPath path, ReadOnlySpan<byte> datagram, bool isLost)
    {
        Count(now, path, datagram, isLost);
        capture?.Write(now, path, datagram, isLost ? "lost" : null);
        _trace.Enqueue($"{now} {from.Name} {(isLost ? "x" : ">")} {PacketText.Describe(datagram)}");
        if (_trace.Count > TraceLength)
        {
            _trace.Dequeue();
        }

        SwarmPeer peer = machines.Find(from, from == machines.Server ? path.Remote : from.Address, out AssociationOptions options);
        string? flaw = WireChecker.Check(datagram, Math.Max(options.PathMtu, options.MaximumPathMtu) - 28, HasErrorDetection);
        if (flaw is null && peer.Association is not null && PacketView.TryRead(datagram, out PacketView packet))
        {
            flaw = Check(peer, peer.Association, packet, path);
        }

        if (flaw is not null)
        {
            run.Flaw($"a packet of {from.Name} breaks a rule: {flaw}");
        }
    }

    /// <summary>A packet arrives.</summary>
    public void OnArrived(Instant now, SimulatedNode at, in NetworkPath path, ReadOnlySpan<byte> datagram, bool isLost)
    {
        if (PacketView.TryRead(datagram, out PacketView packet) && (HasErrorDetection || packet.HasValidChecksum()))
        {
            SwarmPeer peer = machines.Find(at, at == machines.Server ? path.Local : at.Address, out _);
            if (peer.Association is not { } association || IsOfPeer(association, path.Local))
            {
                peer.Windows.OnArrived(packet);
            }
        }
    }

    // What was on its way from an address when the peer's request to remove it came is of nobody any more (RFC 9260 §8.4).
    private static bool IsOfPeer(Association association, NetworkAddress source) =>
        (association.Extensions & Extensions.AddressReconfiguration) == 0 || association.GetPaths().Any(path => path.Path.Remote.IsSameHost(source));

    private static string? Check(SwarmPeer peer, Association association, in PacketView packet, in NetworkPath path)
    {
        AssociationStatistics statistics = association.GetStatistics();
        NetworkAddress remote = path.Remote;
        PathStatistics? taken = association.GetPaths().FirstOrDefault(known => known.Path.Remote.IsSameHost(remote));
        if (taken is { State: PathState.Unconfirmed } && !IsAllowedBeforeConfirmation(packet))
        {
            return $"more than a heartbeat goes to {taken.Path.Remote}, which was not verified";
        }

        if (!MayLeaveFrom(association, packet, path.Local))
        {
            return $"it leaves from {path.Local}, which the other side does not know yet or any more";
        }

        return ExtensionChecker.Check(packet, association.Extensions, association.Options) ?? peer.Windows.OnSent(packet, taken, statistics.PeerWindow, statistics.AbandonedBytes, statistics.LossProbes);
    }

    // RFC 5061 §5.3 F1: only ASCONF leaves from an address that the peer has not acknowledged.
    private static bool MayLeaveFrom(Association association, in PacketView packet, NetworkAddress local)
    {
        ChunkReader chunks = packet.Chunks;
        bool isOfChange = (association.Extensions & Extensions.AddressReconfiguration) == 0;
        while (!isOfChange && chunks.TryRead(out ChunkView chunk))
        {
            isOfChange = chunk.Type is ChunkType.Asconf or ChunkType.InitAck or ChunkType.Abort or ChunkType.ShutdownComplete;
        }

        return isOfChange || association.LocalAddresses is [] || association.LocalAddresses.Any(own => own.IsSameHost(local));
    }

    // RFC 9260 §5.4; and what is said to a stranger.
    private static bool IsAllowedBeforeConfirmation(in PacketView packet)
    {
        ChunkReader chunks = packet.Chunks;
        while (chunks.TryRead(out ChunkView chunk))
        {
            if (chunk.Type is not (ChunkType.Heartbeat or ChunkType.HeartbeatAck or ChunkType.Init or ChunkType.InitAck or ChunkType.Abort or ChunkType.ShutdownComplete
                or ChunkType.Auth or ChunkType.AsconfAck))
            {
                return false;
            }
        }

        return true;
    }

    private void Count(Instant now, in NetworkPath path, ReadOnlySpan<byte> datagram, bool isLost)
    {
        Packets++;
        Lost += isLost ? 1 : 0;
        Hash((ulong)now.Ticks);
        Hash((path.Remote.Port * 2ul) + (isLost ? 1ul : 0));
        foreach (byte value in datagram)
        {
            Hash(value);
        }
    }

    private void Hash(ulong value) => TraceHash = (TraceHash ^ value) * 1099511628211;
}
