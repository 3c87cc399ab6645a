using System;
using System.Net;
using System.Threading;
using System.Threading.Tasks;

namespace Braid.Sockets.Tests;

/// <summary>What is disposed lets go of everything at once: its calls, its ports, its buffers.</summary>
public sealed class DisposalTests : IDisposable
{
    private const ushort Port = 5001;

    private readonly CancellationTokenSource _guard = new(TimeSpan.FromSeconds(60));
    private readonly SctpMemoryNetwork _network = new();

    public void Dispose() => _guard.Dispose();

    [Fact]
    public async Task A_disposed_stack_ends_the_calls_of_its_listeners_and_sockets()
    {
        SctpStack stack = Open(1);
        SctpListener listener = Listen(stack);
        var socket = new SctpSocket(new SctpSocketOptions { Stack = stack });
        Task accepting = listener.AcceptAssociationAsync(_guard.Token).AsTask();
        Task receiving = socket.ReceiveAsync(_guard.Token).AsTask();
        await stack.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => accepting.WaitAsync(_guard.Token));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => receiving.WaitAsync(_guard.Token));
        await listener.DisposeAsync();
        await socket.DisposeAsync();
    }

    [Fact]
    public async Task Nothing_begins_on_a_disposed_stack()
    {
        SctpStack stack = Open(1);
        await stack.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await ConnectAsync(stack));
        Assert.Throws<ObjectDisposedException>(() => SctpAssociation.Connect(OptionsFor(stack)));
        Assert.Throws<ObjectDisposedException>(() => Listen(stack));
        await using var socket = new SctpSocket(new SctpSocketOptions { Stack = stack });
        Assert.Throws<ObjectDisposedException>(socket.Listen);
    }

    [Fact]
    public async Task A_stack_that_somebody_has_blocked_on_still_answers_after_it_was_disposed()
    {
        SctpStack stack = Open(1);
        await using SctpStack peer = Open(2);
        SctpListener listener = Listen(stack);
        SctpAssociation client = SctpAssociation.Connect(OptionsFor(peer));
        SctpAssociation server = listener.Accept();
        await stack.DisposeAsync();
        for (int i = 0; i < 10; i++)
        {
            await server.GetStatisticsAsync().AsTask().WaitAsync(_guard.Token);
        }

        server.Dispose();
        listener.Dispose();
        client.Dispose();
    }

    [Fact]
    public async Task A_port_can_be_used_again_as_soon_as_its_owner_was_disposed()
    {
        IPEndPoint at = OwnAddress.Next();
        await using SctpStack stack = Open(1);
        for (int i = 0; i < 50; i++)
        {
            SctpListener listener = SctpListener.Listen(new SctpListenerOptions { ListenEndPoints = [at], Port = Port });
            if (i % 2 == 0)
            {
                await listener.DisposeAsync();
            }
            else
            {
                listener.Dispose();
            }

            var socket = new SctpSocket(new SctpSocketOptions { Stack = stack, Port = Port });
            socket.Listen();
            socket.SetOption(SctpOptions.Linger, TimeSpan.Zero);
            await socket.DisposeAsync();
        }
    }

    [Fact]
    public async Task What_is_read_after_the_end_returns_its_memory()
    {
        await using SctpStack stack = Open(1);
        await using SctpStack peer = Open(2);
        await using SctpListener listener = Listen(stack);
        SctpAssociation client = await ConnectAsync(peer);
        SctpAssociation server = await listener.AcceptAssociationAsync(_guard.Token);
        for (int i = 0; i < 10; i++)
        {
            await client.SendAsync(new byte[100], _guard.Token);
        }

        Task shutdown = client.ShutdownAsync(_guard.Token).AsTask();
        await server.Closed.WaitAsync(_guard.Token);
        await shutdown;
        for (int i = 0; i < 10; i++)
        {
            (await server.ReceiveAsync(_guard.Token)).Dispose();
        }

        await AllReturnedAsync(stack);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_has_come_for_an_association_that_nobody_accepts_returns_its_memory(bool isRefused)
    {
        await using SctpStack stack = Open(1);
        await using SctpStack peer = Open(2);
        var decision = new TaskCompletionSource<SctpAssociationOptions?>();
        SctpListener listener = SctpListener.Listen(new SctpListenerOptions
        {
            Stack = stack,
            Port = Port,
            OptionsCallback = isRefused ? (_, _) => new(decision.Task) : null,
        });
        SctpAssociation client = await ConnectAsync(peer);
        for (int i = 0; i < 10; i++)
        {
            await client.SendAsync(new byte[100], _guard.Token);
        }

        while (client.BufferedAmount > 0)
        {
            await client.GetStatisticsAsync();
            _guard.Token.ThrowIfCancellationRequested();
        }

        decision.SetResult(null);
        await listener.DisposeAsync();
        await Assert.ThrowsAsync<SctpException>(() => client.Closed.WaitAsync(_guard.Token));
        await AllReturnedAsync(stack);
    }

    [Fact]
    public async Task What_comes_along_with_a_restart_that_nobody_expects_returns_its_memory()
    {
        await using SctpStack stack = Open(1);
        SctpListener listener = Listen(stack);
        SctpStack peer = Open(2);
        SctpAssociation client = await SctpAssociation.ConnectAsync(OptionsFor(peer) with { LocalPort = 4000 }, _guard.Token);
        SctpAssociation server = await listener.AcceptAssociationAsync(_guard.Token);
        await listener.DisposeAsync();
        await client.VanishAsync();
        await using SctpStack reborn = Open(2);
        await using var again = new SctpSocket(new SctpSocketOptions { Stack = reborn, Port = 4000 });
        await again.SendToAsync(new byte[100], new IPEndPoint(IPAddress.Loopback, 1), Port, cancellationToken: _guard.Token);
        SctpException ended = await Assert.ThrowsAsync<SctpException>(() => server.Closed.WaitAsync(_guard.Token));
        Assert.Equal(SctpError.PeerRestarted, ended.Error);
        await AllReturnedAsync(stack);
    }

    [Fact]
    public async Task Options_are_changed_without_a_lock_and_a_change_meanwhile_is_kept()
    {
        await using SctpStack stack = Open(1);
        await using SctpStack peer = Open(2);
        await using SctpListener listener = Listen(stack);
        await using SctpAssociation client = await ConnectAsync(peer);
        client.Configure(options =>
        {
            if (options.CloseTimeout != TimeSpan.FromSeconds(9))
            {
                Assert.True(Task.Run(() => client.SetOption(SctpOptions.Linger, TimeSpan.FromSeconds(9))).Wait(TimeSpan.FromSeconds(60)));
            }

            return options with { DefaultSendInfo = new SctpSendInfo(Ppid: 7) };
        });
        Assert.Equal(TimeSpan.FromSeconds(9), client.Options.CloseTimeout);
        Assert.Equal(7u, client.Options.DefaultSendInfo.Ppid);
    }

    [Fact]
    public async Task A_task_that_is_asked_too_early_still_gets_its_result()
    {
        var queue = new WaitQueue<int>(new Lock());
        ValueTask<int> waiting = queue.DequeueAsync(_guard.Token);
        ValueTask<int> same = waiting;
        Assert.Throws<InvalidOperationException>(() => same.GetAwaiter().GetResult());
        ValueTask<int> next = queue.DequeueAsync(_guard.Token);
        Assert.True(queue.TryEnqueue(1));
        Assert.True(queue.TryEnqueue(2));
        Assert.Equal(1, await waiting);
        Assert.Equal(2, await next);
    }

    [Fact]
    public async Task Who_asked_for_much_room_and_gave_up_holds_up_nobody()
    {
        await using SctpStack stack = Open(1);
        await using SctpStack peer = Open(2);
        await using SctpListener listener = Listen(stack, SctpAssociationOptions.Default with { ReceiveBufferSize = 20_000 });
        SctpAssociation client = await ConnectAsync(peer);
        await client.SendAsync(new byte[100_000], _guard.Token);     // more than the peer takes: it stays for good
        using var cancelled = new CancellationTokenSource();
        Task asking = client.WaitToSendAsync(16 << 20, cancelled.Token).AsTask();
        Task sending = client.SendAsync(new byte[1], _guard.Token).AsTask();
        Assert.False(sending.IsCompleted);
        await cancelled.CancelAsync();
        await sending.WaitAsync(_guard.Token);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking);
        client.Abort();
    }

    [Fact]
    public async Task A_time_out_of_any_length_is_one()
    {
        await using SctpStack stack = Open(1);
        await using SctpStack peer = Open(2);
        await using SctpListener listener = Listen(stack);
        using SctpAssociation client = SctpAssociation.Connect(OptionsFor(peer), TimeSpan.MaxValue);
        using SctpAssociation server = listener.Accept(TimeSpan.FromDays(365));
        Assert.Throws<ArgumentOutOfRangeException>(() => server.Receive(TimeSpan.FromSeconds(-2)));
        client.Send([1]);
        using SctpMessage message = server.Receive(TimeSpan.FromDays(100));
        Assert.Equal(1, message.Length);
    }

    private async Task AllReturnedAsync(SctpStack stack)
    {
        while (stack.Loop.Endpoint.Buffers.Rented != 0)
        {
            _guard.Token.ThrowIfCancellationRequested();
            await Task.Yield();                              // what was returned last is still on its way
        }
    }

    private SctpStack Open(int port) => _network.Open(new IPEndPoint(IPAddress.Loopback, port));

    private static SctpListener Listen(SctpStack stack, SctpAssociationOptions? options = null) => SctpListener.Listen(new SctpListenerOptions
    {
        Stack = stack,
        Port = Port,
        Association = options ?? SctpAssociationOptions.Default,
    });

    private static SctpConnectOptions OptionsFor(SctpStack stack) => new()
    {
        Stack = stack,
        RemoteEndPoints = [new IPEndPoint(IPAddress.Loopback, 1)],
        RemotePort = Port,
    };

    private ValueTask<SctpAssociation> ConnectAsync(SctpStack stack) => SctpAssociation.ConnectAsync(OptionsFor(stack), _guard.Token);
}
