using Braid.Core;
using Braid.Sctp.Wire;

namespace Braid.Sctp.Tests;

/// <summary>Control chunks that wait while paths go.</summary>
public sealed class ControlQueueTests
{
    [Theory, Rfc(5061, "5.3")]
    [InlineData(0, 0)]
    [InlineData(1, ControlQueue.AnyPath)]
    [InlineData(2, 1)]
    public void The_chunk_that_goes_first_follows_its_path_when_another_one_is_removed(int removed, int expected)
    {
        var queue = new ControlQueue(new BufferPool());
        queue.EnqueueFirst(ChunkType.CookieAck, path: 1);
        queue.RemovePath(removed);
        Assert.True(queue.TryPeek(out ControlChunk chunk));
        Assert.Equal(expected, chunk.Path);
    }
}
