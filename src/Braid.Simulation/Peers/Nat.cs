using System.Collections.Generic;
using Braid.Core;

namespace Braid.Simulation;

/// <summary>The kinds of NAT as people call them (RFC 8445 §17.1).</summary>
public enum NatKind
{
    /// <summary>None: the host has a public address.</summary>
    None,

    /// <summary>One mapping, open to all.</summary>
    FullCone,

    /// <summary>One mapping, open to hosts that were sent to.</summary>
    Restricted,

    /// <summary>One mapping, open to addresses that were sent to.</summary>
    PortRestricted,

    /// <summary>A mapping for each destination.</summary>
    Symmetric,
}

/// <summary>What a NAT's mappings (RFC 4787 §4.1) or filters (§5) depend on.</summary>
public enum NatBehavior
{
    /// <summary>Nothing but our side.</summary>
    EndpointIndependent,

    /// <summary>The other side's address.</summary>
    AddressDependent,

    /// <summary>The other side's address and port.</summary>
    AddressAndPortDependent,
}

/// <summary>Translates addresses between a private network and the rest, by the behaviours of RFC 4787.</summary>
/// <param name="mapping">When a destination gets a mapping of its own.</param>
/// <param name="filtering">Who may send to a mapping.</param>
/// <param name="publicHost">The address that the rest sees; its port does not matter.</param>
/// <param name="hairpins">Whether hosts behind it reach each other by that address (RFC 4787 §6).</param>
public sealed class Nat(NatBehavior mapping, NatBehavior filtering, NetworkAddress publicHost, bool hairpins = false)
{
    private readonly Dictionary<(NetworkAddress Inside, NetworkAddress Outside), ushort> _mappings = [];
    private readonly Dictionary<ushort, NetworkAddress> _insides = [];
    private readonly HashSet<(ushort Port, NetworkAddress Remote)> _allowed = [];
    private ushort _nextPort = 40_000;

    /// <summary>One of a kind that has a name.</summary>
    public Nat(NatKind kind, NetworkAddress publicHost, bool hairpins = false)
        : this(
            kind == NatKind.Symmetric ? NatBehavior.AddressAndPortDependent : NatBehavior.EndpointIndependent,
            kind switch
            {
                NatKind.FullCone => NatBehavior.EndpointIndependent,
                NatKind.Restricted => NatBehavior.AddressDependent,
                _ => NatBehavior.AddressAndPortDependent,
            },
            publicHost,
            hairpins)
    {
    }

    /// <summary>The address that the rest sees.</summary>
    public NetworkAddress PublicHost { get; } = publicHost;

    /// <summary>Whether hosts behind it reach each other by that address.</summary>
    public bool Hairpins { get; } = hairpins;

    /// <summary>Forgets all mappings, as if it had been restarted. Ports are not used again.</summary>
    public void Forget()
    {
        _mappings.Clear();
        _insides.Clear();
        _allowed.Clear();
    }

    /// <summary>The address that a datagram seems to come from, outside.</summary>
    /// <param name="inside">Who sends it.</param>
    /// <param name="remote">Where to.</param>
    public NetworkAddress Outward(in NetworkAddress inside, in NetworkAddress remote)
    {
        (NetworkAddress, NetworkAddress) key = (inside, Key(mapping, remote));
        if (!_mappings.TryGetValue(key, out ushort port))
        {
            port = _nextPort++;
            _mappings[key] = port;
            _insides[port] = inside;
        }

        _allowed.Add((port, Key(filtering, remote)));
        return PublicHost.WithPort(port);
    }

    /// <summary>Who gets a datagram from outside; false for nobody.</summary>
    /// <param name="remote">Who sends it.</param>
    /// <param name="port">To which port of ours.</param>
    /// <param name="inside">Who gets it.</param>
    public bool TryInward(in NetworkAddress remote, ushort port, out NetworkAddress inside) =>
        _insides.TryGetValue(port, out inside) && _allowed.Contains((port, Key(filtering, remote)));

    private static NetworkAddress Key(NatBehavior behavior, in NetworkAddress remote) => behavior switch
    {
        NatBehavior.EndpointIndependent => NetworkAddress.None,
        NatBehavior.AddressDependent => remote.WithPort(0),
        _ => remote,
    };
}
