using System;
using System.Buffers.Binary;
using Braid.Core;

namespace Braid.Sctp.Wire;

/// <summary>I-FORWARD-TSN chunk, viewed in place (RFC 8260 §2.3.1).</summary>
public readonly ref struct InterleavedForwardTsnChunk : IChunk<InterleavedForwardTsnChunk>
{
    private const int FieldsLength = 4;
    private const int EntryLength = 8;

    private readonly ReadOnlySpan<byte> _entries;

    private InterleavedForwardTsnChunk(Tsn newCumulativeTsn, ReadOnlySpan<byte> entries)
    {
        NewCumulativeTsn = newCumulativeTsn;
        _entries = entries;
    }

    /// <inheritdoc/>
    public static ChunkType Type => ChunkType.IForwardTsn;

    /// <summary>The receiver is to go on as if everything up to here had arrived.</summary>
    public Tsn NewCumulativeTsn { get; }

    /// <summary>How many streams it names.</summary>
    public int Count => _entries.Length / EntryLength;

    /// <summary>One of the <see cref="Count"/> entries.</summary>
    public SkippedMessage this[int index]
    {
        get
        {
            ReadOnlySpan<byte> entry = _entries.Slice(index * EntryLength, EntryLength);
            return new SkippedMessage(
                BinaryPrimitives.ReadUInt16BigEndian(entry), BinaryPrimitives.ReadUInt32BigEndian(entry[4..]), (entry[3] & 1) != 0);
        }
    }

    /// <summary>Bytes of a chunk with this many entries, header included.</summary>
    public static int LengthOnWire(int entries) => Tlv.HeaderLength + FieldsLength + (entries * EntryLength);

    /// <inheritdoc/>
    public static bool TryRead(in ChunkView chunk, out InterleavedForwardTsnChunk value)
    {
        var reader = new WireReader(chunk.Value);
        bool isWhole = reader.TryReadUInt32(out uint tsn) && reader.Remaining % EntryLength == 0;
        value = isWhole ? new InterleavedForwardTsnChunk(new Tsn(tsn), reader.Rest) : default;
        return isWhole;
    }

    /// <summary>Writes a chunk; false when it does not fit.</summary>
    public static bool Write(ref PacketWriter packet, Tsn newCumulativeTsn, scoped ReadOnlySpan<SkippedMessage> skipped)
    {
        int valueLength = LengthOnWire(skipped.Length) - Tlv.HeaderLength;
        if (!packet.TryBeginChunk(Type, 0, valueLength, out Span<byte> value))
        {
            return false;
        }

        var writer = new WireWriter(value);
        writer.WriteUInt32(newCumulativeTsn.Value);
        foreach (SkippedMessage message in skipped)
        {
            writer.WriteUInt16(message.Stream.Value);
            writer.WriteUInt16((ushort)(message.Unordered ? 1 : 0));
            writer.WriteUInt32(message.Number);
        }

        return true;
    }
}
