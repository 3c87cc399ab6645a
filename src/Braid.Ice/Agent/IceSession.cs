using System;
using Braid.Core;
using Braid.Ice.Stun;

namespace Braid.Ice;

/// <summary>
/// One pair of credentials, from the first check to the end of consent (RFC 8445 §6 to §8); a restart makes another one. It
/// decides; its parts own pairs, transactions, nomination and consent.
/// </summary>
internal sealed class IceSession(IceContext context, RoleState roles, IceCredentials local)
{
    private readonly CheckList _list = new(context.Options.MaximumPairs);
    private readonly CheckTransactions _checks = new(context);
    private readonly RemoteCandidates _remotes = new(context.Options.MaximumRemoteCandidates);
    private readonly Nomination _nomination = new(context.Options);
    private Consent? _consent;
    private Instant _startedAt = Instant.Never;

    public IceCredentials Local { get; } = local;

    /// <summary>The peer's; null before they are known.</summary>
    public IceCredentials? Remote { get; private set; }

    /// <summary>Whether the peer only answers.</summary>
    public bool IsRemoteLite { get; private set; }

    /// <summary>The pair that data goes over; null before one is chosen and after consent has ended.</summary>
    public CandidatePair? Selected { get; private set; }

    /// <summary>Why the session has ended; none while it has not.</summary>
    public IceReason EndReason { get; private set; }

    /// <summary>Whether the peer does not answer just now.</summary>
    public bool IsSilent => _consent is { IsSilent: true };

    /// <summary>Whether the peer has told all candidates.</summary>
    public bool IsRemoteComplete => _remotes.IsComplete && !_remotes.AwaitsNames;

    /// <summary>The last sample of the chosen pair.</summary>
    public TimeSpan RoundTripTime => _consent is { RoundTripTime.Ticks: > 0 } consent ? consent.RoundTripTime : Selected?.RoundTripTime ?? default;

    /// <summary>Whether a check waits for its turn.</summary>
    public bool HasNext => Remote is not null && EndReason == IceReason.None && !context.Options.IsLite && _list.HasNext(IsReady);

    internal CheckList List => _list;

    public Instant NextTimeout
    {
        get
        {
            Instant next = Instant.Min(_checks.NextTimeout, _consent?.NextTimeout ?? Instant.Never);
            if (Selected is null && EndReason == IceReason.None && !_startedAt.IsNever)
            {
                next = Instant.Min(next, _nomination.NextTimeout);
                Instant patience = _startedAt + context.Options.Patience;
                patience = context.Now < patience ? patience : patience + context.Options.Patience;
                next = context.Now < patience ? Instant.Min(next, patience) : next;
            }

            return next;
        }
    }

    public void SetRemote(IceCredentials remote, bool isLite)
    {
        Remote = remote;
        IsRemoteLite = isLite;
        _startedAt = context.Now;
        if (isLite && !context.Options.IsLite)
        {
            roles.Role = IceRole.Controlling;                // §6.1.1: a lite agent can only be controlled by a full one
        }

        _list.UpdatePriorities(roles.Role);
    }

    /// <summary>A candidate of ours is new: it is paired with all of the peer.</summary>
    public void OnLocalCandidate(LocalCandidate candidate)
    {
        foreach (RemoteCandidate remote in _remotes.All)
        {
            TryPair(candidate, remote);
        }
    }

    /// <summary>The peer has told a candidate.</summary>
    /// <returns>What became of it.</returns>
    public RemoteCandidateResult OnRemoteCandidate(IceCandidate told)
    {
        if (_remotes.IsComplete || EndReason != IceReason.None)
        {
            return RemoteCandidateResult.Refused;            // RFC 8838 §14
        }

        RemoteCandidateResult result = _remotes.Add(told, out RemoteCandidate? candidate);
        Use(result, candidate, told);
        return result;
    }

    /// <summary>There will be no more candidates of the peer.</summary>
    public void OnRemoteComplete() => _remotes.IsComplete = true;

