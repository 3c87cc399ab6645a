using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Linq;
using System.Net;
using System.Numerics;
using System.Threading.Tasks;

namespace Braid.Sockets.Tests;

/// <summary>What an association tells, to whom, and when.</summary>
public sealed class NotificationTests
{
    private static readonly SctpAssociationOptions s_all = SctpAssociationOptions.Default with { Notifications = SctpNotificationKinds.All };

    private static readonly SctpAssociationOptions s_impatient = s_all with
    {
        RtoInitial = TimeSpan.FromMilliseconds(20),
        RtoMinimum = TimeSpan.FromMilliseconds(20),
        RtoMaximum = TimeSpan.FromMilliseconds(40),
        MaximumRetransmissions = 3,
        MaximumPathRetransmissions = 1,
        MaximumInitRetransmissions = 1,
    };

    [Fact]
    public async Task Both_sides_hear_that_it_is_up_and_how_it_was_closed()
    {
        await using var pair = new TwoStacks();
        (SctpAssociation client, SctpAssociation server) = await pair.ConnectedAsync(s_all with { OutgoingStreams = 3 }, s_all);
        await client.SendAsync(new byte[1], pair.Guard);
        await client.ShutdownAsync(pair.Guard);
        List<SctpNotification> ours = await AllAsync(client, pair);
        List<SctpNotification> theirs = await AllAsync(server, pair);
        Assert.Equal(
            [
                new SctpNotification.AssociationChange(client.Id, SctpAssociationChange.Up, null, 3, 1024),
                new SctpNotification.Authentication(client.Id, SctpAuthenticationIndication.NotSupported, 0),
                new SctpNotification.SenderDry(client.Id),
                new SctpNotification.AssociationChange(client.Id, SctpAssociationChange.ShutdownComplete, null, 3, 1024),
            ],
            ours.Where(notification => notification is not SctpNotification.PeerAddressChange));
        Assert.Equal(
            [
                new SctpNotification.AssociationChange(server.Id, SctpAssociationChange.Up, null, 1024, 3),
                new SctpNotification.Authentication(server.Id, SctpAuthenticationIndication.NotSupported, 0),
                new SctpNotification.Shutdown(server.Id),
                new SctpNotification.AssociationChange(server.Id, SctpAssociationChange.ShutdownComplete, null, 1024, 3),
            ],
            theirs.Where(notification => notification is not SctpNotification.PeerAddressChange));
        Assert.All(ours.Concat(theirs), notification => Assert.True(SctpNotificationKinds.All.HasFlag(notification.Kind)));
    }

    [Fact]
    public async Task An_association_that_is_aborted_is_lost_and_says_why()
    {
        await using var pair = new TwoStacks();
        (SctpAssociation client, SctpAssociation server) = await pair.ConnectedAsync(s_all, s_all);
        client.Abort("enough");
        var theirs = Assert.IsType<SctpNotification.AssociationChange>((await AllAsync(server, pair))[^1]);
        Assert.Equal((SctpAssociationChange.Lost, SctpError.PeerAborted, "enough"), (theirs.Change, theirs.Error!.Error, theirs.Error.PeerReason));
        var ours = Assert.IsType<SctpNotification.AssociationChange>((await AllAsync(client, pair))[^1]);
        Assert.Equal((SctpAssociationChange.Lost, SctpError.OperationAborted), (ours.Change, ours.Error!.Error));
    }

    [Fact]
    public async Task An_association_that_never_came_up_says_so_and_gives_back_what_was_to_be_sent()
    {
        await using var pair = new TwoStacks();
        await using SctpSocket client = pair.OpenClient(s_impatient);
        SctpAssociationId id = await client.SendToAsync(
            new byte[] { 5 }, new IPEndPoint(IPAddress.Loopback, 99), 1, new SctpSendInfo(2, 3, Context: 4), pair.Guard);
        SctpNotification.SendFailed? failed = null;
        SctpNotification.AssociationChange? change = null;
        while (failed is null || change is null)
        {
            SctpReceived received = await client.ReceiveAsync(pair.Guard);
            Assert.Equal(id, received.AssociationId);
            failed ??= received.Notification as SctpNotification.SendFailed;
            change ??= received.Notification as SctpNotification.AssociationChange;
        }

        Assert.Equal((SctpAssociationChange.CannotStart, SctpError.ConnectTimeout), (change.Change, change.Error!.Error));
        Assert.Equal((false, new SctpSendInfo(2, 3, Context: 4)), (failed.WasOnWire, failed.Info));
        Assert.Equal([5], failed.Payload.ToArray());
    }

