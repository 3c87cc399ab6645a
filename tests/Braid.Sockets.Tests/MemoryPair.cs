using System;
using System.Net;
using System.Threading;
using System.Threading.Tasks;
using Braid.Core;

namespace Braid.Sockets.Tests;

/// <summary>A listener and a connected pair on a network in memory. The token is a guard only: no test waits for it.</summary>
internal sealed class MemoryPair : IAsyncDisposable
{
    public const ushort Port = 5001;

    private readonly CancellationTokenSource _guard = new(TimeSpan.FromSeconds(60));

    private MemoryPair(SctpAssociationOptions? server, Func<SctpListenerOptions, SctpListenerOptions>? listener)
    {
        ServerStack = Network.Open(new IPEndPoint(IPAddress.Loopback, 1));
        ClientStack = Network.Open(new IPEndPoint(IPAddress.Loopback, 2));
        var options = new SctpListenerOptions { Port = Port, Stack = ServerStack, Association = server ?? SctpAssociationOptions.Default };
        Listener = SctpListener.Listen(listener is null ? options : listener(options));
    }

    public SctpMemoryNetwork Network { get; } = new();

    public SctpStack ServerStack { get; }

    public SctpStack ClientStack { get; }

    public SctpListener Listener { get; }

    public CancellationToken Guard => _guard.Token;

    public SctpAssociation Client { get; private set; } = null!;

    public SctpAssociation Server { get; private set; } = null!;

    public static MemoryPair Listen(SctpAssociationOptions? server = null, Func<SctpListenerOptions, SctpListenerOptions>? listener = null) =>
        new(server, listener);

    public static async Task<MemoryPair> ConnectedAsync(SctpAssociationOptions? client = null, SctpAssociationOptions? server = null)
    {
        var pair = new MemoryPair(server, null);
        pair.Client = await pair.ConnectAsync(client);
        pair.Server = await pair.Listener.AcceptAssociationAsync(pair.Guard);
        return pair;
    }

    public ValueTask<SctpAssociation> ConnectAsync(SctpAssociationOptions? options = null) => SctpAssociation.ConnectAsync(Options(options), Guard);

    public SctpConnectOptions Options(SctpAssociationOptions? options = null) => new()
    {
        RemoteEndPoints = ServerStack.LocalEndPoints,
        RemotePort = Port,
        Stack = ClientStack,
        Association = options ?? SctpAssociationOptions.Default,
    };

    /// <summary>Comes back when something is so that nothing tells of.</summary>
    public async Task UntilAsync(Func<bool> isSo)
    {
        while (!isSo())
        {
            Guard.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    public static byte[] Pattern(int length)
    {
        var bytes = new byte[length];
        new SeededRandom((ulong)length).Fill(bytes);
        return bytes;
    }

    public async ValueTask DisposeAsync()
    {
        await ClientStack.DisposeAsync();
        await Listener.DisposeAsync();
        await ServerStack.DisposeAsync();
        _guard.Dispose();
    }
}
