using System.Collections.Generic;
using Braid.Ice;
using Braid.WebRtc.Jsep;
using Braid.WebRtc.Sdp;

namespace Braid.WebRtc.Peer;

/// <summary>What the application is to hear, in its order: owns the queue, and what was told last, so that only changes are.</summary>
internal sealed class PeerNews
{
    private SignalingState _signaling;
    private RTCIceGatheringState _gathering;
    private int _negotiationsWanted;

    public Queue<PeerOutput> Outputs { get; } = new();

    public RTCPeerConnectionState Connection { get; private set; }

    public RTCIceConnectionState IceConnection { get; private set; }

    public void Add(PeerEvent happened) => Outputs.Enqueue(new PeerOutput(happened, default));

    public void OnSignaling(JsepState state)
    {
        if (state.Signaling != _signaling)
        {
            _signaling = state.Signaling;
            Add(new PeerEvent.SignalingStateChanged(_signaling));
        }

        if (state.NegotiationsWanted != _negotiationsWanted)
        {
            _negotiationsWanted = state.NegotiationsWanted;
            Add(new PeerEvent.NegotiationNeeded());
        }
    }

    /// <summary>Candidates are told once there is a description that they belong to.</summary>
    public void OnGathering(PeerIce ice, PeerDescriptions descriptions)
    {
        if (ice.TakeNewFragment(descriptions, out string fragment))
        {
            Add(new PeerEvent.UsernameFragmentAdded(fragment));
        }

        if (ice.TakeWish(descriptions))
        {
            TellGathering(ice.Gathering);
            Add(new PeerEvent.GatheringWanted());
        }

        while (ice.TryTakeFound(descriptions, out IceCandidate? candidate))
        {
            SectionDescription section = descriptions.LocalSection!;
            if (candidate is null)
            {
                ice.OnComplete();
            }

            TellGathering(ice.Gathering);
            descriptions.AddLocalCandidate(candidate?.ToString() ?? "", fragment);
            Add(new PeerEvent.CandidateFound(candidate, section.Mid, section.Index, fragment));
        }
    }

    public void OnStates(PeerIce ice, RTCPeerConnectionState connection, IceReason reason, PeerEnd end)
    {
        if (ice.Connection != IceConnection)
        {
            IceConnection = ice.Connection;
            Add(new PeerEvent.IceConnectionStateChanged(IceConnection, reason));
        }

        if (connection != Connection)
        {
            Connection = connection;
            Add(new PeerEvent.ConnectionStateChanged(connection, end));
        }
    }

    private void TellGathering(RTCIceGatheringState state)
    {
        if (state != _gathering)
        {
            _gathering = state;
            Add(new PeerEvent.GatheringStateChanged(state));
        }
    }
}
