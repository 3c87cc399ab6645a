using System;
using Braid.Core;
using Braid.Sctp.Wire;

namespace Braid.Sctp;

/// <summary>
/// Drives the <see cref="PathMtuSearch"/> of each path (RFC 8899 §6.2): HEARTBEAT and PAD make a probe, HEARTBEAT ACK confirms it.
/// Nothing is searched for before a packet was full: who sends short messages never needs to know.
/// </summary>
internal readonly struct PathMtuDiscovery(AssociationContext context, PathSet paths)
{
    private const int LeastIPv4Mtu = 68;                     // §4.6.2
    private const int LeastIPv6Mtu = 1280;

    /// <summary>A packet left no room for more: larger ones would be of use. All paths are searched, for a chunk must fit all (RFC 9260 §6.9).</summary>
    public void OnFullPacket()
    {
        for (int i = 0; i < paths.Count; i++)
        {
            Path path = paths[i];
            if (path.Mtu is { HasBegun: true } || path.Options.Mtu is not null || path.State != PathState.Active || Maximum <= path.Size)
            {
                continue;
            }

            path.BeginMtuSearch(Maximum);
            paths.MayProbe = true;
        }
    }

    /// <summary>The path that a probe is to be sent on now.</summary>
    public Path? WantsProbe()
    {
        for (int i = 0; paths.MayProbe && i < paths.Count; i++)
        {
            if (paths[i] is { Mtu.WantsProbe: true, IsConfirmed: true, Options.Mtu: null })
            {
                return paths[i];
            }
        }

        paths.MayProbe = false;
        return null;
    }

    /// <summary>Writes a probe: HEARTBEAT, and PAD to the end of the packet (§6.2.1.2).</summary>
    /// <param name="packet">Empty, and as long as the probe is to be.</param>
    /// <param name="path">What <see cref="WantsProbe"/> said.</param>
    public void WriteProbe(ref PacketWriter packet, Path path)
    {
        Span<byte> info = stackalloc byte[HeartbeatProber.InfoLength];
        ulong nonce = context.Random.NextUInt64();
        HeartbeatProber.Write(info, path.Index, nonce, context.Now);
        bool fits = HeartbeatChunk.Write(ref packet, info);
        Invariant.Check(fits, "a probe is too small for a heartbeat");
        PadChunk.Fill(ref packet);
        context.Timers.Start(Timer(path), context.Now + path.Mtu!.OnProbeSent(nonce, path.Rto.Current));
    }

    /// <summary>PROBE_TIMER or PMTU_RAISE_TIMER of a path has expired (§5.1.1).</summary>
    public void OnTimer(Path path)
    {
        if (path.Mtu is not { } search)
        {
            return;
        }

        if (search.OnTimer(Maximum))
        {
            StartRaiseTimer(path);
        }

        paths.MayProbe |= search.WantsProbe;
    }

    /// <summary>Takes in a HEARTBEAT ACK that answers no heartbeat of <see cref="PathMonitor"/>.</summary>
    /// <returns>The path whose probe it answers; null when it answers none.</returns>
    public Path? OnHeartbeatAck(in HeartbeatAckChunk answer)
    {
        if (!HeartbeatProber.TryRead(answer.Info, out int index, out ulong nonce, out _) || index >= paths.Count
            || paths[index].Mtu is not { } search || !search.TryConfirm(nonce, Maximum, out bool isDone))
        {
            return null;
        }

        Path path = paths[index];
        context.Timers.Stop(Timer(path));
        if (isDone)
        {
            StartRaiseTimer(path);
        }

        paths.MayProbe |= search.WantsProbe;
        paths.OnSizeChanged(path);
        return path;
    }

    /// <summary>The Cumulative TSN Ack Point has moved.</summary>
    public void OnProgress()
    {
        for (int i = 0; i < paths.Count; i++)
        {
            paths[i].Mtu?.OnProgress();
        }
    }

    /// <summary>T3-rtx of a path has expired.</summary>
    public void OnTimeout(Path path)
    {
        path.Mtu ??= new PathMtuSearch(path.Options.Mtu is null ? path.Size : context.Options.PathMtu);          // base-sized packets may disappear, too
        if (path.Mtu.OnTimeout())
        {
            context.Timers.Stop(Timer(path));
            if (path.Mtu.IsInError)
            {
                StartRaiseTimer(path);
            }

            paths.OnSizeChanged(path);
        }
    }

    /// <summary>A router, or a device of our own, says how large a packet may be (§4.6.2).</summary>
    /// <param name="path">On which path.</param>
    /// <param name="mtu">Bytes, IP header included; 0 where that was not said.</param>
    public void OnPacketTooBig(Path path, int mtu)
    {
        int least = path.Address.Remote.Family == NetworkFamily.IPv6 ? LeastIPv6Mtu : LeastIPv4Mtu;
        if (mtu < least)
        {
            return;                                          // an old router, or a forger: time will tell
        }

        path.Mtu ??= new PathMtuSearch(path.Options.Mtu is null ? path.Size : context.Options.PathMtu);
        if (path.Mtu.OnPacketTooBig(mtu, Maximum))
        {
            context.Timers.Stop(Timer(path));
            if (!path.Mtu.WantsProbe)
            {
                StartRaiseTimer(path);
            }

            paths.MayProbe |= path.Mtu.WantsProbe;
            paths.OnSizeChanged(path);
        }
    }

    private int Maximum => context.Options.MaximumPathMtu;

    private void StartRaiseTimer(Path path) => context.Timers.Start(Timer(path), context.Now + PathMtuSearch.RaiseInterval);

    private static TimerId Timer(Path path) => new(TimerKind.PathMtu, path.Index);
}
