using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Diagnostics;
using System.Linq;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Threading;

namespace Braid.Sockets;

/// <summary>Something that a <see cref="PollThread"/> runs: a loop with many associations, or one WebRTC peer of thousands.</summary>
internal interface IPolledLoop
{
    /// <summary>Its place among those that wait for their time; <see cref="LoopDeadlines.NotQueued"/> at first. Only for them.</summary>
    int DeadlineIndex { get; set; }

    /// <summary>There is work for it. Its thread only, as is the next one.</summary>
    void OnPosted();

    /// <summary>Its time has come.</summary>
    void OnDue();
}

/// <summary>A socket that a <see cref="PollThread"/> waits for.</summary>
internal interface IPolledSocket
{
    /// <summary>What its thread calls it; only for that.</summary>
    long PollKey { get; set; }

    /// <summary>Whether its thread does not wait for it at present; only for that.</summary>
    bool IsUnwatched { get; set; }

    /// <summary>What is waited for.</summary>
    SafeHandle Handle { get; }

    /// <summary>Whether it was closed before anybody waited for it.</summary>
    bool IsClosed { get; }

    /// <summary>Something has arrived. One batch: the thread comes again while there is more.</summary>
    /// <returns>False when another thread runs its loop this moment: it is not waited for before <see cref="PollThread.WatchAgain"/>.</returns>
    bool OnReadable();

    /// <summary>The system cannot wait for it.</summary>
    void OnRefused();
}

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
    private readonly ConcurrentQueue<IPolledSocket> _new = new();
    private readonly ConcurrentQueue<IPolledLoop> _posted = new();
    private readonly Thread _self;
    private int _isAsleep;
    private int _loopCount;                                  // guarded by s_gate

    // Only the thread itself.
    private readonly Dictionary<long, IPolledSocket> _sockets = [];
    private readonly LoopDeadlines _deadlines = new();
    private long _lastKey;

    private PollThread(int number)
    {
        _self = new Thread(Run) { IsBackground = true, Name = $"Braid.Sockets {number}" };
        _self.UnsafeStart();                                 // not for the first user alone
    }

    /// <summary>Whether it would have to be woken.</summary>
    public bool IsAsleep => Volatile.Read(ref _isAsleep) != 0;

    /// <summary>The one that has the fewest loops; it has one more from now on, until it leaves.</summary>
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

    /// <summary>A loop that stays with others has come, until it leaves.</summary>
    public void Join()
    {
        lock (s_gate)
        {
            _loopCount++;
        }
    }

    /// <summary>Waits for a socket from now on.</summary>
    public void Add(IPolledSocket socket)
    {
        _new.Enqueue(socket);
        Wake();
    }

    /// <summary>A loop has work. By anybody, once until it is run.</summary>
    public void Post(IPolledLoop loop)
    {
        _posted.Enqueue(loop);
        Wake();
    }

    /// <summary>Runs a loop in a while. From within a run only.</summary>
    public void RunAfter(IPolledLoop loop, TimeSpan delay)
    {
        Debug.Assert(Thread.CurrentThread == _self, "Somebody else runs the loop.");
        _deadlines.Set(loop, Stopwatch.GetTimestamp() + (long)(delay.TotalSeconds * Stopwatch.Frequency));
    }

    /// <summary>Waits again for a socket that its loop could not receive from. On the thread only.</summary>
    public void WatchAgain(IPolledSocket socket)
    {
        Debug.Assert(Thread.CurrentThread == _self, "Somebody else waits for it.");
        if (socket.IsUnwatched)
        {
            socket.IsUnwatched = false;
            if (_sockets.ContainsKey(socket.PollKey))
            {
                WaitFor(socket);
            }
        }
    }

    /// <summary>A socket is about to be closed. From within a run only.</summary>
    public void Remove(IPolledSocket socket)
    {
        Debug.Assert(Thread.CurrentThread == _self, "Somebody else runs the loop.");
        if (_sockets.Remove(socket.PollKey))
        {
            _poll.Remove(socket.Handle);
        }
    }

    /// <summary>A loop has come to its end: it runs only when it has work. From within a run only.</summary>
    public void Leave(IPolledLoop loop)
    {
        Debug.Assert(Thread.CurrentThread == _self, "Somebody else runs the loop.");
        _deadlines.Remove(loop);
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
            WatchNew();
            RunDue();
            RunPosted();
            int count = _poll.Wait(FallAsleep(), readable);
            Volatile.Write(ref _isAsleep, 0);
            Read(readable[..count]);
        }
    }

    // Each has a frame of its own, which is gone while the thread sleeps: what a local variable of Run held last would live as long as that.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void WatchNew()
    {
        while (_new.TryDequeue(out IPolledSocket? socket))
        {
            Watch(socket);
        }
    }

    // What is due now, and not what becomes due meanwhile: that would keep sockets waiting.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void RunDue()
    {
        long now = Stopwatch.GetTimestamp();
        while (_deadlines.TakeDue(now) is { } due)
        {
            due.OnDue();
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void RunPosted()
    {
        for (int i = _posted.Count; i > 0 && _posted.TryDequeue(out IPolledLoop? loop); i--)
        {
            loop.OnPosted();
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Read(ReadOnlySpan<long> readable)
    {
        foreach (long key in readable)
        {
            if (_sockets.TryGetValue(key, out IPolledSocket? socket) && !socket.OnReadable())
            {
                _poll.Remove(socket.Handle);      // or it would be readable over and over until he is done
                socket.IsUnwatched = true;
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

    private void Watch(IPolledSocket socket)
    {
        if (socket.IsClosed)
        {
            return;
        }

        socket.PollKey = ++_lastKey;
        _sockets.Add(socket.PollKey, socket);
        WaitFor(socket);
    }

    private void WaitFor(IPolledSocket socket)
    {
        if (!_poll.TryAdd(socket.Handle, socket.PollKey))
        {
            socket.OnRefused();
        }
    }
}
