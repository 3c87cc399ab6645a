using System;
using System.Collections.Generic;
using System.Threading;
using Braid.Core;

namespace Braid.Sockets;

/// <summary>Peers to whom messages wait for the loop, because there was no association with them: how many messages each. For anybody.</summary>
internal sealed class StartingPeers
{
    private readonly Lock _gate = new();
    private readonly Dictionary<(NetworkAddress Remote, ushort Port), int> _counts = [];
    private volatile int _peers;                             // nearly always none

    /// <summary>Whether a message to this peer waits.</summary>
    public bool Includes(in NetworkAddress remote, ushort remotePort)
    {
        if (_peers == 0)
        {
            return false;
        }

        lock (_gate)
        {
            return _counts.ContainsKey((remote, remotePort));
        }
    }

    /// <summary>A message waits from now on, until what this returns is disposed.</summary>
    public Waiting Add(in NetworkAddress remote, ushort remotePort)
    {
        lock (_gate)
        {
            _counts[(remote, remotePort)] = _counts.GetValueOrDefault((remote, remotePort)) + 1;
            _peers = _counts.Count;
        }

        return new Waiting(this, remote, remotePort);
    }

    private void Remove(in NetworkAddress remote, ushort remotePort)
    {
        lock (_gate)
        {
            if (--_counts[(remote, remotePort)] == 0)
            {
                _counts.Remove((remote, remotePort));
            }

            _peers = _counts.Count;
        }
    }

    /// <summary>A message that waits. Disposed by whoever comes first.</summary>
    internal sealed class Waiting(StartingPeers owner, NetworkAddress remote, ushort remotePort) : IDisposable
    {
        private int _isDisposed;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _isDisposed, 1) == 0)
            {
                owner.Remove(remote, remotePort);
            }
        }
    }
}
