using System;

namespace Braid.Sctp.Wire;

/// <summary>A set of chunk types, one bit each.</summary>
internal readonly struct ChunkTypeSet
{
    private readonly UInt128 _low;
    private readonly UInt128 _high;

    private ChunkTypeSet(UInt128 low, UInt128 high)
    {
        _low = low;
        _high = high;
    }

    /// <summary>Whether nothing is in it.</summary>
    public bool IsEmpty => _low == 0 && _high == 0;

    /// <summary>The set of all that are listed.</summary>
    public static ChunkTypeSet Of(ReadOnlySpan<byte> types)
    {
        ChunkTypeSet set = default;
        foreach (byte type in types)
        {
            set = set.With((ChunkType)type);
        }

        return set;
    }

    /// <summary>The same with one more.</summary>
    public ChunkTypeSet With(ChunkType type) =>
        (byte)type < 128 ? new(_low | (UInt128.One << (byte)type), _high) : new(_low, _high | (UInt128.One << ((byte)type - 128)));

    /// <summary>The same without one.</summary>
    public ChunkTypeSet Without(ChunkType type) =>
        (byte)type < 128 ? new(_low & ~(UInt128.One << (byte)type), _high) : new(_low, _high & ~(UInt128.One << ((byte)type - 128)));

    /// <summary>Whether a type is in it.</summary>
    public bool Contains(ChunkType type) => (((byte)type < 128 ? _low >> (byte)type : _high >> ((byte)type - 128)) & 1) != 0;
}
