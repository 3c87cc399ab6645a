using System.Collections.Generic;
using System.Net;
using System.Threading.Tasks;
using Braid.Sctp;

namespace Braid.Sockets.Tests;

/// <summary>The peers of a one-to-many socket, and their addresses.</summary>
public sealed class SocketPathTests
{
    [Fact]
    public async Task A_socket_knows_who_a_message_came_from_and_reaches_the_addresses_of_each_peer()
    {
        await using var pair = new TwoStacks();
        await using SctpSocket server = pair.OpenServer();
        await using SctpSocket client = pair.OpenClient();
        SctpAssociationId ours = await client.SendToAsync(new byte[1], TwoStacks.ServerAt, Loopback.Port, null, pair.Guard);
        SctpAssociationId theirs;
        using (SctpReceived received = await server.ReceiveAsync(pair.Guard))
        {
            theirs = received.AssociationId;
        }

        Assert.Equal(TwoStacks.ClientAt, server.GetRemoteEndPoint(theirs));
        Assert.Equal(TwoStacks.ServerAt, client.GetRemoteEndPoint(ours));
        IReadOnlyList<PathStatistics> paths = await server.GetPathsAsync(theirs);
        Assert.Equal(TwoStacks.ClientAt.ToNetworkAddress(), Assert.Single(paths).Path.Remote);
        Assert.True(await server.SetPrimaryAddressAsync(theirs, TwoStacks.ClientAt));
        Assert.True(await server.ConfigurePathAsync(theirs, TwoStacks.ClientAt, new PathOptions()));
        Assert.True(await server.RequestHeartbeatAsync(theirs));

        var stranger = new IPEndPoint(IPAddress.Parse("192.0.2.9"), 1);
        Assert.False(await server.SetPrimaryAddressAsync(theirs, stranger));
        Assert.False(await server.ConfigurePathAsync(theirs, stranger, new PathOptions()));
        Assert.False(await server.RequestHeartbeatAsync(theirs, stranger));
        await server.ShutdownAsync(theirs, pair.Guard);
        Assert.Equal(SctpError.AssociationClosed, Assert.Throws<SctpException>(() => server.GetRemoteEndPoint(theirs)).Error);
    }
}
