using System;
using System.Collections.Generic;
using Braid.Core;

namespace Braid.Ice;

/// <summary>
/// The pairs of a session in the order of their priority, the queue of triggered checks, and which pair is checked next
/// (RFC 8445 §6.1.2, §6.1.4; RFC 8838 §12). Owns the states of pairs as far as they depend on other pairs.
/// </summary>
/// <param name="maximum">How many pairs there are at most.</param>
internal sealed class CheckList(int maximum)
{
    // Not in the RFC: where both NATs map by destination and let everybody in, each check shows the peer another address, whose check
    // shows us another one. The pairs that would work have to get their turn in between.
    private const int MostTriggeredInARow = 4;

    private readonly List<CandidatePair> _pairs = [];
    private readonly List<CandidatePair> _triggered = [];
    private int _triggeredInARow;

    /// <summary>The list itself, so that walking it allocates nothing.</summary>
    public List<CandidatePair> Pairs => _pairs;

    /// <summary>Whether two candidates may be paired (RFC 8445 §6.1.2.2, RFC 6544 §6.2).</summary>
    public static bool CanPair(LocalCandidate local, RemoteCandidate remote)
    {
        NetworkAddress from = local.Base;
        NetworkAddress to = remote.Address;
        bool fits = local.IsBase && local.Transport == remote.Candidate.Transport && from.Family == to.Family
            && (from.Family != NetworkFamily.IPv6 || (from.Scope == NetworkScope.Link) == (to.Scope == NetworkScope.Link));

        // Not in the RFC: nobody beyond this host has us send to services that listen here alone.
        fits &= to.Scope != NetworkScope.Host || from.Scope == NetworkScope.Host;
        return fits && (local.Candidate.TcpType, remote.Candidate.TcpType) is
            (IceTcpType.None, IceTcpType.None)
            or (IceTcpType.Active, IceTcpType.Passive)
            or (IceTcpType.SimultaneousOpen, IceTcpType.SimultaneousOpen);
    }

    /// <summary>Adds a pair in the state that its foundation asks for; null when it is there or too many are.</summary>
    /// <param name="pair">The pair.</param>
    /// <param name="role">Our role.</param>
    /// <param name="dropped">A pair that had to go.</param>
    public bool TryAdd(CandidatePair pair, IceRole role, out CandidatePair? dropped)
    {
        dropped = null;
        pair.UpdatePriority(role);
        ulong rank = pair.IsNominatedByPeer ? ulong.MaxValue : pair.Priority;
        if (Find(pair.Path, pair.Transport) is not null || (_pairs.Count >= maximum && !TryMakeRoom(rank, out dropped)))
        {
            return false;
        }

        pair.State = IsFirstOfItsFoundation(pair) ? PairState.Waiting : PairState.Frozen;
        _pairs.Add(pair);
        Sort();
        return true;
    }

    public CandidatePair? Find(in NetworkPath path, IceTransport transport)
    {
        foreach (CandidatePair pair in _pairs)
        {
            if (pair.Transport == transport && pair.Path == path)
            {
                return pair;
            }
        }

        return null;
    }

    public CandidatePair? Find(LocalCandidate local, RemoteCandidate remote)
    {
        foreach (CandidatePair pair in _pairs)
        {
            if (pair.Local == local && pair.Remote == remote)
            {
                return pair;
            }
        }

        return null;
    }

    /// <summary>The pair whose TCP connection is being opened; null for none.</summary>
    public CandidatePair? FindConnecting(in NetworkAddress local, in NetworkAddress remote)
    {
        foreach (CandidatePair pair in _pairs)
        {
            if (pair.IsConnecting && pair.Local.Base == local && pair.Remote.Address == remote)
            {
                return pair;
            }
        }

        return null;
    }

    /// <summary>Has a pair checked before all that were not triggered (RFC 8445 §6.1.4.1).</summary>
    public void Trigger(CandidatePair pair)
    {
        pair.State = PairState.Waiting;
        if (!pair.IsTriggered)
        {
            pair.IsTriggered = true;
            _triggered.Add(pair);
        }
    }

    /// <summary>Has a pair that works checked once more, without a doubt about it: to nominate it.</summary>
    public void TriggerAgain(CandidatePair pair)
    {
        if (!pair.IsTriggered)
        {
            pair.IsTriggered = true;
            _triggered.Add(pair);
        }
    }

    /// <summary>The chosen pair is silent: all others that have worked are checked once more, the best first.</summary>
    public void TriggerOthers(CandidatePair chosen)
    {
        foreach (CandidatePair pair in _pairs)
        {
            if (pair != chosen && pair.State == PairState.Succeeded)
            {
                TriggerAgain(pair);
            }
        }
    }

    /// <summary>Takes a pair out of the queue.</summary>
    public void Untrigger(CandidatePair pair)
    {
        pair.IsTriggered = false;
        _triggered.Remove(pair);
    }

    /// <summary>The pair to be checked next (RFC 8445 §6.1.4.2); null for none.</summary>
    /// <param name="isReady">Whether a pair can be checked just now (permission, connection).</param>
    public CandidatePair? TakeNext(Predicate<CandidatePair> isReady)
    {
        CandidatePair? next = (_triggeredInARow < MostTriggeredInARow ? null : FindOrdinary(isReady)) ?? FindNext(isReady);
        if (next is { IsTriggered: true })
        {
            Untrigger(next);
            _triggeredInARow++;
        }
        else
        {
            _triggeredInARow = 0;
        }

        return next;
    }

