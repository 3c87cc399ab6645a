using System;
using System.Net;
using System.Threading;
using System.Threading.Tasks;

namespace Braid.Sockets.Tests;

/// <summary>A listener and a connected pair on loopback. The token is a guard only: no test waits for it.</summary>
internal sealed class Loopback : IAsyncDisposable
{
    public const ushort Port = 5001;

    private readonly CancellationTokenSource _guard = new(TimeSpan.FromSeconds(60));

    private Loopback(SctpListener listener) => Listener = listener;

    public SctpListener Listener { get; }

    public CancellationToken Guard => _guard.Token;

    public SctpAssociation Client { get; private set; } = null!;

    public SctpAssociation Server { get; private set; } = null!;

    public static async Task<Loopback> ListenAsync(SctpAssociationOptions? options = null, IPAddress? address = null, int backlog = 128, SctpDtlsOptions? dtls = null)
    {
        SctpListener listener = await SctpListener.ListenAsync(new SctpListenerOptions
        {
            ListenEndPoints = [new IPEndPoint(address ?? IPAddress.Loopback, 0)],
            Port = Port,
            Association = options ?? SctpAssociationOptions.Default,
            Backlog = backlog,
            Dtls = dtls,
        });
        return new Loopback(listener);
    }

    public static async Task<Loopback> ConnectedAsync(
        SctpAssociationOptions? client = null, SctpAssociationOptions? server = null, IPAddress? address = null, SctpDtlsOptions? dtls = null)
    {
        Loopback loopback = await ListenAsync(server, address, dtls: dtls);
        loopback.Client = await loopback.ConnectAsync(client, dtls);
        loopback.Server = await loopback.Listener.AcceptAssociationAsync(loopback.Guard);
        return loopback;
    }

    public ValueTask<SctpAssociation> ConnectAsync(SctpAssociationOptions? options = null, SctpDtlsOptions? dtls = null) =>
        SctpAssociation.ConnectAsync(OptionsFor(Listener.LocalEndPoints[0], options) with { Dtls = dtls }, Guard);

    public static SctpConnectOptions OptionsFor(IPEndPoint remote, SctpAssociationOptions? options = null) => new()
    {
        RemoteEndPoints = [remote],
        RemotePort = Port,
        Association = options ?? SctpAssociationOptions.Default,
    };

    public async ValueTask DisposeAsync()
    {
        Client?.Abort();
        Server?.Abort();
        await Listener.DisposeAsync();
        _guard.Dispose();
    }
}
