using Braid.Core;
using Braid.Ice;
using Braid.WebRtc.Dcep;
using Braid.WebRtc.Jsep;

namespace Braid.WebRtc.Peer;

/// <summary>What a peer tells its owner. Messages are no events: <see cref="PeerOutput"/> holds either, in their order.</summary>
internal abstract record PeerEvent
{
    private PeerEvent()
    {
    }

    /// <summary>The W3C's connectionState has changed.</summary>
    /// <param name="State">The new one.</param>
    /// <param name="End">Why, where it has failed or ended.</param>
    public sealed record ConnectionStateChanged(RTCPeerConnectionState State, PeerEnd End) : PeerEvent;

    /// <summary>The W3C's iceConnectionState has changed.</summary>
    public sealed record IceConnectionStateChanged(RTCIceConnectionState State, IceReason Reason) : PeerEvent;

    /// <summary>The W3C's iceGatheringState has changed.</summary>
    public sealed record GatheringStateChanged(RTCIceGatheringState State) : PeerEvent;

    /// <summary>The W3C's signalingState has changed.</summary>
    public sealed record SignalingStateChanged(SignalingState State) : PeerEvent;

    /// <summary>An offer should be made (W3C negotiationneeded).</summary>
    public sealed record NegotiationNeeded : PeerEvent;

    /// <summary>There is a local description: sockets and servers are wanted, and then <see cref="PeerCore.Gather"/>. Once only.</summary>
    public sealed record GatheringWanted : PeerEvent;

    /// <summary>Checks may come in for this username fragment from now on: for who shares a socket among peers.</summary>
    public sealed record UsernameFragmentAdded(string Fragment) : PeerEvent;

    /// <summary>A candidate that the other side is to be told (W3C icecandidate).</summary>
    /// <param name="Candidate">The candidate; null for the end of candidates.</param>
    /// <param name="Mid">Tag of its section.</param>
    /// <param name="Index">Place of its section.</param>
    /// <param name="Fragment">The username fragment of its ICE session.</param>
    public sealed record CandidateFound(IceCandidate? Candidate, string? Mid, int Index, string Fragment) : PeerEvent;

    /// <summary>Data goes over another pair from now on, or over none.</summary>
    public sealed record SelectedPairChanged(IceSelectedPair? Pair) : PeerEvent;

    /// <summary>The address of a name is wanted: <see cref="PeerCore.CompleteResolution"/>.</summary>
    public sealed record ResolutionWanted(string HostName) : PeerEvent;

    /// <summary>A TCP connection is wanted: <see cref="PeerCore.CompleteConnection"/>.</summary>
    public sealed record ConnectionWanted(NetworkAddress Local, NetworkAddress Remote) : PeerEvent;

    /// <summary>A connection to a TURN server is wanted: <see cref="PeerCore.CompleteRelay"/>.</summary>
    public sealed record RelayWanted(RelayServer Server) : PeerEvent;

    /// <summary>The connection of a relay is wanted no more, once what there is to send has been sent.</summary>
    public sealed record RelayReleased(IRelay Relay) : PeerEvent;

    /// <summary>The SCTP association is up: how many channels there may be and how long a message, is known.</summary>
    public sealed record TransportUp(int MaximumChannels, long MaximumMessageSize) : PeerEvent;

    /// <summary>DTLS or SCTP has ended, and all channels with it. Comes before the events of these.</summary>
    public sealed record TransportDown(PeerEnd End) : PeerEvent;

    /// <summary>The rest of a message that was being delivered in parts will not come: its parts so far are to be forgotten.</summary>
    public sealed record MessageAborted(Channel Channel) : PeerEvent;

    /// <summary>A message was refused because the send buffer was full, and now there is room.</summary>
    public sealed record RoomAvailable : PeerEvent
    {
        public static RoomAvailable Instance { get; } = new();
    }

    /// <summary>Something has happened to a channel.</summary>
    public sealed record ChannelChanged(ChannelEvent Change) : PeerEvent;
}
