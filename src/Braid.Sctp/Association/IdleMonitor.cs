using System;
using Braid.Core;

namespace Braid.Sctp;

/// <summary>
/// Whether an association is idle (RFC 6458 §8.1.8): no user data was sent or received for so long. A DATA chunk costs no more
/// than remembering when it came; the timer is put off when it expires.
/// </summary>
internal sealed class IdleMonitor(AssociationContext context, PathSet paths)
{
    private static readonly TimerId s_idle = new(TimerKind.Idle);

    private Instant _lastData;

    /// <summary>The association is established, or established anew: time counts from here.</summary>
    public void Start()
    {
        _lastData = context.Now;
        OnOptionsChanged();
    }

    /// <summary>User data has come.</summary>
    public void OnData() => _lastData = context.Now;

    /// <summary>The time-out has changed: the timer runs from the last user data.</summary>
    public void OnOptionsChanged()
    {
        if (context.Options.IdleTimeout > TimeSpan.Zero)
        {
            context.Timers.Start(s_idle, LastData + context.Options.IdleTimeout);
        }
        else
        {
            context.Timers.Stop(s_idle);
        }
    }

    /// <summary>The timer has expired.</summary>
    /// <param name="isBusy">Whether data still waits to be sent or acknowledged.</param>
    /// <returns>Whether the association is idle; else the timer runs on.</returns>
    public bool OnTimer(bool isBusy)
    {
        if (isBusy)
        {
            _lastData = context.Now;
        }

        if (context.Now - LastData >= context.Options.IdleTimeout)
        {
            return true;
        }

        OnOptionsChanged();
        return false;
    }

    private Instant LastData
    {
        get
        {
            Instant last = _lastData;
            for (int i = 0; i < paths.Count; i++)
            {
                last = Instant.Max(last, paths[i].LastData);
            }

            return last;
        }
    }
}
