using System;
using Braid.Core;
using Braid.Sctp;

namespace Braid.Simulation;

/// <summary>What goes wrong in a world on top of what its links do: begins it, and ends it, at the latest when the network heals.</summary>
internal sealed class SwarmFaults(World world, SwarmMachines machines, SwarmOptions options)
{
    private const int FlapCount = 10;

    private bool _isHealed;

    /// <summary>Whether associations may end before they are shut down.</summary>
    public bool MayBreak { get; private set; }

    /// <summary>Plans all of them.</summary>
    public void Plan()
    {
        foreach (Fault fault in options.Faults)
        {
            world.Plan(world.Now + fault.At, () => Begin(fault));
        }
    }

    /// <summary>From now on the network works, and applications read.</summary>
    public void Heal()
    {
        _isHealed = true;
        world.Heal();
        foreach (SwarmNetworks? networks in machines.Networks)
        {
            networks?.Heal();
        }

        ReadOn();
    }

    /// <summary>From now on applications read.</summary>
    public void ReadOn()
    {
        foreach ((SwarmPeer client, SwarmPeer server) in machines.Pairs)
        {
            client.IsReading = true;
            server.IsReading = true;
        }
    }

    private void Begin(Fault fault)
    {
        SwarmPeer client = machines.Clients[fault.Client];
        SwarmPeer server = machines.Servers[fault.Client];
        SimulatedLink there = client.Node.Outgoing;
        SimulatedLink back = machines.Server.LinkTo(client.Node.Address);
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
                    world.Plan(world.Now + (fault.Lasts / FlapCount * i), () => Cut(fault.Lasts / (2 * FlapCount), there));
                }

                break;
            case FaultKind.Swizzle when machines.Networks[fault.Client] is { } networks:
                Swizzle(networks, fault);
                break;
            case FaultKind.Renumber:
                Renumber(client, server, fault);
                break;
            case FaultKind.Rebind when client.Association?.State == AssociationState.Established && server.Association?.State == AssociationState.Established:
                // Before that, nothing binds the new port to the old one: the peer is a stranger (RFC 6951 §5.4).
                client.Node.Rebind((ushort)(client.Node.PublicPort + 1));
                break;
            case FaultKind.BlackHole:
                int before = options.Clients[fault.Client].There.MaximumDatagram;
                there.Model = there.Model with { MaximumDatagram = 500 };
                world.Plan(world.Now + fault.Lasts, () => there.Model = there.Model with { MaximumDatagram = before });
                break;
            case FaultKind.ClientRestart:
                machines.CrashClient(fault.Client);
                break;
            case FaultKind.ServerRestart:
                machines.CrashServer();
                break;
            case FaultKind.ClientAbort:
                client.Association?.Abort(world.Now, "enough"u8);
                break;
            case FaultKind.ServerAbort:
                server.Association?.Abort(world.Now, "enough"u8);
                break;
            case FaultKind.ClientStopsReading:
                StopReading(client, fault.Lasts);
                break;
            case FaultKind.ServerStopsReading:
                StopReading(server, fault.Lasts);
                break;
        }
    }

    private void Swizzle(SwarmNetworks networks, Fault fault)
    {
        var random = new SeededRandom(options.Seed ^ (ulong)fault.At.Ticks ^ 0x5122_1E00);
        int[] order = networks.Shuffled(random)[..(1 + random.NextInt32(networks.Count))];
        int[] back = [.. order];
        SwarmNetworks.Shuffle(back, random);
        CutDirections which = random.NextInt32(3) == 0 ? (CutDirections)(1 + random.NextInt32(2)) : CutDirections.Both;
        TimeSpan step = fault.Lasts / (2 * order.Length);
        for (int i = 0; i < order.Length; i++)
        {
            (int cut, int healed) = (order[i], back[i]);
            world.Plan(world.Now + (step * i) + random.NextTimeSpan(step), () => networks.Cut(cut, _isHealed ? CutDirections.None : which));
            world.Plan(world.Now + (fault.Lasts / 2) + (step * i) + random.NextTimeSpan(step), () => networks.Cut(healed, CutDirections.None));
        }
    }

    // Two sides that leave the networks of each other at the same time would never find each other again: both keep one of them, or one side keeps all.
    private void Renumber(SwarmPeer client, SwarmPeer server, Fault fault)
    {
        var random = new SeededRandom(options.Seed ^ (ulong)fault.At.Ticks ^ 0x5061);
        int steps = 1 + random.NextInt32(12);
        bool areBoth = (options.Seed & 1) == 0;
        for (int i = 0; i < steps; i++)
        {
            SwarmPeer peer = areBoth && random.NextInt32(2) == 0 ? server : client;
            int networks = options.Clients[fault.Client].Networks;
            int[] which = [random.NextInt32(networks), random.NextInt32(networks)];
            int kept = areBoth ? (int)(options.Seed / 2 % (ulong)networks) : -1;
            bool prefers = random.NextInt32(3) == 0;
            world.Plan(world.Now + random.NextTimeSpan(fault.Lasts), () => peer.Renumber(Array.FindAll(which, network => network != kept), prefers));
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

        world.Plan(world.Now + lasts, () => Array.ForEach(links, link => link.IsDown = false));
    }

    private void StopReading(SwarmPeer peer, TimeSpan lasts)
    {
        peer.IsReading = false;
        world.Plan(world.Now + lasts, () => peer.IsReading = true);
    }
}
