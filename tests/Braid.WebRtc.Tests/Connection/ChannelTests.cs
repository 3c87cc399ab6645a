using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Braid.Core;
using Braid.WebRtc.Network;

namespace Braid.WebRtc.Tests.Connection;

/// <summary>Channels between threads of the application and a peer that may be slow, quick or hostile.</summary>
public sealed class ChannelTests
{
    private readonly VirtualNetwork _network = new();

    [Fact]
    public void A_message_longer_than_the_receive_buffer_comes_whole()
    {
        (RTCPeerConnection a, RTCPeerConnection b, RTCDataChannel channel, RTCDataChannel other) = _network.Open(changeB: static configuration => configuration with { ReceiveBufferSize = 100_000 });
        byte[] sent = new byte[1_000_000];
        new Random(1).NextBytes(sent);
        _network.Wait(channel.SendAsync(sent));
        using RTCMessage message = _network.Wait(other.ReceiveAsync());
        Assert.Equal(sent, message.ToArray());
        _network.Close(a, b);
    }

    [Fact]
    public void Messages_are_read_or_raised_but_not_both()
    {
        (RTCPeerConnection a, RTCPeerConnection b, RTCDataChannel channel, RTCDataChannel other) = _network.Open();
        List<string> heard = [];
        var three = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        channel.Send("1");
        channel.Send("2");
        _network.Pass(TimeSpan.FromSeconds(1));              // they wait for a handler
        other.Message += (_, message) =>
        {
            heard.Add(message.GetText());
            if (heard.Count == 3)
            {
                three.SetResult();
            }
        };
        channel.Send("3");
        _network.Wait(three.Task);
        Assert.Equal(["1", "2", "3"], heard);
        Assert.Throws<InvalidOperationException>(() => { _ = other.ReceiveAsync().AsTask(); });
        Assert.False(channel.TryReceive(out _));
        Assert.Throws<InvalidOperationException>(() => channel.Message += static (_, _) => { });
        _network.Close(a, b);
    }

    [Fact]
    public void A_channel_closes_on_both_sides_after_all_was_delivered_and_its_number_is_free_again()
    {
        (RTCPeerConnection a, RTCPeerConnection b, RTCDataChannel channel, RTCDataChannel other) = _network.Open();
        ushort? id = channel.Id;
        for (int i = 0; i < 10; i++)
        {
            channel.Send(new byte[100_000]);
        }

        Task closing = channel.CloseAsync().AsTask();
        Assert.Equal(RTCDataChannelState.Closing, channel.ReadyState);
        Assert.Equal(RTCErrorName.InvalidStateError, Assert.Throws<RTCException>(() => channel.Send("late")).Name);
        Assert.Equal(10, _network.Wait(CountAsync(other)));
        _network.Wait(closing);
        _network.Wait(other.Closed);
        Assert.Equal(RTCDataChannelState.Closed, channel.ReadyState);
        Assert.Equal(RTCDataChannelState.Closed, other.ReadyState);

        RTCDataChannel next = a.CreateDataChannel("next");
        _network.Wait(next.Opened);
        Assert.Equal(id, next.Id);
        _network.Close(a, b);

        static async Task<int> CountAsync(RTCDataChannel channel) => await channel.ReadAllAsync().CountAsync();
    }

    [Fact]
    public void A_channel_as_a_stream_of_bytes()
    {
        (RTCPeerConnection a, RTCPeerConnection b, RTCDataChannel channel, RTCDataChannel other) = _network.Open();
        byte[] sent = new byte[200_001];
        new Random(2).NextBytes(sent);
        byte[] received = new byte[sent.Length];
        using System.IO.Stream to = channel.AsStream();
        using System.IO.Stream from = other.AsStream();
        Task writing = to.WriteAsync(sent).AsTask();
        _network.Wait(from.ReadExactlyAsync(received));
        _network.Wait(writing);
        Assert.Equal(sent, received);
        to.Dispose();
        Assert.Equal(0, _network.Wait(from.ReadAsync(received)));
        _network.Close(a, b);
    }

