using System;
using System.Buffers.Binary;

namespace Braid.Ice.Turn;

/// <summary>A ChannelData message: 4 bytes in front of the data (RFC 8656 §12.4).</summary>
public static class ChannelData
{
    /// <summary>Bytes in front of the data.</summary>
    public const int HeaderLength = 4;

    /// <summary>The first number of a channel.</summary>
    public const ushort FirstChannel = 0x4000;

    /// <summary>The last number of a channel.</summary>
    public const ushort LastChannel = 0x4FFF;

    /// <summary>Whether bytes may be ChannelData (RFC 7983 §7): the first one tells it.</summary>
    public static bool LooksLikeChannelData(ReadOnlySpan<byte> bytes) => bytes.Length >= HeaderLength && bytes[0] >> 4 == 4;

    /// <summary>Reads a message; what follows it is padding.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out ushort channel, out ReadOnlySpan<byte> data)
    {
        channel = 0;
        data = default;
        if (!LooksLikeChannelData(bytes))
        {
            return false;
        }

        int length = BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]);
        if (length > bytes.Length - HeaderLength)
        {
            return false;
        }

        channel = BinaryPrimitives.ReadUInt16BigEndian(bytes);
        data = bytes.Slice(HeaderLength, length);
        return true;
    }

    /// <summary>Writes a message.</summary>
    /// <param name="destination">Where it goes.</param>
    /// <param name="channel">The channel.</param>
    /// <param name="data">The data.</param>
    /// <param name="isPadded">Over a stream each message is a multiple of 4 bytes (RFC 8656 §12.5).</param>
    /// <returns>Its length with padding; 0 when it does not fit.</returns>
    public static int Write(Span<byte> destination, ushort channel, ReadOnlySpan<byte> data, bool isPadded)
    {
        int length = HeaderLength + data.Length;
        int padded = isPadded ? (length + 3) & ~3 : length;
        if (data.Length > ushort.MaxValue || padded > destination.Length)
        {
            return 0;
        }

        BinaryPrimitives.WriteUInt16BigEndian(destination, channel);
        BinaryPrimitives.WriteUInt16BigEndian(destination[2..], (ushort)data.Length);
        data.CopyTo(destination[HeaderLength..]);
        destination[length..padded].Clear();
        return padded;
    }
}
