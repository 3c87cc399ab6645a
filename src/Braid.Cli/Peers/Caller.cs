using System;
using System.Collections.Generic;
using System.Linq;
using System.Net.Http;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using System.Threading;
using System.Threading.Tasks;
using Braid.Cli.Http;
using Braid.WebRtc;

namespace Braid.Cli.Peers;

/// <summary>A scenario has failed, and why.</summary>
internal sealed class ScenarioException(string message) : Exception(message)
{
    public static void Check(bool condition, string otherwise)
    {
        if (!condition)
        {
            throw new ScenarioException(otherwise);
        }
    }
}

/// <summary>A message with its bytes, to be compared.</summary>
internal readonly record struct Sample(bool IsText, byte[] Bytes)
{
    public static Sample Text(string text) => new(true, Encoding.UTF8.GetBytes(text));

    /// <summary>Text of so many bytes in UTF-8, with characters of one to four of them.</summary>
    public static Sample TextOf(int size) => Text(string.Concat(Enumerable.Repeat("aß→𝄞", size / 10)) + new string('x', size % 10));

    /// <summary>Pseudo-random bytes.</summary>
    public static Sample BytesOf(int size, int seed = 1)
    {
        byte[] bytes = new byte[size];
#pragma warning disable CA5394 // Not a secret.
        new Random(seed).NextBytes(bytes);
#pragma warning restore CA5394
        return new Sample(false, bytes);
    }

    public bool Equals(Sample other) => IsText == other.IsText && Bytes.AsSpan().SequenceEqual(other.Bytes);

    public override int GetHashCode() => Bytes.Length;

    public override string ToString() => $"{(IsText ? "text" : "binary")} of {Bytes.Length}";
}

/// <summary>The offering side of a scenario: a connection to an answering one, behind POST /offer.</summary>
internal sealed class Caller : IAsyncDisposable
{
    private static readonly HttpClient s_http = new();

    private readonly string _url;
    private readonly CancellationToken _cancellationToken;
    private readonly RTCDataChannel _control;
    private string? _session;

    public Caller(string url, RTCConfiguration configuration, CancellationToken cancellationToken)
    {
        _url = url.TrimEnd('/');
        _cancellationToken = cancellationToken;
        Connection = new RTCPeerConnection(configuration);
        _control = Connection.CreateDataChannel("control", new RTCDataChannelInit { Protocol = PeerJson.Control });
    }

    public RTCPeerConnection Connection { get; }

    public CancellationToken Token => _cancellationToken;

    /// <summary>What a time-out tells.</summary>
    public string Progress { get; set; } = "connecting";

    /// <summary>The largest message that both sides take.</summary>
    public int Largest => _control.MaxMessageSize;

    /// <summary>Offer and answer.</summary>
    /// <param name="restartsIce">Whether the offer restarts ICE.</param>
    /// <param name="more">What else the request has.</param>
    /// <returns>Both descriptions.</returns>
    public async Task<(string Offer, string Answer)> NegotiateAsync(bool restartsIce = false, JsonObject? more = null)
    {
        RTCSessionDescription made = await Connection.CreateOfferAsync(new RTCOfferOptions { IceRestart = restartsIce }, _cancellationToken);
        await Connection.SetLocalDescriptionAsync(made, _cancellationToken);
        RTCSessionDescription offer = await OfferedConnections.GatherAsync(Connection, _cancellationToken);
        JsonObject request = more ?? [];
        request["type"] = "offer";
        request["sdp"] = offer.Sdp;
        request["session"] = _session;
        JsonObject answer = await PostAsync("offer", request);
        string sdp = PeerJson.Text(answer["sdp"]) ?? throw new ScenarioException($"No answer: {answer.ToJsonString()}");
        _session = PeerJson.Text(answer["session"]);
        await Connection.SetRemoteDescriptionAsync(new RTCSessionDescription(RTCSdpType.Answer, sdp), _cancellationToken);
        return (offer.Sdp, sdp);
    }

