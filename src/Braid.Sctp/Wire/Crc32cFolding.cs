using System;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Braid.Sctp.Wire;

/// <summary>
/// CRC32c by folding: 16 bytes of a packet can be replaced by what they become n bits further on, added to what is there. Four
/// times 64 bytes are carried along at once, so that the multiplications overlap; what is left of them at the end is 16
/// bytes with the same remainder as all that came before.
/// </summary>
internal static class Crc32cFolding
{
    private const int Block = 64;
    private const int Blocks = 4 * Block;

    private static readonly Vector512<ulong> s_by4Blocks = Vector512.Create(Factors(8 * Blocks));
    private static readonly Vector512<ulong> s_by3Blocks = Vector512.Create(Factors(8 * 3 * Block));
    private static readonly Vector512<ulong> s_by2Blocks = Vector512.Create(Factors(8 * 2 * Block));
    private static readonly Vector512<ulong> s_byBlock = Vector512.Create(Factors(8 * Block));

    // Within a block: its first 16 bytes go 48 bytes further, the next ones 32, then 16; the last ones stay.
    private static readonly Vector512<ulong> s_within = Vector512.Create(
        Vector256.Create(Factors(384), Factors(256)), Vector256.Create(Factors(128), Vector128<ulong>.Zero));

    /// <summary>Whether the processor multiplies 512 bits without carry.</summary>
    public static bool IsSupported => Pclmulqdq.V512.IsSupported && Sse42.X64.IsSupported;

    /// <summary>Takes in whole blocks of 64 bytes, and leaves the end.</summary>
    public static uint Append(uint state, ref ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < Block)
        {
            return state;
        }

        ref byte start = ref MemoryMarshal.GetReference(bytes);
        nuint at = 0;
        nuint end = (nuint)bytes.Length;
        Vector512<ulong> sum = Load(ref start, 0) ^ Vector512.CreateScalar((ulong)state);
        if (end >= Blocks)
        {
            Vector512<ulong> second = Load(ref start, Block);
            Vector512<ulong> third = Load(ref start, 2 * Block);
            Vector512<ulong> fourth = Load(ref start, 3 * Block);
            for (at = Blocks; at + Blocks <= end; at += Blocks)
            {
                sum = Fold(sum, s_by4Blocks, Load(ref start, at));
                second = Fold(second, s_by4Blocks, Load(ref start, at + Block));
                third = Fold(third, s_by4Blocks, Load(ref start, at + (2 * Block)));
                fourth = Fold(fourth, s_by4Blocks, Load(ref start, at + (3 * Block)));
            }

            fourth = Fold(third, s_byBlock, fourth);
            fourth = Fold(second, s_by2Blocks, fourth);
            sum = Fold(sum, s_by3Blocks, fourth);
        }
        else
        {
            at = Block;
        }

        for (; at + Block <= end; at += Block)
        {
            sum = Fold(sum, s_byBlock, Load(ref start, at));
        }

        bytes = bytes[(int)at..];

        // The last 16 bytes have no factor and are added as they are.
        Vector512<ulong> moved = Fold(sum, s_within, Vector512<ulong>.Zero);
        Vector128<ulong> rest = moved.GetLower().GetLower() ^ moved.GetLower().GetUpper() ^ moved.GetUpper().GetLower() ^ sum.GetUpper().GetUpper();
        return BitOperations.Crc32C(BitOperations.Crc32C(0, rest[0]), rest[1]);
    }

    private static Vector512<ulong> Load(ref byte start, nuint offset) => Vector512.LoadUnsafe(ref start, offset).AsUInt64();

    private static Vector512<ulong> Fold(Vector512<ulong> earlier, Vector512<ulong> factors, Vector512<ulong> here) =>
        Pclmulqdq.V512.CarrylessMultiply(earlier, factors, 0x00) ^ Pclmulqdq.V512.CarrylessMultiply(earlier, factors, 0x11) ^ here;

    /// <summary>
    /// What takes 16 bytes <paramref name="bits"/> further on: the first 8 of them lie 64 bits before the others, and a product of
    /// mirrored numbers has one x of its own.
    /// </summary>
    private static Vector128<ulong> Factors(int bits) => Vector128.Create(
        (ulong)Crc32cPolynomial.Power(bits + 63) << 32, (ulong)Crc32cPolynomial.Power(bits - 1) << 32);
}
