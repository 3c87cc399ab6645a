using Braid.WebRtc.Dcep;

namespace Braid.WebRtc.Tests.Dcep;

public sealed class ChannelOpeningTests
{
    private readonly NegotiatorHarness _us = new();

    [Theory, Rfc(8832, "6")]
    [InlineData(true, 0, 2)]
    [InlineData(false, 1, 3)]
    public void Numbers_are_even_for_the_DTLS_client_and_odd_for_the_server(bool isClient, int first, int second)
    {
        Channel a = _us.Create("a");
        Channel b = _us.Create("b");
        Assert.Equal((null, null), (a.Id, b.Id));
        _us.Negotiator.OnRole(isClient);
        Assert.Equal((first, second), (a.Id!.Value, b.Id!.Value));
        Assert.Equal("", _us.Commands() + _us.Events());
        _us.Negotiator.OnUp(100, 100);
        Assert.Equal($"weight {first} 256, OPEN {first}, weight {second} 256, OPEN {second}", _us.Commands());
        Assert.Equal("opened a, opened b", _us.Events());
        Assert.Equal(second + 2, _us.Create("c").Id!.Value);
    }

    [Fact, Rfc(8831, "6.5")]
    public void A_negotiated_channel_opens_without_a_word_and_keeps_its_number_from_others()
    {
        _us.Create("n", negotiatedId: 0);
        Channel ours = _us.Create("a");
        Assert.Equal(RTCErrorName.OperationError, _us.TryCreate(negotiatedId: 0));
        _us.Up();
        Assert.Equal("weight 0 256, weight 2 256, OPEN 2", _us.Commands());
        Assert.Equal("opened n, opened a", _us.Events());
        Assert.Equal((ushort)2, ours.Id);
        Assert.Equal(RTCErrorName.OperationError, _us.TryCreate(negotiatedId: 2));
        _us.Create("late", negotiatedId: 65534);
        Assert.Equal("weight 65534 256", _us.Commands());
    }

    [Fact, Rfc(8832, "6")]
    public void The_peers_channel_is_acknowledged_and_announced_before_it_opens()
    {
        _us.Up();
        var options = new ChannelOptions { Label = "theirs", Protocol = "p", IsOrdered = false, LifetimeMilliseconds = 5, Priority = 1024 };
        _us.Open(1, options: options);
        Assert.Equal("weight 1 1024, ACK 1", _us.Commands());
        Assert.Equal("announced theirs, opened theirs", _us.Events());
        Assert.Equal(options, _us.Last.Options);
        Assert.True(_us.Last is { IsRemote: true, Id: 1, State: RTCDataChannelState.Open });
        Assert.True(_us.Send(_us.Last).Options.Unordered);
    }

    [Fact, Rfc(8832, "6")]
    public void Before_any_answer_messages_of_an_unordered_channel_are_ordered()
    {
        _us.Up();
        Channel channel = _us.Create("a", isOrdered: false);
        Assert.Equal(RTCErrorName.OperationError, _us.Negotiator.Prepare(channel, 1, false, out _).Name);
        _us.Commands();
        Assert.False(_us.Send(channel).Options.Unordered);
        _us.Ack(0);
        Assert.True(_us.Send(channel).Options.Unordered);

        Channel other = _us.Create("b", isOrdered: false);
        _us.Commands();
        Assert.Same(other, _us.Message(2, DataChannelPpid.Text, 65).Channel);
        Assert.True(_us.Send(other).Options.Unordered);
        Channel negotiated = _us.Create("n", negotiatedId: 9, isOrdered: false);
        Assert.True(_us.Send(negotiated).Options.Unordered);
    }

    [Fact, Rfc(8832, "6")]
    public void An_OPEN_that_breaks_the_rules_is_answered_by_a_reset()
    {
        _us.Up();
        _us.Open(2);
        _us.Message(3, DataChannelPpid.Control, 3, 0, 0);
        _us.Message(5, DataChannelPpid.Control, 9);
        _us.Message(7, DataChannelPpid.Control);
        Assert.Equal("reset 2 3 5 7", _us.Commands());
        Assert.Equal("", _us.Events());
        Assert.Equal((1, 3), (_us.Negotiator.Counters[ChannelDropReason.WrongParity], _us.Negotiator.Counters[ChannelDropReason.MalformedControl]));
        Assert.Equal((ushort)0, _us.Create("a").Id);
        Assert.Equal((ushort)4, _us.Create("b").Id);
        Assert.Null(_us.Negotiator.Find(2));

        uint context = _us.LastContext;
        _us.PeerReset(2, 3);
        _us.ResetDone(context, 2, 3, 5, 7);
        Assert.Equal((ushort)2, _us.Create("c").Id);
        _us.Open(3);
        Assert.Equal("opened a, opened b, opened c, announced theirs, opened theirs", _us.Events());
    }

