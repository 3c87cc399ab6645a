using Braid.Core;

namespace Braid.Sctp.Tests;

/// <summary>Real components with hand-moved time: no mocks.</summary>
internal static class Real
{
    public static AssociationContext Context(AssociationOptions? options = null, BufferPool? buffers = null) => new(
        options ?? AssociationOptions.Default,
        new SeededRandom(1),
        buffers ?? new BufferPool(),
        new DropCounters(),
        new Activity(new ActivityQueue()));
}
