using System;
using Braid.Core;

namespace Braid.Sctp.Wire;

/// <summary>Flags of a DATA chunk (RFC 9260 §3.3.1).</summary>
[Flags]
public enum DataFlags : byte
{
    /// <summary>A middle fragment of an ordered message.</summary>
    None = 0,

    /// <summary>E: the last fragment of its message.</summary>
    Ending = 1,

    /// <summary>B: the first fragment of its message.</summary>
    Beginning = 2,

    /// <summary>U: the message is unordered.</summary>
    Unordered = 4,

    /// <summary>I: the sender wants its SACK without delay.</summary>
    SackImmediately = 8,
}

/// <summary>What stands before the user data of a DATA chunk.</summary>
/// <param name="Tsn">Transmission sequence number.</param>
/// <param name="Stream">Stream identifier.</param>
/// <param name="Ssn">Stream sequence number; says nothing in an unordered message.</param>
/// <param name="Ppid">Payload protocol identifier.</param>
/// <param name="Flags">The flags.</param>
public readonly record struct DataHeader(Tsn Tsn, StreamId Stream, Ssn Ssn, Ppid Ppid, DataFlags Flags);

/// <summary>DATA chunk, viewed in place (RFC 9260 §3.3.1).</summary>
public readonly ref struct DataChunk : IChunk<DataChunk>
{
    /// <summary>Bytes before the user data, chunk header included.</summary>
    public const int HeaderLength = 16;

    private DataChunk(DataHeader header, ReadOnlySpan<byte> payload)
    {
        Header = header;
        Payload = payload;
    }

    /// <inheritdoc/>
    public static ChunkType Type => ChunkType.Data;

    /// <summary>All fields before the user data.</summary>
    public DataHeader Header { get; }

    /// <summary>The user data. Empty when the length is 16: the receiver answers that with "no user data" (§6.2).</summary>
    public ReadOnlySpan<byte> Payload { get; }

    /// <summary>Transmission sequence number.</summary>
    public Tsn Tsn => Header.Tsn;

    /// <summary>Stream identifier.</summary>
    public StreamId Stream => Header.Stream;

    /// <summary>Stream sequence number.</summary>
    public Ssn Ssn => Header.Ssn;

    /// <summary>Payload protocol identifier.</summary>
    public Ppid Ppid => Header.Ppid;

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
    public static bool TryRead(in ChunkView chunk, out DataChunk value)
    {
        var reader = new WireReader(chunk.Value);
        if (!(reader.TryReadUInt32(out uint tsn) & reader.TryReadUInt16(out ushort stream)
            & reader.TryReadUInt16(out ushort ssn) & reader.TryReadUInt32(out uint ppid)))
        {
            value = default;
            return false;
        }

        const DataFlags Known = DataFlags.Ending | DataFlags.Beginning | DataFlags.Unordered | DataFlags.SackImmediately;
        value = new DataChunk(new DataHeader(new Tsn(tsn), stream, new Ssn(ssn), ppid, (DataFlags)chunk.Flags & Known), reader.Rest);
        return true;
    }

    /// <summary>Writes a chunk; false when it does not fit.</summary>
    public static bool Write(ref PacketWriter packet, in DataHeader header, scoped ReadOnlySpan<byte> payload)
    {
        const int FieldsLength = HeaderLength - Tlv.HeaderLength;
        if (!packet.TryBeginChunk(Type, (byte)header.Flags, FieldsLength + payload.Length, out Span<byte> value))
        {
            return false;
        }

        var writer = new WireWriter(value);
        writer.WriteUInt32(header.Tsn.Value);
        writer.WriteUInt16(header.Stream.Value);
        writer.WriteUInt16(header.Ssn.Value);
        writer.WriteUInt32(header.Ppid.Value);
        writer.WriteBytes(payload);
        return true;
    }
}
