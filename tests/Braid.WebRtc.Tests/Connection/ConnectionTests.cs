using System;
using System.Linq;
using System.Text.Json;
using System.Threading.Tasks;

namespace Braid.WebRtc.Tests.Connection;

/// <summary>The W3C's objects over a network in memory.</summary>
public sealed class ConnectionTests
{
    private readonly VirtualNetwork _network = new();

    [Fact]
    public void Texts_and_binary_messages_come_back_also_empty_ones()
    {
        (RTCPeerConnection a, RTCPeerConnection b, RTCDataChannel channel, RTCDataChannel other) = _network.Open();
        Assert.Equal(("chat", "chat"), (channel.Label, other.Label));
        Assert.Equal(RTCDataChannelState.Open, other.ReadyState);
        Assert.Equal(channel.Id, other.Id);
        _ = EchoAsync(other);

        _network.Wait(channel.SendAsync("Grüße"));
        _network.Wait(channel.SendAsync(new byte[] { 1, 2, 3 }));
        _network.Wait(channel.SendAsync(""));
        _network.Wait(channel.SendAsync(ReadOnlyMemory<byte>.Empty));
        _network.Wait(channel.SendAsync(new byte[300_000]));

        Assert.Equal((true, "Grüße"), Text(_network.Wait(channel.ReceiveAsync())));
        Assert.Equal(new byte[] { 1, 2, 3 }, _network.Wait(channel.ReceiveAsync()).ToArray());
        Assert.Equal((true, ""), Text(_network.Wait(channel.ReceiveAsync())));
        Assert.Equal((false, ""), Text(_network.Wait(channel.ReceiveAsync())));
        Assert.Equal(300_000, _network.Wait(channel.ReceiveAsync()).Length);
        Assert.Equal(RTCPeerConnectionState.Connected, a.ConnectionState);
        Assert.Equal(RTCPeerConnectionState.Connected, b.ConnectionState);
        Assert.Equal(RTCSignalingState.Stable, a.SignalingState);
        _network.Close(a, b);
    }

    [Fact]
    public void What_is_sent_before_the_channel_is_open_waits_for_that()
    {
        RTCPeerConnection a = _network.Connect();
        RTCPeerConnection b = _network.Connect();
        RTCDataChannel channel = a.CreateDataChannel("early");
        Assert.Equal(RTCErrorName.InvalidStateError, Assert.Throws<RTCException>(() => channel.Send("no")).Name);
        Assert.Equal(RTCErrorName.InvalidStateError, Assert.Throws<RTCException>(() => channel.TrySend("no"u8)).Name);
        Task first = channel.SendAsync("1").AsTask();
        Task second = channel.SendAsync("2").AsTask();
        _network.Wait(a.WithAsync(b));
        RTCDataChannel other = _network.Wait(b.AcceptDataChannelAsync());
        _network.Wait(first);
        _network.Wait(second);
        Assert.Equal("1", _network.Wait(other.ReceiveAsync()).GetText());
        Assert.Equal("2", _network.Wait(other.ReceiveAsync()).GetText());
        _network.Close(a, b);
    }

    [Fact]
    public void Buffered_amount_falls_to_its_threshold_and_says_so_once()
    {
        (RTCPeerConnection a, RTCPeerConnection b, RTCDataChannel channel, RTCDataChannel other) = _network.Open();
        int low = 0;
        var isLow = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        channel.BufferedAmountLowThreshold = 100_000;
        channel.BufferedAmountLow += (_, _) =>
        {
            low++;
            isLow.TrySetResult();
        };
        for (int i = 0; i < 40; i++)
        {
            channel.Send(new byte[10_000]);
        }

        Assert.Equal(400_000, channel.BufferedAmount);
        for (int i = 0; i < 40; i++)
        {
            using RTCMessage message = _network.Wait(other.ReceiveAsync());
            Assert.Equal(10_000, message.Length);
        }

        _network.Wait(isLow.Task);
        Assert.Equal(0, channel.BufferedAmount);
        Assert.Equal(1, low);
        _network.Close(a, b);
    }

