using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Linq;
using System.Net;
using System.Text;
using System.Threading;
using System.Threading.Tasks;

namespace Braid.Sockets.Tests;

/// <summary>One socket, many peers.</summary>
public sealed class SocketTests
{
    private const int CommonHeader = 12;
    private const byte Data = 0;
    private const byte CookieEcho = 10;

    private static readonly SctpAssociationOptions s_telling = SctpAssociationOptions.Default with
    {
        Notifications = SctpNotificationKinds.AssociationChange,
    };

    [Fact]
    public async Task Sending_to_a_new_peer_sets_up_an_association_and_the_message_comes_along_with_the_cookie()
    {
        await using var pair = new TwoStacks();
        var chunks = new ConcurrentQueue<byte[]>();
        pair.Network.Drop = (source, _, packet) =>
        {
            if (source.Equals(TwoStacks.ClientAt))
            {
                chunks.Enqueue(ChunkTypes(packet));
            }

            return false;
        };
        await using SctpSocket server = pair.OpenServer();
        await using SctpSocket client = pair.OpenClient();
        SctpAssociationId id = await client.SendToAsync("first"u8.ToArray(), TwoStacks.ServerAt, Loopback.Port, new SctpSendInfo(3, 4), pair.Guard);
        using (SctpReceived received = await server.ReceiveAsync(pair.Guard))
        {
            Assert.Equal("first", Text(received));
            Assert.Equal((3, 4u), (received.Message.Info.StreamId, received.Message.Info.Ppid));
            Assert.Equal([received.AssociationId], server.Associations);
            await server.SendAsync(received.AssociationId, "back"u8.ToArray(), cancellationToken: pair.Guard);
        }

        using SctpReceived answer = await client.ReceiveAsync(pair.Guard);
        Assert.Equal((id, "back"), (answer.AssociationId, Text(answer)));
        Assert.Equal([id], client.Associations);
        Assert.Equal([CookieEcho, Data], chunks.ElementAt(1));
    }

    [Fact]
    public async Task Many_that_send_to_the_same_new_peer_at_the_same_time_share_one_association()
    {
        await using var pair = new TwoStacks();
        await using SctpSocket server = pair.OpenServer();
        await using SctpSocket client = pair.OpenClient();
        SctpAssociationId[] ids = await Task.WhenAll(Enumerable.Range(0, 100).Select(i => Task.Run(async () =>
            await client.SendToAsync(BitConverter.GetBytes(i), TwoStacks.ServerAt, Loopback.Port, cancellationToken: pair.Guard))));
        Assert.Single(ids.Distinct());
        var seen = new HashSet<int>();
        while (seen.Count < ids.Length)
        {
            using SctpReceived received = await server.ReceiveAsync(pair.Guard);
            Assert.True(seen.Add(BitConverter.ToInt32(received.Message.ToArray())));
        }

        Assert.Single(server.Associations);
    }

    /// <summary>The first ones wait for the loop to set the association up; those after them find it there, with or without room.</summary>
    [Theory]
    [InlineData(0, 4)]
    [InlineData(8 << 10, 1000)]
    public async Task The_order_of_calls_is_that_of_messages_though_the_peer_is_new_and_nobody_awaits(int sendBuffer, int length)
    {
        const int Messages = 200;
        for (int round = 0; round < 10; round++)
        {
            await using var pair = new TwoStacks();
            await using SctpSocket server = pair.OpenServer();
            await using SctpSocket client = pair.OpenClient(SctpAssociationOptions.Default with { SendBufferSize = sendBuffer });
            var sending = new Task[Messages];
            for (int i = 0; i < Messages; i++)
            {
                var payload = new byte[length];
                BitConverter.TryWriteBytes(payload, i);
                sending[i] = client.SendToAsync(payload, TwoStacks.ServerAt, Loopback.Port, cancellationToken: pair.Guard).AsTask();
            }

            for (int i = 0; i < Messages; i++)
            {
                using SctpReceived received = await server.ReceiveAsync(pair.Guard);
                Assert.Equal(i, BitConverter.ToInt32(received.Message.ToArray()));
            }

            await Task.WhenAll(sending);
        }
    }

