using System;
using System.Buffers.Binary;

namespace Braid.Fuzz;

/// <summary>Reads decisions from the bytes of an input. Behind their end there are only zeros.</summary>
/// <param name="input">The bytes.</param>
public ref struct ByteScript(ReadOnlySpan<byte> input)
{
    private ReadOnlySpan<byte> _rest = input;

    /// <summary>Whether all was read.</summary>
    public readonly bool IsAtEnd => _rest.IsEmpty;

    /// <summary>One byte.</summary>
    public byte Byte()
    {
        if (_rest.IsEmpty)
        {
            return 0;
        }

        byte value = _rest[0];
        _rest = _rest[1..];
        return value;
    }

    /// <summary>A number below a limit.</summary>
    public int Below(int limit) => Byte() % limit;

    /// <summary>Bytes behind a length of 16 bits, as many as there are.</summary>
    public ReadOnlySpan<byte> Block()
    {
        if (_rest.Length < 2)
        {
            _rest = default;
            return default;
        }

        int length = Math.Min(BinaryPrimitives.ReadUInt16BigEndian(_rest), _rest.Length - 2);
        ReadOnlySpan<byte> block = _rest.Slice(2, length);
        _rest = _rest[(2 + length)..];
        return block;
    }
}
