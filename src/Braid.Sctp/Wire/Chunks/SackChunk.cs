using System;
using System.Buffers.Binary;
using Braid.Core;

namespace Braid.Sctp.Wire;

/// <summary>A run of TSNs that have arrived, relative to the cumulative ack (RFC 9260 §3.3.4).</summary>
/// <param name="Start">Offset of the first; at least 2 in a meaningful block.</param>
/// <param name="End">Offset of the last.</param>
public readonly record struct GapAckBlock(ushort Start, ushort End);

/// <summary>SACK chunk, viewed in place (RFC 9260 §3.3.4).</summary>
public readonly ref struct SackChunk : IChunk<SackChunk>
{
    private const int FieldsLength = 12;
    private const int EntryLength = 4;                       // a gap block and a duplicate TSN alike

    private readonly ReadOnlySpan<byte> _gaps;
    private readonly ReadOnlySpan<byte> _duplicates;
    private readonly ReadOnlySpan<byte> _nonRenegable;

    /// <summary>What a SACK or an NR-SACK says.</summary>
    internal SackChunk(
        Tsn cumulativeAck,
        uint advertisedWindow,
        ReadOnlySpan<byte> gaps,
        ReadOnlySpan<byte> duplicates,
        ReadOnlySpan<byte> nonRenegable = default)
    {
        CumulativeAck = cumulativeAck;
        AdvertisedWindow = advertisedWindow;
        _gaps = gaps;
        _duplicates = duplicates;
        _nonRenegable = nonRenegable;
    }

    /// <inheritdoc/>
    public static ChunkType Type => ChunkType.Sack;

    /// <summary>The last TSN up to which all have arrived.</summary>
    public Tsn CumulativeAck { get; }

    /// <summary>a_rwnd, in bytes.</summary>
    public uint AdvertisedWindow { get; }

    /// <summary>Gap Ack Blocks.</summary>
    public int GapCount => _gaps.Length / EntryLength;

    /// <summary>Duplicate TSNs.</summary>
    public int DuplicateCount => _duplicates.Length / EntryLength;

    /// <summary>One of the <see cref="GapCount"/> blocks. Their order and bounds are not checked.</summary>
    public GapAckBlock Gap(int index) => Block(_gaps, index);

    /// <summary>Whether anything is reported beyond the cumulative ack.</summary>
    internal bool HasGaps => _gaps.Length + _nonRenegable.Length > 0;

    /// <summary>Blocks of what is never taken back; a SACK has none.</summary>
    internal int NonRenegableCount => _nonRenegable.Length / EntryLength;

    /// <summary>One of the <see cref="NonRenegableCount"/> blocks, as little checked as the others.</summary>
    internal GapAckBlock NonRenegable(int index) => Block(_nonRenegable, index);

    /// <summary>One of the <see cref="DuplicateCount"/> TSNs.</summary>
    public Tsn Duplicate(int index) => new(BinaryPrimitives.ReadUInt32BigEndian(_duplicates[(index * EntryLength)..]));

    /// <summary>Bytes of a chunk with this many blocks and duplicates, header included.</summary>
    public static int LengthOnWire(int gaps, int duplicates) => Tlv.HeaderLength + FieldsLength + ((gaps + duplicates) * EntryLength);

    /// <inheritdoc/>
    public static bool TryRead(in ChunkView chunk, out SackChunk value)
    {
        var reader = new WireReader(chunk.Value);
        if (reader.TryReadUInt32(out uint cumulative) && reader.TryReadUInt32(out uint window)
            && reader.TryReadUInt16(out ushort gaps) && reader.TryReadUInt16(out ushort duplicates)
            && reader.TryReadBytes(gaps * EntryLength, out ReadOnlySpan<byte> gapBytes)
            && reader.TryReadBytes(duplicates * EntryLength, out ReadOnlySpan<byte> duplicateBytes)
            && reader.Remaining == 0)
        {
            value = new SackChunk(new Tsn(cumulative), window, gapBytes, duplicateBytes);
            return true;
        }

        value = default;
        return false;
    }

    /// <summary>Writes a chunk; false when it does not fit.</summary>
    public static bool Write(
        ref PacketWriter packet, Tsn cumulativeAck, uint window, scoped ReadOnlySpan<GapAckBlock> gaps, scoped ReadOnlySpan<Tsn> duplicates)
    {
        int valueLength = LengthOnWire(gaps.Length, duplicates.Length) - Tlv.HeaderLength;
        if (!packet.TryBeginChunk(Type, 0, valueLength, out Span<byte> value))
        {
            return false;
        }

        var writer = new WireWriter(value);
        writer.WriteUInt32(cumulativeAck.Value);
        writer.WriteUInt32(window);
        writer.WriteUInt16((ushort)gaps.Length);
        writer.WriteUInt16((ushort)duplicates.Length);
        foreach (GapAckBlock gap in gaps)
        {
            writer.WriteUInt16(gap.Start);
            writer.WriteUInt16(gap.End);
        }

        foreach (Tsn tsn in duplicates)
        {
            writer.WriteUInt32(tsn.Value);
        }

        return true;
    }

    private static GapAckBlock Block(ReadOnlySpan<byte> blocks, int index) => new(
        BinaryPrimitives.ReadUInt16BigEndian(blocks[(index * EntryLength)..]),
        BinaryPrimitives.ReadUInt16BigEndian(blocks[((index * EntryLength) + 2)..]));
}
