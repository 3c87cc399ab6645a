using System;
using System.Buffers.Binary;
using Braid.Core;

namespace Braid.Sctp.Wire;

/// <summary>The highest message of one stream that will not come any more (RFC 3758 §3.2, RFC 8260 §2.3.1).</summary>
/// <param name="Stream">The stream.</param>
/// <param name="Number">Its stream sequence number: 16 bits, or the 32 of a message identifier where messages are interleaved.</param>
/// <param name="Unordered">Whether it is that of an unordered message; only I-FORWARD-TSN names those.</param>
public readonly record struct SkippedMessage(StreamId Stream, uint Number, bool Unordered = false);

/// <summary>FORWARD TSN chunk, viewed in place (RFC 3758 §3.2).</summary>
public readonly ref struct ForwardTsnChunk : IChunk<ForwardTsnChunk>
{
    private const int EntryLength = 4;

    private readonly ReadOnlySpan<byte> _skipped;

    private ForwardTsnChunk(Tsn newCumulative, ReadOnlySpan<byte> skipped)
    {
        NewCumulative = newCumulative;
        _skipped = skipped;
    }

    /// <inheritdoc/>
    public static ChunkType Type => ChunkType.ForwardTsn;

    /// <summary>TSNs up to this one that are missing will not come.</summary>
    public Tsn NewCumulative { get; }

    /// <summary>Streams of which ordered messages are skipped.</summary>
    public int SkippedCount => _skipped.Length / EntryLength;

    /// <summary>One of the <see cref="SkippedCount"/> streams. Neither their order nor whether they exist is checked.</summary>
    public SkippedMessage Skipped(int index) => new(
        BinaryPrimitives.ReadUInt16BigEndian(_skipped[(index * EntryLength)..]),
        BinaryPrimitives.ReadUInt16BigEndian(_skipped[((index * EntryLength) + 2)..]));

    /// <summary>Bytes of a chunk that names this many streams, header included.</summary>
    public static int LengthOnWire(int skipped) => Tlv.HeaderLength + sizeof(uint) + (skipped * EntryLength);

    /// <inheritdoc/>
    public static bool TryRead(in ChunkView chunk, out ForwardTsnChunk value)
    {
        var reader = new WireReader(chunk.Value);
        if (reader.TryReadUInt32(out uint tsn) && reader.Remaining % EntryLength == 0
            && reader.TryReadBytes(reader.Remaining, out ReadOnlySpan<byte> skipped))
        {
            value = new ForwardTsnChunk(new Tsn(tsn), skipped);
            return true;
        }

        value = default;
        return false;
    }

    /// <summary>Writes a chunk; false when it does not fit. Of a number, the lower 16 bits are written.</summary>
    public static bool Write(ref PacketWriter packet, Tsn newCumulative, scoped ReadOnlySpan<SkippedMessage> skipped)
    {
        if (!packet.TryBeginChunk(Type, 0, LengthOnWire(skipped.Length) - Tlv.HeaderLength, out Span<byte> value))
        {
            return false;
        }

        var writer = new WireWriter(value);
        writer.WriteUInt32(newCumulative.Value);
        foreach (SkippedMessage message in skipped)
        {
            writer.WriteUInt16(message.Stream.Value);
            writer.WriteUInt16((ushort)message.Number);
        }

        return true;
    }
}
