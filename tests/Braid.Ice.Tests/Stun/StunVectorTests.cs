using System;
using System.Text;
using Braid.Core;
using Braid.Ice.Stun;

namespace Braid.Ice.Tests.Stun;

/// <summary>The messages of RFC 5769 and of RFC 8489 B.1, byte by byte: read, and written again.</summary>
public sealed class StunVectorTests
{
    private const string Password = "VOkJxbRl1RmTxUk/WvJxBt";
    private const string Katakana = "\u30DE\u30C8\u30EA\u30C3\u30AF\u30B9";
    private const string Matrix = "TheMatrIX";
    private static readonly StunTransactionId s_shortTermId = new(0xb7e7a701, 0xbc34d686fa87dfae);
    private static readonly StunTransactionId s_longTermId = new(0x78ad3433, 0xc6ad72c029da412e);

    private static readonly byte[] s_request = Bytes.Hex("""
        00010058 2112a442 b7e7a701 bc34d686 fa87dfae 80220010 5354554e 20746573 7420636c 69656e74
        00240004 6e0001ff 80290008 932ff9b1 51263b36 00060009 6576746a 3a683676 59202020
        00080014 9aeaa70c bfd8cb56 781ef2b5 b2d3f249 c1b571a2 80280004 e57a3bcf
        """);

    private static readonly byte[] s_responseIPv4 = Bytes.Hex("""
        0101003c 2112a442 b7e7a701 bc34d686 fa87dfae 8022000b 74657374 20766563 746f7220
        00200008 0001a147 e112a643 00080014 2b91f599 fd9e90c3 8c7489f9 2af9ba53 f06be7d7 80280004 c07d4c96
        """);

    private static readonly byte[] s_responseIPv6 = Bytes.Hex("""
        01010048 2112a442 b7e7a701 bc34d686 fa87dfae 8022000b 74657374 20766563 746f7220
        00200014 0002a147 0113a9fa a5d3f179 bc25f4b5 bed2b9d9 00080014 a382954e 4be67bf1 1784c97c 8292c275 bfe3ed41
        80280004 c8fb0b4c
        """);

    private static readonly byte[] s_longTerm = Bytes.Hex("""
        00010060 2112a442 78ad3433 c6ad72c0 29da412e 00060012 e3839ee3 8388e383 aae38383 e382afe3 82b90000
        0015001c 662f2f34 39396b39 35346436 4f4c3334 6f4c3946 53547679 36347341 0014000b 6578616d 706c652e 6f726700
        00080014 f6702465 6dd64a3e 02b8e071 2e85c9a2 8ca89666
        """);

    private static readonly byte[] s_userHash = Bytes.Hex("""
        0001009c 2112a442 78ad3433 c6ad72c0 29da412e
        001e0020 4a3cf38f ef6992bd a952c678 0417da0f 24819415 569e60b2 05c46e41 407f1704
        00150029 6f624d61 744a6f73 32414141 43662f2f 3439396b 39353464 364f4c33 346f4c39 46535476 79363473 41000000
        0014000b 6578616d 706c652e 6f726700
        001c0020 e4686c8f 0edeb590 13e07090 010a93ef ccbccc54 4c0a45d9 f830aa6d 6f735a01
        """);

    [Fact, Rfc(5769, "2.1"), Rfc(8489, "5"), Rfc(8489, "9.1.1"), Rfc(8489, "14.3"), Rfc(8489, "14.5"), Rfc(8489, "14.7"), Rfc(8489, "14.14")]
    public void The_sample_request_is_read()
    {
        Assert.True(StunView.TryRead(s_request, out StunView view));
        Assert.Equal(StunClass.Request, view.Class);
        Assert.Equal(StunMethod.Binding, view.Method);
        Assert.Equal(s_shortTermId, view.TransactionId);
        Assert.True(view.TryFind(StunAttributeType.Software, out ReadOnlySpan<byte> software));
        Assert.Equal("STUN test client", Encoding.UTF8.GetString(software));
        Assert.True(view.TryReadUInt32(StunAttributeType.Priority, out uint priority));
        Assert.Equal(0x6e0001ffu, priority);
        Assert.True(view.TryReadUInt64(StunAttributeType.IceControlled, out ulong tieBreaker));
        Assert.Equal(0x932ff9b151263b36, tieBreaker);
        Assert.True(view.TryFind(StunAttributeType.Username, out ReadOnlySpan<byte> name));
        Assert.Equal("evtj:h6vY", Encoding.UTF8.GetString(name));
        Assert.Equal(StunIntegrity.Valid, view.VerifyIntegrity(Encoding.UTF8.GetBytes(Password)));
        Assert.Equal(StunIntegrity.Invalid, view.VerifyIntegrity(Encoding.UTF8.GetBytes(Password + "x")));
        Assert.True(view.HasValidFingerprint);
        Assert.Equal(0, view.FindUnknownRequired(new ushort[4]));
    }

    [Fact, Rfc(5769, "2.2"), Rfc(8489, "14.2")]
    public void The_sample_response_with_an_IPv4_address_is_read() => AssertResponse(s_responseIPv4, "192.0.2.1:32853");

    [Fact, Rfc(5769, "2.3"), Rfc(8489, "14.2")]
    public void The_sample_response_with_an_IPv6_address_is_read() =>
        AssertResponse(s_responseIPv6, "[2001:db8:1234:5678:11:2233:4455:6677]:32853");