    [Fact, Rfc(8832, "6")]
    public void An_OPEN_on_a_stream_in_use_closes_the_channel_there()
    {
        _us.Up();
        _us.Open(1, "first");
        _us.Events();
        _us.Commands();
        _us.Open(1, "second");
        Assert.Equal("closing first", _us.Events());
        Assert.Equal("reset 1", _us.Commands());
        Assert.Equal(1, _us.Negotiator.Counters[ChannelDropReason.StreamInUse]);
        _us.ResetDone(_us.LastContext, 1);
        _us.PeerReset(1);
        Assert.Equal("closed first", _us.Events());
        Assert.Equal(RTCErrorDetail.DataChannelFailure, _us.LastError.Detail);
    }

    [Fact, Rfc(8832, "6")]
    public void A_reset_before_the_ACK_means_that_the_peer_refuses()
    {
        _us.Up();
        _us.Create("a");
        _us.Commands();
        _us.PeerReset(0);
        Assert.Equal("reset 0", _us.Commands());
        _us.ResetDone(_us.LastContext, 0);
        Assert.Equal("opened a, closing a, closed a", _us.Events());
        Assert.Equal("The peer has refused the channel.", _us.LastError.Message);
    }

    [Fact, Rfc(8831, "6.2"), Rfc(8831, "6.3")]
    public void All_65535_streams_can_be_channels_and_one_more_cannot()
    {
        _us.Up();
        for (int i = 0; i < 32768; i++)
        {
            Assert.Equal(2 * i, _us.Create("").Id!.Value);
        }

        Assert.Equal(RTCErrorName.OperationError, _us.TryCreate());
        for (int i = 1; i < 65535; i += 2)
        {
            _us.Open((ushort)i);
        }

        Assert.Equal(65535, _us.Negotiator.Count);
        _us.Open(65535);
        Assert.Equal(65535, _us.Negotiator.Count);
        Assert.Equal(1, _us.Negotiator.Counters[ChannelDropReason.UnusedStream]);
        _us.Commands();
        _us.Negotiator.Close(_us.Negotiator.Find(40000)!);
        _us.Commands();
        _us.ResetDone(_us.LastContext, 40000);
        _us.PeerReset(40000);
        Assert.Equal((ushort)40000, _us.Create("again").Id);
    }

    [Fact, Rfc(8831, "6.2")]
    public void Channels_that_find_no_stream_fail_when_that_is_known()
    {
        for (int i = 0; i < 3; i++)
        {
            _us.Create($"{i}");
        }

        _us.Create("n", negotiatedId: 9);
        _us.Up(streams: 4);
        Assert.Equal("opened 0, opened 1, closed 2, closed n", _us.Events());
        Assert.Equal(RTCErrorDetail.DataChannelFailure, _us.LastError.Detail);
        Assert.Equal(RTCErrorName.OperationError, _us.TryCreate());
        Assert.Equal(RTCErrorName.OperationError, _us.TryCreate(negotiatedId: 4));
        _us.Open(5);
        Assert.Equal("", _us.Events());
    }

    [Fact]
    public void Before_the_role_is_known_there_may_be_more_channels_than_numbers()
    {
        for (int i = 0; i < 32769; i++)
        {
            _us.Create($"{i}");
        }

        _us.Negotiator.OnRole(isDtlsClient: true);
        Assert.Equal("closed 32768", _us.Events());
    }

    [Fact]
    public void The_names_that_a_peer_has_us_hold_have_a_limit()
    {
        _us.Up();
        string label = new('x', 65535);
        for (ushort i = 1; i < 2000; i += 2)
        {
            _us.Open(i, label);
        }

        Assert.Equal(256, _us.Negotiator.Counters.Opened);
        Assert.Equal(1000 - 256, _us.Negotiator.Counters[ChannelDropReason.TooManyNames]);
    }

    [Fact]
    public void An_ACK_that_answers_nothing_is_counted()
    {
        _us.Up();
        _us.Ack(0);
        _us.Open(1);
        _us.Ack(1);
        _us.Create("n", negotiatedId: 4);
        _us.Ack(4);
        Assert.Equal(3, _us.Negotiator.Counters[ChannelDropReason.UnexpectedAck]);
        Assert.Equal(RTCDataChannelState.Open, _us.Negotiator.Find(1)!.State);
    }

    [Fact]
    public void A_command_stays_until_it_was_done()
    {
        _us.Up();
        _us.Create("a");
        Assert.True(_us.Negotiator.TryPeekCommand(out ChannelCommand? first));
        Assert.True(_us.Negotiator.TryPeekCommand(out ChannelCommand? again));
        Assert.Same(first, again);
        Assert.Equal("weight 0 256, OPEN 0", _us.Commands());
        _us.Negotiator.OnCommandDone();
        Assert.Equal("", _us.Commands());
    }
}
