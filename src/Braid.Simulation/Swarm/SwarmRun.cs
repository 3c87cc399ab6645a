using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using Braid.Core;
using Braid.Sctp;
using Braid.Sctp.Wire;

namespace Braid.Simulation;

/// <summary>
/// Lives through one <see cref="SwarmOptions"/>: set up, load in both directions, faults, healing, shutdown. Checks every
/// packet and every message, and in the end that nothing is left.
/// </summary>
public sealed class SwarmRun
{
    private const ushort Port = 5001;
    private const int TraceLength = 40;
    private const int FlapCount = 10;

    private static readonly NetworkAddress s_server = NetworkAddress.FromIPv4([10, 0, 0, 200], 9899);
    private static readonly NetworkAddress s_secondServer = NetworkAddress.FromIPv4([10, 0, 1, 200], 9899);
    private static readonly TimeSpan s_reconnectDelay = TimeSpan.FromMilliseconds(100);

    private readonly World _world;
    private readonly PcapNgWriter? _capture;
    private readonly SimulatedNode _server;
    private readonly List<SwarmPeer> _clients = [];          // the i-th client, and
    private readonly List<SwarmPeer> _servers = [];          // the server's side of its conversation
    private readonly List<Endpoint> _crashed = [];
    private readonly Queue<string> _trace = new();
    private string? _flaw;
    private bool _isHealed;
    private bool _isClosing;

    private SwarmRun(SwarmOptions options, PcapNgWriter? capture)
    {
        Options = options;
        _capture = capture;
        _world = new World(options.Seed);
        _server = _world.Add("Z", [s_server, s_secondServer], NewServer(), LinkModel.Perfect);
        _server.Application = LiveServer;
        for (int i = 0; i < options.Clients.Count; i++)
        {
            Add(i, options.Clients[i]);
        }

        _world.Sent = OnSent;
        _world.Arrived = OnArrived;
    }

    /// <summary>What is lived through.</summary>
    public SwarmOptions Options { get; }

    /// <summary>A number that differs when any packet that is sent differs: when, where to, its bytes, whether it is lost.</summary>
    public ulong TraceHash { get; private set; } = 14695981039346656037;

    /// <summary>Packets that were sent.</summary>
    public long Packets { get; private set; }

    /// <summary>Packets that were lost.</summary>
    public long Lost { get; private set; }

    /// <summary>Resets of streams and of associations that were done, and streams that were added, as both sides were told (RFC 6525).</summary>
    public long Reconfigured { get; internal set; }

    /// <summary>Virtual time that passed.</summary>
    public TimeSpan Duration => _world.Now - new Instant(TimeSpan.TicksPerSecond);

    /// <summary>Whether associations may end before they are shut down.</summary>
    internal bool MayBreak { get; private set; }

    private Endpoint Server => (Endpoint)_server.Machine;

    /// <summary>Runs a world to its end.</summary>
    /// <param name="options">The world.</param>
    /// <param name="capture">Receives every packet; null for none.</param>
    /// <exception cref="ScenarioException">Something is not as it must be; the message has the seed and the last packets.</exception>
    public static SwarmRun Run(SwarmOptions options, PcapNgWriter? capture = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        var run = new SwarmRun(options, capture);
        try
        {
            run.Live();
        }
#pragma warning disable CA1031 // Whatever is thrown is a bug, and belongs to its seed.
        catch (Exception exception) when (exception is not ScenarioException)
#pragma warning restore CA1031
        {
            throw run.Failure($"an exception: {exception}");
        }

        return run;
    }

    /// <summary>Something is not as it must be. The first one counts.</summary>
    internal void Flaw(string what) => _flaw ??= what;

    private void Live()
    {
        foreach (Fault fault in Options.Faults)
        {
            _world.Plan(_world.Now + fault.At, () => Begin(fault));
        }

        _world.Plan(_world.Now + Options.Later, Reconfigure);
        for (int round = 0; round < Options.Rounds; round++)
        {
            Open();
            if (round == 0)
            {
                _world.RunUntil(() => _flaw is not null, Options.Chaos);
            }

            if (Options.ClosesEarly && !MayBreak)
            {
                ReadOn();
                Require(() => Pairs().All(pair => pair.Client.HasSent && pair.Server.HasSent), "not everything was sent after the faults had ended");
            }
            else
            {
                Heal();
                Require(() => Pairs().All(pair => pair.Client.HasDelivered && pair.Server.HasDelivered), "not everything was delivered after the network had healed");
            }

            Close();
            CheckLeftovers();
        }
    }

