using System;
using System.Diagnostics;
using System.Linq;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Threading;
using System.Threading.Tasks;

namespace Braid.Sockets.Tests;

/// <summary>Calls that block the calling thread.</summary>
public sealed class BlockingTests
{
    private const string ChildVariable = "BRAID_TEST_ONE_THREAD";

    private static readonly TimeSpan s_short = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan s_guard = TimeSpan.FromSeconds(60);

    [Fact]
    public void Connect_accept_send_receive_shutdown_and_dispose_need_no_task()
    {
        using SctpListener listener = Listen();
        using SctpAssociation client = SctpAssociation.Connect(OptionsFor(listener), s_guard);
        using SctpAssociation server = listener.Accept(s_guard);
        client.Send("there"u8, timeout: s_guard);
        using (SctpMessage message = server.Receive(s_guard))
        {
            server.Send(message.ToArray(), new SctpSendInfo(2), s_guard);
        }

        Span<byte> part = stackalloc byte[3];
        SctpReceiveResult first = client.GetStream(2).Receive(part, s_guard);
        Assert.Equal((3, false), (first.Count, first.EndOfMessage));
        SctpReceiveResult rest = client.GetStream(2).Receive(part, s_guard);
        Assert.Equal((2, true), (rest.Count, rest.EndOfMessage));
        client.Shutdown(s_guard);
        Assert.Equal(SctpError.AssociationClosed, Assert.Throws<SctpException>(() => server.Receive(s_guard)).Error);
    }

    [Fact]
    public void A_message_is_written_in_pieces_by_blocking_calls()
    {
        using SctpListener listener = Listen();
        using SctpAssociation client = SctpAssociation.Connect(OptionsFor(listener), s_guard);
        using SctpAssociation server = listener.Accept(s_guard);
        const int Length = 5_000_000;
        var writing = new Thread(() =>
        {
            using SctpMessageStream writer = client.GetStream(1).OpenMessageWriter();
            var piece = new byte[50_000];
            for (int i = 0; i < Length / piece.Length; i++)
            {
                writer.Write(piece);
            }

            writer.Complete(s_guard);
        });
        writing.Start();
        int received = 0;
        for (bool isEnd = false; !isEnd;)
        {
            using SctpMessage message = server.Receive(s_guard);
            received += message.Length;
            isEnd = message.Info.EndOfRecord;
        }

        writing.Join();
        Assert.Equal(Length, received);
    }

    [Fact]
    public void A_time_out_ends_the_waiting_and_nothing_else()
    {
        SctpAssociationOptions small = SctpAssociationOptions.Default with { SendBufferSize = 5_000, ReceiveBufferSize = 5_000 };
        using SctpListener listener = Listen(small);
        AssertTimesOut(() => listener.Accept(s_short));
        using SctpAssociation client = SctpAssociation.Connect(OptionsFor(listener, small), s_guard);
        using SctpAssociation server = listener.Accept(s_guard);
        AssertTimesOut(() => client.Receive(s_short));
        AssertTimesOut(() => client.Receive(TimeSpan.Zero));
        AssertTimesOut(() => client.GetStream(3).Receive(s_short));

        // Until neither buffer takes any more. The peer's has no room for seven: before that only the time was short.
        int sent = 0;
        bool isFull = false;
        while (!isFull)
        {
            try
            {
                client.Send(Encoding.ASCII.GetBytes($"{sent:0000}{new string('.', 996)}"), timeout: s_short);
                sent++;
            }
            catch (SctpException exception)
            {
                Assert.Equal(SctpError.TimedOut, exception.Error);
                isFull = sent > 6;
            }
        }

        AssertTimesOut(() => client.Shutdown(s_short));
        for (int i = 0; i < sent; i++)
        {
            using SctpMessage message = server.Receive(s_guard);
            Assert.Equal($"{i:0000}", Encoding.ASCII.GetString(message.ToArray().AsSpan(0, 4)));
        }

        Assert.Equal(SctpError.AssociationClosed, Assert.Throws<SctpException>(() => server.Receive(s_guard)).Error);
    }

    [Fact]
    public void Nobody_there_is_given_up_when_the_time_is_over()
    {
        using var silent = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        silent.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        AssertTimesOut(() => SctpAssociation.Connect(Loopback.OptionsFor((IPEndPoint)silent.LocalEndPoint!), s_short));
    }

