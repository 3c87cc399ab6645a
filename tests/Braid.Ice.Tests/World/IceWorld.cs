using System;
using System.Collections.Generic;
using System.Linq;
using Braid.Core;
using Braid.Ice.Stun;
using Braid.Ice.Turn;
using Braid.Simulation;

namespace Braid.Ice.Tests.World;

/// <summary>Hosts, NATs and servers in virtual time. What is told to the peer takes time like what is sent.</summary>
internal sealed class IceWorld(ulong seed)
{
    private readonly PriorityQueue<Action, (Instant Due, long Number)> _agenda = new();
    private readonly List<IceHost> _hosts = [];
    private readonly Dictionary<NetworkAddress, Func<NetworkAddress, byte[], (NetworkAddress From, NetworkAddress To, byte[] Bytes)[]>> _servers = [];
    private readonly List<TurnServer> _turnServers = [];
    private readonly Dictionary<RelayServer, TurnServer> _streamServers = [];
    private readonly byte[] _buffer = new byte[1500];
    private long _number;
    private ushort _connections;

    public SeededRandom Random { get; } = new(seed);

    public Instant Now { get; private set; } = new(TimeSpan.TicksPerSecond);

    public TimeSpan Delay { get; set; } = TimeSpan.FromMilliseconds(20);

    public TimeSpan SignallingDelay { get; set; } = TimeSpan.FromMilliseconds(50);

    public TimeSpan SignallingJitter { get; set; }

    public double Loss { get; set; }

    public long Sent { get; private set; }

    /// <summary>Loses a datagram when it says so.</summary>
    public Func<NetworkPath, byte[], bool>? Filter { get; set; }

    /// <summary>Sees every datagram that leaves a host.</summary>
    public Action<IceHost, NetworkPath, byte[]>? Observer { get; set; }

    public IceHost Host(string name, IceRole role, Nat? nat, params string[] addresses) => Host(name, role, nat, IceOptions.Default, addresses);

    public IceHost Host(string name, IceRole role, Nat? nat, IceOptions options, params string[] addresses)
    {
        var host = new IceHost(name, new IceAgent(options, role, Random.Fork()), nat, [.. addresses.Select(Bytes.Address)]) { IsLite = options.IsLite };
        _hosts.Add(host);
        return host;
    }

    public NetworkAddress StunServer(string address)
    {
        NetworkAddress at = Bytes.Address(address);
        _servers[at] = (from, bytes) =>
        {
            byte[] answer = new byte[200];
            int length = StunView.TryRead(bytes, out StunView request) ? StunBinding.Answer(request, from, answer) : 0;
            return length == 0 ? [] : [(at, from, answer[..length])];
        };
        return at;
    }

    /// <summary>A server of any kind.</summary>
    public void Server(NetworkAddress at, Func<NetworkAddress, byte[], (NetworkAddress From, NetworkAddress To, byte[] Bytes)[]> answer) =>
        _servers[at] = answer;

    /// <summary>A TURN server, which also answers Binding requests, and all addresses that it may lend.</summary>
    public TurnServer TurnServer(string address)
    {
        var server = new TurnServer(Bytes.Address(address), () => Now);
        _turnServers.Add(server);
        return server;
    }

    /// <summary>Has a host borrow an address.</summary>
    public TurnAllocation Borrow(IceHost host, TurnServer server, string password = "pass", TurnOptions? options = null)
    {
        options ??= new TurnOptions { Username = "user", Password = password };
        var allocation = new TurnAllocation(options, new NetworkPath(host.Addresses[0], server.Address), Random.Fork());
        host.Agent.AddRelay(Now, allocation);
        return allocation;
    }

    /// <summary>Has a host borrow an address over a TCP connection, which takes a round trip to open.</summary>
    public RelayServer BorrowOverTcp(IceHost host, TurnServer server)
    {
        var wanted = new RelayServer("the server");
        _streamServers[wanted] = server;
        host.Agent.AddRelay(Now, wanted);
        return wanted;
    }

    /// <summary>Gives a host its candidates and has both tell each other everything.</summary>
    public void Introduce(IceHost a, IceHost z)
    {
        a.Peer = z;
        z.Peer = a;
        TellCredentials(a, z);
        TellCredentials(z, a);
    }

