using System;
using System.Net;
using System.Net.Sockets;
using System.Threading;
using System.Threading.Tasks;
using Braid.Core;

namespace Braid.Interop;

/// <summary>
/// Forwards datagrams between whoever sends to it and one target on 127.0.0.1, late and not all of them: the network that two
/// processes on one machine do not have.
/// </summary>
internal sealed class UdpRelay : IAsyncDisposable
{
    private readonly Socket _front = NewSocket();
    private readonly Socket _back = NewSocket();
    private readonly IPEndPoint _target;
    private readonly double _loss;
    private readonly TimeSpan _delay;
    private readonly SeededRandom _random;
    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _running;
    private EndPoint? _client;
    private long _lost;

    /// <param name="targetPort">Where datagrams go.</param>
    /// <param name="loss">Chance that one is lost, either way.</param>
    /// <param name="delay">How late they come.</param>
    /// <param name="seed">Decides which are lost.</param>
    public UdpRelay(int targetPort, double loss, TimeSpan delay, ulong seed)
    {
        _target = new IPEndPoint(IPAddress.Loopback, targetPort);
        _loss = loss;
        _delay = delay;
        _random = new SeededRandom(seed);
        _running = Task.WhenAll(ForwardAsync(_front, isFromClient: true), ForwardAsync(_back, isFromClient: false));
    }

    /// <summary>Where clients send to.</summary>
    public IPEndPoint EndPoint => (IPEndPoint)_front.LocalEndPoint!;

    /// <summary>What the target sees them come from.</summary>
    public IPEndPoint BackEndPoint => (IPEndPoint)_back.LocalEndPoint!;

    /// <summary>Datagrams that were lost.</summary>
    public long Lost => Interlocked.Read(ref _lost);

    /// <summary>Who is behind the front: known by its first datagram, or named here.</summary>
    public void SetClient(IPEndPoint client) => _client = client;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _front.Dispose();
        _back.Dispose();
        _stop.Dispose();
    }

    private static Socket NewSocket()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return socket;
    }

    private async Task ForwardAsync(Socket from, bool isFromClient)
    {
        var buffer = new byte[65536];
        while (!_stop.IsCancellationRequested)
        {
            SocketReceiveFromResult received;
            try
            {
                received = await from.ReceiveFromAsync(buffer, SocketFlags.None, new IPEndPoint(IPAddress.Any, 0), _stop.Token);
            }
            catch (SocketException)
            {
                continue;                                    // nobody is there yet, or no longer
            }

            if (isFromClient)
            {
                _client = received.RemoteEndPoint;
            }

            if (IsLost())
            {
                Interlocked.Increment(ref _lost);
                continue;
            }

            EndPoint? to = isFromClient ? _target : _client;
            if (to is not null)
            {
                _ = SendLaterAsync(isFromClient ? _back : _front, buffer[..received.ReceivedBytes], to);
            }
        }
    }

    private async Task SendLaterAsync(Socket socket, byte[] datagram, EndPoint to)
    {
        try
        {
            if (_delay > TimeSpan.Zero)
            {
                await Task.Delay(_delay, _stop.Token);
            }

            await socket.SendToAsync(datagram, SocketFlags.None, to, _stop.Token);
        }
        catch (Exception exception) when (exception is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // Lost like any other.
        }
    }

    private bool IsLost()
    {
        lock (_lock)
        {
            return _random.NextDouble() < _loss;
        }
    }
}
