using System;
using System.Collections.Concurrent;
using System.Threading;
using System.Threading.Tasks;
using Braid.Core;
using Braid.Ice;
using Braid.Sockets;

namespace Braid.WebRtc.Network;

/// <summary>
/// Runs one peer over sockets: on the <see cref="PollThread"/> that receives for it, without a hop, or where there is none on the pool.
/// What arrives together is taken in together, and what the peer then has to say goes out in batches.
/// </summary>
internal sealed class PeerHost : IPolledLoop, IUdpReceiver, IThreadPoolWorkItem
{
    // What _run may be.
    private const int Idle = 0;
    private const int Queued = 1;
    private const int Running = 2;                           // only on the pool
    private const int RunningAgain = 3;                      // there is work that the run may not have seen

    private readonly INetworkPeer _peer;
    private readonly MonotonicClock _clock;
    private readonly PollThread? _thread;
    private readonly ITimer? _timer;                         // where no thread runs it, or time is not the system's
    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // Written by anybody.
    private readonly ConcurrentQueue<Action<Instant>> _commands = new();
    private readonly ConcurrentQueue<Arrival> _arrivals = new();
    private int _run;
    private volatile bool _isClosed;

    // Written only by the loop.
    private Instant _deadline = Instant.Never;
    private bool _isLeaving;
    private bool _isRunning;