    public void TellCredentials(IceHost from, IceHost to)
    {
        IceCredentials credentials = from.Agent.LocalCredentials;
        bool isLite = from.IsLite;
        Schedule(SignallingDelay, () => to.Agent.SetRemoteCredentials(Now, credentials, isLite));
    }

    public void Gather(IceHost host, params NetworkAddress[] servers)
    {
        IReadOnlyList<int> preferences = CandidatePriority.LocalPreferences(host.Addresses);
        for (int index = 0; index < host.Addresses.Count; index++)
        {
            host.Agent.AddHostCandidate(Now, host.Addresses[index], preferences[index]);
        }

        foreach (NetworkAddress server in servers)
        {
            host.Agent.AddServer(Now, server);
        }

        host.Agent.Gather(Now);
    }

    public void Schedule(TimeSpan delay, Action action) => _agenda.Enqueue(action, (Now + delay, _number++));

    /// <summary>Runs until something holds; false when it does not within the time.</summary>
    public bool RunUntil(Func<bool> condition, double seconds = 60)
    {
        Instant end = Now + TimeSpan.FromSeconds(seconds);
        int steps = 0;
        while (true)
        {
            Drain();
            if (condition())
            {
                return true;
            }

            Instant next = _agenda.TryPeek(out _, out (Instant Due, long Number) due) ? due.Due : Instant.Never;
            foreach (IceHost host in _hosts)
            {
                next = Instant.Min(next, host.Agent.NextTimeout);
            }

            if (next > end)
            {
                Now = end;
                return false;
            }

            Assert.True(++steps < 200_000, "the world does not come to rest");
            Now = Instant.Max(Now, next);
            while (_agenda.TryPeek(out _, out due) && due.Due <= Now)
            {
                _agenda.Dequeue()();
                Drain();
            }

            foreach (IceHost host in _hosts)
            {
                host.Agent.HandleTimeout(Now);
            }
        }
    }

    public void Run(double seconds) => RunUntil(() => false, seconds);

    public bool Connect(IceHost a, IceHost z, double seconds = 60) => RunUntil(() => a.IsConnected && z.IsConnected, seconds);

    /// <summary>Sends data over the chosen pair.</summary>
    public bool SendData(IceHost from, byte[] data)
    {
        if (!from.Agent.TryWrap(Now, data, _buffer, out OutgoingDatagram datagram, out _))
        {
            return false;
        }

        Transmit(from, datagram.Path, _buffer[..datagram.Length]);
        return true;
    }

    /// <summary>A datagram that a host receives, from wherever.</summary>
    public void Inject(IceHost to, NetworkPath path, byte[] bytes)
    {
        IceTransport transport = to.Connections.Contains(path.Local) ? IceTransport.Tcp : IceTransport.Udp;
        if (to.Agent.TryUnwrap(Now, transport, path, bytes, out ReadOnlySpan<byte> data, out _))
        {
            to.Received.Add(data.ToArray());
        }
    }

    private void Drain()
    {
        bool isBusy = true;
        for (int round = 0; isBusy; round++)
        {
            Assert.True(round < 10_000, "a host never ends to send");
            isBusy = false;
            foreach (IceHost host in _hosts)
            {
                while (host.Agent.TryGetDatagram(Now, _buffer, out OutgoingDatagram datagram))
                {
                    isBusy = true;
                    Transmit(host, datagram.Path, _buffer[..datagram.Length]);
                }

                while (host.Agent.TryGetEvent(out IceEvent? raised))
                {
                    isBusy = true;
                    host.Events.Add(raised);
                    OnEvent(host, raised);
                }

                while (host.Agent.TryGetLogRecord(out IceLogRecord? record))
                {
                    host.Log.Add(record);
                }
            }
        }
    }

