using System;
using Braid.Core;
using Braid.Ice.Stun;

namespace Braid.Ice;

/// <summary>
/// One pair of credentials, from the first check to the end of consent (RFC 8445 §6 to §8); a restart makes another one. It
/// decides; its parts own pairs, transactions, nomination and consent.
/// </summary>
internal sealed class IceSession
{
    private readonly IceContext _context;
    private readonly RoleState _roles;
    private readonly CheckList _list;
    private readonly CheckTransactions _checks;
    private readonly RemoteCandidates _remotes;
    private readonly PairFormation _pairs;
    private readonly Nomination _nomination;
    private readonly Predicate<CandidatePair> _isReady = IsReady;
    private ChosenPair? _chosen;
    private Instant _startedAt = Instant.Never;

    public IceSession(IceContext context, RoleState roles, IceCredentials local)
    {
        _context = context;
        _roles = roles;
        _list = new CheckList(context.Options.MaximumPairs);
        _checks = new CheckTransactions(context);
        _remotes = new RemoteCandidates(context.Options.MaximumRemoteCandidates);
        _pairs = new PairFormation(context, roles, _list, _checks, _remotes);
        _nomination = new Nomination(context.Options);
        Local = local;
    }

    public IceCredentials Local { get; }

    /// <summary>The peer's; null before they are known.</summary>
    public IceCredentials? Remote { get; private set; }

    /// <summary>Whether the peer only answers.</summary>
    public bool IsRemoteLite { get; private set; }

    /// <summary>The pair that data goes over; null before one is chosen and after consent has ended.</summary>
    public CandidatePair? Selected => _chosen?.Pair;

    /// <summary>Why the session has ended; none while it has not.</summary>
    public IceReason EndReason { get; private set; }

    /// <summary>Whether the peer does not answer just now.</summary>
    public bool IsSilent => _chosen is { IsSilent: true };

    /// <summary>Whether the peer has told all candidates.</summary>
    public bool IsRemoteComplete => _remotes.IsComplete && !_remotes.AwaitsNames;

    /// <summary>The last sample of the chosen pair.</summary>
    public TimeSpan RoundTripTime => _chosen?.RoundTripTime ?? TimeSpan.Zero;

    /// <summary>Whether a check waits for its turn.</summary>
    public bool HasNext => Remote is not null && EndReason == IceReason.None && !_context.Options.IsLite && _list.HasNext(_isReady);

    public Instant NextTimeout
    {
        get
        {
            Instant next = Instant.Min(_checks.NextTimeout, _chosen?.NextTimeout ?? Instant.Never);
            if (Selected is null && EndReason == IceReason.None && !_startedAt.IsNever)
            {
                next = Instant.Min(next, _nomination.NextTimeout);
                Instant patience = _startedAt + _context.Options.Patience;
                patience = _context.Now < patience ? patience : patience + _context.Options.Patience;
                next = _context.Now < patience ? Instant.Min(next, patience) : next;
            }

            return next;
        }
    }

    public void SetRemote(IceCredentials remote, bool isLite)
    {
        Remote = remote;
        IsRemoteLite = isLite;
        _startedAt = _context.Now;
        if (isLite && !_context.Options.IsLite)
        {
            _roles.Role = IceRole.Controlling;                // §6.1.1: a lite agent can only be controlled by a full one
        }

        _list.UpdatePriorities(_roles.Role);
    }

    /// <summary>A candidate of ours is new.</summary>
    public void OnLocalCandidate(LocalCandidate candidate) => _pairs.OnLocalCandidate(candidate);

    /// <summary>The peer has told a candidate.</summary>
    /// <returns>What became of it.</returns>
    public RemoteCandidateResult OnRemoteCandidate(IceCandidate told)
    {
        if (_remotes.IsComplete || EndReason != IceReason.None)
        {
            return RemoteCandidateResult.Refused;            // RFC 8838 §14
        }

        RemoteCandidateResult result = _remotes.Add(told, out RemoteCandidate? candidate);
        _pairs.OnRemoteCandidate(result, candidate, told);
        return result;
    }

    /// <summary>There will be no more candidates of the peer.</summary>
    public void OnRemoteComplete() => _remotes.IsComplete = true;

