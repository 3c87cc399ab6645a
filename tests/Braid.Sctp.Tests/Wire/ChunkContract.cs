using System;
using System.Buffers.Binary;
using Braid.Core;
using Braid.Sctp.Wire;

namespace Braid.Sctp.Tests.Wire;

/// <summary>What holds for every chunk type: it is refused when it is short or lies, and never read past.</summary>
internal static class ChunkContract
{
    public delegate bool Write(ref PacketWriter packet);

    /// <summary>Checks one type by one example of it.</summary>
    /// <param name="write">Writes the example.</param>
    /// <param name="shortestValue">Bytes of value below which it must be refused.</param>
    public static void Check<T>(Write write, int shortestValue)
        where T : struct, IChunk<T>, allows ref struct
    {
        byte[] chunk = Example(write);
        Assert.True(TryRead<T>(chunk), "the example does not read back");
        Truncations<T>(chunk, shortestValue);
        LyingLengths<T>(chunk);
        RandomBytes<T>(chunk);
        NoAllocation<T>(chunk);
        FitsExactly(write, chunk.Length);
    }

    /// <summary>The one chunk of the packet that <paramref name="write"/> makes, padding included.</summary>
    public static byte[] Example(Write write)
    {
        var bytes = new byte[2000];
        bytes.AsSpan().Fill(0xEE);                           // a buffer that was used before
        var packet = new PacketWriter(bytes, 1, 2, new VerificationTag(3));
        Assert.True(write(ref packet));
        int length = packet.Finish();
        Assert.Equal(0, length % 4);
        byte[] chunk = bytes[PacketHeader.Length..length];
        int end = BinaryPrimitives.ReadUInt16BigEndian(chunk.AsSpan(2));
        Assert.False(chunk.AsSpan(end).ContainsAnyExcept((byte)0), "the padding is not zero");
        return chunk;
    }

    private static bool TryRead<T>(ReadOnlySpan<byte> chunk)
        where T : struct, IChunk<T>, allows ref struct
    {
        var reader = new ChunkReader(chunk);
        return reader.TryRead(out ChunkView view) && T.TryRead(view, out _);
    }

    private static void Truncations<T>(byte[] chunk, int shortestValue)
        where T : struct, IChunk<T>, allows ref struct
    {
        int length = BinaryPrimitives.ReadUInt16BigEndian(chunk.AsSpan(2));
        for (int cut = 0; cut < length; cut++)
        {
            // As it comes off a short datagram, and with a length that admits it.
            Assert.False(TryRead<T>(chunk.AsSpan(0, cut)), $"{cut} of {length} bytes were accepted");
            byte[] honest = chunk[..cut];
            if (cut >= 4)
            {
                BinaryPrimitives.WriteUInt16BigEndian(honest.AsSpan(2), (ushort)cut);
                bool isRead = TryRead<T>(honest);
                Assert.False(isRead && cut - 4 < shortestValue, $"a value of {cut - 4} bytes was accepted");
            }
        }
    }

    private static void LyingLengths<T>(byte[] chunk)
        where T : struct, IChunk<T>, allows ref struct
    {
        // Poison behind the end: whoever reads it has read too far, and would not notice otherwise.
        var larger = new byte[chunk.Length + 64];
        larger.AsSpan().Fill(0xEE);
        chunk.CopyTo(larger, 0);
        for (int length = 0; length <= ushort.MaxValue; length += length < 2000 ? 1 : 997)
        {
            BinaryPrimitives.WriteUInt16BigEndian(larger.AsSpan(2), (ushort)length);
            bool isRead = TryRead<T>(larger.AsSpan(0, chunk.Length));
            Assert.False(isRead && (length < 4 || length > chunk.Length), $"a length of {length} was accepted");
        }
    }

    private static void RandomBytes<T>(byte[] chunk)
        where T : struct, IChunk<T>, allows ref struct
    {
        var random = new SeededRandom(chunk[0]);
        var bytes = new byte[128];
        for (int i = 0; i < 5000; i++)
        {
            random.Fill(bytes);
            bytes[0] = chunk[0];
            bytes[2] = 0;
            TryRead<T>(bytes.AsSpan(0, random.NextInt32(bytes.Length)));
        }
    }

    private static void NoAllocation<T>(byte[] chunk)
        where T : struct, IChunk<T>, allows ref struct
    {
        TryRead<T>(chunk);
        Assert.Equal(0, Allocations.Of(() =>
        {
            for (int i = 0; i < 100; i++)
            {
                TryRead<T>(chunk);
            }
        }));
    }

    private static void FitsExactly(Write write, int length)
    {
        var exact = new PacketWriter(new byte[PacketHeader.Length + length], 1, 2, default);
        Assert.True(write(ref exact));
        Assert.Equal(0, exact.Available);
        var tooSmall = new PacketWriter(new byte[PacketHeader.Length + length - 1], 1, 2, default);
        Assert.False(write(ref tooSmall));
        Assert.True(tooSmall.IsEmpty);
    }
}
