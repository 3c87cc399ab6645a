using System;
using System.Threading.Tasks;

namespace Braid.WebRtc.Tests.Connection;

internal static class Negotiating
{
    /// <summary>One offer and one answer, each with all its candidates.</summary>
    public static async Task WithAsync(this RTCPeerConnection offerer, RTCPeerConnection answerer, Func<string, string>? changeAnswer = null)
    {
        await offerer.SetLocalDescriptionAsync();
        await answerer.SetRemoteDescriptionAsync(await offerer.GatherAsync());
        await answerer.SetLocalDescriptionAsync();
        RTCSessionDescription answer = await answerer.GatherAsync();
        await offerer.SetRemoteDescriptionAsync(changeAnswer is null ? answer : answer with { Sdp = changeAnswer(answer.Sdp) });
    }
}
