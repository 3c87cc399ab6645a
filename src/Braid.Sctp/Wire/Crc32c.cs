using System;
using System.Buffers.Binary;
using System.Numerics;

namespace Braid.Sctp.Wire;

/// <summary>
/// CRC32c (RFC 9260 §6.8, Appendix A), in the fastest way that the processor has: folded by carry-less multiplications of 512
/// bits, as three interleaved streams of its CRC instruction, or with that instruction alone.
/// </summary>
public static class Crc32c
{
    /// <summary>The checksum of a packet, its checksum field taken for zero, as it reads in network order.</summary>
    /// <param name="packet">A whole packet, at least 12 bytes.</param>
    public static uint Compute(ReadOnlySpan<byte> packet)
    {
        ulong front = BinaryPrimitives.ReadUInt64LittleEndian(packet);
        uint state = BitOperations.Crc32C(uint.MaxValue, front);
        state = BitOperations.Crc32C(state, 0u);
        state = ~Append(state, packet[PacketHeader.Length..]);

        // Appendix A: the bits go out in the order in which the register shifts them, which is the bytes reversed.
        return BinaryPrimitives.ReverseEndianness(state);
    }

    /// <summary>Goes on with a state that was not complemented.</summary>
    /// <param name="state">All ones at the beginning.</param>
    /// <param name="bytes">What comes next.</param>
    public static uint Append(uint state, ReadOnlySpan<byte> bytes)
    {
        if (Crc32cFolding.IsSupported)
        {
            state = Crc32cFolding.Append(state, ref bytes);
        }
        else if (Crc32cStreams.IsSupported)
        {
            state = Crc32cStreams.Append(state, ref bytes);
        }

        return AppendSerial(state, bytes);
    }

    /// <summary>One stream, with the instruction where there is one: three cycles for 8 bytes.</summary>
    internal static uint AppendSerial(uint state, ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length >= sizeof(ulong))
        {
            state = BitOperations.Crc32C(state, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            bytes = bytes[sizeof(ulong)..];
        }

        if (bytes.Length >= sizeof(uint))
        {
            state = BitOperations.Crc32C(state, BinaryPrimitives.ReadUInt32LittleEndian(bytes));
            bytes = bytes[sizeof(uint)..];
        }

        foreach (byte value in bytes)
        {
            state = BitOperations.Crc32C(state, value);
        }

        return state;
    }
}
