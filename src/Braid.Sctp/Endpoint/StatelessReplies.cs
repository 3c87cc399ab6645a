using System;
using System.Collections.Generic;
using Braid.Core;
using Braid.Sctp.Wire;

namespace Braid.Sctp;

/// <summary>
/// Packets that answer a peer of whom we keep nothing: INIT ACK, ABORT, SHUTDOWN COMPLETE, ERROR (RFC 9260 §5.1, §8.4).
/// Bounded: beyond that, an answer is simply not given.
/// </summary>
internal sealed class StatelessReplies(BufferPool buffers, DropCounters drops)
{
    private const int MaximumWaiting = 256;

    private readonly Queue<(PooledBuffer Packet, NetworkPath Path)> _waiting = new();

    /// <summary>Answers with a packet of one chunk.</summary>
    /// <param name="path">Where the packet that is answered came from.</param>
    /// <param name="header">Its header: the ports of the answer are the other way round.</param>
    /// <param name="tag">The verification tag of the answer.</param>
    /// <param name="type">Its one chunk.</param>
    /// <param name="flags">That chunk's flags.</param>
    /// <param name="value">What follows that chunk's header.</param>
    public void Add(
        in NetworkPath path, in PacketHeader header, VerificationTag tag, ChunkType type, byte flags, ReadOnlySpan<byte> value)
    {
        Span<byte> bytes = stackalloc byte[PacketHeader.Length + 4 + value.Length + 3];
        var packet = new PacketWriter(bytes, header.DestinationPort, header.SourcePort, tag);
        bool fits = packet.TryBeginChunk(type, flags, value.Length, out Span<byte> destination);
        Invariant.Check(fits, "a stateless reply is larger than its buffer");
        value.CopyTo(destination);
        Add(path, bytes[..packet.Finish()]);
    }

    /// <summary>Answers with a packet.</summary>
    public void Add(in NetworkPath path, ReadOnlySpan<byte> packet)
    {
        if (_waiting.Count >= MaximumWaiting)
        {
            drops.Count(DropReason.ReplyQueueFull);
            return;
        }

        _waiting.Enqueue((buffers.RentCopy(packet), path));
    }

    /// <summary>Takes the next answer.</summary>
    public bool TryTake(Span<byte> destination, out OutgoingDatagram datagram)
    {
        datagram = default;
        if (!_waiting.TryDequeue(out (PooledBuffer Packet, NetworkPath Path) reply))
        {
            return false;
        }

        reply.Packet.Span.CopyTo(destination);
        datagram = new OutgoingDatagram(reply.Packet.Length, reply.Path);
        reply.Packet.Dispose();
        return true;
    }
}
