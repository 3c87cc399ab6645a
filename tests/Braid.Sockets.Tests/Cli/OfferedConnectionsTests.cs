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
        await channel.SendAsync("there and back", _guard.Token);
        using (RTCMessage back = await channel.ReceiveAsync(_guard.Token))
        {
            Assert.Equal("there and back", back.GetText());
        }

        Assert.Equal(1, _answerer.Count);
        await caller.CloseAsync(_guard.Token);
        await UntilAsync(() => _answerer.Count == 0);
    }

    [Fact]
    public async Task Who_fails_is_let_go_of()
    {
        await using var caller = new RTCPeerConnection(s_loopback);
        caller.CreateDataChannel("chat");
        await OfferAsync(caller, static sdp => FingerprintPattern().Replace(sdp, string.Join(':', Enumerable.Repeat("AA", 32))));
        await UntilAsync(() => _answerer.Count == 0);
    }

    [Fact]
    public async Task The_end_of_the_process_is_told()
    {
        await using var caller = new RTCPeerConnection(s_loopback);
        RTCDataChannel channel = caller.CreateDataChannel("chat");
        await OfferAsync(caller);
        await channel.SendAsync("there and back", _guard.Token);
        using (await channel.ReceiveAsync(_guard.Token))
        {
        }

        await _answerer.DisposeAsync();
        await caller.Closed.WaitAsync(_guard.Token);
        Assert.Equal(0, _answerer.Count);
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

    // The other side's end comes over the network: there is nothing else to wait for.
    private async Task UntilAsync(Func<bool> condition)
    {
        while (!condition())
        {
            await Task.Delay(5, _guard.Token);
        }
    }

    [GeneratedRegex("(?<=a=fingerprint:sha-256 )[0-9A-F:]+")]
    private static partial Regex FingerprintPattern();
}
