using System;
using System.Linq;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using System.Threading;
using System.Threading.Tasks;
using Braid.Cli.Peers;
using Braid.WebRtc;

namespace Braid.Sockets.Tests.Cli;

/// <summary>What becomes of connections that others began by HTTP.</summary>
public sealed partial class OfferedConnectionsTests : IAsyncDisposable
{
    private static readonly RTCConfiguration s_loopback = new() { IncludeLoopback = true };

    private readonly CancellationTokenSource _guard = new(TimeSpan.FromSeconds(60));
    private readonly Answerer _answerer = new(s_loopback);

    [Fact]
    public async Task Who_closes_is_let_go_of()
    {
        await using var caller = new RTCPeerConnection(s_loopback);
        RTCDataChannel channel = caller.CreateDataChannel("chat");
        await OfferAsync(caller);
        await EchoAsync(channel);
        Assert.Equal(1, _answerer.Count);
        await caller.CloseAsync(_guard.Token);
        await _answerer.Ended.WaitAsync(_guard.Token);
        Assert.Equal(0, _answerer.Count);
    }

    [Fact]
    public async Task Who_fails_is_let_go_of()
    {
        await using var caller = new RTCPeerConnection(s_loopback);
        caller.CreateDataChannel("chat");
        await OfferAsync(caller, static sdp => FingerprintPattern().Replace(sdp, string.Join(':', Enumerable.Repeat("AA", 32))));
        await _answerer.Ended.WaitAsync(_guard.Token);
        Assert.Equal(0, _answerer.Count);
    }

    [Fact]
    public async Task The_end_of_the_process_is_told()
    {
        await using var caller = new RTCPeerConnection(s_loopback);
        RTCDataChannel channel = caller.CreateDataChannel("chat");
        await OfferAsync(caller);
        await EchoAsync(channel);
        await _answerer.DisposeAsync();
        await caller.Closed.WaitAsync(_guard.Token);
        Assert.Equal(0, _answerer.Count);
    }

    [Fact]
    public async Task Labels_of_closed_channels_are_not_kept_for_ever()
    {
        await using var caller = new RTCPeerConnection(s_loopback);
        RTCDataChannel stays = caller.CreateDataChannel("stays");
        await OfferAsync(caller);
        await EchoAsync(stays);
        for (int i = 0; i < 4 * Answerer.MostClosed; i++)
        {
            RTCDataChannel channel = caller.CreateDataChannel($"{i}");
            await EchoAsync(channel);
            await channel.CloseAsync(_guard.Token);
        }

        await EchoAsync(stays);
        Assert.InRange(_answerer.LabelCount, Answerer.MostClosed, 2 * Answerer.MostClosed);      // among them some that are ending
    }

    [Fact]
    public async Task What_is_no_offer_leaves_nothing()
    {
        await Assert.ThrowsAsync<RTCException>(() => _answerer.OfferAsync(new JsonObject { ["sdp"] = "v=0" }, _guard.Token));
        Assert.Equal(0, _answerer.Count);
    }

    public async ValueTask DisposeAsync()
    {
        await _answerer.DisposeAsync();
        _guard.Dispose();
    }

    private async Task OfferAsync(RTCPeerConnection caller, Func<string, string>? change = null)
    {
        await caller.SetLocalDescriptionAsync(cancellationToken: _guard.Token);
        RTCSessionDescription offer = await caller.GatherAsync(_guard.Token);
        JsonObject answer = await _answerer.OfferAsync(new JsonObject { ["type"] = "offer", ["sdp"] = change?.Invoke(offer.Sdp) ?? offer.Sdp }, _guard.Token);
        await caller.SetRemoteDescriptionAsync(new RTCSessionDescription(RTCSdpType.Answer, (string)answer["sdp"]!), _guard.Token);
    }

    private async Task EchoAsync(RTCDataChannel channel)
    {
        await channel.SendAsync("there and back", _guard.Token);
        using RTCMessage back = await channel.ReceiveAsync(_guard.Token);
        Assert.Equal("there and back", back.GetText());
    }

    [GeneratedRegex("(?<=a=fingerprint:sha-256 )[0-9A-F:]+")]
    private static partial Regex FingerprintPattern();
}
