using Braid.Core;

namespace Braid.Sctp;

/// <summary>Whether a message of the application's is accepted, in each state, and what room is made for it (RFC 9260 §11.1.5).</summary>
internal readonly struct SendProcedures(Tcb tcb)
{
    /// <summary>What sending would be answered now.</summary>
    public SendStatus CanSend(int length, in SendOptions options)
    {
        SendStatus status = Check(length, options);
        return status == SendStatus.QueueFull && tcb.Transfer?.Sender.CanMakeRoom(options) == true ? SendStatus.Ok : status;
    }

    /// <summary>What sending is answered now, after messages were given up for it where there was no room.</summary>
    public SendStatus CheckOrMakeRoom(Instant now, int length, in SendOptions options)
    {
        SendStatus status = Check(length, options);
        return status == SendStatus.QueueFull && MakeRoom(now, options) ? Check(length, options) : status;
    }

    /// <inheritdoc cref="Association.MakeRoom"/>
    public bool MakeRoom(Instant now, in SendOptions options)
    {
        if (tcb.Transfer is not { } transfer || !tcb.MayCarryData)
        {
            return false;
        }

        tcb.Begin(now);
        bool hasExpired = transfer.Sender.Review();
        transfer.Sender.MakeRoom(options);
        bool any = transfer.Sender.Review() || hasExpired;
        if (any)
        {
            tcb.OnGivenUp();
        }

        return any;
    }

    /// <summary>Queues a message; lengths and room were looked at.</summary>
    public SendStatus Accept(Instant now, PooledBuffer payload, in SendOptions options) => Enqueue(now, payload, options, wasAccepted: false);

    /// <summary>The same for one that the owner has accepted before, maybe before the peer's SHUTDOWN and under other options.</summary>
    public SendStatus AcceptLate(Instant now, PooledBuffer payload, in SendOptions options)
    {
        SendStatus status = tcb.State == AssociationState.ShutdownReceived ? SendStatus.Ok : CanSend(payload.Length, options);
        return status is SendStatus.Ok or SendStatus.QueueFull or SendStatus.InvalidLength or SendStatus.NeedsFragmentation
            ? Enqueue(now, payload, options, wasAccepted: true)
            : tcb.Queue.Refuse(status, options);
    }

    private SendStatus Check(int length, in SendOptions options) => tcb.State switch
    {
        AssociationState.Closed => SendStatus.Closed,
        _ when tcb.ShutdownRequested => SendStatus.ShuttingDown,
        _ when options.KeyId is { } key && !MaySendWith(key) => SendStatus.UnknownKey,
        AssociationState.Listening or AssociationState.CookieWait or AssociationState.CookieEchoed or AssociationState.Established =>
            tcb.Queue.Check(length, options),
        _ => SendStatus.ShuttingDown,
    };

    // Without authentication there is the null key only, and it does nothing.
    private bool MaySendWith(ushort key) => tcb.Authentication?.Keys.MaySendWith(key) ?? key == 0;

    private SendStatus Enqueue(Instant now, PooledBuffer payload, in SendOptions options, bool wasAccepted)
    {
        tcb.Begin(now);
        SendStatus status = tcb.Authentication is { } authentication && options.KeyId is null
            ? tcb.Queue.Enqueue(payload, options with { KeyId = authentication.Keys.Active }, wasAccepted)
            : tcb.Queue.Enqueue(payload, options, wasAccepted);
        if (status == SendStatus.Ok)
        {
            tcb.Context.Counters.MessagesSent += options.MoreFollows ? 0 : 1;
            tcb.Transfer?.Sender.OnOpportunity();
        }

        return status;
    }
}
