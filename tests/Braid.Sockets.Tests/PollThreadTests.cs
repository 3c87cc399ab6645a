using System;
using System.Collections.Generic;
using System.Linq;
using System.Net;
using System.Runtime.CompilerServices;
using System.Threading;
using System.Threading.Tasks;

namespace Braid.Sockets.Tests;

/// <summary>Loops over UDP: who runs them, and that nothing keeps them from it.</summary>
public sealed class PollThreadTests
{
    [Fact]
    public async Task Many_stacks_that_come_and_go_share_a_few_threads()
    {
        using var guard = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        await using SctpListener listener = await SctpListener.ListenAsync(
            new SctpListenerOptions { ListenEndPoints = [new IPEndPoint(IPAddress.Loopback, 0)], Port = Loopback.Port, Backlog = 1000 }, guard.Token);
        Task echoing = Echo.ServeAsync(listener, guard.Token);
        for (int round = 0; round < 3; round++)
        {
            await Task.WhenAll(Enumerable.Range(0, 100).Select(async number =>
            {
                SctpAssociation client = await SctpAssociation.ConnectAsync(Loopback.OptionsFor(listener.LocalEndPoints[0]), guard.Token);
                await client.SendAsync(new byte[number + 1], default, guard.Token);
                using (SctpMessage echo = await client.ReceiveAsync(guard.Token))
                {
                    Assert.Equal(number + 1, echo.Length);
                }

                if (number % 2 == 0)
                {
                    await client.ShutdownAsync(guard.Token);
                }

                await client.DisposeAsync();
            }));
        }

        await listener.DisposeAsync();
        await echoing;
    }

    [Fact]
    public async Task A_stack_that_is_disposed_answers_what_is_asked_of_it_afterwards()
    {
        SctpStack stack = SctpStack.OpenUdp(new IPEndPoint(IPAddress.Loopback, 0));
        EndpointLoop loop = stack.Loop;
        await stack.DisposeAsync();
        var answered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        loop.Post(_ => answered.SetResult());
        await answered.Task.WaitAsync(TimeSpan.FromSeconds(60));
    }

    [Fact]
    public async Task A_loop_that_has_ended_is_not_kept_by_its_thread()
    {
        WeakReference loop = await UseAsync();
        for (int i = 0; i < 50 && loop.IsAlive; i++)
        {
            await UseAsync();                                // a thread may still have at hand what it ran last
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        Assert.False(loop.IsAlive);

        [MethodImpl(MethodImplOptions.NoInlining)]
        static async Task<WeakReference> UseAsync()
        {
            SctpStack stack = SctpStack.OpenUdp(new IPEndPoint(IPAddress.Loopback, 0));
            var loop = new WeakReference(stack.Loop);
            await stack.DisposeAsync();
            return loop;
        }
    }

    [Fact]
    public void Loops_run_in_the_order_of_their_times()
    {
        var network = new SctpMemoryNetwork();
        EndpointLoop[] loops = [.. Enumerable.Range(1, 40).Select(port => network.Open(new IPEndPoint(IPAddress.Loopback, port), new SctpStackOptions()).Loop)];
        var deadlines = new LoopDeadlines();
        var model = new Dictionary<IPolledLoop, long>();
        var random = new Random(7);
        for (int step = 0; step < 5000; step++)
        {
            EndpointLoop loop = loops[random.Next(loops.Length)];
            if (random.Next(4) == 0)
            {
                deadlines.Remove(loop);
                model.Remove(loop);
            }
            else
            {
                long time = random.Next(1000);
                deadlines.Set(loop, time);
                model[loop] = time;
            }

            Assert.Equal(model.Count == 0 ? null : model.Values.Min(), deadlines.Next);
            if (random.Next(10) == 0)
            {
                long now = random.Next(1000);
                while (deadlines.TakeDue(now) is { } due)
                {
                    Assert.Equal(model.Values.Min(), model[due]);
                    Assert.True(model[due] <= now);
                    model.Remove(due);
                }

                Assert.All(model.Values, time => Assert.True(time > now));
            }
        }
    }
}
