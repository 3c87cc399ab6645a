using System;
using System.Buffers.Binary;
using Braid.Core;

namespace Braid.Sctp.Wire;

/// <summary>ASCONF-ACK chunk, viewed in place (RFC 5061 §4.1.2).</summary>
public readonly ref struct AsconfAckChunk : IChunk<AsconfAckChunk>
{
    private const int NumberLength = 4;

    /// <summary>Bytes before the parameters.</summary>
    internal const int HeaderLength = Tlv.HeaderLength + NumberLength;

    private readonly ReadOnlySpan<byte> _parameters;

    private AsconfAckChunk(uint number, ReadOnlySpan<byte> parameters)
    {
        Number = number;
        _parameters = parameters;
    }

    /// <inheritdoc/>
    public static ChunkType Type => ChunkType.AsconfAck;

    /// <summary>Sequence Number of the ASCONF that it answers.</summary>
    public uint Number { get; }

    /// <summary>ASCONF Parameter Responses; none where all was done.</summary>
    public ParameterReader Parameters => new(_parameters);

    /// <summary>Views a chunk; false when it is too short.</summary>
    public static bool TryRead(in ChunkView chunk, out AsconfAckChunk value)
    {
        var reader = new WireReader(chunk.Value);
        bool isWhole = reader.TryReadUInt32(out uint number);
        value = isWhole ? new AsconfAckChunk(number, reader.Rest) : default;
        return isWhole;
    }

    /// <summary>Writes a chunk; false when it does not fit.</summary>
    /// <param name="packet">The packet.</param>
    /// <param name="number">Sequence Number.</param>
    /// <param name="parameters">The responses, encoded.</param>
    public static bool Write(ref PacketWriter packet, uint number, scoped ReadOnlySpan<byte> parameters)
    {
        if (!packet.TryBeginChunk(Type, 0, NumberLength + parameters.Length, out Span<byte> value))
        {
            return false;
        }

        BinaryPrimitives.WriteUInt32BigEndian(value, number);
        parameters.CopyTo(value[NumberLength..]);
        return true;
    }
}
