using System;
using System.Collections.Generic;
using System.Net;
using System.Threading;
using System.Threading.Tasks;
using Braid.Sctp;
using Braid.Sctp.Wire;
using Braid.Sockets;

namespace Braid.Interop;

/// <summary>Authenticated chunks with libusrsctp (RFC 4895), both ways and in both roles. Debian's knows SHA-1 alone: it is what we take of our two.</summary>
public sealed class UsrsctpAuthenticationTests : IDisposable
{
    private const ushort Port = 7000;
    private const string Secret = "a-secret-of-both";

    // DATA, SACK, HEARTBEAT, HEARTBEAT ACK, ABORT, SHUTDOWN, SHUTDOWN ACK, ERROR, COOKIE ECHO, COOKIE ACK, PAD
    private const string Everything = "0,3,4,5,6,7,8,9,10,11,132";

    private static readonly ChunkType[] s_everything =
    [
        ChunkType.Data, ChunkType.IData, ChunkType.Sack, ChunkType.Heartbeat, ChunkType.HeartbeatAck, ChunkType.Abort, ChunkType.Shutdown,
        ChunkType.ShutdownAck, ChunkType.Error, ChunkType.CookieEcho, ChunkType.CookieAck, ChunkType.Pad,
    ];

    // A guard only: nothing here waits for it.
    private readonly CancellationTokenSource _guard = new(TimeSpan.FromSeconds(60));

    /// <summary>What usrsctp echoes over a network with losses comes once and in order, though both take no chunk unauthenticated.</summary>
    /// <param name="usrsctpIsServer">Who opens.</param>
    /// <param name="secret">The shared key; empty for the null key.</param>
    /// <param name="loss">Share of packets that are lost.</param>
    [Theory, Rfc(4895, "6.1"), Rfc(4895, "6.2"), Rfc(4895, "6.3")]
    [InlineData(true, Secret, 0)]
    [InlineData(false, Secret, 0)]
    [InlineData(true, Secret, 0.03)]
    [InlineData(false, Secret, 0.03)]
    [InlineData(true, "", 0.03)]
    [InlineData(false, "", 0)]
    public async Task Everything_is_authenticated_both_ways(bool usrsctpIsServer, string secret, double loss)
    {
        SctpAssociationOptions options = Options(secret, s_everything);
        (UsrsctpPeer peer, SctpAssociation association, IAsyncDisposable rest) = await ConnectAsync(
            usrsctpIsServer, options, new() { ["AUTH_CHUNKS"] = Everything }, secret, loss, "echo");
        await using IAsyncDisposable last = rest;
        await using UsrsctpPeer owned = peer;
        await using SctpAssociation both = association;
        Assert.Equal(Extensions.Authentication, association.Extensions & Extensions.Authentication);
        Assert.Contains(ChunkType.Data, (await association.GetAuthenticationAsync()).PeerChunks);
        const int Count = 500;
        Task sending = SendAsync(association, Count);
        for (int i = 0; i < Count; i++)
        {
            using SctpMessage message = await association.ReceiveAsync(_guard.Token);
            Assert.Equal(UsrsctpPeer.Pattern(0, LengthOf(i)), message.ToArray());
        }

        await sending;
        await association.ShutdownAsync(_guard.Token);
        Assert.Equal($"{Count}", (await peer.ExpectAsync("received", _guard.Token))[0]);
        await peer.ExpectAsync("closed", _guard.Token);
    }

    /// <summary>Keys are added on both sides and take each other's place while messages flow.</summary>
    /// <param name="usrsctpIsServer">Who opens.</param>
    [Theory, Rfc(6458, "8.3.3"), Rfc(6458, "8.3.4"), Rfc(6458, "8.1.18"), Rfc(6458, "6.1.8")]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Keys_roll_over(bool usrsctpIsServer)
    {
        SctpAssociationOptions options = Options(Secret, [ChunkType.Data, ChunkType.IData]) with { Notifications = SctpNotificationKinds.Authentication };
        (UsrsctpPeer peer, SctpAssociation association, IAsyncDisposable rest) = await ConnectAsync(
            usrsctpIsServer, options, new() { ["AUTH_CHUNKS"] = "0" }, Secret, 0, "control");
        await using IAsyncDisposable last = rest;
        await using UsrsctpPeer owned = peer;
        await using SctpAssociation both = association;
        await BothWaysAsync(peer, association, 100);
        Assert.Equal(AuthenticationKeyStatus.Done, await association.SetAuthenticationKeyAsync(2, "the-next"u8.ToArray()));
        await peer.TellAsync("key 2 the-next");
        Assert.Equal(["ok"], await peer.ExpectAsync("key", _guard.Token));
        Assert.Equal(AuthenticationKeyStatus.Done, await association.ActivateAuthenticationKeyAsync(2));
        await peer.TellAsync("activate 2");
        Assert.Equal(["ok"], await peer.ExpectAsync("key", _guard.Token));
        await BothWaysAsync(peer, association, 101);
        Assert.Equal(AuthenticationKeyStatus.Done, await association.DeactivateAuthenticationKeyAsync(1));
        await peer.TellAsync("deactivate 1");
        Assert.Equal(["ok"], await peer.ExpectAsync("key", _guard.Token));
        await BothWaysAsync(peer, association, 5000);
        Assert.Equal(AuthenticationKeyStatus.Done, await association.DeleteAuthenticationKeyAsync(1));

        var told = new List<SctpNotification>();
        while (association.TryReadNotification(out SctpNotification? one))
        {
            told.Add(one);
        }

        Assert.Contains(new SctpNotification.Authentication(association.Id, SctpAuthenticationIndication.NewKey, 1), told);
        Assert.Contains(new SctpNotification.Authentication(association.Id, SctpAuthenticationIndication.NewKey, 2), told);
        Assert.Contains(new SctpNotification.Authentication(association.Id, SctpAuthenticationIndication.KeyFreed, 1), told);
        await peer.TellAsync("shutdown");
        await association.Closed.WaitAsync(_guard.Token);
    }

