using System;
using System.Collections.Generic;
using System.Threading.Tasks;
using Braid.Sctp;

namespace Braid.Sockets.Tests;

/// <summary>Options that change while an association lives, and those that cannot.</summary>
public sealed class OptionTests
{
    private static readonly SctpAssociationOptions s_small = SctpAssociationOptions.Default with { SendBufferSize = 20_000, ReceiveBufferSize = 40_000 };

    [Fact]
    public async Task A_larger_send_buffer_lets_a_call_go_on_that_waits()
    {
        await using MemoryPair pair = await MemoryPair.ConnectedAsync(s_small, s_small);
        Task waiting = await FillAsync(pair);
        pair.Client.SetOption(SctpOptions.SendBuffer, 10_000_000);
        await waiting;
        Assert.Equal(10_000_000, pair.Client.GetOption(SctpOptions.SendBuffer));
        Assert.True(pair.Client.TrySend(new byte[1000]));
    }

    [Fact, Rfc(8260, "4.3.2"), Rfc(8260, "4.3.3")]
    public async Task The_scheduler_and_the_values_of_streams_count_from_the_call_on()
    {
        await using MemoryPair pair = await MemoryPair.ConnectedAsync(SctpAssociationOptions.Default with { Scheduler = StreamScheduler.Priority });
        pair.Client.SetStreamSchedulerValue(1, 5);
        pair.Client.GetStream(2).SchedulerValue = 3;
        Assert.Equal((5, 3, 0), (pair.Client.GetStream(1).SchedulerValue, pair.Client.GetStream(2).SchedulerValue, pair.Client.GetStream(3).SchedulerValue));
        Assert.Equal((5, 3), await pair.Client.Host.AskAsync((core, _) => (core.GetStreamSchedulerValue(1), core.GetStreamSchedulerValue(2))));
        int outgoing = pair.Client.StreamCounts.Outgoing;
        Assert.Throws<ArgumentOutOfRangeException>(() => pair.Client.SetStreamSchedulerValue((ushort)outgoing, 1));

        pair.Client.SetOption(SctpOptions.StreamScheduler, StreamScheduler.WeightedFairQueueing);
        Assert.Equal(StreamScheduler.WeightedFairQueueing, pair.Client.GetOption(SctpOptions.StreamScheduler));
        Assert.Throws<ArgumentOutOfRangeException>(() => pair.Client.SetOption(SctpOptions.StreamScheduler, (StreamScheduler)99));
        Assert.True(pair.Client.TrySend(new byte[10], new SctpSendInfo(1)));
        using SctpMessage message = await pair.Server.ReceiveAsync(pair.Guard);
        Assert.Equal(10, message.Length);
    }

    [Fact]
    public async Task What_was_accepted_is_sent_whatever_the_options_have_become_since()
    {
        SctpAssociationOptions options = SctpAssociationOptions.Default with { SendBufferSize = 200_000, ReceiveBufferSize = 5 << 20 };
        await using MemoryPair pair = await MemoryPair.ConnectedAsync(options, options);
        var sent = new List<int>();
        for (int i = 0; i < 300; i++)
        {
            // Sent and changed at once, again and again: the loop sees them together.
            int length = 1 + (i * 10);
            await pair.Client.SendAsync(new byte[length], default, pair.Guard);
            sent.Add(length);
            pair.Client.Configure(o => o with { SendBufferSize = 1, MaximumMessageSize = 1, Fragmentation = false });
            Assert.Throws<SctpException>(() => pair.Client.TrySend(new byte[2]));
            pair.Client.Configure(o => o with { SendBufferSize = 200_000, MaximumMessageSize = 100_000, Fragmentation = true });
        }

        foreach (int length in sent)
        {
            using SctpMessage message = await pair.Server.ReceiveAsync(pair.Guard);
            Assert.Equal(length, message.Length);
        }
    }

