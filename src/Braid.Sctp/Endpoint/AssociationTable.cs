using System.Collections.Generic;
using System.Diagnostics.CodeAnalysis;
using Braid.Core;

namespace Braid.Sctp;

/// <summary>
/// Which association a packet belongs to: by our own tag, which is unique here, and by the peer's addresses and port for the
/// packets that do not carry it (INIT, and ABORT or SHUTDOWN COMPLETE with the T bit).
/// </summary>
internal sealed class AssociationTable
{
    private readonly Dictionary<VerificationTag, Association> _byTag = [];
    private readonly Dictionary<PeerKey, Association> _byPeer = [];
    private readonly Dictionary<Association, Entry> _entries = [];

    /// <summary>
    /// The UDP port is part of the key: two hosts behind one NAT, or two programs on one host, may use the same SCTP port.
    /// </summary>
    private readonly record struct PeerKey(NetworkAddress Address, ushort Port);

    /// <summary>Under what an association is found now. One address is the rule: it costs no array.</summary>
    private readonly record struct Entry(VerificationTag Tag, PeerKey First, PeerKey[]? Others);

    /// <summary>Associations there are.</summary>
    public int Count => _entries.Count;

    /// <summary>Whether one of them uses this tag.</summary>
    public bool HasTag(VerificationTag tag) => _byTag.ContainsKey(tag);

    /// <summary>Adds an association.</summary>
    /// <returns>False when its tag, or its peer's primary address, is in use.</returns>
    public bool TryAdd(Association association)
    {
        var key = new PeerKey(association.PrimaryPath.Remote, association.RemotePort);
        if (_byTag.ContainsKey(association.LocalTag) || _byPeer.ContainsKey(key))
        {
            return false;
        }

        Index(association);
        return true;
    }

    /// <summary>The association that our tag in a packet names.</summary>
    public bool TryFind(VerificationTag localTag, [NotNullWhen(true)] out Association? association) =>
        _byTag.TryGetValue(localTag, out association);

    /// <summary>The association with a peer.</summary>
    public bool TryFind(in NetworkAddress remote, ushort remotePort, [NotNullWhen(true)] out Association? association) =>
        _byPeer.TryGetValue(new PeerKey(remote, remotePort), out association);

    /// <summary>The association that any of a peer's addresses names (RFC 9260 §5.1.2 D).</summary>
    public Association? Find(in PeerAddresses addresses, ushort remotePort)
    {
        for (int i = 0; i < addresses.Count; i++)
        {
            if (TryFind(addresses[i], remotePort, out Association? association))
            {
                return association;
            }
        }

        return null;
    }

    /// <summary>The association's tag or addresses may have changed.</summary>
    public void Update(Association association)
    {
        if (_entries.ContainsKey(association))
        {
            Remove(association);
            Index(association);
        }
    }

    /// <summary>Removes an association.</summary>
    public void Remove(Association association)
    {
        if (!_entries.Remove(association, out Entry entry))
        {
            return;
        }

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
            others[i] = new PeerKey(paths[i].Address.Remote, association.RemotePort);
            _byPeer.TryAdd(others[i], association);
        }

        var first = new PeerKey(association.PrimaryPath.Remote, association.RemotePort);
        _byPeer.TryAdd(first, association);
        if (association.LocalTag != VerificationTag.None)
        {
            _byTag[association.LocalTag] = association;      // none while it waits for its peer to open
        }

        _entries[association] = new Entry(association.LocalTag, first, others);
    }

    private void Remove(Association association, PeerKey key)
    {
        if (_byPeer.TryGetValue(key, out Association? found) && found == association)
        {
            _byPeer.Remove(key);
        }
    }
}
