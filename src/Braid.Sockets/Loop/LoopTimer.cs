using System;
using System.Threading;
using Braid.Core;

namespace Braid.Sockets;

/// <summary>When a loop wants to run though nothing comes: its <see cref="PollThread"/> knows it, or whoever drives it, or a timer of its clock.</summary>
internal sealed class LoopTimer
{
    private readonly EndpointLoop _loop;
    private readonly PollThread? _thread;
    private readonly ITimer _timer;
    private int _hasFired;                                   // written by anybody
    private Instant _setFor = Instant.Never;

    /// <param name="loop">Whose it is.</param>
    /// <param name="thread">What watches the loop and knows its time; null for none.</param>
    /// <param name="onFired">The timer of the clock has fired.</param>
    public LoopTimer(EndpointLoop loop, PollThread? thread, Action onFired)
    {
        _loop = loop;
        _thread = thread;
        _timer = loop.TimeProvider.CreateTimer(
            _ =>
            {
                Fire();
                onFired();
            },
            null,
            Timeout.InfiniteTimeSpan,
            Timeout.InfiniteTimeSpan);
    }

    /// <summary>Whether its time has come and the loop has not run since. For anybody.</summary>
    public bool HasFired => Volatile.Read(ref _hasFired) != 0;

    /// <summary>Its time has come. For anybody.</summary>
    public void Fire() => Volatile.Write(ref _hasFired, 1);

    /// <summary>The loop runs. On the loop only, as are the next two.</summary>
    public void OnRun()
    {
        if (Interlocked.Exchange(ref _hasFired, 0) != 0)
        {
            _setFor = Instant.Never;
        }
    }

    /// <summary>Whether it has to be set for a time, being set for none or for a later one.</summary>
    public bool MustBeSetFor(Instant next) => next < _setFor;

    /// <summary>
    /// Sets it. A deadline that moved back is left alone: the timer fires early once and is set again. Most of them move with every SACK,
    /// and setting a timer costs more than that.
    /// </summary>
    /// <param name="now">The time now.</param>
    /// <param name="next">When the loop wants to run.</param>
    /// <param name="isDriven">Whether a <see cref="LoopThread"/> asks for it.</param>
    public void Set(Instant now, Instant next, bool isDriven)
    {
        if (!MustBeSetFor(next))
        {
            return;
        }

        _setFor = next;
        if (isDriven)
        {
            // Who drives it looks at the time, but may have looked before a run that had begun in the pool.
            if (!LoopThread.Instance.IsCurrent)
            {
                LoopThread.Instance.Wake();
            }

            return;
        }

        TimeSpan delay = next <= now ? TimeSpan.Zero : next - now;
        if (_thread is not null)
        {
            _thread.RunAfter(_loop, delay);
            return;
        }

        _timer.Change(TimeSpan.FromMilliseconds(Math.Min(Math.Ceiling(delay.TotalMilliseconds), int.MaxValue)), Timeout.InfiniteTimeSpan);
    }

    /// <summary>Fires if its time has come. For the thread that drives the loop.</summary>
    public void FireIfDue(Instant now)
    {
        if (_setFor <= now)
        {
            Fire();
        }
    }

    /// <summary>How long it has; infinite when it is not set. For the thread that drives the loop.</summary>
    public TimeSpan LeftAt(Instant now) => _setFor.IsNever ? Timeout.InfiniteTimeSpan : _setFor <= now ? TimeSpan.Zero : _setFor - now;

    /// <summary>It fires no more.</summary>
    public void Stop() => _timer.Dispose();
}
