using System;
using System.Collections.Generic;
using System.Linq;
using Braid.Core;
using Braid.Sctp;

namespace Braid.Simulation;

/// <summary>The machines of a world, and the applications on them: who they are, and how their associations begin again and again.</summary>
internal sealed class SwarmMachines
{
    private const ushort Port = 5001;

    private static readonly NetworkAddress s_server = NetworkAddress.FromIPv4([10, 0, 0, 200], 9899);
    private static readonly NetworkAddress s_secondServer = NetworkAddress.FromIPv4([10, 0, 1, 200], 9899);
    private static readonly TimeSpan s_reconnectDelay = TimeSpan.FromMilliseconds(100);

    private readonly SwarmRun _run;
    private readonly World _world;
    private readonly List<SwarmPeer> _clients = [];
    private readonly List<SwarmPeer> _servers = [];
    private readonly List<Endpoint> _crashed = [];
    private readonly List<SwarmNetworks?> _networks = [];

    public SwarmMachines(SwarmRun run, World world)
    {
        _run = run;
        _world = world;
        Server = world.Add("Z", [s_server, s_secondServer, .. SwarmNetworks.Servers(MostNetworks)[1..]], NewServer(), LinkModel.Perfect);
        Server.Application = LiveServer;
        for (int i = 0; i < Options.Clients.Count; i++)
        {
            Add(i, Options.Clients[i]);
        }
    }

    /// <summary>The one that all clients talk with.</summary>
    public SimulatedNode Server { get; }

    /// <summary>The clients' sides.</summary>
    public IReadOnlyList<SwarmPeer> Clients => _clients;

    /// <summary>The server's side of the conversation with each client.</summary>
    public IReadOnlyList<SwarmPeer> Servers => _servers;

    /// <summary>Both sides of each conversation.</summary>
    public IEnumerable<(SwarmPeer Client, SwarmPeer Server)> Pairs => _clients.Zip(_servers);

    /// <summary>The networks between each client and the server, where there are several.</summary>
    public IReadOnlyList<SwarmNetworks?> Networks => _networks;

    /// <summary>All endpoints that there were.</summary>
    public IEnumerable<Endpoint> Endpoints => _world.Nodes.Select(node => (Endpoint)node.Machine).Concat(_crashed);

    /// <summary>Whether the associations are to end: none that has begins anew.</summary>
    public bool IsClosing { get; set; }

    private SwarmOptions Options => _run.Options;

    private int MostNetworks => Options.Clients.Max(client => client.Networks);

    private Endpoint ServerEndpoint => (Endpoint)Server.Machine;

