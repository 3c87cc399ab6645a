using Braid.Core;

namespace Braid.Sctp.Tests;

/// <summary>Real components with hand-moved time: no mocks.</summary>
internal static class Real
{
    public static AssociationContext Context(AssociationOptions? options = null, BufferPool? buffers = null)
    {
        buffers ??= new BufferPool();
        var drops = new DropCounters();
        return new AssociationContext(
            options ?? AssociationOptions.Default,
            new SeededRandom(1),
            buffers,
            new MemoryBudget(new EndpointOptions().BufferBudget),
            new SpareMessages(),
            drops,
            new StatelessReplies(buffers, drops),
            new Activity(new ActivityQueue()));
    }
}
