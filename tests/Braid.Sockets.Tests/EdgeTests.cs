using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Linq;
using System.Net;
using System.Threading;
using System.Threading.Tasks;
using Microsoft.Extensions.Logging;

namespace Braid.Sockets.Tests;

/// <summary>The first and the last moments of an association, and faults.</summary>
public sealed class EdgeTests
{
    [Fact]
    public async Task An_association_can_send_from_the_moment_it_is_accepted()
    {
        const int Rounds = 30;
        const int Together = 32;
        await using Loopback loopback = await Loopback.ListenAsync();
        Task accepting = Task.Run(async () =>
        {
            for (int i = 0; i < Rounds * Together; i++)
            {
                SctpAssociation server = await loopback.Listener.AcceptAssociationAsync(loopback.Guard);
                Assert.True(server.TrySend([1]));
            }
        });
        for (int i = 0; i < Rounds; i++)
        {
            SctpAssociation[] clients = await Task.WhenAll(Enumerable.Range(0, Together).Select(_ => loopback.ConnectAsync().AsTask()));
            foreach (SctpAssociation client in clients)
            {
                using SctpMessage message = await client.ReceiveAsync(loopback.Guard);
                client.Abort();
            }
        }

        await accepting;
    }

    [Fact]
    public async Task A_connect_cancelled_at_the_very_moment_it_succeeds_is_cancelled()
    {
        await using Loopback loopback = await Loopback.ListenAsync();
        using var cancelled = new CancellationTokenSource();
        using var logs = new CancelsWhenEstablished(cancelled);
        SctpConnectOptions options = Loopback.OptionsFor(loopback.Listener.LocalEndPoints[0]) with { LoggerFactory = logs };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await SctpAssociation.ConnectAsync(options, cancelled.Token));
        SctpAssociation server = await loopback.Listener.AcceptAssociationAsync(loopback.Guard);
        SctpException end = await Assert.ThrowsAsync<SctpException>(() => server.Closed.WaitAsync(loopback.Guard));
        Assert.Equal(SctpError.PeerAborted, end.Error);
    }

    [Fact]
    public async Task A_fault_of_ours_ends_the_association_on_both_sides_and_the_listener_goes_on()
    {
        await using Loopback loopback = await Loopback.ListenAsync();
        for (int i = 0; i < 3; i++)
        {
            SctpAssociation client = await loopback.ConnectAsync();
            SctpAssociation server = await loopback.Listener.AcceptAssociationAsync(loopback.Guard);
            loopback.Listener.Loop.Post(_ => throw new InvalidOperationException("injected"));
            SctpException own = await Assert.ThrowsAsync<SctpException>(() => server.Closed.WaitAsync(loopback.Guard));
            Assert.Equal(SctpError.InternalError, own.Error);
            Assert.IsType<InvalidOperationException>(own.InnerException);
            SctpException peers = await Assert.ThrowsAsync<SctpException>(() => client.Closed.WaitAsync(loopback.Guard));
            Assert.Equal("internal error", peers.PeerReason);
        }
    }

    [Theory]
    [InlineData("127.0.0.1", "::1")]
    [InlineData("::1", "127.0.0.1")]
    public async Task A_local_address_of_another_family_is_an_argument_that_cannot_be(string local, string remote)
    {
        var options = new SctpConnectOptions
        {
            RemoteEndPoints = [new IPEndPoint(IPAddress.Parse(remote), SctpDefaults.UdpPort)],
            LocalEndPoints = [new IPEndPoint(IPAddress.Parse(local), 0)],
            RemotePort = 1,
        };
        await Assert.ThrowsAsync<ArgumentException>(async () => await SctpAssociation.ConnectAsync(options));
    }

    [Fact]
    public async Task A_peer_that_the_transport_cannot_send_to_is_refused_and_harms_nobody_else_on_the_stack()
    {
        await using Loopback loopback = await Loopback.ListenAsync();
        await using SctpStack stack = SctpStack.OpenUdp(new IPEndPoint(IPAddress.Loopback, 0));
        SctpAssociation good = await SctpAssociation.ConnectAsync(
            Loopback.OptionsFor(loopback.Listener.LocalEndPoints[0]) with { Stack = stack }, loopback.Guard);
        var elsewhere = new IPEndPoint(IPAddress.IPv6Loopback, SctpDefaults.UdpPort);
        await using var socket = new SctpSocket(new SctpSocketOptions { Stack = stack });
        await Assert.ThrowsAsync<ArgumentException>(async () => await SctpAssociation.ConnectAsync(
            Loopback.OptionsFor(elsewhere) with { Stack = stack }, loopback.Guard));
        await Assert.ThrowsAsync<ArgumentException>(async () => await socket.SendToAsync(new byte[1], elsewhere, Loopback.Port, null, loopback.Guard));
        Assert.Empty(socket.Associations);
        await good.SendAsync(new byte[1], loopback.Guard);
        await good.ShutdownAsync(loopback.Guard);
    }

    [Fact]
    public async Task An_end_point_without_a_UDP_port_is_refused_and_not_waited_for()
    {
        var nowhere = new IPEndPoint(IPAddress.Loopback, 0);
        await using var socket = new SctpSocket(new SctpSocketOptions { LocalEndPoints = [nowhere] });
        await Assert.ThrowsAsync<ArgumentException>(async () => await SctpAssociation.ConnectAsync(Loopback.OptionsFor(nowhere)));
        await Assert.ThrowsAsync<ArgumentException>(async () => await socket.ConnectAsync([nowhere], Loopback.Port));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Each_call_gets_an_exception_of_its_own_and_the_stack_trace_of_no_other(bool sends)
    {
        await using MemoryPair pair = await MemoryPair.ConnectedAsync();
        pair.Client.Abort("enough");
        await Assert.ThrowsAsync<SctpException>(() => pair.Server.Closed);
        SctpException first = await CallAsync();
        int length = first.StackTrace!.Length;
        SctpException last = first;
        for (int i = 0; i < 20; i++)
        {
            last = await CallAsync();
        }

        Assert.Equal(length, last.StackTrace!.Length);
        Assert.Equal((SctpError.PeerAborted, "enough", first.CauseCode, first.Message), (last.Error, last.PeerReason, last.CauseCode, last.Message));

        async Task<SctpException> CallAsync() => await Assert.ThrowsAsync<SctpException>(
            async () => await (sends ? pair.Server.SendAsync(new byte[1]) : Discard(pair.Server.ReceiveAsync(pair.Guard))));

        static async ValueTask Discard(ValueTask<SctpMessage> receive) => (await receive).Dispose();
    }

    [Fact]
    public async Task A_reason_that_is_too_long_is_cut_between_two_characters()
    {
        await using MemoryPair pair = await MemoryPair.ConnectedAsync();
        pair.Client.Abort("x" + new string('é', 400));
        SctpException exception = await Assert.ThrowsAsync<SctpException>(() => pair.Server.Closed);
        Assert.Equal("x" + new string('é', 255), exception.PeerReason);
    }

    [Fact]
    public void A_close_timeout_that_no_timer_can_wait_for_is_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(new SctpAssociationOptions { CloseTimeout = TimeSpan.FromSeconds(-5) }.Validate);
        Assert.Throws<ArgumentOutOfRangeException>(new SctpAssociationOptions { CloseTimeout = TimeSpan.MaxValue }.Validate);
    }

    [Fact]
    public void Nothing_waits_for_the_thread_of_a_synchronization_context()
    {
        var context = new OneThread();
        context.Run(async () =>
        {
            await using Loopback loopback = await Loopback.ConnectedAsync();

            // Blocks the only thread that the context has.
            loopback.Client.SendAsync(new byte[5], default, loopback.Guard).AsTask().GetAwaiter().GetResult();
            using SctpMessage message = loopback.Server.ReceiveAsync(loopback.Guard).AsTask().GetAwaiter().GetResult();
            loopback.Client.ShutdownAsync(loopback.Guard).AsTask().GetAwaiter().GetResult();
            loopback.Server.DisposeAsync().AsTask().GetAwaiter().GetResult();
            Assert.Equal(5, message.Length);
        });
    }

    private sealed class CancelsWhenEstablished(CancellationTokenSource source) : ILoggerFactory, ILogger
    {
        private const int Established = 2;

        public ILogger CreateLogger(string categoryName) => this;

        public void AddProvider(ILoggerProvider provider)
        {
        }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (eventId.Id == Established)
            {
                source.Cancel();
            }
        }

        public void Dispose()
        {
        }
    }

    private sealed class OneThread : SynchronizationContext
    {
        private readonly BlockingCollection<KeyValuePair<SendOrPostCallback, object?>> _work = [];

        public override void Post(SendOrPostCallback d, object? state) => _work.Add(new(d, state));

        public void Run(Func<Task> main)
        {
            SynchronizationContext? before = Current;
            SetSynchronizationContext(this);
            try
            {
                Task task = main();
                task.ContinueWith(_ => _work.CompleteAdding(), TaskScheduler.Default);
                foreach ((SendOrPostCallback callback, object? state) in _work.GetConsumingEnumerable())
                {
                    callback(state);
                }

                task.GetAwaiter().GetResult();
            }
            finally
            {
                SetSynchronizationContext(before);
            }
        }
    }
}
