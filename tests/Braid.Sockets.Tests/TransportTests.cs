using System;
using System.Collections.Concurrent;
using System.Diagnostics;
using System.IO;
using System.Net;
using System.Net.Sockets;
using System.Threading;
using System.Threading.Channels;
using System.Threading.Tasks;

namespace Braid.Sockets.Tests;

/// <summary>Transports of the user's: one that works, and all the ways in which one does not.</summary>
public sealed class TransportTests
{
    private static readonly SctpAssociationOptions s_impatient = SctpAssociationOptions.Default with
    {
        RtoInitial = TimeSpan.FromMilliseconds(20),
        RtoMinimum = TimeSpan.FromMilliseconds(20),
        RtoMaximum = TimeSpan.FromMilliseconds(40),
        MaximumRetransmissions = 50,
        MaximumInitRetransmissions = 50,
    };

    [Theory]
    [InlineData(1200)]
    [InlineData(512)]
    [InlineData(100_000)]
    public async Task Two_peers_meet_over_a_transport_without_a_listener(int packetSize)
    {
        using var guard = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        (PipeTransport left, PipeTransport right) = PipeTransport.Pair(packetSize);
        (SctpAssociation client, SctpAssociation server) = await MeetAsync(left, right, guard.Token);
        byte[] payload = MemoryPair.Pattern(300_000);
        await client.SendAsync(payload, new SctpSendInfo(2), guard.Token);
        await server.SendAsync(payload, new SctpSendInfo(3), guard.Token);
        using (SctpMessage message = await server.ReceiveAsync(guard.Token))
        {
            Assert.True(payload.AsSpan().SequenceEqual(message.ToArray()));
        }

        using (SctpMessage message = await client.ReceiveAsync(guard.Token))
        {
            Assert.Equal(3, message.Info.StreamId);
        }

        await client.DisposeAsync();
        await server.Closed.WaitAsync(guard.Token);
        await left.Disposed.WaitAsync(guard.Token);
        await right.Disposed.WaitAsync(guard.Token);
    }

    [Theory, Rfc(8899, "3")]
    [InlineData("127.0.0.1", 0, 10)]
    [InlineData("::1", 41, 23)]
    public void A_UDP_socket_has_its_packets_lost_rather_than_fragmented_but_for_those_that_may_be(string address, int level, int name)
    {
        if (!OperatingSystem.IsLinux())
        {
            return;                                          // the option has another name on each system
        }

        using var transport = UdpTransport.Open(new IPEndPoint(IPAddress.Parse(address), 0));
        Assert.Equal(3, Discovery());                        // IP_PMTUDISC_PROBE
        new DontFragment(transport.Socket!).Set(false);
        Assert.Equal(0, Discovery());                        // IP_PMTUDISC_DONT

        int Discovery()
        {
            byte[] value = new byte[4];
            transport.Socket!.GetRawSocketOption(level, name, value);
            return BitConverter.ToInt32(value);
        }
    }

    [Fact]
    public async Task A_listener_lives_on_a_transport_too_and_its_callback_need_not_know_the_size_of_its_packets()
    {
        using var guard = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        (PipeTransport left, PipeTransport right) = PipeTransport.Pair(600);
        await using SctpStack stack = SctpStack.Open(right);
        Assert.True(stack.IsPointToPoint);
        await using SctpListener listener = SctpListener.Listen(new SctpListenerOptions
        {
            Stack = stack,
            Port = 5,
            OptionsCallback = (_, _) => new ValueTask<SctpAssociationOptions?>(SctpAssociationOptions.Default),
        });
        SctpAssociation client = await SctpAssociation.ConnectAsync(left, new SctpConnectOptions { RemotePort = 5 }, guard.Token);
        SctpAssociation server = await listener.AcceptAssociationAsync(guard.Token);
        await server.SendAsync(new byte[5000], default, guard.Token);
        using SctpMessage message = await client.ReceiveAsync(guard.Token);
        Assert.Equal(5000, message.Length);
    }

