using System;

namespace Braid.Sctp.Wire;

/// <summary>HEARTBEAT chunk, viewed in place (RFC 9260 §3.3.5).</summary>
public readonly ref struct HeartbeatChunk : IChunk<HeartbeatChunk>
{
    private HeartbeatChunk(ReadOnlySpan<byte> parameters, ReadOnlySpan<byte> info)
    {
        Parameters = parameters;
        Info = info;
    }

    /// <inheritdoc/>
    public static ChunkType Type => ChunkType.Heartbeat;

    /// <summary>All that the chunk carries, encoded.</summary>
    public ReadOnlySpan<byte> Parameters { get; }

    /// <summary>The value of the Heartbeat Info parameter: opaque to everyone but its sender.</summary>
    public ReadOnlySpan<byte> Info { get; }

    /// <inheritdoc/>
    public static bool TryRead(in ChunkView chunk, out HeartbeatChunk value)
    {
        var reader = new ParameterReader(chunk.Value);
        while (reader.TryRead(out ParameterView parameter))
        {
            if (parameter.Type == ParameterType.HeartbeatInfo)
            {
                value = new HeartbeatChunk(chunk.Value, parameter.Value);
                return true;
            }
        }

        value = default;
        return false;
    }

    /// <summary>Writes a chunk with one Heartbeat Info parameter; false when it does not fit.</summary>
    /// <param name="packet">The packet.</param>
    /// <param name="info">What the peer is to send back.</param>
    public static bool Write(ref PacketWriter packet, scoped ReadOnlySpan<byte> info)
    {
        if (!packet.TryBeginChunk(Type, 0, Tlv.HeaderLength + info.Length, out Span<byte> value))
        {
            return false;
        }

        new ParameterWriter(value).TryWrite(ParameterType.HeartbeatInfo, info);
        return true;
    }
}
