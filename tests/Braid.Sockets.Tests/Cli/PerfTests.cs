using System;
using System.Threading.Tasks;
using Braid.Cli.Output;
using Braid.Cli.Perf;

namespace Braid.Sockets.Tests.Cli;

/// <summary>What a peer of <c>braid perf</c> can ask for.</summary>
public sealed class PerfTests
{
    [Fact]
    public async Task What_nobody_hears_is_not_kept_for_ever()
    {
        await using Loopback loopback = await Loopback.ConnectedAsync();
        var flow = new PerfFlow(loopback.Client);
        for (int i = 0; i < 10; i++)
        {
            await flow.SayAsync(new PerfMessage { Type = PerfMessage.End }, loopback.Guard);
        }

        var other = new PerfFlow(loopback.Server);
        await Assert.ThrowsAsync<TransferFailedException>(() => other.ReceiveAsync(loopback.Guard).WaitAsync(loopback.Guard));
    }

    [Fact]
    public async Task What_does_not_get_through_in_time_is_left()
    {
        await using Loopback loopback = await Loopback.ConnectedAsync();         // and nobody reads at first
        var request = new PerfMessage { Type = PerfMessage.Request, Streams = 1, Size = 1 << 20, Seconds = 0.1, ClientSends = true };
        var flow = new PerfFlow(loopback.Client, patience: TimeSpan.FromMilliseconds(1));
        Task sending = flow.SendAsync(request, loopback.Guard);
        while (flow.BytesLeft == 0)
        {
            await Task.Yield();
            loopback.Guard.ThrowIfCancellationRequested();
        }

        var other = new PerfFlow(loopback.Server);
        Task receiving = other.ReceiveAsync(loopback.Guard);
        await sending;
        Assert.Equal(flow.BytesLeft, (await other.HearAsync(PerfMessage.End, loopback.Guard)).BytesLeft);
        loopback.Client.Abort("over");
        await receiving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
    }

    [Fact]
    public async Task Long_messages_on_many_streams_need_the_memory_of_one()
    {
        await using Loopback loopback = await Loopback.ConnectedAsync();
        var request = new PerfMessage { Type = PerfMessage.Request, Streams = 1000, Size = 16 << 20, Seconds = 1e-6, ServerSends = true };
        Assert.Null(request.Objection(loopback.Client.StreamCounts.Outgoing, SctpAssociationOptions.Default.MaximumMessageSize));
        long before = GC.GetTotalAllocatedBytes();
        await new PerfFlow(loopback.Client).SendAsync(request, loopback.Guard);
        Assert.InRange(GC.GetTotalAllocatedBytes() - before, 0, 8L << 30);
    }
}