    /// <summary>Whether <see cref="TakeNext"/> has something.</summary>
    public bool HasNext(Predicate<CandidatePair> isReady) => FindNext(isReady) is not null;

    /// <summary>A pair of the foundation works: the others are worth a check (RFC 8445 §7.2.5.3.3).</summary>
    public void Unfreeze(CandidatePair succeeded)
    {
        foreach (CandidatePair pair in _pairs)
        {
            if (pair.State == PairState.Frozen && pair.HasFoundationOf(succeeded))
            {
                pair.State = PairState.Waiting;
            }
        }
    }

    /// <summary>Removes the pairs of a peer-reflexive candidate that have all failed, to make room; null when there is none.</summary>
    public RemoteCandidate? RemoveFailedReflexive()
    {
        foreach (CandidatePair pair in _pairs)
        {
            RemoteCandidate remote = pair.Remote;
            if (pair.State == PairState.Failed && remote.Candidate.Type == IceCandidateType.PeerReflexive
                && !_pairs.Exists(other => other.Remote == remote && other.State != PairState.Failed))
            {
                _pairs.RemoveAll(other => other.Remote == remote);
                return remote;
            }
        }

        return null;
    }

    /// <summary>Computes all priorities anew and sorts.</summary>
    public void UpdatePriorities(IceRole role)
    {
        foreach (CandidatePair pair in _pairs)
        {
            pair.UpdatePriority(role);
        }

        Sort();
    }

    /// <summary>Our role has changed: what was to be nominated is not.</summary>
    public void ForgetNominations()
    {
        foreach (CandidatePair pair in _pairs)
        {
            pair.IsToBeNominated = false;
        }
    }

    /// <summary>A pair was chosen: what was not checked is not checked any more (RFC 8445 §8.1.2).</summary>
    public void RemoveUnchecked()
    {
        _pairs.RemoveAll(pair => pair.State is PairState.Waiting or PairState.Frozen && !pair.IsNominatedByPeer && !pair.IsNominated);
        _triggered.RemoveAll(pair => pair.State == PairState.Waiting && !pair.IsNominatedByPeer && !pair.IsNominated);
    }

    /// <summary>Whether any pair may still come to work.</summary>
    public bool HasUnresolved => _pairs.Exists(pair => pair.IsUnresolved);

    /// <summary>Whether any pair works.</summary>
    public bool HasSucceeded => _pairs.Exists(pair => pair.State == PairState.Succeeded);

    /// <summary>How many are waiting or in progress, for the retransmission timeout (RFC 8445 §14.3).</summary>
    public int CountActive()
    {
        int count = 0;
        foreach (CandidatePair pair in _pairs)
        {
            count += pair.State is PairState.Waiting or PairState.InProgress ? 1 : 0;
        }

        return count;
    }

    private CandidatePair? FindNext(Predicate<CandidatePair> isReady)
    {
        foreach (CandidatePair pair in _triggered)
        {
            if (isReady(pair))
            {
                return pair;
            }
        }

        return FindOrdinary(isReady);
    }

    private CandidatePair? FindOrdinary(Predicate<CandidatePair> isReady)
    {
        foreach (CandidatePair pair in _pairs)
        {
            if (pair.State == PairState.Waiting && !pair.IsTriggered && isReady(pair))
            {
                return pair;
            }
        }

        // §6.1.4.2 step 2: a foundation of which nothing is waiting or in progress.
        foreach (CandidatePair pair in _pairs)
        {
            if (pair.State == PairState.Frozen && isReady(pair) && !IsFoundationActive(pair))
            {
                return pair;
            }
        }

        return null;
    }

    private bool IsFoundationActive(CandidatePair pair)
    {
        foreach (CandidatePair other in _pairs)
        {
            if (other.State is PairState.Waiting or PairState.InProgress && other.HasFoundationOf(pair))
            {
                return true;
            }
        }

        return false;
    }

    // RFC 8838 §12, rules 1 to 3; one component, so the topmost pair of a foundation is the one with the highest priority.
    private bool IsFirstOfItsFoundation(CandidatePair pair)
    {
        bool isTopmost = true;
        foreach (CandidatePair other in _pairs)
        {
            if (other.HasFoundationOf(pair))
            {
                if (other.State == PairState.Succeeded)
                {
                    return true;
                }

                isTopmost &= other.Priority < pair.Priority;
            }
        }

        return isTopmost;
    }

    // RFC 8838 §11 step 5: failed ones first, then one with a lower priority.
    // What the peer has nominated stays: it has our answer, and will not say it again.
    private bool TryMakeRoom(ulong priority, out CandidatePair? dropped)
    {
        int index = _pairs.FindLastIndex(pair => pair.State == PairState.Failed);
        if (index < 0)
        {
            index = _pairs.FindLastIndex(pair => pair.State is PairState.Waiting or PairState.Frozen && !pair.IsNominatedByPeer && pair.Priority < priority);
        }

        dropped = index < 0 ? null : _pairs[index];
        if (dropped is null)
        {
            return false;
        }

        _pairs.RemoveAt(index);
        _triggered.Remove(dropped);
        return true;
    }

    private void Sort() => _pairs.Sort(static (left, right) => right.Priority.CompareTo(left.Priority));
}
