using System.Buffers;
using Braid.Sctp;
using Braid.WebRtc.Dcep;

namespace Braid.WebRtc.Tests.Dcep;

public sealed class ChannelDataTests
{
    private readonly NegotiatorHarness _us = new NegotiatorHarness().Up();
    private readonly Channel _channel;

    public ChannelDataTests()
    {
        _channel = _us.Create("a");
        _us.Commands();
        _us.Events();
        _us.Ack(0);
    }

    [Theory, Rfc(8831, "6.6"), Rfc(8831, "8")]
    [InlineData(true, 5, 51u)]
    [InlineData(false, 5, 53u)]
    [InlineData(true, 0, 56u)]
    [InlineData(false, 0, 57u)]
    public void A_message_says_what_it_is_and_an_empty_one_is_carried_by_a_byte(bool isText, int length, uint ppid)
    {
        ChannelSend send = _us.Send(_channel, length, isText);
        Assert.Equal(new ChannelSend(new SendOptions(0, ppid), length == 0), send);
        Assert.Equal(new ChannelDelivery(_channel, isText, length == 0), _us.Message(0, ppid, new byte[length == 0 ? 1 : length]));
    }

    [Fact, Rfc(8831, "6.6")]
    public void The_reliability_is_that_of_the_channel()
    {
        Assert.True(_us.Negotiator.TryCreate(new ChannelOptions { MaximumRetransmissions = 2, NegotiatedId = 8 }, out Channel? channel, out _));
        _us.Commands();
        Assert.Equal(Reliability.MaximumRetransmissions(2), _us.Send(channel).Options.Reliability);
    }

    [Fact, Rfc(8831, "6.6")]
    public void Messages_in_parts_of_older_peers_are_put_together_by_their_identifiers()
    {
        Assert.Equal(new ChannelDelivery(_channel, true, false, false), _us.Message(0, 54, 1));
        Assert.Equal(new ChannelDelivery(_channel, true, false, false), _us.Message(0, 54, 2));
        Assert.Equal(new ChannelDelivery(_channel, true, false, true), _us.Message(0, 51, 3));
        Assert.Equal(new ChannelDelivery(_channel, false, false, false), _us.Message(0, 52, 1));
        Assert.Equal(new ChannelDelivery(_channel, false, false, true), _us.Message(0, 53, 3));

        _us.Message(0, 52, 1);
        Assert.Null(_us.Message(0, 51, 1).Channel);
        Assert.Equal(1, _us.Negotiator.Counters[ChannelDropReason.MixedParts]);
        Assert.Equal("closing a", _us.Events());
    }

    [Fact, Rfc(9260, "6.9")]
    public void Parts_that_SCTP_delivers_are_no_messages_of_their_own()
    {
        var bytes = new ReadOnlySequence<byte>([1, 2, 3]);
        Assert.Equal(new ChannelDelivery(_channel, false, false, false), _us.Negotiator.OnMessage(0, 53, bytes, endsHere: false));
        Assert.Equal(new ChannelDelivery(_channel, false, false, true), _us.Negotiator.OnMessage(0, 53, bytes, beginsHere: false));
        _us.Negotiator.OnMessage(1, 50, new ReadOnlySequence<byte>(OpenMessage.Write(new ChannelOptions())), endsHere: false);
        Assert.Equal(1, _us.Negotiator.Counters[ChannelDropReason.MalformedControl]);
    }

    [Fact, Rfc(8831, "6.6")]
    public void A_PPID_that_no_channel_has_closes_the_channel()
    {
        Assert.Null(_us.Message(0, 99, 1).Channel);
        Assert.Equal(1, _us.Negotiator.Counters[ChannelDropReason.UnsupportedPpid]);
        Assert.Equal("closing a", _us.Events());
        Assert.Equal("reset 0", _us.Commands());
    }

    [Fact, Rfc(8832, "6")]
    public void Data_on_an_unused_stream_resets_it()
    {
        Assert.Null(_us.Message(7, DataChannelPpid.Binary, 1).Channel);
        Assert.Null(_us.Message(7, DataChannelPpid.Binary, 1).Channel);
        Assert.Equal("reset 7", _us.Commands());
        Assert.Equal((1, 1), (_us.Negotiator.Counters[ChannelDropReason.UnusedStream], _us.Negotiator.Counters[ChannelDropReason.ClosingChannel]));
    }

    [Fact]
    public void What_comes_while_a_channel_closes_is_not_delivered()
    {
        _us.Negotiator.Close(_channel);
        Assert.Null(_us.Message(0, DataChannelPpid.Text, 1).Channel);
        Assert.Equal(1, _us.Negotiator.Counters[ChannelDropReason.ClosingChannel]);
        Assert.Equal(RTCErrorName.InvalidStateError, _us.Negotiator.Prepare(_channel, 1, false, out _).Name);
    }

    [Fact]
    public void Nothing_is_sent_before_the_channel_is_open_or_when_it_is_too_long()
    {
        Channel early = new NegotiatorHarness().Create("early");
        Assert.Equal(RTCErrorName.InvalidStateError, _us.Negotiator.Prepare(early, 1, false, out _).Name);
        Assert.Equal(RTCErrorName.TypeError, _us.Negotiator.Prepare(_channel, 65537, false, out _).Name);
        _us.Negotiator.MaximumMessageSize = 1 << 20;
        Assert.True(_us.Negotiator.Prepare(_channel, 65537, false, out _).IsNone);
    }

    // W3C WebRTC §6.2: what was accepted counts at once, framing does not, and the event comes once for each fall.
    [Fact]
    public void The_buffered_amount_is_that_of_the_applications_bytes()
    {
        _channel.BufferedAmountLowThreshold = 100;
        ChannelNegotiator.OnAccepted(_channel, 0);
        Assert.Equal(0, _channel.BufferedAmount);
        ChannelNegotiator.OnAccepted(_channel, 300);
        _us.Negotiator.OnWaiting(0, 313);
        Assert.Equal((300, ""), (_channel.BufferedAmount, _us.Events()));
        _us.Negotiator.OnWaiting(0, 100);
        Assert.Equal((100, "bufferedamountlow a"), (_channel.BufferedAmount, _us.Events()));
        _us.Negotiator.OnWaiting(0, 0);
        Assert.Equal((0, ""), (_channel.BufferedAmount, _us.Events()));
        ChannelNegotiator.OnAccepted(_channel, 100);
        _us.Negotiator.OnWaiting(0, 0);
        Assert.Equal("", _us.Events());
    }
}
