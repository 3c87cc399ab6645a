using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Net;
using System.Net.Sockets;
using System.Threading;

namespace Braid.Sockets;

/// <summary>
/// One thread for all loops that somebody has blocked on. A blocked caller may hold the last thread of the pool, and what
/// it waits for would never run there. Started when it is needed; waits for all their sockets at once.
/// </summary>
#pragma warning disable CA1001 // It lives as long as the process.
internal sealed class LoopThread
#pragma warning restore CA1001
{
    private static readonly Lazy<LoopThread> s_instance = new();
    private static readonly TimeSpan s_longestWait = TimeSpan.FromMinutes(30);       // a select takes little more

    private readonly ConcurrentQueue<EndpointLoop> _new = new();
    private readonly List<EndpointLoop> _loops = [];         // only the thread itself
    private readonly Socket _bell = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
    private readonly byte[] _ring = new byte[1];
    private readonly Thread _thread;
    private int _isRung;

    public LoopThread()
    {
        _bell.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _bell.Connect(_bell.LocalEndPoint!);
        _bell.Blocking = false;
        _thread = new Thread(Run) { IsBackground = true, Name = "Braid.Sockets" };
        _thread.Start();
    }

    public static LoopThread Instance => s_instance.Value;

    /// <summary>Whether the caller runs on it: then it needs no waking.</summary>
    public bool IsCurrent => Thread.CurrentThread == _thread;

    /// <summary>Runs a loop from now on.</summary>
    public void Add(EndpointLoop loop)
    {
        _new.Enqueue(loop);
        Wake();
    }

    /// <summary>A loop has work.</summary>
    public void Wake()
    {
        if (Interlocked.Exchange(ref _isRung, 1) == 0)
        {
            _bell.Send(_ring);
        }
    }

    private void Run()
    {
        var waiting = new List<Socket>();
        while (true)
        {
            // What is left from now on, a new loop as well, rings again.
            Interlocked.Exchange(ref _isRung, 0);
            while (_new.TryDequeue(out EndpointLoop? loop))
            {
                _loops.Add(loop);
            }

            TimeSpan next = PollAll();
            waiting.Clear();
            waiting.Add(_bell);
            foreach (EndpointLoop loop in _loops)
            {
                loop.Transport.AddSockets(waiting);
            }

            Wait(waiting, next);
        }
    }

    private TimeSpan PollAll()
    {
        TimeSpan next = Timeout.InfiniteTimeSpan;
        for (int i = _loops.Count - 1; i >= 0; i--)
        {
            TimeSpan wish = _loops[i].Poll();
            if (_loops[i].Life.IsClosed)
            {
                _loops.RemoveAt(i);                          // after its last work; what comes then adds it again
                continue;
            }

            if (wish != Timeout.InfiniteTimeSpan && (next == Timeout.InfiniteTimeSpan || wish < next))
            {
                next = wish;
            }
        }

        return next;
    }

    private void Wait(List<Socket> waiting, TimeSpan timeout)
    {
        try
        {
            Socket.Select(waiting, null, null, Round(timeout));
            while (_bell.Available > 0)
            {
                _bell.Receive(_ring);
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // One of them was closed this moment: the next round is without it.
        }
    }

    // Up to whole milliseconds: a wait is cut to them, and would spin through the last one.
    private static TimeSpan Round(TimeSpan timeout) =>
        timeout > s_longestWait ? s_longestWait
        : timeout > TimeSpan.Zero ? TimeSpan.FromMilliseconds(Math.Ceiling(timeout.TotalMilliseconds))
        : timeout;
}
