using System;
using System.Buffers;
using System.Collections.Generic;
using System.IO;
using System.IO.Pipelines;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Braid.Sctp;

namespace Braid.Sockets.Tests;

/// <summary>Streams, who gets a message, leased messages, and streams as bytes.</summary>
public sealed class StreamTests
{
    private static readonly SctpAssociationOptions s_small = SctpAssociationOptions.Rfc9260 with { SendBufferSize = 20_000, ReceiveBufferSize = 40_000 };

    [Fact]
    public async Task There_is_one_object_for_each_stream()
    {
        SctpAssociationOptions few = SctpAssociationOptions.Default with { OutgoingStreams = 4, IncomingStreams = 8 };
        await using MemoryPair pair = await MemoryPair.ConnectedAsync(few);
        Assert.Same(pair.Client.GetStream(3), pair.Client.GetStream(3));
        Assert.Equal(7, pair.Client.GetStream(7).Id);        // the peer may send on it, we may not
        Assert.Throws<ArgumentOutOfRangeException>(() => pair.Client.GetStream(8));
        Assert.Throws<ArgumentOutOfRangeException>(() => pair.Client.GetStream(7).TrySend([1]));
    }

    [Fact]
    public async Task The_first_read_of_a_stream_takes_its_waiting_messages_from_the_association_in_order()
    {
        await using MemoryPair pair = await MemoryPair.ConnectedAsync();
        for (byte i = 0; i < 30; i++)
        {
            await pair.Client.SendAsync(new[] { i }, new SctpSendInfo((ushort)(i % 3)), pair.Guard);
        }

        await ArrivedAsync(pair, 30);
        SctpStream stream = pair.Server.GetStream(1);
        Assert.Equal(Enumerable.Range(0, 10).Select(i => (byte)((3 * i) + 1)), await FirstBytesAsync(stream.ReceiveAsync, 10, pair.Guard));
        Assert.Equal(Enumerable.Range(0, 30).Where(i => i % 3 != 1).Select(i => (byte)i), await FirstBytesAsync(pair.Server.ReceiveAsync, 20, pair.Guard));
        await pair.Client.SendAsync(new byte[] { 100 }, new SctpSendInfo(1), pair.Guard);
        await pair.Client.SendAsync(new byte[] { 101 }, new SctpSendInfo(2), pair.Guard);
        Assert.Equal([101], await FirstBytesAsync(pair.Server.ReceiveAsync, 1, pair.Guard));
        Assert.Equal([100], await FirstBytesAsync(stream.ReceiveAsync, 1, pair.Guard));
        Assert.False(stream.TryReceive(out _));
    }

    [Fact]
    public async Task An_accepted_stream_brings_its_messages_and_is_accepted_once()
    {
        await using MemoryPair pair = await MemoryPair.ConnectedAsync();
        ValueTask<SctpStream> waiting = pair.Server.AcceptStreamAsync(pair.Guard);
        await pair.Client.SendAsync(new byte[] { 1 }, new SctpSendInfo(9), pair.Guard);
        SctpStream ninth = await waiting;
        Assert.Equal(9, ninth.Id);
        Assert.Same(pair.Server.GetStream(9), ninth);
        await pair.Client.SendAsync(new byte[] { 2 }, new SctpSendInfo(9), pair.Guard);
        await pair.Client.SendAsync(new byte[] { 3 }, new SctpSendInfo(4), pair.Guard);
        await pair.Client.SendAsync(new byte[] { 4 }, new SctpSendInfo(4), pair.Guard);
        SctpStream fourth = await pair.Server.AcceptStreamAsync(pair.Guard);
        Assert.Equal(4, fourth.Id);
        Assert.Equal([3, 4], await FirstBytesAsync(fourth.ReceiveAsync, 2, pair.Guard));
        Assert.Equal([1, 2], await FirstBytesAsync(ninth.ReceiveAsync, 2, pair.Guard));
    }

