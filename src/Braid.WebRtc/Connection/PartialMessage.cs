using System;
using System.Buffers;

namespace Braid.WebRtc;

/// <summary>A message that comes in parts, because it is longer than what the receive buffer holds of it: put together again.</summary>
/// <param name="memory">Of all of the connection's.</param>
/// <param name="maximum">The longest message that is allowed, in bytes; 0 for any.</param>
internal sealed class PartialMessage(PartsMemory memory, long maximum)
{
    private readonly ArrayBufferWriter<byte> _content = new();

    /// <returns>False when it becomes too long, or there are too many of them.</returns>
    public bool TryAdd(in ReadOnlySequence<byte> part)
    {
        long most = maximum == 0 ? Array.MaxLength : Math.Min(maximum, Array.MaxLength);
        if (_content.WrittenCount + part.Length > most || !memory.TryAdd(part.Length))
        {
            return false;
        }

        foreach (ReadOnlyMemory<byte> segment in part)
        {
            _content.Write(segment.Span);
        }

        return true;
    }

    /// <summary>It is whole.</summary>
    public AssembledMessage Complete() => memory.Complete(_content.WrittenSpan.ToArray());

    /// <summary>The rest will not come.</summary>
    public void Drop() => memory.Drop(_content.WrittenCount);
}