    private void Open()
    {
        _isClosing = false;
        for (int i = 0; i < _clients.Count; i++)
        {
            int client = i;
            SwarmClient options = Options.Clients[i];
            _clients[i].Forget();
            _servers[i].Forget();
            _clients[i].Load(options.MessagesThere);
            _servers[i].Load(options.MessagesBack);
            if (Options.Opening == SwarmOpening.ServerAwaits)
            {
                Await(i);
            }

            _world.Plan(_world.Now + options.Start, () => Connect(client));
            if (Options.Opening == SwarmOpening.BothOpen)
            {
                _world.Plan(_world.Now + options.Start, () => ConnectFromServer(client));
            }
        }
    }

    private void Heal()
    {
        _isHealed = true;
        _world.Heal();
        ReadOn();
    }

    private void ReadOn()
    {
        foreach ((SwarmPeer client, SwarmPeer server) in Pairs())
        {
            client.IsReading = true;
            server.IsReading = true;
        }
    }

    private void Close()
    {
        _isClosing = true;
        for (int i = 0; i < _clients.Count; i++)
        {
            if ((Options.Clients[i].Closers & 1) != 0)
            {
                _clients[i].Association!.Shutdown(_world.Now);
            }

            if ((Options.Clients[i].Closers & 2) != 0)
            {
                _servers[i].Association!.Shutdown(_world.Now);
            }
        }

        Require(() => Pairs().All(pair => pair.Client.Ended is not null && pair.Server.Ended is not null), "not every association has closed");
        Require(() => _world.OnTheWay == 0, "packets go on after the end");
        foreach ((SwarmPeer client, SwarmPeer server) in Pairs())
        {
            if (client.Ended!.Reason != CloseReason.Shutdown || server.Ended!.Reason != CloseReason.Shutdown)
            {
                Flaw($"{client.Name} closed by {client.Ended.Reason}, the server's side by {server.Ended!.Reason}");
            }
            else if (!MayBreak && (client.CheckGivenUp() ?? server.CheckGivenUp()) is { } lost)
            {
                Flaw(lost);
            }
            else if (client.Missing + server.Missing > 0)
            {
                Flaw($"{client.Name} was shut down, and {client.Missing} messages there and {server.Missing} back are missing");
            }
        }
    }

    private void CheckLeftovers()
    {
        foreach ((SwarmPeer client, SwarmPeer server) in Pairs())
        {
            if ((client.CheckLeftovers() ?? server.CheckLeftovers()) is { } kept)
            {
                Flaw(kept);
            }
        }

        foreach (SimulatedNode node in _world.Nodes)
        {
            var endpoint = (Endpoint)node.Machine;
            if (endpoint.Buffers.Rented != 0 || endpoint.AssociationCount != 0 || !endpoint.NextTimeout.IsNever)
            {
                Flaw($"{node.Name} keeps {endpoint.Buffers.Rented} buffers, {endpoint.AssociationCount} associations, a timer at {endpoint.NextTimeout}");
            }
        }

        HashSet<DropReason> allowed = AllowedDrops();
        foreach (Endpoint endpoint in _world.Nodes.Select(node => (Endpoint)node.Machine).Concat(_crashed))
        {
            if (DropChecker.Check(endpoint.Drops, allowed) is { } surprise)
            {
                Flaw(surprise);
            }
        }

        ThrowIfFlawed();
    }

    private HashSet<DropReason> AllowedDrops()
    {
        // What an imperfect network brings about by itself: too late, twice, after the end, or into a full window.
        HashSet<DropReason> allowed =
        [
            DropReason.DuplicateData, DropReason.OutdatedSack, DropReason.OutsideWindow, DropReason.UnexpectedChunk,
            DropReason.OutOfTheBlue, DropReason.BadHeartbeatAck, DropReason.Reneged, DropReason.BadVerificationTag, DropReason.StaleCookie,
            DropReason.BadCookie, DropReason.OutdatedForwardTsn,
        ];
        if (Options.Clients.Any(client => client.There.Corruption > 0 || client.Back.Corruption > 0))
        {
            allowed.Add(DropReason.BadChecksum);
        }

        return allowed;
    }

    private bool HasErrorDetection => Options.ErrorDetection != AlternateErrorDetection.None;

