using System;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using System.Threading.Tasks;

namespace Braid.WebRtc.Interop;

/// <summary>
/// A socket that sends each datagram so much later, in the order in which they came: not all of the peers get over a flight of DTLS that
/// comes in another order.
/// </summary>
internal sealed class DelayLine : IDisposable
{
    private readonly TimeSpan _delay;
    private readonly Channel<(long At, byte[] Datagram, EndPoint To)> _line = Channel.CreateUnbounded<(long, byte[], EndPoint)>();

    public DelayLine(Socket socket, TimeSpan delay)
    {
        Socket = socket;
        _delay = delay;
        _ = RunAsync();
    }

    public Socket Socket { get; }

    public void Send(byte[] datagram, EndPoint to) => _line.Writer.TryWrite((Stopwatch.GetTimestamp(), datagram, to));

    public void Dispose()
    {
        _line.Writer.TryComplete();
        Socket.Dispose();
    }

    private async Task RunAsync()
    {
        await foreach ((long at, byte[] datagram, EndPoint to) in _line.Reader.ReadAllAsync())
        {
            TimeSpan left = _delay - Stopwatch.GetElapsedTime(at);
            if (left > TimeSpan.Zero)
            {
                await Task.Delay(left);
            }

            try
            {
                await Socket.SendToAsync(datagram, SocketFlags.None, to);
            }
            catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
            {
                // Lost like any other.
            }
        }
    }
}
