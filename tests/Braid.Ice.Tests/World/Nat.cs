using System.Collections.Generic;
using Braid.Core;

namespace Braid.Ice.Tests.World;

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

/// <summary>Translates addresses between a private network and the rest.</summary>
internal sealed class Nat(NatKind kind, NetworkAddress publicHost, bool hairpins = false)
{
    private readonly Dictionary<(NetworkAddress Inside, NetworkAddress Outside), ushort> _mappings = [];
    private readonly Dictionary<ushort, NetworkAddress> _insides = [];
    private readonly HashSet<(ushort Port, NetworkAddress Remote)> _allowed = [];
    private ushort _nextPort = 40_000;

    public NatKind Kind { get; } = kind;

    public NetworkAddress PublicHost { get; } = publicHost;

    public bool Hairpins { get; } = hairpins;

    /// <summary>Forgets all mappings, as if it had been restarted.</summary>
    public void Forget()
    {
        _mappings.Clear();
        _insides.Clear();
        _allowed.Clear();
    }

    public NetworkAddress Outward(NetworkAddress inside, NetworkAddress remote)
    {
        (NetworkAddress, NetworkAddress) key = (inside, Kind == NatKind.Symmetric ? remote : NetworkAddress.None);
        if (!_mappings.TryGetValue(key, out ushort port))
        {
            port = _nextPort++;
            _mappings[key] = port;
            _insides[port] = inside;
        }

        _allowed.Add((port, Kind is NatKind.Restricted ? remote.WithPort(0) : remote));
        return PublicHost.WithPort(port);
    }

    public bool TryInward(NetworkAddress remote, ushort port, out NetworkAddress inside) =>
        _insides.TryGetValue(port, out inside) && Kind switch
        {
            NatKind.FullCone => true,
            NatKind.Restricted => _allowed.Contains((port, remote.WithPort(0))),
            _ => _allowed.Contains((port, remote)),
        };
}
