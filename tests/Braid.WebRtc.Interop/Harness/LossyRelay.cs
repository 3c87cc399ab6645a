using System;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Threading;
using System.Threading.Tasks;
using Braid.Core;

namespace Braid.WebRtc.Interop;

/// <summary>Which datagrams are lost: decided by a seed, in the order in which they come.</summary>
/// <param name="loss">Chance that one is lost, 0 to 1.</param>
/// <param name="delay">How late the others come.</param>
/// <param name="seed">Decides.</param>
/// <param name="spared">So many datagrams come first, none of which is lost.</param>
internal sealed class Loss(double loss, TimeSpan delay, ulong seed, int spared = 0)
{
    private readonly Lock _lock = new();
    private readonly SeededRandom _random = new(seed);
    private int _spared = spared;
    private long _lost;

    public TimeSpan Delay => delay;

    /// <summary>Datagrams that were lost.</summary>
    public long Lost => Interlocked.Read(ref _lost);

    /// <summary>Whether the next one is.</summary>
    public bool Next()
    {
        lock (_lock)
        {
            if (_spared > 0)
            {
                _spared--;
                return false;
            }

            if (_random.NextDouble() >= loss)
            {
                return false;
            }
        }

        Interlocked.Increment(ref _lost);
        return true;
    }
}

/// <summary>
/// Stands for one candidate: what is sent to it goes on to the candidate, and each sender gets a port of its own here that answers come
/// back to, as behind a NAT.
/// </summary>
internal sealed class LossyRelay : IAsyncDisposable
{
    private readonly PeerNamespace _place;
    private readonly IPEndPoint _target;
    private readonly Loss _loss;
    private readonly DelayLine _front;
    private readonly ConcurrentDictionary<EndPoint, DelayLine> _backs = new();
    private readonly CancellationTokenSource _stop = new();

    private LossyRelay(PeerNamespace place, IPEndPoint target, Loss loss, Socket front)
    {
        _place = place;
        _target = target;
        _loss = loss;
        _front = new DelayLine(front, loss.Delay);
    }

    /// <summary>Where to send instead of to the candidate.</summary>
    public IPEndPoint EndPoint => (IPEndPoint)_front.Socket.LocalEndPoint!;

    public static LossyRelay Start(PeerNamespace place, IPEndPoint target, Loss loss)
    {
        var relay = new LossyRelay(place, target, loss, NewSocket(place));
        _ = relay.ForwardAsync();
        return relay;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _front.Dispose();
        foreach (DelayLine back in _backs.Values)
        {
            back.Dispose();
        }

        _stop.Dispose();
    }

    private static Socket NewSocket(PeerNamespace place)
    {
        Socket socket = place.NewSocket(SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(IPAddress.Parse(PeerNamespace.Address), 0));
        return socket;
    }

    private async Task ForwardAsync()
    {
        CancellationToken cancellationToken = _stop.Token;
        await ReceiveAsync(
            _front.Socket,
            async (datagram, source) =>
            {
                if (!_backs.TryGetValue(source, out DelayLine? back))
                {
                    back = new DelayLine(NewSocket(_place), _loss.Delay);
                    _backs[source] = back;
                    _ = ReceiveAsync(
                        back.Socket,
                        (answer, _) =>
                        {
                            Pass(_front, answer, source);
                            return Task.CompletedTask;
                        },
                        cancellationToken);
                }

                Pass(back, datagram, _target);
            },
            cancellationToken);
    }

    private void Pass(DelayLine line, byte[] datagram, EndPoint to)
    {
        if (!_loss.Next())
        {
            line.Send(datagram, to);
        }
    }

    private static async Task ReceiveAsync(Socket socket, Func<byte[], EndPoint, Task> arrived, CancellationToken cancellationToken)
    {
        var buffer = new byte[65536];
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                SocketReceiveFromResult received =
                    await socket.ReceiveFromAsync(buffer, SocketFlags.None, new IPEndPoint(IPAddress.Any, 0), cancellationToken);
                await arrived(buffer[..received.ReceivedBytes], received.RemoteEndPoint);
            }
            catch (SocketException)
            {
                // Nobody is there yet, or no longer.
            }
            catch (Exception exception) when (exception is ObjectDisposedException or OperationCanceledException)
            {
                return;
            }
        }
    }
}