    [Fact]
    public async Task A_receive_that_times_out_just_when_a_message_comes_loses_none()
    {
        using SctpListener listener = Listen();
        using SctpAssociation client = SctpAssociation.Connect(OptionsFor(listener), s_guard);
        using SctpAssociation server = listener.Accept(s_guard);
        const int Count = 2_000;
        Task sending = Task.Run(() =>
        {
            for (int i = 0; i < Count; i++)
            {
                client.Send(BitConverter.GetBytes(i), timeout: s_guard);
                Thread.Yield();
            }
        });
        int next = 0;
        while (next < Count)
        {
            try
            {
                using SctpMessage message = server.Receive(TimeSpan.FromMilliseconds(next % 2));
                Assert.Equal(next++, BitConverter.ToInt32(message.ToArray()));
            }
            catch (SctpException exception) when (exception.Error == SctpError.TimedOut)
            {
            }
        }

        await sending;
    }

    [Fact]
    public async Task A_negative_time_out_is_refused_and_takes_no_message_along()
    {
        await using Loopback loopback = await Loopback.ConnectedAsync();
        TimeSpan impossible = TimeSpan.FromMilliseconds(-2);
        Assert.Throws<ArgumentOutOfRangeException>(() => loopback.Server.Receive(impossible));
        Assert.Throws<ArgumentOutOfRangeException>(() => loopback.Listener.Accept(impossible));
        await loopback.Client.SendAsync(new byte[7], loopback.Guard);
        using SctpMessage message = await loopback.Server.ReceiveAsync(loopback.Guard);
        Assert.Equal(7, message.Length);
    }

    [Fact]
    public async Task A_thread_that_is_interrupted_takes_no_message_along()
    {
        await using Loopback loopback = await Loopback.ConnectedAsync();
        Exception? thrown = null;
        var receiving = new Thread(() => thrown = Record.Exception(() => loopback.Server.Receive(s_guard)));
        receiving.Start();
        receiving.Interrupt();                               // also when it does not wait yet
        receiving.Join();
        Assert.IsType<ThreadInterruptedException>(thrown);
        await loopback.Client.SendAsync(new byte[7], loopback.Guard);
        using SctpMessage message = await loopback.Server.ReceiveAsync(loopback.Guard);
        Assert.Equal(7, message.Length);
    }

    [Fact]
    public async Task Timers_of_hours_are_nothing_to_stumble_over()
    {
        // Longer than one call of the system waits.
        SctpAssociationOptions slow = SctpAssociationOptions.Default with { HeartbeatInterval = TimeSpan.FromHours(5) };
        await using Loopback loopback = await Loopback.ConnectedAsync(slow, slow);
        for (int i = 0; i < 20; i++)
        {
            loopback.Client.Send([1], timeout: s_guard);
            using SctpMessage message = loopback.Server.Receive(s_guard);
            Assert.Throws<SctpException>(() => loopback.Server.Receive(TimeSpan.FromMilliseconds(1)));
        }
    }

    [Fact]
    public void Nothing_is_posted_to_a_synchronization_context()
    {
        SynchronizationContext? before = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(new NeverRuns());
        try
        {
            using SctpListener listener = Listen();
            using SctpAssociation client = SctpAssociation.Connect(OptionsFor(listener), s_guard);
            using SctpAssociation server = listener.Accept(s_guard);
            client.Send([1], timeout: s_guard);
            server.Receive(s_guard).Dispose();
            using var socket = new SctpSocket(new SctpSocketOptions { LocalEndPoints = [new IPEndPoint(IPAddress.Loopback, 0)] });
            socket.SendTo([2], listener.LocalEndPoints[0], Loopback.Port, timeout: s_guard);
            using SctpAssociation third = listener.Accept(s_guard);
            third.Receive(s_guard).Dispose();
            client.Shutdown(s_guard);
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(before);
        }
    }

    [Fact]
    public async Task What_is_asked_once_the_socket_is_closed_is_still_answered()
    {
        await using Loopback loopback = await Loopback.ConnectedAsync();
        loopback.Client.Send([1], timeout: s_guard);
        Assert.Throws<SctpException>(() => loopback.Client.Receive(s_short));
        await loopback.Client.VanishAsync();
        for (int i = 0; i < 10; i++)
        {
            await loopback.Client.GetStatisticsAsync().AsTask().WaitAsync(loopback.Guard);
        }
    }

