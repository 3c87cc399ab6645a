using System;
using System.Threading;
using System.Threading.Tasks;

namespace Braid.Sockets.Tests;

/// <summary>What a network in memory promises: no loss, and no other order.</summary>
public sealed class MemoryNetworkTests
{
    [Fact]
    public async Task Datagrams_keep_their_order_when_a_reader_begins_to_block()
    {
        // Two that took datagrams from the network at once would overtake each other: the peer would hear of gaps.
        const int Count = 5000;
        await using MemoryPair pair = await MemoryPair.ConnectedAsync();
        int gaps = 0;
        pair.Network.Drop = (_, _, packet) =>
        {
            bool isSackWithGaps = packet.Length >= 28 && packet[12] == 3 && (packet[24] | packet[25]) != 0;
            Interlocked.Add(ref gaps, isSackWithGaps ? 1 : 0);
            return false;
        };
        var sending = Task.Run(async () =>
        {
            for (int i = 0; i < Count; i++)
            {
                await pair.Client.SendAsync(new byte[1000], pair.Guard);
            }
        });
        for (int i = 0; i < Count; i++)
        {
            using SctpMessage message = i < Count / 4 ? await pair.Server.ReceiveAsync(pair.Guard) : pair.Server.Receive(TimeSpan.FromSeconds(60));
        }

        await sending;
        Assert.Equal(0, Volatile.Read(ref gaps));
    }
}
