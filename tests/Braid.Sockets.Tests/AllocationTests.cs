using System;
using System.Threading;
using System.Threading.Tasks;

namespace Braid.Sockets.Tests;

/// <summary>Runs beside no other test: what is counted is the whole process.</summary>
[CollectionDefinition(nameof(AllocationTests), DisableParallelization = true)]
[Collection(nameof(AllocationTests))]
public sealed class AllocationTests
{
    private const int Count = 20_000;

    [Theory]
    [InlineData(1, false)]
    [InlineData(1, true)]
    [InlineData(100, false)]
    [InlineData(100, true)]
    public async Task A_message_sent_and_received_allocates_nothing(int burst, bool canBeCancelled)
    {
        await using Loopback loopback = await Loopback.ConnectedAsync();
        using var source = new CancellationTokenSource();
        CancellationToken token = canBeCancelled ? source.Token : default;
        byte[] payload = new byte[100];
        for (int i = 0; i < 3; i++)
        {
            await PassAsync();                               // fills the pools
        }

        // The thread pool, the test host and what earlier tests have left running allocate now and then; what a message costs it
        // costs in every pass.
        double each = double.MaxValue;
        for (int i = 0; i < 5; i++)
        {
            long before = GC.GetTotalAllocatedBytes(precise: true);
            await PassAsync();
            each = Math.Min(each, (GC.GetTotalAllocatedBytes(precise: true) - before) / (double)Count);
        }

        Assert.True(each < 1, $"{each} bytes per message");

        async Task PassAsync()
        {
            for (int i = 0; i < Count; i += burst)
            {
                for (int j = 0; j < burst; j++)
                {
                    await loopback.Client.SendAsync(payload, default, token);
                }

                for (int j = 0; j < burst; j++)
                {
                    using SctpMessage message = await loopback.Server.ReceiveAsync(token);
                }
            }
        }
    }
}
