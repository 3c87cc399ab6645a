using System;
using System.Collections.Concurrent;
using System.Threading;

namespace Braid.Usrsctp;

/// <summary>
/// Sockets that have something to tell the program, and who calls it: the thread that hands over packets or time, before its call returns,
/// and a thread of the library's for what happens otherwise. Never within a run of the protocol: a callback may call whatever it wants.
/// </summary>
internal sealed class CallbackQueue : IDisposable
{
    [ThreadStatic]
    private static int t_depth;

    [ThreadStatic]
    private static int t_outputs;                            // runs of the protocol that this thread is in the middle of

    private readonly ConcurrentQueue<UsrsctpSocket> _waiting = new();
    private readonly SemaphoreSlim? _bell;
    private readonly Thread? _thread;
    private volatile bool _isDisposed;

    /// <param name="hasThread">Whether there is a thread of the library's.</param>
    public CallbackQueue(bool hasThread)
    {
        if (hasThread)
        {
            _bell = new SemaphoreSlim(0);
            _thread = new Thread(Run) { IsBackground = true, Name = "usrsctp callbacks" };
            _thread.Start();
        }
    }

    /// <summary>Whether every call of the program's runs callbacks.</summary>
    public bool RunsInEveryCall => _thread is null;

    /// <summary>Whether this thread can wait for callbacks: another one calls them.</summary>
    public bool CallsElsewhere => !RunsInEveryCall && t_depth == 0 && t_outputs == 0;

    /// <summary>Whether a callback of the program's runs on this thread, and what it calls is asked from there.</summary>
    public bool IsCalling => t_depth > (RunsInEveryCall ? 1 : 0);

    /// <summary>A socket has something to tell. From anywhere; does not block.</summary>
    public void Add(UsrsctpSocket socket)
    {
        _waiting.Enqueue(socket);
        if (t_depth == 0)
        {
            _bell?.Release();
        }
    }

    /// <summary>Whether the end of the call that this thread is in runs callbacks.</summary>
    public static bool IsOutermost => t_depth == 1 && t_outputs == 0;

    /// <summary>From now on this thread calls what it causes, at the end.</summary>
    public Scope Enter() => new(this);

    /// <summary>Whether this thread is within the program's output function.</summary>
    public static bool IsInOutput => t_outputs > 0;

    /// <summary>The program is handed a packet, within a run of the protocol: what it calls from there must not call it back.</summary>
    public static void BeginOutput() => t_outputs++;

    /// <summary>The program has the packet.</summary>
    public static void EndOutput() => t_outputs--;

    /// <summary>Ends; no callback runs any more, but one that has called this.</summary>
    public void Dispose()
    {
        _isDisposed = true;
        _bell?.Release();
        if (_thread is not null && _thread != Thread.CurrentThread)
        {
            _thread.Join();
        }
    }

    private void Run()
    {
        while (!_isDisposed)
        {
            _bell!.Wait();
            using (Enter())
            {
                // What there is to tell is told where this ends.
            }
        }
    }

    private void Drain()
    {
        while (_waiting.TryDequeue(out UsrsctpSocket? socket))
        {
            socket.RunCallbacks();                           // throws nothing
        }
    }

    /// <summary>A call of the program's.</summary>
    public readonly ref struct Scope
    {
        private readonly CallbackQueue _queue;

        public Scope(CallbackQueue queue)
        {
            _queue = queue;
            t_depth++;
        }

        /// <summary>The outermost call runs callbacks: what they cause comes behind them.</summary>
        public void Dispose()
        {
            try
            {
                if (IsOutermost)
                {
                    do
                    {
                        _queue.Drain();
                    }
                    while (HeldPackets.Release());
                }
            }
            finally
            {
                t_depth--;
            }

            if (t_depth == 0 && t_outputs > 0 && !_queue._waiting.IsEmpty)
            {
                _queue._bell?.Release();
            }
        }
    }
}
