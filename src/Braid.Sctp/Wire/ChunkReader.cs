using System;

namespace Braid.Sctp.Wire;

/// <summary>Walks the chunks of a packet from the first to the last (RFC 9260 §6.10).</summary>
/// <param name="chunks">What follows the common header.</param>
public ref struct ChunkReader(ReadOnlySpan<byte> chunks)
{
    private ReadOnlySpan<byte> _rest = chunks;

    /// <summary>
    /// Whether the walk ended at something that is not a whole chunk: a length below 4, or one past the end of the packet.
    /// </summary>
    public bool IsMalformed { get; private set; }

    /// <summary>What was not taken yet: the next chunk, and all behind it.</summary>
    internal readonly ReadOnlySpan<byte> Rest => _rest;

    /// <summary>Takes the next chunk.</summary>
    public bool TryRead(out ChunkView chunk)
    {
        if (Tlv.TryTake(ref _rest, out ReadOnlySpan<byte> bytes))
        {
            chunk = new ChunkView(bytes);
            return true;
        }

        chunk = default;
        IsMalformed |= !_rest.IsEmpty;
        _rest = default;
        return false;
    }
}
