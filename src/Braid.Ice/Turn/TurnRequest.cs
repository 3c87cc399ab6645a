using System.Collections.Generic;
using Braid.Core;
using Braid.Ice.Stun;

namespace Braid.Ice.Turn;

/// <summary>A request to a TURN server that has no answer yet.</summary>
internal sealed class TurnRequest
{
    public required StunMethod Method { get; init; }

    public required StunTransactionId Id { get; init; }

    public required StunTransaction Transaction { get; init; }

    /// <summary>The permission that it asks for.</summary>
    public TurnPermission? Permission { get; init; }

    /// <summary>The channel that it binds.</summary>
    public TurnChannel? Channel { get; init; }

    /// <summary>Whether it gives the address back.</summary>
    public bool IsDelete { get; init; }

    /// <summary>Whether it carries credentials.</summary>
    public bool IsSigned { get; init; }

    /// <summary>How often the server has already asked for other credentials than those that it was sent.</summary>
    public int Challenges { get; init; }

    /// <summary>Whether an answer came that was not authentic: then no time-out is told but that (RFC 8489 §9.2.5).</summary>
    public bool HasBadAnswer { get; set; }
}

/// <summary>The requests under way: owns their transactions, and which of them have to be sent.</summary>
internal sealed class TurnTransactions
{
    private readonly List<TurnRequest> _requests = [];
    private readonly Queue<TurnRequest> _toSend = new();

    public Instant NextTimeout
    {
        get
        {
            Instant next = Instant.Never;
            foreach (TurnRequest request in _requests)
            {
                next = Instant.Min(next, request.Transaction.NextTimeout);
            }

            return next;
        }
    }

    public bool IsIdle => _requests.Count == 0;

    public void Start(TurnRequest request)
    {
        _requests.Add(request);
        _toSend.Enqueue(request);
    }

    /// <summary>Takes the request that belongs to an answer, and leaves it where it is; null for none.</summary>
    public TurnRequest? Find(in StunTransactionId id)
    {
        foreach (TurnRequest request in _requests)
        {
            if (request.Id == id)
            {
                return request;
            }
        }

        return null;
    }

    public void Remove(TurnRequest request) => _requests.Remove(request);

    public void Clear()
    {
        _requests.Clear();
        _toSend.Clear();
    }

    /// <summary>Has what is due sent again; takes out one that is given up.</summary>
    public TurnRequest? TakeTimedOut(Instant now)
    {
        for (int index = 0; index < _requests.Count; index++)
        {
            TurnRequest request = _requests[index];
            StunTransactionStep step = request.Transaction.Advance(now);
            if (step == StunTransactionStep.TimedOut)
            {
                _requests.RemoveAt(index);
                return request;
            }

            if (step == StunTransactionStep.Retransmit)
            {
                _toSend.Enqueue(request);
            }
        }

        return null;
    }

    /// <summary>Takes the next request to be written; those that were answered meanwhile are left out.</summary>
    public TurnRequest? TakeToSend()
    {
        while (_toSend.TryDequeue(out TurnRequest? request))
        {
            if (_requests.Contains(request))
            {
                return request;
            }
        }

        return null;
    }
}
