using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Diagnostics;
using System.Linq;
using System.Threading;

namespace Braid.Sockets;

/// <summary>
/// A thread that waits for the sockets of some loops and runs them: what arrives is worked on where it was received, without a hop,
/// and a blocked pool keeps nobody waiting. One for each processor at most; a loop stays with one of them.
/// </summary>
#pragma warning disable CA1001 // It lives as long as the process.
internal sealed class PollThread
#pragma warning restore CA1001
{
    private static readonly Lock s_gate = new();
    private static readonly List<PollThread> s_all = [];     // guarded by s_gate

    private readonly LinuxPoll _poll = new();
    private readonly ConcurrentQueue<EndpointLoop> _new = new();
    private readonly ConcurrentQueue<EndpointLoop> _posted = new();
    private int _isAsleep;
    private int _loopCount;                                  // guarded by s_gate

    // Only the thread itself.
    private readonly Dictionary<long, EndpointLoop> _loops = [];
    private readonly LoopDeadlines _deadlines = new();
    private long _lastKey;

    private PollThread(int number) =>
        new Thread(Run) { IsBackground = true, Name = $"Braid.Sockets {number}" }.UnsafeStart();     // not for the first user alone

    /// <summary>The one that has the fewest loops; it has one more from now on, to be added.</summary>
    /// <exception cref="InvalidOperationException">The system has no more of what it takes.</exception>
    public static PollThread Choose()
    {
        lock (s_gate)
        {
            PollThread? thread = s_all.MinBy(one => one._loopCount);
            if (thread is null || (thread._loopCount > 0 && s_all.Count < Environment.ProcessorCount))
            {
                thread = new PollThread(s_all.Count);
                s_all.Add(thread);
            }

            thread._loopCount++;
            return thread;
        }
    }

    /// <summary>Waits for a loop's socket from now on.</summary>
    public void Add(EndpointLoop loop)
    {
        _new.Enqueue(loop);
        Wake();
    }

    /// <summary>A loop has work. By anybody, once until it is run.</summary>
    public void Post(EndpointLoop loop)
    {
        _posted.Enqueue(loop);
        Wake();
    }

    /// <summary>Runs a loop in a while. From within its run only.</summary>
    public void RunAfter(EndpointLoop loop, TimeSpan delay) =>
        _deadlines.Set(loop, Stopwatch.GetTimestamp() + (long)(delay.TotalSeconds * Stopwatch.Frequency));

    /// <summary>A loop closes its socket: it runs only when it has work. From within its run only.</summary>
    public void Leave(EndpointLoop loop)
    {
        _deadlines.Remove(loop);
        if (_loops.Remove(loop.PollKey))
        {
            _poll.Remove(loop.Transport.Socket!.SafeHandle);
        }

        lock (s_gate)
        {
            _loopCount--;
        }
    }

    private void Wake()
    {
        if (Interlocked.Exchange(ref _isAsleep, 0) != 0)
        {
            _poll.Ring();
        }
    }

    private void Run()
    {
        Span<long> readable = stackalloc long[64];
        while (true)
        {
            while (_new.TryDequeue(out EndpointLoop? loop))
            {
                Watch(loop);
            }

            // What is due now, and not what becomes due meanwhile: that would keep sockets waiting.
            long now = Stopwatch.GetTimestamp();
            while (_deadlines.TakeDue(now) is { } due)
            {
                due.OnDue();
            }

            for (int i = _posted.Count; i > 0 && _posted.TryDequeue(out EndpointLoop? loop); i--)
            {
                loop.OnPosted();
            }

            int count = _poll.Wait(FallAsleep(), readable);
            Volatile.Write(ref _isAsleep, 0);
            foreach (long key in readable[..count])
            {
                if (_loops.TryGetValue(key, out EndpointLoop? loop))
                {
                    loop.OnReadable();
                }
            }
        }
    }

    // Who leaves something before this looks is seen; who does after it sees that it has to ring.
    private TimeSpan FallAsleep()
    {
        Interlocked.Exchange(ref _isAsleep, 1);
        return !_posted.IsEmpty || !_new.IsEmpty ? TimeSpan.Zero
            : _deadlines.Next is not { } next ? Timeout.InfiniteTimeSpan
            : Max(Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), next), TimeSpan.Zero);

        static TimeSpan Max(TimeSpan left, TimeSpan right) => left > right ? left : right;
    }

    private void Watch(EndpointLoop loop)
    {
        if (loop.Life.IsClosed)
        {
            return;
        }

        loop.PollKey = ++_lastKey;
        _loops.Add(loop.PollKey, loop);
        if (!_poll.TryAdd(loop.Transport.Socket!.SafeHandle, loop.PollKey))
        {
            loop.Post(static _ => throw new InvalidOperationException("The system cannot wait for more sockets."));
        }
    }
}
