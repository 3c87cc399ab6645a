using System.Collections.Generic;
using System.Linq;
using System.Text.Json;
using System.Text.Json.Nodes;
using Braid.WebRtc;

namespace Braid.Cli.Http;

/// <summary>What the requests between peers hold, in the W3C's forms.</summary>
internal static class PeerJson
{
    /// <summary>The protocol of channels that carry commands.</summary>
    public const string Control = "braid-control";

    /// <summary>The protocol of channels that are not echoed.</summary>
    public const string Sink = "braid-sink";

    /// <summary>The description in W3C's RTCSessionDescription, which has to be an offer.</summary>
    /// <exception cref="JsonException">It is none.</exception>
    public static string ReadOffer(JsonObject request)
    {
        string? type = Text(request["type"]);
        return type is not (null or "offer") ? throw new JsonException($"An offer is wanted, and its type is {type}.")
            : Text(request["sdp"]) ?? throw new JsonException("There is no sdp.");
    }

    /// <summary>W3C's RTCSessionDescription.</summary>
    public static JsonObject WriteAnswer(RTCSessionDescription answer) => new() { ["type"] = "answer", ["sdp"] = answer.Sdp };

    /// <summary>W3C's RTCConfiguration.</summary>
    public static RTCConfiguration ReadConfiguration(JsonNode? json, RTCConfiguration defaults) => json is not JsonObject given ? defaults : defaults with
    {
        IceServers = [.. (given["iceServers"]?.AsArray() ?? []).Select(ReadServer)],
        IceTransportPolicy = Text(given["iceTransportPolicy"]) == "relay" ? RTCIceTransportPolicy.Relay : RTCIceTransportPolicy.All,
    };

    /// <summary>W3C's RTCDataChannelInit, and the label beside it.</summary>
    public static (string Label, RTCDataChannelInit Init) ReadChannel(JsonNode? json)
    {
        JsonObject given = json as JsonObject ?? throw new JsonException("A channel is an object.");
        return (Text(given["label"]) ?? "", new RTCDataChannelInit
        {
            Ordered = given["ordered"]?.GetValue<bool>() ?? true,
            MaxPacketLifeTime = given["maxPacketLifeTime"]?.GetValue<ushort>(),
            MaxRetransmits = given["maxRetransmits"]?.GetValue<ushort>(),
            Protocol = Text(given["protocol"]) ?? "",
            Negotiated = given["negotiated"]?.GetValue<bool>() ?? false,
            Id = given["id"]?.GetValue<ushort>(),
        });
    }

    public static JsonObject WriteChannel(string label, RTCDataChannelInit? init = null)
    {
        init ??= new RTCDataChannelInit();
        var channel = new JsonObject { ["label"] = label, ["ordered"] = init.Ordered, ["protocol"] = init.Protocol };
        if (init.Negotiated)
        {
            channel["negotiated"] = true;
            channel["id"] = init.Id;
        }

        return channel;
    }

    public static string? Text(JsonNode? json) => json?.GetValueKind() switch
    {
        JsonValueKind.String => json.GetValue<string>(),
        null or JsonValueKind.Null => null,
        _ => json.ToJsonString(),
    };

    private static RTCIceServer ReadServer(JsonNode? json)
    {
        JsonNode? urls = json?["urls"];
        IReadOnlyList<string> read = urls is JsonArray several ? [.. several.Select(static url => Text(url) ?? "")] : [Text(urls) ?? ""];
        return new RTCIceServer(read, Text(json?["username"]), Text(json?["credential"]));
    }
}
