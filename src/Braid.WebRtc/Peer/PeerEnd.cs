namespace Braid.WebRtc.Peer;

/// <summary>Why a peer is in the state that it is in.</summary>
/// <param name="Reason">For code.</param>
/// <param name="Message">For people: one sentence; empty for none.</param>
internal readonly record struct PeerEnd(RTCFailureReason Reason, string Message)
{
    public static PeerEnd None => new(RTCFailureReason.None, "");

    public override string ToString() => Reason == RTCFailureReason.None ? "none" : $"{Reason}: {Message}";
}