    [Fact, Rfc(5769, "2.4"), Rfc(8489, "9.2.2"), Rfc(8489, "14.9"), Rfc(8489, "14.10")]
    public void The_sample_request_with_long_term_credentials_is_read_and_written()
    {
        Assert.True(StunView.TryRead(s_longTerm, out StunView view));
        byte[] key = LongTermCredentials.DeriveKey(Katakana, "example.org", Matrix, StunPasswordAlgorithm.Md5);
        Assert.Equal(StunIntegrity.Valid, view.VerifyIntegrity(key));
        Assert.False(view.HasFingerprint);

        byte[] buffer = new byte[200];
        var writer = new StunWriter(buffer, StunClass.Request, StunMethod.Binding, s_longTermId);
        writer.Add(StunAttributeType.Username, Katakana);
        writer.Add(StunAttributeType.Nonce, "f//499k954d6OL34oL9FSTvy64sA");
        writer.Add(StunAttributeType.Realm, "example.org");
        writer.AddIntegrity(StunIntegrityAlgorithm.Sha1, key);
        Assert.Equal(s_longTerm, buffer[..writer.Finish()]);
    }

    [Fact, Rfc(8489, "B.1"), Rfc(8489, "14.4"), Rfc(8489, "14.6"), Rfc(8489, "18.5.1.2")]
    public void The_sample_request_with_user_hash_and_SHA_256_is_written_but_for_its_wrong_length()
    {
        // The text prints a length of 156, which is that of the whole message and not of its attributes (136), and has computed
        // the HMAC with it. The key is the one of SHA-256. As printed, the message must be refused.
        byte[] key = LongTermCredentials.DeriveKey(Katakana, "example.org", Matrix, StunPasswordAlgorithm.Sha256);
        Assert.False(StunView.TryRead(s_userHash, out _));
        Assert.Equal(s_userHash[^32..], System.Security.Cryptography.HMACSHA256.HashData(key, s_userHash[..^36]));

        byte[] buffer = new byte[200];
        var writer = new StunWriter(buffer, StunClass.Request, StunMethod.Binding, s_longTermId);
        writer.Add(StunAttributeType.UserHash, LongTermCredentials.DeriveUserHash(Katakana, "example.org"));
        writer.Add(StunAttributeType.Nonce, "obMatJos2AAACf//499k954d6OL34oL9FSTvy64sA");
        writer.Add(StunAttributeType.Realm, "example.org");
        writer.AddIntegrity(StunIntegrityAlgorithm.Sha256, key);
        byte[] written = buffer[..writer.Finish()];
        Assert.Equal(136, written[3]);
        Assert.Equal(s_userHash[4..^32], written[4..^32]);
        Assert.True(StunView.TryRead(written, out StunView view));
        Assert.Equal(StunIntegrityAlgorithm.Sha256, view.Integrity);
        Assert.Equal(StunIntegrity.Valid, view.VerifyIntegrity(key));
    }

    [Fact, Rfc(8489, "9.2.2")]
    public void The_key_of_the_text_is_the_key() =>
        Assert.Equal("8493FBC53BA582FB4C044C456BDC40EB", Convert.ToHexString(LongTermCredentials.DeriveKey("user", "realm", "pass", StunPasswordAlgorithm.Md5)));

    [Fact, Rfc(8489, "6.1")]
    public void What_is_written_differs_from_the_sample_in_its_padding_alone()
    {
        byte[] buffer = new byte[200];
        var writer = new StunWriter(buffer, StunClass.SuccessResponse, StunMethod.Binding, s_shortTermId);
        writer.Add(StunAttributeType.Software, "test vector");
        writer.AddAddress(StunAttributeType.XorMappedAddress, Bytes.Address("192.0.2.1:32853"));
        writer.AddIntegrity(StunIntegrityAlgorithm.Sha1, Encoding.UTF8.GetBytes(Password));
        writer.AddFingerprint();
        int length = writer.Finish();
        Assert.Equal(s_responseIPv4.Length, length);
        AssertResponse(buffer[..length], "192.0.2.1:32853");
        Assert.Equal(0, buffer[35]);                          // the sample has a space there
    }

    [Fact, Rfc(8489, "14.1")]
    public void A_plain_address_is_written_and_read_without_a_mask()
    {
        byte[] buffer = new byte[100];
        NetworkAddress address = Bytes.Address("[2001:db8::7]:3478");
        var writer = new StunWriter(buffer, StunClass.SuccessResponse, StunMethod.Binding, s_shortTermId);
        writer.AddAddress(StunAttributeType.MappedAddress, address);
        writer.AddAddress(StunAttributeType.AlternateServer, Bytes.Address("192.0.2.9:1"));
        Assert.True(StunView.TryRead(buffer.AsSpan(0, writer.Finish()), out StunView view));
        Assert.True(view.TryReadAddress(StunAttributeType.MappedAddress, out NetworkAddress mapped));
        Assert.Equal(address, mapped);
        Assert.True(view.TryReadAddress(StunAttributeType.AlternateServer, out NetworkAddress server));
        Assert.Equal("192.0.2.9:1", server.ToString());
        Assert.Equal([0x0D, 0x96], buffer[26..28]);
    }

    private static void AssertResponse(byte[] bytes, string address)
    {
        Assert.True(StunView.TryRead(bytes, out StunView view));
        Assert.Equal(StunClass.SuccessResponse, view.Class);
        Assert.True(view.TryReadAddress(StunAttributeType.XorMappedAddress, out NetworkAddress mapped));
        Assert.Equal(Bytes.Address(address), mapped);
        Assert.Equal(StunIntegrity.Valid, view.VerifyIntegrity(Encoding.UTF8.GetBytes(Password)));
        Assert.True(view.HasValidFingerprint);
    }
}
