using System;
using System.Linq;
using Braid.WebRtc.Dcep;

namespace Braid.WebRtc.Tests.Dcep;

public sealed class ChannelClosingTests
{
    private readonly NegotiatorHarness _us = new NegotiatorHarness().Up();

    [Fact, Rfc(8831, "6.7")]
    public void A_channel_is_closed_when_both_streams_are_reset_and_its_number_is_free_then()
    {
        Channel channel = Opened("a");
        _us.Negotiator.Close(channel);
        _us.Negotiator.Close(channel);
        Assert.Equal(RTCDataChannelState.Closing, channel.State);
        Assert.Equal("reset 0", _us.Commands());
        Assert.Equal("", _us.Events());
        Assert.Equal((ushort)2, _us.Create("b").Id);

        _us.ResetDone(_us.LastContext, 0);
        Assert.Equal("opened b", _us.Events());
        _us.PeerReset(0);
        Assert.Equal("closed a", _us.Events());
        Assert.True(_us.LastError.IsNone);
        Assert.Equal(RTCDataChannelState.Closed, channel.State);
        Assert.Equal((ushort)0, _us.Create("c").Id);
        Assert.Equal((3, 1), (_us.Negotiator.Counters.Opened, _us.Negotiator.Counters.Closed));
    }

    [Fact, Rfc(8831, "6.7")]
    public void What_the_peer_closes_is_closed_in_turn()
    {
        Channel channel = Opened("a");
        _us.PeerReset(0);
        Assert.Equal("closing a", _us.Events());
        Assert.Equal("reset 0", _us.Commands());
        _us.Negotiator.Close(channel);
        _us.PeerReset(0);
        Assert.Equal("", _us.Commands());
        _us.ResetDone(_us.LastContext, 0);
        Assert.Equal("closed a", _us.Events());
        Assert.True(_us.LastError.IsNone);
    }

    [Fact, Rfc(8831, "6.7")]
    public void Both_may_close_at_once()
    {
        Channel channel = Opened("a");
        _us.Negotiator.Close(channel);
        _us.PeerReset(0);
        Assert.Equal("reset 0", _us.Commands());
        _us.ResetDone(_us.LastContext, 0);
        Assert.Equal("closed a", _us.Events());
        Assert.Equal(0, _us.Negotiator.Count);
    }

    [Fact, Rfc(8832, "6")]
    public void The_peer_may_use_a_number_again_before_we_hear_that_our_reset_is_done()
    {
        _us.Open(1, "first");
        _us.Commands();
        _us.PeerReset(1);
        Assert.Equal("reset 1", _us.Commands());
        uint first = _us.LastContext;
        _us.Open(1, "second");
        Assert.Equal("announced first, opened first, closing first, closed first, announced second, opened second", _us.Events());
        Assert.Equal("weight 1 256, ACK 1", _us.Commands());

        // The late news is not about the second one, even when that is being closed as well.
        _us.Negotiator.Close(_us.Last);
        Assert.Equal("reset 1", _us.Commands());
        _us.PeerReset(1);
        _us.ResetDone(first, 1);
        Assert.Equal("", _us.Events());
        _us.ResetDone(_us.LastContext, 1);
        Assert.Equal("closed second", _us.Events());
    }

    [Fact]
    public void It_may_not_while_it_cannot_know_of_our_reset()
    {
        _us.Open(1, "first");
        _us.Commands();
        _us.PeerReset(1);
        _us.Open(1, "second");
        Assert.Equal(1, _us.Negotiator.Counters[ChannelDropReason.StreamInUse]);
        Assert.Equal("reset 1", _us.Commands());
    }

    [Fact]
    public void Many_are_closed_by_few_requests()
    {
        Channel[] channels = [.. Enumerable.Range(0, 1000).Select(i => Opened($"{i}"))];
        foreach (Channel channel in channels)
        {
            _us.Negotiator.Close(channel);
        }

        Assert.Equal(8, _us.Commands().Split("reset").Length - 1);
    }

    [Fact]
    public void A_reset_of_all_streams_closes_all_channels()
    {
        Opened("a");
        _us.Open(1, "b");
        _us.Events();
        _us.Negotiator.OnStreamsReset(true, [], true, 0);
        Assert.Equal("closing a, closing b", _us.Events());
    }

    [Fact]
    public void A_stream_that_cannot_be_reset_is_not_used_again()
    {
        Channel channel = Opened("a");
        _us.Negotiator.Close(channel);
        _us.Commands();
        _us.Negotiator.OnStreamsReset(false, [channel.Id!.Value], false, _us.LastContext);
        Assert.Equal("closed a", _us.Events());
        Assert.Equal(RTCErrorName.OperationError, _us.LastError.Name);
        Assert.Equal((ushort)2, _us.Create("b").Id);
        _us.Message(0, DataChannelPpid.Text, 1);
        Assert.Equal("opened b", _us.Events());
        Assert.DoesNotContain("reset", _us.Commands(), StringComparison.Ordinal);
    }

    [Fact]
    public void Closing_before_the_connection_is_there_says_nothing_to_the_peer()
    {
        var us = new NegotiatorHarness();
        Channel a = us.Create("a");
        Channel n = us.Create("n", negotiatedId: 6);
        us.Negotiator.Close(a);
        us.Negotiator.Close(n);
        Assert.Equal("closed a, closed n", us.Events());
        us.Create("n2", negotiatedId: 6);
        us.Up();
        Assert.Equal("weight 6 256", us.Commands());
        Assert.Equal("opened n2", us.Events());
    }

    [Fact]
    public void When_the_association_ends_all_channels_are_closed_and_keep_their_amounts()
    {
        Channel channel = Opened("a");
        ChannelNegotiator.OnAccepted(channel, 1000);
        _us.Negotiator.Close(Opened("b"));
        var error = new RTCError(RTCErrorName.OperationError, "gone", RTCErrorDetail.SctpFailure);
        _us.Negotiator.OnDown(error);
        Assert.Equal("closed a, closed b", _us.Events());
        Assert.Equal(error, _us.LastError);
        Assert.Equal("", _us.Commands());
        Assert.Equal((1000, RTCDataChannelState.Closed), (channel.BufferedAmount, channel.State));
        Assert.Equal(RTCErrorName.InvalidStateError, _us.TryCreate());
        Assert.Equal(RTCErrorName.InvalidStateError, _us.Negotiator.Prepare(channel, 1, false, out _).Name);
        _us.Open(1);
        _us.Message(0, DataChannelPpid.Text, 1);
        Assert.Equal("", _us.Events() + _us.Commands());

        var early = new NegotiatorHarness();
        early.Create("e");
        early.Negotiator.OnDown(RTCError.None);
        Assert.Equal("closed e", early.Events());
    }

    private Channel Opened(string label)
    {
        Channel channel = _us.Create(label);
        _us.Commands();
        _us.Ack(channel.Id!.Value);
        _us.Events();
        return channel;
    }
}