    [Theory]
    [InlineData("token")]
    [InlineData("length")]
    [InlineData("stream")]
    public async Task A_message_that_cannot_be_sent_sets_up_no_association(string why)
    {
        await using var pair = new TwoStacks();
        await using SctpSocket client = pair.OpenClient();
        byte[] payload = why == "length" ? [] : new byte[1];
        SctpSendInfo? info = why == "stream" ? new SctpSendInfo(5_000) : null;
        Exception? exception = await Record.ExceptionAsync(
            async () => await client.SendToAsync(payload, TwoStacks.ServerAt, Loopback.Port, info, new CancellationToken(why == "token")));
        Assert.IsType(why switch { "token" => typeof(OperationCanceledException), "length" => typeof(SctpException), _ => typeof(ArgumentOutOfRangeException) }, exception);
        if (why != "token")
        {
            Assert.IsType(exception.GetType(), Record.Exception(() => client.SendTo(payload, TwoStacks.ServerAt, Loopback.Port, info)));
        }

        Assert.Empty(client.Associations);
    }

    [Fact]
    public async Task A_socket_that_does_not_listen_refuses_peers()
    {
        await using var pair = new TwoStacks();
        await using var deaf = new SctpSocket(new SctpSocketOptions { Stack = pair.ServerStack, Port = Loopback.Port });
        await using SctpSocket client = pair.OpenClient();
        SctpException error = await Assert.ThrowsAsync<SctpException>(async () =>
            await client.ConnectAsync([TwoStacks.ServerAt], Loopback.Port, pair.Guard));
        Assert.Equal(SctpError.ConnectionRefused, error.Error);
        Assert.Empty(client.Associations);
    }

    [Fact]
    public async Task Both_may_begin_at_the_same_time_and_get_one_association()
    {
        await using var pair = new TwoStacks();
        await using SctpSocket one = pair.OpenServer();
        await using SctpSocket other = pair.OpenClient(port: Loopback.Port);
        other.Listen();
        await Task.WhenAll(
            one.SendToAsync("a"u8.ToArray(), TwoStacks.ClientAt, Loopback.Port, cancellationToken: pair.Guard).AsTask(),
            other.SendToAsync("b"u8.ToArray(), TwoStacks.ServerAt, Loopback.Port, cancellationToken: pair.Guard).AsTask());
        using SctpReceived a = await other.ReceiveAsync(pair.Guard);
        using SctpReceived b = await one.ReceiveAsync(pair.Guard);
        Assert.Equal(("a", "b"), (Text(a), Text(b)));
        Assert.Equal((1, 1), (one.Associations.Count, other.Associations.Count));
    }

    [Fact]
    public async Task Of_several_addresses_the_first_may_be_dead_and_either_names_the_association()
    {
        await using var pair = new TwoStacks();
        await using SctpSocket server = pair.OpenServer();
        SctpAssociationOptions fast = s_telling with { RtoInitial = TimeSpan.FromMilliseconds(20), RtoMinimum = TimeSpan.FromMilliseconds(20) };
        await using SctpSocket client = pair.OpenClient(fast);
        var dead = new IPEndPoint(IPAddress.Loopback, 77);
        SctpAssociationId id = await client.ConnectAsync([dead, TwoStacks.ServerAt], Loopback.Port, pair.Guard);
        Assert.Equal(id, await client.SendToAsync("1"u8.ToArray(), dead, Loopback.Port, cancellationToken: pair.Guard));
        Assert.Equal(id, await client.SendToAsync("2"u8.ToArray(), TwoStacks.ServerAt, Loopback.Port, cancellationToken: pair.Guard));
        for (int i = 1; i <= 2; i++)
        {
            using SctpReceived received = await server.ReceiveAsync(pair.Guard);
            Assert.Equal(i.ToString(System.Globalization.CultureInfo.InvariantCulture), Text(received));
        }

        SctpException error = await Assert.ThrowsAsync<SctpException>(async () =>
            await client.ConnectAsync([TwoStacks.ServerAt], Loopback.Port, pair.Guard));
        Assert.Equal(SctpError.AlreadyConnected, error.Error);
    }