    [Fact]
    public async Task A_longer_message_may_be_sent_as_soon_as_the_option_allows_it()
    {
        await using MemoryPair pair = await MemoryPair.ConnectedAsync(SctpAssociationOptions.Default with { MaximumMessageSize = 10 });
        Assert.Equal(SctpError.InvalidMessageLength, Assert.Throws<SctpException>(() => pair.Client.TrySend(new byte[11])).Error);
        pair.Client.Configure(options => options with { MaximumMessageSize = 20_000 });
        Assert.True(pair.Client.TrySend(new byte[20_000]));
        using SctpMessage message = await pair.Server.ReceiveAsync(pair.Guard);
        Assert.Equal(20_000, message.Length);
    }

    [Fact]
    public async Task Without_fragmentation_a_message_of_more_than_one_chunk_is_refused()
    {
        await using MemoryPair pair = await MemoryPair.ConnectedAsync(SctpAssociationOptions.Default with { Fragmentation = false, MaximumPathMtu = 0 });
        int most = (await pair.Client.GetStatisticsAsync()).FragmentationPoint;
        Assert.InRange(most, 1000, 1280);
        Assert.True(pair.Client.TrySend(new byte[most]));
        SctpException error = Assert.Throws<SctpException>(() => pair.Client.TrySend(new byte[most + 1]));
        Assert.Equal(SctpError.NeedsFragmentation, error.Error);
        Assert.Contains($"{most} fit", error.Message, StringComparison.Ordinal);
        await PairAssert.EndsAsync(SctpError.NeedsFragmentation, async () => await pair.Client.SendAsync(new byte[most + 1], default, pair.Guard));
        pair.Client.SetOption(SctpOptions.MaximumSegment, 100);
        await pair.Client.GetStatisticsAsync();              // the loop has it by then
        Assert.Throws<SctpException>(() => pair.Client.TrySend(new byte[101]));
        Assert.True(pair.Client.TrySend(new byte[100]));

        // What is cut by us anyway is cut short enough.
        await pair.Client.GetStream(2).AsStream().WriteAsync(new byte[250], pair.Guard);
        pair.Client.SetOption(SctpOptions.DisableFragments, false);
        Assert.True(pair.Client.TrySend(new byte[most + 1]));
        foreach ((ushort stream, int length) in new (ushort, int)[] { (0, most), (0, 100), (2, 100), (2, 100), (2, 50), (0, most + 1) })
        {
            using SctpMessage message = await pair.Server.GetStream(stream).ReceiveAsync(pair.Guard);
            Assert.Equal(length, message.Length);
        }
    }

    [Fact]
    public async Task The_context_comes_with_every_message_and_notifications_come_when_they_are_asked_for()
    {
        await using MemoryPair pair = await MemoryPair.ConnectedAsync();
        await pair.Client.SendAsync(new byte[1], default, pair.Guard);
        using (SctpMessage message = await pair.Server.ReceiveAsync(pair.Guard))
        {
            Assert.Equal(0u, message.Info.Context);
        }

        pair.Server.SetOption(SctpOptions.Context, 7u);
        pair.Server.SetOption(SctpOptions.Notifications, SctpNotificationKinds.Shutdown);
        await pair.Client.SendAsync(new byte[1], default, pair.Guard);
        using (SctpMessage message = await pair.Server.ReceiveAsync(pair.Guard))
        {
            Assert.Equal(7u, message.Info.Context);
        }

        await pair.Client.ShutdownAsync(pair.Guard);
        await pair.Server.Closed.WaitAsync(pair.Guard);
        Assert.True(pair.Server.TryReadNotification(out SctpNotification? notification));
        Assert.IsType<SctpNotification.Shutdown>(notification);
        Assert.False(pair.Server.TryReadNotification(out _));
    }

    [Fact]
    public async Task The_bounds_of_the_retransmission_timeout_hold_from_now_on()
    {
        await using MemoryPair pair = await MemoryPair.ConnectedAsync();
        var info = new SctpRtoInfo(TimeSpan.FromMilliseconds(10), TimeSpan.FromMilliseconds(10), TimeSpan.FromMilliseconds(20));
        pair.Client.SetOption(SctpOptions.RtoInfo, info);
        Assert.Equal(info, pair.Client.GetOption(SctpOptions.RtoInfo));
        pair.Network.Drop = (_, _, _) => true;
        pair.Client.SetOption(SctpOptions.MaximumRetransmissions, 2);
        await pair.Client.SendAsync(new byte[1], default, pair.Guard);
        await PairAssert.EndsAsync(SctpError.PeerUnreachable, () => pair.Client.Closed.WaitAsync(pair.Guard));
    }

