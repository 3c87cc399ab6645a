using System;
using System.Net;
using System.Threading;
using System.Threading.Tasks;

namespace Braid.Sockets.Tests;

/// <summary>Two stacks on a network of their own. The token is a guard only: no test waits for it.</summary>
internal sealed class TwoStacks : IAsyncDisposable
{
    public static readonly IPEndPoint ClientAt = new(IPAddress.Loopback, 1);
    public static readonly IPEndPoint ServerAt = new(IPAddress.Loopback, 2);

    private readonly CancellationTokenSource _guard = new(TimeSpan.FromSeconds(60));

    public TwoStacks(TimeProvider? time = null)
    {
        var options = new SctpStackOptions { TimeProvider = time ?? TimeProvider.System };
        ClientStack = Network.Open(ClientAt, options);
        ServerStack = Network.Open(ServerAt, options);
    }

    public SctpMemoryNetwork Network { get; } = new();

    public SctpStack ClientStack { get; }

    public SctpStack ServerStack { get; }

    public CancellationToken Guard => _guard.Token;

    public SctpSocket OpenClient(SctpAssociationOptions? options = null, ushort port = 0) => new(
        new SctpSocketOptions { Stack = ClientStack, Port = port, Association = options ?? SctpAssociationOptions.Default });

    public SctpSocket OpenServer(SctpAssociationOptions? options = null, bool interleavesParts = true)
    {
        var socket = new SctpSocket(new SctpSocketOptions
        {
            Stack = ServerStack,
            Port = Loopback.Port,
            Association = options ?? SctpAssociationOptions.Default,
            InterleavesParts = interleavesParts,
        });
        socket.Listen();
        return socket;
    }

    public SctpListener Listen(SctpAssociationOptions? options = null) => SctpListener.Listen(
        new SctpListenerOptions { Stack = ServerStack, Port = Loopback.Port, Association = options ?? SctpAssociationOptions.Default });

    public ValueTask<SctpAssociation> ConnectAsync(SctpAssociationOptions? options = null, ushort localPort = 0) => SctpAssociation.ConnectAsync(
        Loopback.OptionsFor(ServerAt, options) with { Stack = ClientStack, LocalPort = localPort }, Guard);

    public async Task<(SctpAssociation Client, SctpAssociation Server)> ConnectedAsync(
        SctpAssociationOptions? client = null, SctpAssociationOptions? server = null)
    {
        await using SctpListener listener = Listen(server);
        SctpAssociation ours = await ConnectAsync(client);
        return (ours, await listener.AcceptAssociationAsync(Guard));
    }

    public async ValueTask DisposeAsync()
    {
        await ClientStack.DisposeAsync();
        await ServerStack.DisposeAsync();
        _guard.Dispose();
    }
}
