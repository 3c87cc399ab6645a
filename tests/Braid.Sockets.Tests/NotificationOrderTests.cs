using System;
using System.Net;
using System.Threading;
using System.Threading.Tasks;

namespace Braid.Sockets.Tests;

/// <summary>Notifications between messages.</summary>
public sealed class NotificationOrderTests
{
    [Fact]
    public async Task That_an_association_is_up_is_told_before_the_message_that_came_with_the_handshake()
    {
        using var guard = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var network = new SctpMemoryNetwork();
        await using SctpStack here = network.Open(new IPEndPoint(IPAddress.Loopback, 1));
        await using SctpStack there = network.Open(new IPEndPoint(IPAddress.Loopback, 2));
        await using var server = new SctpSocket(new SctpSocketOptions
        {
            Stack = there,
            Port = Loopback.Port,
            Association = SctpAssociationOptions.Default with
            {
                Notifications = SctpNotificationKinds.AssociationChange | SctpNotificationKinds.Shutdown,
            },
        });
        server.Listen();
        await using var client = new SctpSocket(new SctpSocketOptions { Stack = here });
        SctpAssociationId id = await client.SendToAsync(new byte[5], there.LocalEndPoints[0], Loopback.Port, cancellationToken: guard.Token);
        await client.ShutdownAsync(id, guard.Token);

        using SctpReceived first = await server.ReceiveAsync(guard.Token);
        Assert.Equal(SctpAssociationChange.Up, Assert.IsType<SctpNotification.AssociationChange>(first.Notification).Change);
        using SctpReceived second = await server.ReceiveAsync(guard.Token);
        Assert.Equal(5, second.Message.Length);
        using SctpReceived third = await server.ReceiveAsync(guard.Token);
        Assert.IsType<SctpNotification.Shutdown>(third.Notification);
        using SctpReceived last = await server.ReceiveAsync(guard.Token);
        Assert.Equal(SctpAssociationChange.ShutdownComplete, Assert.IsType<SctpNotification.AssociationChange>(last.Notification).Change);
    }
}