    [Fact]
    public void Many_loops_are_taken_over_at_once_and_none_is_forgotten()
    {
        const int Count = 24;
        const int Rounds = 10;
        Exception?[] failures = new Exception?[Count];
        Thread[] threads = [.. Enumerable.Range(0, Count).Select(i => new Thread(() => failures[i] = Record.Exception(() =>
        {
            for (int round = 0; round < Rounds; round++)
            {
                using SctpListener listener = Listen();
                using SctpAssociation client = SctpAssociation.Connect(OptionsFor(listener), s_guard);
                using SctpAssociation server = listener.Accept(s_guard);
                client.Send([1], timeout: s_guard);
                server.Receive(s_guard).Dispose();
                if (round % 2 == 0)
                {
                    client.Shutdown(s_guard);
                }
            }
        })))];
        foreach (Thread thread in threads)
        {
            thread.Start();
        }

        foreach (Thread thread in threads)
        {
            thread.Join();
        }

        Assert.All(failures, Assert.Null);
    }

    [Fact]
    public async Task The_thread_takes_over_in_the_middle_of_traffic()
    {
        for (int round = 0; round < 30; round++)
        {
            await using Loopback loopback = await Loopback.ConnectedAsync();
            Task echo = Task.Run(async () =>
            {
                await foreach (SctpMessage message in loopback.Server.ReadAllAsync(loopback.Guard))
                {
                    using (message)
                    {
                        await loopback.Server.SendAsync(message.ToArray(), loopback.Guard);
                    }
                }
            });
            for (int i = 0; i < 20; i++)
            {
                await loopback.Client.SendAsync(new byte[2_000], loopback.Guard);
                if (i < 10)
                {
                    using SctpMessage message = await loopback.Client.ReceiveAsync(loopback.Guard);
                }
                else
                {
                    using SctpMessage message = loopback.Client.Receive(s_guard);
                }
            }

            loopback.Client.Shutdown(s_guard);
            await echo;
        }
    }

