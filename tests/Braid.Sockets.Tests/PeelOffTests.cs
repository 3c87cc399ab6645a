using System;
using System.Net;
using System.Threading;
using System.Threading.Tasks;
using Braid.Core;

namespace Braid.Sockets.Tests;

/// <summary>An association leaves its one-to-many socket while others use the socket.</summary>
public sealed class PeelOffTests
{
    private const int Rounds = 300;

    [Fact]
    public async Task What_is_peeled_off_while_the_socket_is_disposed_is_whole_or_is_refused()
    {
        await using var pair = new TwoStacks();
        for (int round = 0; round < Rounds; round++)
        {
            SctpSocket server = pair.OpenServer();
            await using SctpAssociation client = await pair.ConnectAsync();
            await client.SendAsync(new byte[1], pair.Guard);
            while (client.BufferedAmount > 0)
            {
                await client.GetStatisticsAsync();
                pair.Guard.ThrowIfCancellationRequested();
            }

            SctpAssociationId id = Assert.Single(server.Associations);
            int spin = round % 50;
            using var together = new Barrier(2);
            Task<SctpAssociation?> peeling = Task.Run(() =>
            {
                together.SignalAndWait(pair.Guard);
                return TryPeelOff(server, id);
            });
            Task disposing = Task.Run(async () =>
            {
                together.SignalAndWait(pair.Guard);
                Thread.SpinWait(spin);
                await server.DisposeAsync();
            });
            if (await peeling is { } peeled)
            {
                await disposing;
                (await peeled.ReceiveAsync(pair.Guard)).Dispose();
                await client.SendAsync(new byte[2], pair.Guard);
                using SctpMessage message = await peeled.ReceiveAsync(pair.Guard);
                Assert.Equal(2, message.Length);
                await peeled.DisposeAsync();
            }

            await disposing;
        }
    }

    [Fact]
    public async Task An_address_that_is_learnt_while_its_association_leaves_is_forgotten_with_it()
    {
        await using var pair = new TwoStacks();
        EndpointLoop loop = pair.ClientStack.Loop;
        var second = new IPEndPoint(IPAddress.Loopback, 3);
        NetworkAddress address = second.ToNetworkAddress();
        for (int round = 0; round < Rounds; round++)
        {
            SctpConnectOptions options = Loopback.OptionsFor(TwoStacks.ServerAt) with { Stack = pair.ClientStack, RemoteEndPoints = [TwoStacks.ServerAt, second] };
            AssociationHost host = await SetUp.Open(loop, now => SetUp.Begin(loop, now, options, isActive: true, pair.OpenClient()));
            var table = new PeerTable();
            table.Add(host);
            using var together = new Barrier(2);
            var found = new TaskCompletionSource();
            loop.Post(_ =>
            {
                together.SignalAndWait(pair.Guard);
                table.FindOnLoop(address, Loopback.Port);
                found.SetResult();
            });
            together.SignalAndWait(pair.Guard);
            Thread.SpinWait(round);
            Assert.True(table.TryRemove(host));
            await found.Task;
            Assert.Null(table.Find(address, Loopback.Port));
            host.RequestAbort("");
        }
    }

    private static SctpAssociation? TryPeelOff(SctpSocket socket, SctpAssociationId id)
    {
        try
        {
            return socket.PeelOff(id);
        }
        catch (Exception exception) when (exception is SctpException or ObjectDisposedException)
        {
            return null;
        }
    }
}
