using System;
using System.Collections.Concurrent;
using System.Net;
using Braid.Core;

namespace Braid.Sockets;

/// <summary>
/// A network without sockets, to test programs on: every stack that is opened on it can reach the others by their end points.
/// Datagrams keep their order and none is lost, unless <see cref="Drop"/> says so. Networks know nothing of one another.
/// </summary>
public sealed class SctpMemoryNetwork
{
    private readonly ConcurrentDictionary<NetworkAddress, MemoryTransport> _transports = new();
    private int _lastPort = 49151;

    /// <summary>
    /// Decides which datagrams are lost: source, destination, and the SCTP packet. Called on the sender's loop, so it must be quick.
    /// Null, the default, for none.
    /// </summary>
    public SctpDatagramFilter? Drop { get; set; }

    /// <summary>Opens a stack at an end point of this network.</summary>
    /// <param name="local">Any address; port 0 chooses one.</param>
    /// <param name="options">Limits and services; null for the defaults.</param>
    /// <exception cref="ArgumentException">An option is outside its range.</exception>
    /// <exception cref="SctpException">The end point is in use.</exception>
    public SctpStack Open(IPEndPoint local, SctpStackOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(local);
        options ??= new SctpStackOptions();
        options.Validate();
        while (true)
        {
            IPEndPoint at = local.Port != 0 ? local : new IPEndPoint(local.Address, System.Threading.Interlocked.Increment(ref _lastPort));
            var transport = new MemoryTransport(this, at);
            if (_transports.TryAdd(at.ToNetworkAddress(), transport))
            {
                return SctpStack.Open(transport, options);
            }

            if (local.Port != 0)
            {
                throw new SctpException(SctpError.AddressUnavailable, $"Cannot use {local}: it is in use on this network.");
            }
        }
    }

    internal void Carry(in NetworkAddress from, in NetworkAddress to, ReadOnlySpan<byte> datagram)
    {
        if (_transports.TryGetValue(to, out MemoryTransport? transport)
            && (Drop is not { } drop || !drop(from.ToIPEndPoint(), to.ToIPEndPoint(), datagram)))
        {
            transport.Deliver(from, datagram);
        }
    }

    internal void Leave(in NetworkAddress address) => _transports.TryRemove(address, out _);
}

/// <summary>Decides about a datagram of a <see cref="SctpMemoryNetwork"/>.</summary>
/// <param name="source">Where it comes from.</param>
/// <param name="destination">Where it goes.</param>
/// <param name="packet">The SCTP packet.</param>
/// <returns>Whether it is lost.</returns>
public delegate bool SctpDatagramFilter(IPEndPoint source, IPEndPoint destination, ReadOnlySpan<byte> packet);
