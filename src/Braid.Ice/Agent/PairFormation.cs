using Braid.Core;

namespace Braid.Ice;

/// <summary>Makes pairs of candidates as they come, from either side and in any order (RFC 8445 §6.1.2.2, RFC 8838 §10, §11).</summary>
internal sealed class PairFormation(IceContext context, RoleState roles, CheckList list, CheckTransactions checks, RemoteCandidates remotes)
{
    /// <summary>Whether candidates are not paired any more: a pair was chosen, or the session has ended.</summary>
    public bool IsClosed { get; set; }

    /// <summary>A candidate of ours is new: it is paired with all of the peer.</summary>
    public void OnLocalCandidate(LocalCandidate candidate)
    {
        foreach (RemoteCandidate remote in remotes.All)
        {
            TryPair(candidate, remote);
        }
    }

    /// <summary>Makes pairs of a candidate of the peer, or says why not.</summary>
    public void OnRemoteCandidate(RemoteCandidateResult result, RemoteCandidate? candidate, IceCandidate told)
    {
        switch (result)
        {
            case RemoteCandidateResult.Added:
            case RemoteCandidateResult.Replaced:
                context.Write(IceLogKind.RemoteCandidate, remote: told);
                list.UpdatePriorities(roles.Role);
                foreach (LocalCandidate own in context.Candidates.All)
                {
                    TryPair(own, candidate!);
                }

                break;
            case RemoteCandidateResult.Waits:
                context.Write(IceLogKind.RemoteCandidate, remote: told, detail: "its name is to be resolved");
                context.Raise(new IceEvent.ResolutionWanted(told.HostName!));
                break;
            case RemoteCandidateResult.Refused:
            case RemoteCandidateResult.TooMany:
                context.Drops.Count(result == RemoteCandidateResult.TooMany ? IceDropReason.TooManyCandidates : IceDropReason.UnusableCandidate);
                context.Write(IceLogKind.CandidateDropped, remote: told, detail: result == RemoteCandidateResult.TooMany ? "too many" : "cannot be used");
                break;
        }
    }

    /// <summary>A name was resolved, or could not be: the candidates that have waited for it are paired.</summary>
    public void OnResolved(string hostName, in NetworkAddress address)
    {
        foreach ((RemoteCandidateResult result, RemoteCandidate? candidate, IceCandidate told) in remotes.Resolve(hostName, address))
        {
            OnRemoteCandidate(result, candidate, told);
        }
    }

    /// <summary>The pair of a request that has come over none of ours.</summary>
    /// <param name="own">Where it has come.</param>
    /// <param name="path">From where.</param>
    /// <param name="transport">In what.</param>
    /// <param name="priority">What the peer's candidate has, if nobody has told of it.</param>
    /// <param name="isNominated">Whether the peer nominates it: there is always room for that.</param>
    /// <param name="isWanted">Whether there is a use for a pair with a candidate that is known.</param>
    /// <param name="isNewWanted">Whether there is one for a pair with a candidate that is not.</param>
    /// <returns>Null when there is no use for it, or too many are there.</returns>
    public CandidatePair? Learn(
        LocalCandidate own, in NetworkPath path, IceTransport transport, uint priority, bool isNominated, bool isWanted, bool isNewWanted)
    {
        NetworkAddress source = path.Remote.WithScopeId(0);
        RemoteCandidate? remote = remotes.Find(source, transport);
        if (!(remote is null ? isNewWanted : isWanted))
        {
            if (remote is null)
            {
                context.Drops.Count(IceDropReason.Unexpected);
            }

            return null;
        }

        remote ??= Learn(source, transport, priority, isNominated);
        if (remote is null)
        {
            context.Drops.Count(IceDropReason.TooManyCandidates);
            return null;
        }

        var pair = new CandidatePair(own, remote, path) { IsConnected = true, IsNominatedByPeer = isNominated };
        return TryAdd(pair) ? pair : null;
    }

    // Null when there are too many. One of which nothing came makes room: behind a NAT that maps by destination each check shows another, and
    // the peer may nominate the last one.
    private RemoteCandidate? Learn(in NetworkAddress address, IceTransport transport, uint priority, bool isNominated)
    {
        RemoteCandidate? learnt = remotes.Learn(address, transport, priority, isNominated);
        if (learnt is null && list.RemoveFailedReflexive() is { } failed)
        {
            remotes.Forget(failed);
            learnt = remotes.Learn(address, transport, priority, isNominated);
        }

        return learnt;
    }

    private bool TryAdd(CandidatePair pair)
    {
        bool isAdded = list.TryAdd(pair, roles.Role, out CandidatePair? dropped);
        if (dropped is not null)
        {
            checks.Cancel(dropped);
            context.Write(IceLogKind.PairDropped, dropped.Local.Candidate, dropped.Remote.Candidate);
        }

        if (isAdded)
        {
            // §7.2.1: the peer must be allowed to answer through the relay.
            pair.Local.Relay?.Permit(context.Now, pair.Remote.Address);
            context.Write(IceLogKind.PairFormed, pair.Local.Candidate, pair.Remote.Candidate);
        }

        return isAdded;
    }

    private void TryPair(LocalCandidate own, RemoteCandidate remote)
    {
        if (IsClosed || !CheckList.CanPair(own, remote))
        {
            return;
        }

        TryAdd(new CandidatePair(own, remote, new NetworkPath(own.Base, remote.Address.WithScopeId(own.Base.ScopeId))));
    }
}
