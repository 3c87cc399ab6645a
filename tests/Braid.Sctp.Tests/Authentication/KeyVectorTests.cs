using System;
using System.Security.Cryptography;
using Braid.Core;
using Braid.Sctp.Wire;

namespace Braid.Sctp.Tests;

/// <summary>How the keys of an association come about (RFC 4895 §6.1).</summary>
public sealed class KeyVectorTests
{
    [Theory, Rfc(4895, "6.1")]
    [InlineData(new byte[] { 1, 2 }, new byte[] { 1, 3 }, -1)]
    [InlineData(new byte[] { 2 }, new byte[] { 1, 0 }, -1)]
    [InlineData(new byte[] { 0, 0, 2 }, new byte[] { 1, 0 }, -1)]
    [InlineData(new byte[] { 0, 2 }, new byte[] { 2 }, 1)]
    [InlineData(new byte[] { 0, 2 }, new byte[] { 0, 2 }, 0)]
    [InlineData(new byte[] { 0xFF }, new byte[] { 0x7F }, 1)]
    public void Vectors_are_compared_as_numbers_and_of_equal_ones_the_shorter_is_first(byte[] left, byte[] right, int order)
    {
        Assert.Equal(order, Math.Sign(KeyVectors.Compare(left, right)));
        Assert.Equal(-order, Math.Sign(KeyVectors.Compare(right, left)));
    }

    [Fact, Rfc(4895, "6.1")]
    public void Both_sides_come_to_one_key_secret_first_then_the_smaller_vector()
    {
        byte[] low = [0x80, 2, 0, 36, .. new byte[32], 0x80, 4, 0, 6, 0, 1];
        byte[] high = [0x80, 2, 0, 36, 1, .. new byte[31], 0x80, 4, 0, 6, 0, 1];
        byte[] secret = "secret"u8.ToArray();
        byte[] expected = SHA256.HashData([.. secret, .. low, .. high]);
        Assert.Equal(expected, new KeyVectors(low, high).Derive(secret, HmacAlgorithm.Sha256));
        Assert.Equal(expected, new KeyVectors(high, low).Derive(secret, HmacAlgorithm.Sha256));
    }

    [Fact, Rfc(4895, "6.1")]
    public void A_vector_has_no_padding_and_reads_back()
    {
        var options = new AuthenticationOptions { RequiredChunks = [ChunkType.Data, ChunkType.Sack, ChunkType.Abort], Algorithms = [HmacAlgorithm.Sha1] };
        byte[] vector = KeyVectors.Make(options, new SeededRandom(1));
        Assert.Equal(36 + 7 + 6, vector.Length);
        ChunkTypeSet types = KeyVectors.Required(vector);
        Assert.True(types.Contains(ChunkType.Data) && types.Contains(ChunkType.Sack) && types.Contains(ChunkType.Abort) && !types.Contains(ChunkType.IData));
        Assert.Equal(HmacAlgorithm.Sha1, KeyVectors.Preferred(vector));
        Assert.False(KeyVectors.Requests(vector, HmacAlgorithm.Sha256));

        var room = new byte[100];
        var writer = new ParameterWriter(room);
        KeyVectors.Write(ref writer, vector);
        Assert.Equal(36 + 8 + 6, writer.Length);
        var reader = new KeyVectorReader();
        var parameters = new ParameterReader(writer.Written);
        while (parameters.TryRead(out ParameterView parameter))
        {
            reader.Consider(parameter);
            reader.Consider(parameter);                      // a second one does not count
        }

        Assert.True(reader.IsComplete && !reader.IsWrong);
        Assert.Equal(vector, reader.ToVector());
    }

    [Fact, Rfc(4895, "3.2")]
    public void What_must_not_be_listed_is_ignored()
    {
        byte[] vector = [0x80, 3, 0, 9, 1, 2, 14, 15, 3];
        ChunkTypeSet types = KeyVectors.Required(vector);
        Assert.True(types.Contains(ChunkType.Sack));
        Assert.True(types.Without(ChunkType.Sack).IsEmpty);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(127)]
    [InlineData(128)]
    [InlineData(255)]
    public void A_set_of_types_has_what_was_put_into_it(byte type)
    {
        ChunkTypeSet set = ChunkTypeSet.Of([type]);
        for (int i = 0; i <= byte.MaxValue; i++)
        {
            Assert.Equal(i == type, set.Contains((ChunkType)i));
        }

        Assert.True(set.Without((ChunkType)type).IsEmpty);
    }
}