    [Fact]
    public async Task A_peeled_off_association_takes_along_what_waits_and_what_comes_and_outlives_the_socket()
    {
        await using var pair = new TwoStacks();
        SctpSocket server = pair.OpenServer(s_telling);
        await using SctpSocket client = pair.OpenClient();
        const int Count = 5_000;
        Task sending = Task.Run(async () =>
        {
            for (int i = 0; i < Count; i++)
            {
                await client.SendToAsync(BitConverter.GetBytes(i), TwoStacks.ServerAt, Loopback.Port, cancellationToken: pair.Guard);
            }
        });
        SctpReceived up = await server.ReceiveAsync(pair.Guard);
        Assert.IsType<SctpNotification.AssociationChange>(up.Notification);
        for (int i = 0; i < 10; i++)
        {
            using SctpReceived received = await server.ReceiveAsync(pair.Guard);
            Assert.Equal(i, BitConverter.ToInt32(received.Message.ToArray()));
        }

        SctpAssociation own = server.PeelOff(up.AssociationId);
        Assert.Equal(up.AssociationId, own.Id);
        Assert.Empty(server.Associations);
        SctpException gone = await Assert.ThrowsAsync<SctpException>(async () => await server.SendAsync(up.AssociationId, new byte[1]));
        Assert.Equal(SctpError.AssociationClosed, gone.Error);
        await server.DisposeAsync();
        for (int i = 10; i < Count; i++)
        {
            using SctpMessage message = await own.ReceiveAsync(pair.Guard);
            Assert.Equal(i, BitConverter.ToInt32(message.ToArray()));
        }

        await sending;
        await own.ShutdownAsync(pair.Guard);
        var ended = new List<SctpNotification>();
        await foreach (SctpNotification notification in own.ReadNotificationsAsync(pair.Guard))
        {
            ended.Add(notification);
        }

        Assert.Equal(SctpAssociationChange.ShutdownComplete, Assert.IsType<SctpNotification.AssociationChange>(Assert.Single(ended)).Change);
    }

    [Fact]
    public async Task What_was_received_is_readable_after_peeling_off_whenever_the_association_ends()
    {
        await using var pair = new TwoStacks();
        await using SctpSocket server = pair.OpenServer(s_telling);
        for (int round = 0; round < 200; round++)
        {
            SctpAssociation client = await pair.ConnectAsync();
            SctpReceived up = await server.ReceiveAsync(pair.Guard);
            for (int i = 0; i < 5; i++)
            {
                await client.SendAsync(new byte[] { (byte)i }, pair.Guard);
            }

            ValueTask shutdown = client.ShutdownAsync(pair.Guard);
            int seen = 0;
            try
            {
                SctpAssociation own = server.PeelOff(up.AssociationId);
                await foreach (SctpMessage message in own.ReadAllAsync(pair.Guard))
                {
                    Assert.Equal(seen++, message.ToArray()[0]);
                    message.Dispose();
                }
            }
            catch (SctpException exception) when (exception.Error == SctpError.AssociationClosed)
            {
                // It had ended already: everything is the socket's.
                for (bool isOver = false; !isOver;)
                {
                    using SctpReceived received = await server.ReceiveAsync(pair.Guard);
                    isOver = received.Notification is not null;
                    seen += isOver ? 0 : 1;
                }
            }

            Assert.Equal(5, seen);
            await shutdown;
        }
    }