    private IEnumerable<(SwarmPeer Client, SwarmPeer Server)> Pairs() => _clients.Zip(_servers);

    // ---- Machines ----
    private void Add(int index, SwarmClient options)
    {
        string name = index == 0 ? "A" : $"A{index + 1}";
        NetworkAddress address = NetworkAddress.FromIPv4([10, 0, 0, (byte)(index + 1)], 9899);
        SimulatedNode node = _world.Add(name, address, NewClient(options), options.There);
        _world.Connect(_server, address, options.Back);
        if (options.HasSecondPath)
        {
            _world.Connect(node, s_secondServer, options.There);
        }

        var client = new SwarmPeer(this, _world, name, node, (Options.Seed << 8) + (2 * (ulong)index));
        var server = new SwarmPeer(this, _world, $"Z for {name}", _server, (Options.Seed << 8) + (2 * (ulong)index) + 1);
        (client.Other, server.Other) = (server, client);
        _clients.Add(client);
        _servers.Add(server);
        node.Application = now => LiveClient(now, index);
    }

    private Endpoint NewClient(SwarmClient options) => new(
        new EndpointOptions
        {
            LocalPort = Port,
            Association = options.Options,
            AcceptsAssociations = Options.Opening == SwarmOpening.BothOpen,
            ErrorDetection = Options.ErrorDetection,
            CarriesEcn = Options.CarriesEcn,
        },
        _world.NewRandom());

    private Endpoint NewServer() => new(
        new EndpointOptions
        {
            LocalPort = Port,
            Association = Options.Server,
            AcceptsAssociations = Options.Opening != SwarmOpening.ServerAwaits,
            ErrorDetection = Options.ErrorDetection,
            CarriesEcn = Options.CarriesEcn,
            LocalAddresses = Options.Clients.Any(client => client.HasSecondPath) ? [s_server, s_secondServer] : [],
        },
        _world.NewRandom());

    private void Connect(int client)
    {
        SwarmPeer peer = _clients[client];
        var endpoint = (Endpoint)peer.Node.Machine;
        if (endpoint.AssociationCount > 0)
        {
            return;                                          // the other side was faster
        }

        NetworkAddress local = peer.Node.Address;
        NetworkPath[] paths = Options.Clients[client].HasSecondPath
            ? [new NetworkPath(local, s_server), new NetworkPath(local, s_secondServer)]
            : [new NetworkPath(local, s_server)];
        peer.Begin(endpoint.Connect(_world.Now, Port, paths, Options.Clients[client].Options));
    }

    private void ConnectFromServer(int client)
    {
        SimulatedNode node = _clients[client].Node;
        if (_servers[client].Association is null || _servers[client].Ended is not null)
        {
            _servers[client].Begin(Server.Connect(
                _world.Now, Port, new NetworkPath(s_server, node.Address.WithPort(node.PublicPort)), Options.Server));
        }
    }

    private void Reconfigure()
    {
        for (int i = 0; i < _clients.Count; i++)
        {
            if (Options.Clients[i].LaterOptions is { } later)
            {
                _clients[i].Association?.Reconfigure(_world.Now, later);
            }

            if (Options.LaterServer is { } laterServer)
            {
                _servers[i].Association?.Reconfigure(_world.Now, laterServer);
            }
        }
    }

    private void Await(int client)
    {
        if (_servers[client].Association is not null)
        {
            return;                                          // it crashed meanwhile, and awaits already
        }

        SimulatedNode node = _clients[client].Node;
        _servers[client].Begin(Server.Listen(Port, new NetworkPath(s_server, node.Address.WithPort(node.PublicPort)), Options.Server));
    }

    // ---- Applications ----
    private void LiveClient(Instant now, int index)
    {
        SwarmPeer peer = _clients[index];
        Collect((Endpoint)peer.Node.Machine, _ => peer);
        peer.Live(now);
        if (peer.Ended is not null && !_isClosing && peer.Association is not null)
        {
            peer.Forget();
            _world.Plan(now + s_reconnectDelay, () => Connect(index));
        }
    }

    private void LiveServer(Instant now)
    {
        Collect(Server, FindServer);
        for (int i = 0; i < _servers.Count; i++)
        {
            SwarmPeer peer = _servers[i];
            peer.Live(now);
            if (peer.Ended is not null && !_isClosing && peer.Association is not null && Options.Opening == SwarmOpening.ServerAwaits)
            {
                int client = i;
                peer.Forget();
                _world.Plan(now + (s_reconnectDelay / 2), () => Await(client));
            }
        }
    }

