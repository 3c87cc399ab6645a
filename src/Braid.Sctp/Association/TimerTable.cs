using System;
using Braid.Core;

namespace Braid.Sctp;

/// <summary>What a timer is for. The ones from <see cref="T3Rtx"/> on exist once for each path.</summary>
internal enum TimerKind
{
    /// <summary>INIT was sent (§5.1). Once the handshake is over: an ASCONF was (T4-rto, RFC 5061 §5.1); they share a place, for idle associations are many.</summary>
    T1Init,

    /// <summary>COOKIE ECHO was sent (§5.1).</summary>
    T1Cookie,

    /// <summary>SHUTDOWN or SHUTDOWN ACK was sent (§9.2).</summary>
    T2Shutdown,

    /// <summary>Bounds the whole shutdown (§9.2).</summary>
    T5ShutdownGuard,

    /// <summary>The association may be idle (RFC 6458 §8.1.8).</summary>
    Idle,

    /// <summary>A SACK is due (§6.2).</summary>
    DelayedAck,

    /// <summary>A RE-CONFIG with a request was sent (RFC 6525 §5.1.1).</summary>
    Reconfiguration,

    /// <summary>Data is outstanding, or a closed window wants a probe (§6.3, §6.1 A).</summary>
    T3Rtx,

    /// <summary>What was overtaken must have come by now, or an acknowledgement is overdue (RFC 8985 §8).</summary>
    Loss,

    /// <summary>The next burst may leave (draft-ietf-ccwg-bbr §5.6.2).</summary>
    Pacing,

    /// <summary>A HEARTBEAT ACK is due (§8.3). Before <see cref="Heartbeat"/>: at the same instant, the old one has failed first.</summary>
    HeartbeatAck,

    /// <summary>The path may be idle: time for a HEARTBEAT (§8.3).</summary>
    Heartbeat,

    /// <summary>A probe of the path's MTU is unanswered, or what was found may be out of date (RFC 8899 §5.1.1).</summary>
    PathMtu,
}

/// <summary>One timer of an association.</summary>
/// <param name="Kind">What it is for.</param>
/// <param name="Path">The index of the path, where there is one timer for each.</param>
internal readonly record struct TimerId(TimerKind Kind, int Path = 0);

/// <summary>
/// Every deadline of one association in one flat table, so that none can be left out of <see cref="Next"/>. It knows
/// deadlines only: backing off and giving up belong to the components.
/// </summary>
internal sealed class TimerTable
{
    private const int Shared = (int)TimerKind.T3Rtx;
    private const int PerPath = (int)TimerKind.PathMtu - Shared + 1;

    private Instant[] _deadlines = NewTable(Shared + PerPath);

    /// <summary>The earliest deadline; <see cref="Instant.Never"/> when no timer runs.</summary>
    public Instant Next
    {
        get
        {
            Instant next = Instant.Never;
            foreach (Instant deadline in _deadlines)
            {
                next = Instant.Min(next, deadline);
            }

            return next;
        }
    }

    /// <summary>Makes room for the timers of <paramref name="paths"/> paths.</summary>
    public void Reserve(int paths)
    {
        int needed = Shared + (paths * PerPath);
        if (needed > _deadlines.Length)
        {
            Instant[] larger = NewTable(needed);
            _deadlines.CopyTo(larger, 0);
            _deadlines = larger;
        }
    }

    /// <summary>A path is there no longer: the timers of those behind it move up.</summary>
    /// <param name="path">Its index.</param>
    /// <param name="remaining">How many paths there are now.</param>
    public void RemovePath(int path, int remaining)
    {
        int end = Shared + (remaining * PerPath);
        _deadlines.AsSpan(Shared + ((path + 1) * PerPath), (remaining - path) * PerPath).CopyTo(_deadlines.AsSpan(Shared + (path * PerPath)));
        _deadlines.AsSpan(end).Fill(Instant.Never);
    }

    /// <summary>Starts or restarts a timer.</summary>
    public void Start(TimerId id, Instant deadline) => _deadlines[Slot(id)] = deadline;

    /// <summary>Stops a timer, running or not.</summary>
    public void Stop(TimerId id) => _deadlines[Slot(id)] = Instant.Never;

    /// <summary>Stops them all.</summary>
    public void StopAll() => Array.Fill(_deadlines, Instant.Never);

    /// <summary>Whether a timer runs.</summary>
    public bool IsRunning(TimerId id) => !_deadlines[Slot(id)].IsNever;

    /// <summary>Takes the earliest expired timer and stops it. Ties go to the lower slot, so that a replay is exact.</summary>
    public bool TryTakeExpired(Instant now, out TimerId id)
    {
        int earliest = 0;
        for (int slot = 1; slot < _deadlines.Length; slot++)
        {
            if (_deadlines[slot] < _deadlines[earliest])
            {
                earliest = slot;
            }
        }

        id = earliest < Shared
            ? new TimerId((TimerKind)earliest)
            : new TimerId((TimerKind)(Shared + ((earliest - Shared) % PerPath)), (earliest - Shared) / PerPath);
        if (_deadlines[earliest].IsNever || _deadlines[earliest] > now)
        {
            return false;
        }

        _deadlines[earliest] = Instant.Never;
        return true;
    }

    private static Instant[] NewTable(int length)
    {
        var table = new Instant[length];
        Array.Fill(table, Instant.Never);
        return table;
    }

    private static int Slot(TimerId id) =>
        id.Kind < TimerKind.T3Rtx ? (int)id.Kind : Shared + (id.Path * PerPath) + ((int)id.Kind - Shared);
}
