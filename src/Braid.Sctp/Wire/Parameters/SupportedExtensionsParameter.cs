using System;

namespace Braid.Sctp.Wire;

/// <summary>Supported Extensions parameter (RFC 5061 §4.2.7), viewed in place: chunk types that its sender takes.</summary>
public readonly ref struct SupportedExtensionsParameter
{
    private readonly ReadOnlySpan<byte> _types;

    private SupportedExtensionsParameter(ReadOnlySpan<byte> types) => _types = types;

    /// <summary>Types listed.</summary>
    public int Count => _types.Length;

    /// <summary>Views a parameter.</summary>
    public static SupportedExtensionsParameter Read(in ParameterView parameter) => new(parameter.Value);

    /// <summary>Writes a list of types; false when it does not fit.</summary>
    public static bool TryWrite(ref ParameterWriter writer, scoped ReadOnlySpan<ChunkType> types)
    {
        if (!writer.TryBegin(ParameterType.SupportedExtensions, types.Length, out Span<byte> value))
        {
            return false;
        }

        for (int i = 0; i < types.Length; i++)
        {
            value[i] = (byte)types[i];
        }

        return true;
    }

    /// <summary>Whether a type is listed.</summary>
    public bool Contains(ChunkType type) => _types.Contains((byte)type);
}
