using System;
using Braid.Core;

namespace Braid.Sctp.Wire;

/// <summary>The fixed fields of INIT and INIT ACK (RFC 9260 §3.3.2, §3.3.3).</summary>
/// <param name="InitiateTag">The verification tag of packets to the sender; 0 is not allowed.</param>
/// <param name="AdvertisedWindow">a_rwnd, in bytes; at least 1500.</param>
/// <param name="OutgoingStreams">OS: streams that the sender wants; 0 is not allowed.</param>
/// <param name="IncomingStreams">MIS: streams that it allows; 0 is not allowed.</param>
/// <param name="InitialTsn">The sender's first TSN.</param>
public readonly record struct InitFields(
    VerificationTag InitiateTag, uint AdvertisedWindow, ushort OutgoingStreams, ushort IncomingStreams, Tsn InitialTsn);

/// <summary>INIT or INIT ACK chunk, viewed in place: they differ in their type only (RFC 9260 §3.3.2, §3.3.3).</summary>
public readonly ref struct InitChunk : IChunk<InitChunk>
{
    private const int FieldsLength = 16;

    private readonly ReadOnlySpan<byte> _parameters;

    private InitChunk(InitFields fields, ReadOnlySpan<byte> parameters)
    {
        Fields = fields;
        _parameters = parameters;
    }

    /// <inheritdoc/>
    public static ChunkType Type => ChunkType.Init;

    /// <summary>The fixed fields. Whether their values are allowed is for the association to judge.</summary>
    public InitFields Fields { get; }

    /// <inheritdoc cref="InitFields.InitiateTag"/>
    public VerificationTag InitiateTag => Fields.InitiateTag;

    /// <summary>The parameters, from the first.</summary>
    public ParameterReader Parameters => new(_parameters);

    /// <inheritdoc/>
    public static bool TryRead(in ChunkView chunk, out InitChunk value)
    {
        var reader = new WireReader(chunk.Value);
        if (!(reader.TryReadUInt32(out uint tag) & reader.TryReadUInt32(out uint window)
            & reader.TryReadUInt16(out ushort outgoing) & reader.TryReadUInt16(out ushort incoming)
            & reader.TryReadUInt32(out uint tsn)))
        {
            value = default;
            return false;
        }

        value = new InitChunk(new InitFields(new VerificationTag(tag), window, outgoing, incoming, new Tsn(tsn)), reader.Rest);
        return true;
    }

    /// <summary>Writes a chunk; false when it does not fit.</summary>
    /// <param name="packet">The packet; nothing else may be in it (§6.10).</param>
    /// <param name="type">INIT or INIT ACK.</param>
    /// <param name="fields">The fixed fields.</param>
    /// <param name="parameters">Encoded parameters, without the padding of the last.</param>
    public static bool Write(ref PacketWriter packet, ChunkType type, in InitFields fields, scoped ReadOnlySpan<byte> parameters)
    {
        if (!packet.TryBeginChunk(type, 0, FieldsLength + parameters.Length, out Span<byte> value))
        {
            return false;
        }

        var writer = new WireWriter(value);
        writer.WriteUInt32(fields.InitiateTag.Value);
        writer.WriteUInt32(fields.AdvertisedWindow);
        writer.WriteUInt16(fields.OutgoingStreams);
        writer.WriteUInt16(fields.IncomingStreams);
        writer.WriteUInt32(fields.InitialTsn.Value);
        writer.WriteBytes(parameters);
        return true;
    }
}
