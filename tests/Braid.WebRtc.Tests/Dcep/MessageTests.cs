using System;
using System.Linq;
using System.Text;
using Braid.Sctp;
using Braid.WebRtc.Dcep;

namespace Braid.WebRtc.Tests.Dcep;

public sealed class MessageTests
{
    [Fact, Rfc(8832, "5.1"), Rfc(8832, "8.2.1")]
    public void An_OPEN_is_written_as_the_drawing_says()
    {
        byte[] message = OpenMessage.Write(new ChannelOptions { Label = "chät", Protocol = "p", IsOrdered = false, MaximumRetransmissions = 3, Priority = 512 });
        Assert.Equal([0x03, 0x81, 0x02, 0x00, 0, 0, 0, 3, 0, 5, 0, 1, (byte)'c', (byte)'h', 0xC3, 0xA4, (byte)'t', (byte)'p'], message);
    }

    [Theory, Rfc(8832, "5.1"), Rfc(8832, "8.2.2")]
    [InlineData(0x00, true, null, null)]
    [InlineData(0x80, false, null, null)]
    [InlineData(0x01, true, 7u, null)]
    [InlineData(0x81, false, 7u, null)]
    [InlineData(0x02, true, null, 7u)]
    [InlineData(0x82, false, null, 7u)]
    public void Each_type_is_read_and_written(byte type, bool isOrdered, uint? retransmissions, uint? lifetime)
    {
        var options = new ChannelOptions { Label = "l", Protocol = "p", IsOrdered = isOrdered, MaximumRetransmissions = retransmissions, LifetimeMilliseconds = lifetime, Priority = 1024 };
        byte[] message = OpenMessage.Write(options);
        Assert.Equal(type, message[1]);
        Assert.True(OpenMessage.TryRead(message, out OpenMessage open));
        Assert.Equal((type, isOrdered, 1024), ((byte)open.Type, open.IsOrdered, open.Priority));
        Assert.Equal(options, open.ToOptions());
        Reliability expected = retransmissions is not null ? Reliability.MaximumRetransmissions(7)
            : lifetime is not null ? Reliability.Lifetime(TimeSpan.FromMilliseconds(7)) : Reliability.Reliable;
        Assert.Equal(expected, options.Reliability);
    }

    [Fact, Rfc(8832, "5.1")]
    public void The_parameter_of_a_reliable_channel_is_ignored()
    {
        byte[] message = OpenMessage.Write(new ChannelOptions());
        message[7] = 9;
        Assert.True(OpenMessage.TryRead(message, out OpenMessage open));
        Assert.Equal(new ChannelOptions(), open.ToOptions());
    }

    [Theory, Rfc(8832, "5.1")]
    [InlineData(0, 0)]
    [InlineData(1, 0)]
    [InlineData(0, 1)]
    [InlineData(65535, 65535)]
    public void Label_and_protocol_may_have_any_length_that_fits(int label, int protocol)
    {
        var options = new ChannelOptions { Label = Multibyte(label), Protocol = Multibyte(protocol) };
        byte[] message = OpenMessage.Write(options);
        Assert.Equal(12 + label + protocol, message.Length);
        Assert.True(OpenMessage.TryRead(message, out OpenMessage open));
        Assert.Equal(options, open.ToOptions());
    }

    [Fact, Rfc(8832, "5.1")]
    public void Limits_that_are_greater_than_any_of_ours_are_ours()
    {
        Assert.Equal(Reliability.MaximumRetransmissions(int.MaxValue), new ChannelOptions { MaximumRetransmissions = uint.MaxValue }.Reliability);
        Assert.Equal(Reliability.Lifetime(TimeSpan.FromMilliseconds(uint.MaxValue)), new ChannelOptions { LifetimeMilliseconds = uint.MaxValue }.Reliability);
    }

    [Fact, Rfc(8832, "6")]
    public void What_is_not_well_formed_is_refused()
    {
        byte[] good = OpenMessage.Write(new ChannelOptions { Label = "läbel", Protocol = "protocol" });
        Assert.True(OpenMessage.TryRead(good, out _));
        for (int length = 0; length < good.Length; length++)
        {
            Assert.False(OpenMessage.TryRead(good.AsSpan(0, length), out _));
        }

        Assert.False(OpenMessage.TryRead([.. good, 0], out _));
        Assert.False(OpenMessage.TryRead(Changed(good, 0, 4), out _));
        Assert.False(OpenMessage.TryRead(Changed(good, 1, 3), out _));
        Assert.False(OpenMessage.TryRead(Changed(good, 1, 0x83), out _));
        Assert.False(OpenMessage.TryRead(Changed(good, 1, 0x40), out _));
        Assert.False(OpenMessage.TryRead(Changed(good, 13, 0xFF), out _));
        Assert.False(OpenMessage.TryRead(Changed(good, 18, 0x80), out _));
    }

    [Fact, Rfc(8832, "5.2"), Rfc(8832, "8.2.1")]
    public void An_ACK_is_one_byte()
    {
        Assert.Equal([2], AckMessage.Bytes.ToArray());
        Assert.True(AckMessage.IsAck([2]));
        Assert.False(AckMessage.IsAck([]) || AckMessage.IsAck([3]) || AckMessage.IsAck([2, 0]));
    }

    [Theory, Rfc(8831, "6.4")]
    [InlineData(RTCPriorityType.VeryLow, 128)]
    [InlineData(RTCPriorityType.Low, 256)]
    [InlineData(RTCPriorityType.Medium, 512)]
    [InlineData(RTCPriorityType.High, 1024)]
    public void A_priority_is_a_weight(RTCPriorityType priority, int weight)
    {
        Assert.Equal(weight, ChannelPriority.ToWeight(priority));
        Assert.Equal(priority, ChannelPriority.FromWeight((ushort)weight));
        Assert.Equal(priority, ChannelPriority.FromWeight((ushort)(weight - 1)));
    }

    [Fact]
    public void Weights_that_nobody_should_send_are_priorities_as_well()
    {
        Assert.Equal(RTCPriorityType.VeryLow, ChannelPriority.FromWeight(0));
        Assert.Equal(RTCPriorityType.High, ChannelPriority.FromWeight(ushort.MaxValue));
    }

    private static string Multibyte(int bytes)
    {
        string text = string.Concat(Enumerable.Repeat("€", bytes / 3)) + new string('x', bytes % 3);
        Assert.Equal(bytes, Encoding.UTF8.GetByteCount(text));
        return text;
    }

    private static byte[] Changed(byte[] message, int index, byte value)
    {
        byte[] changed = [.. message];
        changed[index] = value;
        return changed;
    }
}