    public async Task<(string Offer, string Answer)> ConnectAsync(JsonObject? more = null)
    {
        (string Offer, string Answer) descriptions = await NegotiateAsync(more: more);
        await Connection.WaitConnectedAsync(_cancellationToken);
        await _control.Opened.WaitAsync(_cancellationToken);
        Progress = "connected";
        return descriptions;
    }

    /// <summary>A channel of ours, once it is open.</summary>
    public async Task<RTCDataChannel> OpenAsync(string label, RTCDataChannelInit? init = null)
    {
        RTCDataChannel channel = Connection.CreateDataChannel(label, init);
        await channel.Opened.WaitAsync(_cancellationToken);
        return channel;
    }

    /// <summary>Has the other side run a command.</summary>
    public async Task<JsonObject> CommandAsync(string name, string? label = null, IEnumerable<JsonObject>? channels = null)
    {
        var command = new JsonObject { ["command"] = name, ["label"] = label };
        if (channels is not null)
        {
            command["channels"] = new JsonArray([.. channels]);
        }

        await _control.SendAsync(command.ToJsonString(), _cancellationToken);
        using RTCMessage answer = await _control.ReceiveAsync(_cancellationToken);
        return (JsonObject)JsonNode.Parse(answer.GetText())!;
    }

    public async Task SendAsync(RTCDataChannel channel, Sample sample) => await channel.SendAsync(sample.Bytes, sample.IsText, _cancellationToken);

    public async Task<Sample> ReceiveAsync(RTCDataChannel channel)
    {
        using RTCMessage message = await channel.ReceiveAsync(_cancellationToken);
        return new Sample(message.IsText, message.ToArray());
    }

    public async Task EchoAsync(RTCDataChannel channel, Sample sample)
    {
        await SendAsync(channel, sample);
        ScenarioException.Check((await ReceiveAsync(channel)).Equals(sample), $"{channel.Label}: another message came back");
    }

    /// <summary>Waits until the other side has seen a channel close.</summary>
    public Task UntilClosedAsync(string label) =>
        UntilAsync(label, static count => PeerJson.Text(count["state"]) == "closed", $"the other side did not see {label} close");

    /// <summary>Waits until the other side has so many messages of a channel.</summary>
    public Task UntilArrivedAsync(string label, int messages) =>
        UntilAsync(label, count => Scenarios.Number(count, "messages", 0) == messages, $"{messages} messages of {label} did not arrive");

    private async Task UntilAsync(string label, Predicate<JsonObject> isSo, string otherwise)
    {
        for (int i = 0; i < 500; i++)
        {
            if (isSo(await CommandAsync("count", label)))
            {
                return;
            }

            await Task.Delay(10, _cancellationToken);
        }

        throw new ScenarioException(otherwise);
    }

    public async ValueTask DisposeAsync()
    {
        await Connection.DisposeAsync();
        if (_session is null)
        {
            return;
        }

        try
        {
            await PostAsync("end", new JsonObject { ["session"] = _session });
        }
        catch (Exception exception) when (exception is HttpRequestException or ScenarioException or OperationCanceledException)
        {
            // It need not know the request.
        }
    }

    private async Task<JsonObject> PostAsync(string what, JsonObject request)
    {
        using var content = new StringContent(request.ToJsonString(), Encoding.UTF8, "application/json");
        using HttpResponseMessage response = await s_http.PostAsync(new Uri($"{_url}/{what}"), content, _cancellationToken);
        if (!response.IsSuccessStatusCode)
        {
            throw new ScenarioException($"{_url}/{what}: {(int)response.StatusCode} {await response.Content.ReadAsStringAsync(_cancellationToken)}");
        }

        return await response.Content.ReadFromJsonAsync<JsonObject>(_cancellationToken) ?? [];
    }
}