    [Fact]
    public async Task An_association_that_nobody_uses_is_closed_when_its_time_is_over()
    {
        var time = new ManualTimeProvider();
        await using var pair = new TwoStacks(time);
        await using SctpSocket server = pair.OpenServer(s_telling);
        await using SctpSocket client = pair.OpenClient(s_telling);
        client.SetOption(SctpOptions.AutoClose, TimeSpan.FromSeconds(10));
        SctpAssociationId id = await client.ConnectAsync([TwoStacks.ServerAt], Loopback.Port, pair.Guard);
        Assert.Equal(TimeSpan.FromSeconds(10), client.GetOption(SctpOptions.AutoClose, id));
        Assert.Equal(SctpAssociationChange.Up, Change(await client.ReceiveAsync(pair.Guard)));
        time.Advance(TimeSpan.FromSeconds(9));
        await client.SendAsync(id, new byte[1], cancellationToken: pair.Guard);
        Assert.Equal(SctpAssociationChange.Up, Change(await server.ReceiveAsync(pair.Guard)));
        (await server.ReceiveAsync(pair.Guard)).Dispose();
        time.Advance(TimeSpan.FromSeconds(9));
        await RanAsync(pair.ClientStack);
        Assert.Equal([id], client.Associations);

        // In steps, and each has its effect before the next: otherwise the peer would seem not to answer.
        ValueTask<SctpReceived> end = client.ReceiveAsync(pair.Guard);
        while (!end.IsCompleted)
        {
            pair.Guard.ThrowIfCancellationRequested();
            time.Advance(TimeSpan.FromSeconds(1));
            for (int i = 0; i < 6; i++)
            {
                await RanAsync(pair.ClientStack);
                await RanAsync(pair.ServerStack);
            }
        }

        Assert.Equal(SctpAssociationChange.ShutdownComplete, Change(await end));
        Assert.Equal(SctpAssociationChange.ShutdownComplete, Change(await server.ReceiveAsync(pair.Guard)));
        Assert.Empty(client.Associations);
    }

    [Fact]
    public async Task A_message_to_all_that_nobody_can_take_is_one_failure_and_leaves_none_unobserved()
    {
        await using var pair = new TwoStacks();
        await using SctpSocket server = pair.OpenServer();
        for (int i = 0; i < 3; i++)
        {
            await (await pair.ConnectAsync()).SendAsync(new byte[1], pair.Guard);
            (await server.ReceiveAsync(pair.Guard)).Dispose();
        }

        int unobserved = 0;
        void OnUnobserved(object? sender, UnobservedTaskExceptionEventArgs args) => unobserved +=
            args.Exception.InnerException is SctpException { Error: SctpError.InvalidMessageLength } ? 1 : 0;
        TaskScheduler.UnobservedTaskException += OnUnobserved;
        await PairAssert.EndsAsync(SctpError.InvalidMessageLength, () => server.SendToAllAsync(default, cancellationToken: pair.Guard).AsTask());
        GC.Collect();
        GC.WaitForPendingFinalizers();
        TaskScheduler.UnobservedTaskException -= OnUnobserved;
        Assert.Equal(0, unobserved);
    }

