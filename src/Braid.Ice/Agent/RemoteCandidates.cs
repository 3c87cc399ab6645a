using System;
using System.Collections.Generic;
using System.Globalization;
using Braid.Core;

namespace Braid.Ice;

/// <summary>A candidate of the peer. What its requests have shown first may be told by the peer later.</summary>
internal sealed class RemoteCandidate(IceCandidate candidate, in NetworkAddress address)
{
    public IceCandidate Candidate { get; set; } = candidate;

    public NetworkAddress Address { get; } = address;

    public uint Priority => Candidate.Priority;
}

/// <summary>What became of a candidate that the peer has told.</summary>
internal enum RemoteCandidateResult : byte
{
    Added,
    Replaced,
    Known,
    Waits,
    Refused,
    TooMany,
}

/// <summary>
/// The peer's candidates of one session: owns them, those whose name must be resolved first, and whether more may come
/// (RFC 8838 §11, §14).
/// </summary>
internal sealed class RemoteCandidates(int maximum)
{
    private const int RoomForNominated = 8;                   // beyond the maximum

    private readonly List<RemoteCandidate> _all = [];
    private readonly List<IceCandidate> _unresolved = [];
    private int _reflexive;

    public IReadOnlyList<RemoteCandidate> All => _all;

    /// <summary>Whether the peer has said that there are no more.</summary>
    public bool IsComplete { get; set; }

    /// <summary>Whether a name is still being resolved.</summary>
    public bool AwaitsNames => _unresolved.Count > 0;

    /// <summary>Takes in a candidate that the peer has told.</summary>
    public RemoteCandidateResult Add(IceCandidate told, out RemoteCandidate? candidate)
    {
        candidate = null;
        if (told.Component != 1 || (told.Port == 0 && told.TcpType != IceTcpType.Active))
        {
            return RemoteCandidateResult.Refused;
        }

        if (_all.Count + _unresolved.Count >= maximum)
        {
            return RemoteCandidateResult.TooMany;
        }

        if (told.HostName is not null)
        {
            _unresolved.Add(told);
            return RemoteCandidateResult.Waits;
        }

        return Add(told, told.Address, out candidate);
    }

    /// <summary>The candidates that have waited for a name, with its address.</summary>
    public IEnumerable<(RemoteCandidateResult Result, RemoteCandidate? Candidate, IceCandidate Told)> Resolve(string hostName, NetworkAddress address)
    {
        for (int index = _unresolved.Count - 1; index >= 0; index--)
        {
            IceCandidate told = _unresolved[index];
            if (string.Equals(told.HostName, hostName, StringComparison.OrdinalIgnoreCase))
            {
                _unresolved.RemoveAt(index);
                RemoteCandidate? candidate = null;
                RemoteCandidateResult result = address.Family == NetworkFamily.None
                    ? RemoteCandidateResult.Refused
                    : Add(told, address.WithPort(told.Port), out candidate);
                yield return (result, candidate, told);
            }
        }
    }

    /// <summary>The candidate at an address.</summary>
    public RemoteCandidate? Find(in NetworkAddress address, IceTransport transport)
    {
        foreach (RemoteCandidate candidate in _all)
        {
            if (candidate.Address == address && candidate.Candidate.Transport == transport)
            {
                return candidate;
            }
        }

        return null;
    }

    /// <summary>A candidate that a request of the peer has shown (RFC 8445 §7.3.1.3); null when there are too many.</summary>
    public RemoteCandidate? Learn(in NetworkAddress address, IceTransport transport, uint priority, bool isNominated)
    {
        if (_all.Count + _unresolved.Count >= maximum + (isNominated ? RoomForNominated : 0))
        {
            return null;
        }

        _reflexive++;
        var candidate = new RemoteCandidate(
            new IceCandidate
            {
                Foundation = string.Create(CultureInfo.InvariantCulture, $"prflx{_reflexive}"),   // not one that the peer tells is likely to be
                Transport = transport,
                Priority = priority,
                Address = address,
                Port = address.Port,
                Type = IceCandidateType.PeerReflexive,
                TcpType = transport == IceTransport.Tcp ? IceTcpType.Active : IceTcpType.None,
            },
            address);
        _all.Add(candidate);
        return candidate;
    }

    /// <summary>Makes room: nothing comes of this one.</summary>
    public void Forget(RemoteCandidate candidate) => _all.Remove(candidate);

    private RemoteCandidateResult Add(IceCandidate told, in NetworkAddress address, out RemoteCandidate? candidate)
    {
        candidate = null;
        if (address.Family == NetworkFamily.None || !address.IsUnicast)
        {
            return RemoteCandidateResult.Refused;
        }

        candidate = Find(address, told.Transport);
        if (candidate is null)
        {
            candidate = new RemoteCandidate(told, address);
            _all.Add(candidate);
            return RemoteCandidateResult.Added;
        }

        if (candidate.Candidate.Type == IceCandidateType.PeerReflexive)
        {
            // RFC 8838 §11: it was seen before it was told.
            candidate.Candidate = told;
            return RemoteCandidateResult.Replaced;
        }

        return RemoteCandidateResult.Known;
    }
}
