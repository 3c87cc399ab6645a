using System.Collections.Generic;
using Braid.Core;

namespace Braid.Ice;

/// <summary>
/// When the controlling agent nominates, and what (RFC 8445 §8.1.1): the best pair that works, once nothing better can come
/// or enough time has passed. Owns since when a pair works and which one was asked for.
/// </summary>
internal sealed class Nomination(IceOptions options)
{
    private const int MostUnanswered = 3;                    // 1.5 s, or three losses in a row

    private Instant _firstValid = Instant.Never;
    private CandidatePair? _asked;

    /// <summary>When <see cref="Choose"/> may choose without anything else having happened.</summary>
    public Instant NextTimeout { get; private set; } = Instant.Never;

    /// <summary>A nominating check has failed: another pair may be asked for.</summary>
    public void OnFailed(CandidatePair pair)
    {
        if (_asked == pair)
        {
            _asked = null;
        }
    }

    /// <summary>Forgets what was asked for: the role has changed.</summary>
    public void Reset() => _asked = null;

    /// <summary>The pair to be nominated now; null to wait.</summary>
    /// <param name="now">The current instant.</param>
    /// <param name="pairs">All pairs.</param>
    /// <param name="isSettled">Whether no further candidate can come from either side.</param>
    public CandidatePair? Choose(Instant now, List<CandidatePair> pairs, bool isSettled)
    {
        NextTimeout = Instant.Never;
        CandidatePair? best = null;
        foreach (CandidatePair pair in pairs)
        {
            if (pair.State == PairState.Succeeded && pair.ValidLocal is not null && (best is null || IsBetter(pair, best)))
            {
                best = pair;
            }
        }

        if (best is null || _asked is not null)
        {
            return null;
        }

        if (_firstValid.IsNever)
        {
            _firstValid = now;
        }

        bool betterMayCome = false;
        foreach (CandidatePair pair in pairs)
        {
            betterMayCome |= pair.IsUnresolved && pair.Priority > best.Priority;
        }

        if (betterMayCome || (best.IsRelayed && !isSettled))
        {
            Instant deadline = _firstValid + (best.IsRelayed ? options.RelayedNominationDelay : options.NominationDelay);
            if (now < deadline)
            {
                NextTimeout = deadline;
                return null;
            }
        }

        _asked = best;
        return best;
    }

    /// <summary>
    /// The pair that was asked for, when nobody answers that and another pair was found to work meanwhile: RFC 8445 §8.1.1 takes another one
    /// when the check has failed, and a NAT that has forgotten us makes that take 39.5 s. Null otherwise.
    /// </summary>
    public CandidatePair? FindOvertaken(List<CandidatePair> pairs, CheckTransactions checks)
    {
        if (_asked is not { } asked || checks.FindUnanswered(asked, MostUnanswered) is not { } check)
        {
            return null;
        }

        foreach (CandidatePair pair in pairs)
        {
            if (pair != asked && pair.State == PairState.Succeeded && pair.SucceededAt > check.Transaction.StartedAt)
            {
                return asked;
            }
        }

        return null;
    }

    private static bool IsBetter(CandidatePair pair, CandidatePair best) => pair.ValidPriority > best.ValidPriority;
}