    private static void Collect(Endpoint endpoint, Func<Association, SwarmPeer> find)
    {
        while (endpoint.TryAccept(out Association? accepted))
        {
            find(accepted).Begin(accepted);
        }

        while (endpoint.TryTakeActive(out Association? active))
        {
            (active.Tag as SwarmPeer)?.Collect(active);
        }
    }

    private SwarmPeer FindServer(Association association) =>
        _servers[_clients.FindIndex(client => client.Node.Address.IsSameHost(association.PrimaryPath.Remote))];

    // ---- Faults ----
    private void Begin(Fault fault)
    {
        SwarmPeer client = _clients[fault.Client];
        SwarmPeer server = _servers[fault.Client];
        SimulatedLink there = client.Node.Outgoing;
        SimulatedLink back = _server.LinkTo(client.Node.Address);
        MayBreak |= fault.BreaksAssociations;
        switch (fault.Kind)
        {
            case FaultKind.Partition:
                Cut(fault.Lasts, [.. client.Node.Links, back]);
                break;
            case FaultKind.OneWayThere:
                Cut(fault.Lasts, [.. client.Node.Links]);
                break;
            case FaultKind.OneWayBack:
                Cut(fault.Lasts, back);
                break;
            case FaultKind.Flap:
                for (int i = 0; i < FlapCount; i++)
                {
                    _world.Plan(_world.Now + (fault.Lasts / FlapCount * i), () => Cut(fault.Lasts / (2 * FlapCount), there));
                }

                break;
            case FaultKind.Rebind when client.Association?.State == AssociationState.Established && server.Association?.State == AssociationState.Established:
                // Before that, nothing binds the new port to the old one: the peer is a stranger (RFC 6951 §5.4).
                client.Node.Rebind((ushort)(client.Node.PublicPort + 1));
                break;
            case FaultKind.BlackHole:
                int before = Options.Clients[fault.Client].There.MaximumDatagram;
                there.Model = there.Model with { MaximumDatagram = 500 };
                _world.Plan(_world.Now + fault.Lasts, () => there.Model = there.Model with { MaximumDatagram = before });
                break;
            case FaultKind.ClientRestart:
                _crashed.Add((Endpoint)client.Node.Machine);
                client.Node.Machine = NewClient(Options.Clients[fault.Client]);
                client.Crash();
                Connect(fault.Client);
                break;
            case FaultKind.ServerRestart:
                CrashServer();
                break;
            case FaultKind.ClientAbort:
                client.Association?.Abort(_world.Now, "enough"u8);
                break;
            case FaultKind.ServerAbort:
                server.Association?.Abort(_world.Now, "enough"u8);
                break;
            case FaultKind.ClientStopsReading:
                StopReading(client, fault.Lasts);
                break;
            case FaultKind.ServerStopsReading:
                StopReading(server, fault.Lasts);
                break;
        }
    }

    private void CrashServer()
    {
        _crashed.Add(Server);
        _server.Machine = NewServer();
        for (int i = 0; i < _servers.Count; i++)
        {
            _servers[i].Crash();
            if (Options.Opening == SwarmOpening.ServerAwaits)
            {
                Await(i);
            }
        }
    }

    private void Cut(TimeSpan lasts, params SimulatedLink[] links)
    {
        if (_isHealed)
        {
            return;
        }

        foreach (SimulatedLink link in links)
        {
            link.IsDown = true;
        }

        _world.Plan(_world.Now + lasts, () => Array.ForEach(links, link => link.IsDown = false));
    }

    private void StopReading(SwarmPeer peer, TimeSpan lasts)
    {
        peer.IsReading = false;
        _world.Plan(_world.Now + lasts, () => peer.IsReading = true);
    }

    // ---- Checks ----
    private void Require(Func<bool> condition, string otherwise)
    {
        bool holds = _world.RunUntil(() => _flaw is not null || condition(), LivenessLimit());
        ThrowIfFlawed();
        if (!holds)
        {
            throw Failure($"{otherwise} ({string.Join("; ", Pairs().Select(pair => $"{pair.Client}; {pair.Server}"))})");
        }
    }

