using System;
using Braid.Core;
using Braid.Sctp.Wire;

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

    /// <summary>The index of the path that the last one was meant for, or <see cref="ControlQueue.AnyPath"/>.</summary>
    public int Path { get; private set; } = ControlQueue.AnyPath;

    /// <summary>Asks for a SHUTDOWN that says how far the peer's data has come.</summary>
    /// <param name="receiver">What has come.</param>
    /// <param name="rto">How long to wait for the answer.</param>
    /// <param name="path">The index of the path that it has to take, or <see cref="ControlQueue.AnyPath"/>.</param>
    public void SendShutdown(Receiver receiver, TimeSpan rto, int path = ControlQueue.AnyPath)
    {
        Path = path;
        if (!context.Control.Contains(ChunkType.Shutdown))
        {
            Span<byte> cumulativeAck = stackalloc byte[4];
            new WireWriter(cumulativeAck).WriteUInt32(receiver.Tsns.CumulativeAck.Value);
            context.Control.Enqueue(ChunkType.Shutdown, cumulativeAck, path: path);
        }

        // §9.2 lets SHUTDOWN acknowledge alone, but it says nothing of gaps, duplicates and the window: a SACK goes with it,
        // also with a repeated one, since the SACK that told of the window before may be lost.
        if (receiver.Acks.HadData)
        {
            receiver.Acks.RequestNow();
        }

        StartTimers(rto);
    }

    /// <summary>Asks for a SHUTDOWN ACK.</summary>
    /// <param name="rto">How long to wait for the answer.</param>
    /// <param name="path">The index of the path that it has to take, or <see cref="ControlQueue.AnyPath"/>.</param>
    public void SendShutdownAck(TimeSpan rto, int path = ControlQueue.AnyPath)
    {
        Path = path;
        context.Control.Enqueue(ChunkType.ShutdownAck, path: path);
        StartTimers(rto);
    }

    /// <summary>The peer is alive and still sends data: it gets all the time it needs.</summary>
    public void OnPacketFromPeer(TimeSpan rto)
    {
        Attempts = 0;
        context.Timers.Start(s_t2Shutdown, context.Now + rto);
    }

    /// <summary>The peer has restarted: no shutdown was begun (§5.2.4 action A).</summary>
    public void Restart() => (Attempts, Path) = (0, ControlQueue.AnyPath);

    /// <summary>A path is there no longer.</summary>
    public void OnPathRemoved(int path) => Path = Path == path ? ControlQueue.AnyPath : Path > path ? Path - 1 : Path;

    /// <summary>T2-shutdown has expired.</summary>
    /// <returns>False when Association.Max.Retrans is exceeded: the peer is unreachable.</returns>
    public bool OnTimeout()
    {
        Attempts++;
        return Attempts <= context.Options.MaximumRetransmissions;
    }

    private void StartTimers(TimeSpan rto)
    {
        context.Timers.Start(s_t2Shutdown, context.Now + rto);
        if (!context.Timers.IsRunning(s_t5Guard))
        {
            context.Timers.Start(s_t5Guard, context.Now + (context.Options.ShutdownGuard ?? (5 * context.Options.RtoMaximum)));
        }
    }
}
