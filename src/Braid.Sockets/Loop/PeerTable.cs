using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using Braid.Core;

namespace Braid.Sockets;

/// <summary>The associations of a one-to-many socket: by identifier, and by what its peers are known by. For anybody, but where it says otherwise.</summary>
internal sealed class PeerTable
{
    private readonly ConcurrentDictionary<SctpAssociationId, AssociationHost> _hosts = new();
    private readonly ConcurrentDictionary<(NetworkAddress Address, ushort Port), AssociationHost> _peers = new();
    private int _added;

    /// <summary>Associations that live, in whatever state.</summary>
    public ICollection<AssociationHost> Hosts => _hosts.Values;

    /// <summary>How many were ever added.</summary>
    public int Added => Volatile.Read(ref _added);

    /// <summary>Their identifiers.</summary>
    public IReadOnlyCollection<SctpAssociationId> Ids => [.. _hosts.Keys];

    /// <summary>An association, by the address that its peer has now.</summary>
    public void Add(AssociationHost host)
    {
        Interlocked.Increment(ref _added);
        _hosts[host.Id] = host;
        TryName(host, host.Remote);
    }

    /// <summary>Removes an association, and whatever its peer is known by.</summary>
    /// <returns>False when somebody was faster: it has ended, or was peeled off.</returns>
    public bool TryRemove(AssociationHost host)
    {
        lock (host.PeerKeys)
        {
            if (!_hosts.TryRemove(host.Id, out _))
            {
                return false;
            }

            foreach ((NetworkAddress Address, ushort Port) key in host.PeerKeys)
            {
                _peers.TryRemove(KeyValuePair.Create(key, host));
            }

            return true;
        }
    }

    /// <summary>The association with this identifier.</summary>
    public AssociationHost? Find(SctpAssociationId id) => _hosts.GetValueOrDefault(id);

    /// <summary>The association with a peer, by an address that it is known by.</summary>
    public AssociationHost? Find(in NetworkAddress remote, ushort remotePort) => _peers.GetValueOrDefault((remote, remotePort));

    /// <summary>The same by any of the peer's addresses, which becomes one that it is known by. On the loop only.</summary>
    public AssociationHost? FindOnLoop(NetworkAddress remote, ushort remotePort)
    {
        if (Find(remote, remotePort) is { } known)
        {
            return known;
        }

        foreach (AssociationHost host in Hosts)
        {
            if (host.Core.RemotePort == remotePort && host.Core.GetPaths().Any(path => path.Path.Remote == remote)
                && TryName(host, remote))
            {
                return host;
            }
        }

        return null;
    }

    // False when it was removed this moment: whoever removes it must find every name.
    private bool TryName(AssociationHost host, in NetworkAddress remote)
    {
        (NetworkAddress Address, ushort Port) key = (remote, host.Core.RemotePort);
        lock (host.PeerKeys)
        {
            if (!_hosts.ContainsKey(host.Id))
            {
                return false;
            }

            host.PeerKeys.Add(key);
            _peers[key] = host;
            return true;
        }
    }
}
