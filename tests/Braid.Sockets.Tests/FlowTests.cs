using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Braid.Sctp;

namespace Braid.Sockets.Tests;

/// <summary>Windows, buffers and what a message costs.</summary>
public sealed class FlowTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(100)]
    public async Task A_reader_that_never_sends_keeps_the_window_open_however_short_the_messages_are(int length)
    {
        // Each message holds a buffer of at least 128 bytes: this fills the receive buffer more than ten times.
        SctpAssociationOptions small = SctpAssociationOptions.Default with { ReceiveBufferSize = 100_000 };
        await using Loopback loopback = await Loopback.ConnectedAsync(server: small);
        const int Count = 10_000;
        byte[] payload = new byte[length];
        Task sending = Task.Run(async () =>
        {
            for (int i = 0; i < Count; i++)
            {
                await loopback.Client.SendAsync(payload, default, loopback.Guard);
            }
        });
        for (int i = 0; i < Count; i++)
        {
            using SctpMessage message = await loopback.Server.ReceiveAsync(loopback.Guard);
        }

        await sending;
    }

    [Fact]
    public async Task A_reader_that_keeps_nearly_all_there_is_room_for_gets_more_for_each_message_that_it_gives_back()
    {
        var impatient = SctpAssociationOptions.Default with { RtoInitial = TimeSpan.FromMilliseconds(20), RtoMinimum = TimeSpan.FromMilliseconds(20) };
        await using MemoryPair pair = await MemoryPair.ConnectedAsync(impatient, SctpAssociationOptions.Default with { ReceiveBufferSize = 64 * 1024 });
        for (int i = 0; i < 100; i++)
        {
            Assert.True(pair.Client.TrySend(new byte[1_000]));
        }

        // 65 of them would fill the window, and 6 are less than what it is opened by otherwise.
        var kept = new List<SctpMessage>();
        for (int i = 0; i < 68; i++)
        {
            kept.Add(await pair.Server.ReceiveAsync(pair.Guard));
            if (i == 60)
            {
                kept[..6].ForEach(static message => message.Dispose());
            }
        }
    }

    [Fact]
    public async Task A_send_that_was_cancelled_while_it_waited_was_not_sent_and_holds_up_nobody()
    {
        SctpAssociationOptions small = SctpAssociationOptions.Default with { SendBufferSize = 20_000, ReceiveBufferSize = 40_000 };
        await using Loopback loopback = await Loopback.ConnectedAsync(small, small);
        const int Last = 7;
        var sent = new List<int>();
        bool wasCancelled = false;
        while (!wasCancelled)
        {
            // Nobody reads: sooner or later one of them has to wait. Its length tells which.
            int length = 1000 + sent.Count;
            using var cancelled = new CancellationTokenSource();
            Task sending = loopback.Client.SendAsync(new byte[length], default, cancelled.Token).AsTask();
            await cancelled.CancelAsync();
            try
            {
                await sending;
                sent.Add(length);
            }
            catch (OperationCanceledException)
            {
                wasCancelled = true;
            }
        }

        Task next = loopback.Client.SendAsync(new byte[Last], default, loopback.Guard).AsTask();
        foreach (int length in sent.Append(Last))
        {
            using SctpMessage message = await loopback.Server.ReceiveAsync(loopback.Guard);
            Assert.Equal(length, message.Length);
        }

        await next;
    }

    [Fact]
    public async Task A_reader_that_pauses_stops_the_sender_at_the_bounds_of_both_buffers_and_both_finish()
    {
        const int Size = 1000;
        const int Count = 50_000;                            // a hundred times what the buffers hold
        var small = new SctpAssociationOptions { SendBufferSize = 256 * 1024, ReceiveBufferSize = 256 * 1024 };
        await using Loopback loopback = await Loopback.ConnectedAsync(small, small);
        int sent = 0;
        Task sending = Task.Run(async () =>
        {
            for (; sent < Count; sent++)
            {
                await loopback.Client.SendAsync(new byte[Size], loopback.Guard);
            }
        });
        while (sent < small.SendBufferSize / (Size + AssociationOptions.MessageOverhead)
            || (await loopback.Client.GetStatisticsAsync()).PeerWindow > Size)
        {
            loopback.Guard.ThrowIfCancellationRequested();
        }

        // Nobody has read anything: what was accepted is in one of the two buffers, and they are bounded.
        Assert.False(sending.IsCompleted);
        Assert.True(loopback.Client.BufferedAmount <= small.SendBufferSize + Size);
        Assert.True(sent * Size <= small.SendBufferSize + small.ReceiveBufferSize + (2 * Size), $"{sent} messages were accepted");
        for (int i = 0; i < Count; i++)
        {
            using SctpMessage message = await loopback.Server.ReceiveAsync(loopback.Guard);
            Assert.Equal(Size, message.Length);
        }

        await sending;
    }

    [Fact]
    public async Task A_stream_that_nobody_reads_holds_up_the_others_only_when_the_shared_window_is_full()
    {
        const int Size = 1000;
        var small = new SctpAssociationOptions { ReceiveBufferSize = 100_000 };
        await using Loopback loopback = await Loopback.ConnectedAsync(server: small);
        SctpStream unread = loopback.Server.GetStream(1);
        SctpStream read = loopback.Server.GetStream(2);
        Assert.False(unread.TryReceive(out _));              // from now on its messages wait for it alone

        // Half of the buffer waits on stream 1, and any number of messages pass by on stream 2.
        for (int i = 0; i < 40; i++)
        {
            await loopback.Client.SendAsync(new byte[Size], new SctpSendInfo(1), loopback.Guard);
        }

        for (int i = 0; i < 1000; i++)
        {
            await loopback.Client.SendAsync(new byte[Size], new SctpSendInfo(2), loopback.Guard);
            using SctpMessage message = await read.ReceiveAsync(loopback.Guard);
        }

        // More than all of it: now stream 2 has to wait, and goes on as soon as stream 1 is read.
        for (int i = 0; i < 150; i++)
        {
            await loopback.Client.SendAsync(new byte[Size], new SctpSendInfo(1), loopback.Guard);
        }

        while ((await loopback.Client.GetStatisticsAsync()).PeerWindow > Size)
        {
            loopback.Guard.ThrowIfCancellationRequested();
        }

        await loopback.Client.SendAsync(new byte[7], new SctpSendInfo(2), loopback.Guard);
        for (int i = 0; i < 190; i++)
        {
            using SctpMessage message = await unread.ReceiveAsync(loopback.Guard);
        }

        using SctpMessage last = await read.ReceiveAsync(loopback.Guard);
        Assert.Equal(7, last.Length);
    }
}
