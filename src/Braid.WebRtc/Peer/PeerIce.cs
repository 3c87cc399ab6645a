using System.Collections.Generic;
using Braid.Core;
using Braid.Ice;
using Braid.WebRtc.Jsep;

namespace Braid.WebRtc.Peer;

/// <summary>
/// The ICE agent of a peer, and what descriptions have to do with it: which credentials it has, which candidates wait for a description,
/// whether it gathers. Owns the agent.
/// </summary>
internal sealed class PeerIce(PeerOptions options, IRandomSource random)
{
    private readonly Queue<IceCandidate?> _waiting = new();  // null is the end of them
    private string? _announced;
    private Negotiation? _applied;
    private bool _hasAsked;

    public IceAgent Agent { get; } = new(options.Ice, IceRole.Controlling, random);

    /// <summary>The W3C's iceGatheringState.</summary>
    public RTCIceGatheringState Gathering { get; private set; }

    /// <summary>The W3C's iceConnectionState.</summary>
    public RTCIceConnectionState Connection => Agent.State switch
    {
        IceState.New => RTCIceConnectionState.New,
        IceState.Checking => RTCIceConnectionState.Checking,
        IceState.Connected => RTCIceConnectionState.Connected,
        IceState.Completed => RTCIceConnectionState.Completed,
        IceState.Disconnected => RTCIceConnectionState.Disconnected,
        IceState.Failed => RTCIceConnectionState.Failed,
        _ => RTCIceConnectionState.Closed,
    };

    /// <summary>Has the agent be what the descriptions say: its credentials, its role, whom it talks to.</summary>
    public void Apply(Instant now, PeerDescriptions descriptions)
    {
        if (descriptions.LocalCredentials is { } described)
        {
            var wanted = new IceCredentials(described.Ufrag, described.Password);
            if (wanted != Agent.LocalCredentials && !Agent.TryRollBack(now, wanted))
            {
                Forget();
                Agent.Restart(now, wanted);
            }
        }

        if (descriptions.State.Negotiated is { } negotiation && negotiation != _applied)
        {
            bool isFirst = _applied is null;
            _applied = negotiation;
            if (negotiation.StartsIce)
            {
                Begin(now, negotiation, descriptions, isFirst);
            }
        }
    }

    /// <summary>The peer has told a candidate; empty for the end of them.</summary>
    public void AddRemote(Instant now, string candidate)
    {
        if (candidate.Length == 0)
        {
            Agent.EndRemoteCandidates(now);
        }
        else if (IceCandidate.TryParse(candidate, out IceCandidate? parsed))
        {
            Agent.AddRemoteCandidate(now, parsed);
        }
    }

    /// <summary>The agent has found a candidate, or all of them: null.</summary>
    public void OnFound(IceCandidate? candidate)
    {
        _waiting.Enqueue(candidate);
        if (candidate is not null && Gathering == RTCIceGatheringState.Complete)
        {
            Gathering = RTCIceGatheringState.Gathering;      // after a restart
        }
    }

    /// <summary>Takes a candidate that may be told: there is a description of the session that it belongs to.</summary>
    public bool TryTakeFound(PeerDescriptions descriptions, out IceCandidate? candidate)
    {
        candidate = null;
        return descriptions.LocalCredentials?.Ufrag == Agent.LocalCredentials.UsernameFragment && _waiting.TryDequeue(out candidate);
    }

    /// <summary>Whether sockets are wanted now: for the first local description.</summary>
    public bool TakeWish(PeerDescriptions descriptions)
    {
        if (_hasAsked || descriptions.LocalCredentials is null)
        {
            return false;
        }

        _hasAsked = true;
        Gathering = RTCIceGatheringState.Gathering;
        return true;
    }

    /// <summary>Whether checks come in for another username fragment than before.</summary>
    public bool TakeNewFragment(PeerDescriptions descriptions, out string fragment)
    {
        fragment = Agent.LocalCredentials.UsernameFragment;
        if (_announced == fragment || descriptions.LocalCredentials?.Ufrag != fragment)
        {
            return false;
        }

        _announced = fragment;
        return true;
    }

    /// <summary>All candidates were told.</summary>
    public void OnComplete() => Gathering = RTCIceGatheringState.Complete;

    private void Begin(Instant now, Negotiation negotiation, PeerDescriptions descriptions, bool isFirst)
    {
        Sdp.IceCredentials told = negotiation.Remote.Credentials!.Value;
        var remote = new IceCredentials(told.Ufrag, told.Password);
        if (isFirst)
        {
            Agent.SetRole(now, negotiation.IsControlling ? IceRole.Controlling : IceRole.Controlled);
        }

        if (Agent.RemoteCredentials is { } known && known != remote)
        {
            // Two answers to one offer, of which only the last one counts (RFC 9429 §4.1.10.1).
            Forget();
            Agent.Restart(now, Agent.LocalCredentials);
        }

        if (!remote.IsValid)
        {
            return;                                          // what RFC 8839 does not allow, and SDP lets pass: no check could succeed
        }

        Agent.SetRemoteCredentials(now, remote, negotiation.IsRemoteIceLite);
        IReadOnlyList<string> candidates = descriptions.RemoteCandidates(negotiation, out bool isComplete);
        foreach (string candidate in candidates)
        {
            AddRemote(now, candidate);
        }

        if (isComplete)
        {
            Agent.EndRemoteCandidates(now);
        }
    }

    // What waits belongs to the session before; the agent tells all candidates again.
    private void Forget() => _waiting.Clear();
}
