using System;
using Braid.Core;

namespace Braid.Sctp.Wire;

/// <summary>What stands before the user data of an I-DATA chunk.</summary>
/// <param name="Tsn">Transmission sequence number.</param>
/// <param name="Stream">Stream identifier.</param>
/// <param name="Mid">Message identifier.</param>
/// <param name="Ppid">Payload protocol identifier; only the first fragment of a message has it, else it is 0.</param>
/// <param name="Fsn">Fragment sequence number: 0 for the first fragment.</param>
/// <param name="Flags">The flags.</param>
public readonly record struct InterleavedDataHeader(Tsn Tsn, StreamId Stream, Mid Mid, Ppid Ppid, uint Fsn, DataFlags Flags);

/// <summary>I-DATA chunk, viewed in place (RFC 8260 §2.1).</summary>
public readonly ref struct InterleavedDataChunk : IChunk<InterleavedDataChunk>
{
    /// <summary>Bytes before the user data, chunk header included.</summary>
    public const int HeaderLength = 20;

    private InterleavedDataChunk(InterleavedDataHeader header, ReadOnlySpan<byte> payload)
    {
        Header = header;
        Payload = payload;
    }

    /// <inheritdoc/>
    public static ChunkType Type => ChunkType.IData;

    /// <summary>All fields before the user data.</summary>
    public InterleavedDataHeader Header { get; }

    /// <summary>The user data. Empty when the length is 20.</summary>
    public ReadOnlySpan<byte> Payload { get; }

    /// <summary>Transmission sequence number.</summary>
    public Tsn Tsn => Header.Tsn;

    /// <summary>Stream identifier.</summary>
    public StreamId Stream => Header.Stream;

    /// <summary>Message identifier.</summary>
    public Mid Mid => Header.Mid;

    /// <summary>Payload protocol identifier, in the first fragment.</summary>
    public Ppid Ppid => Header.Ppid;

    /// <summary>Fragment sequence number.</summary>
    public uint Fsn => Header.Fsn;

    /// <summary>The U bit.</summary>
    public bool Unordered => (Header.Flags & DataFlags.Unordered) != 0;

    /// <summary>The B bit.</summary>
    public bool Beginning => (Header.Flags & DataFlags.Beginning) != 0;

    /// <summary>The E bit.</summary>
    public bool Ending => (Header.Flags & DataFlags.Ending) != 0;

    /// <summary>The I bit (RFC 7053).</summary>
    public bool SackImmediately => (Header.Flags & DataFlags.SackImmediately) != 0;

    /// <summary>Bytes of a chunk with this much user data, header and padding included.</summary>
    public static int LengthOnWire(int payloadLength) => Tlv.Padded(HeaderLength + payloadLength);

    /// <inheritdoc/>
    public static bool TryRead(in ChunkView chunk, out InterleavedDataChunk value)
    {
        var reader = new WireReader(chunk.Value);
        if (!(reader.TryReadUInt32(out uint tsn) & reader.TryReadUInt16(out ushort stream) & reader.TryReadUInt16(out _)
            & reader.TryReadUInt32(out uint mid) & reader.TryReadUInt32(out uint ppidOrFsn)))
        {
            value = default;
            return false;
        }

        const DataFlags Known = DataFlags.Ending | DataFlags.Beginning | DataFlags.Unordered | DataFlags.SackImmediately;
        DataFlags flags = (DataFlags)chunk.Flags & Known;
        bool isFirst = (flags & DataFlags.Beginning) != 0;   // the B bit says what the last field is
        value = new InterleavedDataChunk(
            new InterleavedDataHeader(new Tsn(tsn), stream, new Mid(mid), isFirst ? ppidOrFsn : 0, isFirst ? 0 : ppidOrFsn, flags), reader.Rest);
        return true;
    }

    /// <summary>Writes a chunk; false when it does not fit.</summary>
    public static bool Write(ref PacketWriter packet, in InterleavedDataHeader header, scoped ReadOnlySpan<byte> payload)
    {
        const int FieldsLength = HeaderLength - Tlv.HeaderLength;
        if (!packet.TryBeginChunk(Type, (byte)header.Flags, FieldsLength + payload.Length, out Span<byte> value))
        {
            return false;
        }

        var writer = new WireWriter(value);
        writer.WriteUInt32(header.Tsn.Value);
        writer.WriteUInt16(header.Stream.Value);
        writer.WriteUInt16(0);
        writer.WriteUInt32(header.Mid.Value);
        writer.WriteUInt32((header.Flags & DataFlags.Beginning) != 0 ? header.Ppid.Value : header.Fsn);
        writer.WriteBytes(payload);
        return true;
    }
}
