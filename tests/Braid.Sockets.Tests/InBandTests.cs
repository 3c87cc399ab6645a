using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;

namespace Braid.Sockets.Tests;

/// <summary>Notifications in one queue with the messages (RFC 6458 §6).</summary>
public sealed class InBandTests
{
    private static readonly SctpAssociationOptions s_inBand = SctpAssociationOptions.Default with
    {
        InBandNotifications = true,
        Notifications = SctpNotificationKinds.AssociationChange | SctpNotificationKinds.Shutdown,
    };

    [Rfc(6458, "6.1.1"), Fact]
    public async Task News_stand_among_the_messages_where_they_happened()
    {
        await using MemoryPair pair = await MemoryPair.ConnectedAsync(s_inBand, s_inBand);
        await pair.Client.SendAsync("one"u8.ToArray(), pair.Guard);
        await pair.Client.SendAsync("two"u8.ToArray(), pair.Guard);
        await pair.Client.ShutdownAsync(pair.Guard);
        await Assert.ThrowsAsync<SctpException>(() => ReadAsync(pair.Server, pair, 6));
        Assert.Equal(["Up", "3 bytes", "3 bytes", "Shutdown", "ShutdownComplete"], _read);
    }

    [Rfc(6458, "9.2"), Fact]
    public async Task What_is_peeled_off_keeps_the_order_of_what_had_come()
    {
        await using var pair = MemoryPair.Listen();
        using var socket = new SctpSocket(new SctpSocketOptions { Port = 7, Stack = pair.ServerStack, Association = s_inBand });
        socket.Listen();
        SctpAssociation client = await SctpAssociation.ConnectAsync(pair.Options() with { RemotePort = 7 }, pair.Guard);
        await client.SendAsync("one"u8.ToArray(), pair.Guard);
        await client.SendAsync("more"u8.ToArray(), pair.Guard);
        await pair.UntilAsync(() => client.BufferedAmount == 0);
        SctpAssociation server = socket.PeelOff(socket.Associations.Single());
        await client.SendAsync("later"u8.ToArray(), pair.Guard);
        await ReadAsync(server, pair, 4);
        Assert.Equal(["Up", "3 bytes", "4 bytes", "5 bytes"], _read);
    }

    [Fact]
    public async Task Messages_alone_are_not_to_be_had_and_the_other_way_round()
    {
        await using MemoryPair pair = await MemoryPair.ConnectedAsync(s_inBand);
        Assert.Throws<InvalidOperationException>(() => pair.Server.TryReceiveAny(out _));
        await pair.Server.SendAsync("x"u8.ToArray(), pair.Guard);
        await ReadAsync(pair.Client, pair, 2);
        Assert.Equal(["Up", "1 bytes"], _read);
        Assert.False(pair.Client.TryReceive(out _));
        Assert.Throws<ArgumentException>(() => pair.Client.Configure(options => options with { InBandNotifications = false }));
    }

    [Fact]
    public async Task Who_reads_no_more_holds_up_nobody()
    {
        await using MemoryPair pair = await MemoryPair.ConnectedAsync(s_inBand, s_inBand);
        for (int i = 0; i < 3; i++)
        {
            await pair.Client.SendAsync(new byte[100_000], pair.Guard);
        }

        Task closing = pair.Server.DisposeAsync().AsTask();
        await pair.Client.Closed.WaitAsync(pair.Guard);
        await closing;
        Assert.Throws<ObjectDisposedException>(() => pair.Server.TryReceiveAny(out _));
    }

    private readonly List<string> _read = [];

    private async Task ReadAsync(SctpAssociation from, MemoryPair pair, int count)
    {
        for (; count > 0; count--)
        {
            using SctpReceived received = await from.ReceiveAnyAsync(pair.Guard);
            _read.Add(received.Notification switch
            {
                null => $"{received.Message.Length} bytes",
                SctpNotification.AssociationChange change => $"{change.Change}",
                var other => other.GetType().Name,
            });
        }
    }
}