    /// <summary>A name was resolved, or could not be.</summary>
    public void OnResolved(string hostName, in NetworkAddress address)
    {
        foreach ((RemoteCandidateResult result, RemoteCandidate? candidate, IceCandidate told) in _remotes.Resolve(hostName, address))
        {
            _pairs.OnRemoteCandidate(result, candidate, told);
        }
    }

    /// <summary>A TCP connection is there, or could not be opened (RFC 6544 §7.1).</summary>
    public void OnConnection(in NetworkAddress localAddress, in NetworkAddress remoteAddress, in NetworkPath? path)
    {
        foreach (CandidatePair pair in _list.Pairs)
        {
            if (pair.IsConnecting && pair.Local.Base == localAddress && pair.Remote.Address == remoteAddress)
            {
                pair.IsConnecting = false;
                if (path is { } opened)
                {
                    pair.IsConnected = true;
                    pair.Path = opened;
                    _list.Trigger(pair);
                }
                else
                {
                    Fail(pair, "no connection");
                }

                return;
            }
        }
    }

    /// <summary>Sends the next check, or asks for the connection that it needs.</summary>
    public void StartNext()
    {
        if (Remote is null || _list.TakeNext(_isReady) is not { } pair)
        {
            return;
        }

        bool works = pair.State == PairState.Succeeded;
        pair.State = works ? PairState.Succeeded : PairState.InProgress;
        if (!pair.IsConnected)
        {
            pair.IsConnecting = true;
            _context.Raise(new IceEvent.ConnectionWanted(pair.Local.Base, pair.Path.Remote));
            return;
        }

        bool nominates = pair.IsToBeNominated && _roles.Role == IceRole.Controlling;
        _context.Write(IceLogKind.CheckSent, pair.Local.Candidate, pair.Remote.Candidate, nominates ? "nominating" : "");
        _checks.Start(pair, MakeCheck(pair, nominates), _list.CountActive());
    }

    /// <summary>Runs what is due.</summary>
    /// <param name="isLocalComplete">Whether we have told all candidates.</param>
    public void Advance(bool isLocalComplete)
    {
        while (_checks.TakeTimedOut() is { } check)
        {
            if (!check.IsCancelled)
            {
                Fail(check.Pair, "no answer");
            }
        }

        if (EndReason != IceReason.None)
        {
            return;
        }

        FailRefused();
        if (_chosen is not null)
        {
            EndUnlessNone(_chosen.Advance(MakeCheck(_chosen.Pair, nominates: false)));
        }

        if (Selected is null && EndReason == IceReason.None && Remote is not null && !_context.Options.IsLite)
        {
            AdvanceNomination(isLocalComplete);
            GiveUpWhenNothingIsLeft(isLocalComplete);
        }
    }

    /// <summary>A request of the peer whose user name is ours.</summary>
    public void OnRequest(in StunView request, in NetworkPath path, IceTransport transport)
    {
        LocalCandidate? own = _context.Candidates.FindBase(path.Local, transport) ?? _list.Find(path, transport)?.Local;
        if (own is null)
        {
            _context.Drops.Count(IceDropReason.UnknownLocalAddress);
            return;
        }

        if (!CheckResponder.TryAccept(_context, _roles, Local, own, request, path, transport, out AcceptedCheck accepted))
        {
            return;
        }

        if (accepted.HasSwitchedRole)
        {
            OnRoleChanged();
        }

        _chosen?.OnRequest(path);
        if (EndReason == IceReason.None)
        {
            OnAccepted(own, path, transport, accepted);
        }
    }

    /// <summary>An answer; false when it belongs to nothing of this session.</summary>
    public bool TryHandleResponse(in StunView response, in NetworkPath path)
    {
        StunTransactionId id = response.TransactionId;
        ConnectivityCheck? check = _checks.Find(id);
        bool isConsent = _chosen is not null && _chosen.Owns(id);
        if (Remote is null || (check is null && !isConsent))
        {
            return false;
        }

        if (response.VerifyIntegrity(Remote.Key) != StunIntegrity.Valid || (response.HasFingerprint && !response.HasValidFingerprint))
        {
            _context.Drops.Count(IceDropReason.BadIntegrity);  // as if it had never come (RFC 8489 §9.1.4)
            return true;
        }

        if (check is not null)
        {
            _checks.Remove(check);
            OnCheckAnswered(check, response, path);
        }
        else
        {
            EndUnlessNone(_chosen!.OnAnswered(response, path));
        }

        return true;
    }