    /// <summary>All sides get their load, and clients begin when it is their time.</summary>
    public void Open()
    {
        IsClosing = false;
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

    /// <summary>The options of associations change while they live.</summary>
    public void Reconfigure()
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

    /// <summary>Those who close shut down.</summary>
    public void Shutdown()
    {
        IsClosing = true;
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
    }

    /// <summary>A client loses all that it knows, and begins anew.</summary>
    public void CrashClient(int client)
    {
        SwarmPeer peer = _clients[client];
        _crashed.Add((Endpoint)peer.Node.Machine);
        peer.Node.Machine = NewClient(Options.Clients[client], [.. peer.Node.Addresses]);
        peer.Crash();
        Connect(client);
    }

    /// <summary>The server loses all that it knows.</summary>
    public void CrashServer()
    {
        _crashed.Add(ServerEndpoint);
        Server.Machine = NewServer();
        for (int i = 0; i < _servers.Count; i++)
        {
            _servers[i].Crash();
            if (Options.Opening == SwarmOpening.ServerAwaits)
            {
                Await(i);
            }
        }
    }

    /// <summary>Whose packet it is that is sent or arrives at a machine.</summary>
    /// <param name="at">The machine.</param>
    /// <param name="clientAddress">The address of the client that it concerns.</param>
    /// <param name="options">The options that it was begun with.</param>
    public SwarmPeer Find(SimulatedNode at, NetworkAddress clientAddress, out AssociationOptions options)
    {
        int client = _clients.FindIndex(candidate => candidate.Node.Addresses.Any(address => address.IsSameHost(clientAddress)));
        options = at == Server ? Options.Server : Options.Clients[client].Options;
        return (at == Server ? _servers : _clients)[client];
    }

    private void Add(int index, SwarmClient options)
    {
        string name = index == 0 ? "A" : $"A{index + 1}";
        NetworkAddress address = SwarmNetworks.Clients(index, 1)[0];
        NetworkAddress[] addresses = SwarmNetworks.Clients(index, options.Networks);
        SimulatedNode node = _world.Add(name, addresses, NewClient(options, addresses), options.There);
        _networks.Add(options.Networks > 1 ? new SwarmNetworks(_world, node, Server, options) : null);
        if (options.Networks == 1)
        {
            _world.Connect(Server, address, options.Back);
        }

        if (options.HasSecondPath)
        {
            _world.Connect(node, s_secondServer, options.There);
        }

        var client = new SwarmPeer(_run, _world, name, node, (Options.Seed << 8) + (2 * (ulong)index)) { Offers = Offered(options.Options) };
        var server = new SwarmPeer(_run, _world, $"Z for {name}", Server, (Options.Seed << 8) + (2 * (ulong)index) + 1) { Offers = Offered(Options.Server) };
        (client.Other, server.Other) = (server, client);
        _clients.Add(client);
        _servers.Add(server);
        node.Application = now => LiveClient(now, index);
    }

    private Endpoint NewClient(SwarmClient options, NetworkAddress[] addresses) => new(
        new EndpointOptions
        {
            LocalPort = Port,
            Association = options.Options,
            AcceptsAssociations = Options.Opening == SwarmOpening.BothOpen,
            ErrorDetection = Options.ErrorDetection,
            CarriesEcn = Options.CarriesEcn,
            BufferBudget = Options.BufferBudget,
            LocalAddresses = addresses.Length > 1 ? addresses : [],
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
            BufferBudget = Options.BufferBudget,
            LocalAddresses = Options.Clients.Any(client => client.HasSecondPath) ? [s_server, s_secondServer]
                : MostNetworks > 1 ? SwarmNetworks.Servers(MostNetworks)
                : [],
        },
        _world.NewRandom());

    // What needs something of the network is offered only where the network has it.
    private Extensions Offered(AssociationOptions options) =>
        (options.Extensions | ((options.Extensions & Extensions.AddressReconfiguration) != 0 ? Extensions.Authentication : Extensions.None))
        & (Options.ErrorDetection == AlternateErrorDetection.None ? ~Extensions.ZeroChecksum : ~Extensions.None)
        & (Options.CarriesEcn ? ~Extensions.None : ~Extensions.Ecn);

    private void Connect(int client)
    {
        SwarmPeer peer = _clients[client];
        var endpoint = (Endpoint)peer.Node.Machine;
        if (endpoint.AssociationCount > 0)
        {
            return;                                          // the other side was faster
        }

        NetworkAddress local = peer.Node.Address;
        SwarmClient options = Options.Clients[client];
        NetworkPath[] paths = options.Networks > 1
            ? [.. SwarmNetworks.Servers(options.KnowsAllAddresses ? options.Networks : 1).Select(address => new NetworkPath(NetworkAddress.None, address))]
            : options.HasSecondPath
            ? [new NetworkPath(local, s_server), new NetworkPath(local, s_secondServer)]
            : [new NetworkPath(local, s_server)];
        peer.Begin(endpoint.Connect(_world.Now, Port, paths, options.Options));
    }

    private void ConnectFromServer(int client)
    {
        SimulatedNode node = _clients[client].Node;
        if (_servers[client].Association is null || _servers[client].Ended is not null)
        {
            _servers[client].Begin(ServerEndpoint.Connect(
                _world.Now, Port, new NetworkPath(s_server, node.Address.WithPort(node.PublicPort)), Options.Server));
        }
    }

    private void Await(int client)
    {
        if (_servers[client].Association is not null)
        {
            return;                                          // it crashed meanwhile, and awaits already
        }

        SimulatedNode node = _clients[client].Node;
        _servers[client].Begin(ServerEndpoint.Listen(Port, new NetworkPath(s_server, node.Address.WithPort(node.PublicPort)), Options.Server));
    }

    private void LiveClient(Instant now, int index)
    {
        SwarmPeer peer = _clients[index];
        Collect((Endpoint)peer.Node.Machine, _ => peer);
        peer.Live(now);
        if (peer.Ended is not null && !IsClosing && peer.Association is not null)
        {
            peer.Forget();
            _world.Plan(now + s_reconnectDelay, () => Connect(index));
        }
    }

    private void LiveServer(Instant now)
    {
        Collect(ServerEndpoint, FindServer);
        for (int i = 0; i < _servers.Count; i++)
        {
            SwarmPeer peer = _servers[i];
            peer.Live(now);
            if (peer.Ended is not null && !IsClosing && peer.Association is not null && Options.Opening == SwarmOpening.ServerAwaits)
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
        _servers[_clients.FindIndex(client => client.Node.Addresses.Any(address => address.IsSameHost(association.PrimaryPath.Remote)))];
}