    [Fact]
    public void The_send_buffer_refuses_who_cannot_wait_and_holds_up_who_can()
    {
        (RTCPeerConnection a, RTCPeerConnection b, RTCDataChannel channel, RTCDataChannel other) = _network.Open(static configuration => configuration with { SendBufferSize = 50_000 });
        for (int i = 0; i < 5; i++)
        {
            channel.Send(new byte[10_000]);
        }

        Assert.Equal(RTCErrorName.OperationError, Assert.Throws<RTCException>(() => channel.Send(new byte[10_000])).Name);
        Assert.False(channel.TrySend(new byte[10_000]));
        Task waiting = channel.SendAsync("at last").AsTask();
        Assert.False(waiting.IsCompleted);
        _network.Wait(waiting);
        for (int i = 0; i < 5; i++)
        {
            _network.Wait(other.ReceiveAsync()).Dispose();
        }

        Assert.Equal("at last", _network.Wait(other.ReceiveAsync()).GetText());
        _network.Close(a, b);
    }

    [Fact]
    public void A_message_that_is_too_long_is_refused()
    {
        (RTCPeerConnection a, RTCPeerConnection b, RTCDataChannel channel, _) = _network.Open(changeB: static configuration => configuration with { MaxMessageSize = 1000 });
        Assert.Equal(1000, channel.MaxMessageSize);
        Assert.Equal(RTCErrorName.TypeError, Assert.Throws<RTCException>(() => channel.Send(new byte[1001])).Name);
        Assert.Equal(RTCErrorName.TypeError, Assert.Throws<RTCException>(() => _network.Wait(channel.SendAsync(new byte[1001]))).Name);
        _network.Close(a, b);
    }

    [Fact, Rfc(8841, "6.1")]
    public void Another_exchange_may_say_another_size()
    {
        (RTCPeerConnection a, RTCPeerConnection b, RTCDataChannel channel, RTCDataChannel other) = _network.Open(changeB: static configuration => configuration with { MaxMessageSize = 1000 });
        _network.Wait(a.WithAsync(b, static text => text.Replace("a=max-message-size:1000\r\n", "a=max-message-size:2000\r\n", StringComparison.Ordinal)));
        Assert.Equal(2000, channel.MaxMessageSize);
        Assert.Equal(2000, a.Sctp!.MaxMessageSize);
        channel.Send(new byte[1000]);
        _network.Wait(other.ReceiveAsync()).Dispose();
        _network.Close(a, b);
    }

    [Fact, Rfc(8842, "4")]
    public void Another_peer_in_the_place_of_the_first_ends_the_channels_and_not_the_connection()
    {
        (RTCPeerConnection a, RTCPeerConnection b, RTCDataChannel channel, _) = _network.Open();
        RTCPeerConnection c = _network.Connect();
        Task<RTCDataChannel> accepting = a.AcceptDataChannelAsync().AsTask();
        a.RestartIce();
        _network.Wait(a.WithAsync(c));
        RTCDataChannel next = a.CreateDataChannel("next");
        RTCDataChannel theirs = c.CreateDataChannel("theirs");
        _network.Wait(next.SendAsync("to another"));
        _network.Wait(theirs.Opened);
        Assert.Equal("to another", _network.Wait(_network.Wait(c.AcceptDataChannelAsync()).ReceiveAsync()).GetText());
        Assert.Equal("theirs", _network.Wait(accepting).Label);
        Assert.Equal(RTCDataChannelState.Closed, channel.ReadyState);
        Assert.True(channel.Closed.IsCompletedSuccessfully);
        Assert.False(a.Closed.IsCompleted);
        Assert.Equal(RTCPeerConnectionState.Connected, a.ConnectionState);
        _network.Close(a, b, c);
    }

    [Fact]
    public void What_a_handler_throws_stops_nobody_else()
    {
        (RTCPeerConnection a, RTCPeerConnection b, RTCDataChannel channel, RTCDataChannel other) = _network.Open();
        var heard = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        other.Message += (_, message) =>
        {
            string text = message.GetText();
            if (text == "first")
            {
                throw new InvalidOperationException();
            }

            heard.SetResult(text);
        };
        channel.Send("first");
        channel.Send("second");
        Assert.Equal("second", _network.Wait(heard.Task));
        _network.Close(a, b);
    }

