using System;
using System.Collections.Generic;
using System.Linq;
using Braid.Core;
using Braid.Ice;
using Braid.Ice.Stun;
using Braid.Ice.Turn;
using Braid.WebRtc.Dcep;
using Braid.WebRtc.Peer;

namespace Braid.Simulation;

/// <summary>
/// Two or more WebRTC peers, NATs and servers in virtual time. What peers tell each other goes over a signalling channel that loses nothing;
/// everything else over links that may. The same seed gives the same world.
/// </summary>
internal sealed class PeerWorld(ulong seed)
{
    private const int StepsAtOnce = 100_000;

    private readonly PriorityQueue<Action, (Instant Due, long Number)> _planned = new();
    private readonly List<PeerHost> _hosts = [];
    private readonly List<NetworkAddress> _stunServers = [];
    private readonly List<TurnServer> _turnServers = [];
    private readonly byte[] _buffer = new byte[65_507];
    private long _number;

    public SeededRandom Random { get; } = new(seed);

    /// <summary>Virtual time. Begins at one second, so that "never happened" is a time of its own.</summary>
    public Instant Now { get; private set; } = new(TimeSpan.TicksPerSecond);

    public TimeSpan SignallingDelay { get; set; } = TimeSpan.FromMilliseconds(50);

    public IReadOnlyList<PeerHost> Hosts => _hosts;

    /// <summary>Loses what it says, between a host and the rest.</summary>
    public Func<PeerHost, NetworkPath, byte[], bool>? Filter { get; set; }

    /// <summary>Adds a host. Its sessions are transparent ones, unless others are made.</summary>
    public PeerHost Add(
        string name, Nat? nat, LinkModel outgoing, bool isPolite, ReadOnlySpan<NetworkAddress> addresses,
        Func<PeerOptions, PeerOptions>? change = null)
    {
        var certificate = new byte[64];
        Random.Fork().Fill(certificate);
        var options = new PeerOptions
        {
            Fingerprints = [TransparentSession.FingerprintOf(certificate)],
            Sessions = (role, fingerprints) => new TransparentSession(role, certificate, fingerprints),
        };
        var core = new PeerCore(change is null ? options : change(options), Random.Fork());
        var host = new PeerHost(name, core, nat, new SimulatedLink(outgoing, Random.Fork()), [.. addresses]) { IsPolite = isPolite };
        _hosts.Add(host);
        return host;
    }

    /// <summary>A STUN server, on a host of its own.</summary>
    public void AddStunServer(in NetworkAddress address) => _stunServers.Add(address);

    /// <summary>A TURN server, which also answers Binding requests, and all addresses that it may lend.</summary>
    public TurnServer AddTurnServer(in NetworkAddress address)
    {
        var server = new TurnServer(address, () => Now);
        _turnServers.Add(server);
        return server;
    }

    /// <summary>Has two peers hear what the other one tells.</summary>
    public static void Introduce(PeerHost a, PeerHost z)
    {
        a.Other = z;
        z.Other = a;
    }

    public void Plan(TimeSpan delay, Action action) => _planned.Enqueue(action, (Now + delay, _number++));

    /// <summary>Runs until something holds.</summary>
    /// <returns>False when it does not within the time.</returns>
    public bool RunUntil(Func<bool> condition, TimeSpan limit)
    {
        Instant end = Now + limit;
        Instant last = Now;
        for (int steps = 0; ; steps++)
        {
            Drain();
            if (condition())
            {
                return true;
            }

            Instant next = NextEvent();
            if (next > end)
            {
                Now = end;
                return false;
            }

            steps = next > last + TimeSpan.FromMilliseconds(1) ? 0 : steps;
            last = steps == 0 ? next : last;
            if (steps > StepsAtOnce)
            {
                throw new ScenarioException("The world does not come to rest.");
            }

            AdvanceTo(next);
        }
    }

    public void Run(TimeSpan time) => RunUntil(static () => false, time);

    private Instant NextEvent()
    {
        Instant next = _planned.TryPeek(out _, out (Instant Due, long Number) planned) ? planned.Due : Instant.Never;
        foreach (PeerHost host in _hosts)
        {
            next = Instant.Min(next, Instant.Min(host.Core.NextDeadline, host.Outgoing.NextArrival));
        }

        return next;
    }

    private void AdvanceTo(Instant instant)
    {
        Now = Instant.Max(Now, instant);
        while (_planned.TryPeek(out Action? action, out (Instant Due, long Number) planned) && planned.Due <= Now)
        {
            _planned.Dequeue();
            action();
        }

        foreach (PeerHost host in _hosts)
        {
            while (host.Outgoing.TryReceive(Now, out NetworkPath path, out ReadOnlyMemory<byte> datagram, out EcnCodepoint ecn))
            {
                Deliver(path.Local, path.Remote, datagram.ToArray(), host.Nat, ecn);
            }
        }

        foreach (PeerHost host in _hosts)
        {
            if (host.Core.NextDeadline <= Now)
            {
                host.Core.OnTimer(Now);
            }
        }
    }