    [Fact]
    public async Task What_a_transport_loses_and_throws_away_is_sent_again()
    {
        using var guard = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        (PipeTransport left, PipeTransport right) = PipeTransport.Pair();
        int sent = 0;
        left.OnSend = () => Interlocked.Increment(ref sent) % 10 == 0 ? throw new IOException("not now") : true;
        right.OnSend = () => Interlocked.Increment(ref sent) % 7 != 0;
        (SctpAssociation client, SctpAssociation server) = await MeetAsync(left, right, guard.Token);
        for (int i = 1; i <= 200; i++)
        {
            await client.SendAsync(new byte[i], default, guard.Token);
        }

        for (int i = 1; i <= 200; i++)
        {
            using SctpMessage message = await server.ReceiveAsync(guard.Token);
            Assert.Equal(i, message.Length);
        }

        client.Abort();
        server.Abort();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_transport_that_ends_or_fails_ends_the_association(bool fails)
    {
        using var guard = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        (PipeTransport left, PipeTransport right) = PipeTransport.Pair();
        (SctpAssociation client, SctpAssociation server) = await MeetAsync(left, right, guard.Token);
        Task<SctpMessage> receiving = client.ReceiveAsync(guard.Token).AsTask();
        var cause = new IOException("the cable");
        left.End(fails ? cause : null);
        SctpException end = await PairAssert.EndsAsync(SctpError.TransportClosed, () => receiving);
        Assert.Equal(fails ? cause : null, end.InnerException);
        await PairAssert.EndsAsync(SctpError.TransportClosed, () => client.Closed);
        await PairAssert.EndsAsync(SctpError.PeerAborted, () => server.Closed.WaitAsync(guard.Token));
        await left.Disposed.WaitAsync(guard.Token);
    }

    [Fact]
    public async Task A_transport_that_ends_before_anybody_came_ends_the_calls_that_wait()
    {
        using var guard = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var options = new SctpConnectOptions { RemotePort = 1, LocalPort = 1 };
        (PipeTransport left, _) = PipeTransport.Pair();
        (PipeTransport right, _) = PipeTransport.Pair();     // not the other end: it might answer in time
        Task<SctpAssociation> accepting = SctpAssociation.AcceptAsync(left, options, guard.Token).AsTask();
        Task<SctpAssociation> connecting = SctpAssociation.ConnectAsync(right, options, guard.Token).AsTask();
        left.End();
        right.End();
        await PairAssert.EndsAsync(SctpError.TransportClosed, () => accepting);
        await PairAssert.EndsAsync(SctpError.TransportClosed, () => connecting);

        (left, _) = PipeTransport.Pair();
        await using SctpStack stack = SctpStack.Open(left);
        await using SctpListener listener = SctpListener.Listen(new SctpListenerOptions { Stack = stack, Port = 1 });
        left.End();
        await PairAssert.EndsAsync(SctpError.TransportClosed, async () => await listener.AcceptAssociationAsync(guard.Token));
        await PairAssert.EndsAsync(
            SctpError.TransportClosed, async () => await SctpAssociation.ConnectAsync(new SctpConnectOptions { Stack = stack, RemotePort = 1 }, guard.Token));
    }

    [Fact]
    public async Task A_transport_that_hangs_keeps_nobody_from_giving_up()
    {
        using var guard = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        (PipeTransport left, PipeTransport right) = PipeTransport.Pair();
        (SctpAssociation client, SctpAssociation server) = await MeetAsync(left, right, guard.Token);
        left.Hangs = true;
        while (client.TrySend(new byte[10_000]))
        {
        }

        Task waiting = client.SendAsync(new byte[1], default, guard.Token).AsTask();
        client.Abort();
        await PairAssert.EndsAsync(SctpError.OperationAborted, () => waiting);
        await PairAssert.EndsAsync(SctpError.OperationAborted, () => client.Closed);
        Assert.Equal(0, client.BufferedAmount);
        await left.Disposed.WaitAsync(guard.Token);          // the call that hangs was cancelled
        server.Abort();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_disposed_stack_has_disposed_its_transport_whatever_that_does_meanwhile(bool throws)
    {
        (PipeTransport left, _) = PipeTransport.Pair();
        left.OnReceive = token => token.Register(() =>
        {
            if (throws)
            {
                throw new InvalidOperationException("a mistake of the user's");
            }
        });
        await SctpStack.Open(left).DisposeAsync();
        Assert.True(left.Disposed.IsCompleted);
    }

    [Fact]
    public void A_datagram_of_no_bytes_keeps_no_other_from_being_received()
    {
        using var transport = UdpTransport.Open(new IPEndPoint(IPAddress.Loopback, 0));
        using var stranger = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        stranger.SendTo([], transport.LocalEndPoints[0]);
        stranger.SendTo(new byte[5], transport.LocalEndPoints[0]);
        DatagramBatch? batch = transport.TryReceive();
        Assert.NotNull(batch);
        Assert.Equal((2, 5), (batch.Count, batch[1].Length));
        DatagramBatch.Return(batch);
        Assert.Null(transport.TryReceive());
    }

    [Fact]
    public async Task A_transport_that_ends_is_no_disposed_socket_to_who_receives_on_one()
    {
        (PipeTransport left, _) = PipeTransport.Pair();
        await using SctpStack stack = SctpStack.Open(left);
        await using var socket = new SctpSocket(new SctpSocketOptions { Stack = stack });
        Task<SctpReceived> receiving = socket.ReceiveAsync().AsTask();
        left.End();
        await PairAssert.EndsAsync(SctpError.TransportClosed, () => receiving);
        await PairAssert.EndsAsync(SctpError.TransportClosed, () => socket.ReceiveAsync().AsTask());
    }

    [Fact]
    public async Task Who_waits_for_a_peer_does_not_connect_and_is_no_span()
    {
        var spans = new ConcurrentBag<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = static source => source.Name == "Braid.Sockets",
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = spans.Add,
        };
        ActivitySource.AddActivityListener(listener);
        using var guard = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        (PipeTransport left, PipeTransport right) = PipeTransport.Pair();
        Task<SctpAssociation> accepting = SctpAssociation.AcceptAsync(
            right, new SctpConnectOptions { RemotePort = 8123, LocalPort = 8124, Association = s_impatient }, guard.Token).AsTask();
        SctpAssociation client = await SctpAssociation.ConnectAsync(
            left, new SctpConnectOptions { RemotePort = 8124, LocalPort = 8123, Association = s_impatient }, guard.Token);
        await accepting;
        client.Abort();
        Assert.Equal(8124, Assert.Single(spans, span => span.GetTagItem("sctp.port") is 8123 or 8124).GetTagItem("sctp.port"));
    }

    [Fact]
    public async Task Waiting_for_a_peer_can_be_cancelled_and_the_transport_is_disposed_then()
    {
        using var guard = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        using var cancelled = new CancellationTokenSource();
        (PipeTransport left, _) = PipeTransport.Pair();
        Task<SctpAssociation> accepting = SctpAssociation.AcceptAsync(left, new SctpConnectOptions { RemotePort = 1, LocalPort = 1 }, cancelled.Token).AsTask();
        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => accepting);
        await left.Disposed.WaitAsync(guard.Token);
        (PipeTransport right, PipeTransport other) = PipeTransport.Pair();
        var options = new SctpConnectOptions { RemotePort = 1, LocalPort = 1 };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await SctpAssociation.AcceptAsync(right, options, cancelled.Token));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await SctpAssociation.ConnectAsync(other, options, cancelled.Token));
        await Task.WhenAll(right.Disposed, other.Disposed).WaitAsync(guard.Token);
    }

    [Fact]
    public async Task What_cannot_be_over_a_transport_is_an_argument_that_cannot_be()
    {
        var options = new SctpConnectOptions { RemotePort = 1 };
        (PipeTransport tiny, _) = PipeTransport.Pair(511);
        (PipeTransport good, _) = PipeTransport.Pair();
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await SctpAssociation.ConnectAsync(tiny, options));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await SctpAssociation.AcceptAsync(good, options));
        await Assert.ThrowsAsync<ArgumentException>(async () => await SctpAssociation.ConnectAsync(
            good, options with { RemoteEndPoints = [new IPEndPoint(IPAddress.Loopback, 1)] }));
    }

    private static async Task<(SctpAssociation Client, SctpAssociation Server)> MeetAsync(
        PipeTransport left, PipeTransport right, CancellationToken guard)
    {
        Task<SctpAssociation> accepting = SctpAssociation.AcceptAsync(
            right, new SctpConnectOptions { RemotePort = 8, LocalPort = 9, Association = s_impatient }, guard).AsTask();
        SctpAssociation client = await SctpAssociation.ConnectAsync(
            left, new SctpConnectOptions { RemotePort = 9, LocalPort = 8, Association = s_impatient }, guard);
        return (client, await accepting);
    }

    private sealed class PipeTransport : ISctpDatagramTransport
    {
        private readonly Channel<byte[]> _arriving = Channel.CreateUnbounded<byte[]>();
        private readonly TaskCompletionSource _disposed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private PipeTransport? _peer;

        public required int MaximumPacketSize { get; init; }

        /// <summary>Whether a packet gets through.</summary>
        public Func<bool> OnSend { get; set; } = () => true;

        public bool Hangs { get; set; }

        /// <summary>What its owner does with the token that it gets.</summary>
        public Action<CancellationToken> OnReceive { get; set; } = static _ => { };

        public Task Disposed => _disposed.Task;

        public static (PipeTransport Left, PipeTransport Right) Pair(int packetSize = 1200)
        {
            var left = new PipeTransport { MaximumPacketSize = packetSize };
            var right = new PipeTransport { MaximumPacketSize = packetSize };
            (left._peer, right._peer) = (right, left);
            return (left, right);
        }

        public void End(Exception? cause = null) => _arriving.Writer.TryComplete(cause);

        public async ValueTask<int> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken)
        {
            OnReceive(cancellationToken);
            if (!await _arriving.Reader.WaitToReadAsync(cancellationToken) || !_arriving.Reader.TryRead(out byte[]? packet))
            {
                return 0;
            }

            packet.CopyTo(buffer);
            return packet.Length;
        }

        public async ValueTask SendAsync(ReadOnlyMemory<byte> packet, CancellationToken cancellationToken)
        {
            if (Hangs)
            {
                await Task.Delay(Timeout.Infinite, cancellationToken);
            }

            Assert.InRange(packet.Length, 1, Math.Min(MaximumPacketSize, ushort.MaxValue));
            if (OnSend())
            {
                _peer!._arriving.Writer.TryWrite(packet.ToArray());
            }
        }

        public ValueTask DisposeAsync()
        {
            _disposed.TrySetResult();
            return default;
        }
    }
}
