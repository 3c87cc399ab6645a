using System;
using System.Collections.Generic;
using System.Linq;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using Braid.Core;
using Braid.Sctp;

namespace Braid.Sockets.Tests;

public sealed class AssociationTests
{
    // The protocol's second-long timers, shortened for tests that have to wait for one.
    private static readonly SctpAssociationOptions s_impatient = SctpAssociationOptions.Default with
    {
        RtoInitial = TimeSpan.FromMilliseconds(20),
        RtoMinimum = TimeSpan.FromMilliseconds(20),
        RtoMaximum = TimeSpan.FromMilliseconds(40),
        MaximumInitRetransmissions = 2,
        MaximumRetransmissions = 3,
    };

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    public async Task A_message_goes_there_and_back_with_its_stream_ppid_and_order(string address)
    {
        await using Loopback loopback = await Loopback.ConnectedAsync(address: IPAddress.Parse(address));
        var sent = new SctpSendInfo(StreamId: 7, Ppid: 0xCAFE, Unordered: true);
        await loopback.Client.SendAsync("hello"u8.ToArray(), sent, loopback.Guard);
        using (SctpMessage message = await loopback.Server.ReceiveAsync(loopback.Guard))
        {
            Assert.Equal("hello", Encoding.UTF8.GetString(message.ToArray()));
            Assert.Equal((sent.StreamId, sent.Ppid, sent.Unordered), (message.Info.StreamId, message.Info.Ppid, message.Info.Unordered));
            await loopback.Server.SendAsync(message.ToArray(), new SctpSendInfo(3, 9), loopback.Guard);
        }

        using SctpMessage answer = await loopback.Client.ReceiveAsync(loopback.Guard);
        Assert.Equal((ushort)3, answer.Info.StreamId);
        Assert.False(answer.Info.Unordered);
        Assert.Equal((1024, 1024), loopback.Client.StreamCounts);
        Assert.Equal(AssociationState.Established, loopback.Client.State);
        Assert.Equal(address, loopback.Server.RemoteEndPoint.Address.ToString());
    }