    [Fact]
    public async Task A_message_to_all_reaches_everybody_and_a_full_buffer_holds_up_no_other()
    {
        await using var pair = new TwoStacks();
        SctpAssociationOptions small = SctpAssociationOptions.Default with { SendBufferSize = 2_000, ReceiveBufferSize = 2_000 };
        await using SctpSocket server = pair.OpenServer(small);
        var ids = new List<SctpAssociationId>();
        var peers = new List<SctpAssociation>();
        for (int i = 0; i < 5; i++)
        {
            SctpAssociation peer = await pair.ConnectAsync(small);
            await peer.SendAsync(new byte[] { 1 }, pair.Guard);
            using SctpReceived received = await server.ReceiveAsync(pair.Guard);
            ids.Add(received.AssociationId);
            peers.Add(peer);
        }

        Assert.Equal(5, await server.SendToAllAsync("all"u8.ToArray(), cancellationToken: pair.Guard));

        // From now on nothing reaches the first one, so that its buffer fills.
        pair.Network.Drop = (_, _, packet) => ((packet[2] << 8) | packet[3]) == peers[0].LocalPort;
        ValueTask blocked = default;
        while (blocked.IsCompletedSuccessfully)
        {
            blocked = server.SendAsync(ids[0], new byte[500], cancellationToken: pair.Guard);
        }

        ValueTask<int> more = server.SendToAllAsync("more"u8.ToArray(), cancellationToken: pair.Guard);
        foreach (SctpAssociation peer in peers[1..])
        {
            Assert.Equal("all", await NextAsync(peer));
            Assert.Equal("more", await NextAsync(peer));
        }

        Assert.False(more.IsCompleted);
        peers[0].Abort();
        await Assert.ThrowsAsync<SctpException>(async () => await blocked);
        Assert.Equal(4, await more);

        async Task<string> NextAsync(SctpAssociation peer)
        {
            using SctpMessage message = await peer.ReceiveAsync(pair.Guard);
            return Encoding.UTF8.GetString(message.ToArray());
        }
    }

    [Fact]
    public async Task Options_are_set_for_future_associations_for_the_current_ones_for_all_and_for_one()
    {
        await using var pair = new TwoStacks();
        await using SctpSocket server = pair.OpenServer();
        await using SctpSocket client = pair.OpenClient();
        SctpAssociationId first = await client.ConnectAsync([TwoStacks.ServerAt], Loopback.Port, pair.Guard);
        client.SetOption(SctpOptions.NoDelay, false);
        client.SetOption(SctpOptions.Context, 1u, SctpAssociationId.Current);
        client.SetOption(SctpOptions.MaximumBurst, 9, SctpAssociationId.All);
        client.SetOption(SctpOptions.SendBuffer, 77_000, first);
        await using SctpListener second = SctpListener.Listen(new SctpListenerOptions { Stack = pair.ServerStack, Port = 6 });
        SctpAssociationId later = await client.ConnectAsync([TwoStacks.ServerAt], 6, pair.Guard);
        Assert.Equal((true, false), (client.GetOption(SctpOptions.NoDelay, first), client.GetOption(SctpOptions.NoDelay, later)));
        Assert.Equal((1u, 0u), (client.GetOption(SctpOptions.Context, first), client.GetOption(SctpOptions.Context, later)));
        Assert.Equal((9, 9), (client.GetOption(SctpOptions.MaximumBurst, first), client.GetOption(SctpOptions.MaximumBurst, later)));
        Assert.Equal((77_000, 0), (client.GetOption(SctpOptions.SendBuffer, first), client.GetOption(SctpOptions.SendBuffer, later)));
        Assert.Throws<ArgumentException>(() => client.SetOption(SctpOptions.InitMessage, new SctpInitMessage(2, 2, 2), first));
        Assert.Throws<ArgumentOutOfRangeException>(() => client.SetOption(SctpOptions.MaximumBurst, 0));
        Assert.Throws<SctpException>(() => client.SetOption(SctpOptions.NoDelay, true, new SctpAssociationId(long.MaxValue)));
    }

