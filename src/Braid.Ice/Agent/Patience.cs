using Braid.Core;

namespace Braid.Ice;

/// <summary>
/// How long a session that has found nothing goes on (RFC 8863 §4), and which pairs may still come to something: owns since when it waits.
/// </summary>
internal sealed class Patience(IceContext context, CheckList list, CheckTransactions checks)
{
    private const int MostUnanswered = 4;                    // 3.5 s

    private Instant _startedAt = Instant.Never;

    /// <summary>When <see cref="HasRunOut"/> may have another answer without anything else having happened.</summary>
    public Instant NextTimeout
    {
        get
        {
            Instant next = _startedAt.IsNever ? Instant.Never : Instant.Min(Future(_startedAt, 1), Future(_startedAt, 2));
            foreach (CandidatePair pair in list.Pairs)
            {
                if (pair.IsUnresolved && !pair.TriedSince.IsNever)
                {
                    next = Instant.Min(next, Instant.Min(Future(pair.TriedSince, 1), Future(pair.TriedSince, 2)));
                }
            }

            return next;
        }
    }

    /// <summary>The peer's credentials are known: checks may begin.</summary>
    public void Begin() => _startedAt = context.Now;

    /// <summary>Whether it has waited enough, and no pair is left that may come to something.</summary>
    public bool HasRunOut()
    {
        bool works = false;
        foreach (CandidatePair pair in list.Pairs)
        {
            if (IsHopeful(pair))
            {
                return false;
            }

            works |= pair.State == PairState.Succeeded;
        }

        return HasPassed(_startedAt, works ? 2 : 1);         // where one works, the other side may only be slow to nominate
    }

    // A check of the peer begins ours anew (RFC 8445 §7.3.1.4), and a peer whose password we have wrong checks us for ever. So the time of a
    // pair counts from its first check; after that, a check that the peer has brought about has a few seconds to be answered.
    private bool IsHopeful(CandidatePair pair)
    {
        if (!pair.IsUnresolved)
        {
            return checks.HasActiveFor(pair);
        }

        bool isFresh = pair.IsTriggered || (pair.State == PairState.InProgress && checks.FindUnanswered(pair, MostUnanswered) is null);
        return pair.TriedSince.IsNever || !HasPassed(pair.TriedSince, isFresh ? 2 : 1);
    }

    private bool HasPassed(Instant since, int times) => context.Now - since >= times * context.Options.Patience;

    private Instant Future(Instant since, int times) => HasPassed(since, times) ? Instant.Never : since + (times * context.Options.Patience);
}