    private void Drain()
    {
        foreach (PeerHost host in _hosts)
        {
            bool isBusy = true;
            for (int round = 0; isBusy; round++)
            {
                if (round > StepsAtOnce)
                {
                    throw new ScenarioException($"{host.Name} never ends to send.");
                }

                isBusy = false;
                while (host.Core.TryTake(Now, out PeerOutput output))
                {
                    isBusy = true;
                    Take(host, output);
                }

                host.Work?.Invoke(host);
                while (host.Core.TryGetBatch(Now, _buffer, out OutgoingBatch batch))
                {
                    isBusy = true;
                    Send(host, batch);
                }

                while (host.Core.TryGetLogRecord(out IceLogRecord? record))
                {
                    host.Log.Add(record.ToString());
                }
            }
        }
    }

    private void Take(PeerHost host, in PeerOutput output)
    {
        if (output.Event is null)
        {
            host.Received?.Invoke(output.Message);
            output.Message.Source.Dispose();
            return;
        }

        host.Events.Add(output.Event);
        switch (output.Event)
        {
            case PeerEvent.GatheringWanted:
                Gather(host);
                break;
            case PeerEvent.ChannelChanged { Change: ChannelEvent.Opened opened }:
                host.Open.Add(opened.Channel);
                break;
            case PeerEvent.ChannelChanged { Change: ChannelEvent.Closed closed }:
                host.Open.Remove(closed.Channel);
                break;
            default:
                PeerSignalling.OnEvent(this, host, output.Event);
                break;
        }
    }

    private void Gather(PeerHost host)
    {
        IReadOnlyList<int> preferences = CandidatePriority.LocalPreferences(host.Addresses);
        for (int i = 0; i < host.Addresses.Count && !host.IsRelayOnly; i++)
        {
            host.Core.AddHostCandidate(Now, host.Addresses[i], preferences[i]);
        }

        foreach (NetworkAddress server in host.StunServers)
        {
            host.Core.AddServer(Now, server);
        }

        foreach (TurnServer server in host.TurnServers)
        {
            var options = new TurnOptions { Username = server.Username, Password = server.Password };
            host.Core.AddRelay(Now, new TurnAllocation(options, new NetworkPath(host.Addresses[0], server.Address), Random.Fork()));
        }

        host.Core.Gather(Now);
    }

    // The datagrams of a batch are of one size, but for the last one: else a socket would cut them elsewhere.
    private void Send(PeerHost host, in OutgoingBatch batch)
    {
        host.Batches++;
        if (batch.Length > _buffer.Length || batch.SegmentLength <= 0 || batch.SegmentLength > batch.Length)
        {
            throw new ScenarioException($"{host.Name} has made a batch of {batch.Length} bytes in segments of {batch.SegmentLength}.");
        }

        for (int offset = 0; offset < batch.Length; offset += batch.SegmentLength)
        {
            host.Datagrams++;
            byte[] bytes = _buffer[offset..Math.Min(batch.Length, offset + batch.SegmentLength)];
            NetworkAddress local = batch.Path.Local;
            if (!host.Has(local))
            {
                continue;                                    // an address that the host had: the socket is gone
            }

            NetworkAddress source = host.Nat is null || local.Family == NetworkFamily.IPv6 || IsNeighbour(host, batch.Path.Remote)
                ? local : host.Nat.Outward(local, batch.Path.Remote);
            if (Filter?.Invoke(host, batch.Path, bytes) != true)
            {
                host.Outgoing.Send(Now, new NetworkPath(source, batch.Path.Remote), bytes, batch.MayBeFragmented, batch.Ecn);
            }
        }
    }

    private bool IsNeighbour(PeerHost host, NetworkAddress remote) => _hosts.Exists(other => other != host && other.Nat == host.Nat && other.Has(remote));

    private void Deliver(NetworkAddress from, NetworkAddress to, byte[] bytes, Nat? behind, EcnCodepoint ecn)
    {
        if (_stunServers.Contains(to))
        {
            var answer = new byte[200];
            int length = StunView.TryRead(bytes, out StunView request) ? StunBinding.Answer(request, from, answer) : 0;
            if (length > 0)
            {
                Plan(TimeSpan.FromMilliseconds(10), () => Deliver(to, from, answer[..length], null, default));
            }

            return;
        }

        foreach (TurnServer turn in _turnServers)
        {
            if (turn.Address == to || turn.Allocations.Any(allocation => allocation.Relayed.Contains(to)))
            {
                foreach ((NetworkAddress source, NetworkAddress target, byte[] relayed) in turn.Handle(from, to, bytes))
                {
                    Plan(TimeSpan.FromMilliseconds(10), () => Deliver(source, target, relayed, null, default));
                }

                return;
            }
        }

        foreach (PeerHost host in _hosts)
        {
            bool isReachable = host.Nat is null || host.Nat == behind || to.Family == NetworkFamily.IPv6;
            if (isReachable && host.Has(to))
            {
                host.Core.Receive(Now, IceTransport.Udp, new NetworkPath(to, from), bytes, ecn);
                return;
            }

            if (host.Nat is { } nat && nat.PublicHost.IsSameHost(to) && (nat != behind || nat.Hairpins)
                && nat.TryInward(from, to.Port, out NetworkAddress inside) && host.Has(inside))
            {
                host.Core.Receive(Now, IceTransport.Udp, new NetworkPath(inside, from), bytes, ecn);
                return;
            }
        }
    }
}
