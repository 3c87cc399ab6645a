using System;
using System.IO;
using System.Threading;
using System.Threading.Tasks;

using Braid.Sctp;

namespace Braid.Sockets.Tests;

/// <summary>A message that is written in pieces.</summary>
public sealed class MessageStreamTests
{
    private const int Chunk = 50_000;

    private static readonly SctpAssociationOptions s_interleaved = SctpAssociationOptions.Default with { Extensions = Extensions.Interleaving, SendBufferSize = 1 << 20, ReceiveBufferSize = 1 << 20 };
    private static readonly SctpAssociationOptions s_options = SctpAssociationOptions.Default with { Extensions = Extensions.None, SendBufferSize = 1 << 20, ReceiveBufferSize = 1 << 20 };
    private static readonly SctpAssociationOptions s_small = SctpAssociationOptions.Default with { Extensions = Extensions.None, SendBufferSize = 20_000, ReceiveBufferSize = 40_000 };

    [Fact]
    public async Task A_message_far_longer_than_both_buffers_arrives_in_parts_and_is_never_held_as_a_whole()
    {
        const int Length = 20 << 20;
        await using MemoryPair pair = await MemoryPair.ConnectedAsync(s_options, s_options);
        byte[] block = MemoryPair.Pattern(1 << 20);
        long most = 0;
        Task writing = Task.Run(async () =>
        {
            await using SctpMessageStream message = pair.Client.GetStream(3).OpenMessageWriter(new SctpSendInfo(0, 55));
            for (int at = 0; at < Length;)
            {
                int count = Math.Min(Math.Min(Chunk, block.Length - (at % block.Length)), Length - at);
                await message.WriteAsync(block.AsMemory(at % block.Length, count), pair.Guard);
                most = Math.Max(most, pair.Client.BufferedAmount);
                at += count;
            }

            await message.CompleteAsync(pair.Guard);
        });
        int received = 0;
        int parts = 0;
        for (bool isEnd = false; !isEnd; parts++)
        {
            using SctpMessage part = await pair.Server.ReceiveAsync(pair.Guard);
            Assert.Equal((3, 55u, parts == 0), (part.Info.StreamId, part.Info.Ppid, part.Info.BeginOfRecord));
            Assert.True(part.Length <= 1 << 20);
            foreach (byte b in part.ToArray())
            {
                if (b != block[received++ % block.Length])
                {
                    Assert.Fail($"Byte {received} differs.");
                }
            }

            isEnd = part.Info.EndOfRecord;
        }

        await writing;
        Assert.Equal(Length, received);
        Assert.True(parts > 10, $"{parts} parts");
        Assert.InRange(most, 1, (1 << 20) + (64 << 10));
    }

    [Fact]
    public async Task Only_one_message_is_written_at_a_time_and_what_others_send_comes_after_it()
    {
        await using MemoryPair pair = await MemoryPair.ConnectedAsync(s_options, s_options);
        SctpMessageStream message = pair.Client.GetStream(1).OpenMessageWriter();
        Assert.Throws<InvalidOperationException>(() => pair.Client.GetStream(2).OpenMessageWriter());
        await message.WriteAsync(new byte[100_000], pair.Guard);
        await pair.Client.SendAsync(new byte[] { 2 }, new SctpSendInfo(2), pair.Guard);
        await message.WriteAsync(new byte[100_000], pair.Guard);
        await message.CompleteAsync(pair.Guard);
        Assert.False(message.CanWrite);
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await message.CompleteAsync(pair.Guard));
        Assert.Throws<ObjectDisposedException>(() => message.Write([1]));
        await message.DisposeAsync();
        int received = 0;
        while (received < 200_000)
        {
            using SctpMessage part = await pair.Server.ReceiveAsync(pair.Guard);
            Assert.Equal(1, part.Info.StreamId);
            received += part.Length;
            Assert.Equal(received == 200_000, part.Info.EndOfRecord);
        }