    [Fact]
    public async Task A_peer_that_is_gone_makes_its_address_unreachable_and_what_was_sent_comes_back()
    {
        await using var pair = new TwoStacks();
        (SctpAssociation client, _) = await pair.ConnectedAsync(s_impatient);
        pair.Network.Drop = (_, _, _) => true;
        await client.SendAsync(new byte[] { 1, 2, 3 }, new SctpSendInfo(Context: 77), pair.Guard);
        List<SctpNotification> all = await AllAsync(client, pair);
        SctpNotification.PeerAddressChange unreachable = all.OfType<SctpNotification.PeerAddressChange>().Last();
        Assert.Equal((TwoStacks.ServerAt, SctpPathState.Unreachable), (unreachable.Address, unreachable.State));
        SctpNotification.SendFailed failed = Assert.Single(all.OfType<SctpNotification.SendFailed>());
        Assert.Equal((true, 77u), (failed.WasOnWire, failed.Info.Context));
        Assert.Equal([1, 2, 3], failed.Payload.ToArray());
        Assert.Equal(SctpError.PeerUnreachable, Assert.IsType<SctpNotification.AssociationChange>(all[^1]).Error!.Error);
    }

    [Fact]
    public async Task What_was_accepted_and_never_sent_comes_back_each_in_order()
    {
        await using var pair = new TwoStacks();
        SctpAssociationOptions small = SctpAssociationOptions.Default with { ReceiveBufferSize = 2_000 };
        (SctpAssociation client, SctpAssociation server) = await pair.ConnectedAsync(s_all, small);
        for (byte i = 0; i < 100; i++)
        {
            await client.SendAsync(Enumerable.Repeat(i, 200).ToArray(), new SctpSendInfo(Context: i), pair.Guard);
        }

        server.Abort();
        SctpNotification.SendFailed[] failed = [.. (await AllAsync(client, pair)).OfType<SctpNotification.SendFailed>()];
        Assert.NotEmpty(failed);
        Assert.Equal(99u, failed[^1].Info.Context);
        Assert.False(failed[^1].WasOnWire);
        for (int i = 0; i < failed.Length; i++)
        {
            Assert.Equal(100u - (uint)failed.Length + (uint)i, failed[i].Info.Context);
            Assert.All(failed[i].Payload.ToArray(), value => Assert.Equal(failed[i].Info.Context, value));
        }
    }

    [Fact]
    public async Task A_restart_is_told_by_the_old_association_and_the_new_one_is_up()
    {
        await using var pair = new TwoStacks();
        await using SctpListener listener = pair.Listen(s_all);
        SctpAssociation client = await pair.ConnectAsync(localPort: 4_000);
        SctpAssociation old = await listener.AcceptAssociationAsync(pair.Guard);
        await client.VanishAsync();
        await using SctpStack reborn = pair.Network.Open(TwoStacks.ClientAt);
        await SctpAssociation.ConnectAsync(Loopback.OptionsFor(TwoStacks.ServerAt) with { Stack = reborn, LocalPort = 4_000 }, pair.Guard);
        SctpAssociation anew = await listener.AcceptAssociationAsync(pair.Guard);
        Assert.Equal(SctpAssociationChange.Restarted, (await AllAsync(old, pair)).OfType<SctpNotification.AssociationChange>().Last().Change);
        await using IAsyncEnumerator<SctpNotification> news = anew.ReadNotificationsAsync(pair.Guard).GetAsyncEnumerator();
        Assert.True(await news.MoveNextAsync());             // it may come a moment after the association does
        Assert.Equal(SctpAssociationChange.Up, Assert.IsType<SctpNotification.AssociationChange>(news.Current).Change);
        Assert.Equal(anew.Id, news.Current.AssociationId);
    }

