using System;
using System.Linq;
using Braid.Core;
using Braid.Sctp.Wire;

namespace Braid.Sctp.Tests.Wire;

[Rfc(9260, "6.8")]
[Rfc(9260, "Appendix A")]
public sealed class Crc32cTests
{
    [Fact]
    public void The_vectors_of_RFC_3720_B_4()
    {
        Assert.Equal(0x8A9136AAu, Of(new byte[32]));
        Assert.Equal(0x62A8AB43u, Of([.. Enumerable.Repeat((byte)0xFF, 32)]));
        Assert.Equal(0x46DD794Eu, Of([.. Enumerable.Range(0, 32).Select(i => (byte)i)]));
        Assert.Equal(0x113FDB5Cu, Of([.. Enumerable.Range(0, 32).Select(i => (byte)(31 - i))]));
        Assert.Equal(0xE3069283u, Of("123456789"u8.ToArray()));
    }

    [Fact]
    public void All_ways_to_compute_it_agree_at_every_length()
    {
        var bytes = new byte[9000];
        new SeededRandom(1).Fill(bytes);
        for (int length = 0; length < bytes.Length; length += length < 1200 ? 1 : 37)
        {
            uint bitwise = Bitwise(bytes.AsSpan(0, length));
            Assert.Equal(bitwise, Crc32c.AppendSerial(uint.MaxValue, bytes.AsSpan(0, length)));
            Assert.Equal(bitwise, Crc32c.Append(uint.MaxValue, bytes.AsSpan(0, length)));
            ReadOnlySpan<byte> rest = bytes.AsSpan(0, length);
            if (Crc32cStreams.IsSupported)
            {
                Assert.Equal(bitwise, Crc32c.AppendSerial(Crc32cStreams.Append(uint.MaxValue, ref rest), rest));
            }

            rest = bytes.AsSpan(0, length);
            if (Crc32cFolding.IsSupported)
            {
                Assert.Equal(bitwise, Crc32c.AppendSerial(Crc32cFolding.Append(uint.MaxValue, ref rest), rest));
            }
        }
    }

    [Fact]
    public void The_checksum_field_counts_as_zero()
    {
        var packet = new byte[100];
        new SeededRandom(2).Fill(packet);
        uint checksum = Crc32c.Compute(packet);
        packet.AsSpan(8, 4).Clear();
        Assert.Equal(checksum, Crc32c.Compute(packet));
        Assert.Equal(checksum, System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(~Bitwise(packet)));
    }

    private static uint Of(byte[] bytes) => ~Crc32c.Append(uint.MaxValue, bytes);

    private static uint Bitwise(ReadOnlySpan<byte> bytes)
    {
        uint state = uint.MaxValue;
        foreach (byte value in bytes)
        {
            state ^= value;
            for (int bit = 0; bit < 8; bit++)
            {
                state = (state >> 1) ^ (0x82F63B78 & (uint)-(int)(state & 1));
            }
        }

        return state;
    }
}
