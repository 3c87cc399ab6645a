using System.Collections.Generic;
using Braid.Core;
using Braid.Ice.Stun;

namespace Braid.Ice;

/// <summary>A check that was sent, until it is answered or given up.</summary>
internal sealed class ConnectivityCheck
{
    public required CandidatePair Pair { get; init; }

    public required OutgoingMessage Message { get; init; }

    public required StunTransaction Transaction { get; init; }

    /// <summary>Not sent again, and no failure when it is not answered; an answer still counts (RFC 8445 §7.3.1.4).</summary>
    public bool IsCancelled { get; set; }
}

/// <summary>The checks that are under way: owns their transactions and sends them again (RFC 8445 §7.2.4, §14.3).</summary>
internal sealed class CheckTransactions(IceContext context)
{
    private readonly List<ConnectivityCheck> _checks = [];

    /// <summary>Whether an answer to one that was not cancelled is waited for.</summary>
    public bool HasActive => _checks.Exists(check => !check.IsCancelled);

    public Instant NextTimeout
    {
        get
        {
            Instant next = Instant.Never;
            foreach (ConnectivityCheck check in _checks)
            {
                next = Instant.Min(next, check.Transaction.NextTimeout);
            }

            return next;
        }
    }

    /// <summary>Sends a check.</summary>
    /// <param name="pair">The pair.</param>
    /// <param name="message">The check, without a transaction.</param>
    /// <param name="active">Pairs waiting or in progress: the more, the slower it is sent again.</param>
    public void Start(CandidatePair pair, in OutgoingMessage message, int active)
    {
        OutgoingMessage sent = message with { Id = StunTransactionId.Draw(context.Random) };
        _checks.Add(new ConnectivityCheck
        {
            Pair = pair,
            Message = sent,
            Transaction = new StunTransaction(
                context.Options.CheckTiming, context.Now, context.Options.Pacing * active, pair.Transport == IceTransport.Tcp),
        });
        context.Send(sent);
    }

    /// <summary>Stops sending the checks of a pair again.</summary>
    public void Cancel(CandidatePair pair)
    {
        foreach (ConnectivityCheck check in _checks)
        {
            check.IsCancelled |= check.Pair == pair;
        }
    }

    /// <summary>As <see cref="Cancel"/>, if the pair has a check that was sent more than once.</summary>
    public bool TryCutShort(CandidatePair pair)
    {
        bool isLate = FindUnanswered(pair, transmissions: 2) is not null;
        if (isLate)
        {
            Cancel(pair);
        }

        return isLate;
    }

    /// <summary>Stops sending all checks again.</summary>
    public void CancelAll()
    {
        foreach (ConnectivityCheck check in _checks)
        {
            check.IsCancelled = true;
        }
    }

    /// <summary>A pair was chosen: stops sending the checks of others again, but of those that the peer has nominated too.</summary>
    public void CancelUnwanted()
    {
        foreach (ConnectivityCheck check in _checks)
        {
            check.IsCancelled |= !check.Pair.IsNominatedByPeer;
        }
    }

    /// <summary>Whether the pair has a check that counts.</summary>
    public bool HasActiveFor(CandidatePair pair) => _checks.Exists(check => check.Pair == pair && !check.IsCancelled);

    /// <summary>The check of a pair that counts, if it was sent so often without an answer; null when not.</summary>
    public ConnectivityCheck? FindUnanswered(CandidatePair pair, int transmissions) =>
        _checks.Find(check => check.Pair == pair && !check.IsCancelled && check.Transaction.Transmissions >= transmissions);

    public ConnectivityCheck? Find(in StunTransactionId id)
    {
        foreach (ConnectivityCheck check in _checks)
        {
            if (check.Message.Id == id)
            {
                return check;
            }
        }

        return null;
    }

    public void Remove(ConnectivityCheck check) => _checks.Remove(check);

    /// <summary>Sends again what is due, and takes out one that is given up; null when there is none.</summary>
    public ConnectivityCheck? TakeTimedOut()
    {
        for (int index = 0; index < _checks.Count; index++)
        {
            ConnectivityCheck check = _checks[index];
            StunTransactionStep step = check.Transaction.Advance(context.Now);
            if (step == StunTransactionStep.TimedOut)
            {
                _checks.RemoveAt(index);
                return check;
            }

            if (step == StunTransactionStep.Retransmit && !check.IsCancelled)
            {
                context.Write(
                    IceLogKind.CheckSent, check.Pair.Local.Candidate, check.Pair.Remote.Candidate, $"again, number {check.Transaction.Transmissions}");
                context.Send(check.Message);
            }
        }

        return null;
    }
}
