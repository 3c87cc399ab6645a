using System;

namespace Braid.Sctp.Tests;

/// <summary>What an association costs while it is idle. Alone: the heap is everybody's.</summary>
[Collection(nameof(MemoryTests))]
[CollectionDefinition(nameof(MemoryTests), DisableParallelization = true)]
public sealed class MemoryTests
{
    private const int Associations = 2000;
    private const int Bound = 4224;

    [Fact]
    public void The_protocol_of_an_idle_association_takes_no_more_than_4_and_an_eighth_KiB_on_either_side()
    {
        var pair = new DirectPair();
        byte[] payload = new byte[100];
        long before = GC.GetTotalMemory(forceFullCollection: true);
        for (int i = 0; i < Associations; i++)
        {
            (Sctp.Association client, Sctp.Association server) = pair.Connect((ushort)(10_000 + i));
            Assert.Equal(SendStatus.Ok, client.Send(pair.Now, payload, default));
            Assert.Equal(SendStatus.Ok, server.Send(pair.Now, payload, default));
            pair.Exchange();
            pair.Drain();
        }

        pair.Advance(TimeSpan.FromSeconds(1));               // delayed SACKs
        pair.Drain();
        long used = GC.GetTotalMemory(forceFullCollection: true) - before;
        Assert.Equal((Associations + 1, Associations + 1), (pair.A.AssociationCount, pair.Z.AssociationCount));
        Assert.InRange(used, 1, 2L * Associations * Bound);
    }
}
