using System.Collections.Generic;
using System.Diagnostics.CodeAnalysis;
using Braid.Core;

namespace Braid.Sctp;

/// <summary>
/// Which association a packet belongs to: by our own tag, which is unique here, and by both ports and the peer's addresses for
/// the packets that do not carry it (INIT, and ABORT or SHUTDOWN COMPLETE with the T bit).
/// </summary>
internal sealed class AssociationTable
{
    private readonly Dictionary<VerificationTag, Association> _byTag = [];
    private readonly Dictionary<PeerKey, Association> _byPeer = [];
    private readonly Dictionary<ushort, int> _byLocalPort = [];          // how many

    /// <summary>
    /// The UDP port is part of the key: two hosts behind one NAT, or two programs on one host, may use the same SCTP port.
    /// </summary>
    internal readonly record struct PeerKey(NetworkAddress Address, PortPair Ports);

    /// <summary>Under what an association is found now. One address is the rule: it costs no array.</summary>
    internal readonly record struct Entry(VerificationTag Tag, PeerKey First, PeerKey[]? Others);

    /// <summary>Associations there are.</summary>
    public int Count { get; private set; }

    /// <summary>Whether one of them uses this tag.</summary>
    public bool HasTag(VerificationTag tag) => _byTag.ContainsKey(tag);

    /// <summary>Whether one of them uses this port of ours.</summary>
    public bool HasLocalPort(ushort port) => _byLocalPort.ContainsKey(port);

    /// <summary>Adds an association.</summary>
    /// <returns>False when its tag, or its peer's primary address with these ports, is in use.</returns>
    public bool TryAdd(Association association)
    {
        var key = new PeerKey(association.PrimaryPath.Remote, association.Ports);
        if (_byTag.ContainsKey(association.LocalTag) || _byPeer.ContainsKey(key))
        {
            return false;
        }

        Index(association);
        Count++;
        ushort port = association.LocalPort;
        _byLocalPort[port] = _byLocalPort.GetValueOrDefault(port) + 1;
        return true;
    }

    /// <summary>The association that our tag in a packet names, if the packet has its ports (RFC 9260 §8.5).</summary>
    public bool TryFind(VerificationTag localTag, PortPair ports, [NotNullWhen(true)] out Association? association) =>
        _byTag.TryGetValue(localTag, out association) && association.Ports == ports;

    /// <summary>The association with a peer.</summary>
    public bool TryFind(in NetworkAddress remote, PortPair ports, [NotNullWhen(true)] out Association? association) =>
        _byPeer.TryGetValue(new PeerKey(remote, ports), out association);

    /// <summary>The association that any of a peer's addresses names (RFC 9260 §5.1.2 D).</summary>
    public Association? Find(in PeerAddresses addresses, PortPair ports)
    {
        for (int i = 0; i < addresses.Count; i++)
        {
            if (TryFind(addresses[i], ports, out Association? association))
            {
                return association;
            }
        }

        return null;
    }

    /// <summary>The association's tag or addresses may have changed.</summary>
    public void Update(Association association)
    {
        if (association.Entry is { } entry)
        {
            Unindex(association, entry);
            Index(association);
        }
    }

    /// <summary>Removes an association.</summary>
    public void Remove(Association association)
    {
        if (association.Entry is not { } entry)
        {
            return;
        }

        Unindex(association, entry);
        association.Entry = null;
        Count--;
        ushort port = association.LocalPort;
        _byLocalPort[port]--;
        if (_byLocalPort[port] == 0)
        {
            _byLocalPort.Remove(port);
        }
    }

    private void Unindex(Association association, in Entry entry)
    {
        _byTag.Remove(entry.Tag);
        Remove(association, entry.First);
        foreach (PeerKey key in entry.Others ?? [])
        {
            Remove(association, key);
        }
    }

    private void Index(Association association)
    {
        PathSet paths = association.Paths;
        PeerKey[]? others = paths.Count > 1 ? new PeerKey[paths.Count] : null;
        for (int i = 0; i < paths.Count && others is not null; i++)
        {
            if (!paths[i].IsConfirmed)
            {
                continue;                                    // who merely lists an address must not keep its owner out (RFC 5062 §2)
            }

            // Where another association has an address already, packets are told apart by their tag alone.
            others[i] = new PeerKey(paths[i].Address.Remote, association.Ports);
            _byPeer.TryAdd(others[i], association);
        }

        var first = new PeerKey(association.PrimaryPath.Remote, association.Ports);
        if (paths.Primary.IsConfirmed)
        {
            _byPeer.TryAdd(first, association);
        }

        if (association.LocalTag != VerificationTag.None)
        {
            _byTag[association.LocalTag] = association;      // none while it waits for its peer to open
        }

        association.Entry = new Entry(association.LocalTag, first, others);
    }

    private void Remove(Association association, PeerKey key)
    {
        if (_byPeer.TryGetValue(key, out Association? found) && found == association)
        {
            _byPeer.Remove(key);
        }
    }
}