    public void Dispose() => _guard.Dispose();

    private static int LengthOf(int number) => number % 7 == 0 ? 4000 : 1 + (number % 1300);

    private static SctpAssociationOptions Options(string secret, ChunkType[] required) => SctpAssociationOptions.Default with
    {
        RtoInitial = TimeSpan.FromMilliseconds(300),
        RtoMinimum = TimeSpan.FromMilliseconds(300),
        RtoMaximum = TimeSpan.FromSeconds(1),
        Authentication = new AuthenticationOptions
        {
            RequiredChunks = required,
            Keys = secret.Length == 0 ? [] : [new SharedKey(1, System.Text.Encoding.UTF8.GetBytes(secret))],
        },
    };

    private async Task SendAsync(SctpAssociation association, int count)
    {
        for (int i = 0; i < count; i++)
        {
            await association.SendAsync(UsrsctpPeer.Pattern(0, LengthOf(i)), _guard.Token);
        }
    }

    private async Task BothWaysAsync(UsrsctpPeer peer, SctpAssociation association, int length)
    {
        await association.SendAsync(UsrsctpPeer.Pattern(0, length), _guard.Token);
        Assert.Equal($"{length}", (await peer.ExpectAsync("message", _guard.Token))[2]);
        await peer.TellAsync($"send 0 {length}");
        using SctpMessage message = await association.ReceiveAsync(_guard.Token);
        Assert.Equal(UsrsctpPeer.Pattern(0, length), message.ToArray());
    }

    private async Task<(UsrsctpPeer Peer, SctpAssociation Association, IAsyncDisposable Others)> ConnectAsync(
        bool usrsctpIsServer, SctpAssociationOptions options, Dictionary<string, string> environment, string secret, double loss, string action)
    {
        environment["SHORT_RTO"] = "1";
        if (secret.Length > 0)
        {
            environment["AUTH_KEY"] = $"1:{secret}";
        }

        int usrsctpPort = UsrsctpPeer.FreeUdpPort();
        SctpListener? listener = usrsctpIsServer ? null : await SctpListener.ListenAsync(
            new SctpListenerOptions { ListenEndPoints = [new IPEndPoint(IPAddress.Loopback, 0)], Port = Port, Association = options }, _guard.Token);
        var rest = new Rest(new UdpRelay(listener?.LocalEndPoints[0].Port ?? usrsctpPort, loss, TimeSpan.FromMilliseconds(1), 5), listener);
        UsrsctpPeer peer = usrsctpIsServer
            ? UsrsctpPeer.Start("server", usrsctpPort, SctpDefaults.UdpPort, Port, environment, action)
            : UsrsctpPeer.Start("client", usrsctpPort, rest.Relay.EndPoint.Port, Port, environment, action);
        if (usrsctpIsServer)
        {
            await peer.ExpectAsync("ready", _guard.Token);
        }

        SctpAssociation association = listener is not null ? await listener.AcceptAssociationAsync(_guard.Token)
            : await SctpAssociation.ConnectAsync(
                new SctpConnectOptions { RemoteEndPoints = [rest.Relay.EndPoint], RemotePort = Port, Association = options }, _guard.Token);
        await peer.ExpectAsync("up", _guard.Token);
        return (peer, association, rest);
    }

    private sealed class Rest(UdpRelay relay, SctpListener? listener) : IAsyncDisposable
    {
        public UdpRelay Relay => relay;

        public async ValueTask DisposeAsync()
        {
            await (listener?.DisposeAsync() ?? default);
            await relay.DisposeAsync();
        }
    }
}
