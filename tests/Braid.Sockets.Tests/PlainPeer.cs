using System;
using System.Buffers;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Diagnostics;
using System.Linq;
using System.Net;
using System.Net.Sockets;
using System.Threading;
using System.Threading.Channels;
using System.Threading.Tasks;
using Braid.Core;
using Braid.Sctp;

namespace Braid.Sockets.Tests;

/// <summary>
/// The core behind plain sockets, one for each of its addresses: a peer who knows from the system alone where each datagram has come from. It
/// looks after its timers whenever something arrives; the heartbeats of the other side see to that.
/// </summary>
internal sealed class PlainPeer : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly long _begin = Stopwatch.GetTimestamp();
    private readonly Dictionary<NetworkAddress, Socket> _sockets = [];
    private readonly Channel<byte[]> _messages = Channel.CreateUnbounded<byte[]>();
    private readonly ConcurrentDictionary<(string From, string To), int> _arrivals = new();
    private readonly Endpoint _endpoint;
    private readonly Task _running;
    private Association? _association;

    /// <param name="sctpPort">Where it listens.</param>
    /// <param name="options">Of its association.</param>
    /// <param name="addresses">Its addresses, without ports: all have one that the system chooses.</param>
    public PlainPeer(ushort sctpPort, AssociationOptions options, params IPAddress[] addresses)
    {
        foreach (IPAddress address in addresses)
        {
            var socket = new Socket(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
            socket.Bind(new IPEndPoint(address, Port));
            Port = ((IPEndPoint)socket.LocalEndPoint!).Port;
            _sockets.Add(((IPEndPoint)socket.LocalEndPoint).ToNetworkAddress(), socket);
        }

        _endpoint = new Endpoint(
            new EndpointOptions { LocalPort = sctpPort, AcceptsAssociations = true, LocalAddresses = [.. _sockets.Keys], Association = options }, new SeededRandom(5));
        _running = Task.WhenAll(_sockets.Select(one => ReceiveAsync(one.Key, one.Value)));
    }

    /// <summary>The UDP port of all its addresses.</summary>
    public int Port { get; }

    /// <summary>Messages, as they come.</summary>
    public ChannelReader<byte[]> Messages => _messages.Reader;

    /// <summary>Every pair of addresses that a datagram has come from and to.</summary>
    public ICollection<(string From, string To)> Arrivals => _arrivals.Keys;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        foreach (Socket socket in _sockets.Values)
        {
            socket.Dispose();
        }

        _stop.Dispose();
    }

    private async Task ReceiveAsync(NetworkAddress local, Socket socket)
    {
        var buffer = new byte[65536];
        while (!_stop.IsCancellationRequested)
        {
            SocketReceiveFromResult received = await socket.ReceiveFromAsync(buffer, SocketFlags.None, new IPEndPoint(IPAddress.Any, 0), _stop.Token);
            NetworkAddress from = ((IPEndPoint)received.RemoteEndPoint).ToNetworkAddress();
            _arrivals.AddOrUpdate((from.WithPort(0).ToString(), local.WithPort(0).ToString()), 1, static (_, count) => count + 1);
            lock (_gate)
            {
                var now = new Instant(TimeSpan.TicksPerSecond + Stopwatch.GetElapsedTime(_begin).Ticks);
                _endpoint.HandleDatagram(now, new NetworkPath(local, from), buffer.AsSpan(0, received.ReceivedBytes));
                _endpoint.HandleTimeout(now);
                Drain(now);
            }
        }
    }

    private void Drain(Instant now)
    {
        Span<byte> room = new byte[65536];
        while (_endpoint.TryGetDatagram(now, room, out OutgoingDatagram datagram))
        {
            _sockets[datagram.Path.Local].SendTo(room[..datagram.Length], SocketFlags.None, datagram.Path.Remote.ToIPEndPoint());
        }

        if (_endpoint.TryAccept(out Association? accepted))
        {
            _association = accepted;
        }

        while (_endpoint.TryTakeActive(out _))
        {
        }

        while (_association?.TryReceive(out ReceivedMessage? message) == true)
        {
            _messages.Writer.TryWrite(message.Payload.ToArray());
            message.Dispose();
        }
    }
}
