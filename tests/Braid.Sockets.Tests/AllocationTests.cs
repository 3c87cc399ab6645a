using System;
using System.Threading.Tasks;

namespace Braid.Sockets.Tests;

/// <summary>Runs beside no other test: what is counted is the whole process.</summary>
[CollectionDefinition(nameof(AllocationTests), DisableParallelization = true)]
[Collection(nameof(AllocationTests))]
public sealed class AllocationTests
{
    [Fact]
    public async Task Sending_and_receiving_in_bursts_allocates_little_for_each_message()
    {
        const int Count = 10_000;
        const int Burst = 100;
        const int Bound = 256;                               // bytes per message, about twice what was measured
        await using Loopback loopback = await Loopback.ConnectedAsync();
        byte[] payload = new byte[100];
        await PassAsync();                                   // fills the pools
        long before = GC.GetTotalAllocatedBytes(precise: true);
        await PassAsync();
        long each = (GC.GetTotalAllocatedBytes(precise: true) - before) / Count;
        Assert.True(each < Bound, $"{each} bytes per message");

        async Task PassAsync()
        {
            for (int i = 0; i < Count; i += Burst)
            {
                for (int j = 0; j < Burst; j++)
                {
                    await loopback.Client.SendAsync(payload);
                }

                for (int j = 0; j < Burst; j++)
                {
                    using SctpMessage message = await loopback.Server.ReceiveAsync();
                }
            }
        }
    }
}
