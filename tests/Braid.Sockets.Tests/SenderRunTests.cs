using System;
using System.Collections.Generic;
using System.Linq;
using System.Net;
using System.Threading;
using System.Threading.Tasks;
using Braid.Dtls;

namespace Braid.Sockets.Tests;

/// <summary>
/// A loop has one thread at a time, its own or a sender's, and whatever comes meanwhile is done after it. BRAID_STRESS_SEED is the first
/// seed of the day.
/// </summary>
public sealed class SenderRunTests
{
    private const int Threads = 6;

    private static readonly SctpDtlsOptions s_dtls = new() { Certificate = DtlsCertificate.Create(), PeerValidation = static _ => true };

    public static TheoryData<int, bool> Seeds()
    {
        var seeds = new TheoryData<int, bool>();
        foreach (int seed in StressTests.Seeds().Select(static row => row.Data))
        {
            seeds.Add(seed, false);
            seeds.Add(seed, true);
        }

        return seeds;
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Whoever_sends_on_an_idle_association_runs_its_loop(bool isSecure)
    {
        await using Loopback loopback = await Loopback.ConnectedAsync(dtls: isSecure ? s_dtls : null);
        bool hasThread = loopback.Client.Host.Loop.Transport.IsForPollThread;    // else there is none whose waking could be spared
        byte[] payload = new byte[10];
        for (int i = 0; hasThread ? loopback.Client.Host.Loop.LentRuns < 5 : i < 20; i++)
        {
            await loopback.Client.SendAsync(payload, default, loopback.Guard);
            using (SctpMessage there = await loopback.Server.ReceiveAsync(loopback.Guard))
            {
                await loopback.Server.SendAsync(there.ToArray(), default, loopback.Guard);
            }

            using SctpMessage back = await loopback.Client.ReceiveAsync(loopback.Guard);
        }

        Assert.Equal(hasThread, loopback.Client.Host.Loop.LentRuns > 0);
    }

    [Fact]
    public void A_flow_is_left_to_the_thread_also_when_all_of_it_has_been_acknowledged()
    {
        var pattern = default(SendPattern);
        for (int i = 0; i < 10; i++)
        {
            Assert.True(pattern.OnAccepted(wasEmpty: true));             // questions and answers
            Assert.False(pattern.OnAccepted(wasEmpty: false));           // in two parts
        }

        for (int i = 0; i < 100; i++)
        {
            pattern.OnAccepted(wasEmpty: false);
        }

        Assert.False(pattern.OnAccepted(wasEmpty: true));                // caught up with
        Assert.True(pattern.OnAccepted(wasEmpty: true));                 // it was the last one
    }

    [Theory, MemberData(nameof(Seeds))]
    public async Task Threads_that_send_and_ask_and_close_share_a_loop(int seed, bool isSecure)
    {
        using var guard = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        bool isInline = seed % 2 == 0;
        await using SctpListener listener = await SctpListener.ListenAsync(
            new SctpListenerOptions
            {
                ListenEndPoints = [new IPEndPoint(IPAddress.Loopback, 0)],
                Port = Loopback.Port,
                UnsafePreferInlineScheduling = isInline,
                Dtls = isSecure ? s_dtls : null,
            },
            guard.Token);
        Task echoing = Echo.ServeAsync(listener, guard.Token);
        await using SctpStack stack = SctpStack.OpenUdp(
            new IPEndPoint(IPAddress.Loopback, 0), new SctpStackOptions { UnsafePreferInlineScheduling = isInline, Dtls = isSecure ? s_dtls : null });
        SctpConnectOptions options = Loopback.OptionsFor(listener.LocalEndPoints[0]) with { Stack = stack };
        await Task.WhenAll(Enumerable.Range(0, Threads).Select(number => number % 2 == 0
            ? Task.Run(() => AwaitAsync(options, new Random((seed * 100) + number), guard.Token))
            : Task.Factory.StartNew(
                () => Block(options, new Random((seed * 100) + number)), guard.Token, TaskCreationOptions.LongRunning, TaskScheduler.Default)));
        await listener.DisposeAsync();
        await echoing;
    }

    [Fact]
    public async Task The_turn_is_one_thread_s_and_no_coming_is_forgotten()
    {
        var turn = default(LoopTurn);
        var random = new Random(1);
        int inside = 0;
        int done = 0;
        int left = 0;
        bool isOver = false;
        using var posted = new SemaphoreSlim(0);
        Task[] senders = [.. Enumerable.Range(0, 3).Select(_ => Task.Factory.StartNew(
            () =>
            {
                while (!Volatile.Read(ref isOver))
                {
                    if (turn.TryTake())
                    {
                        Run();
                        if (turn.GiveBack())
                        {
                            posted.Release();
                        }
                    }

                    Thread.Yield();                          // else they starve the thread where there are few cores
                }
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default))];

        // The thread: each of its comings ends in a run of its own, at once or when it is posted.
        for (int i = 0; i < 2_000; i++)
        {
            left++;
            while (!turn.TryTakeOrMiss())
            {
                Assert.True(await posted.WaitAsync(TimeSpan.FromSeconds(60)));
            }

            Run();
            Assert.False(turn.GiveBack());
            done++;
        }

        Volatile.Write(ref isOver, true);
        await Task.WhenAll(senders);
        Assert.Equal(left, done);
        Assert.False(turn.IsTaken);

        void Run()
        {
            Assert.Equal(1, Interlocked.Increment(ref inside));
            Thread.SpinWait(20);
            Interlocked.Decrement(ref inside);
        }
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public async Task What_awaits_a_message_goes_on_where_it_was_received_if_that_is_asked_for(bool isInline, bool isSecure)
    {
        using var guard = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        await using SctpListener listener = await SctpListener.ListenAsync(
            new SctpListenerOptions
            {
                ListenEndPoints = [new IPEndPoint(IPAddress.Loopback, 0)],
                Port = Loopback.Port,
                UnsafePreferInlineScheduling = isInline,
                Dtls = isSecure ? s_dtls : null,
            },
            guard.Token);
        await using SctpAssociation client = await SctpAssociation.ConnectAsync(
            Loopback.OptionsFor(listener.LocalEndPoints[0]) with { UnsafePreferInlineScheduling = isInline, Dtls = isSecure ? s_dtls : null }, guard.Token);
        await using SctpAssociation server = await listener.AcceptAssociationAsync(guard.Token);
        Task<int> serving = AnswerAsync(server, guard.Token);
        bool goesOnThere = isInline && listener.Loop.Transport.IsForPollThread;
        int there = await AskAsync(client, goesOnThere, guard.Token);
        await client.ShutdownAsync(guard.Token);
        int answered = await serving;
        Assert.True(goesOnThere ? there > 0 && answered > 0 : there == 0 && answered == 0, $"{there} and {answered}");
    }

    private static bool IsThreadOfLoops => Thread.CurrentThread.Name?.StartsWith("Braid.Sockets", StringComparison.Ordinal) == true;

    // An answer that is there before it is awaited says nothing: on a busy machine a hundred may be.
    private static async Task<int> AskAsync(SctpAssociation client, bool goesOnThere, CancellationToken cancellationToken)
    {
        int there = 0;
        for (int i = 0; i < 100 || (goesOnThere && there == 0); i++)
        {
            await client.SendAsync(BitConverter.GetBytes(i), default, cancellationToken).ConfigureAwait(false);
            using SctpMessage message = await client.ReceiveAsync(cancellationToken).ConfigureAwait(false);
            there += IsThreadOfLoops ? 1 : 0;
            Assert.Equal(i, BitConverter.ToInt32(message.ToArray()));
        }

        return there;
    }

    private static async Task<int> AnswerAsync(SctpAssociation server, CancellationToken cancellationToken)
    {
        int there = 0;
        try
        {
            while (true)
            {
                using SctpMessage message = await server.ReceiveAsync(cancellationToken).ConfigureAwait(false);
                there += IsThreadOfLoops ? 1 : 0;
                await server.SendAsync(message.ToArray(), default, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (SctpException exception) when (exception.Error is SctpError.AssociationClosed)
        {
            return there;
        }
    }

    private static async Task AwaitAsync(SctpConnectOptions options, Random random, CancellationToken cancellationToken)
    {
        for (int round = 0; round < 4; round++)
        {
            await using SctpAssociation client = await SctpAssociation.ConnectAsync(options, cancellationToken);
            var expected = new Queue<int>();
            for (int i = 0; i < 200; i++)
            {
                for (int j = random.Next(1, 4); j > 0; j--)
                {
                    Disturb(client, random);
                    expected.Enqueue(random.Next());
                    await client.SendAsync(BitConverter.GetBytes(expected.Last()), default, cancellationToken);
                }

                while (expected.TryDequeue(out int next))
                {
                    using SctpMessage message = await client.ReceiveAsync(cancellationToken);
                    Assert.Equal(next, BitConverter.ToInt32(message.ToArray()));
                }

                if (random.Next(20) == 0)
                {
                    await client.GetStatisticsAsync();
                }
            }

            await End(client, random, cancellationToken);
        }
    }

    private static void Block(SctpConnectOptions options, Random random)
    {
        TimeSpan longest = TimeSpan.FromSeconds(60);
        for (int round = 0; round < 4; round++)
        {
            using SctpAssociation client = SctpAssociation.Connect(options, longest);
            for (int i = 0; i < 200; i++)
            {
                int[] sent = [.. Enumerable.Range(0, random.Next(1, 4)).Select(_ => random.Next())];
                foreach (int next in sent)
                {
                    Disturb(client, random);
                    client.Send(BitConverter.GetBytes(next), timeout: longest);
                }

                foreach (int next in sent)
                {
                    using SctpMessage message = client.Receive(longest);
                    Assert.Equal(next, BitConverter.ToInt32(message.ToArray()));
                }
            }

            if (random.Next(2) == 0)
            {
                client.Abort();
            }
        }
    }

    private static void Disturb(SctpAssociation client, Random random)
    {
        switch (random.Next(40))
        {
            case 0:
                client.SetStreamSchedulerValue(0, (ushort)random.Next(10));
                break;
            case 1:
                client.Configure(options => options with { HeartbeatInterval = TimeSpan.FromMilliseconds(random.Next(5, 500)) });
                break;
            case 2:
                Thread.Yield();
                break;
        }
    }

    private static async Task End(SctpAssociation client, Random random, CancellationToken cancellationToken)
    {
        if (random.Next(2) == 0)
        {
            await client.ShutdownAsync(cancellationToken);
        }
    }
}
