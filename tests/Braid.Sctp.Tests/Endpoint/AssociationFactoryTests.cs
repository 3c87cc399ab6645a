using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using Braid.Core;

namespace Braid.Sctp.Tests;

[Rfc(9260, "5.3.1")]
public sealed class AssociationFactoryTests
{
    [Fact]
    public void A_tag_is_neither_zero_nor_that_of_an_association_that_has_ended_lately()
    {
        // One in sixty thousand handshakes on a busy server would draw a used tag, and its COOKIE ECHO would go unanswered.
        var used = new UsedTags(TimeSpan.FromSeconds(120));
        used.Add(Instant.Zero, new VerificationTag(7));
        var buffers = new BufferPool();
        var drops = new DropCounters();
        var factory = new AssociationFactory(
            new EndpointOptions(), new Scripted(0, 7, 9, 1), new AssociationTable(), used, buffers, new MemoryBudget(0), drops, new StatelessReplies(buffers, drops), new ActivityQueue());
        Assert.Equal(new VerificationTag(9), factory.NewFields(AssociationOptions.Default).InitiateTag);
    }

    private sealed class Scripted(params uint[] values) : IRandomSource
    {
        private readonly Queue<uint> _values = new(values);

        public void Fill(Span<byte> destination) => BinaryPrimitives.WriteUInt32LittleEndian(destination, _values.Dequeue());

        public IRandomSource Fork() => this;
    }
}
