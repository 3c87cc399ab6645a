using System.Collections.Generic;
using Braid.Core;

namespace Braid.Fuzz;

/// <summary>Makes the chunks of a packet: well-formed ones with odd numbers in them, and some that are not well-formed.</summary>
internal static class ChunkMaker
{
    private static readonly byte[] s_types = [0, 0, 0, 0, 1, 2, 3, 3, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 16, 16, 63, 64, 64, 64, 64, 127, 128, 130, 130, 15, 191, 193, 193, 194, 255];
    private static readonly ushort[] s_parameters = [1, 5, 6, 7, 8, 9, 11, 12, 0x8000, 0xC000, 0x4001, 0x0042, 0x8002, 0x8003, 0x8004];
    private static readonly ushort[] s_causes = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 99];

    public static byte[] Make(IRandomSource random)
    {
        var chunks = new List<byte>();
        for (int i = random.NextInt32(2) == 0 ? 1 : 1 + random.NextInt32(4); i > 0; i--)
        {
            byte type = s_types[random.NextInt32(s_types.Length)];
            byte[] value = Value(type, random);
            int length = 4 + value.Length;
            if (random.NextInt32(30) == 0)
            {
                length = random.NextInt32(65536);            // it lies about its length
            }

            chunks.AddRange([type, Flags(type, random), (byte)(length >> 8), (byte)length]);
            chunks.AddRange(value);
            chunks.AddRange(new byte[-value.Length & 3]);
        }

        byte[] bytes = [.. chunks];
        for (int i = random.NextInt32(4) == 0 ? 1 + random.NextInt32(4) : 0; i > 0; i--)
        {
            bytes[random.NextInt32(bytes.Length)] = (byte)random.NextInt32(256);
        }

        return random.NextInt32(20) == 0 ? bytes[..random.NextInt32(bytes.Length + 1)] : bytes;
    }

    private static byte Flags(byte type, IRandomSource random) => type is 0 or 64
        ? (byte)(random.NextInt32(3) == 0 ? random.NextInt32(16) : 3)
        : (byte)(random.NextInt32(4) == 0 ? random.NextInt32(256) : 0);

    private static byte[] Value(byte type, IRandomSource random) => type switch
    {
        0 => [.. Near(random), .. U16(Small(random, 12)), .. U16(Small(random, 8)), .. U32(random.NextUInt32()), .. Bytes(random, 40)],
        64 =>
        [
            .. Near(random), .. U16(Small(random, 12)), .. U16(Small(random, 2)), .. U32((uint)Small(random, 6)), .. Near(random), .. Bytes(random, 40),
        ],
        194 => [.. Near(random), .. U16(Small(random, 12)), .. U16(random.NextInt32(2)), .. random.NextInt32(4) == 0 ? Near(random) : U32((uint)Small(random, 6))],
        1 or 2 when random.NextInt32(2) == 0 =>
        [
            .. U32(1 + random.NextUInt32() / 2), .. U32(100_000), .. U16(1 + random.NextInt32(12)), .. U16(1 + random.NextInt32(12)),
            .. U32(random.NextUInt32()), 0, 7, 0, 8, 9, 9, 9, 9, .. Parameters(random, s_parameters),
        ],
        1 or 2 =>
        [
            .. U32(random.NextInt32(10) == 0 ? 0 : random.NextUInt32()), .. U32((uint)random.NextInt32(200_000)),
            .. U16(Small(random, 12)), .. U16(Small(random, 12)), .. U32(random.NextUInt32()), .. Parameters(random, s_parameters),
        ],
        3 or 16 => Sack(random, isNonRenegable: type == 16),
        4 or 5 => [.. Parameters(random, s_parameters)],
        9 when random.NextInt32(3) == 0 => [0, 3, 0, 8, .. U32(random.NextUInt32())],
        6 or 9 => [.. Parameters(random, s_causes)],
        7 => Near(random),
        10 => random.NextInt32(2) == 0 ? new byte[4] : Bytes(random, 90),
        12 or 13 => U32(random.NextUInt32()),
        8 or 11 or 14 => [],
        128 => [.. Near(random), .. AddressResponses(random)],
        130 => ReConfig(random),
        193 => [.. Near(random), .. Address(random), .. AddressChanges(random)],
        _ => Bytes(random, 60),
    };

    private static byte[] Sack(IRandomSource random, bool isNonRenegable)
    {
        int gaps = Small(random, 6);
        int nonRenegable = isNonRenegable ? Small(random, 6) : 0;
        int duplicates = Small(random, 4);
        var value = new List<byte>();
        value.AddRange([.. Near(random), .. U32(random.NextInt32(4) == 0 ? 0 : (uint)random.NextInt32(200_000)), .. U16(gaps)]);
        value.AddRange(isNonRenegable ? [.. U16(nonRenegable), .. U16(duplicates), 0, 0] : U16(duplicates));
        AddBlocks(value, gaps, random);
        AddBlocks(value, nonRenegable, random);
        for (int i = 0; i < duplicates; i++)
        {
            value.AddRange(Near(random));
        }

        return [.. value];
    }

    private static void AddBlocks(List<byte> value, int count, IRandomSource random)
    {
        int at = 1;
        for (int i = 0; i < count; i++)
        {
            int start = at + Small(random, 4);
            int end = start + Small(random, 3);
            value.AddRange([.. U16(random.NextInt32(20) == 0 ? random.NextInt32(65536) : start), .. U16(end)]);
            at = end + 2;
        }
    }

    // RFC 6525: up to three parameters, mostly with the length that their type wants.
    private static byte[] ReConfig(IRandomSource random)
    {
        var value = new List<byte>();
        for (int i = 1 + random.NextInt32(2) + (random.NextInt32(10) == 0 ? 1 : 0); i > 0; i--)
        {
            int type = random.NextInt32(20) == 0 ? random.NextInt32(30) : 13 + random.NextInt32(6);
            byte[] content = type switch
            {
                13 => [.. Near(random), .. Near(random), .. Near(random), .. Bytes(random, 8)],
                14 => [.. Near(random), .. Bytes(random, 8)],
                15 => Near(random),
                16 when random.NextInt32(2) == 0 => [.. Near(random), .. U32((uint)random.NextInt32(8)), .. Near(random), .. Near(random)],
                16 => [.. Near(random), .. U32((uint)random.NextInt32(8))],
                _ => [.. Near(random), .. U16(Small(random, 5)), 0, 0],
            };
            value.AddRange([.. U16(type), .. U16(4 + content.Length), .. content, .. new byte[-content.Length & 3]]);
        }

        return [.. value];
    }

    // RFC 5061: additions, removals and wishes for a primary address; mostly addresses that may be there.
    private static byte[] AddressChanges(IRandomSource random)
    {
        var value = new List<byte>();
        for (int i = random.NextInt32(5); i > 0; i--)
        {
            int type = random.NextInt32(15) == 0 ? random.NextInt32(65536) : 0xC001 + random.NextInt32(4);
            byte[] content = [.. U32((uint)Small(random, 6)), .. Address(random)];
            value.AddRange([.. U16(type), .. U16(4 + content.Length), .. content]);
        }

        return [.. value];
    }

    private static byte[] AddressResponses(IRandomSource random)
    {
        var value = new List<byte>();
        for (int i = random.NextInt32(3); i > 0; i--)
        {
            byte[] content = random.NextInt32(2) == 0
                ? U32((uint)Small(random, 4))
                : [.. U32((uint)Small(random, 4)), .. U16(random.NextInt32(2) == 0 ? 8 : 0xA0 + random.NextInt32(5)), 0, 4];
            value.AddRange([.. U16(content.Length == 4 ? 0xC005 : 0xC003), .. U16(4 + content.Length), .. content]);
        }

        return [.. value];
    }

    private static byte[] Address(IRandomSource random) => random.NextInt32(20) switch
    {
        0 => [0, 6, 0, 20, .. Bytes(random, 16, exactly: true)],
        1 => [0, 5, 0, 8, 0, 0, 0, 0],
        2 => [0, 11, 0, 8, (byte)'a', (byte)'.', (byte)'b', 0],
        3 => [0, 5, 0, 8, .. Bytes(random, 4, exactly: true)],
        _ => [0, 5, 0, 8, 10, 0, 0, (byte)(1 + random.NextInt32(12))],
    };

    private static byte[] Parameters(IRandomSource random, ushort[] types)
    {
        var parameters = new List<byte>();
        for (int i = random.NextInt32(4); i > 0; i--)
        {
            ushort type = types[random.NextInt32(types.Length)];
            byte[] value = type switch
            {
                5 => [10, 0, 0, (byte)random.NextInt32(256)],
                6 => Bytes(random, 16, exactly: true),
                0x8002 => Bytes(random, 32, exactly: random.NextInt32(4) > 0),
                9 or 3 => U32(random.NextUInt32()),
                _ => Bytes(random, 30),
            };
            int length = random.NextInt32(20) == 0 ? random.NextInt32(200) : 4 + value.Length;
            parameters.AddRange([.. U16(type), .. U16(length), .. value, .. new byte[-value.Length & 3]]);
        }

        return [.. parameters];
    }

    // A number near zero, below or above it: the harness adds where the counting really is.
    private static byte[] Near(IRandomSource random) => U32(random.NextInt32(10) switch
    {
        0 => random.NextUInt32(),
        1 => (uint)-random.NextInt32(5),
        2 => (uint)random.NextInt32(70_000),
        _ => (uint)random.NextInt32(12),
    });

    private static int Small(IRandomSource random, int usual) => random.NextInt32(15) == 0 ? random.NextInt32(65536) & 0x3FF : random.NextInt32(usual);

    private static byte[] Bytes(IRandomSource random, int most, bool exactly = false)
    {
        var bytes = new byte[exactly ? most : random.NextInt32(most + 1)];
        random.Fill(bytes);
        return bytes;
    }

    private static byte[] U16(int value) => [(byte)(value >> 8), (byte)value];

    private static byte[] U32(uint value) => [(byte)(value >> 24), (byte)(value >> 16), (byte)(value >> 8), (byte)value];
}