    [Fact]
    public async Task Congestion_control_changes_while_data_is_in_flight_and_out_of_range_it_changes_nothing()
    {
        await using MemoryPair pair = await MemoryPair.ConnectedAsync();
        byte[] message = new byte[10_000];
        foreach (CongestionControl control in Enum.GetValues<CongestionControl>())
        {
            var value = new SctpCongestionControl(control, Pacing: control != CongestionControl.NewReno, InitialWindow: 4);
            pair.Client.SetOption(SctpOptions.CongestionControl, value);
            Assert.Equal(value, pair.Client.GetOption(SctpOptions.CongestionControl));
            Assert.Equal((control, 4), (pair.Client.Options.CongestionControl, pair.Client.Options.InitialWindow));
            await pair.Client.SendAsync(message, default, pair.Guard);
        }

        foreach (CongestionControl _ in Enum.GetValues<CongestionControl>())
        {
            using SctpMessage received = await pair.Server.ReceiveAsync(pair.Guard);
            Assert.Equal(message.Length, received.Length);
        }

        SctpCongestionControl last = pair.Client.GetOption(SctpOptions.CongestionControl);
        Assert.Throws<ArgumentOutOfRangeException>(() => pair.Client.SetOption(SctpOptions.CongestionControl, last with { Control = (CongestionControl)99 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => pair.Client.SetOption(SctpOptions.CongestionControl, last with { InitialWindow = 101 }));
        Assert.Equal(last, pair.Client.GetOption(SctpOptions.CongestionControl));
    }

    [Fact]
    public async Task What_was_negotiated_cannot_change_and_a_refused_change_changes_nothing()
    {
        await using MemoryPair pair = await MemoryPair.ConnectedAsync();
        SctpAssociationOptions before = pair.Client.Options;
        Assert.Throws<ArgumentException>(() => pair.Client.SetOption(SctpOptions.InitMessage, new SctpInitMessage(3, 3, 3)));
        Assert.Throws<ArgumentException>(() => pair.Client.Configure(options => options with { PathMtu = 600 }));
        Assert.Throws<ArgumentException>(() => pair.Client.Configure(options => options with { IncomingStreams = 600 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => pair.Client.SetOption(SctpOptions.SendBuffer, -1));
        Assert.Throws<ArgumentOutOfRangeException>(() => pair.Client.SetOption(SctpOptions.DelayedSack, new SctpDelayedSack(TimeSpan.FromSeconds(1), 2)));
        Assert.Throws<ArgumentOutOfRangeException>(() => pair.Client.SetOption(SctpOptions.DefaultSendInfo, new SctpSendInfo(5000)));
        Assert.Throws<ArgumentOutOfRangeException>(() => pair.Client.SetOption(SctpOptions.Notifications, (SctpNotificationKinds)(1 << 30)));
        Assert.Equal(before, pair.Client.Options);
    }

    [Fact]
    public async Task An_option_that_is_told_to_the_peer_once_cannot_change()
    {
        await using MemoryPair pair = await MemoryPair.ConnectedAsync();
        Assert.Throws<ArgumentException>(() => pair.Client.SetOption(SctpOptions.AdaptationLayer, 5u));
    }

    [Fact]
    public async Task A_listener_passes_its_options_on_to_what_comes_later()
    {
        await using MemoryPair pair = await MemoryPair.ConnectedAsync();
        pair.Listener.SetOption(SctpOptions.Context, 3u);
        pair.Listener.SetOption(SctpOptions.InitMessage, new SctpInitMessage(9, 8, 7));
        Assert.Throws<ArgumentOutOfRangeException>(() => pair.Listener.SetOption(SctpOptions.MaximumBurst, 0));
        SctpAssociation client = await pair.ConnectAsync();
        SctpAssociation server = await pair.Listener.AcceptAssociationAsync(pair.Guard);
        Assert.Equal(3u, server.GetOption(SctpOptions.Context));
        Assert.Equal((8, 9), client.StreamCounts);
        Assert.Equal((9, 8), server.StreamCounts);
        Assert.Equal(0u, pair.Server.GetOption(SctpOptions.Context));
        await pair.Listener.DisposeAsync();
        Assert.Throws<ObjectDisposedException>(() => pair.Listener.SetOption(SctpOptions.Context, 4u));
    }

    [Fact, Rfc(7829, "7.2"), Rfc(7829, "7.3")]
    public async Task Thresholds_of_addresses_can_be_set_as_far_as_they_make_sense()
    {
        await using MemoryPair pair = await MemoryPair.ConnectedAsync();
        var thresholds = new SctpPeerAddressThresholds(MaximumRetransmissions: 3, PotentiallyFailed: 1, PrimarySwitchover: 2);
        pair.Client.SetOption(SctpOptions.PeerAddressThresholds, thresholds);
        Assert.Equal(thresholds, pair.Client.GetOption(SctpOptions.PeerAddressThresholds));
        Assert.Equal(3, pair.Client.GetOption(SctpOptions.PeerAddressParameters).MaximumRetransmissions);
        Assert.Throws<ArgumentOutOfRangeException>(
            () => pair.Client.SetOption(SctpOptions.PeerAddressThresholds, thresholds with { PrimarySwitchover = 0 }));
        Assert.Throws<ArgumentOutOfRangeException>(
            () => pair.Client.SetOption(SctpOptions.PeerAddressThresholds, thresholds with { PotentiallyFailed = -1 }));
        pair.Client.SetOption(SctpOptions.PeerAddressThresholds, thresholds with { PrimarySwitchover = null });
        pair.Client.SetOption(SctpOptions.ExposePotentiallyFailedState, false);
        Assert.False(pair.Client.Options.ExposesPotentiallyFailedState);
    }

    [Fact]
    public async Task Every_option_can_be_read_and_set_to_what_it_is()
    {
        await using MemoryPair pair = await MemoryPair.ConnectedAsync();
        SctpAssociation client = pair.Client;
        SctpAssociationOptions before = client.Options;
        Same(SctpOptions.RtoInfo);
        Same(SctpOptions.MaximumRetransmissions);
        Same(SctpOptions.InitMessage);
        Same(SctpOptions.Linger);
        Same(SctpOptions.NoDelay);
        Same(SctpOptions.ReceiveBuffer);
        Same(SctpOptions.SendBuffer);
        Same(SctpOptions.AutoClose);
        Same(SctpOptions.AdaptationLayer);
        Same(SctpOptions.DisableFragments);
        Same(SctpOptions.PeerAddressParameters);
        Same(SctpOptions.MaximumSegment);
        Same(SctpOptions.DelayedSack);
        Same(SctpOptions.PartialDeliveryPoint);
        Same(SctpOptions.MaximumBurst);
        Same(SctpOptions.Context);
        Same(SctpOptions.StreamScheduler);
        Same(SctpOptions.Notifications);
        Same(SctpOptions.DefaultSendInfo);
        Assert.Equal(before, client.Options);
        Same(SctpOptions.Interleaving);
        Same(SctpOptions.CongestionControl);
        Same(SctpOptions.PeerAddressThresholds);
        Same(SctpOptions.ExposePotentiallyFailedState);
        Assert.Equal(28, typeof(SctpOptions).GetProperties().Length);

        void Same<T>(SctpOption<T> option)
        {
            Assert.Equal(option.Default, client.GetOption(option));
            client.SetOption(option, client.GetOption(option));
        }
    }

    // A call to send that waits, with the window and the send buffer full.
    private static async Task<Task> FillAsync(MemoryPair pair)
    {
        while (true)
        {
            Task sending = pair.Client.SendAsync(new byte[1000], default, pair.Guard).AsTask();
            AssociationStatistics statistics = await pair.Client.GetStatisticsAsync();
            if (!sending.IsCompleted && statistics.PeerWindow <= 1000)
            {
                return sending;
            }

            await sending;
        }
    }
}
