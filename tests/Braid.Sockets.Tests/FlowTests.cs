using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;

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
}
