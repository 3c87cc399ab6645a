using System;

namespace Braid.Sctp.Wire;

/// <summary>HEARTBEAT ACK chunk, viewed in place (RFC 9260 §3.3.6).</summary>
public readonly ref struct HeartbeatAckChunk : IChunk<HeartbeatAckChunk>
{
    private HeartbeatAckChunk(ReadOnlySpan<byte> parameters, ReadOnlySpan<byte> info)
    {
        Parameters = parameters;
        Info = info;
    }

    /// <inheritdoc/>
    public static ChunkType Type => ChunkType.HeartbeatAck;

    /// <summary>All that the chunk carries, encoded.</summary>
    public ReadOnlySpan<byte> Parameters { get; }

    /// <summary>The value of the Heartbeat Info parameter: opaque to everyone but its sender.</summary>
    public ReadOnlySpan<byte> Info { get; }

    /// <inheritdoc/>
    public static bool TryRead(in ChunkView chunk, out HeartbeatAckChunk value)
    {
        var reader = new ParameterReader(chunk.Value);
        if (reader.TryRead(out ParameterView parameter) && parameter.Type == ParameterType.HeartbeatInfo)
        {
            value = new HeartbeatAckChunk(chunk.Value, parameter.Value);
            return true;
        }

        value = default;
        return false;
    }

    /// <summary>Writes a chunk; false when it does not fit.</summary>
    /// <param name="packet">The packet.</param>
    /// <param name="parameters">What the HEARTBEAT had: it goes back unchanged.</param>
    public static bool Write(ref PacketWriter packet, scoped ReadOnlySpan<byte> parameters)
    {
        if (!packet.TryBeginChunk(Type, 0, parameters.Length, out Span<byte> value))
        {
            return false;
        }

        parameters.CopyTo(value);
        return true;
    }
}