    /// <summary>Both agents are lite: the best pair is taken without a check (RFC 8445 §8.2).</summary>
    public void SelectWithoutChecks()
    {
        if (Selected is null && _list.Pairs.Count > 0)
        {
            CandidatePair best = _list.Pairs[0];
            best.ValidLocal = best.Local;
            best.State = PairState.Succeeded;
            Select(best);
        }
    }

    /// <summary>Ends the session.</summary>
    public void End(IceReason reason)
    {
        EndReason = reason;
        _pairs.IsClosed = true;
        _chosen = null;
        _checks.CancelAll();
    }

    private static bool IsReady(CandidatePair pair) =>
        !pair.IsConnecting && (pair.Local.Relay is null || pair.Local.Relay.PermissionOf(pair.Remote.Address) == RelayPermission.Granted);

    private void OnAccepted(LocalCandidate own, in NetworkPath path, IceTransport transport, in AcceptedCheck accepted)
    {
        NetworkAddress source = path.Remote.WithScopeId(0);
        RemoteCandidate? remote = _remotes.Find(source, transport);
        CandidatePair? pair = _list.Find(path, transport);
        if (pair is null)
        {
            // §8.1.2: once a pair is chosen, others only matter when the peer nominates them.
            bool isWanted = Selected is null || accepted.UseCandidate;
            remote ??= isWanted ? _remotes.Learn(source, transport, accepted.Priority) : null;
            if (remote is null)
            {
                _context.Drops.Count(isWanted ? IceDropReason.TooManyCandidates : IceDropReason.Unexpected);
                return;
            }

            pair = new CandidatePair(own, remote, path) { IsConnected = true };
            if (!isWanted || !_pairs.TryAdd(pair))
            {
                return;
            }
        }

        if (_context.Options.IsLite)
        {
            if (accepted.UseCandidate)
            {
                pair.ValidLocal = own;
                pair.State = PairState.Succeeded;
                pair.UpdatePriority(_roles.Role);
                Nominate(pair);
            }

            return;
        }

        Trigger(pair);
        if (accepted.UseCandidate && _roles.Role == IceRole.Controlled)
        {
            if (pair.State == PairState.Succeeded)
            {
                Nominate(pair);
            }
            else
            {
                pair.IsNominatedByPeer = true;
            }
        }
    }

    // §7.3.1.4
    private void Trigger(CandidatePair pair)
    {
        if (pair.State == PairState.Succeeded)
        {
            return;
        }

        if (pair.State == PairState.InProgress)
        {
            _checks.Cancel(pair);
        }

        pair.IsConnected = true;                             // the request has come over it
        pair.IsConnecting = false;
        _list.Trigger(pair);
    }

    private void OnCheckAnswered(ConnectivityCheck check, in StunView response, in NetworkPath path)
    {
        CandidatePair pair = check.Pair;
        if (path != check.Message.Path)
        {
            Fail(pair, $"the answer came on another way, {path}");   // §7.2.5.2.1
            return;
        }

        if (response.Class == StunClass.ErrorResponse)
        {
            int code = response.TryReadError(out int error, out _) ? error : 0;
            if (code == StunError.RoleConflict)
            {
                if (_roles.OnConflict(check.Message.Role))
                {
                    OnRoleChanged();
                }

                Trigger(pair);
            }
            else if (!check.IsCancelled)
            {
                Fail(pair, $"{code} {StunError.ReasonOf(code)}");
            }

            return;
        }

        if (response.FindUnknownRequired(stackalloc ushort[1]) > 0
            || !response.TryReadAddress(StunAttributeType.XorMappedAddress, out NetworkAddress mapped))
        {
            Fail(pair, "the answer tells no address");
            return;
        }

        OnSucceeded(check, mapped);
    }

    private void OnSucceeded(ConnectivityCheck check, in NetworkAddress mapped)
    {
        CandidatePair pair = check.Pair;
        if (check.Transaction.Transmissions == 1)
        {
            pair.RoundTripTime = _context.Now - check.Transaction.StartedAt;
        }

        pair.ValidLocal = _context.Candidates.FindOrLearn(mapped, pair.Local);
        pair.State = PairState.Succeeded;
        pair.UpdatePriority(_roles.Role);
        _list.Unfreeze(pair);
        _context.Write(IceLogKind.CheckSucceeded, pair.ValidLocal.Candidate, pair.Remote.Candidate, $"{pair.RoundTripTime.TotalMilliseconds:0.0} ms");
        if ((check.Message.UseCandidate && check.Message.Role == _roles.Role) || (pair.IsNominatedByPeer && _roles.Role == IceRole.Controlled))
        {
            Nominate(pair);
        }
    }