    /// <summary>A name was resolved, or could not be.</summary>
    public void OnResolved(string hostName, in NetworkAddress address)
    {
        foreach ((RemoteCandidateResult result, RemoteCandidate? candidate, IceCandidate told) in _remotes.Resolve(hostName, address))
        {
            Use(result, candidate, told);
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
        if (Remote is null || _list.TakeNext(IsReady) is not { } pair)
        {
            return;
        }

        bool works = pair.State == PairState.Succeeded;
        pair.State = works ? PairState.Succeeded : PairState.InProgress;
        if (!pair.IsConnected)
        {
            pair.IsConnecting = true;
            context.Raise(new IceEvent.ConnectionWanted(pair.Local.Base, pair.Path.Remote));
            return;
        }

        bool nominates = pair.IsToBeNominated && roles.Role == IceRole.Controlling;
        context.Write(IceLogKind.CheckSent, pair.Local.Candidate, pair.Remote.Candidate, nominates ? "nominating" : "");
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
        AdvanceConsent();
        if (Selected is null && Remote is not null && !context.Options.IsLite)
        {
            AdvanceNomination(isLocalComplete);
            GiveUpWhenNothingIsLeft(isLocalComplete);
        }
    }

    /// <summary>A request of the peer whose user name is ours.</summary>
    public void OnRequest(in StunView request, in NetworkPath path, IceTransport transport)
    {
        LocalCandidate? own = context.Candidates.FindBase(path.Local, transport) ?? _list.Find(path, transport)?.Local;
        if (own is null)
        {
            context.Drops.Count(IceDropReason.UnknownLocalAddress);
            return;
        }

        if (!CheckResponder.TryAccept(context, roles, Local, own, request, path, transport, out AcceptedCheck accepted))
        {
            return;
        }

        if (accepted.HasSwitchedRole)
        {
            OnRoleChanged();
        }

        if (_consent is not null && Selected?.Path == path && context.Options.IsLite)
        {
            _consent.OnAlive(context.Now);
        }

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
        bool isConsent = _consent is not null && _consent.Owns(id);
        if (Remote is null || (check is null && !isConsent))
        {
            return false;
        }

        if (response.VerifyIntegrity(Remote.Key) != StunIntegrity.Valid || (response.HasFingerprint && !response.HasValidFingerprint))
        {
            context.Drops.Count(IceDropReason.BadIntegrity);  // as if it had never come (RFC 8489 §9.1.4)
            return true;
        }

        if (check is not null)
        {
            _checks.Remove(check);
            OnCheckAnswered(check, response, path);
        }
        else
        {
            OnConsentAnswered(response, path);
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
        Selected = null;
        _consent = null;
        _checks.CancelAll();
    }

    private bool IsReady(CandidatePair pair) =>
        !pair.IsConnecting && (pair.Local.Relay is null || pair.Local.Relay.PermissionOf(pair.Remote.Address) == RelayPermission.Granted);

    private void Use(RemoteCandidateResult result, RemoteCandidate? candidate, IceCandidate told)
    {
        switch (result)
        {
            case RemoteCandidateResult.Added:
            case RemoteCandidateResult.Replaced:
                context.Write(IceLogKind.RemoteCandidate, remote: told);
                _list.UpdatePriorities(roles.Role);
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

    private void TryPair(LocalCandidate own, RemoteCandidate remote)
    {
        if (Selected is not null || EndReason != IceReason.None || !CheckList.CanPair(own, remote))
        {
            return;
        }

        TryAddPair(new CandidatePair(own, remote, new NetworkPath(own.Base, remote.Address.WithScopeId(own.Base.ScopeId))));
    }

    private bool TryAddPair(CandidatePair pair)
    {
        bool isAdded = _list.TryAdd(pair, roles.Role, out CandidatePair? dropped);
        if (dropped is not null)
        {
            _checks.Cancel(dropped);
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
                context.Drops.Count(isWanted ? IceDropReason.TooManyCandidates : IceDropReason.Unexpected);
                return;
            }

            pair = new CandidatePair(own, remote, path) { IsConnected = true };
            if (!isWanted || !TryAddPair(pair))
            {
                return;
            }
        }

        if (context.Options.IsLite)
        {
            if (accepted.UseCandidate)
            {
                pair.ValidLocal = own;
                pair.State = PairState.Succeeded;
                pair.UpdatePriority(roles.Role);
                Nominate(pair);
            }

            return;
        }

        Trigger(pair);
        if (accepted.UseCandidate && roles.Role == IceRole.Controlled)
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
                if (roles.OnConflict(check.Message.Role))
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
            pair.RoundTripTime = context.Now - check.Transaction.StartedAt;
        }

        // §7.2.5.3.1: an address that nobody knew of is a peer-reflexive candidate.
        pair.ValidLocal = context.Candidates.Find(mapped, pair.Local.Base, pair.Transport)
            ?? context.Candidates.Add(
                IceCandidateType.PeerReflexive,
                pair.Transport,
                mapped,
                pair.Local.Base,
                pair.Local.LocalPreference,
                related: pair.Local.Base,
                tcpType: pair.Local.Candidate.TcpType,
                relay: pair.Local.Relay)
            ?? pair.Local;
        pair.State = PairState.Succeeded;
        pair.UpdatePriority(roles.Role);
        _list.Unfreeze(pair);
        context.Write(IceLogKind.CheckSucceeded, pair.ValidLocal.Candidate, pair.Remote.Candidate, $"{pair.RoundTripTime.TotalMilliseconds:0.0} ms");
        if ((check.Message.UseCandidate && check.Message.Role == roles.Role) || (pair.IsNominatedByPeer && roles.Role == IceRole.Controlled))
        {
            Nominate(pair);
        }
    }

    private void Nominate(CandidatePair pair)
    {
        if (!pair.IsNominated)
        {
            pair.IsNominated = true;
            context.Write(IceLogKind.Nominated, pair.ValidLocal!.Candidate, pair.Remote.Candidate);
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

        Selected = pair;
        pair.Local.Relay?.Prefer(context.Now, pair.Path.Remote);
        _consent = new Consent(context.Options, context.Random, context.Now);
        _list.RemoveUnchecked();
        _checks.CancelAll();
        context.Write(IceLogKind.Selected, pair.ValidLocal!.Candidate, pair.Remote.Candidate);
    }

    private void AdvanceNomination(bool isLocalComplete)
    {
        if (roles.Role == IceRole.Controlling && _nomination.Choose(context.Now, _list.Pairs, isLocalComplete && IsRemoteComplete) is { } chosen)
        {
            chosen.IsToBeNominated = true;
            _list.TriggerAgain(chosen);
        }
    }

    private void AdvanceConsent()
    {
        while (_consent is not null && Selected is not null)
        {
            switch (_consent.Advance(context.Now))
            {
                case ConsentStep.Ask:
                    context.Send(MakeCheck(Selected, nominates: false) with { Id = _consent.Ask(context.Now) });
                    break;
                case ConsentStep.Silent:
                    context.Write(IceLogKind.Consent, Selected.Local.Candidate, Selected.Remote.Candidate, "no answer");
                    break;
                case ConsentStep.Expired:
                    context.Write(IceLogKind.Consent, Selected.Local.Candidate, Selected.Remote.Candidate, "expired");
                    End(IceReason.ConsentExpired);
                    return;
                default:
                    return;
            }
        }
    }

    private void OnConsentAnswered(in StunView response, in NetworkPath path)
    {
        if (_consent is null || Selected is null || path != Selected.Path)
        {
            return;
        }

        if (response.Class == StunClass.SuccessResponse)
        {
            _consent.OnAnswer(context.Now, response.TransactionId);
        }
        else if (response.TryReadError(out int code, out _) && code == StunError.Forbidden)
        {
            context.Write(IceLogKind.Consent, Selected.Local.Candidate, Selected.Remote.Candidate, "revoked");
            End(IceReason.ConsentRevoked);
        }
    }

    private void GiveUpWhenNothingIsLeft(bool isLocalComplete)
    {
        TimeSpan waited = context.Now - _startedAt;
        bool isLeft = _list.HasUnresolved || _checks.HasActive || _remotes.AwaitsNames || !isLocalComplete;
        bool mayWork = HasSucceeded() && waited < 2 * context.Options.Patience;     // the other side is slow to nominate
        if (waited >= context.Options.Patience && !isLeft && !mayWork)
        {
            End(_list.Pairs.Count == 0 ? IceReason.NoPairs : IceReason.AllPairsFailed);
        }
    }

    private bool HasSucceeded()
    {
        foreach (CandidatePair pair in _list.Pairs)
        {
            if (pair.State == PairState.Succeeded)
            {
                return true;
            }
        }

        return false;
    }

    private void FailRefused()
    {
        foreach (CandidatePair pair in _list.Pairs)
        {
            if (pair.IsUnresolved && pair.Local.Relay?.PermissionOf(pair.Remote.Address) == RelayPermission.Refused)
            {
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
        context.Write(IceLogKind.CheckFailed, pair.Local.Candidate, pair.Remote.Candidate, why);
    }

    private void OnRoleChanged()
    {
        _nomination.Reset();
        foreach (CandidatePair pair in _list.Pairs)
        {
            pair.IsToBeNominated = false;
        }

        _list.UpdatePriorities(roles.Role);
        context.Write(IceLogKind.Role, detail: roles.Role == IceRole.Controlling ? "now controlling" : "now controlled");
        context.Raise(new IceEvent.RoleChanged(roles.Role));
    }

    private OutgoingMessage MakeCheck(CandidatePair pair, bool nominates) => new(OutgoingKind.Check, default, pair.Path, pair.Transport)
    {
        Relay = pair.Local.Relay,
        Local = Local,
        Remote = Remote,
        Priority = pair.Local.PeerReflexivePriority,
        Role = roles.Role,
        TieBreaker = roles.TieBreaker,
        UseCandidate = nominates,
    };
}
