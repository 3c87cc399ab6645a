using System.Text.Json.Serialization;

namespace Braid.WebRtc;

/// <summary>What a description is (W3C RTCSdpType). In JSON it is the W3C's word.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<RTCSdpType>))]
public enum RTCSdpType
{
    /// <summary>An offer.</summary>
    [JsonStringEnumMemberName("offer")]
    Offer,

    /// <summary>An answer that another one may follow.</summary>
    [JsonStringEnumMemberName("pranswer")]
    PrAnswer,

    /// <summary>The answer.</summary>
    [JsonStringEnumMemberName("answer")]
    Answer,

    /// <summary>No description: the open offer is taken back (RFC 9429 §4.1.10.2).</summary>
    [JsonStringEnumMemberName("rollback")]
    Rollback,
}

/// <summary>A description, as it goes to the peer and comes from it (W3C RTCSessionDescription); <c>{"type":"offer","sdp":"v=0…"}</c> in JSON.</summary>
/// <param name="Type">What it is.</param>
/// <param name="Sdp">The text (RFC 8866); empty for a rollback, and for a local description that is to be made (RFC 9429 §4.1.9).</param>
public sealed record RTCSessionDescription(
    [property: JsonPropertyName("type")] RTCSdpType Type,
    [property: JsonPropertyName("sdp")] string Sdp = "");

/// <summary>What an offer is to be (W3C RTCOfferOptions).</summary>
public sealed record RTCOfferOptions
{
    /// <summary>Whether it has new ICE credentials, so that a path is looked for anew (RFC 9429 §5.2.3.3). Default false.</summary>
    public bool IceRestart { get; init; }
}
