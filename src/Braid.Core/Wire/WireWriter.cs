using System;
using System.Buffers.Binary;

namespace Braid.Core;

/// <summary>
/// Writes big-endian fields to the front of a span that the caller has measured: running out of room is a programmer's
/// error and throws. Never reads what it overwrites.
/// </summary>
/// <param name="destination">Where the fields go.</param>
public ref struct WireWriter(Span<byte> destination)
{
    private readonly Span<byte> _destination = destination;

    /// <summary>Bytes written so far.</summary>
    public int Written { get; private set; }

    /// <summary>Writes one byte.</summary>
    public void WriteByte(byte value)
    {
        _destination[Written] = value;
        Written++;
    }

    /// <summary>Writes 2 bytes.</summary>
    public void WriteUInt16(ushort value)
    {
        BinaryPrimitives.WriteUInt16BigEndian(_destination[Written..], value);
        Written += sizeof(ushort);
    }

    /// <summary>Writes 4 bytes.</summary>
    public void WriteUInt32(uint value)
    {
        BinaryPrimitives.WriteUInt32BigEndian(_destination[Written..], value);
        Written += sizeof(uint);
    }

    /// <summary>Writes 8 bytes.</summary>
    public void WriteUInt64(ulong value)
    {
        BinaryPrimitives.WriteUInt64BigEndian(_destination[Written..], value);
        Written += sizeof(ulong);
    }

    /// <summary>Writes bytes as they are.</summary>
    public void WriteBytes(scoped ReadOnlySpan<byte> value)
    {
        value.CopyTo(_destination[Written..]);
        Written += value.Length;
    }

    /// <summary>Writes <paramref name="count"/> zero bytes.</summary>
    public void WriteZeros(int count)
    {
        _destination.Slice(Written, count).Clear();
        Written += count;
    }
}