    /// <param name="peer">What it runs.</param>
    /// <param name="options">Its sockets and servers.</param>
    public PeerHost(INetworkPeer peer, NetworkOptions options)
    {
        _peer = peer;
        _clock = new MonotonicClock(options.TimeProvider);
        Options = options;
        Mux = options.UdpMux?.Attach(this);
        _thread = Mux is null ? ChooseThread() : Mux.Shard.Thread;
        Outbox = new PeerOutbox(this);
        Gathering = new Gathering(this, peer);
        Streams = new StreamLinks(this, peer);
        if (_thread is null || !ReferenceEquals(options.TimeProvider, TimeProvider.System))
        {
            _timer = options.TimeProvider.CreateTimer(
                static state => ((PeerHost)state!).OnTimer(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>Its sockets and servers.</summary>
    public NetworkOptions Options { get; }

    /// <summary>Candidates.</summary>
    public Gathering Gathering { get; }

    /// <summary>TCP connections.</summary>
    public StreamLinks Streams { get; }

    /// <summary>Sends what the peer has to say, from which socket ever.</summary>
    public PeerOutbox Outbox { get; }

    /// <summary>Its part in a shared port; null without one.</summary>
    public MuxMembership? Mux { get; }

    /// <summary>Whether what has come for it waits for <see cref="Run()"/>; for who shares the port.</summary>
    public bool IsTouched { get; set; }

    /// <summary>Completes when its sockets are closed.</summary>
    public Task Closed => _closed.Task;

    /// <summary>Whether nothing is sent or received any more.</summary>
    public bool IsClosed => _isClosed;

    /// <summary>The current instant, on the peer's line.</summary>
    public Instant Now => _clock.Now;

    /// <inheritdoc/>
    public int DeadlineIndex { get; set; } = LoopDeadlines.NotQueued;

    /// <summary>A thread to receive on; null where the system waits for each socket by itself.</summary>
    public static PollThread? ChooseThread() =>
        LinuxUdpTransport.IsSupported && !(AppContext.TryGetSwitch(UdpTransport.PortableSwitch, out bool isPortable) && isPortable)
            ? PollThread.Choose()
            : null;

    /// <summary>Runs something on the loop, and the peer after it. Also after the end, so that nobody waits for ever: who posts looks.</summary>
    public void Post(Action<Instant> action)
    {
        _commands.Enqueue(action);
        Wake();
    }

    /// <summary>Runs something on the loop unless the host is closed.</summary>
    public void PostToPeer(Action<Instant, INetworkPeer> action) => Post(now =>
    {
        if (!_isClosed)
        {
            action(now, _peer);
        }
    });

    /// <summary>Checks that name this fragment are for the peer. On the loop only, before the other side is told it.</summary>
    public void AddUsernameFragment(string fragment)
    {
        Streams.AddFragment(fragment);
        Mux?.AddFragment(fragment);
    }

    /// <summary>The peer's data goes over a pair from now on. On the loop only.</summary>
    public void OnSelected(IceSelectedPair? pair)
    {
        if (pair is { Transport: IceTransport.Udp, IsRelayed: false })
        {
            Mux?.Choose(pair.Path);
        }
    }

    /// <summary>The peer has work that it knows of by itself.</summary>
    public void Wake()
    {
        int before;
        do
        {
            before = Interlocked.CompareExchange(ref _run, Queued, Idle);
        }
        while (before == Running && Interlocked.CompareExchange(ref _run, RunningAgain, Running) != Running);

        if (before != Idle)
        {
            return;
        }

        if (_thread is not null)
        {
            _thread.Post(this);
        }
        else
        {
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
    }

    /// <summary>Something has come that another thread has received; its memory is the host's.</summary>
    public void Forward(in Arrival arrival)
    {
        _arrivals.Enqueue(arrival);
        Wake();
    }

    /// <summary>A socket of its own.</summary>
    public UdpPort MakePort(UdpTransport transport) => new(transport, _thread, this);

    /// <summary>Sends what the peer has still to say, and closes the sockets.</summary>
    public Task CloseAsync()
    {
        Post(_ => _isLeaving = true);
        return _closed.Task;
    }

    /// <inheritdoc/>
    public void OnReceived(UdpPort port, DatagramBatch batch)
    {
        Instant now = _clock.Now;
        for (int i = 0; i < batch.Count; i++)
        {
            ref readonly DatagramRun run = ref batch[i];
            var path = new NetworkPath(port.Local, run.Path.Remote);
            for (int j = 0; j < run.Count; j++)
            {
                Take(now, path, batch.Bytes(run, j), run.Ecn);
            }
        }

        if (!_isRunning)
        {
            Run(now);                                        // on the pool what has come is taken in the middle of a run
        }
    }

    /// <summary>Takes in a datagram; <see cref="Run()"/> comes when there are no more. On its thread only.</summary>
    public void Take(Instant now, in NetworkPath path, ReadOnlySpan<byte> datagram, EcnCodepoint ecn)
    {
        if (_isClosed)
        {
            return;
        }

        try
        {
            _peer.Receive(now, IceTransport.Udp, path, datagram, ecn);
        }
#pragma warning disable CA1031 // As in Run: others share the port.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            Fail(exception);
        }
    }

    /// <inheritdoc/>
    public void OnFault(Exception exception) => Post(_ => Fail(exception));

    /// <inheritdoc/>
    public void OnPosted()
    {
        Volatile.Write(ref _run, Idle);
        Interlocked.MemoryBarrier();                         // whoever leaves something from now on posts anew
        Run();
    }

    /// <inheritdoc/>
    public void OnDue()
    {
        _deadline = Instant.Never;
        Run();
    }

    /// <summary>Runs the peer. On its thread only.</summary>
    public void Run() => Run(_clock.Now);

    void IThreadPoolWorkItem.Execute()
    {
        Volatile.Write(ref _run, Running);
        Run();
        if (Interlocked.CompareExchange(ref _run, Idle, Running) != Running)
        {
            Volatile.Write(ref _run, Queued);
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
    }

    private void Run(Instant now)
    {
        if (_isClosed)
        {
            RunLeftovers(now);
            return;
        }

        _isRunning = true;
        try
        {
            for (int i = _commands.Count; i > 0 && _commands.TryDequeue(out Action<Instant>? command); i--)
            {
                command(now);
            }

            for (int i = _arrivals.Count; i > 0 && _arrivals.TryDequeue(out Arrival arrival); i--)
            {
                arrival.Deliver(now, _peer);
            }

            _peer.OnRun(now);
            _peer.OnTimer(now);
            while (Outbox.Send(now, _peer) | _peer.Drain(now))
            {
            }

            if (_isLeaving)
            {
                Leave();
                return;
            }

            SetDeadline(now);
        }
#pragma warning disable CA1031 // A bug of ours must not take the process, or the other peers of the thread, down with it.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            Fail(exception);
        }
        finally
        {
            _isRunning = false;
        }
    }

    private void Fail(Exception exception)
    {
        if (!_isClosed)
        {
            Leave();
            _peer.OnFault(exception);
        }
    }

    private void Leave()
    {
        _isClosed = true;
        Mux?.Leave();
        Gathering.Close();
        Streams.Close();
        Outbox.Close();
        _timer?.Dispose();
        _thread?.Leave(this);
        _closed.TrySetResult();
        RunLeftovers(Now);
    }

    private void RunLeftovers(Instant now)
    {
        while (_commands.TryDequeue(out Action<Instant>? command))
        {
            command(now);
        }

        while (_arrivals.TryDequeue(out Arrival arrival))
        {
            arrival.Return();
        }
    }

    // A deadline that moves back is left alone: it comes early once, and is set again.
    private void SetDeadline(Instant now)
    {
        Instant next = _peer.NextDeadline;
        if (next >= _deadline)
        {
            return;
        }

        _deadline = next;
        TimeSpan delay = next <= now ? TimeSpan.Zero : next - now;
        if (_timer is null)
        {
            _thread!.RunAfter(this, delay);
        }
        else
        {
            _timer.Change(TimeSpan.FromMilliseconds(Math.Min(Math.Ceiling(delay.TotalMilliseconds), int.MaxValue)), Timeout.InfiniteTimeSpan);
        }
    }

    private void OnTimer() => Post(_ => _deadline = Instant.Never);
}
