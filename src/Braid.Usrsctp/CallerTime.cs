using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;

namespace Braid.Usrsctp;

/// <summary>Time that passes when the program says so (usrsctp_handle_timers): a timer's call is made on the thread that says it.</summary>
internal sealed class CallerTime : TimeProvider
{
    private readonly Lock _gate = new();
    private readonly List<Timer> _timers = [];
    private long _now = TimeSpan.TicksPerDay;                // before it there is room for what has happened long ago

    /// <inheritdoc/>
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <inheritdoc/>
    public override long GetTimestamp() => Volatile.Read(ref _now);

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch.AddTicks(GetTimestamp());

    /// <inheritdoc/>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Lets time pass: timers fire in the order of their times, each at its own.</summary>
    public void Advance(TimeSpan time)
    {
        long end = GetTimestamp() + time.Ticks;
        while (TakeDue(end) is { } timer)
        {
            timer.Callback(timer.State);
        }

        lock (_gate)
        {
            Volatile.Write(ref _now, Math.Max(_now, end));   // not back, where two threads let time pass
        }
    }

    private Timer? TakeDue(long end)
    {
        lock (_gate)
        {
            Timer? first = null;
            foreach (Timer timer in _timers)
            {
                if (timer.Due <= end && (first is null || timer.Due < first.Due))
                {
                    first = timer;
                }
            }

            if (first is not null)
            {
                Volatile.Write(ref _now, Math.Max(_now, first.Due));
                if (first.Period > 0)
                {
                    first.Due += first.Period;
                }
                else
                {
                    _timers.Remove(first);
                }
            }

            return first;
        }
    }

    private sealed class Timer(CallerTime time, TimerCallback callback, object? state) : ITimer
    {
        public TimerCallback Callback => callback;

        public object? State => state;

        // Both under the lock; in ticks.
        public long Due { get; set; }

        public long Period { get; private set; }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (time._gate)
            {
                time._timers.Remove(this);
                if (dueTime != Timeout.InfiniteTimeSpan)
                {
                    Due = time._now + dueTime.Ticks;
                    Period = period == Timeout.InfiniteTimeSpan ? 0 : period.Ticks;
                    time._timers.Add(this);
                }

                return true;
            }
        }

        public void Dispose() => Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return default;
        }
    }
}
