using System;
using System.Collections.Generic;
using System.Linq;
using System.Net;
using System.Net.Sockets;
using System.Threading;
using System.Threading.Tasks;
using Braid.Core;
using Braid.Sockets;
using Braid.WebRtc.Network;

namespace Braid.WebRtc;

/// <summary>How an <see cref="RTCUdpMux"/> is opened.</summary>
public sealed record RTCUdpMuxOptions
{
    /// <summary>
    /// Sockets at each address, each with a thread of its own; from 1. On Linux alone more than one spreads the load. Default: one for
    /// each processor, four at most.
    /// </summary>
    public int SocketCount { get; init; } = Math.Min(Environment.ProcessorCount, 4);

    /// <summary>Whether a wildcard address means loopback addresses as well. Without others it means them in any case.</summary>
    public bool IncludeLoopback { get; init; }
}

/// <summary>What an <see cref="RTCUdpMux"/> has received for nobody: dropped without an answer.</summary>
/// <param name="UnknownUsers">Connectivity checks whose username fragment no peer has.</param>
/// <param name="UnknownAddresses">Datagrams from addresses that no peer sends to.</param>
/// <param name="Malformed">Broken connectivity checks.</param>
public readonly record struct RTCUdpMuxDrops(long UnknownUsers, long UnknownAddresses, long Malformed);

/// <summary>
/// One UDP port for any number of peer connections: for servers behind a firewall with one hole. Peers are told apart by the username
/// fragments of their connectivity checks, then by addresses. Peers that share it are not told a server-reflexive address: it is for hosts
/// whose own addresses can be reached. A TURN server is spoken to from a port of the peer's own.
/// </summary>
public sealed class RTCUdpMux : IAsyncDisposable
{
    private const int MostAttempts = 16;

    private readonly MuxTable _table = new();
    private readonly MuxShard[] _shards;
    private int _isDisposed;

    private RTCUdpMux(List<IPEndPoint> locals, RTCUdpMuxOptions options)
    {
        _shards = new MuxShard[OperatingSystem.IsLinux() ? options.SocketCount : 1];
        List<UdpTransport> opened = [];
        try
        {
            List<UdpTransport> first = [];
            foreach (IPEndPoint local in locals)
            {
                // The first one alone: else it could share a port with another program.
                int port = local.Port == 0 && first.Count > 0 ? first[0].LocalEndPoints[0].Port : local.Port;
                UdpTransport transport = UdpTransport.Open(new IPEndPoint(local.Address, port));
                opened.Add(transport);
                first.Add(transport);
                if (_shards.Length > 1)
                {
                    transport.Socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
                }
            }

            LocalEndPoints = first.ConvertAll(static transport => transport.LocalEndPoints[0]);
            var others = new List<UdpTransport>[_shards.Length - 1];
            for (int i = 0; i < others.Length; i++)
            {
                others[i] = [];
                foreach (IPEndPoint local in LocalEndPoints)
                {
                    others[i].Add(UdpTransport.Open(local, reusePort: true));
                    opened.Add(others[i][^1]);
                }
            }

            for (int i = 0; i < _shards.Length; i++)
            {
                _shards[i] = new MuxShard(_table, PeerHost.ChooseThread(), TimeProvider.System);
                (i == 0 ? first : others[i - 1]).ForEach(_shards[i].Add);
            }
        }
        catch
        {
            opened.ForEach(static transport => transport.Dispose());
            throw;
        }

        Array.ForEach(_shards, static shard => shard.Start());
    }

    /// <summary>Where it is bound: one port, at each of the addresses.</summary>
    public IReadOnlyList<IPEndPoint> LocalEndPoints { get; }

    /// <summary>Peers that share it.</summary>
    public int PeerCount => _shards.Sum(static shard => shard.PeerCount);

    /// <summary>What was received for nobody.</summary>
    public RTCUdpMuxDrops Drops => new(
        _shards.Sum(static shard => shard.UnknownUsers),
        _shards.Sum(static shard => shard.UnknownAddresses),
        _shards.Sum(static shard => shard.Malformed));

    /// <summary>Opens a port.</summary>
    /// <param name="local">Where; port 0 lets the system choose. A wildcard means all addresses that a peer may know, as of now.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <exception cref="RTCException">The address cannot be used.</exception>
    public static RTCUdpMux Open(IPEndPoint local, RTCUdpMuxOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(local);
        options ??= new RTCUdpMuxOptions();
        ArgumentOutOfRangeException.ThrowIfLessThan(options.SocketCount, 1, nameof(options));
        List<IPEndPoint> locals = AddressesOf(local, options);
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                return new RTCUdpMux(locals, options);
            }
            catch (SocketException exception) when (
                exception.SocketErrorCode == SocketError.AddressAlreadyInUse && local.Port == 0 && attempt < MostAttempts)
            {
                // The port that the system has chosen at one address is in use at another.
            }
            catch (SocketException exception)
            {
                string why = exception.SocketErrorCode == SocketError.AddressAlreadyInUse ? "it is in use" : exception.Message;
                throw new RTCException(RTCError.Operation($"Cannot use UDP address {local}: {why}."), exception);
            }
        }
    }

    /// <summary>Closes the port. Peers that still share it lose it.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
        {
            return;
        }

        foreach (MuxShard shard in _shards)
        {
            var closed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            shard.Close(closed.SetResult);
            await closed.Task.ConfigureAwait(false);
        }
    }

    /// <summary>Addresses that somebody sends to; for tests.</summary>
    internal int RouteCount => _table.RouteCount;

    /// <summary>A peer shares it from now on.</summary>
    /// <exception cref="ObjectDisposedException">It was closed.</exception>
    internal MuxMembership Attach(PeerHost host)
    {
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _isDisposed) != 0, this);
        return _shards.MinBy(static shard => shard.PeerCount)!.Attach(host);
    }

    private static List<IPEndPoint> AddressesOf(IPEndPoint local, RTCUdpMuxOptions options)
    {
        bool isAny = local.Address.Equals(IPAddress.Any);
        if (!isAny && !local.Address.Equals(IPAddress.IPv6Any))
        {
            return [local];
        }

        List<IPEndPoint> locals = [];
        foreach (NetworkAddress address in AddressSelection.Select(
            InterfaceAddresses.Read(), AddressPolicy.All, InterfaceAddresses.ReadDefaultRoutes(), options.IncludeLoopback, most: 16))
        {
            if (!isAny || address.Family == NetworkFamily.IPv4)
            {
                locals.Add(address.WithPort((ushort)local.Port).ToIPEndPoint());
            }
        }

        return locals;
    }
}
