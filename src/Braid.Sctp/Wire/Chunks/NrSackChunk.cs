using System;
using Braid.Core;

namespace Braid.Sctp.Wire;

/// <summary>
/// NR-SACK chunk, viewed in place (draft-natarajan-tsvwg-sctp-nrsack): a SACK with two lists of Gap Ack Blocks, of what its sender may
/// still drop and of what it never will.
/// </summary>
public readonly ref struct NrSackChunk : IChunk<NrSackChunk>
{
    private const int FieldsLength = 16;
    private const int EntryLength = 4;                       // a gap block and a duplicate TSN alike

    private readonly SackChunk _sack;

    private NrSackChunk(SackChunk sack) => _sack = sack;

    /// <inheritdoc/>
    public static ChunkType Type => ChunkType.NrSack;

    /// <summary>The last TSN up to which all have arrived.</summary>
    public Tsn CumulativeAck => _sack.CumulativeAck;

    /// <summary>a_rwnd, in bytes.</summary>
    public uint AdvertisedWindow => _sack.AdvertisedWindow;

    /// <summary>R Gap Ack Blocks: what may still be dropped.</summary>
    public int RenegableCount => _sack.GapCount;

    /// <summary>NR Gap Ack Blocks: what never will.</summary>
    public int NonRenegableCount => _sack.NonRenegableCount;

    /// <summary>Duplicate TSNs.</summary>
    public int DuplicateCount => _sack.DuplicateCount;

    /// <summary>What a SACK would say, and beside it what is never taken back.</summary>
    internal SackChunk Sack => _sack;

    /// <summary>One of the <see cref="RenegableCount"/> blocks. Their order and bounds are not checked.</summary>
    public GapAckBlock Renegable(int index) => _sack.Gap(index);

    /// <summary>One of the <see cref="NonRenegableCount"/> blocks. Their order and bounds are not checked.</summary>
    public GapAckBlock NonRenegable(int index) => _sack.NonRenegable(index);

    /// <summary>One of the <see cref="DuplicateCount"/> TSNs.</summary>
    public Tsn Duplicate(int index) => _sack.Duplicate(index);

    /// <summary>Bytes of a chunk with this many blocks, of both kinds, and duplicates, header included.</summary>
    public static int LengthOnWire(int gaps, int duplicates) => Tlv.HeaderLength + FieldsLength + ((gaps + duplicates) * EntryLength);

    /// <inheritdoc/>
    public static bool TryRead(in ChunkView chunk, out NrSackChunk value)
    {
        var reader = new WireReader(chunk.Value);
        if (reader.TryReadUInt32(out uint cumulative) && reader.TryReadUInt32(out uint window)
            && reader.TryReadUInt16(out ushort gaps) && reader.TryReadUInt16(out ushort nonRenegable)
            && reader.TryReadUInt16(out ushort duplicates) && reader.TryReadUInt16(out _)
            && reader.TryReadBytes(gaps * EntryLength, out ReadOnlySpan<byte> gapBytes)
            && reader.TryReadBytes(nonRenegable * EntryLength, out ReadOnlySpan<byte> nonRenegableBytes)
            && reader.TryReadBytes(duplicates * EntryLength, out ReadOnlySpan<byte> duplicateBytes)
            && reader.Remaining == 0)
        {
            value = new NrSackChunk(new SackChunk(new Tsn(cumulative), window, gapBytes, duplicateBytes, nonRenegableBytes));
            return true;
        }

        value = default;
        return false;
    }

    /// <summary>Writes a chunk; false when it does not fit.</summary>
    public static bool Write(
        ref PacketWriter packet,
        Tsn cumulativeAck,
        uint window,
        scoped ReadOnlySpan<GapAckBlock> renegable,
        scoped ReadOnlySpan<GapAckBlock> nonRenegable,
        scoped ReadOnlySpan<Tsn> duplicates)
    {
        int valueLength = LengthOnWire(renegable.Length + nonRenegable.Length, duplicates.Length) - Tlv.HeaderLength;
        if (!packet.TryBeginChunk(Type, 0, valueLength, out Span<byte> value))
        {
            return false;
        }

        var writer = new WireWriter(value);
        writer.WriteUInt32(cumulativeAck.Value);
        writer.WriteUInt32(window);
        writer.WriteUInt16((ushort)renegable.Length);
        writer.WriteUInt16((ushort)nonRenegable.Length);
        writer.WriteUInt16((ushort)duplicates.Length);
        writer.WriteUInt16(0);                               // reserved
        WriteBlocks(ref writer, renegable);
        WriteBlocks(ref writer, nonRenegable);
        foreach (Tsn tsn in duplicates)
        {
            writer.WriteUInt32(tsn.Value);
        }

        return true;
    }

    private static void WriteBlocks(ref WireWriter writer, scoped ReadOnlySpan<GapAckBlock> blocks)
    {
        foreach (GapAckBlock block in blocks)
        {
            writer.WriteUInt16(block.Start);
            writer.WriteUInt16(block.End);
        }
    }
}