    private void Nominate(CandidatePair pair)
    {
        if (!pair.IsNominated)
        {
            pair.IsNominated = true;
            _context.Write(IceLogKind.Nominated, pair.ValidLocal!.Candidate, pair.Remote.Candidate);
        }

        // §8.1.1: of several (aggressive nomination) the one with the highest priority, as long as it answers.
        if (Selected is null || IsSilent || pair.ValidPriority > Selected.ValidPriority)
        {
            Select(pair);
        }
    }

    private void Select(CandidatePair pair)
    {
        if (Selected == pair)
        {
            return;
        }

        _pairs.IsClosed = true;
        pair.Local.Relay?.Prefer(_context.Now, pair.Path.Remote);
        _chosen = new ChosenPair(_context, pair);
        _list.RemoveUnchecked();
        _checks.CancelAll();
        _context.Write(IceLogKind.Selected, pair.ValidLocal!.Candidate, pair.Remote.Candidate);
    }

    private void AdvanceNomination(bool isLocalComplete)
    {
        if (_roles.Role == IceRole.Controlling && _nomination.Choose(_context.Now, _list.Pairs, isLocalComplete && IsRemoteComplete) is { } chosen)
        {
            chosen.IsToBeNominated = true;
            _list.TriggerAgain(chosen);
        }
    }

    private void EndUnlessNone(IceReason reason)
    {
        if (reason != IceReason.None)
        {
            End(reason);
        }
    }

    private void GiveUpWhenNothingIsLeft(bool isLocalComplete)
    {
        TimeSpan waited = _context.Now - _startedAt;
        bool isLeft = _list.HasUnresolved || _checks.HasActive || _remotes.AwaitsNames || !isLocalComplete;
        bool mayWork = _list.HasSucceeded && waited < 2 * _context.Options.Patience;     // the other side is slow to nominate
        if (waited >= _context.Options.Patience && !isLeft && !mayWork)
        {
            End(_list.Pairs.Count == 0 ? IceReason.NoPairs : IceReason.AllPairsFailed);
        }
    }

    private void FailRefused()
    {
        foreach (CandidatePair pair in _list.Pairs)
        {
            if (pair.IsUnresolved && pair.Local.Relay?.PermissionOf(pair.Remote.Address) == RelayPermission.Refused)
            {
                _list.Untrigger(pair);
                _checks.Cancel(pair);
                Fail(pair, "the TURN server does not allow it");
            }
        }
    }

    private void Fail(CandidatePair pair, string why)
    {
        // Another check of the pair, a triggered one, may still be under way.
        if (_checks.HasActiveFor(pair) || pair == Selected || pair.IsTriggered)
        {
            return;
        }

        pair.State = PairState.Failed;
        pair.ValidLocal = null;
        pair.IsToBeNominated = false;
        pair.IsNominatedByPeer = false;
        _nomination.OnFailed(pair);
        _context.Write(IceLogKind.CheckFailed, pair.Local.Candidate, pair.Remote.Candidate, why);
    }

    private void OnRoleChanged()
    {
        _nomination.Reset();
        foreach (CandidatePair pair in _list.Pairs)
        {
            pair.IsToBeNominated = false;
        }

        _list.UpdatePriorities(_roles.Role);
        _context.Write(IceLogKind.Role, detail: _roles.Role == IceRole.Controlling ? "now controlling" : "now controlled");
        _context.Raise(new IceEvent.RoleChanged(_roles.Role));
    }

    private OutgoingMessage MakeCheck(CandidatePair pair, bool nominates) => new(OutgoingKind.Check, default, pair.Path, pair.Transport)
    {
        Relay = pair.Local.Relay,
        Local = Local,
        Remote = Remote,
        Priority = pair.Local.PeerReflexivePriority,
        Role = _roles.Role,
        TieBreaker = _roles.TieBreaker,
        UseCandidate = nominates,
    };
}