    [Fact]
    public async Task A_call_that_receives_goes_before_one_that_accepts_a_stream()
    {
        await using MemoryPair pair = await MemoryPair.ConnectedAsync();
        ValueTask<SctpStream> accepting = pair.Server.AcceptStreamAsync(pair.Guard);
        Task<SctpMessage> receiving = pair.Server.ReceiveAsync(pair.Guard).AsTask();
        await pair.Client.SendAsync(new byte[] { 1 }, new SctpSendInfo(1), pair.Guard);
        using (SctpMessage message = await receiving)
        {
            Assert.Equal(1, message.Info.StreamId);
        }

        Assert.False(accepting.IsCompleted);
        await pair.Client.SendAsync(new byte[] { 2 }, new SctpSendInfo(2), pair.Guard);
        Assert.Equal(2, (await accepting).Id);
    }

    [Fact]
    public async Task A_cancelled_accept_leaves_every_message_to_the_others()
    {
        await using MemoryPair pair = await MemoryPair.ConnectedAsync();
        for (int i = 0; i < 300; i++)
        {
            // The message comes while the call is being cancelled: it is the stream's only if the call got the stream.
            using var cancelled = new CancellationTokenSource();
            Task<SctpStream> accepting = pair.Server.AcceptStreamAsync(cancelled.Token).AsTask();
            await pair.Client.SendAsync(new byte[] { 1 }, new SctpSendInfo((ushort)i), pair.Guard);
            Task cancelling = cancelled.CancelAsync();
            SctpMessage message;
            try
            {
                message = await (await accepting).ReceiveAsync(pair.Guard);
            }
            catch (OperationCanceledException)
            {
                message = await pair.Server.ReceiveAsync(pair.Guard);
            }

            Assert.Equal(i, message.Info.StreamId);
            message.Dispose();
            await cancelling;
        }
    }

    [Fact]
    public async Task At_the_end_of_the_association_what_came_can_be_accepted_and_read_and_then_no_more()
    {
        await using MemoryPair pair = await MemoryPair.ConnectedAsync();
        SctpStream read = pair.Server.GetStream(1);
        Task<SctpMessage> reading = read.ReceiveAsync(pair.Guard).AsTask();
        await pair.Client.SendAsync(new byte[] { 1 }, new SctpSendInfo(1), pair.Guard);
        (await reading).Dispose();
        reading = read.ReceiveAsync(pair.Guard).AsTask();
        await pair.Client.SendAsync(new byte[] { 2 }, new SctpSendInfo(2), pair.Guard);
        await pair.Client.ShutdownAsync(pair.Guard);
        await pair.Server.Closed.WaitAsync(pair.Guard);
        SctpStream accepted = await pair.Server.AcceptStreamAsync(pair.Guard);
        Assert.Equal([2], await FirstBytesAsync(accepted.ReceiveAsync, 1, pair.Guard));
        await PairAssert.EndsAsync(SctpError.AssociationClosed, () => reading);
        await PairAssert.EndsAsync(SctpError.AssociationClosed, () => accepted.ReceiveAsync(pair.Guard).AsTask());
        await PairAssert.EndsAsync(SctpError.AssociationClosed, () => pair.Server.AcceptStreamAsync(pair.Guard).AsTask());
        SctpStream late = pair.Server.GetStream(20);
        await PairAssert.EndsAsync(SctpError.AssociationClosed, () => late.ReceiveAsync(pair.Guard).AsTask());
        Assert.False(await late.WaitForLowBufferAsync(pair.Guard));
        Assert.False(await late.WaitToSendAsync(1, pair.Guard));
        Assert.Equal(0, await late.AsStream().ReadAsync(new byte[1], pair.Guard));
        await foreach (SctpMessage message in late.ReadAllAsync(pair.Guard))
        {
            Assert.Fail("nothing was sent on it");
        }
    }