    [Fact]
    public async Task The_adaptation_layer_of_the_peer_is_told()
    {
        await using var pair = new TwoStacks();
        (SctpAssociation client, SctpAssociation server) = await pair.ConnectedAsync(s_all with { AdaptationIndication = 11 }, s_all with { AdaptationIndication = 22 });
        await client.ShutdownAsync(pair.Guard);
        Assert.Equal(22u, Assert.Single((await AllAsync(client, pair)).OfType<SctpNotification.AdaptationIndication>()).Value);
        Assert.Equal(11u, Assert.Single((await AllAsync(server, pair)).OfType<SctpNotification.AdaptationIndication>()).Value);
    }

    [Fact]
    public async Task A_sender_is_dry_at_once_when_nothing_is_outstanding_and_later_when_everything_is_acknowledged()
    {
        await using var pair = new TwoStacks();
        (SctpAssociation client, _) = await pair.ConnectedAsync();
        client.SetOption(SctpOptions.Notifications, SctpNotificationKinds.SenderDry);
        await using IAsyncEnumerator<SctpNotification> read = client.ReadNotificationsAsync(pair.Guard).GetAsyncEnumerator();
        Assert.True(await read.MoveNextAsync());
        Assert.IsType<SctpNotification.SenderDry>(read.Current);
        await client.SendAsync(new byte[50_000], pair.Guard);
        Assert.True(await read.MoveNextAsync());
        Assert.IsType<SctpNotification.SenderDry>(read.Current);
        Assert.Equal(0, client.BufferedAmount);
    }

    [Fact]
    public async Task What_is_not_subscribed_does_not_come()
    {
        await using var pair = new TwoStacks();
        SctpAssociationOptions few = SctpAssociationOptions.Default with { Notifications = SctpNotificationKinds.Shutdown };
        (SctpAssociation client, SctpAssociation server) = await pair.ConnectedAsync(few, few);
        await client.SendAsync(new byte[1], pair.Guard);
        await client.ShutdownAsync(pair.Guard);
        Assert.Equal([new SctpNotification.Shutdown(server.Id)], await AllAsync(server, pair));
        Assert.Empty(await AllAsync(client, pair));
    }

