using System;
using Braid.Core;
using Braid.Ice.Stun;

namespace Braid.Ice;

/// <summary>The pair that data goes over, and whether the peer still wants it (RFC 7675).</summary>
internal sealed class ChosenPair(IceContext context, CandidatePair pair)
{
    private readonly Consent _consent = new(context.Options, context.Random, context.Now);

    public CandidatePair Pair { get; } = pair;

    /// <summary>Whether the peer does not answer just now.</summary>
    public bool IsSilent => _consent.IsSilent;

    public TimeSpan RoundTripTime => _consent.RoundTripTime > TimeSpan.Zero ? _consent.RoundTripTime : Pair.RoundTripTime;

    public Instant NextTimeout => _consent.NextTimeout;

    /// <summary>Whether an answer belongs to one of the requests for consent.</summary>
    public bool Owns(in StunTransactionId id) => _consent.Owns(id);

    /// <summary>A request of the peer has come over the pair. A lite agent has nothing else to go by.</summary>
    public void OnRequest(in NetworkPath path)
    {
        if (context.Options.IsLite && path == Pair.Path)
        {
            _consent.OnAlive(context.Now);
        }
    }

    /// <summary>Asks when it is time to.</summary>
    /// <param name="check">The request, without a transaction.</param>
    /// <returns>Why nothing may be sent any more; none when it may.</returns>
    public IceReason Advance(in OutgoingMessage check)
    {
        while (true)
        {
            switch (_consent.Advance(context.Now))
            {
                case ConsentStep.Ask:
                    context.Send(check with { Id = _consent.Ask(context.Now, check.Role) });
                    break;
                case ConsentStep.Silent:
                    Write("no answer");
                    break;
                case ConsentStep.Expired:
                    Write("expired");
                    return IceReason.ConsentExpired;
                default:
                    return IceReason.None;
            }
        }
    }

    /// <summary>An authentic answer is a 487: the role that the request told; null when it is none (RFC 8445 §7.2.5.1, RFC 7675 §5.1).</summary>
    public IceRole? OnConflict(in StunView response, in NetworkPath path) =>
        path == Pair.Path && response.Class == StunClass.ErrorResponse && response.TryReadError(out int code, out _) && code == StunError.RoleConflict
            ? _consent.TakeRefused(response.TransactionId)
            : null;

    /// <summary>Takes in an authentic answer.</summary>
    /// <returns>Why nothing may be sent any more; none when it may.</returns>
    public IceReason OnAnswered(in StunView response, in NetworkPath path)
    {
        if (path == Pair.Path && response.Class == StunClass.SuccessResponse)
        {
            _consent.OnAnswer(context.Now, response.TransactionId);
        }
        else if (path == Pair.Path && response.TryReadError(out int code, out _) && code == StunError.Forbidden)
        {
            Write("revoked");
            return IceReason.ConsentRevoked;
        }

        return IceReason.None;
    }

    private void Write(string what) => context.Write(IceLogKind.Consent, Pair.Local.Candidate, Pair.Remote.Candidate, what);
}
