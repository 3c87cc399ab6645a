using System;
using System.Collections.Generic;
using Braid.Core;

namespace Braid.Simulation;

/// <summary>Which way nothing gets through a network.</summary>
[Flags]
internal enum CutDirections : byte
{
    /// <summary>It works.</summary>
    None = 0,

    /// <summary>From the client to the server.</summary>
    There = 1,

    /// <summary>From the server to the client.</summary>
    Back = 2,

    /// <summary>Both ways.</summary>
    Both = There | Back,
}

/// <summary>Several networks between one client and the server, in each of which both have an address. Owns which of them are cut.</summary>
internal sealed class SwarmNetworks
{
    private const ushort Port = 9899;

    private readonly List<(int From, int To, CutDirections Direction, SimulatedLink Link)> _links = [];
    private readonly CutDirections[] _cuts;

    public SwarmNetworks(World world, SimulatedNode client, SimulatedNode server, SwarmClient options)
    {
        _cuts = new CutDirections[options.Networks];
        NetworkAddress[] servers = Servers(options.Networks);
        for (int from = 0; from < options.Networks; from++)
        {
            (LinkModel there, LinkModel back) = from > 0 && from <= options.FurtherNetworks.Count ? options.FurtherNetworks[from - 1] : (options.There, options.Back);
            for (int to = 0; to < options.Networks; to++)
            {
                if (from == to || options.IsMeshed)
                {
                    _links.Add((from, to, CutDirections.There, world.Connect(client, client.Addresses[from], servers[to], there)));
                    _links.Add((from, to, CutDirections.Back, world.Connect(server, servers[to], client.Addresses[from], back)));
                }
            }
        }
    }

    /// <summary>How many there are.</summary>
    public int Count => _cuts.Length;

    /// <summary>The server's addresses in the first networks.</summary>
    public static NetworkAddress[] Servers(int networks) => Hosts(200, networks);

    /// <summary>A client's addresses in the first networks.</summary>
    public static NetworkAddress[] Clients(int client, int networks) => Hosts((byte)(client + 1), networks);

    /// <summary>Cuts a network, or heals it. What crosses from one network to another needs both.</summary>
    public void Cut(int network, CutDirections directions)
    {
        _cuts[network] = directions;
        foreach ((int from, int to, CutDirections direction, SimulatedLink link) in _links)
        {
            link.IsDown = ((_cuts[from] | _cuts[to]) & direction) != 0;
        }
    }

    /// <summary>Heals all of them.</summary>
    public void Heal()
    {
        for (int i = 0; i < Count; i++)
        {
            Cut(i, CutDirections.None);
        }
    }

    /// <summary>Their numbers in random order.</summary>
    public int[] Shuffled(IRandomSource random)
    {
        var order = new int[Count];
        for (int i = 0; i < order.Length; i++)
        {
            order[i] = i;
        }

        Shuffle(order, random);
        return order;
    }

    /// <summary>Puts numbers into random order.</summary>
    public static void Shuffle(Span<int> numbers, IRandomSource random)
    {
        for (int i = numbers.Length - 1; i > 0; i--)
        {
            int other = random.NextInt32(i + 1);
            (numbers[i], numbers[other]) = (numbers[other], numbers[i]);
        }
    }

    private static NetworkAddress[] Hosts(byte host, int networks)
    {
        var hosts = new NetworkAddress[networks];
        for (int i = 0; i < networks; i++)
        {
            hosts[i] = NetworkAddress.FromIPv4([10, (byte)i, 0, host], Port);
        }

        return hosts;
    }
}
