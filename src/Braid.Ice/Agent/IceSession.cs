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
    private static readonly Predicate<CandidatePair> s_isReady = static pair => pair.IsReady;

    private readonly IceContext _context;
    private readonly RoleState _roles;
    private readonly CheckList _list;
    private readonly CheckTransactions _checks;
    private readonly RemoteCandidates _remotes;
    private readonly PairFormation _pairs;
    private readonly Nomination _nomination;
    private readonly Patience _patience;
    private ChosenPair? _chosen;

    public IceSession(IceContext context, RoleState roles, IceCredentials local)
    {
        _context = context;
        _roles = roles;
        _list = new CheckList(context.Options.MaximumPairs);
        _checks = new CheckTransactions(context);
        _remotes = new RemoteCandidates(context.Options.MaximumRemoteCandidates);
        _pairs = new PairFormation(context, roles, _list, _checks, _remotes);
        _nomination = new Nomination(context.Options);
        _patience = new Patience(context, _list, _checks);
        Local = local;
    }

    public IceCredentials Local { get; }

    /// <summary>The peer's; null before they are known.</summary>
    public IceCredentials? Remote { get; private set; }

    /// <summary>Whether the peer only answers.</summary>
    public bool IsRemoteLite { get; private set; }

    /// <summary>The pair that data goes over; null before one is chosen and after consent has ended.</summary>
    public CandidatePair? Selected => _chosen?.Pair;

    /// <summary>Why the session has ended; none while it has not, and when the agent was closed.</summary>
    public IceReason EndReason { get; private set; }

    /// <summary>Whether it has ended: whatever still comes, nothing is sent any more (RFC 7675 §5.1).</summary>
    public bool IsOver { get; private set; }

    /// <summary>Whether the peer does not answer just now.</summary>
    public bool IsSilent => _chosen is { IsSilent: true };

    /// <summary>Whether the peer has told all candidates.</summary>
    public bool IsRemoteComplete => _remotes.IsComplete && !_remotes.AwaitsNames;

    /// <summary>The last sample of the chosen pair.</summary>
    public TimeSpan RoundTripTime => _chosen?.RoundTripTime ?? TimeSpan.Zero;

    /// <summary>Whether a check waits for its turn.</summary>
    public bool HasNext => Remote is not null && !IsOver && !_context.Options.IsLite && _list.HasNext(s_isReady);

    public Instant NextTimeout
    {
        get
        {
            Instant next = Instant.Min(_checks.NextTimeout, _chosen?.NextTimeout ?? Instant.Never);
            return Selected is null && !IsOver ? Instant.Min(next, Instant.Min(_nomination.NextTimeout, _patience.NextTimeout)) : next;
        }
    }

    public void SetRemote(IceCredentials remote, bool isLite)
    {
        Remote = remote;
        IsRemoteLite = isLite;
        _patience.Begin();
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
        if (_remotes.IsComplete || IsOver)
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
    public void OnResolved(string hostName, in NetworkAddress address) => _pairs.OnResolved(hostName, address);

    /// <summary>A TCP connection is there, or could not be opened (RFC 6544 §7.1).</summary>
    public void OnConnection(in NetworkAddress localAddress, in NetworkAddress remoteAddress, in NetworkPath? path)
    {
        if (_list.FindConnecting(localAddress, remoteAddress) is not { } pair)
        {
            return;
        }

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
    }

    /// <summary>Sends the next check, or asks for the connection that it needs.</summary>
    public void StartNext()
    {
        if (Remote is null || _list.TakeNext(s_isReady) is not { } pair)
        {
            return;
        }

        bool works = pair.State == PairState.Succeeded;
        pair.State = works ? PairState.Succeeded : PairState.InProgress;
        pair.TriedSince = Instant.Min(pair.TriedSince, _context.Now);
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

        if (IsOver)
        {
            return;
        }

        FailRefused();
        if (_chosen is not null)
        {
            bool wasSilent = _chosen.IsSilent;
            EndUnlessNone(_chosen.Advance(MakeCheck(_chosen.Pair, nominates: false)));
            if (!wasSilent && IsSilent)
            {
                _list.TriggerOthers(_chosen.Pair);
            }
        }

        if (Selected is null && !IsOver && Remote is not null && !_context.Options.IsLite)
        {
            AdvanceNomination(isLocalComplete);
            if (isLocalComplete && !_remotes.AwaitsNames && _patience.HasRunOut())
            {
                End(_list.Pairs.Count == 0 ? IceReason.NoPairs : IceReason.AllPairsFailed);
            }
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

        if (!CheckResponder.TryAccept(_context, _roles, Local, own, request, path, transport, isExpected: Selected is not null, out AcceptedCheck accepted))
        {
            return;
        }

        if (accepted.HasSwitchedRole)
        {
            OnRoleChanged();
        }

        _chosen?.OnRequest(path);
        if (!IsOver)
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
        if (Remote is null || IsOver || (check is null && !isConsent))
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
        else if (_chosen!.OnConflict(response, path) is { } role)
        {
            SwitchRole(role);
        }
        else
        {
            EndUnlessNone(_chosen.OnAnswered(response, path));
        }

        return true;
    }

    /// <summary>Both agents are lite: the best pair is taken without a check (RFC 8445 §8.2).</summary>
    public void SelectWithoutChecks()
    {
        if (Selected is null && !IsOver && _list.Pairs.Count > 0)
        {
            CandidatePair best = _list.Pairs[0];
            best.Succeed(best.Local, _roles.Role);
            Select(best);
        }
    }

    /// <summary>Ends the session.</summary>
    public void End(IceReason reason)
    {
        EndReason = reason;
        IsOver = true;
        _pairs.IsClosed = true;
        _chosen = null;
        _checks.CancelAll();
    }

    private void OnAccepted(LocalCandidate own, in NetworkPath path, IceTransport transport, in AcceptedCheck accepted)
    {
        // §8.1.2: once a pair is chosen, others only matter when the peer nominates them, or has moved.
        bool isWanted = Selected is null || accepted.UseCandidate || (!_context.Options.IsLite && IsSilent);
        bool mayHaveMoved = isWanted || !_context.Options.IsLite;
        bool isNominated = accepted.UseCandidate && _roles.Role == IceRole.Controlled;
        CandidatePair? pair = _list.Find(path, transport)
            ?? _pairs.Learn(own, path, transport, accepted.Priority, isNominated, isWanted, mayHaveMoved);
        if (pair is null)
        {
            return;
        }

        if (_context.Options.IsLite)
        {
            if (accepted.UseCandidate)
            {
                pair.Succeed(own, _roles.Role);
                Nominate(pair);
            }

            return;
        }

        Trigger(pair);
        if (isNominated)
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
            // The way works: a nomination that was lost need not wait until its timer, backed off, says so.
            if (pair.IsToBeNominated && _checks.TryCutShort(pair))
            {
                _list.TriggerAgain(pair);
            }

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
        CheckAnswer answer = CheckAnswer.Read(check.Message, response, path);
        switch (answer.Kind)
        {
            case CheckAnswerKind.Success:
                OnSucceeded(check, answer.Mapped);
                break;
            case CheckAnswerKind.Conflict:
                SwitchRole(check.Message.Role);
                Trigger(check.Pair);
                break;
            case CheckAnswerKind.Unusable:
            case CheckAnswerKind.Refused when !check.IsCancelled:
                Fail(check.Pair, answer.Why);
                break;
        }
    }

    private void OnSucceeded(ConnectivityCheck check, in NetworkAddress mapped)
    {
        CandidatePair pair = check.Pair;
        if (check.Transaction.Transmissions == 1)
        {
            pair.RoundTripTime = _context.Now - check.Transaction.StartedAt;
        }

        pair.Succeed(_context.Candidates.FindOrLearn(mapped, pair.Local), _roles.Role);
        pair.SucceededAt = _context.Now;
        _list.Unfreeze(pair);
        _context.Write(IceLogKind.CheckSucceeded, pair.ValidLocal!.Candidate, pair.Remote.Candidate, $"{pair.RoundTripTime.TotalMilliseconds:0.0} ms");
        if ((check.Message.UseCandidate && check.Message.Role == _roles.Role) || (pair.IsNominatedByPeer && _roles.Role == IceRole.Controlled))
        {
            Nominate(pair);
        }
        else if (IsSilent && pair != Selected)
        {
            Replace(pair);
        }
    }

    // The chosen pair does not answer, another does. §8.1.1 wants a restart before another is nominated, but the peer does not know that its
    // NAT has given it another address, and without one the session would end.
    private void Replace(CandidatePair pair)
    {
        if (_roles.Role == IceRole.Controlled)
        {
            Select(pair);                                    // data may go over any valid pair (§12.1)
        }
        else
        {
            pair.IsToBeNominated = true;
            _list.TriggerAgain(pair);
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

        if (IsSilent)
        {
            Selected!.Fail();                                // a check of the peer has it tried again
        }

        _pairs.IsClosed = true;
        pair.Local.Relay?.Prefer(_context.Now, pair.Path.Remote);
        _chosen = new ChosenPair(_context, pair);
        _list.RemoveUnchecked();
        _checks.CancelUnwanted();
        _context.Write(IceLogKind.Selected, pair.ValidLocal!.Candidate, pair.Remote.Candidate);
    }

    private void AdvanceNomination(bool isLocalComplete)
    {
        if (_nomination.FindOvertaken(_list.Pairs, _checks) is { } overtaken)
        {
            _checks.Cancel(overtaken);
            Fail(overtaken, "its nomination is not answered, and another pair works");
        }

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

    private void FailRefused()
    {
        foreach (CandidatePair pair in _list.Pairs)
        {
            if (pair.IsUnresolved && pair.Permission == RelayPermission.Refused)
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

        pair.Fail();
        _nomination.OnFailed(pair);
        _context.Write(IceLogKind.CheckFailed, pair.Local.Candidate, pair.Remote.Candidate, why);
    }

    private void SwitchRole(IceRole told)
    {
        if (_roles.OnConflict(told))
        {
            OnRoleChanged();
        }
    }

    private void OnRoleChanged()
    {
        _nomination.Reset();
        _list.ForgetNominations();
        _list.UpdatePriorities(_roles.Role);
        _context.Write(IceLogKind.Role, detail: _roles.Role == IceRole.Controlling ? "now controlling" : "now controlled");
        _context.Raise(new IceEvent.RoleChanged(_roles.Role));
    }

    private OutgoingMessage MakeCheck(CandidatePair pair, bool nominates) => pair.MakeCheck(_roles, nominates) with { Local = Local, Remote = Remote };
}
