using Braid.Core;

namespace Braid.Ice;

/// <summary>Where an agent is, in the words of the W3C (RTCIceTransportState).</summary>
public enum IceState : byte
{
    /// <summary>The peer's credentials are not known yet.</summary>
    New,

    /// <summary>Pairs are checked, none is chosen.</summary>
    Checking,

    /// <summary>A pair is chosen; candidates may still come.</summary>
    Connected,

    /// <summary>A pair is chosen, and no candidate will come any more.</summary>
    Completed,

    /// <summary>The chosen pair does not answer just now.</summary>
    Disconnected,

    /// <summary>No pair works, or consent has ended. Only a restart helps.</summary>
    Failed,

    /// <summary>Closed by its owner.</summary>
    Closed,
}

/// <summary>Why a state was entered.</summary>
public enum IceReason : byte
{
    /// <summary>The ordinary course of things.</summary>
    None,

    /// <summary>The peer has told no candidate that could be paired with one of ours.</summary>
    NoPairs,

    /// <summary>Every pair was tried and none has answered.</summary>
    AllPairsFailed,

    /// <summary>Some seconds have passed without an answer from the peer.</summary>
    NoAnswer,

    /// <summary>Consent has expired: the peer has not answered for <see cref="IceOptions.ConsentExpiry"/> (RFC 7675 §5.1).</summary>
    ConsentExpired,

    /// <summary>The peer has answered that it wants nothing more (RFC 7675 §5.2).</summary>
    ConsentRevoked,

    /// <summary>The owner has asked for a restart.</summary>
    Restarted,
}

/// <summary>Which of the agents decides (RFC 8445 §6.1.1).</summary>
public enum IceRole : byte
{
    /// <summary>The other one.</summary>
    Controlled,

    /// <summary>This one.</summary>
    Controlling,
}

/// <summary>The pair that data goes over.</summary>
/// <param name="Local">Our candidate, as the peer sees it.</param>
/// <param name="Remote">The peer's.</param>
/// <param name="Path">Where datagrams are sent from and to; from the relayed address where it is relayed.</param>
/// <param name="Transport">UDP or TCP.</param>
/// <param name="IsRelayed">Whether our side goes through TURN: <see cref="IceAgent.TryWrap"/> is needed to send.</param>
public sealed record IceSelectedPair(IceCandidate Local, IceCandidate Remote, NetworkPath Path, IceTransport Transport, bool IsRelayed);

/// <summary>What an agent has to tell its owner.</summary>
public abstract record IceEvent
{
    private IceEvent()
    {
    }

    /// <summary>A candidate to be told to the peer.</summary>
    /// <param name="Candidate">The candidate.</param>
    public sealed record CandidateFound(IceCandidate Candidate) : IceEvent;

    /// <summary>There will be no more: end-of-candidates may be told to the peer (RFC 8838 §13).</summary>
    public sealed record GatheringCompleted : IceEvent;

    /// <summary>The state has changed.</summary>
    /// <param name="State">The new one.</param>
    /// <param name="Reason">Why.</param>
    public sealed record StateChanged(IceState State, IceReason Reason) : IceEvent;

    /// <summary>Data goes over another pair from now on, or over none.</summary>
    /// <param name="Pair">The pair; null when nothing may be sent any more.</param>
    public sealed record SelectedPairChanged(IceSelectedPair? Pair) : IceEvent;

    /// <summary>Both agents had the same role, and this one has given in (RFC 8445 §7.3.1.1).</summary>
    /// <param name="Role">The new one.</param>
    public sealed record RoleChanged(IceRole Role) : IceEvent;

    /// <summary>A candidate of the peer has a name in its address's place: <see cref="IceAgent.CompleteResolution"/> is waited for.</summary>
    /// <param name="HostName">The name.</param>
    public sealed record ResolutionWanted(string HostName) : IceEvent;

    /// <summary>A TCP connection is needed: <see cref="IceAgent.CompleteConnection"/> is waited for (RFC 6544 §7.1).</summary>
    /// <param name="Local">The local address, from whichever port.</param>
    /// <param name="Remote">Where to.</param>
    public sealed record ConnectionWanted(NetworkAddress Local, NetworkAddress Remote) : IceEvent;

    /// <summary>A connection to a TURN server is needed: <see cref="IceAgent.CompleteRelay"/> is waited for.</summary>
    /// <param name="Server">As it was added.</param>
    public sealed record RelayWanted(RelayServer Server) : IceEvent;

    /// <summary>A relay is used no more. Its connection may be closed once what the agent still has to send was sent.</summary>
    /// <param name="Relay">As <see cref="IceAgent.CompleteRelay"/> gave it.</param>
    public sealed record RelayReleased(IRelay Relay) : IceEvent;
}
