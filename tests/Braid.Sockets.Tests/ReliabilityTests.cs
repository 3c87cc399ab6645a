using System;
using System.Threading.Tasks;
using Braid.Sctp;

namespace Braid.Sockets.Tests;

/// <summary>Messages that are given up, from the outside.</summary>
public sealed class ReliabilityTests
{
    private static readonly SctpAssociationOptions s_small = SctpAssociationOptions.Default with
    {
        SendBufferSize = 20_000,
        ReceiveBufferSize = 20_000,
        Notifications = SctpNotificationKinds.SendFailed,
    };

    [Fact, Rfc(6458, "8.1.32"), Rfc(7496, "4.3"), Rfc(7496, "4.4")]
    public async Task The_default_says_it_for_every_message_and_what_was_given_up_comes_back_and_is_counted()
    {
        SctpAssociationOptions fast = s_small with
        {
            RtoInitial = TimeSpan.FromMilliseconds(10),
            RtoMinimum = TimeSpan.FromMilliseconds(10),
            RtoMaximum = TimeSpan.FromMilliseconds(20),
            DefaultSendInfo = new SctpSendInfo(3, Context: 9, Reliability: Reliability.MaximumRetransmissions(0)),
        };
        await using MemoryPair pair = await MemoryPair.ConnectedAsync(fast);
        pair.Network.Drop = (_, _, packet) => packet[12] is 0 or 64;             // what begins with DATA or I-DATA
        await pair.Client.SendAsync("lost"u8.ToArray(), pair.Guard);
        await foreach (SctpNotification notification in pair.Client.ReadNotificationsAsync(pair.Guard))
        {
            var failed = Assert.IsType<SctpNotification.SendFailed>(notification);
            Assert.Equal((true, fast.DefaultSendInfo), (failed.WasOnWire, failed.Info));
            Assert.Equal("lost"u8.ToArray(), failed.Payload.ToArray());
            break;
        }

        await pair.UntilAsync(() => pair.Client.BufferedAmount == 0);
        Assert.Equal(new AbandonedMessages(0, 1), await pair.Client.GetAbandonedAsync());
        Assert.Equal(new AbandonedMessages(0, 1), await pair.Client.GetAbandonedAsync(ReliabilityPolicy.Retransmissions, 3));
        Assert.Equal(default, await pair.Client.GetAbandonedAsync(ReliabilityPolicy.Lifetime));
        await Assert.ThrowsAsync<ArgumentException>(async () => await pair.Client.GetAbandonedAsync(ReliabilityPolicy.Reliable));

        pair.Network.Drop = null;
        await pair.Client.SendAsync("next"u8.ToArray(), pair.Guard);
        using SctpMessage message = await pair.Server.ReceiveAsync(pair.Guard);
        Assert.Equal("next"u8.ToArray(), message.ToArray());
    }

    [Theory, Rfc(7496, "3.2")]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Who_waits_for_room_gets_that_of_messages_that_matter_less(bool waits)
    {
        await using MemoryPair pair = await MemoryPair.ConnectedAsync(s_small, s_small);

        // Nobody reads: at last neither side has any room, nothing is on its way but a probe of the window, and the loop has
        // taken notice of all that was acknowledged before.
        for (int quiet = 0; quiet < 3; quiet++)
        {
            while (pair.Client.TrySend(new byte[1000], new SctpSendInfo(3, Reliability: Reliability.Priority(7))))
            {
                quiet = -1;
            }

            AssociationStatistics statistics = await pair.Client.GetStatisticsAsync();
            quiet = statistics.PeerWindow >= 1000 || statistics.BytesInFlight > 1000 ? -1 : quiet;
        }

        var urgent = new SctpSendInfo(4, Reliability: Reliability.Priority(1));
        if (waits)
        {
            await pair.Client.SendAsync("urgent"u8.ToArray(), urgent, pair.Guard);
        }
        else
        {
            await pair.UntilAsync(() => pair.Client.TrySend("urgent"u8, urgent));
        }

        SctpMessage message = await pair.Server.ReceiveAsync(pair.Guard);
        while (message.Info.StreamId == 3)
        {
            message.Dispose();
            message = await pair.Server.ReceiveAsync(pair.Guard);
        }

        Assert.Equal("urgent"u8.ToArray(), message.ToArray());
        message.Dispose();
        Assert.True((await pair.Client.GetAbandonedAsync(ReliabilityPolicy.Priority, 3)).Total > 0);
    }

    [Fact, Rfc(3758, "4.1"), Rfc(6458, "8.1.26")]
    public async Task A_message_in_pieces_that_was_given_up_can_be_completed_and_comes_back()
    {
        await using MemoryPair pair = await MemoryPair.ConnectedAsync(s_small with { RtoInitial = TimeSpan.FromMilliseconds(10), RtoMinimum = TimeSpan.FromMilliseconds(10) });
        pair.Network.Drop = (_, _, packet) => packet[12] is 0 or 64;
        await using SctpMessageStream writer = pair.Client.GetStream(3).OpenMessageWriter(new SctpSendInfo(3, Reliability: Reliability.MaximumRetransmissions(0)));
        await writer.WriteAsync(new byte[70_000], pair.Guard);
        int failed = 0;
        Task reading = Task.Run(async () =>
        {
            await foreach (SctpNotification notification in pair.Client.ReadNotificationsAsync(pair.Guard))
            {
                failed += ((SctpNotification.SendFailed)notification).Payload.Length;
                if (failed == 70_000)
                {
                    return;
                }
            }
        });
        await writer.CompleteAsync(pair.Guard);
        await reading;
        pair.Network.Drop = null;
        await pair.Client.SendAsync("next"u8.ToArray(), new SctpSendInfo(3), pair.Guard);
        using SctpMessage message = await pair.Server.ReceiveAsync(pair.Guard);
        Assert.Equal("next"u8.ToArray(), message.ToArray());
        Assert.Equal(1, (await pair.Client.GetAbandonedAsync()).Total);
    }
}