    [Fact]
    public void A_message_is_good_until_the_next_one_is_asked_for()
    {
        (RTCPeerConnection a, RTCPeerConnection b, RTCDataChannel channel, RTCDataChannel other) = _network.Open();
        channel.Send("1");
        channel.Send("2");
        _network.Wait(ReadAsync());
        _network.Close(a, b);

        async Task ReadAsync()
        {
            RTCMessage before = default;
            await foreach (RTCMessage message in other.ReadAllAsync())
            {
                if (message.GetText() == "2")
                {
                    Assert.Throws<ObjectDisposedException>(() => before.Data);
                    break;
                }

                before = message;
            }
        }
    }

    [Fact]
    public void Both_offer_at_once_and_the_polite_side_yields()
    {
        RTCPeerConnection a = _network.Connect();
        RTCPeerConnection b = _network.Connect();
        RTCDataChannel one = a.CreateDataChannel("of a");
        RTCDataChannel two = b.CreateDataChannel("of b");
        _network.Wait(a.SetLocalDescriptionAsync());
        _network.Wait(b.SetLocalDescriptionAsync());
        RTCSessionDescription offer = _network.Wait(a.GatherAsync());
        _network.Wait(b.SetRemoteDescriptionAsync(offer));   // b is polite: its own offer is taken back
        Assert.Equal(RTCSignalingState.HaveRemoteOffer, b.SignalingState);
        _network.Wait(b.SetLocalDescriptionAsync());
        _network.Wait(a.SetRemoteDescriptionAsync(_network.Wait(b.GatherAsync())));
        _network.Wait(Task.WhenAll(one.Opened, two.Opened));
        Assert.NotEqual(one.Id, two.Id);
        _network.Close(a, b);
    }

    [Fact]
    public void Trickled_candidates_connect_as_well()
    {
        RTCPeerConnection a = _network.Connect();
        RTCPeerConnection b = _network.Connect();
        RTCDataChannel channel = a.CreateDataChannel("trickle");
        _network.Wait(a.SetLocalDescriptionAsync());
        _network.Wait(b.SetRemoteDescriptionAsync(a.LocalDescription! with { Sdp = a.LocalDescription.Sdp.Split("a=candidate")[0] }));
        _network.Wait(b.SetLocalDescriptionAsync());
        _network.Wait(a.SetRemoteDescriptionAsync(b.LocalDescription! with { Sdp = b.LocalDescription.Sdp.Split("a=candidate")[0] }));
        Task trickling = Task.WhenAll(TrickleAsync(a, b), TrickleAsync(b, a));
        _network.Wait(trickling);
        _network.Wait(channel.Opened);
        Assert.Equal(RTCIceGatheringState.Complete, a.IceGatheringState);
        _network.Close(a, b);

        static async Task TrickleAsync(RTCPeerConnection from, RTCPeerConnection to)
        {
            await foreach (RTCIceCandidate candidate in from.GatherCandidatesAsync())
            {
                Assert.Equal(RTCIceCandidateType.Host, candidate.Type);
                await to.AddIceCandidateAsync(JsonSerializer.Deserialize<RTCIceCandidateInit>(JsonSerializer.Serialize(candidate.ToInit())));
            }

            await to.AddIceCandidateAsync(null);
        }
    }

    [Fact]
    public void An_ice_restart_in_the_middle_loses_nothing()
    {
        (RTCPeerConnection a, RTCPeerConnection b, RTCDataChannel channel, RTCDataChannel other) = _network.Open();
        string before = a.LocalDescription!.Sdp;
        var wanted = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        a.NegotiationNeeded += (_, _) => wanted.TrySetResult();
        Task sending = SendAsync();
        a.RestartIce();
        _network.Wait(wanted.Task);
        _network.Wait(a.WithAsync(b));
        Assert.NotEqual(Fragment(before), Fragment(a.LocalDescription!.Sdp));
        for (int i = 0; i < 200; i++)
        {
            using RTCMessage message = _network.Wait(other.ReceiveAsync());
            Assert.Equal(i, message.Data.FirstSpan[0]);
        }

        _network.Wait(sending);
        _network.Close(a, b);

        async Task SendAsync()
        {
            for (int i = 0; i < 200; i++)
            {
                byte[] message = new byte[20_000];
                message[0] = (byte)i;
                await channel.SendAsync(message);
            }
        }

        static string Fragment(string sdp) => sdp.Split("a=ice-ufrag:")[1].Split('\r')[0];
    }