    /// <summary>Runs in a process of its own, whose pool has one thread; it is blocked for most of the time.</summary>
    [Theory]
    [InlineData(nameof(EchoOnTheOnlyThread))]
    [InlineData(nameof(OpenedAsynchronously))]
    [InlineData(nameof(OneToMany))]
    [InlineData(nameof(OverMemory))]
    [InlineData(nameof(EverythingFromTheOnlyThread))]
    public async Task A_pool_of_one_thread_is_enough(string scenario)
    {
        if (Environment.GetEnvironmentVariable(ChildVariable) is { Length: > 0 } asked)
        {
            if (asked == scenario)
            {
                await RunOnOneThreadAsync(scenario);
            }

            return;
        }

        var start = new ProcessStartInfo(Environment.ProcessPath!)
        {
            ArgumentList = { "--no-progress", "--filter-method", $"{typeof(BlockingTests).FullName}.{nameof(A_pool_of_one_thread_is_enough)}" },
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment[ChildVariable] = scenario;
        start.Environment["DOTNET_PROCESSOR_COUNT"] = "1";
        using Process child = Process.Start(start)!;
        using var guard = new CancellationTokenSource(s_guard);
        Task<string> output = child.StandardOutput.ReadToEndAsync(guard.Token);
        Task<string> errors = child.StandardError.ReadToEndAsync(guard.Token);
        try
        {
            await child.WaitForExitAsync(guard.Token);
        }
        catch (OperationCanceledException)
        {
            child.Kill();
            throw;
        }

        Assert.True(child.ExitCode == 0, await output + await errors);
    }

    private static async Task RunOnOneThreadAsync(string scenario)
    {
        Assert.Equal(1, Environment.ProcessorCount);
        Assert.True(ThreadPool.SetMinThreads(1, 1) && ThreadPool.SetMaxThreads(1, 1));
        Func<Task> run = scenario switch
        {
            nameof(EchoOnTheOnlyThread) => Plain(EchoOnTheOnlyThread),
            nameof(OpenedAsynchronously) => OpenedAsynchronously,
            nameof(OneToMany) => Plain(OneToMany),
            nameof(OverMemory) => OverMemory,
            _ => Plain(EverythingFromTheOnlyThread),
        };
        await Task.Run(run);

        static Func<Task> Plain(Action action) => () =>
        {
            Assert.True(Thread.CurrentThread.IsThreadPoolThread);
            action();
            return Task.CompletedTask;
        };
    }

    private static void EchoOnTheOnlyThread()
    {
        using SctpListener listener = Listen();
        Thread echo = StartEcho(() => listener.Accept(s_guard));
        using (SctpAssociation client = SctpAssociation.Connect(OptionsFor(listener), s_guard))
        {
            Echo(client);
        }

        echo.Join();
    }

    private static async Task OpenedAsynchronously()
    {
        await using Loopback loopback = await Loopback.ConnectedAsync();
        Assert.True(Thread.CurrentThread.IsThreadPoolThread);
        Thread echo = StartEcho(() => loopback.Server);
        Echo(loopback.Client);
        loopback.Client.Shutdown(s_guard);
        echo.Join();
    }

    private static void OneToMany()
    {
        using var server = new SctpSocket(new SctpSocketOptions { LocalEndPoints = [new IPEndPoint(IPAddress.Loopback, 0)], Port = Loopback.Port });
        server.Listen();
        var echo = new Thread(() =>
        {
            for (int i = 0; i < 100; i++)
            {
                using SctpReceived received = server.Receive(s_guard);
                server.Send(received.AssociationId, received.Message.ToArray(), timeout: s_guard);
            }
        });
        echo.Start();
        using var client = new SctpSocket(new SctpSocketOptions { LocalEndPoints = [new IPEndPoint(IPAddress.Loopback, 0)] });
        for (int i = 0; i < 100; i++)
        {
            client.SendTo([1, 2, 3], server.LocalEndPoints[0], Loopback.Port, timeout: s_guard);
            using SctpReceived received = client.Receive(s_guard);
            Assert.Equal(3, received.Message.Length);
        }

        echo.Join();
    }

    private static async Task OverMemory()
    {
        var network = new SctpMemoryNetwork();
        await using SctpStack one = network.Open(new IPEndPoint(IPAddress.Loopback, 1));
        await using SctpStack other = network.Open(new IPEndPoint(IPAddress.Loopback, 2));
        using SctpListener listener = SctpListener.Listen(new SctpListenerOptions { Port = Loopback.Port, Stack = one });
        Thread echo = StartEcho(() => listener.Accept(s_guard));
        using (SctpAssociation client = SctpAssociation.Connect(Loopback.OptionsFor(new IPEndPoint(IPAddress.Loopback, 1)) with { Stack = other }, s_guard))
        {
            Echo(client);
        }

        echo.Join();
    }

    private static void EverythingFromTheOnlyThread()
    {
        for (int i = 0; i < 10; i++)
        {
            using SctpListener listener = Listen();
            using SctpAssociation client = SctpAssociation.Connect(OptionsFor(listener), s_guard);
            using SctpAssociation server = listener.Accept(s_guard);
            client.Send(new byte[100_000], timeout: s_guard);
            server.Receive(s_guard).Dispose();
            Assert.Throws<SctpException>(() => server.Receive(s_short));
            client.Shutdown(s_guard);
        }
    }

    private static Thread StartEcho(Func<SctpAssociation> open)
    {
        var thread = new Thread(() =>
        {
            using SctpAssociation server = open();
            try
            {
                while (true)
                {
                    using SctpMessage message = server.Receive(s_guard);
                    server.Send(message.ToArray(), timeout: s_guard);
                }
            }
            catch (SctpException exception) when (exception.Error == SctpError.AssociationClosed)
            {
            }
        });
        thread.Start();
        return thread;
    }

    private static void Echo(SctpAssociation client)
    {
        for (int i = 0; i < 100; i++)
        {
            client.Send(new byte[3_000], timeout: s_guard);
            using SctpMessage message = client.Receive(s_guard);
            Assert.Equal(3_000, message.Length);
        }
    }

    private static void AssertTimesOut(Action call) => Assert.Equal(SctpError.TimedOut, Assert.Throws<SctpException>(call).Error);

    private static SctpListener Listen(SctpAssociationOptions? options = null) => SctpListener.Listen(new SctpListenerOptions
    {
        ListenEndPoints = [new IPEndPoint(IPAddress.Loopback, 0)],
        Port = Loopback.Port,
        Association = options ?? SctpAssociationOptions.Default,
    });

    private static SctpConnectOptions OptionsFor(SctpListener listener, SctpAssociationOptions? options = null) =>
        Loopback.OptionsFor(listener.LocalEndPoints[0], options);

    /// <summary>The context of a thread that is busy for good.</summary>
    private sealed class NeverRuns : SynchronizationContext
    {
        public override void Post(SendOrPostCallback d, object? state)
        {
        }

        public override void Send(SendOrPostCallback d, object? state) => throw new NotSupportedException();
    }
}
