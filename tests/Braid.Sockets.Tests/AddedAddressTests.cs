using System;
using System.Collections.Generic;
using System.Net;
using System.Net.Sockets;
using System.Threading;
using System.Threading.Tasks;
using Braid.Core;
using Braid.Sctp;

namespace Braid.Sockets.Tests;

/// <summary>Sockets that come and go while a loop runs.</summary>
public sealed class AddedAddressTests : IDisposable
{
    private static readonly IPAddress s_second = IPAddress.Parse("127.0.0.2");

    private readonly CancellationTokenSource _guard = new(TimeSpan.FromSeconds(60));

    public void Dispose() => _guard.Dispose();

    [Fact]
    public async Task A_socket_that_two_use_is_there_until_the_second_does_not_need_it_any_more()
    {
        await using SctpStack stack = SctpStack.OpenUdp(new IPEndPoint(IPAddress.Loopback, 0));
        var second = new IPEndPoint(s_second, stack.LocalEndPoints[0].Port);
        NetworkAddress local = await OnLoop(stack, loop => loop.Addresses.Use(s_second));
        Assert.Equal(second.ToNetworkAddress(), local);
        Assert.Equal(local, await OnLoop(stack, loop => loop.Addresses.Use(s_second)));
        await OnLoop(stack, loop => Release(loop, local));
        long drops = Malformed(stack);
        using var sender = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        while (Malformed(stack) == drops)
        {
            sender.SendTo([1, 2, 3], second);                // it is heard
            await Task.Delay(10, _guard.Token);
        }

        await OnLoop(stack, loop => Release(loop, local));
        await OnLoop(stack, loop => Release(loop, local));   // by nobody: once too often does nothing
        UdpTransport.Open(second).Dispose();

        // What it was opened at is nobody's to close.
        NetworkAddress first = await OnLoop(stack, static loop => loop.Addresses.Use(IPAddress.Loopback));
        await OnLoop(stack, loop => Release(loop, first));
        Assert.Throws<SocketException>(() => UdpTransport.Open(stack.LocalEndPoints[0]));
    }

    [Fact]
    public async Task An_address_that_cannot_be_used_is_refused_with_the_reason()
    {
        await using SctpStack stack = SctpStack.OpenUdp(new IPEndPoint(IPAddress.Loopback, 0));
        using UdpTransport other = UdpTransport.Open(new IPEndPoint(s_second, stack.LocalEndPoints[0].Port));
        foreach (IPAddress address in new[] { s_second, IPAddress.Parse("192.0.2.77"), IPAddress.Any, IPAddress.Parse("224.0.0.1") })
        {
            SctpException exception = await Assert.ThrowsAsync<SctpException>(() => OnLoop(stack, loop => loop.Addresses.Use(address)));
            Assert.Equal(SctpError.AddressUnavailable, exception.Error);
        }
    }

    [Fact]
    public async Task Bound_to_a_wildcard_every_address_of_this_host_is_there_already()
    {
        await using SctpStack stack = SctpStack.OpenUdp(new IPEndPoint(IPAddress.Any, 0));
        var second = new IPEndPoint(s_second, stack.LocalEndPoints[0].Port);
        Assert.Equal(second.ToNetworkAddress(), await OnLoop(stack, static loop => loop.Addresses.Use(s_second)));
        await Assert.ThrowsAsync<SctpException>(() => OnLoop(stack, static loop => loop.Addresses.Use(IPAddress.Parse("192.0.2.77"))));
        await Assert.ThrowsAsync<SctpException>(() => OnLoop(stack, static loop => loop.Addresses.Use(IPAddress.IPv6Loopback)));
    }

    [Fact]
    public async Task Sockets_that_come_and_go_lose_nothing_of_a_transfer()
    {
        const int Messages = 3000;
        await using SctpStack left = SctpStack.OpenUdp(new IPEndPoint(IPAddress.Loopback, 0));
        await using SctpStack right = SctpStack.OpenUdp(new IPEndPoint(IPAddress.Loopback, 0));
        await using SctpListener listener = SctpListener.Listen(new SctpListenerOptions { Stack = right, Port = Loopback.Port });
        await using SctpAssociation client = await SctpAssociation.ConnectAsync(
            new SctpConnectOptions { Stack = left, RemoteEndPoints = right.LocalEndPoints, RemotePort = Loopback.Port }, _guard.Token);
        await using SctpAssociation server = await listener.AcceptAssociationAsync(_guard.Token);
        Task sending = Task.Run(async () =>
        {
            for (int i = 0; i < Messages; i++)
            {
                await client.SendAsync(BitConverter.GetBytes(i), cancellationToken: _guard.Token);
                if (i % 10 == 0)
                {
                    await Task.Yield();
                }
            }
        });
        Task changing = Task.Run(async () =>
        {
            while (!sending.IsCompleted)
            {
                foreach (SctpStack stack in new[] { left, right })
                {
                    NetworkAddress local = await OnLoop(stack, static loop => loop.Addresses.Use(s_second));
                    await OnLoop(stack, loop => Release(loop, local));
                }
            }
        });
        for (int i = 0; i < Messages; i++)
        {
            using SctpMessage message = await server.ReceiveAsync(_guard.Token);
            Assert.Equal(i, BitConverter.ToInt32(message.ToArray()));
        }

        await sending;
        await changing;
    }