    [Fact]
    public async Task A_stream_sends_as_its_SendInfo_says_but_always_on_itself()
    {
        SctpAssociationOptions options = SctpAssociationOptions.Default with { DefaultSendInfo = new SctpSendInfo(3, 77) };
        await using MemoryPair pair = await MemoryPair.ConnectedAsync(options);
        SctpStream stream = pair.Client.GetStream(5);
        Assert.Equal(new SctpSendInfo(5, 77), stream.SendInfo);
        Assert.True(stream.TrySend([1]));
        stream.SendInfo = new SctpSendInfo(9, 88, Unordered: true);
        Assert.Equal(new SctpSendInfo(5, 88, Unordered: true), stream.SendInfo);
        await stream.SendAsync(new byte[] { 2 }, pair.Guard);
        await stream.SendAsync(new byte[] { 3 }, new SctpSendInfo(9, 99), pair.Guard);
        Assert.True(stream.TrySend([4], new SctpSendInfo(9, 11)));
        stream.Send([5], TimeSpan.FromSeconds(30));
        var seen = new List<(int First, int Stream, uint Ppid, bool Unordered)>();
        for (int i = 0; i < 5; i++)
        {
            using SctpMessage message = await pair.Server.ReceiveAsync(pair.Guard);
            seen.Add((message.ToArray()[0], message.Info.StreamId, message.Info.Ppid, message.Info.Unordered));
        }

        Assert.Equal<(int, int, uint, bool)>([(1, 5, 77, false), (2, 5, 88, true), (3, 5, 99, false), (4, 5, 11, false), (5, 5, 88, true)], seen.Order().ToArray());
    }

    [Fact]
    public async Task Waiting_to_send_ends_with_room_or_with_its_token()
    {
        await using MemoryPair pair = await MemoryPair.ConnectedAsync(s_small, s_small);
        SctpStream stream = pair.Client.GetStream(1);
        Assert.True(await stream.WaitToSendAsync(1000, pair.Guard));
        int sent = await FillAsync(pair, stream);
        using var cancelled = new CancellationTokenSource();
        Task<bool> given = stream.WaitToSendAsync(1000, cancelled.Token).AsTask();
        Task<bool> room = pair.Client.WaitToSendAsync(1000, pair.Guard).AsTask();
        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => given);
        Assert.False(room.IsCompleted);
        for (int i = 0; i < sent; i++)
        {
            (await pair.Server.ReceiveAsync(pair.Guard)).Dispose();
        }

