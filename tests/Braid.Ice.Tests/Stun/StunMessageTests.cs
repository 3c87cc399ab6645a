using System;
using System.Collections.Generic;
using System.Text;
using Braid.Core;
using Braid.Ice.Stun;

namespace Braid.Ice.Tests.Stun;

/// <summary>What is refused, what is ignored, and in what order attributes count.</summary>
public sealed class StunMessageTests
{
    private static readonly byte[] s_key = Encoding.UTF8.GetBytes("a password of 22 letters");
    private static readonly StunTransactionId s_id = new(1, 2);

    public static TheoryData<string, byte[]> Malformed()
    {
        byte[] good = Good();
        var data = new TheoryData<string, byte[]>
        {
            { "nothing", [] },
            { "one byte", [0] },
            { "a header cut short", good[..19] },
            { "a first bit set", With(good, 0, 0x80) },
            { "a second bit set", With(good, 0, 0x40) },
            { "another cookie", With(good, 4, 0x22) },
            { "RFC 3489, without a cookie", With(good, 7, 0) },
            { "a length that is too small", With(good, 3, (byte)(good[3] - 4)) },
            { "a length that is too large", With(good, 3, (byte)(good[3] + 4)) },
            { "a length that is no multiple of 4", With(good, 3, (byte)(good[3] - 1)) },
            { "bytes behind the message", [.. good, 0, 0, 0, 0] },
            { "three bytes behind the message", [.. good, 0, 0, 0] },
            { "the last byte missing", good[..^1] },
            { "an attribute longer than the message", With(good, 23, 0xFF) },
            { "an attribute of 65,535 bytes", With(With(good, 22, 0xFF), 23, 0xFF) },
            { "half an attribute's header", Build((0x8022, "00"))[..^2] },
            { "an integrity of 16 bytes", Build((0x0008, new string('0', 32))) },
            { "an integrity of no bytes", Build((0x0008, "")) },
            { "a SHA-256 integrity of 12 bytes", Build((0x001C, new string('0', 24))) },
            { "a SHA-256 integrity of 36 bytes", Build((0x001C, new string('0', 72))) },
            { "a SHA-256 integrity of 18 bytes", Build((0x001C, new string('0', 36))) },
            { "a fingerprint of 8 bytes", Build((0x8028, "0000000000000000")) },
            { "a fingerprint of no bytes", Build((0x8028, "")) },
            { "an attribute behind the fingerprint", Build((0x8028, "00000000"), (0x8022, "00")) },
            { "two fingerprints", Build((0x8028, "00000000"), (0x8028, "00000000")) },
        };
        return data;
    }

    [Theory, Rfc(8489, "5"), Rfc(8489, "6.3")]
    [MemberData(nameof(Malformed))]
    public void A_malformed_message_is_refused(string what, byte[] bytes) => Assert.False(StunView.TryRead(bytes, out _), what);

    [Fact, Rfc(8489, "6.3")]
    public void Every_truncation_of_a_message_is_refused()
    {
        byte[] good = Good();
        Assert.True(StunView.TryRead(good, out _));
        for (int length = 0; length < good.Length; length++)
        {
            Assert.False(StunView.TryRead(good.AsSpan(0, length), out _));
        }
    }

    [Fact, Rfc(8489, "5")]
    public void Class_and_method_survive_the_way_over_the_wire()
    {
        for (int method = 0; method < 0x1000; method++)
        {
            for (int messageClass = 0; messageClass < 4; messageClass++)
            {
                ushort type = StunMessageType.Encode((StunClass)messageClass, (StunMethod)method);
                Assert.Equal(0, type & 0xC000);
                Assert.Equal((StunClass)messageClass, StunMessageType.ClassOf(type));
                Assert.Equal((StunMethod)method, StunMessageType.MethodOf(type));
            }
        }

        Assert.Equal(0x0111, StunMessageType.Encode(StunClass.ErrorResponse, StunMethod.Binding));
    }

    [Fact, Rfc(8489, "14")]
    public void Of_two_attributes_of_a_type_the_first_one_counts()
    {
        Assert.True(StunView.TryRead(Build((0x0024, "00000001"), (0x0024, "00000002")), out StunView view));
        Assert.True(view.TryReadUInt32(StunAttributeType.Priority, out uint priority));
        Assert.Equal(1u, priority);
    }

