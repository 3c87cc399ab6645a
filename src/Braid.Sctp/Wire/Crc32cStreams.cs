using System;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Arm = System.Runtime.Intrinsics.Arm;
using X86 = System.Runtime.Intrinsics.X86;

namespace Braid.Sctp.Wire;

/// <summary>
/// CRC32c as three streams at a time: the instruction that takes in 8 bytes gives its result after three cycles but can begin
/// each cycle. A CRC is linear, so the state of a stream, moved over as many zero bytes as there are behind it, adds to what
/// comes there; both are moved by one carry-less multiplication each.
/// </summary>
internal static class Crc32cStreams
{
    private const int LongestStride = 1024;                  // bytes of one stream
    private const int ShortestStride = 32;                   // below that, joining costs more than it gains

    // For strides of 8, 16, ... bytes: x^(8n-33), which a product with takes to x^8n by the instruction's own x^33.
    private static readonly uint[] s_skip = MakeSkips();

    /// <summary>Whether the processor has both instructions.</summary>
    public static bool IsSupported =>
        (X86.Sse42.X64.IsSupported && X86.Pclmulqdq.IsSupported) || (Arm.Crc32.Arm64.IsSupported && Arm.Aes.IsSupported);

    /// <summary>Takes in most of the bytes, and leaves the end for one stream.</summary>
    public static uint Append(uint state, ref ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length >= 3 * ShortestStride)
        {
            int words = Math.Min(bytes.Length / 3, LongestStride) / sizeof(ulong);
            int stride = words * sizeof(ulong);
            ReadOnlySpan<ulong> first = MemoryMarshal.Cast<byte, ulong>(bytes[..stride]);
            ReadOnlySpan<ulong> second = MemoryMarshal.Cast<byte, ulong>(bytes.Slice(stride, stride));
            ReadOnlySpan<ulong> third = MemoryMarshal.Cast<byte, ulong>(bytes.Slice(2 * stride, stride));
            uint a = state;
            uint b = 0;
            uint c = 0;
            for (int i = 0; i < first.Length && i < second.Length && i < third.Length; i++)
            {
                a = BitOperations.Crc32C(a, LittleEndian(first[i]));
                b = BitOperations.Crc32C(b, LittleEndian(second[i]));
                c = BitOperations.Crc32C(c, LittleEndian(third[i]));
            }

            ulong moved = Multiply(a, s_skip[2 * words]) ^ Multiply(b, s_skip[words]);
            state = BitOperations.Crc32C(0, moved) ^ c;
            bytes = bytes[(3 * stride)..];
        }

        return state;
    }

    private static ulong LittleEndian(ulong word) =>
        BitConverter.IsLittleEndian ? word : System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(word);

    private static ulong Multiply(uint a, uint b) => X86.Pclmulqdq.IsSupported
        ? X86.Pclmulqdq.CarrylessMultiply(Vector128.CreateScalar((ulong)a), Vector128.CreateScalar((ulong)b), 0).ToScalar()
        : Arm.Aes.PolynomialMultiplyWideningLower(Vector64.Create((ulong)a), Vector64.Create((ulong)b)).ToScalar();

    private static uint[] MakeSkips()
    {
        var skips = new uint[(2 * LongestStride / sizeof(ulong)) + 1];
        uint power = Crc32cPolynomial.Power(64 - 33);
        for (int words = 1; words < skips.Length; words++)
        {
            skips[words] = power;
            power = Crc32cPolynomial.Raise(power, 64);
        }

        return skips;
    }
}