        Assert.True(await room);
        Assert.True(stream.TrySend(new byte[1000]));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await stream.WaitToSendAsync(0));
    }

    [Fact]
    public async Task Waiting_for_room_or_for_a_low_buffer_ends_with_the_association()
    {
        await using MemoryPair pair = await MemoryPair.ConnectedAsync(s_small, s_small);
        SctpStream stream = pair.Client.GetStream(1);
        await FillAsync(pair, stream);
        Task<bool> end = stream.WaitToSendAsync(1000, pair.Guard).AsTask();
        Task<bool> low = stream.WaitForLowBufferAsync(pair.Guard).AsTask();
        pair.Server.Abort();
        Assert.False(await end);
        Assert.False(await low);
        Assert.Equal(0, stream.BufferedAmount);
        Assert.Throws<SctpException>(() => stream.TrySend([1]));
    }

    [Fact]
    public async Task A_stream_tells_when_it_has_sent_down_to_its_threshold()
    {
        await using MemoryPair pair = await MemoryPair.ConnectedAsync(s_small, s_small);
        SctpStream stream = pair.Client.GetStream(1);
        Assert.True(await stream.WaitForLowBufferAsync(pair.Guard));
        int sent = await FillAsync(pair, stream);
        long full = stream.BufferedAmount;
        Assert.True(full >= 10_000, $"{full} bytes");
        Task<bool> empty = stream.WaitForLowBufferAsync(pair.Guard).AsTask();
        Assert.False(empty.IsCompleted);
        stream.BufferedAmountLowThreshold = full;            // that much there is now
        Assert.True(await empty);
        stream.BufferedAmountLowThreshold = 2000;
        using var cancelled = new CancellationTokenSource();
        Task<bool> given = stream.WaitForLowBufferAsync(cancelled.Token).AsTask();
        Task<bool> low = stream.WaitForLowBufferAsync(pair.Guard).AsTask();
        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => given);
        for (int i = 0; i < sent; i++)
        {
            (await pair.Server.ReceiveAsync(pair.Guard)).Dispose();
        }

        Assert.True(await low);
        await pair.UntilAsync(() => pair.Client.BufferedAmount == 0);
        Assert.Equal(0, stream.BufferedAmount);
        Assert.Throws<ArgumentOutOfRangeException>(() => stream.BufferedAmountLowThreshold = -1);
    }

    [Fact]
    public async Task What_is_sent_after_the_association_was_disposed_still_counts_as_buffered_and_never_below_nothing()
    {
        await using MemoryPair pair = await MemoryPair.ConnectedAsync(s_small, s_small);
        SctpStream stream = pair.Client.GetStream(1);
        int sent = await FillAsync(pair, stream);
        Task disposing = pair.Client.DisposeAsync().AsTask();
        Assert.True(stream.BufferedAmount > 0);
        for (int i = 0; i < sent; i++)
        {
            Assert.InRange(stream.BufferedAmount, 0, 100_000);
            (await pair.Server.ReceiveAsync(pair.Guard)).Dispose();
        }

        await disposing;
        await pair.Client.Closed.WaitAsync(pair.Guard);
        Assert.Equal(0, stream.BufferedAmount);
    }

    [Fact]
    public async Task An_unread_stream_does_not_hold_up_another_before_the_window_is_full()
    {
        await using MemoryPair pair = await MemoryPair.ConnectedAsync(server: s_small);
        SctpStream read = pair.Server.GetStream(1);
        SctpStream unread = pair.Server.GetStream(2);
        Assert.False(unread.TryReceive(out _));
        for (int i = 0; i < 10; i++)
        {
            await pair.Client.SendAsync(new byte[1000], new SctpSendInfo(2), pair.Guard);
        }

        for (int i = 0; i < 200; i++)
        {
            await pair.Client.SendAsync(new byte[1000], new SctpSendInfo(1), pair.Guard);
            (await read.ReceiveAsync(pair.Guard)).Dispose();
        }

        Assert.True(unread.TryReceive(out SctpMessage waiting));
        waiting.Dispose();
    }

    [Fact]
    public async Task A_disposed_message_throws_whatever_its_memory_is_used_for_by_then()
    {
        await using MemoryPair pair = await MemoryPair.ConnectedAsync(s_small, s_small);
        var late = new List<SctpMessage>();
        for (int i = 0; i < 300; i++)
        {
            await pair.Client.SendAsync(new byte[500], default, pair.Guard);
            SctpMessage message = await pair.Server.ReceiveAsync(pair.Guard);
            Assert.Equal(message, message);
            Assert.Equal(500, message.Length);
            message.Dispose();
            late.Add(message);
        }

        await pair.Client.SendAsync(new byte[] { 42 }, default, pair.Guard);
        SctpMessage live = await pair.Server.ReceiveAsync(pair.Guard);
        foreach (SctpMessage message in late)
        {
            message.Dispose();
            Assert.NotEqual(live, message);
            Assert.Throws<ObjectDisposedException>(() => message.Length);
            Assert.Throws<ObjectDisposedException>(() => message.Payload);
            Assert.Throws<ObjectDisposedException>(() => message.Info);
            Assert.Throws<ObjectDisposedException>(message.ToArray);
        }

        Assert.Equal([42], live.ToArray());
        live.Dispose();
        default(SctpMessage).Dispose();
        Assert.Throws<ObjectDisposedException>(() => default(SctpMessage).Length);
    }

    [Fact]
    public async Task Messages_may_be_disposed_by_any_threads_at_once_while_others_come()
    {
        await using MemoryPair pair = await MemoryPair.ConnectedAsync(s_small, s_small);
        const int Count = 3000;
        byte[] payload = MemoryPair.Pattern(700);
        Task sending = Task.Run(async () =>
        {
            for (int i = 0; i < Count; i++)
            {
                await pair.Client.SendAsync(payload, default, pair.Guard);
            }
        });
        var disposing = new List<Task>();
        for (int i = 0; i < Count; i++)
        {
            SctpMessage message = await pair.Server.ReceiveAsync(pair.Guard);
            Assert.True(payload.AsSpan().SequenceEqual(message.ToArray()));
            disposing.Add(Task.Run(message.Dispose));
            disposing.Add(Task.Run(message.Dispose));
        }

        await Task.WhenAll(disposing);
        await sending;
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Memory_that_is_too_short_gets_the_rest_with_the_next_calls(bool ofStream)
    {
        await using MemoryPair pair = await MemoryPair.ConnectedAsync();
        byte[] payload = MemoryPair.Pattern(5000);
        await pair.Client.SendAsync(payload, new SctpSendInfo(2, 7), pair.Guard);
        await pair.Client.SendAsync(new byte[] { 9 }, new SctpSendInfo(2), pair.Guard);
        SctpStream stream = pair.Server.GetStream(2);
        var random = new Random(1);
        var memory = new byte[1000];
        var received = new List<byte>();
        SctpReceiveResult result;
        do
        {
            Memory<byte> room = memory.AsMemory(0, random.Next(1, memory.Length));
            result = ofStream ? await stream.ReceiveAsync(room, pair.Guard) : await pair.Server.ReceiveAsync(room, pair.Guard);
            Assert.Equal(received.Count == 0, result.Info.BeginOfRecord);
            Assert.Equal(result.EndOfMessage, result.Info.EndOfRecord);
            Assert.Equal((2, 7u), (result.Info.StreamId, result.Info.Ppid));
            received.AddRange(memory[..result.Count]);
        }
        while (!result.EndOfMessage);
        Assert.Equal(payload, received);
        result = ofStream ? stream.Receive(memory.AsSpan()) : await pair.Server.ReceiveAsync(memory, pair.Guard);
        Assert.Equal((1, true), (result.Count, result.EndOfMessage));
        await Assert.ThrowsAsync<ArgumentException>(async () => await stream.ReceiveAsync(Memory<byte>.Empty, pair.Guard));
        Assert.Throws<ArgumentException>(() => stream.Receive([]));
    }

    [Fact]
    public async Task A_stream_as_bytes_carries_all_of_them_both_ways_whatever_the_pieces()
    {
        await using MemoryPair pair = await MemoryPair.ConnectedAsync(s_small, s_small);
        byte[] bytes = MemoryPair.Pattern(300_000);
        Stream client = pair.Client.GetStream(1).AsStream(maximumMessageSize: 3000);
        Stream server = pair.Server.GetStream(1).AsStream();
        await Task.WhenAll(
            WriteAsync(client, bytes, 1, pair.Guard), CompareAsync(server, bytes, 2, pair.Guard),
            WriteAsync(server, bytes, 3, pair.Guard), CompareAsync(client, bytes, 4, pair.Guard));
        Assert.Equal(0, await server.ReadAsync(Memory<byte>.Empty, pair.Guard));
        await pair.Client.ShutdownAsync(pair.Guard);
        Assert.Equal(0, await server.ReadAsync(new byte[10], pair.Guard));
        Assert.Equal(0, server.Read(new byte[10]));
        await Assert.ThrowsAsync<SctpException>(async () => await server.WriteAsync(new byte[10], pair.Guard));
    }

    [Fact]
    public async Task A_stream_as_bytes_reads_and_writes_by_blocking_too()
    {
        await using Loopback pair = await Loopback.ConnectedAsync(s_small, s_small);
        byte[] bytes = MemoryPair.Pattern(100_000);
        Task writing = Task.Factory.StartNew(
            () => pair.Client.GetStream(1).AsStream().Write(bytes), pair.Guard, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        Stream server = pair.Server.GetStream(1).AsStream();
        byte[] received = new byte[bytes.Length];
        server.ReadExactly(received);
        await writing;
        Assert.Equal(bytes, received);
    }

    [Fact]
    public async Task Reading_bytes_of_an_aborted_association_is_an_error_and_no_end()
    {
        await using MemoryPair pair = await MemoryPair.ConnectedAsync();
        Stream server = pair.Server.GetStream(1).AsStream();
        Task<int> reading = server.ReadAsync(new byte[10], pair.Guard).AsTask();
        pair.Client.Abort();
        await PairAssert.EndsAsync(SctpError.PeerAborted, () => reading);
        Assert.Throws<SctpException>(() => server.Read(new byte[10]));
    }

    [Fact]
    public async Task A_pipe_carries_all_bytes_also_where_messages_must_be_short()
    {
        SctpAssociationOptions tiny = s_small with { MaximumMessageSize = 700 };
        await using MemoryPair pair = await MemoryPair.ConnectedAsync(tiny, tiny);
        byte[] bytes = MemoryPair.Pattern(200_000);
        IDuplexPipe client = pair.Client.GetStream(1).AsPipe();
        IDuplexPipe server = pair.Server.GetStream(1).AsPipe();
        Task writing = Task.Run(async () =>
        {
            await client.Output.WriteAsync(bytes, pair.Guard);
            await client.Output.CompleteAsync();
        });
        long received = 0;
        while (received < bytes.Length)
        {
            ReadResult result = await server.Input.ReadAsync(pair.Guard);
            Assert.True(bytes.AsSpan((int)received, (int)result.Buffer.Length).SequenceEqual(result.Buffer.ToArray()));
            received += result.Buffer.Length;
            server.Input.AdvanceTo(result.Buffer.End);
        }

        await writing;
        await pair.Client.ShutdownAsync(pair.Guard);
        Assert.True((await server.Input.ReadAsync(pair.Guard)).IsCompleted);
    }

    private static async Task ArrivedAsync(MemoryPair pair, int count)
    {
        // Everything on the wire is acknowledged, so it was delivered.
        await pair.UntilAsync(() => pair.Client.BufferedAmount == 0);
        await pair.Server.GetStatisticsAsync();
        Assert.True(count > 0);
    }

    private static async Task<List<byte>> FirstBytesAsync(
        Func<CancellationToken, ValueTask<SctpMessage>> receive, int count, CancellationToken guard)
    {
        var first = new List<byte>();
        for (int i = 0; i < count; i++)
        {
            using SctpMessage message = await receive(guard);
            first.Add(message.ToArray()[0]);
        }

        return first;
    }

    // Until the peer's window and our send buffer are full.
    private static async Task<int> FillAsync(MemoryPair pair, SctpStream stream)
    {
        // Full, and the peer has said all that it will say to what was sent: nothing moves any more until somebody reads.
        int sent = 0;
        long sacks = -1;
        for (int quiet = 0; quiet < 20;)
        {
            pair.Guard.ThrowIfCancellationRequested();
            AssociationStatistics now = await pair.Client.GetStatisticsAsync();
            bool isQuiet = now is { PeerWindow: <= 1000, BytesInFlight: <= 1000 } && stream.BufferedAmount >= 10_000 && now.SacksReceived == sacks;
            sacks = now.SacksReceived;
            for (; stream.TrySend(new byte[1000]); sent++)
            {
                isQuiet = false;
            }

            quiet = isQuiet ? quiet + 1 : 0;
        }

        return sent;
    }

    private static async Task WriteAsync(Stream stream, byte[] bytes, int seed, CancellationToken guard)
    {
        var random = new Random(seed);
        for (int at = 0; at < bytes.Length;)
        {
            int count = Math.Min(random.Next(1, 9000), bytes.Length - at);
            await stream.WriteAsync(bytes.AsMemory(at, count), guard);
            at += count;
        }

        await stream.FlushAsync(guard);
    }

    private static async Task CompareAsync(Stream stream, byte[] bytes, int seed, CancellationToken guard)
    {
        var random = new Random(seed);
        var memory = new byte[9000];
        for (int at = 0; at < bytes.Length;)
        {
            int count = await stream.ReadAsync(memory.AsMemory(0, random.Next(1, memory.Length)), guard);
            Assert.True(count > 0);
            Assert.True(bytes.AsSpan(at, count).SequenceEqual(memory.AsSpan(0, count)));
            at += count;
        }
    }
}
