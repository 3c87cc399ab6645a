using System.Collections.Generic;
using System.Diagnostics.CodeAnalysis;
using Braid.Core;

namespace Braid.Sctp;

/// <summary>
/// Which association a packet belongs to: by our own tag, which is unique here, and by the peer's address and ports for the
/// packets that do not carry it (INIT, and ABORT or SHUTDOWN COMPLETE with the T bit).
/// </summary>
internal sealed class AssociationTable
{
    private readonly Dictionary<VerificationTag, Entry> _byTag = [];
    private readonly Dictionary<PeerKey, Association> _byPeer = [];

    /// <summary>
    /// The UDP port is part of the key: two hosts behind one NAT, or two programs on one host, may use the same SCTP port.
    /// </summary>
    private readonly record struct PeerKey(NetworkAddress Address, ushort Port);

    private readonly record struct Entry(Association Association, PeerKey Key);

    /// <summary>Associations there are.</summary>
    public int Count => _byTag.Count;

    /// <summary>Whether one of them uses this tag.</summary>
    public bool HasTag(VerificationTag tag) => _byTag.ContainsKey(tag);

    /// <summary>Adds an association.</summary>
    /// <returns>False when its tag, or its peer, is in use.</returns>
    public bool TryAdd(Association association)
    {
        var key = new PeerKey(association.PrimaryPath.Remote, association.RemotePort);
        if (_byTag.ContainsKey(association.LocalTag) || !_byPeer.TryAdd(key, association))
        {
            return false;
        }

        _byTag.Add(association.LocalTag, new Entry(association, key));
        return true;
    }

    /// <summary>The association that our tag in a packet names.</summary>
    public bool TryFind(VerificationTag localTag, [NotNullWhen(true)] out Association? association)
    {
        bool isFound = _byTag.TryGetValue(localTag, out Entry entry);
        association = entry.Association;
        return isFound;
    }

    /// <summary>The association with a peer.</summary>
    public bool TryFind(in NetworkAddress remote, ushort remotePort, [NotNullWhen(true)] out Association? association) =>
        _byPeer.TryGetValue(new PeerKey(remote, remotePort), out association);

    /// <summary>The association's tag or address has changed.</summary>
    public void Update(VerificationTag oldTag, Association association)
    {
        if (!_byTag.Remove(oldTag, out Entry entry))
        {
            return;
        }

        // Where another association has that address already, packets are told apart by their tag alone.
        var key = new PeerKey(association.PrimaryPath.Remote, association.RemotePort);
        if (key != entry.Key && _byPeer.TryAdd(key, association))
        {
            _byPeer.Remove(entry.Key);
            entry = entry with { Key = key };
        }

        _byTag[association.LocalTag] = entry;
    }

    /// <summary>Removes an association.</summary>
    public void Remove(Association association)
    {
        if (_byTag.Remove(association.LocalTag, out Entry entry))
        {
            _byPeer.Remove(entry.Key);
        }
    }
}