    [Fact]
    public void Calls_that_do_not_fit_the_state_are_refused_with_the_names_of_the_W3C()
    {
        RTCPeerConnection a = _network.Connect();
        Assert.Equal(RTCErrorName.InvalidStateError, Name(a.CreateAnswerAsync().AsTask()));
        Assert.Equal(RTCErrorName.InvalidStateError, Name(a.AddIceCandidateAsync(new RTCIceCandidateInit("candidate:1 1 udp 1 1.2.3.4 5 typ host", "0")).AsTask()));
        Task broken = a.SetRemoteDescriptionAsync(new RTCSessionDescription(RTCSdpType.Offer, "v=0\r\nnonsense")).AsTask();
        RTCException exception = Assert.Throws<RTCException>(() => _network.Wait(broken));
        Assert.Equal(RTCErrorDetail.SdpSyntaxError, exception.Error.Detail);
        Assert.NotNull(exception.SdpLineNumber);
        a.Close();
        Assert.Equal(RTCSignalingState.Closed, a.SignalingState);
        Assert.Equal(RTCErrorName.InvalidStateError, Name(a.CreateOfferAsync().AsTask()));
        Assert.Equal(RTCErrorName.InvalidStateError, Assert.Throws<RTCException>(() => a.CreateDataChannel("late")).Name);
        _network.Wait(a.DisposeAsync());

        RTCErrorName Name(Task task) => Assert.Throws<RTCException>(() => _network.Wait(task)).Name;
    }

    [Fact]
    public void Who_has_another_certificate_is_not_let_in_and_the_reason_says_so()
    {
        RTCPeerConnection a = _network.Connect();
        RTCPeerConnection b = _network.Connect(isWrongCertificate: true);
        RTCDataChannel channel = a.CreateDataChannel("x");
        _network.Wait(a.WithAsync(b));
        RTCException exception = Assert.Throws<RTCException>(() => _network.Wait(a.WaitConnectedAsync()));
        Assert.Equal(RTCFailureReason.DtlsFingerprint, exception.Reason);
        Assert.Contains("fingerprint", exception.Message, StringComparison.Ordinal);
        Assert.Equal(RTCPeerConnectionState.Failed, a.ConnectionState);
        Assert.Equal(RTCErrorDetail.FingerprintFailure, Assert.Throws<RTCException>(() => _network.Wait(channel.Closed)).Error.Detail);
        _network.Close(a, b);
    }

    [Fact]
    public void A_wrong_password_fails_and_the_reason_says_so()
    {
        RTCPeerConnection a = _network.Connect();
        RTCPeerConnection b = _network.Connect();
        _ = a.CreateDataChannel("x");
        _network.Wait(a.SetLocalDescriptionAsync());
        _network.Wait(b.SetRemoteDescriptionAsync(Spoilt(_network.Wait(a.GatherAsync()))));
        _network.Wait(b.SetLocalDescriptionAsync());
        _network.Wait(a.SetRemoteDescriptionAsync(Spoilt(_network.Wait(b.GatherAsync()))));
        RTCException exception = Assert.Throws<RTCException>(() => _network.Wait(b.WaitConnectedAsync()));
        Assert.Equal(RTCFailureReason.IceFailed, exception.Reason);
        Assert.Contains("a=ice-pwd", exception.Message, StringComparison.Ordinal);
        _network.Close(a, b);

        static RTCSessionDescription Spoilt(RTCSessionDescription description)
        {
            int at = description.Sdp.IndexOf("a=ice-pwd:", StringComparison.Ordinal) + 10;
            return description with { Sdp = description.Sdp[..at] + "AAAAAAAAAAAAAAAA" + description.Sdp[(at + 16)..] };
        }
    }

    [Fact]
    public void Who_is_not_heard_of_any_more_fails_when_consent_expires()
    {
        (RTCPeerConnection a, RTCPeerConnection b, _, _) = _network.Open();
        _network.Loses = static (_, _) => true;
        _network.Pass(TimeSpan.FromSeconds(45));
        Assert.Equal(RTCPeerConnectionState.Failed, a.ConnectionState);
        RTCException exception = Assert.Throws<RTCException>(() => _network.Wait(a.WaitConnectedAsync()));
        Assert.Equal(RTCFailureReason.ConsentExpired, exception.Reason);
        Assert.Contains("consent", exception.Message, StringComparison.Ordinal);
        _network.Close(a, b);
    }

