using System;
using System.Collections.Generic;
using Braid.Core;

namespace Braid.Simulation;

/// <summary>A machine in a world, with its addresses and the links that lead away from it.</summary>
public sealed class SimulatedNode
{
    private readonly List<NetworkAddress> _addresses;
    private readonly Dictionary<NetworkAddress, SimulatedLink> _linkTo = [];
    private readonly Dictionary<(NetworkAddress From, NetworkAddress To), SimulatedLink> _linkBetween = [];
    private readonly HashSet<NetworkAddress> _pairedTo = [];
    private readonly List<SimulatedLink> _links;

    internal SimulatedNode(string name, ReadOnlySpan<NetworkAddress> addresses, IDatagramMachine machine, SimulatedLink outgoing)
    {
        Name = name;
        _addresses = [.. addresses];
        PublicPort = Address.Port;
        Machine = machine;
        Outgoing = outgoing;
        _links = [outgoing];
    }

    /// <summary>What traces call it.</summary>
    public string Name { get; }

    /// <summary>Its first address.</summary>
    public NetworkAddress Address => _addresses[0];

    /// <summary>All of its addresses.</summary>
    public IReadOnlyList<NetworkAddress> Addresses => _addresses;

    /// <summary>The UDP port that others see: another one once a NAT has bound it anew.</summary>
    public ushort PublicPort { get; private set; }

    /// <summary>The protocol. A new one stands for a machine that has crashed and starts again.</summary>
    public IDatagramMachine Machine { get; set; }

    /// <summary>Where its datagrams go, but for those to an address that has a link of its own.</summary>
    public SimulatedLink Outgoing { get; }

    /// <summary>Called after the machine was drained of datagrams: reads messages and events, and may send.</summary>
    public Action<Instant>? Application { get; set; }

    /// <summary>All links that lead away from it.</summary>
    public IReadOnlyList<SimulatedLink> Links => _links;

    /// <summary>The NAT before it forgets it: from now on it is seen with another UDP port, and the old one leads nowhere.</summary>
    public void Rebind(ushort port) => PublicPort = port;

    /// <summary>
    /// The link that a datagram takes; null where there is none. An address that is linked with one of ours alone is not reached from the others.
    /// </summary>
    internal SimulatedLink? LinkFor(in NetworkPath path) => !_pairedTo.Contains(path.Remote.WithPort(0)) ? LinkTo(path.Remote)
        : _linkBetween.TryGetValue((path.Local.WithPort(0), path.Remote.WithPort(0)), out SimulatedLink? link) ? link
        : null;

    internal SimulatedLink LinkTo(in NetworkAddress destination) =>
        _linkTo.TryGetValue(destination.WithPort(0), out SimulatedLink? link) ? link : Outgoing;

    internal void SetLink(in NetworkAddress destination, SimulatedLink link)
    {
        _linkTo[destination.WithPort(0)] = link;
        _links.Add(link);
    }

    internal void SetLink(in NetworkAddress source, in NetworkAddress destination, SimulatedLink link)
    {
        _linkBetween[(source.WithPort(0), destination.WithPort(0))] = link;
        _pairedTo.Add(destination.WithPort(0));
        _links.Add(link);
    }

    /// <summary>What others see as the source of its datagrams.</summary>
    internal NetworkAddress SourceFor(in NetworkAddress local)
    {
        foreach (NetworkAddress address in _addresses)
        {
            if (address.IsSameHost(local))
            {
                return address.WithPort(PublicPort);
            }
        }

        return Address.WithPort(PublicPort);
    }

    /// <summary>Its own address that a datagram reaches it at, if it does.</summary>
    internal bool TryGetLocal(in NetworkAddress destination, out NetworkAddress local)
    {
        foreach (NetworkAddress address in _addresses)
        {
            if (address.IsSameHost(destination) && destination.Port == PublicPort)
            {
                local = address;
                return true;
            }
        }

        local = default;
        return false;
    }
}