    [Fact]
    public async Task A_peer_that_restarts_ends_the_old_association_and_begins_a_new_one()
    {
        await using var pair = new TwoStacks();
        await using SctpSocket server = pair.OpenServer(s_telling);
        SctpAssociation client = await pair.ConnectAsync(localPort: 4_000);
        SctpReceived up = await server.ReceiveAsync(pair.Guard);
        await client.VanishAsync();
        await using SctpStack reborn = pair.Network.Open(TwoStacks.ClientAt);
        SctpAssociation again = await SctpAssociation.ConnectAsync(
            Loopback.OptionsFor(TwoStacks.ServerAt) with { Stack = reborn, LocalPort = 4_000 }, pair.Guard);
        await again.SendAsync("new"u8.ToArray(), pair.Guard);
        SctpReceived restarted = await server.ReceiveAsync(pair.Guard);
        Assert.Equal((up.AssociationId, SctpAssociationChange.Restarted), (restarted.AssociationId, Change(restarted)));
        SctpReceived anew = await server.ReceiveAsync(pair.Guard);
        Assert.Equal(SctpAssociationChange.Up, Change(anew));
        Assert.NotEqual(up.AssociationId, anew.AssociationId);
        using (SctpReceived message = await server.ReceiveAsync(pair.Guard))
        {
            Assert.Equal((anew.AssociationId, "new"), (message.AssociationId, Text(message)));
        }

        Assert.Equal([anew.AssociationId], server.Associations);
        again.Abort();
        SctpReceived lost = await server.ReceiveAsync(pair.Guard);
        Assert.Equal((anew.AssociationId, SctpAssociationChange.Lost), (lost.AssociationId, Change(lost)));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_socket_with_thousands_of_unread_messages_is_disposed_and_calls_that_wait_end(bool interleavesParts)
    {
        await using var pair = new TwoStacks();
        SctpSocket server = pair.OpenServer(interleavesParts: interleavesParts);
        await using SctpSocket client = pair.OpenClient();
        for (int i = 0; i < 5_000; i++)
        {
            await client.SendToAsync(new byte[100], TwoStacks.ServerAt, Loopback.Port, new SctpSendInfo((ushort)(i % 3)), pair.Guard);
        }

        (await server.ReceiveAsync(pair.Guard)).Dispose();
        Task sending = Task.Run(async () =>
        {
            while (true)
            {
                await client.SendToAsync(new byte[100], TwoStacks.ServerAt, Loopback.Port, cancellationToken: pair.Guard);
            }
        });
        await server.DisposeAsync();
        await server.DisposeAsync();
        SctpException ended = await Assert.ThrowsAsync<SctpException>(() => sending);
        Assert.Contains(ended.Error, new[] { SctpError.OperationAborted, SctpError.AssociationClosed, SctpError.ConnectionRefused });
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await server.ReceiveAsync(pair.Guard));
        Assert.Throws<ObjectDisposedException>(() => server.Listen());
    }

    [Fact]
    public async Task Disposing_ends_a_receive_that_waits()
    {
        await using var pair = new TwoStacks();
        SctpSocket socket = pair.OpenServer();
        ValueTask<SctpReceived> waiting = socket.ReceiveAsync(pair.Guard);
        await socket.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await waiting);
    }

    [Fact]
    public async Task Binding_says_where_and_works_once()
    {
        await using var socket = new SctpSocket();
        Assert.Empty(socket.LocalEndPoints);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0), 123);
        Assert.Equal(123, socket.Port);
        Assert.NotEqual(0, Assert.Single(socket.LocalEndPoints).Port);
        Assert.Throws<InvalidOperationException>(() => socket.Bind(new IPEndPoint(IPAddress.Loopback, 0)));
        await using var second = new SctpSocket();
        SctpException error = Assert.Throws<SctpException>(() => second.Bind(socket.LocalEndPoints[0]));
        Assert.Equal(SctpError.AddressUnavailable, error.Error);
    }

    private static string Text(in SctpReceived received) => Encoding.UTF8.GetString(received.Message.ToArray());

    private static SctpAssociationChange Change(in SctpReceived received) =>
        Assert.IsType<SctpNotification.AssociationChange>(received.Notification).Change;

    private static Task RanAsync(SctpStack stack)
    {
        var ran = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        stack.Loop.Post(_ => ran.SetResult());
        return ran.Task;
    }

    private static byte[] ChunkTypes(ReadOnlySpan<byte> packet)
    {
        var types = new List<byte>();
        for (int at = CommonHeader; at < packet.Length;)
        {
            types.Add(packet[at]);
            at += (((packet[at + 2] << 8) | packet[at + 3]) + 3) & ~3;
        }

        return [.. types];
    }
}
