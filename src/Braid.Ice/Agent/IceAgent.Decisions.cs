using System;
using Braid.Core;
using Braid.Ice.Stun;

namespace Braid.Ice;

/// <content>Whose a message is, whose turn it is, and what is told to the owner after each call.</content>
public sealed partial class IceAgent
{
    private void OnStun(IceTransport transport, in NetworkPath path, ReadOnlySpan<byte> bytes)
    {
        if (_isClosed)
        {
            return;
        }

        if (!StunView.TryRead(bytes, out StunView message))
        {
            _context.Drops.Count(IceDropReason.Malformed);
        }
        else if (message.Method != StunMethod.Binding)
        {
            _context.Drops.Count(IceDropReason.Unexpected);
        }
        else if (message.Class == StunClass.Request)
        {
            _sessions.OnRequest(message, path, transport);
        }
        else if (message.Class != StunClass.Indication)      // an indication has kept the NATs open: it has no more to say (RFC 8445 §11)
        {
            OnResponse(message, path);
        }
    }

    private void OnResponse(in StunView response, in NetworkPath path)
    {
        if (_gatherer.TryHandle(response, path, out LocalCandidate? found))
        {
            Announce(found);
        }
        else if (!_sessions.TryHandleResponse(response, path))
        {
            _context.Drops.Count(IceDropReason.UnknownTransaction);
        }
    }

    private void Advance()
    {
        _relays.HandleTimeout();
        if (_isClosed)
        {
            return;
        }

        _gatherer.Advance(keepsAlive: State is IceState.New or IceState.Checking);
        _sessions.Advance(_isGathered);

        // Ta: one new transaction at a time, whatever it is for (RFC 8445 §14.2).
        if (_context.Now >= _nextTransaction && (_sessions.Present.HasNext || _gatherer.HasNext))
        {
            _nextTransaction = _context.Now + _context.Options.Pacing;
            if (_gatherer.HasNext)
            {
                _gatherer.StartNext();
            }
            else
            {
                _sessions.Present.StartNext();
            }
        }
    }

    private void Announce(LocalCandidate? candidate)
    {
        if (candidate is null)
        {
            return;
        }

        _context.Write(IceLogKind.LocalCandidate, candidate.Candidate);
        _context.Raise(new IceEvent.CandidateFound(candidate.Candidate));
        _sessions.Present.OnLocalCandidate(candidate);
    }

    private void Enter(Instant now) => _context.Now = Instant.Max(_context.Now, now);

    // Every call from outside ends here: what has changed is told.
    private void Leave()
    {
        while (_relays.TryTakeCandidate(out LocalCandidate? relayed))
        {
            Announce(relayed);
        }

        if (_isGathering && !_isGathered && _gatherer.IsSettled && _relays.IsSettled)
        {
            _isGathered = true;
            _context.Raise(new IceEvent.GatheringCompleted());
        }

        _sessions.Settle();
        AnnounceSelected();
        if (_sessions.IsSettled)
        {
            _relays.ReleaseFormer(_announced?.Local.Relay);
        }

        (IceState state, IceReason reason) = AgentState.Of(_sessions.Present, _sessions.Previous, State, _isClosed, _isGathered);
        if (state != State)
        {
            State = state;
            Reason = reason;
            _context.Write(IceLogKind.State, detail: reason == IceReason.None ? state.ToString() : $"{state} ({reason})");
            _context.Raise(new IceEvent.StateChanged(state, reason));
        }
    }

    private void AnnounceSelected()
    {
        CandidatePair? selected = _sessions.Selected;
        if (selected == _announced)
        {
            return;
        }

        _announced = selected;
        SelectedPair = selected?.Describe();
        _context.Raise(new IceEvent.SelectedPairChanged(SelectedPair));
    }
}