        using SctpMessage other = await pair.Server.ReceiveAsync(pair.Guard);
        Assert.Equal(2, other.Info.StreamId);
        await using SctpMessageStream next = pair.Client.GetStream(2).OpenMessageWriter();
    }

    [Fact]
    public async Task Others_that_fill_the_send_buffer_do_not_keep_an_open_message_from_its_end()
    {
        await using MemoryPair pair = await MemoryPair.ConnectedAsync(s_small with { MaximumMessageSize = 2000 }, s_small);
        await using SctpMessageStream message = pair.Client.GetStream(1).OpenMessageWriter();
        await message.WriteAsync(new byte[7000], pair.Guard);
        int others = 0;
        while (pair.Client.TrySend(new byte[1000], new SctpSendInfo(2)))
        {
            others++;
        }

        Assert.True(others > 10);
        Task waiting = pair.Client.SendAsync(new byte[1000], new SctpSendInfo(2), pair.Guard).AsTask();
        Task finishing = Task.Run(async () =>
        {
            await message.WriteAsync(new byte[463_000], pair.Guard);
            await message.CompleteAsync(pair.Guard);
        });
        int received = 0;
        while (received < 470_000)
        {
            using SctpMessage part = await pair.Server.ReceiveAsync(pair.Guard);
            Assert.Equal(1, part.Info.StreamId);
            received += part.Length;
        }

        await finishing;
        for (int i = 0; i <= others; i++)
        {
            using SctpMessage other = await pair.Server.ReceiveAsync(pair.Guard);
            Assert.Equal((2, 1000), (other.Info.StreamId, other.Length));
        }

        await waiting;
    }

    [Fact, Rfc(8260, "4.4")]
    public async Task Where_messages_are_interleaved_each_stream_may_have_one_that_is_written_and_the_others_go_on()
    {
        await using MemoryPair pair = await MemoryPair.ConnectedAsync(s_interleaved, s_interleaved);
        await using SctpMessageStream one = pair.Client.GetStream(1).OpenMessageWriter();
        await using SctpMessageStream two = pair.Client.GetStream(2).OpenMessageWriter();
        Assert.Throws<InvalidOperationException>(() => pair.Client.GetStream(1).OpenMessageWriter());
        await one.WriteAsync(new byte[100_000], pair.Guard);
        await two.WriteAsync(new byte[200_000], pair.Guard);
        await pair.Client.SendAsync(new byte[] { 3 }, new SctpSendInfo(3), pair.Guard);
        await pair.Client.SendAsync(new byte[] { 4 }, new SctpSendInfo(1), pair.Guard);
        using (SctpMessage small = await pair.Server.GetStream(3).ReceiveAsync(pair.Guard))
        {
            Assert.Equal(1, small.Length);
        }

        await one.CompleteAsync(pair.Guard);
        await two.CompleteAsync(pair.Guard);
        foreach ((ushort stream, int length) in ((ushort, int)[])[(1, 100_000), (2, 200_000), (1, 1)])
        {
            using SctpMessage message = await pair.Server.GetStream(stream).ReceiveAsync(pair.Guard);
            Assert.Equal((length, true), (message.Length, message.Info.BeginOfRecord && message.Info.EndOfRecord));
        }
    }

    [Fact, Rfc(8260, "4.4")]
    public async Task What_waits_behind_a_message_of_its_stream_does_not_keep_another_ones_pieces_away()
    {
        SctpAssociationOptions small = s_interleaved with { SendBufferSize = 20_000, ReceiveBufferSize = 40_000, MaximumMessageSize = 2000 };
        await using MemoryPair pair = await MemoryPair.ConnectedAsync(small, small);
        await using SctpMessageStream one = pair.Client.GetStream(1).OpenMessageWriter();
        await using SctpMessageStream two = pair.Client.GetStream(2).OpenMessageWriter();
        await one.WriteAsync(new byte[3000], pair.Guard);
        while (pair.Client.TrySend(new byte[1000], new SctpSendInfo(1)))
        {
        }

        await two.WriteAsync(new byte[9000], pair.Guard);
        await two.CompleteAsync(pair.Guard);
        using (SctpMessage message = await pair.Server.GetStream(2).ReceiveAsync(pair.Guard))
        {
            Assert.Equal(9000, message.Length);
        }

        await one.CompleteAsync(pair.Guard);
        using SctpMessage first = await pair.Server.GetStream(1).ReceiveAsync(pair.Guard);
        Assert.Equal(3000, first.Length);
    }

    [Fact, Rfc(8260, "4.4"), Rfc(6525, "5.1.2")]
    public async Task What_waits_for_a_reset_does_not_keep_the_pieces_away_that_the_reset_waits_for()
    {
        SctpAssociationOptions options = s_interleaved with
        {
            Extensions = Extensions.Interleaving | Extensions.StreamReconfiguration,
            AllowedReconfiguration = ReconfigurationKinds.ResetStreams,
            SendBufferSize = 100_000,
        };
        await using MemoryPair pair = await MemoryPair.ConnectedAsync(options, options);
        await using SctpMessageStream message = pair.Client.GetStream(3).OpenMessageWriter();
        await message.WriteAsync(new byte[70_000], pair.Guard);  // a piece of it is sent
        while ((await pair.Client.GetStatisticsAsync()).ChunksSent == 0)
        {
            pair.Guard.ThrowIfCancellationRequested();
        }

        bool isAsked = false;
        pair.Network.Drop = (_, _, packet) =>
        {
            Volatile.Write(ref isAsked, Volatile.Read(ref isAsked) || packet[12] == 130);     // RE-CONFIG
            return false;
        };
        Task reset = pair.Server.ResetStreamsAsync(default, ResetDirection.Incoming, pair.Guard).AsTask();
        await pair.UntilAsync(() => Volatile.Read(ref isAsked) && pair.Client.BufferedAmount == 0);
        int waiting = 0;
        while (pair.Client.TrySend(new byte[10_000], new SctpSendInfo(4)))
        {
            waiting++;                                       // for the reset
        }

        Assert.InRange(waiting, 5, 100);
        Assert.False(reset.IsCompleted);
        for (int i = 0; i < 5; i++)
        {
            await message.WriteAsync(new byte[70_000], pair.Guard);
        }

        await message.CompleteAsync(pair.Guard);
        await reset;
        int received = 0;
        while (received < waiting + 1)
        {
            using SctpMessage next = await pair.Server.ReceiveAsync(pair.Guard);
            received += next.Info.EndOfRecord ? 1 : 0;
        }
    }

    [Fact]
    public async Task A_message_that_was_begun_and_not_completed_aborts_the_association()
    {
        await using MemoryPair pair = await MemoryPair.ConnectedAsync();
        await using (SctpMessageStream message = pair.Client.GetStream(1).OpenMessageWriter())
        {
            await message.WriteAsync(new byte[200_000], pair.Guard);
        }

        SctpException end = await PairAssert.EndsAsync(SctpError.PeerAborted, () => pair.Server.Closed.WaitAsync(pair.Guard));
        Assert.Equal("a message was begun and not completed", end.PeerReason);
    }

    [Fact]
    public async Task A_message_of_which_nothing_was_sent_can_be_given_up()
    {
        await using MemoryPair pair = await MemoryPair.ConnectedAsync();
        await using (SctpMessageStream message = pair.Client.GetStream(1).OpenMessageWriter())
        {
            await PairAssert.EndsAsync(SctpError.InvalidMessageLength, async () => await message.CompleteAsync(pair.Guard));
            await message.WriteAsync(new byte[100], pair.Guard);
        }

        await pair.Client.SendAsync(new byte[7], default, pair.Guard);
        using SctpMessage next = await pair.Server.ReceiveAsync(pair.Guard);
        Assert.Equal(7, next.Length);
    }

    [Fact]
    public async Task A_shutdown_while_a_message_is_written_is_refused_and_a_disposal_aborts()
    {
        await using MemoryPair pair = await MemoryPair.ConnectedAsync();
        SctpMessageStream message = pair.Client.GetStream(1).OpenMessageWriter();
        await message.WriteAsync(new byte[200_000], pair.Guard);
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await pair.Client.ShutdownAsync(pair.Guard));
        Assert.Throws<InvalidOperationException>(() => pair.Client.Shutdown());
        await pair.Client.DisposeAsync();
        await PairAssert.EndsAsync(SctpError.PeerAborted, () => pair.Server.Closed.WaitAsync(pair.Guard));
        await PairAssert.EndsAsync(SctpError.OperationAborted, async () => await message.CompleteAsync(pair.Guard));
        await message.DisposeAsync();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_peer_that_ends_the_association_ends_the_writing(bool aborts)
    {
        await using MemoryPair pair = await MemoryPair.ConnectedAsync(s_small, s_small);
        await using SctpMessageStream message = pair.Client.GetStream(1).OpenMessageWriter();
        Task writing = message.WriteAsync(new byte[2_000_000], pair.Guard).AsTask();
        using SctpMessage part = await pair.Server.ReceiveAsync(pair.Guard);
        if (aborts)
        {
            pair.Server.Abort("enough");
        }
        else
        {
            _ = pair.Server.ShutdownAsync(pair.Guard).AsTask();
        }

        await PairAssert.EndsAsync(aborts ? SctpError.PeerAborted : SctpError.OperationAborted, () => writing);
        await message.DisposeAsync();
        await Assert.ThrowsAsync<SctpException>(() => pair.Client.Closed.WaitAsync(pair.Guard));
        await Assert.ThrowsAsync<SctpException>(() => pair.Server.Closed.WaitAsync(pair.Guard));
    }

    [Fact]
    public async Task A_write_that_was_cancelled_before_any_of_it_was_sent_wrote_nothing()
    {
        await using MemoryPair pair = await MemoryPair.ConnectedAsync(s_small, s_small);
        await using SctpMessageStream message = pair.Client.GetStream(1).OpenMessageWriter();
        byte[] payload = MemoryPair.Pattern(1_000_000);
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await message.WriteAsync(payload, cancelled.Token));

        // In pieces of their own size: nobody reads, so one of them has to wait in the end, and is cancelled and written again.
        int at = await WriteUntilItWaitsAsync(pair, message, payload);
        Task rest = Task.Run(async () =>
        {
            for (; at < payload.Length; at += 1000)
            {
                await message.WriteAsync(payload.AsMemory(at, 1000), pair.Guard);
            }

            await message.CompleteAsync(pair.Guard);
        });
        using var received = new MemoryStream();
        await pair.Server.GetStream(1).AsStream().CopyUntilAsync(received, payload.Length, pair.Guard);
        await rest;
        Assert.True(payload.AsSpan().SequenceEqual(received.ToArray()));
    }

    [Fact]
    public async Task A_write_that_was_cancelled_in_the_middle_leaves_a_message_that_cannot_be_completed()
    {
        await using MemoryPair pair = await MemoryPair.ConnectedAsync(s_small, s_small);
        SctpMessageStream message = pair.Client.GetStream(1).OpenMessageWriter();
        using var cancelled = new CancellationTokenSource();
        Task writing = message.WriteAsync(new byte[2_000_000], cancelled.Token).AsTask();
        (await pair.Server.ReceiveAsync(pair.Guard)).Dispose();
        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => writing);
        Assert.False(message.CanWrite);
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await message.CompleteAsync(pair.Guard));
        await message.DisposeAsync();
        await PairAssert.EndsAsync(SctpError.PeerAborted, () => pair.Server.Closed.WaitAsync(pair.Guard));
    }

    [Theory]
    [InlineData(1000, 100_000)]
    [InlineData(100_000, 1000)]
    public async Task The_longest_message_may_change_while_one_is_written(int before, int after)
    {
        await using MemoryPair pair = await MemoryPair.ConnectedAsync(SctpAssociationOptions.Default with { MaximumMessageSize = before });
        byte[] payload = MemoryPair.Pattern(200_500);
        await using SctpMessageStream message = pair.Client.GetStream(1).OpenMessageWriter();
        await message.WriteAsync(payload.AsMemory(0, 100_900), pair.Guard);
        pair.Client.Configure(options => options with { MaximumMessageSize = after });
        await message.WriteAsync(payload.AsMemory(100_900), pair.Guard);
        await message.CompleteAsync(pair.Guard);
        using SctpMessage received = await pair.Server.ReceiveAsync(pair.Guard);
        Assert.True(payload.AsSpan().SequenceEqual(received.ToArray()));
    }

    [Fact]
    public async Task A_message_can_be_written_by_blocking()
    {
        await using MemoryPair pair = await MemoryPair.ConnectedAsync(s_small, s_small);
        byte[] payload = MemoryPair.Pattern(500_000);
        Task writing = Task.Factory.StartNew(
            () =>
            {
                using SctpMessageStream message = pair.Client.GetStream(1).OpenMessageWriter();
                message.Write(payload);
                message.Complete(TimeSpan.FromSeconds(60));
            },
            pair.Guard,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default);
        using var received = new MemoryStream();
        await pair.Server.GetStream(1).AsStream().CopyUntilAsync(received, payload.Length, pair.Guard);
        await writing;
        Assert.True(payload.AsSpan().SequenceEqual(received.ToArray()));
    }

    private static async Task<int> WriteUntilItWaitsAsync(MemoryPair pair, SctpMessageStream message, byte[] payload)
    {
        for (int at = 0; ; at += 1000)
        {
            using var cancelled = new CancellationTokenSource();
            Task writing = message.WriteAsync(payload.AsMemory(at, 1000), cancelled.Token).AsTask();
            if (!writing.IsCompleted)
            {
                await cancelled.CancelAsync();
                try
                {
                    await writing;
                }
                catch (OperationCanceledException)
                {
                    return at;
                }
            }

            pair.Guard.ThrowIfCancellationRequested();
        }
    }
}

/// <summary>Reads so many bytes.</summary>
internal static class CopyUntil
{
    public static async Task CopyUntilAsync(this Stream from, Stream to, int count, CancellationToken guard)
    {
        var memory = new byte[count];
        await from.ReadExactlyAsync(memory, guard);
        await to.WriteAsync(memory, guard);
    }
}
