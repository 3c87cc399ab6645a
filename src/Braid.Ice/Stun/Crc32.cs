using System;

namespace Braid.Ice.Stun;

/// <summary>The CRC-32 of ITU V.42, which FINGERPRINT uses (RFC 8489 §14.7). STUN messages are short: a table is enough.</summary>
internal static class Crc32
{
    private const uint Polynomial = 0xEDB88320;                // x^32 + x^26 + … + 1, lowest bit first
    private static readonly uint[] s_table = MakeTable();

    /// <summary>The CRC of <paramref name="bytes"/>.</summary>
    public static uint Compute(ReadOnlySpan<byte> bytes)
    {
        uint crc = uint.MaxValue;
        foreach (byte value in bytes)
        {
            crc = (crc >> 8) ^ s_table[(byte)(crc ^ value)];
        }

        return ~crc;
    }

    private static uint[] MakeTable()
    {
        uint[] table = new uint[256];
        for (uint index = 0; index < table.Length; index++)
        {
            uint entry = index;
            for (int bit = 0; bit < 8; bit++)
            {
                entry = (entry & 1) != 0 ? (entry >> 1) ^ Polynomial : entry >> 1;
            }

            table[index] = entry;
        }

        return table;
    }
}
