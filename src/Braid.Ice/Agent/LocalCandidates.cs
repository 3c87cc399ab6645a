using System;
using System.Collections.Generic;
using System.Globalization;
using Braid.Core;

namespace Braid.Ice;

/// <summary>A candidate of ours, and where its packets leave from.</summary>
internal sealed class LocalCandidate
{
    /// <summary>What the peer is told.</summary>
    public required IceCandidate Candidate { get; init; }

    /// <summary>The address, whatever the peer is told in its place.</summary>
    public required NetworkAddress Address { get; init; }

    /// <summary>Where packets leave from: the address of a host or relayed candidate (RFC 8445 §4).</summary>
    public required NetworkAddress Base { get; init; }

    /// <summary>Which of several candidates of a type is preferred.</summary>
    public required int LocalPreference { get; init; }

    /// <summary>What packets go through; null for our own socket.</summary>
    public IRelay? Relay { get; init; }

    public IceTransport Transport => Candidate.Transport;

    /// <summary>An address that somebody has seen us at, as it is here: he does not know our name of the link that it belongs to.</summary>
    public NetworkAddress Here(in NetworkAddress mapped) => mapped.Scope == NetworkScope.Link ? mapped.WithScopeId(Base.ScopeId) : mapped;

    /// <summary>Whether checks can be sent from it: reflexive ones are replaced by their base (RFC 8445 §6.1.2.4).</summary>
    public bool IsBase => Candidate.Type is IceCandidateType.Host or IceCandidateType.Relayed;

    /// <summary>The PRIORITY that checks carry: what a candidate that the peer discovers by them will have (RFC 8445 §7.1.1).</summary>
    public uint PeerReflexivePriority =>
        CandidatePriority.Compute(CandidatePriority.TypePreference(IceCandidateType.PeerReflexive, Transport), LocalPreference);
}

/// <summary>Our candidates: owns them, their foundations, and which would be redundant (RFC 8445 §5.1.1.3, §5.1.3).</summary>
internal sealed class LocalCandidates
{
    private const int MaximumPeerReflexive = 64;

    private readonly List<LocalCandidate> _all = [];
    private readonly List<(IceCandidateType Type, IceTransport Transport, NetworkAddress Base, NetworkAddress Server)> _foundations = [];
    private int _peerReflexive;

    public IReadOnlyList<LocalCandidate> All => _all;

    /// <summary>Adds a candidate; null when it says nothing new.</summary>
    public LocalCandidate? Add(
        IceCandidateType type,
        IceTransport transport,
        in NetworkAddress address,
        in NetworkAddress ownBase,
        int localPreference,
        in NetworkAddress server = default,
        in NetworkAddress related = default,
        IceTcpType tcpType = IceTcpType.None,
        string? hostName = null,
        IRelay? relay = null)
    {
        foreach (LocalCandidate known in _all)
        {
            // §5.1.3: the same address from the same base; the one that came first has the higher priority or is as good. But what a
            // check has shown is told to nobody, and not used again after a restart: what a server says of it is told.
            bool isTold = known.Candidate.Type != IceCandidateType.PeerReflexive || type == IceCandidateType.PeerReflexive;
            if (isTold && known.Address == address && known.Base == ownBase && known.Transport == transport && known.Candidate.TcpType == tcpType)
            {
                return null;
            }
        }

        if (type == IceCandidateType.PeerReflexive && ++_peerReflexive > MaximumPeerReflexive)
        {
            return null;
        }

        LocalCandidate candidate = new()
        {
            Candidate = new IceCandidate
            {
                Foundation = Foundation(type, transport, ownBase, server),
                Transport = transport,
                Priority = CandidatePriority.Compute(CandidatePriority.TypePreference(type, transport), localPreference),
                Address = hostName is null ? address : NetworkAddress.None,
                HostName = hostName,
                Port = address.Port,
                Type = type,
                RelatedAddress = related,
                TcpType = tcpType,
            },
            Address = address,
            Base = ownBase,
            LocalPreference = localPreference,
            Relay = relay,
        };
        _all.Add(candidate);
        return candidate;
    }

    /// <summary>Forgets those that are not ours any more.</summary>
    public void RemoveAll(Predicate<LocalCandidate> match) => _all.RemoveAll(match);

    /// <summary>The host or relayed candidate at an address.</summary>
    public LocalCandidate? FindBase(in NetworkAddress address, IceTransport transport)
    {
        foreach (LocalCandidate candidate in _all)
        {
            if (candidate.IsBase && candidate.Transport == transport && candidate.Base == address)
            {
                return candidate;
            }
        }

        return null;
    }

    /// <summary>
    /// The candidate that the peer sees when something leaves from a base: a peer-reflexive one when nobody knew of the address
    /// (RFC 8445 §7.2.5.3.1).
    /// </summary>
    public LocalCandidate FindOrLearn(in NetworkAddress seen, LocalCandidate own)
    {
        NetworkAddress mapped = own.Here(seen);
        foreach (LocalCandidate candidate in _all)
        {
            if (candidate.Transport == own.Transport && candidate.Address == mapped && candidate.Base == own.Base)
            {
                return candidate;
            }
        }

        return Add(
            IceCandidateType.PeerReflexive,
            own.Transport,
            mapped,
            own.Base,
            own.LocalPreference,
            related: own.Base,
            tcpType: own.Candidate.TcpType,
            relay: own.Relay) ?? own;
    }

    // §5.1.1.3: the same for the same type, protocol, base's host and server's host.
    private string Foundation(IceCandidateType type, IceTransport transport, in NetworkAddress ownBase, in NetworkAddress server)
    {
        (IceCandidateType, IceTransport, NetworkAddress, NetworkAddress) key = (type, transport, ownBase.WithPort(0), server.WithPort(0));
        int index = _foundations.IndexOf(key);
        if (index < 0)
        {
            index = _foundations.Count;
            _foundations.Add(key);
        }

        return (index + 1).ToString(CultureInfo.InvariantCulture);
    }
}
