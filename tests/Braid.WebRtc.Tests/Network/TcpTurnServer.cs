using System;
using System.Collections.Concurrent;
using System.IO;
using System.Net;
using System.Net.Sockets;
using System.Threading;
using System.Threading.Tasks;
using Braid.Core;
using Braid.Ice.Turn;
using Braid.Simulation;
using Braid.Sockets;

namespace Braid.WebRtc.Tests.Network;

/// <summary>A TURN server that lends addresses over TCP connections of the loopback interface. Nothing is relayed.</summary>
internal sealed class TcpTurnServer : IDisposable
{
    private readonly TcpListener _listener;
    private readonly TurnServer _server;
    private readonly Lock _gate = new();

    private TcpTurnServer(TcpListener listener)
    {
        _listener = listener;
        _server = new TurnServer(((IPEndPoint)listener.LocalEndpoint).ToNetworkAddress(), static () => new Instant(TimeSpan.TicksPerSecond));
        _ = AcceptAsync();
    }

    /// <summary>All connections that there were.</summary>
    public ConcurrentQueue<TcpClient> Clients { get; } = new();

    /// <summary>How many of them their client has ended in order, without a reset.</summary>
    public int Ended => Volatile.Read(ref _ended);

    private int _ended;

    public static TcpTurnServer Start(int port = 0)
    {
        var listener = new TcpListener(IPAddress.Loopback, port);
        listener.Start();
        return new TcpTurnServer(listener);
    }

    public RTCIceServer Url => new($"turn:127.0.0.1:{_server.Address.Port}?transport=tcp", "user", "pass");

    public void Dispose()
    {
        _listener.Dispose();
        foreach (TcpClient client in Clients)
        {
            client.Dispose();
        }
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                TcpClient client = await _listener.AcceptTcpClientAsync();
                Clients.Enqueue(client);
                _ = ServeAsync(client);
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        var buffer = new byte[4096];
        int used = 0;
        try
        {
            NetworkAddress from = ((IPEndPoint)client.Client.RemoteEndPoint!).ToNetworkAddress();
            NetworkStream stream = client.GetStream();
            while (await stream.ReadAsync(buffer.AsMemory(used)) is int count and > 0)
            {
                used += count;
                while (TurnFraming.TryRead(buffer.AsSpan(0, used), out int length) == TurnFrame.Complete)
                {
                    foreach (byte[] answer in Handle(from, buffer[..length]))
                    {
                        await stream.WriteAsync(answer);
                    }

                    buffer.AsSpan(length, used - length).CopyTo(buffer);
                    used -= length;
                }
            }

            Interlocked.Increment(ref _ended);
            client.Dispose();
        }
        catch (Exception exception) when (exception is IOException or SocketException or ObjectDisposedException)
        {
            // We have ended it.
        }
    }

    private byte[][] Handle(NetworkAddress from, byte[] bytes)
    {
        lock (_gate)
        {
            return [.. Array.ConvertAll(Array.FindAll(_server.Handle(from, _server.Address, bytes), answer => answer.To == from), answer => answer.Bytes)];
        }
    }
}
