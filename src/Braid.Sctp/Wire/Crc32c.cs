using System;
using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace Braid.Sctp.Wire;

/// <summary>
/// CRC32c (RFC 9260 §6.8, Appendix A). The instruction that computes 8 bytes of it takes three cycles to give its result
/// but can start each cycle, so long packets run as three streams whose states are joined at the end.
/// </summary>
public static class Crc32c
{
    // Bytes of one stream. Joining costs about as much as 64 bytes, so it is worth it from a few hundred on.
    private const int LongStride = 336;
    private const int ShortStride = 64;

    private static readonly uint[] s_skipLong = MakeSkipTable(LongStride);
    private static readonly uint[] s_skipShort = MakeSkipTable(ShortStride);

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
    public static uint Append(uint state, ReadOnlySpan<byte> bytes) =>
        Sse42.X64.IsSupported ? AppendInterleaved(state, bytes) : AppendSerial(state, bytes);

    /// <summary>One stream, with the instruction where there is one.</summary>
    internal static uint AppendSerial(uint state, ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length >= sizeof(ulong))
        {
            state = BitOperations.Crc32C(state, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            bytes = bytes[sizeof(ulong)..];
        }

        foreach (byte value in bytes)
        {
            state = BitOperations.Crc32C(state, value);
        }

        return state;
    }

    /// <summary>Three streams at a time, as long as there is enough for them.</summary>
    internal static uint AppendInterleaved(uint state, ReadOnlySpan<byte> bytes)
    {
        state = AppendStrides(state, ref bytes, LongStride, s_skipLong);
        state = AppendStrides(state, ref bytes, ShortStride, s_skipShort);
        return AppendSerial(state, bytes);
    }

    private static uint AppendStrides(uint state, ref ReadOnlySpan<byte> bytes, int stride, uint[] skip)
    {
        while (bytes.Length >= 3 * stride)
        {
            ReadOnlySpan<ulong> first = MemoryMarshal.Cast<byte, ulong>(bytes[..stride]);
            ReadOnlySpan<ulong> second = MemoryMarshal.Cast<byte, ulong>(bytes.Slice(stride, stride));
            ReadOnlySpan<ulong> third = MemoryMarshal.Cast<byte, ulong>(bytes.Slice(2 * stride, stride));
            ulong a = state;
            ulong b = 0;
            ulong c = 0;
            for (int i = 0; i < first.Length && i < second.Length && i < third.Length; i++)
            {
                a = Sse42.X64.Crc32(a, first[i]);
                b = Sse42.X64.Crc32(b, second[i]);
                c = Sse42.X64.Crc32(c, third[i]);
            }

            // A CRC is linear: the state of a stream, moved over as many zero bytes as the next one has, adds to it.
            state = Skip(skip, Skip(skip, (uint)a) ^ (uint)b) ^ (uint)c;
            bytes = bytes[(3 * stride)..];
        }

        return state;
    }

    private static uint Skip(uint[] table, uint state) =>
        table[state & 0xFF] ^ table[0x100 + ((state >> 8) & 0xFF)]
        ^ table[0x200 + ((state >> 16) & 0xFF)] ^ table[0x300 + (state >> 24)];

    /// <summary>For each byte of a state, what it becomes when <paramref name="zeros"/> zero bytes pass.</summary>
    private static uint[] MakeSkipTable(int zeros)
    {
        var table = new uint[4 * 256];
        Span<byte> passing = stackalloc byte[zeros];
        passing.Clear();
        for (int place = 0; place < 4; place++)
        {
            for (uint value = 0; value < 256; value++)
            {
                table[(place * 256) + (int)value] = AppendSerial(value << (8 * place), passing);
            }
        }

        return table;
    }
}
