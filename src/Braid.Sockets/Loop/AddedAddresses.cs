using System.Collections.Generic;
using System.Net;
using Braid.Core;

namespace Braid.Sockets;

/// <summary>
/// Addresses of this host that associations have added while they live (RFC 5061), beyond those that their loop was opened at: each has a socket as
/// long as one of them uses it. On the loop only, as commands, for only these run where its sockets are waited for.
/// </summary>
/// <param name="transport">Opens and closes the sockets.</param>
/// <param name="sockets">Those that are received from.</param>
internal sealed class AddedAddresses(IDatagramTransport transport, LoopSockets sockets)
{
    private readonly Dictionary<NetworkAddress, Socket> _sockets = [];

    /// <summary>An association uses an address, until <see cref="Release"/>.</summary>
    /// <returns>The address as its packets leave from it.</returns>
    /// <exception cref="SctpException">It cannot be used: the message says why.</exception>
    public NetworkAddress Use(IPAddress address)
    {
        if (_sockets.TryGetValue(KeyOf(address), out Socket? known))
        {
            known.Users++;
            return known.Local;
        }

        (NetworkAddress local, IDatagramSource? source) = transport.AddLocal(address);
        if (source is not null)
        {
            _sockets.Add(local.WithPort(0), new Socket(local, source) { Users = 1 });
            sockets.Add([source]);
        }

        return local;
    }

    /// <summary>Whether there is none.</summary>
    public bool IsEmpty => _sockets.Count == 0;

    /// <summary>One more association uses an address, if that was added.</summary>
    public bool TryShare(in NetworkAddress local)
    {
        if (!_sockets.TryGetValue(local.WithPort(0), out Socket? known))
        {
            return false;
        }

        known.Users++;
        return true;
    }

    /// <summary>An association uses it no longer. Does nothing for one that the loop was opened at.</summary>
    public void Release(in NetworkAddress local)
    {
        NetworkAddress key = local.WithPort(0);
        if (_sockets.TryGetValue(key, out Socket? known) && --known.Users == 0)
        {
            _sockets.Remove(key);
            sockets.Remove(known.Source);
            transport.RemoveLocal(known.Source);
        }
    }

    private static NetworkAddress KeyOf(IPAddress address) => new IPEndPoint(address, 0).ToNetworkAddress();

    private sealed class Socket(NetworkAddress local, IDatagramSource source)
    {
        public NetworkAddress Local => local;

        public IDatagramSource Source => source;

        public int Users { get; set; }
    }
}
