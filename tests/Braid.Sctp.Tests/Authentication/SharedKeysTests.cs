using Braid.Core;

namespace Braid.Sctp.Tests;

/// <summary>What becomes of keys that are needed no longer (RFC 4895 §9).</summary>
public sealed class SharedKeysTests
{
    private static readonly KeyVectors s_vectors = new(KeyVectors.Make(AuthenticationOptions.Default, new SeededRandom(1)), KeyVectors.Make(AuthenticationOptions.Default, new SeededRandom(2)));

    [Theory, Rfc(4895, "9"), Rfc(6458, "8.3.5")]
    [InlineData("deleted")]
    [InlineData("replaced")]
    [InlineData("at the end")]
    public void A_key_that_is_gone_is_not_in_memory_any_more(string why)
    {
        var keys = new SharedKeys(new AuthenticationOptions { Keys = [new SharedKey(1, "one"u8.ToArray()), new SharedKey(2, "two"u8.ToArray())] }, null);
        byte[] derived = keys.Derive(2, s_vectors, HmacAlgorithm.Sha256)!;
        Assert.NotEqual(new byte[32], derived);
        switch (why)
        {
            case "deleted":
                keys.Deactivate(2);
                Assert.Equal(AuthenticationKeyStatus.Done, keys.Delete(2));
                break;
            case "replaced":
                Assert.Equal(AuthenticationKeyStatus.Done, keys.Set(2, "another"u8));
                break;
            default:
                keys.Wipe();
                keys.Wipe();
                keys.OnReleased(2);                          // a message that was accepted with it
                break;
        }

        Assert.Equal(new byte[32], derived);
    }

    [Fact, Rfc(4895, "9")]
    public void So_is_the_secret_and_what_followed_from_it_in_an_earlier_handshake()
    {
        byte[] secret = "secret"u8.ToArray();
        var key = new StoredKey(1, secret);
        byte[] before = key.Derive(s_vectors, HmacAlgorithm.Sha1);
        byte[] after = key.Derive(new KeyVectors(s_vectors.Peer, s_vectors.Local), HmacAlgorithm.Sha1);
        Assert.Equal(new byte[20], before);
        Assert.NotEqual(new byte[20], after);
        key.Wipe();
        Assert.Equal(new byte[20], after);
        Assert.Equal(new byte[6], secret);
    }

    [Fact, Rfc(6458, "8.3.3")]
    public void There_are_256_keys_at_most()
    {
        var keys = new SharedKeys(AuthenticationOptions.Default, null);
        for (int i = 1; i < 256; i++)
        {
            Assert.Equal(AuthenticationKeyStatus.Done, keys.Set((ushort)i, [1]));
        }

        Assert.Equal(AuthenticationKeyStatus.TooManyKeys, keys.Set(256, [1]));
        Assert.Equal(AuthenticationKeyStatus.Done, keys.Set(255, [2]));
    }
}
