using System;

namespace Braid.Sctp;

/// <summary>
/// Graceful termination (RFC 9260 §9.2): how often SHUTDOWN or SHUTDOWN ACK was sent without an answer, and the guard over
/// all of it. Which of the two is sent follows from the association's state.
/// </summary>
internal sealed class ShutdownCoordinator(AssociationContext context)
{
    private static readonly TimerId s_t2Shutdown = new(TimerKind.T2Shutdown);
    private static readonly TimerId s_t5Guard = new(TimerKind.T5ShutdownGuard);

    /// <summary>Transmissions in a row that went unanswered.</summary>
    public int Attempts { get; private set; }

    /// <summary>SHUTDOWN or SHUTDOWN ACK was asked for in a new state: T2 runs, T5 over all.</summary>
    public void OnSent(TimeSpan rto)
    {
        context.Timers.Start(s_t2Shutdown, context.Now + rto);
        if (!context.Timers.IsRunning(s_t5Guard))
        {
            context.Timers.Start(s_t5Guard, context.Now + (context.Options.ShutdownGuard ?? (5 * context.Options.RtoMaximum)));
        }
    }

    /// <summary>The peer is alive and still sends data: it gets all the time it needs.</summary>
    public void OnPacketFromPeer(TimeSpan rto)
    {
        Attempts = 0;
        context.Timers.Start(s_t2Shutdown, context.Now + rto);
    }

    /// <summary>T2-shutdown has expired.</summary>
    /// <returns>False when Association.Max.Retrans is exceeded: the peer is unreachable.</returns>
    public bool OnTimeout()
    {
        Attempts++;
        return Attempts <= context.Options.MaximumRetransmissions;
    }
}
