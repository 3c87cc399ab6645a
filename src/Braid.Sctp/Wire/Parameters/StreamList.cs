using System;
using System.Buffers.Binary;

namespace Braid.Sctp.Wire;

/// <summary>The stream numbers of a reset request, viewed in place (RFC 6525 §4.1, §4.2): none stand for all streams.</summary>
public readonly ref struct StreamList
{
    /// <summary>Bytes of one number.</summary>
    internal const int EntryLength = 2;

    private readonly ReadOnlySpan<byte> _bytes;

    internal StreamList(ReadOnlySpan<byte> bytes) => _bytes = bytes;

    /// <summary>Streams listed; 0 for all of them.</summary>
    public int Count => _bytes.Length / EntryLength;

    /// <summary>One of the <see cref="Count"/> numbers; any number may be there, and more than once.</summary>
    public StreamId this[int index] => BinaryPrimitives.ReadUInt16BigEndian(_bytes[(index * EntryLength)..]);

    /// <summary>A copy.</summary>
    public StreamId[] ToArray()
    {
        var streams = new StreamId[Count];
        for (int i = 0; i < streams.Length; i++)
        {
            streams[i] = this[i];
        }

        return streams;
    }

    internal static void Write(Span<byte> destination, ReadOnlySpan<StreamId> streams)
    {
        for (int i = 0; i < streams.Length; i++)
        {
            BinaryPrimitives.WriteUInt16BigEndian(destination[(i * EntryLength)..], streams[i].Value);
        }
    }
}