    [Fact]
    public void Channels_that_the_applications_agree_on()
    {
        RTCPeerConnection a = _network.Connect();
        RTCPeerConnection b = _network.Connect();
        var init = new RTCDataChannelInit { Negotiated = true, Id = 100, Ordered = false, MaxRetransmits = 0 };
        RTCDataChannel channel = a.CreateDataChannel("one", init);
        RTCDataChannel other = b.CreateDataChannel("two", init);
        Assert.Equal(RTCErrorName.OperationError, Assert.Throws<RTCException>(() => a.CreateDataChannel("three", init)).Name);
        Assert.Equal(RTCErrorName.TypeError, Assert.Throws<RTCException>(() => a.CreateDataChannel("four", new RTCDataChannelInit { Negotiated = true })).Name);
        _network.Wait(a.WithAsync(b));
        _network.Wait(channel.Opened);
        _network.Wait(other.Opened);
        Assert.True(channel is { Negotiated: true, Id: 100, Ordered: false, MaxRetransmits: 0, MaxPacketLifeTime: null });
        Assert.True(channel.TrySend("x"u8, isText: true));
        Assert.Equal("x", _network.Wait(other.ReceiveAsync()).GetText());
        _network.Close(a, b);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_message_that_was_given_up_in_the_middle_is_no_part_of_the_next_one(bool isLastLost)
    {
        var init = new RTCDataChannelInit { MaxRetransmits = 0 };
        (RTCPeerConnection a, RTCPeerConnection b, RTCDataChannel channel, RTCDataChannel other) =
            _network.Open(changeB: static configuration => configuration with { ReceiveBufferSize = 100_000 }, init: init);
        int count = 0;
        _network.Loses = (path, length) => length > 1000 && path.Local.Port == 5000 && ++count is > 200 and < 204;
        _network.Wait(channel.SendAsync(new byte[1_000_000]));
        _network.Wait(channel.SendAsync(isLastLost ? new byte[2] : "next"u8.ToArray()));
        _network.Wait(channel.SendAsync("last"));
        using RTCMessage next = _network.Wait(other.ReceiveAsync());
        Assert.Equal(isLastLost ? 2 : 4, next.Length);
        Assert.Equal("last", _network.Wait(other.ReceiveAsync()).GetText());
        Assert.True(count > 203);
        _network.Close(a, b);
    }

    [Fact, Rfc(8841, "6.1")]
    public void Who_sends_more_than_was_allowed_has_the_channel_closed_and_nothing_of_it_is_a_message()
    {
        (RTCPeerConnection a, RTCPeerConnection b, RTCDataChannel channel, RTCDataChannel other) = _network.Open(
            changeB: static configuration => configuration with { ReceiveBufferSize = 100_000, MaxMessageSize = 200_000 },
            changeAnswer: static text => text.Replace("a=max-message-size:200000", "a=max-message-size:2000000", StringComparison.Ordinal));
        var events = new Story(3);
        other.Closing += (_, _) => events.Add("closing");
        other.Error += (_, error) => events.Add(error.Error.Detail.ToString()!);
        other.Close += (_, _) => events.Add("close");
        _network.Wait(channel.SendAsync(new byte[1_000_000]));
        Assert.Throws<RTCException>(() => _network.Wait(other.ReceiveAsync()));
        Assert.Throws<RTCException>(() => _network.Wait(other.Closed));
        _network.Wait(channel.Closed);
        Assert.Equal(["closing", nameof(RTCErrorDetail.DataChannelFailure), "close"], _network.Wait(events.Told));
        _network.Close(a, b);
    }

    [Fact]
    public void Who_reads_no_long_messages_holds_the_peer_up()
    {
        (RTCPeerConnection a, RTCPeerConnection b, RTCDataChannel channel, RTCDataChannel other) = _network.Open(
            static configuration => configuration with { SendBufferSize = 100 << 20 },
            static configuration => configuration with { ReceiveBufferSize = 100_000 });
        for (byte i = 0; i < 20; i++)
        {
            byte[] message = new byte[1_000_000];
            message[^1] = i;
            channel.Send(message);
        }

        Task closing = channel.CloseAsync().AsTask();
        _network.Pass(TimeSpan.FromSeconds(20));
        Assert.True(channel.BufferedAmount > 17_000_000, $"{channel.BufferedAmount}");
        for (byte i = 0; i < 20; i++)
        {
            using RTCMessage message = _network.Wait(other.ReceiveAsync());
            Assert.Equal(i, message.ToArray()[^1]);
        }

        _network.Wait(closing);
        _network.Close(a, b);
    }

    [Fact]
    public void Who_reads_no_empty_messages_holds_the_peer_up()
    {
        (RTCPeerConnection a, RTCPeerConnection b, RTCDataChannel channel, RTCDataChannel other) =
            _network.Open(changeB: static configuration => configuration with { ReceiveBufferSize = 100_000 });
        const int Count = 20_000;
        for (int i = 0; i < Count; i++)
        {
            channel.Send("");
        }

        _network.Pass(TimeSpan.FromSeconds(20));
        long before = _network.Wait(b.GetStatsAsync()).OfType<RTCDataChannelStats>().Single().MessagesReceived;
        Assert.InRange(before, 1, Count / 2);
        for (int i = 0; i < Count; i++)
        {
            using RTCMessage message = _network.Wait(other.ReceiveAsync());
            Assert.Equal((0, ""), (message.Length, message.GetText()));
        }

        _network.Close(a, b);
    }

    [Fact]
    public void A_stream_that_is_closed_in_the_middle_of_a_message_gives_its_memory_back()
    {
        (RTCPeerConnection a, RTCPeerConnection b, RTCDataChannel channel, RTCDataChannel other) =
            _network.Open(changeB: static configuration => configuration with { ReceiveBufferSize = 100_000 });
        for (int i = 0; i < 10; i++)
        {
            RTCDataChannel next = a.CreateDataChannel("stream");
            _network.Wait(next.SendAsync(new byte[20_000]));
            Stream stream = _network.Wait(b.AcceptDataChannelAsync()).AsStream();
            Assert.Equal(1, _network.Wait(stream.ReadAsync(new byte[1])));
            _network.Wait(stream.DisposeAsync());
        }

        _network.Wait(channel.SendAsync(new byte[50_000]));
        Assert.Equal(50_000, _network.Wait(other.ReceiveAsync()).Length);
        _network.Close(a, b);
    }

    [Fact]
    public void A_handler_that_comes_late_hears_of_the_channel_as_if_it_had_opened_then()
    {
        RTCPeerConnection a = _network.Connect();
        RTCPeerConnection b = _network.Connect();
        RTCDataChannel open = a.CreateDataChannel("open");
        RTCDataChannel closed = a.CreateDataChannel("closed");
        _network.Wait(a.WithAsync(b));
        _network.Wait(open.SendAsync("text"));
        _network.Wait(closed.SendAsync("text"));
        _network.Wait(closed.CloseAsync());
        _network.Pass(TimeSpan.FromSeconds(1));

        var story = new Story(8);
        b.DataChannel += (_, channel) => Follow(channel, story);
        string[] events = _network.Wait(story.Told);
        Assert.Equal(["channel", "open", "text"], events.Where(one => one.StartsWith("open ", StringComparison.Ordinal)).Select(one => one[5..]));
        Assert.Equal(["channel", "open", "text", "closing", "close"], events.Where(one => one.StartsWith("closed ", StringComparison.Ordinal)).Select(one => one[7..]));
        _network.Close(a, b);
    }

    [Fact]
    public void A_handler_that_comes_late_hears_at_once_also_where_the_loop_calls_it()
    {
        RTCPeerConnection a = _network.Connect();
        RTCPeerConnection b = _network.Connect(static configuration => configuration with { RunsHandlersInline = true });
        RTCDataChannel channel = a.CreateDataChannel("x");
        _network.Wait(a.WithAsync(b));
        _network.Wait(channel.SendAsync("text"));
        _network.Pass(TimeSpan.FromSeconds(1));              // nothing happens any more

        RTCDataChannel? other = null;
        b.DataChannel += (_, channel) => other = channel;
        _network.Pass(TimeSpan.FromTicks(1));
        Assert.NotNull(other);
        string? heard = null;
        other.Message += (_, message) => heard = message.GetText();
        _network.Pass(TimeSpan.FromTicks(1));
        Assert.Equal("text", heard);
        _network.Close(a, b);
    }

    [Fact]
    public void The_messages_of_a_channel_come_before_its_end_also_where_the_handler_is_slow()
    {
        RTCPeerConnection a = _network.Connect();
        RTCPeerConnection b = _network.Connect();
        RTCDataChannel channel = a.CreateDataChannel("x");
        var events = new Story(5);
        using var go = new ManualResetEventSlim();
        b.DataChannel += (_, other) =>
        {
            go.Wait();
            Follow(other, events);
        };
        _network.Wait(a.WithAsync(b));
        _network.Wait(channel.SendAsync("text"));
        _network.Wait(channel.CloseAsync());
        _network.Pass(TimeSpan.FromSeconds(1));
        go.Set();
        Assert.Equal(["x channel", "x open", "x text", "x closing", "x close"], _network.Wait(events.Told));
        _network.Close(a, b);
    }

    [Fact]
    public void Channels_that_nobody_takes_are_forgotten_once_they_are_closed()
    {
        (RTCPeerConnection a, RTCPeerConnection b, _, _) = _network.Open();
        for (int i = 0; i < 1100; i++)
        {
            RTCDataChannel channel = a.CreateDataChannel($"{i}");
            _network.Wait(channel.Opened);
            _network.Wait(channel.CloseAsync());
        }

        RTCDataChannel stays = a.CreateDataChannel("stays");
        _network.Wait(stays.Opened);
        int taken = 0;
        string label = "";
        while (label != "stays")
        {
            label = _network.Wait(b.AcceptDataChannelAsync()).Label;
            taken++;
        }

        Assert.InRange(taken, 1, 100);
        _network.Close(a, b);
    }

    [Fact]
    public void A_channel_that_is_created_when_the_connection_ends_is_closed()
    {
        var driver = new EndingDriver();
        var connection = new RTCPeerConnection(new RTCConfiguration { Driver = (core, application) => driver.For(application) });
        RTCDataChannel channel = connection.CreateDataChannel("too late");
        Assert.Equal(RTCDataChannelState.Closed, channel.ReadyState);
        Assert.True(channel.Opened.IsFaulted);
        Assert.True(channel.Closed.IsCompleted);
    }

    [Fact]
    public void A_call_that_breaks_the_loop_fails_as_well()
    {
        RTCPeerConnection a = _network.Connect();
        RTCPeerConnection b = _network.Connect(static configuration => configuration with { Sessions = static (_, _) => throw new InvalidOperationException("no session") });
        a.CreateDataChannel("x");
        _network.Wait(a.SetLocalDescriptionAsync());
        _network.Wait(b.SetRemoteDescriptionAsync(_network.Wait(a.GatherAsync())));
        Task answering = b.SetLocalDescriptionAsync().AsTask();
        Assert.Throws<InvalidOperationException>(() => _network.Wait(answering));
        Assert.True(SpinWait.SpinUntil(() => answering.IsFaulted, TimeSpan.FromSeconds(30)));
    }

    [Theory]
    [InlineData("""{"type":"offer","sdp":null}""", RTCErrorName.OperationError)]
    [InlineData("""{"type":7,"sdp":"v=0"}""", RTCErrorName.TypeError)]
    public void A_description_in_JSON_that_is_none_is_refused(string json, RTCErrorName error)
    {
        RTCPeerConnection a = _network.Connect();
        RTCSessionDescription description = System.Text.Json.JsonSerializer.Deserialize<RTCSessionDescription>(json)!;
        Assert.Equal(error, Assert.Throws<RTCException>(() => _network.Wait(a.SetRemoteDescriptionAsync(description))).Name);
        _network.Close(a);
    }

    private static void Follow(RTCDataChannel channel, Story events)
    {
        events.Add($"{channel.Label} channel");
        channel.Open += (_, _) => events.Add($"{channel.Label} open");
        channel.Message += (_, message) => events.Add($"{channel.Label} {message.GetText()}");
        channel.Closing += (_, _) => events.Add($"{channel.Label} closing");
        channel.Close += (_, _) => events.Add($"{channel.Label} close");
    }

    // What is raised, on threads of the pool, until there is so much of it.
    private sealed class Story(int length)
    {
        private readonly TaskCompletionSource<string[]> _told = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly ConcurrentQueue<string> _events = new();

        public Task<string[]> Told => _told.Task;

        public void Add(string what)
        {
            _events.Enqueue(what);
            if (_events.Count == length)
            {
                _told.SetResult([.. _events]);
            }
        }
    }

    private sealed class EndingDriver : IPeerDriver
    {
        private IPeerApplication? _application;

        public Instant Now => Instant.Zero;

        public EndingDriver For(IPeerApplication application)
        {
            _application = application;
            return this;
        }

        public void Wake() => Interlocked.Exchange(ref _application, null)?.OnFreed(null);
    }
}
