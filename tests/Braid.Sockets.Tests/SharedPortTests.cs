using System;
using System.Collections.Generic;
using System.Linq;
using System.Net;
using System.Threading;
using System.Threading.Tasks;
using Braid.Core;

namespace Braid.Sockets.Tests;

/// <summary>A listener with several sockets at one UDP port, over which the system spreads what peers send.</summary>
public sealed class SharedPortTests
{
    private const int Clients = 24;                          // that all of them meet at one of two sockets: once in 8 million runs

    private static readonly SctpListenerOptions s_two = new()
    {
        ListenEndPoints = [new IPEndPoint(IPAddress.Loopback, 0)],
        Port = 7,
        Sockets = 2,
    };

    [Fact]
    public async Task Associations_are_spread_over_the_sockets_and_accepted_from_all()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Linux alone spreads datagrams over sockets.");
        using var guard = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        await using SctpListener listener = await SctpListener.ListenAsync(s_two, guard.Token);
        Assert.Equal(2, listener.SocketCount);
        Assert.Single(listener.LocalEndPoints);
        List<(SctpAssociation Client, SctpAssociation Server)> pairs = await ConnectAsync(listener, guard.Token);
        int[] counts = [.. pairs.GroupBy(pair => pair.Server.Host.Loop).Select(group => group.Count())];
        Assert.Equal((2, Clients), (counts.Length, counts.Sum()));
        await EchoAsync(pairs, guard.Token);
        await EndAsync(pairs);
    }

    [Fact]
    public async Task The_sockets_stay_until_the_last_association_of_any_of_them_has_ended()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Linux alone spreads datagrams over sockets.");
        using var guard = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        IPEndPoint at = OwnAddress.Next();
        SctpListener listener = await SctpListener.ListenAsync(s_two with { ListenEndPoints = [at] }, guard.Token);
        List<(SctpAssociation Client, SctpAssociation Server)> pairs = await ConnectAsync(listener, guard.Token);
        await listener.DisposeAsync();

        // With one socket less, the system would give the packets of some to a socket that knows nothing of them.
        EndpointLoop first = pairs[0].Server.Host.Loop;
        List<(SctpAssociation Client, SctpAssociation Server)> others = [.. pairs.Where(pair => pair.Server.Host.Loop != first)];
        await EndAsync([.. pairs.Where(pair => pair.Server.Host.Loop == first)]);
        Assert.False(first.Life.IsClosed);
        await EchoAsync(others, guard.Token);
        await EndAsync(others);

        // And with the last of them, all are closed: the port is free for one who shares it with nobody.
        await using SctpListener next = await SctpListener.ListenAsync(
            s_two with { ListenEndPoints = [at], Sockets = 1 }, guard.Token);
        Assert.Equal(1, next.SocketCount);
    }

    [Fact]
    public async Task All_sockets_of_a_listener_share_one_budget_for_buffers()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Linux alone spreads datagrams over sockets.");
        using var guard = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        await using SctpListener listener = await SctpListener.ListenAsync(s_two with { BufferBudget = 12_345 }, guard.Token);
        List<(SctpAssociation Client, SctpAssociation Server)> pairs = await ConnectAsync(listener, guard.Token);
        MemoryBudget?[] budgets = [.. pairs.Select(pair => pair.Server.Host.Loop.Endpoint.Options.SharedBufferBudget)];
        Assert.Equal(2, pairs.Select(pair => pair.Server.Host.Loop).Distinct().Count());
        Assert.Equal(12_345, Assert.Single(budgets.Distinct())!.Limit);
        await EndAsync(pairs);
    }

    [Fact]
    public async Task Many_callers_that_block_are_served_by_all_sockets()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Linux alone spreads datagrams over sockets.");
        using SctpListener listener = SctpListener.Listen(s_two);
        int port = listener.LocalEndPoints[0].Port;
        Task[] clients = [.. Enumerable.Range(0, Clients).Select(_ => Task.Factory.StartNew(
            () =>
            {
                using SctpAssociation client = SctpAssociation.Connect(
                    new SctpConnectOptions { RemoteEndPoints = [new IPEndPoint(IPAddress.Loopback, port)], RemotePort = s_two.Port }, TimeSpan.FromSeconds(50));
                client.Send([1, 2, 3], timeout: TimeSpan.FromSeconds(50));
                client.Shutdown(TimeSpan.FromSeconds(50));
            },
            TaskCreationOptions.LongRunning))];
        for (int i = 0; i < Clients; i++)
        {
            using SctpAssociation server = listener.Accept(TimeSpan.FromSeconds(50));
            using SctpMessage message = server.Receive(TimeSpan.FromSeconds(50));
            Assert.Equal(3, message.Length);
        }

        await Task.WhenAll(clients);
    }

    [Fact]
    public async Task The_port_is_shared_with_no_other_listener()
    {
        using var guard = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        await using SctpListener listener = await SctpListener.ListenAsync(s_two, guard.Token);
        SctpException error = await Assert.ThrowsAsync<SctpException>(async () =>
            await SctpListener.ListenAsync(s_two with { ListenEndPoints = listener.LocalEndPoints }, guard.Token));
        Assert.Equal(SctpError.AddressUnavailable, error.Error);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(65)]
    public async Task A_number_of_sockets_out_of_range_is_refused(int sockets) =>
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await SctpListener.ListenAsync(s_two with { Sockets = sockets }));

    private static async Task<List<(SctpAssociation Client, SctpAssociation Server)>> ConnectAsync(SctpListener listener, CancellationToken cancellationToken)
    {
        var pairs = new List<(SctpAssociation, SctpAssociation)>();
        for (int i = 0; i < Clients; i++)
        {
            SctpAssociation client = await SctpAssociation.ConnectAsync(
                new SctpConnectOptions { RemoteEndPoints = listener.LocalEndPoints, RemotePort = listener.Port }, cancellationToken);
            pairs.Add((client, await listener.AcceptAssociationAsync(cancellationToken)));
        }

        return pairs;
    }

    private static async Task EchoAsync(List<(SctpAssociation Client, SctpAssociation Server)> pairs, CancellationToken cancellationToken)
    {
        foreach ((SctpAssociation client, SctpAssociation server) in pairs)
        {
            await client.SendAsync(new byte[] { 1, 2, 3 }, default, cancellationToken);
            using SctpMessage there = await server.ReceiveAsync(cancellationToken);
            await server.SendAsync(there.ToArray(), default, cancellationToken);
            using SctpMessage back = await client.ReceiveAsync(cancellationToken);
            Assert.Equal([1, 2, 3], back.ToArray());
        }
    }

    private static async Task EndAsync(List<(SctpAssociation Client, SctpAssociation Server)> pairs)
    {
        foreach ((SctpAssociation client, SctpAssociation server) in pairs)
        {
            await client.DisposeAsync();
            await server.DisposeAsync();
        }
    }
}