    /// <summary>Sixty times the longest RTO, and four times what the load takes on the slowest link or window.</summary>
    private TimeSpan LivenessLimit()
    {
        TimeSpan limit = 60 * Options.Server.RtoMaximum;
        foreach (SwarmClient client in Options.Clients)
        {
            TimeSpan roundTrip = client.There.Delay + client.Back.Delay + (4 * (client.There.Jitter + client.Back.Jitter)) + TimeSpan.FromMilliseconds(300);
            double windowRate = Both(client).Min(options => options.ReceiveBufferSize) / 4 / roundTrip.TotalSeconds;
            double jitterRate = client.There.Jitter + client.Back.Jitter > TimeSpan.Zero
                ? 2 * Both(client).Min(options => options.PathMtu) / roundTrip.TotalSeconds  // what overtakes looks lost (§7.2.4)
                : double.MaxValue;
            double linkRate = Math.Min(Rate(client.There), Rate(client.Back)) / 8;
            double bytes = (double)(client.MessagesThere + client.MessagesBack) * Options.MaximumLength;
            limit += TimeSpan.FromSeconds(4 * bytes / Math.Min(jitterRate, Math.Min(windowRate, linkRate)));
        }

        return Options.ClosesEarly ? 5 * limit : limit;      // the links go on losing packets meanwhile
    }

    private IEnumerable<AssociationOptions> Both(SwarmClient client) =>
        [client.Options, client.LaterOptions ?? client.Options, Options.Server, Options.LaterServer ?? Options.Server];

    private static double Rate(LinkModel link) => link.RateBitsPerSecond == 0 ? 1e9 : link.RateBitsPerSecond;

    private void OnSent(Instant now, SimulatedNode from, in NetworkPath path, ReadOnlySpan<byte> datagram, bool isLost)
    {
        Packets++;
        Lost += isLost ? 1 : 0;
        Hash((ulong)now.Ticks);
        Hash((path.Remote.Port * 2ul) + (isLost ? 1ul : 0));
        foreach (byte value in datagram)
        {
            Hash(value);
        }

        _capture?.Write(now, path, datagram, isLost ? "lost" : null);
        _trace.Enqueue($"{now} {from.Name} {(isLost ? "x" : ">")} {PacketText.Describe(datagram)}");
        if (_trace.Count > TraceLength)
        {
            _trace.Dequeue();
        }

        SwarmPeer peer = FindPeer(from, from == _server ? path.Remote : from.Address, out AssociationOptions options);
        string? flaw = WireChecker.Check(datagram, Math.Max(options.PathMtu, options.MaximumPathMtu) - 28, HasErrorDetection);
        if (flaw is null && peer.Association is not null && PacketView.TryRead(datagram, out PacketView packet))
        {
            AssociationStatistics statistics = peer.Association.GetStatistics();
            flaw = peer.Windows.OnSent(
                packet, PathTo(peer.Association, path.Remote), statistics.PeerWindow, statistics.AbandonedBytes, statistics.LossProbes);
        }

        if (flaw is not null)
        {
            Flaw($"a packet of {from.Name} breaks a rule: {flaw}");
        }
    }

    private void Hash(ulong value) => TraceHash = (TraceHash ^ value) * 1099511628211;

    private void OnArrived(Instant now, SimulatedNode at, in NetworkPath path, ReadOnlySpan<byte> datagram, bool isLost)
    {
        if (PacketView.TryRead(datagram, out PacketView packet) && (HasErrorDetection || packet.HasValidChecksum()))
        {
            FindPeer(at, at == _server ? path.Local : at.Address, out _).Windows.OnArrived(packet);
        }
    }

    private SwarmPeer FindPeer(SimulatedNode at, NetworkAddress clientAddress, out AssociationOptions options)
    {
        int client = _clients.FindIndex(candidate => candidate.Node.Address.IsSameHost(clientAddress));
        options = at == _server ? Options.Server : Options.Clients[client].Options;
        return (at == _server ? _servers : _clients)[client];
    }

    private static PathStatistics? PathTo(Association association, NetworkAddress remote) =>
        association.GetPaths().FirstOrDefault(path => path.Path.Remote.IsSameHost(remote));

    private void ThrowIfFlawed()
    {
        if (_flaw is not null)
        {
            throw Failure(_flaw);
        }
    }

    private ScenarioException Failure(string what) => new(
        string.Create(CultureInfo.InvariantCulture, $"seed {Options.Seed}: {what}\n{string.Join('\n', _trace)}"));
}