    private void OnEvent(IceHost host, IceEvent raised)
    {
        switch (raised)
        {
            case IceEvent.StateChanged changed:
                host.States.Add(changed.State);
                break;
            case IceEvent.CandidateFound found when host is { Peer: { } peer, Trickles: true }:
                // As text, as it would travel; of the generation that it belongs to.
                string text = found.Candidate.ToString();
                string ufrag = host.Agent.LocalCredentials.UsernameFragment;
                TimeSpan delay = SignallingDelay + Random.NextTimeSpan(SignallingJitter + TimeSpan.FromTicks(1));
                Schedule(delay, () =>
                {
                    Assert.True(IceCandidate.TryParse(text, out IceCandidate? candidate));
                    if (peer.Agent.RemoteCredentials is not { } known || known.UsernameFragment == ufrag)
                    {
                        peer.Agent.AddRemoteCandidate(Now, candidate);
                    }
                });
                break;
            case IceEvent.RelayWanted wanted:
                Schedule(2 * Delay, () => Connect(host, wanted.Server));
                break;
            case IceEvent.RelayReleased released:
                host.Connections.Remove(released.Relay.ServerPath.Local);
                host.Addresses.Remove(released.Relay.ServerPath.Local);
                break;
            case IceEvent.GatheringCompleted when host is { Peer: { } peer, Trickles: true }:
                Schedule(SignallingDelay + SignallingJitter + TimeSpan.FromTicks(2), () => peer.Agent.EndRemoteCandidates(Now));
                break;
        }
    }

    private void Connect(IceHost host, RelayServer wanted)
    {
        TurnAllocation? relay = null;
        if (!host.IsRefused)
        {
            NetworkAddress local = host.Addresses[0].WithPort((ushort)(30_000 + ++_connections));
            host.Addresses.Add(local);
            host.Connections.Add(local);
            var options = new TurnOptions { Username = "user", Password = "pass", IsStream = true };
            relay = new TurnAllocation(options, new NetworkPath(local, _streamServers[wanted].Address), Random.Fork());
            host.StreamRelays.Add(relay);
        }

        host.Agent.CompleteRelay(Now, wanted, relay);
    }

    private void Transmit(IceHost sender, NetworkPath path, byte[] bytes)
    {
        Sent++;
        Observer?.Invoke(sender, path, bytes);
        if (!sender.Has(path.Local))
        {
            throw new InvalidOperationException($"{sender.Name} sends from {path.Local}, which it does not have.");
        }

        if (Filter?.Invoke(path, bytes) == true)
        {
            return;
        }

        // In the same private network?
        IceHost? neighbour = _hosts.Find(host => host != sender && host.Nat == sender.Nat && host.Has(path.Remote));
        if (neighbour is not null)
        {
            Post(() => Inject(neighbour, new NetworkPath(path.Remote, path.Local), bytes));
            return;
        }

        // IPv6 goes around NATs.
        NetworkAddress source = sender.Nat is null || path.Local.Family == NetworkFamily.IPv6 ? path.Local : sender.Nat.Outward(path.Local, path.Remote);
        Post(() => Deliver(source, path.Remote, bytes, sender.Nat));
    }

    private void Deliver(NetworkAddress from, NetworkAddress to, byte[] bytes, Nat? behind)
    {
        if (_servers.TryGetValue(to, out Func<NetworkAddress, byte[], (NetworkAddress From, NetworkAddress To, byte[] Bytes)[]>? server))
        {
            foreach ((NetworkAddress source, NetworkAddress target, byte[] answer) in server(from, bytes))
            {
                Post(() => Deliver(source, target, answer, null));
            }

            return;
        }

        foreach (TurnServer turn in _turnServers)
        {
            if (turn.Address == to || turn.Allocations.Any(allocation => allocation.Relayed.Contains(to)))
            {
                foreach ((NetworkAddress source, NetworkAddress target, byte[] answer) in turn.Handle(from, to, bytes))
                {
                    Post(() => Deliver(source, target, answer, null));
                }

                return;
            }
        }

        foreach (IceHost host in _hosts)
        {
            if ((host.Nat is null || to.Family == NetworkFamily.IPv6) && host.Has(to))
            {
                Inject(host, new NetworkPath(to, from), bytes);
                return;
            }

            if (host.Nat is { } nat && nat.PublicHost.IsSameHost(to) && (nat != behind || nat.Hairpins)
                && nat.TryInward(from, to.Port, out NetworkAddress inside) && host.Has(inside))
            {
                Inject(host, new NetworkPath(inside, from), bytes);
                return;
            }
        }
    }

    private void Post(Action action)
    {
        if (Random.NextDouble() >= Loss)
        {
            Schedule(Delay, action);
        }
    }
}