    [Fact, Rfc(8489, "14"), Rfc(8489, "14.5")]
    public void Nothing_behind_the_integrity_counts_but_the_stronger_integrity_and_the_fingerprint()
    {
        byte[] buffer = new byte[300];
        var writer = new StunWriter(buffer, StunClass.Request, StunMethod.Binding, s_id);
        writer.AddIntegrity(StunIntegrityAlgorithm.Sha1, s_key);
        writer.Add(StunAttributeType.UseCandidate);
        writer.AddUInt32((StunAttributeType)0x7777, 1);
        writer.AddIntegrity(StunIntegrityAlgorithm.Sha256, s_key);
        writer.AddUInt32(StunAttributeType.Priority, 1);
        writer.AddFingerprint();
        Assert.True(StunView.TryRead(buffer.AsSpan(0, writer.Finish()), out StunView view));
        Assert.False(view.Has(StunAttributeType.UseCandidate));
        Assert.False(view.Has(StunAttributeType.Priority));
        Assert.Equal(0, view.FindUnknownRequired(new ushort[4]));
        Assert.Equal(StunIntegrity.Valid, view.VerifyIntegrity(s_key));
        Assert.True(view.HasValidFingerprint);
    }

    [Fact, Rfc(8489, "14.6")]
    public void A_truncated_SHA_256_is_not_accepted()
    {
        Assert.True(StunView.TryRead(Build((0x001C, new string('0', 32))), out StunView view));
        Assert.Equal(StunIntegrity.Invalid, view.VerifyIntegrity(s_key));
    }

    [Fact, Rfc(8489, "14.7"), Rfc(8489, "7")]
    public void One_wrong_bit_anywhere_is_seen_by_fingerprint_or_integrity()
    {
        byte[] good = Good();
        for (int bit = 0; bit < good.Length * 8; bit++)
        {
            byte[] bad = [.. good];
            bad[bit / 8] ^= (byte)(1 << (bit % 8));
            bool isGood = StunView.TryRead(bad, out StunView view) && view.HasValidFingerprint;
            Assert.False(isGood, $"bit {bit}");
        }
    }

    [Fact, Rfc(8489, "6.3.1"), Rfc(8489, "14.13"), Rfc(8489, "14.8"), Rfc(8489, "12")]
    public void A_request_with_an_attribute_that_must_be_understood_and_is_not_gets_420()
    {
        byte[] answer = new byte[200];
        Assert.True(StunView.TryRead(Build((0x7001, "00"), (0x8FFF, "00"), (0x7002, "0000"), (0x7001, "")), out StunView request));
        int length = StunBinding.Answer(request, Bytes.Address("192.0.2.1:5"), answer);
        Assert.True(StunView.TryRead(answer.AsSpan(0, length), out StunView view));
        Assert.Equal(StunClass.ErrorResponse, view.Class);
        Assert.Equal(s_id, view.TransactionId);
        Assert.True(view.TryReadError(out int code, out ReadOnlySpan<byte> reason));
        Assert.Equal(420, code);
        Assert.Equal("Unknown Attribute", Encoding.UTF8.GetString(reason));
        Assert.True(view.TryFind(StunAttributeType.UnknownAttributes, out ReadOnlySpan<byte> types));
        Assert.Equal("70017002", Convert.ToHexString(types));
    }

    [Fact, Rfc(8489, "6.3.1.1"), Rfc(8489, "12")]
    public void A_binding_request_is_answered_with_its_source()
    {
        byte[] bytes = new byte[200];
        int length = StunBinding.WriteRequest(bytes, s_id);
        Assert.True(StunView.TryRead(bytes.AsSpan(0, length), out StunView request));
        byte[] answer = new byte[200];
        length = StunBinding.Answer(request, Bytes.Address("198.51.100.7:4242"), answer);
        Assert.True(StunView.TryRead(answer.AsSpan(0, length), out StunView view));
        Assert.True(view.HasValidFingerprint);
        Assert.True(view.TryReadAddress(StunAttributeType.XorMappedAddress, out NetworkAddress address));
        Assert.Equal("198.51.100.7:4242", address.ToString());
        Assert.Equal(0, StunBinding.Answer(view, address, answer));
    }

    [Theory, Rfc(8489, "14.8")]
    [InlineData("00000200")]
    [InlineData("00000700")]
    [InlineData("00000364")]
    [InlineData("000003")]
    public void An_error_code_out_of_its_range_is_none(string value)
    {
        Assert.True(StunView.TryRead(Build((0x0009, value)), out StunView view));
        Assert.False(view.TryReadError(out _, out _));
    }