    [Fact]
    public async Task Reading_without_a_subscription_says_what_is_missing()
    {
        await using var pair = new TwoStacks();
        (SctpAssociation client, _) = await pair.ConnectedAsync();
        InvalidOperationException error = Assert.Throws<InvalidOperationException>(() => client.ReadNotificationsAsync());
        Assert.Contains("SctpAssociationOptions.Notifications", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Notifications_that_nobody_reads_are_bounded_and_counted_and_the_end_is_not_lost()
    {
        await using var pair = new TwoStacks();
        (SctpAssociation client, _) = await pair.ConnectedAsync(s_all);
        for (int i = 0; i < 2_000; i++)
        {
            client.SetOption(SctpOptions.Notifications, SctpNotificationKinds.AssociationChange);
            client.SetOption(SctpOptions.Notifications, SctpNotificationKinds.All);     // dry: told each time
            await client.GetStatisticsAsync();
        }

        await client.ShutdownAsync(pair.Guard);
        List<SctpNotification> all = await AllAsync(client, pair);
        Assert.InRange(all.Count, 1_000, 1_100);
        SctpNotification.NotificationsLost lost = Assert.Single(all.OfType<SctpNotification.NotificationsLost>());
        Assert.InRange(lost.Count, 900, 1_100);
        Assert.Equal(SctpAssociationChange.ShutdownComplete, Assert.IsType<SctpNotification.AssociationChange>(all[^1]).Change);
    }

    [Fact]
    public async Task An_error_that_the_peer_reports_is_told_with_its_cause_and_the_association_goes_on()
    {
        await using var pair = new TwoStacks();
        byte[] header = [];
        pair.Network.Drop = (source, _, packet) =>
        {
            header = source.Equals(TwoStacks.ServerAt) ? packet[..12].ToArray() : header;        // ports, and our tag
            return false;
        };
        (SctpAssociation client, SctpAssociation server) = await pair.ConnectedAsync(s_all);
        byte[] error =
        [
            .. header,
            9, 0, 0, 19,                                     // ERROR (RFC 9260 §3.3.10), with two causes
            0, 9, 0, 8, 0, 1, 2, 3,                          // no user data
            0, 99, 0, 7, 4, 5, 6, 0,                         // one that nobody knows, and its padding
        ];
        error.AsSpan(8, 4).Clear();
        uint crc = uint.MaxValue;
        foreach (byte value in error)
        {
            crc = BitOperations.Crc32C(crc, value);
        }

        BinaryPrimitives.WriteUInt32LittleEndian(error.AsSpan(8), ~crc);
        pair.Network.Carry(TwoStacks.ServerAt.ToNetworkAddress(), TwoStacks.ClientAt.ToNetworkAddress(), error);
        var reported = new List<SctpNotification.RemoteError>();
        await foreach (SctpNotification notification in client.ReadNotificationsAsync(pair.Guard))
        {
            if (notification is SctpNotification.RemoteError one)
            {
                reported.Add(one);
                if (reported.Count == 2)
                {
                    break;
                }
            }
        }

        Assert.All(reported, one => Assert.Equal((client.Id, SctpNotificationKinds.RemoteError), (one.AssociationId, one.Kind)));
        Assert.Equal([9, 99], reported.Select(one => (int)one.CauseCode));
        Assert.Equal([0, 1, 2, 3], reported[0].Data.ToArray());
        Assert.Equal([4, 5, 6], reported[1].Data.ToArray());
        await client.ShutdownAsync(pair.Guard);
        await server.Closed.WaitAsync(pair.Guard);
    }

    [Fact]
    public async Task A_handler_may_call_everything()
    {
        await using var pair = new TwoStacks();
        await using SctpSocket server = pair.OpenServer(s_all);
        await using SctpSocket client = pair.OpenClient();
        await client.ConnectAsync([TwoStacks.ServerAt], Loopback.Port, pair.Guard);
        while (true)
        {
            SctpReceived received = await server.ReceiveAsync(pair.Guard);
            if (received.Notification is SctpNotification.AssociationChange { Change: SctpAssociationChange.Up } up)
            {
                server.SetOption(SctpOptions.NoDelay, false, up.AssociationId);
                server.Send(up.AssociationId, "hello"u8);
                await server.GetStatisticsAsync(up.AssociationId);
                SctpAssociation own = server.PeelOff(up.AssociationId);
                own.Shutdown();
                break;
            }
        }

        using SctpReceived hello = await client.ReceiveAsync(pair.Guard);
        Assert.Equal(5, hello.Message.Length);
    }

    [Fact]
    public async Task A_message_that_breaks_off_is_told()
    {
        await using var pair = new TwoStacks();
        (SctpAssociation client, SctpAssociation server) = await pair.ConnectedAsync(server: s_all with { PartialDeliveryPoint = 1_000 });
        SctpMessageStream writer = client.GetStream(6).OpenMessageWriter();
        await writer.WriteAsync(new byte[200_000], pair.Guard);
        using (SctpMessage part = await server.ReceiveAsync(pair.Guard))
        {
            Assert.False(part.Info.EndOfRecord);
        }

        await writer.DisposeAsync();
        List<SctpNotification> all = await AllAsync(server, pair);
        Assert.Equal(SctpAssociationChange.Lost, Assert.IsType<SctpNotification.AssociationChange>(all[^1]).Change);
        Assert.Equal(6, Assert.Single(all.OfType<SctpNotification.PartialDeliveryAborted>()).StreamId);
    }

    private static async Task<List<SctpNotification>> AllAsync(SctpAssociation association, TwoStacks pair)
    {
        var all = new List<SctpNotification>();
        await foreach (SctpNotification notification in association.ReadNotificationsAsync(pair.Guard))
        {
            all.Add(notification);
        }

        return all;
    }
}