    [Fact, Rfc(5061, "4.2.7"), Rfc(6458, "8.3.1")]
    public async Task Where_the_peer_does_not_know_how_nothing_changes_and_no_socket_is_left()
    {
        await using SctpStack left = SctpStack.OpenUdp(new IPEndPoint(IPAddress.Loopback, 0));
        await using SctpListener listener = SctpListener.Listen(new SctpListenerOptions { ListenEndPoints = [new IPEndPoint(IPAddress.Loopback, 0)], Port = Loopback.Port });
        await using SctpAssociation client = await SctpAssociation.ConnectAsync(
            new SctpConnectOptions { Stack = left, RemoteEndPoints = listener.LocalEndPoints, RemotePort = Loopback.Port }, _guard.Token);
        foreach (Func<IPAddress, CancellationToken, ValueTask> call in new Func<IPAddress, CancellationToken, ValueTask>[]
        {
            client.AddLocalAddressAsync, client.RemoveLocalAddressAsync, client.RequestPeerPrimaryAsync,
        })
        {
            SctpException exception = await Assert.ThrowsAsync<SctpException>(async () => await call(s_second, _guard.Token));
            Assert.Equal(SctpError.NotSupported, exception.Error);
        }

        Assert.Equal([left.LocalEndPoints[0]], await client.GetLocalAddressesAsync());
        UdpTransport.Open(new IPEndPoint(s_second, left.LocalEndPoints[0].Port)).Dispose();
    }

    [Fact, Rfc(5061, "4.2.1"), Rfc(5061, "4.2.2"), Rfc(5061, "4.2.4"), Rfc(6458, "8.3.1"), Rfc(6458, "6.1.2")]
    public async Task A_host_that_moves_adds_its_new_address_is_sent_to_there_and_removes_the_old_one()
    {
        SctpAssociationOptions options = SctpAssociationOptions.Default with
        {
            Extensions = SctpAssociationOptions.Default.Extensions | Extensions.AddressReconfiguration,
            Notifications = SctpNotificationKinds.PeerAddressChange,
            HeartbeatInterval = TimeSpan.FromMilliseconds(100),
            RtoMinimum = TimeSpan.FromMilliseconds(100),
        };
        await using SctpListener listener = SctpListener.Listen(
            new SctpListenerOptions { ListenEndPoints = [new IPEndPoint(IPAddress.Loopback, 0)], Port = Loopback.Port, Association = options });
        await using SctpStack stack = SctpStack.OpenUdp(new IPEndPoint(IPAddress.Loopback, 0));
        int port = stack.LocalEndPoints[0].Port;
        await using SctpAssociation client = await SctpAssociation.ConnectAsync(
            new SctpConnectOptions { Stack = stack, RemoteEndPoints = listener.LocalEndPoints, RemotePort = Loopback.Port, Association = options }, _guard.Token);
        await using SctpAssociation server = await listener.AcceptAssociationAsync(_guard.Token);
        await using IAsyncEnumerator<SctpNotification> changes = server.ReadNotificationsAsync(_guard.Token).GetAsyncEnumerator(_guard.Token);
        await client.AddLocalAddressAsync(s_second, _guard.Token);
        await UntilAsync(changes, SctpPathState.Added, s_second);
        await Assert.ThrowsAsync<ArgumentException>(async () => await client.AddLocalAddressAsync(s_second, _guard.Token));
        await client.RequestPeerPrimaryAsync(s_second, _guard.Token);
        await client.RemoveLocalAddressAsync(IPAddress.Loopback, _guard.Token);
        await UntilAsync(changes, SctpPathState.Removed, IPAddress.Loopback);
        Assert.Equal([new IPEndPoint(s_second, port)], await client.GetLocalAddressesAsync());
        await Assert.ThrowsAsync<ArgumentException>(async () => await client.RemoveLocalAddressAsync(s_second, _guard.Token));
        await Assert.ThrowsAsync<ArgumentException>(async () => await client.RemoveLocalAddressAsync(IPAddress.Parse("127.0.0.99"), _guard.Token));
        Assert.Equal(new IPEndPoint(s_second, port), server.RemoteEndPoint);
        foreach ((SctpAssociation from, SctpAssociation to) in new[] { (client, server), (server, client) })
        {
            await from.SendAsync(new byte[100_000], cancellationToken: _guard.Token);
            using SctpMessage message = await to.ReceiveAsync(_guard.Token);
            Assert.Equal(100_000, message.Length);
        }

        await client.ShutdownAsync(_guard.Token);
        await OnLoop(stack, static _ => true);               // the address is given back behind the end
        UdpTransport.Open(new IPEndPoint(s_second, port)).Dispose();
    }

