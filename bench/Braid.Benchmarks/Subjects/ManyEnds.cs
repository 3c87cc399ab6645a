using System;
using System.Net;
using System.Net.Sockets;
using System.Threading;
using System.Threading.Tasks;
using Braid.Sockets;

namespace Braid.Benchmarks;

/// <summary>Both ends of any number of associations, or of what they are compared with, in this process. The passive ends echo.</summary>
/// <param name="name">What tables call it.</param>
internal abstract class ManyEnds(string name) : IAsyncDisposable
{
    public const int MessageSize = 100;

    public string Name => name;

    /// <summary>Passive ends that are there.</summary>
    public abstract int PassiveCount { get; }

    /// <summary>Whether memory of the ends is on this process's heap.</summary>
    public abstract bool IsOnHeap { get; }

    /// <summary>Makes one.</summary>
    public abstract Task ConnectAsync(int index, CancellationToken cancellationToken);

    /// <summary>Sends a message and receives it again.</summary>
    public abstract Task EchoAsync(int index, CancellationToken cancellationToken);

    /// <summary>Closes one gracefully.</summary>
    public abstract Task CloseAsync(int index, CancellationToken cancellationToken);

    public abstract ValueTask DisposeAsync();
}

/// <summary>Associations over one UDP socket on the passive side, and as few as have SCTP ports enough on the active one.</summary>
internal sealed class BraidEnds : ManyEnds
{
    private const ushort Port = 5001;
    private const int PerStack = 16_000;                     // of the 16,384 SCTP ports that are picked from

    private readonly CancellationTokenSource _end = new();
    private readonly SctpStack _passive;
    private readonly SctpStack[] _active;
    private readonly SctpListener _listener;
    private readonly SctpAssociation?[] _associations;

    /// <param name="count">How many at the same time.</param>
    public BraidEnds(int count)
        : base("braid")
    {
        var options = new SctpStackOptions { MaximumAssociations = Math.Max(65536, count) };
        _passive = SctpStack.OpenUdp(new IPEndPoint(IPAddress.Loopback, 0), options);
        _active = new SctpStack[((count - 1) / PerStack) + 1];
        for (int i = 0; i < _active.Length; i++)
        {
            _active[i] = SctpStack.OpenUdp(new IPEndPoint(IPAddress.Loopback, 0));
        }

        _associations = new SctpAssociation?[count];
        _listener = SctpListener.Listen(new SctpListenerOptions { Port = Port, Stack = _passive, Backlog = count });
        _ = EchoAllAsync();
    }

    public override int PassiveCount => _passive.AssociationCount;

    public override bool IsOnHeap => true;

    public override async Task ConnectAsync(int index, CancellationToken cancellationToken) =>
        _associations[index] = await SctpAssociation.ConnectAsync(
            new SctpConnectOptions { Stack = _active[index / PerStack], RemoteEndPoints = _passive.LocalEndPoints, RemotePort = Port }, cancellationToken);

    public override async Task EchoAsync(int index, CancellationToken cancellationToken)
    {
        await _associations[index]!.SendAsync(new byte[MessageSize], default, cancellationToken);
        using SctpMessage echo = await _associations[index]!.ReceiveAsync(cancellationToken);
    }

    public override async Task CloseAsync(int index, CancellationToken cancellationToken)
    {
        await _associations[index]!.ShutdownAsync(cancellationToken);
        _associations[index] = null;
    }

    public override async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _listener.DisposeAsync();
        foreach (SctpStack stack in _active)
        {
            await stack.DisposeAsync();
        }

        await _passive.DisposeAsync();
        _end.Dispose();
    }

    private async Task EchoAllAsync()
    {
        try
        {
            await foreach (SctpAssociation association in _listener.AcceptAllAsync(_end.Token))
            {
                _ = ServeAsync(association, _end.Token);
            }
        }
        catch (OperationCanceledException)
        {
        }
    }

    private static async Task ServeAsync(SctpAssociation association, CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                using SctpMessage message = await association.ReceiveAsync(cancellationToken);
                await association.SendAsync(message.ToArray(), default, cancellationToken);
            }
        }
        catch (Exception exception) when (exception is SctpException or OperationCanceledException)
        {
        }
    }
}

/// <summary>The same with kernel TCP: a socket for each end.</summary>
internal sealed class TcpEnds : ManyEnds
{
    /// <summary>More of them, and their sockets, may be more than a process may open.</summary>
    public const int Most = 1000;

    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly Socket?[] _sockets;
    private int _passiveCount;

    /// <param name="count">How many at the same time.</param>
    public TcpEnds(int count)
        : base("tcp")
    {
        _sockets = new Socket?[count];
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen(count);
        _ = EchoAllAsync();
    }

    public override int PassiveCount => Volatile.Read(ref _passiveCount);

    public override bool IsOnHeap => false;

    public override async Task ConnectAsync(int index, CancellationToken cancellationToken)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(_listener.LocalEndPoint!, cancellationToken);
        _sockets[index] = socket;
    }

    public override async Task EchoAsync(int index, CancellationToken cancellationToken)
    {
        var buffer = new byte[MessageSize];
        await _sockets[index]!.SendAsync(buffer, cancellationToken);
        for (int read = 0; read < buffer.Length;)
        {
            read += await _sockets[index]!.ReceiveAsync(buffer.AsMemory(read), cancellationToken);
        }
    }

    public override async Task CloseAsync(int index, CancellationToken cancellationToken)
    {
        _sockets[index]!.Shutdown(SocketShutdown.Send);
        await _sockets[index]!.ReceiveAsync(new byte[1], cancellationToken);
        _sockets[index]!.Dispose();
        _sockets[index] = null;
    }

    public override ValueTask DisposeAsync()
    {
        _listener.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task EchoAllAsync()
    {
        try
        {
            while (true)
            {
                _ = ServeAsync(await _listener.AcceptAsync());
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        Interlocked.Increment(ref _passiveCount);
        var buffer = new byte[MessageSize];
        socket.NoDelay = true;
        using (socket)
        {
            while (await socket.ReceiveAsync(buffer) is var read and > 0)
            {
                await socket.SendAsync(buffer.AsMemory(0, read));
            }
        }

        Interlocked.Decrement(ref _passiveCount);
    }
}
