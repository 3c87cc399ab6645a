using System;
using System.Buffers.Binary;

namespace Braid.Sctp.Wire;

/// <summary>
/// The rule that chunks, parameters and causes share (RFC 9260 §3.2, §3.2.1, §3.3.10): 4 bytes of header whose last two are
/// a length that counts the header but not the padding; then padding to a multiple of 4, never more than 3 bytes.
/// </summary>
internal static class Tlv
{
    /// <summary>Bytes of the header.</summary>
    public const int HeaderLength = 4;

    /// <summary>The greatest length that the field can say.</summary>
    public const int MaximumLength = ushort.MaxValue;

    /// <summary>A length with its padding.</summary>
    public static int Padded(int length) => (length + 3) & ~3;

    /// <summary>Cuts the next element off the front of <paramref name="rest"/>.</summary>
    /// <param name="rest">What is left; shortened by the element and its padding, which may be missing at the very end.</param>
    /// <param name="element">Header and value, without padding.</param>
    /// <returns>False when the length is less than a header or reaches past the end: nothing was cut.</returns>
    public static bool TryTake(scoped ref ReadOnlySpan<byte> rest, out ReadOnlySpan<byte> element)
    {
        element = default;
        if (rest.Length < HeaderLength)
        {
            return false;
        }

        int length = BinaryPrimitives.ReadUInt16BigEndian(rest[2..]);
        if (length < HeaderLength || length > rest.Length)
        {
            return false;
        }

        element = rest[..length];
        rest = rest[Math.Min(Padded(length), rest.Length)..];
        return true;
    }

    /// <summary>Writes a 16-bit type and a length, and gives the room for the value.</summary>
    /// <param name="destination">What is left of the buffer.</param>
    /// <param name="type">The type, or a chunk's type and flags.</param>
    /// <param name="valueLength">Bytes of value.</param>
    /// <param name="value">Where they go.</param>
    /// <returns>False when header and value do not fit.</returns>
    public static bool TryBegin(Span<byte> destination, ushort type, int valueLength, out Span<byte> value)
    {
        int length = HeaderLength + valueLength;
        if (length > destination.Length || length > MaximumLength)
        {
            value = default;
            return false;
        }

        BinaryPrimitives.WriteUInt16BigEndian(destination, type);
        BinaryPrimitives.WriteUInt16BigEndian(destination[2..], (ushort)length);
        value = destination.Slice(HeaderLength, valueLength);
        return true;
    }
}

/// <summary>
/// Elements one behind the other inside a chunk. The padding between them is zeroed; that of the last is left out, because
/// the length of the chunk does not count it (RFC 9260 §3.2).
/// </summary>
/// <param name="destination">Where they go.</param>
internal ref struct TlvWriter(Span<byte> destination)
{
    private readonly Span<byte> _destination = destination;

    /// <summary>Bytes written.</summary>
    public int Length { get; private set; }

    /// <summary>What was written.</summary>
    public readonly ReadOnlySpan<byte> Written => _destination[..Length];

    public bool TryBegin(ushort type, int valueLength, out Span<byte> value)
    {
        value = default;
        int start = Tlv.Padded(Length);
        if (start > _destination.Length || !Tlv.TryBegin(_destination[start..], type, valueLength, out value))
        {
            return false;
        }

        _destination[Length..start].Clear();
        Length = start + Tlv.HeaderLength + valueLength;
        return true;
    }

    public bool TryWrite(ushort type, scoped ReadOnlySpan<byte> content)
    {
        if (!TryBegin(type, content.Length, out Span<byte> value))
        {
            return false;
        }

        content.CopyTo(value);
        return true;
    }
}
