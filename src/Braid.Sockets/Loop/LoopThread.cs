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

    private readonly ConcurrentQueue<EndpointLoop> _new = new();
    private readonly List<EndpointLoop> _loops = [];         // only the thread itself
    private readonly Socket _bell = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
    private readonly byte[] _ring = new byte[1];
    private int _isRung;

    public LoopThread()
    {
        _bell.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _bell.Connect(_bell.LocalEndPoint!);
        _bell.Blocking = false;
        new Thread(Run) { IsBackground = true, Name = "Braid.Sockets" }.Start();
    }

    public static LoopThread Instance => s_instance.Value;

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
            while (_new.TryDequeue(out EndpointLoop? loop))
            {
                _loops.Add(loop);
            }

            // What is left from now on rings again.
            Interlocked.Exchange(ref _isRung, 0);
            TimeSpan next = PollAll();
            waiting.Clear();
            waiting.Add(_bell);
            foreach (EndpointLoop loop in _loops)
            {
                if (loop.Transport.Socket is { } socket)
                {
                    waiting.Add(socket);
                }
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
            if (_loops[i].IsClosed)
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
            Socket.Select(waiting, null, null, timeout);
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
}