    [Fact]
    public async Task Many_associations_share_one_socket()
    {
        await using Loopback loopback = await Loopback.ListenAsync();
        SctpAssociation[] clients = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => loopback.ConnectAsync().AsTask()));
        for (int i = 0; i < clients.Length; i++)
        {
            await clients[i].SendAsync(new[] { (byte)i }, default, loopback.Guard);
        }

        var seen = new HashSet<byte>();
        for (int i = 0; i < clients.Length; i++)
        {
            SctpAssociation server = await loopback.Listener.AcceptAssociationAsync(loopback.Guard);
            using SctpMessage message = await server.ReceiveAsync(loopback.Guard);
            seen.Add(message.ToArray()[0]);
            server.Abort();
        }

        Assert.Equal(20, seen.Count);
    }

    [Fact]
    public async Task A_receiver_that_does_not_read_stops_the_sender_and_lets_it_go_on_later()
    {
        SctpAssociationOptions small = SctpAssociationOptions.Default with { SendBufferSize = 20_000, ReceiveBufferSize = 40_000 };
        await using Loopback loopback = await Loopback.ConnectedAsync(small, small);
        const int Count = 1000;
        Task sending = Task.Run(async () =>
        {
            for (int i = 0; i < Count; i++)
            {
                await loopback.Client.SendAsync(new byte[1000], default, loopback.Guard);
            }
        });
        while ((await loopback.Client.GetStatisticsAsync()).PeerWindow > 1000)
        {
            loopback.Guard.ThrowIfCancellationRequested();
        }

        // The window is closed. Both buffers together hold a tenth of it: the sender cannot be through.
        Assert.False(sending.IsCompleted);
        for (int i = 0; i < Count; i++)
        {
            using SctpMessage message = await loopback.Server.ReceiveAsync(loopback.Guard);
            Assert.Equal(1000, message.Length);
        }

        await sending;
    }

    [Fact]
    public async Task A_message_of_many_fragments_arrives_whole()
    {
        await using Loopback loopback = await Loopback.ConnectedAsync();
        byte[] payload = Pattern(2 << 20);
        await loopback.Client.SendAsync(payload, default, loopback.Guard);
        using SctpMessage message = await loopback.Server.ReceiveAsync(loopback.Guard);
        Assert.True(payload.AsSpan().SequenceEqual(message.ToArray()));
    }

    [Fact]
    public async Task A_message_longer_than_the_receive_buffer_arrives_in_parts()
    {
        await using Loopback loopback = await Loopback.ConnectedAsync();
        byte[] payload = Pattern(12 << 20);
        Task sending = loopback.Client.SendAsync(payload, default, loopback.Guard).AsTask();
        int received = 0;
        int parts = 0;
        for (bool isEnd = false; !isEnd; parts++)
        {
            using SctpMessage message = await loopback.Server.ReceiveAsync(loopback.Guard);
            Assert.True(payload.AsSpan(received, message.Length).SequenceEqual(message.ToArray()));
            received += message.Length;
            isEnd = message.Info.EndOfRecord;
        }

        Assert.Equal(payload.Length, received);
        Assert.True(parts > 2);
        await sending;
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_shutdown_with_data_in_flight_loses_nothing(bool clientShutsDown)
    {
        await using Loopback loopback = await Loopback.ConnectedAsync();
        byte[] payload = Pattern(2000);
        for (int i = 0; i < 500; i++)
        {
            await loopback.Client.SendAsync(payload, new SctpSendInfo((ushort)(i % 5)), loopback.Guard);
        }

        SctpAssociation closer = clientShutsDown ? loopback.Client : loopback.Server;
        Task shutdown = closer.ShutdownAsync(loopback.Guard).AsTask();
        int count = 0;
        await foreach (SctpMessage message in loopback.Server.ReadAllAsync(loopback.Guard))
        {
            using (message)
            {
                Assert.Equal(2000, message.Length);
                count++;
            }
        }

        await shutdown;
        await loopback.Client.Closed.WaitAsync(loopback.Guard);
        await loopback.Server.Closed.WaitAsync(loopback.Guard);
        Assert.Equal(500, count);
        SctpException read = await Assert.ThrowsAsync<SctpException>(async () => await loopback.Server.ReceiveAsync(loopback.Guard));
        Assert.Equal(SctpError.AssociationClosed, read.Error);
        await Assert.ThrowsAsync<SctpException>(async () => await loopback.Client.SendAsync(payload, default, loopback.Guard));
    }

    [Fact]
    public async Task An_abort_reaches_the_peer_with_its_reason()
    {
        await using Loopback loopback = await Loopback.ConnectedAsync();
        ValueTask<SctpMessage> pending = loopback.Server.ReceiveAsync(loopback.Guard);
        loopback.Client.Abort("bye\u0007");
        SctpException error = await Assert.ThrowsAsync<SctpException>(async () => await pending);
        Assert.Equal(SctpError.PeerAborted, error.Error);
        Assert.Equal("bye\u0007", error.PeerReason);
        Assert.EndsWith("aborted the association: user-initiated abort: bye?.", error.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<SctpException>(() => loopback.Server.Closed);
        SctpException own = await Assert.ThrowsAsync<SctpException>(() => loopback.Client.Closed);
        Assert.Equal(SctpError.OperationAborted, own.Error);
    }

    [Fact]
    public async Task Nobody_there_is_a_timeout_that_says_how_often_was_tried()
    {
        using var silent = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        silent.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        SctpException error = await Assert.ThrowsAsync<SctpException>(async () =>
            await SctpAssociation.ConnectAsync(Loopback.OptionsFor((IPEndPoint)silent.LocalEndPoint!, s_impatient)));
        Assert.Equal(SctpError.ConnectTimeout, error.Error);
        Assert.Contains("did not answer 3 attempts to connect", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_SCTP_port_is_refused()
    {
        await using Loopback loopback = await Loopback.ListenAsync();
        SctpConnectOptions options = Loopback.OptionsFor(loopback.Listener.LocalEndPoints[0]) with { RemotePort = 77 };
        SctpException error = await Assert.ThrowsAsync<SctpException>(async () => await SctpAssociation.ConnectAsync(options, loopback.Guard));
        Assert.Equal(SctpError.ConnectionRefused, error.Error);
    }

    [Fact]
    public async Task A_peer_that_vanishes_is_noticed()
    {
        await using Loopback loopback = await Loopback.ListenAsync();
        using var relay = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        relay.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        Task<SctpAssociation> connect = SctpAssociation.ConnectAsync(Loopback.OptionsFor((IPEndPoint)relay.LocalEndPoint!, s_impatient), loopback.Guard).AsTask();
        var buffer = new byte[2048];
        EndPoint client = new IPEndPoint(IPAddress.Any, 0);
        while (!connect.IsCompleted)
        {
            // Carries packets both ways until the association is up, and then no more.
            SocketReceiveFromResult got = await relay.ReceiveFromAsync(buffer, client, loopback.Guard);
            bool fromServer = got.RemoteEndPoint.Equals(loopback.Listener.LocalEndPoints[0]);
            client = fromServer ? client : got.RemoteEndPoint;
            await relay.SendToAsync(buffer.AsMemory(0, got.ReceivedBytes), fromServer ? client : loopback.Listener.LocalEndPoints[0], loopback.Guard);
            if (fromServer && buffer[12] == 11)
            {
                break;                                       // COOKIE ACK
            }
        }

        SctpAssociation association = await connect;
        await association.SendAsync(new byte[100], default, loopback.Guard);
        SctpException error = await Assert.ThrowsAsync<SctpException>(() => association.Closed.WaitAsync(loopback.Guard));
        Assert.Equal(SctpError.PeerUnreachable, error.Error);
        Assert.Contains("no longer answers, after 4 attempts", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Cancelling_ends_the_waiting_and_not_the_association()
    {
        await using Loopback loopback = await Loopback.ConnectedAsync();
        using var cancelled = new CancellationTokenSource();
        ValueTask<SctpMessage> receive = loopback.Server.ReceiveAsync(cancelled.Token);
        ValueTask<SctpAssociation> accept = loopback.Listener.AcceptAssociationAsync(cancelled.Token);
        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await receive);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await accept);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await loopback.Client.SendAsync(new byte[1], default, cancelled.Token));

        await loopback.Client.SendAsync("still here"u8.ToArray(), default, loopback.Guard);
        using SctpMessage message = await loopback.Server.ReceiveAsync(loopback.Guard);
        Assert.Equal(10, message.Length);
    }

    [Fact]
    public async Task Cancelling_a_connect_gives_it_up()
    {
        using var silent = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        silent.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        using var cancelled = new CancellationTokenSource();
        ValueTask<SctpAssociation> connect = SctpAssociation.ConnectAsync(Loopback.OptionsFor((IPEndPoint)silent.LocalEndPoint!), cancelled.Token);
        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await connect);
    }

    [Fact]
    public async Task What_cannot_be_sent_says_why()
    {
        await using Loopback loopback = await Loopback.ConnectedAsync(SctpAssociationOptions.Default with { MaximumMessageSize = 10, OutgoingStreams = 4 });
        Assert.Equal(SctpError.InvalidMessageLength, Assert.Throws<SctpException>(() => loopback.Client.TrySend(new byte[11])).Error);
        Assert.Equal(SctpError.InvalidMessageLength, Assert.Throws<SctpException>(() => loopback.Client.TrySend([])).Error);
        Assert.Throws<ArgumentOutOfRangeException>(() => loopback.Client.TrySend([1], new SctpSendInfo(4)));
        Assert.True(loopback.Client.TrySend([1], new SctpSendInfo(3)));
    }

    [Fact]
    public async Task An_address_in_use_is_a_clear_error()
    {
        await using Loopback loopback = await Loopback.ListenAsync();
        SctpException error = await Assert.ThrowsAsync<SctpException>(async () => await SctpListener.ListenAsync(
            new SctpListenerOptions { ListenEndPoints = loopback.Listener.LocalEndPoints, Port = 1 }));
        Assert.Equal(SctpError.AddressUnavailable, error.Error);
        Assert.Contains("it is in use", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_backlog_is_bounded_and_who_is_beyond_it_comes_when_there_is_room()
    {
        await using Loopback loopback = await Loopback.ListenAsync(backlog: 1);
        SctpAssociation first = await loopback.ConnectAsync();
        SctpAssociation second = SctpAssociation.Begin(Loopback.OptionsFor(
            loopback.Listener.LocalEndPoints[0], SctpAssociationOptions.Default with { RtoInitial = TimeSpan.FromMilliseconds(10), RtoMinimum = TimeSpan.FromMilliseconds(10) }));
        while (loopback.Listener.Loop.Endpoint.Drops[Sctp.DropReason.BacklogFull] == 0)
        {
            Assert.False(second.Established.IsCompleted);
            await Task.Yield();
        }

        SctpAssociation accepted = await loopback.Listener.AcceptAssociationAsync(loopback.Guard);
        Assert.Equal(first.LocalPort, accepted.RemotePort);
        await second.Established.WaitAsync(loopback.Guard);
        Assert.Equal(AssociationState.Established, first.State);
        first.Abort();
        second.Abort();
    }

    [Fact]
    public async Task Disposing_the_listener_aborts_what_nobody_accepted_and_keeps_the_rest()
    {
        await using Loopback loopback = await Loopback.ConnectedAsync();
        SctpAssociation waiting = await loopback.ConnectAsync();
        await loopback.Listener.DisposeAsync();
        await Assert.ThrowsAsync<SctpException>(() => waiting.Closed.WaitAsync(loopback.Guard));
        await loopback.Client.SendAsync(new byte[5], default, loopback.Guard);
        using SctpMessage message = await loopback.Server.ReceiveAsync(loopback.Guard);
        Assert.Equal(5, message.Length);
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await loopback.Listener.AcceptAssociationAsync(loopback.Guard));
    }

    [Fact]
    public async Task Disposing_closes_gracefully_and_twice_does_no_harm()
    {
        await using Loopback loopback = await Loopback.ConnectedAsync();
        await loopback.Client.SendAsync(Pattern(10_000), default, loopback.Guard);
        await loopback.Client.DisposeAsync();
        await loopback.Client.DisposeAsync();
        using SctpMessage message = await loopback.Server.ReceiveAsync(loopback.Guard);
        Assert.Equal(10_000, message.Length);
        await loopback.Server.Closed.WaitAsync(loopback.Guard);
        message.Dispose();
        message.Dispose();
    }

    private static byte[] Pattern(int length)
    {
        var bytes = new byte[length];
        new SeededRandom((ulong)length).Fill(bytes);
        return bytes;
    }
}