    [Fact, Rfc(5061, "4.2.1")]
    public async Task An_association_that_is_set_up_at_an_address_which_another_one_has_added_keeps_its_socket()
    {
        SctpAssociationOptions options = SctpAssociationOptions.Default with { Extensions = SctpAssociationOptions.Default.Extensions | Extensions.AddressReconfiguration };
        await using SctpStack stack = SctpStack.OpenUdp(new IPEndPoint(IPAddress.Loopback, 0));
        await using SctpListener listener = SctpListener.Listen(new SctpListenerOptions { Stack = stack, Port = Loopback.Port, Association = options });
        var second = new IPEndPoint(s_second, stack.LocalEndPoints[0].Port);
        await using SctpAssociation early = await SctpAssociation.ConnectAsync(Loopback.OptionsFor(stack.LocalEndPoints[0], options), _guard.Token);
        await using SctpAssociation earlyServer = await listener.AcceptAssociationAsync(_guard.Token);
        await earlyServer.AddLocalAddressAsync(s_second, _guard.Token);
        await using SctpAssociation late = await SctpAssociation.ConnectAsync(Loopback.OptionsFor(second, options), _guard.Token);
        await using SctpAssociation lateServer = await listener.AcceptAssociationAsync(_guard.Token);
        Assert.Contains(second, await lateServer.GetLocalAddressesAsync());
        await earlyServer.RemoveLocalAddressAsync(s_second, _guard.Token);
        await OnLoop(stack, static _ => true);
        Assert.Throws<SocketException>(() => UdpTransport.Open(second));
        await late.SendAsync(new byte[1000], cancellationToken: _guard.Token);
        using SctpMessage message = await lateServer.ReceiveAsync(_guard.Token);
        Assert.Equal(second, late.RemoteEndPoint);
        await late.ShutdownAsync(_guard.Token);
        await lateServer.Closed.WaitAsync(_guard.Token);
        await OnLoop(stack, static _ => true);
        await OnLoop(stack, static _ => true);               // the address is given back behind the end
        UdpTransport.Open(second).Dispose();
    }

    [Fact, Rfc(5061, "5.3")]
    public async Task An_address_that_one_request_removes_and_adds_keeps_its_socket()
    {
        SctpAssociationOptions options = SctpAssociationOptions.Default with { Extensions = SctpAssociationOptions.Default.Extensions | Extensions.AddressReconfiguration };
        await using SctpListener listener = SctpListener.Listen(
            new SctpListenerOptions { ListenEndPoints = [new IPEndPoint(IPAddress.Loopback, 0)], Port = Loopback.Port, Association = options });
        await using SctpStack stack = SctpStack.OpenUdp(new IPEndPoint(IPAddress.Loopback, 0));
        var second = new IPEndPoint(s_second, stack.LocalEndPoints[0].Port);
        await using SctpAssociation client = await SctpAssociation.ConnectAsync(
            new SctpConnectOptions { Stack = stack, RemoteEndPoints = listener.LocalEndPoints, RemotePort = Loopback.Port, Association = options }, _guard.Token);
        await client.AddLocalAddressAsync(s_second, _guard.Token);
        Task both = await OnLoop(stack, _ => Task.WhenAll(
            client.RemoveLocalAddressAsync(s_second, _guard.Token).AsTask(), client.AddLocalAddressAsync(s_second, _guard.Token).AsTask()));
        await both;
        await OnLoop(stack, static _ => true);
        Assert.Throws<SocketException>(() => UdpTransport.Open(second));
        await client.RemoveLocalAddressAsync(s_second, _guard.Token);
        await OnLoop(stack, static _ => true);
        UdpTransport.Open(second).Dispose();
    }

    private static async Task UntilAsync(IAsyncEnumerator<SctpNotification> changes, SctpPathState state, IPAddress address)
    {
        do
        {
            Assert.True(await changes.MoveNextAsync());
        }
        while (changes.Current is not SctpNotification.PeerAddressChange change || change.State != state || !change.Address.Address.Equals(address));
    }

    private static long Malformed(SctpStack stack) => stack.GetDrops().GetValueOrDefault(DropReason.MalformedPacket);

    private static bool Release(EndpointLoop loop, NetworkAddress local)
    {
        loop.Addresses.Release(local);
        return true;
    }

    private static Task<T> OnLoop<T>(SctpStack stack, Func<EndpointLoop, T> action) => SetUp.Open(stack.Loop, _ => action(stack.Loop));
}