    [Fact]
    public void A_peer_that_closes_ends_the_channels_and_whoever_waits_for_one()
    {
        (RTCPeerConnection a, RTCPeerConnection b, RTCDataChannel channel, RTCDataChannel other) = _network.Open();
        Task<RTCDataChannel> accepting = b.AcceptDataChannelAsync().AsTask();
        a.Close();
        _network.Wait(b.Closed);
        _network.Wait(other.Closed);
        Assert.Equal(RTCDataChannelState.Closed, other.ReadyState);
        _network.Wait(channel.Closed);
        Assert.Equal(RTCFailureReason.ClosedByPeer, Assert.Throws<RTCException>(() => _network.Wait(accepting)).Reason);
        _network.Close(a, b);
    }

    [Fact]
    public void Statistics_have_the_identifiers_of_the_W3C()
    {
        (RTCPeerConnection a, RTCPeerConnection b, RTCDataChannel channel, RTCDataChannel other) = _network.Open();
        channel.Send("hello");
        _network.Wait(other.ReceiveAsync()).Dispose();
        RTCStatsReport report = _network.Wait(a.GetStatsAsync());
        using JsonDocument json = JsonDocument.Parse(report.ToJson());
        string[] types = [.. json.RootElement.EnumerateObject().Select(one => one.Value.GetProperty("type").GetString()!).Order(StringComparer.Ordinal)];
        Assert.Equal(["candidate-pair", "certificate", "certificate", "data-channel", "local-candidate", "peer-connection", "remote-candidate", "transport"], types);
        RTCDataChannelStats stats = Assert.Single(report.OfType<RTCDataChannelStats>());
        Assert.Equal((1, 5, "open"), (stats.MessagesSent, stats.BytesSent, stats.State));
        RTCTransportStats transport = Assert.Single(report.OfType<RTCTransportStats>());
        Assert.Equal("connected", transport.DtlsState);
        Assert.True(report.ContainsKey(transport.SelectedCandidatePairId!));
        Assert.True(a.Sctp is { State: RTCSctpTransportState.Connected, Transport: { State: RTCDtlsTransportState.Connected, IceTransport.SelectedCandidatePair: not null } });
        _network.Close(a, b);
    }

    [Fact]
    public void It_can_be_disposed_in_each_state()
    {
        RTCPeerConnection fresh = _network.Connect();
        _network.Wait(fresh.DisposeAsync());
        _network.Wait(fresh.DisposeAsync());
        Assert.Equal(RTCPeerConnectionState.Closed, fresh.ConnectionState);

        RTCPeerConnection offering = _network.Connect();
        RTCDataChannel channel = offering.CreateDataChannel("x");
        Task opened = channel.Opened;
        Task connected = offering.WaitConnectedAsync().AsTask();
        _network.Wait(offering.SetLocalDescriptionAsync());
        _network.Wait(offering.DisposeAsync());
        Assert.Equal(RTCDataChannelState.Closed, channel.ReadyState);
        Assert.Throws<RTCException>(() => _network.Wait(opened));
        Assert.Equal(RTCFailureReason.Closed, Assert.Throws<RTCException>(() => _network.Wait(connected)).Reason);

        (RTCPeerConnection a, RTCPeerConnection b, RTCDataChannel open, RTCDataChannel other) = _network.Open();
        Task<RTCMessage> receiving = open.ReceiveAsync().AsTask();
        Task sending = other.SendAsync(new byte[1_000_000]).AsTask();
        _network.Close(a, b);
        Assert.Throws<RTCException>(() => _network.Wait(receiving));
        _network.Wait(sending);                              // it was accepted
    }

    private static (bool IsText, string Text) Text(RTCMessage message)
    {
        using (message)
        {
            return (message.IsText, message.GetText());
        }
    }

    private static async Task EchoAsync(RTCDataChannel channel)
    {
        await foreach (RTCMessage message in channel.ReadAllAsync())
        {
            await (message.IsText ? channel.SendAsync(message.GetText()) : channel.SendAsync(message.ToArray()));
        }
    }
}
