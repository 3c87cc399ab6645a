using Braid.WebRtc.Dcep;

namespace Braid.WebRtc.Tests.Dcep;

public sealed class ChannelArgumentsTests
{
    [Fact]
    public void The_defaults_are_those_of_the_W3C()
    {
        Assert.True(ChannelArguments.TryCheck("", null, out ChannelOptions? options, out _));
        Assert.Equal(new ChannelOptions { Priority = 256 }, options);
        Assert.True(options is { IsOrdered: true, IsNegotiated: false, MaximumRetransmissions: null, LifetimeMilliseconds: null });
    }

    [Fact]
    public void An_id_counts_only_for_a_negotiated_channel()
    {
        Assert.Null(Good(new RTCDataChannelInit { Id = 5 }).NegotiatedId);
        Assert.Null(Good(new RTCDataChannelInit { Id = 65535 }).NegotiatedId);
        Assert.Equal((ushort)0, Good(new RTCDataChannelInit { Id = 0, Negotiated = true }).NegotiatedId);
        Assert.Equal((ushort)65534, Good(new RTCDataChannelInit { Id = 65534, Negotiated = true }).NegotiatedId);
        Bad("", new RTCDataChannelInit { Id = 65535, Negotiated = true });
        Bad("", new RTCDataChannelInit { Negotiated = true });
    }

    [Fact]
    public void A_lifetime_or_a_number_of_retransmissions_but_not_both()
    {
        Assert.Equal(0u, Good(new RTCDataChannelInit { MaxRetransmits = 0 }).MaximumRetransmissions);
        Assert.Equal(65535u, Good(new RTCDataChannelInit { MaxPacketLifeTime = 65535, Ordered = false }).LifetimeMilliseconds);
        Bad("", new RTCDataChannelInit { MaxRetransmits = 0, MaxPacketLifeTime = 0 });
    }

    [Fact]
    public void Label_and_protocol_have_65535_bytes_of_UTF8_at_most()
    {
        Assert.Equal(65535, Good(new RTCDataChannelInit { Protocol = new string('p', 65535) }).Protocol.Length);
        Bad("", new RTCDataChannelInit { Protocol = new string('p', 65536) });
        Assert.True(ChannelArguments.TryCheck(new string('€', 21845), null, out _, out _));
        Bad(new string('€', 21846), null);
    }

    [Fact]
    public void A_priority_that_there_is_not_is_refused() => Bad("", new RTCDataChannelInit { Priority = (RTCPriorityType)9 });

    private static ChannelOptions Good(RTCDataChannelInit init)
    {
        Assert.True(ChannelArguments.TryCheck("label", init, out ChannelOptions? options, out RTCError error), error.Message);
        return options;
    }

    private static void Bad(string label, RTCDataChannelInit? init)
    {
        Assert.False(ChannelArguments.TryCheck(label, init, out _, out RTCError error));
        Assert.Equal(RTCErrorName.TypeError, error.Name);
        Assert.NotEmpty(error.Message);
    }
}
