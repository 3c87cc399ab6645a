using System;

namespace Braid.Sctp.Wire;

/// <summary>Chunk List parameter (RFC 4895 §3.2), viewed in place: what its sender takes only when it is authenticated.</summary>
public readonly ref struct ChunkListParameter
{
    /// <summary>Bytes that it takes at most.</summary>
    internal const int LongestOnWire = 260;

    private readonly ReadOnlySpan<byte> _types;

    private ChunkListParameter(ReadOnlySpan<byte> types) => _types = types;

    /// <summary>Types listed.</summary>
    public int Count => _types.Length;

    /// <summary>Views a parameter.</summary>
    public static ChunkListParameter Read(in ParameterView parameter) => new(parameter.Value);

    /// <summary>Writes a list of types; false when it does not fit.</summary>
    public static bool TryWrite(ref ParameterWriter writer, scoped ReadOnlySpan<ChunkType> types)
    {
        if (!writer.TryBegin(ParameterType.ChunkList, types.Length, out Span<byte> value))
        {
            return false;
        }

        for (int i = 0; i < types.Length; i++)
        {
            value[i] = (byte)types[i];
        }

        return true;
    }

    /// <summary>Whether a type is listed and counts: INIT, INIT ACK, SHUTDOWN COMPLETE and AUTH are ignored.</summary>
    public bool Contains(ChunkType type) => MayList(type) && _types.Contains((byte)type);

    /// <summary>Whether a type may be listed: all but INIT, INIT ACK, SHUTDOWN COMPLETE and AUTH.</summary>
    public static bool MayList(ChunkType type) =>
        type is not (ChunkType.Init or ChunkType.InitAck or ChunkType.ShutdownComplete or ChunkType.Auth);

    /// <summary>What counts of it.</summary>
    internal ChunkTypeSet ToSet() => ChunkTypeSet.Of(_types)
        .Without(ChunkType.Init).Without(ChunkType.InitAck).Without(ChunkType.ShutdownComplete).Without(ChunkType.Auth);
}