    [Theory, Rfc(8489, "14.2")]
    [InlineData("0003A147E112A643")]
    [InlineData("0001A147E112")]
    [InlineData("0002A147E112A643")]
    [InlineData("0001A147E112A643E112A643E112A643E112A643")]
    [InlineData("")]
    public void An_address_of_an_unknown_family_or_length_is_none(string value)
    {
        Assert.True(StunView.TryRead(Build((0x0020, value)), out StunView view));
        Assert.False(view.TryReadAddress(StunAttributeType.XorMappedAddress, out _));
    }

    [Fact]
    public void A_buffer_that_is_too_short_gives_no_message()
    {
        byte[] good = Good();
        for (int length = 0; length < good.Length; length++)
        {
            Assert.Equal(0, WriteGood(new byte[length]));
        }

        Assert.Equal(good.Length, WriteGood(new byte[good.Length]));
    }

    [Fact]
    public void Reading_allocates_nothing()
    {
        byte[] good = Good();
        Read(good, 100);
        Assert.Equal(0, Allocations.Of(() => Read(good, 1000)));
    }

    [Fact]
    public void Mutations_of_messages_never_throw()
    {
        var random = new SeededRandom(8489);
        byte[] good = Good();
        byte[] answer = new byte[100];
        ushort[] unknown = new ushort[4];
        for (int round = 0; round < 100_000; round++)
        {
            byte[] bytes = new byte[random.NextInt32(8) == 0 ? random.NextInt32(200) : good.Length];
            good.AsSpan(0, Math.Min(bytes.Length, good.Length)).CopyTo(bytes);
            for (int change = random.NextInt32(6); change > 0 && bytes.Length > 0; change--)
            {
                bytes[random.NextInt32(bytes.Length)] = (byte)random.NextInt32(256);
            }

            if (StunView.TryRead(bytes, out StunView view))
            {
                int sum = 0;
                foreach (StunAttribute attribute in view.Attributes)
                {
                    sum += attribute.Value.Length;
                    view.TryReadAddress(attribute.Type, out _);
                }

                Assert.True(sum <= bytes.Length);
                view.TryReadError(out _, out _);
                view.FindUnknownRequired(unknown);
                StunBinding.Answer(view, Bytes.Address("192.0.2.1:5"), answer);
                if (round % 16 == 0)
                {
                    view.VerifyIntegrity(s_key);
                }
            }
        }
    }

    private static void Read(byte[] bytes, int times)
    {
        for (int time = 0; time < times; time++)
        {
            if (!StunView.TryRead(bytes, out StunView view) || !view.HasValidFingerprint || !view.Has(StunAttributeType.Username)
                || view.VerifyIntegrity(s_key) != StunIntegrity.Valid)
            {
                throw new InvalidOperationException();
            }
        }
    }

    private static byte[] Good()
    {
        byte[] buffer = new byte[300];
        return buffer[..WriteGood(buffer)];
    }

    private static int WriteGood(Span<byte> buffer)
    {
        var writer = new StunWriter(buffer, StunClass.Request, StunMethod.Binding, s_id);
        writer.Add(StunAttributeType.Username, "abcd:efghi");
        writer.AddUInt32(StunAttributeType.Priority, 12345);
        writer.AddUInt64(StunAttributeType.IceControlling, 67890);
        writer.AddAddress(StunAttributeType.XorPeerAddress, Bytes.Address("[2001:db8::1]:9"));
        writer.Add(StunAttributeType.UseCandidate);
        writer.AddIntegrity(StunIntegrityAlgorithm.Sha1, s_key);
        writer.AddFingerprint();
        return writer.Finish();
    }

    private static byte[] Build(params (int Type, string Value)[] attributes)
    {
        var body = new List<byte>();
        foreach ((int type, string value) in attributes)
        {
            byte[] bytes = Convert.FromHexString(value);
            body.AddRange([(byte)(type >> 8), (byte)type, (byte)(bytes.Length >> 8), (byte)bytes.Length]);
            body.AddRange(bytes);
            body.AddRange(new byte[(4 - (bytes.Length % 4)) % 4]);
        }

        byte[] id = new byte[12];
        s_id.WriteTo(id);
        return [0, 1, (byte)(body.Count >> 8), (byte)body.Count, 0x21, 0x12, 0xA4, 0x42, .. id, .. body];
    }

    private static byte[] With(byte[] bytes, int index, byte value)
    {
        byte[] changed = [.. bytes];
        changed[index] = value;
        return changed;
    }
}
