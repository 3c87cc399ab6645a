using System;
using Braid.WebRtc;
using Braid.WebRtc.Jsep;
using Braid.WebRtc.Peer;

namespace Braid.Simulation;

/// <summary>What an application does with descriptions and candidates: perfect negotiation, as the W3C's specification has it (§10.7).</summary>
internal static class PeerSignalling
{
    public static void OnEvent(PeerWorld world, PeerHost host, PeerEvent happened)
    {
        switch (happened)
        {
            case PeerEvent.NegotiationNeeded:
                host.IsMakingOffer = true;
                Check(host, host.Core.SetLocalDescription(world.Now));
                host.IsMakingOffer = false;
                TellDescription(world, host);
                break;
            case PeerEvent.CandidateFound found when host is { Trickles: true, Other: { } other }:
                var candidate = new TrickledCandidate(found.Candidate?.ToString() ?? "", found.Mid, found.Index, found.Fragment);
                world.Plan(world.SignallingDelay, () => OnCandidate(world, other, candidate));
                break;
        }
    }

    /// <summary>Tells the other side our description, as it is when it leaves.</summary>
    public static void TellDescription(PeerWorld world, PeerHost host)
    {
        if (host.Other is not { } other)
        {
            return;                                          // a test carries it by itself
        }

        AppliedDescription local = host.Core.Descriptions.Local ?? throw new ScenarioException($"{host.Name} has no description.");
        string text = host.Tells is null ? local.Text : host.Tells(local.Text);
        world.Plan(world.SignallingDelay, () => OnDescription(world, other, local.Type, text));
    }

    private static void OnDescription(PeerWorld world, PeerHost host, SdpType type, string text)
    {
        if (host.Core.Descriptions.Signaling == SignalingState.Closed)
        {
            return;
        }

        host.Told += text;
        bool isCollision = type == SdpType.Offer && (host.IsMakingOffer || host.Core.Descriptions.Signaling != SignalingState.Stable);
        host.IgnoresOffer = !host.IsPolite && isCollision;
        if (host.IgnoresOffer)
        {
            return;
        }

        Check(host, host.Core.SetRemoteDescription(world.Now, type, text));
        if (type == SdpType.Offer)
        {
            Check(host, host.Core.SetLocalDescription(world.Now));
            TellDescription(world, host);
        }
    }

    private static void OnCandidate(PeerWorld world, PeerHost host, TrickledCandidate candidate)
    {
        RTCError error = host.Core.AddRemoteCandidate(world.Now, candidate);

        // W3C, addIceCandidate: one of a session that has been replaced, by a description that came in between, is refused; this one was
        // told late, and nobody needs it any more. A session that was never told of is a mistake.
        bool isLate = error.Name == RTCErrorName.OperationError && host.Told.Contains($"a=ice-ufrag:{candidate.Ufrag}\r\n", StringComparison.Ordinal);
        if (!error.IsNone && !isLate && !host.IgnoresOffer && host.Core.Descriptions.Signaling != SignalingState.Closed)
        {
            throw new ScenarioException($"{host.Name} does not take a candidate: {error}");
        }
    }

    private static void Check(PeerHost host, RTCError error)
    {
        if (!error.IsNone)
        {
            throw new ScenarioException($"{host.Name}: {error}");
        }
    }
}
