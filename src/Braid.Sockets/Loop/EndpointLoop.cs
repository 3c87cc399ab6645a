using System;
using System.Collections.Concurrent;
using System.Threading;
using Braid.Core;
using Braid.Dtls;
using Braid.Sctp;
using Microsoft.Extensions.Logging;

namespace Braid.Sockets;

/// <summary>
/// Runs one <see cref="Endpoint"/> over one transport: where a <see cref="PollThread"/> can wait for its socket, there, else on the
/// pool. Whoever finds it idle schedules it; everyone else leaves work in its inboxes. There is no lock around the protocol, and
/// what has piled up while it ran is taken in one go: many datagrams in, many datagrams out.
/// </summary>
internal sealed class EndpointLoop : IThreadPoolWorkItem
{
    private const int RunsBeforeYield = 16;                  // so that one busy endpoint leaves the pool to others

    // What _run may be.
    private const int Idle = 0;
    private const int Queued = 1;                            // in the pool's queue
    private const int Running = 2;

    private readonly IDatagramTransport _transport;
    private readonly IDatagramMachine _machine;              // the endpoint, or what lies between it and the transport
    private readonly MonotonicClock _clock;
    private readonly ITimer _timer;
    private readonly PollThread? _thread;                    // none: the pool runs it

    // Written by anybody.
    private readonly ConcurrentQueue<Action<Instant>> _commands = new();
    private readonly ConcurrentQueue<AssociationHost> _hosts = new();
    private readonly ConcurrentQueue<AssociationHost> _later = new();
    private readonly ReceivedBatches _received;
    private int _run;
    private int _timerFired;
    private int _hasArrived;                                 // only where the transport announces it
    private volatile bool _isDriven;

    // Written only by the loop.
    private DatagramBatch? _outgoing;
    private Instant _timerSetFor = Instant.Never;

    /// <param name="endpoint">The machine.</param>
    /// <param name="transport">What moves its datagrams; disposed with the loop.</param>
    /// <param name="clock">Where time comes from.</param>
    /// <param name="logger">For what nobody awaits.</param>
    /// <param name="secure">What protects its datagrams; null for nothing.</param>
    public EndpointLoop(Endpoint endpoint, IDatagramTransport transport, MonotonicClock clock, ILogger logger, DtlsLayer? secure = null)
    {
        Endpoint = endpoint;
        Secure = secure;
        _machine = (IDatagramMachine?)secure ?? endpoint;
        if (secure is not null)
        {
            secure.Delivered = OnDelivered;
        }

        Logger = logger;
        Life = new LoopLife(this);
        _transport = transport;
        _received = new ReceivedBatches(transport);
        _clock = clock;
        _timer = clock.Provider.CreateTimer(static state => ((EndpointLoop)state!).OnTimer(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        Meters.Add(this);
        if (transport.IsForPollThread)
        {
            _thread = PollThread.Choose();
            _thread.Add(this);
        }
        else if (!transport.TryAnnounce(OnArrived))
        {
            _ = _received.PumpAsync(Schedule, exception => Post(_ => Life.Fail(exception)));
        }
    }

    /// <summary>The machine. Only the loop may touch it, but for its options, its counters and its buffers.</summary>
    public Endpoint Endpoint { get; }

    /// <summary>What protects its datagrams; null for nothing. Only the loop may touch it.</summary>
    public DtlsLayer? Secure { get; }

    /// <summary>For what nobody awaits.</summary>
    public ILogger Logger { get; }

    /// <summary>Who needs it, what lives on it, and how it ends.</summary>
    public LoopLife Life { get; }

    /// <summary>Its SCTP ports.</summary>
    public PortTable Ports { get; } = new();

    /// <summary>Where time comes from.</summary>
    public TimeProvider TimeProvider => _clock.Provider;

    /// <summary>The time now.</summary>
    public Instant Now => _clock.Now;

    /// <summary>The transport, for whoever waits for its datagrams by blocking.</summary>
    public IDatagramTransport Transport => _transport;

    /// <summary>What its <see cref="PollThread"/> calls it; only for that.</summary>
    public long PollKey { get; set; }

    /// <summary>Its place among those that wait for their time; only for them.</summary>
    public int DeadlineIndex { get; set; } = LoopDeadlines.NotQueued;

    /// <summary>Runs a command on the loop.</summary>
    public void Post(Action<Instant> command)
    {
        _commands.Enqueue(command);
        Schedule();
    }

    /// <summary>Runs a host's inbox on the loop.</summary>
    public void Post(AssociationHost host)
    {
        _hosts.Enqueue(host);
        Schedule();
    }

    /// <summary>With the next run, whatever that is for, a host takes back what was returned to it.</summary>
    public void PostLater(AssociationHost host) => _later.Enqueue(host);

    /// <summary>
    /// The calling thread is about to block until the loop has done something. From now on a thread of its own runs the loop:
    /// the caller may hold the last thread of the pool.
    /// </summary>
    public void PrepareToBlock()
    {
        if (!_isDriven && _thread is null && HasSystemTime
            && _transport.TryBePolled() && !Interlocked.Exchange(ref _isDriven, true))
        {
            LoopThread.Instance.Add(this);
        }
    }

    /// <inheritdoc cref="PortTable.UseToAccept"/>
    /// <exception cref="ObjectDisposedException">The stack was disposed.</exception>
    public ushort UseToAccept(ushort port, Action<Association> onAccepted, Action onEnded)
    {
        port = Ports.UseToAccept(port, onAccepted, onEnded);
        if (Life.End is { } end)
        {
            Ports.StopAccepting(port);                       // nobody would ever tell it
            throw SctpException.Again(end);
        }

        return port;
    }

    /// <summary>A new association lives here from now on. On the loop only.</summary>
    /// <param name="core">It.</param>
    /// <param name="options">Its options.</param>
    /// <param name="socket">The one-to-many socket that it belongs to; null for none.</param>
    public AssociationHost Adopt(Association core, SctpAssociationOptions options, SctpSocket? socket = null)
    {
        var host = new AssociationHost(this, core, options, socket);
        Ports.Use(core.LocalPort);
        Life.Add(host);
        return host;
    }

    /// <summary>Options that the transport can carry.</summary>
    public SctpAssociationOptions Fit(SctpAssociationOptions options) =>
        Math.Max(options.PathMtu, options.MaximumPathMtu) <= LargestPacket ? options : options with
        {
            PathMtu = Math.Min(options.PathMtu, LargestPacket),
            MaximumPathMtu = Math.Min(options.MaximumPathMtu, LargestPacket),
        };

    /// <summary>
    /// A peer has restarted, and its association has lost its host: it is accepted anew, or ended where nobody accepts. On
    /// the loop only.
    /// </summary>
    public void HandOver(Association restarted)
    {
        restarted.Tag = null;
        restarted.ForgetLostRecords();                       // the new owner knows nothing of them
        if (!Ports.TryFindAcceptor(restarted.LocalPort, out Action<Association>? onAccepted))
        {
            Instant now = _clock.Now;
            restarted.Abort(now, "nobody expects a restart here"u8);
            SendDatagrams(now);
            return;
        }

        onAccepted(restarted);
        if (restarted.Tag is AssociationHost host)
        {
            host.OnTakenOver();
            host.Collect(_clock.Now);
        }
    }

    /// <summary>Sends what the machine has to send. On the loop only.</summary>
    public void SendDatagrams(Instant now)
    {
        TakeDatagrams(now);
        Flush();
    }

    /// <summary>Sets no timer and moves no datagram any more. On the loop only.</summary>
    public void StopTransport()
    {
        _timer.Dispose();
        if (Secure is not null)
        {
            Instant now = _clock.Now;
            Secure.Close(now);
            SendDatagrams(now);
        }

        _thread?.Leave(this);
        _transport.Dispose();
    }

    /// <summary>There is work for it. Its <see cref="PollThread"/> only, as are the next two.</summary>
    public void OnPosted()
    {
        Volatile.Write(ref _run, Idle);
        Interlocked.MemoryBarrier();                         // whoever leaves something from now on posts anew
        RunGuarded();
    }

    /// <summary>Its time has come.</summary>
    public void OnDue()
    {
        Volatile.Write(ref _timerFired, 1);
        RunGuarded();
    }

    /// <summary>Something has arrived. One batch: the thread comes again while there is more.</summary>
    public void OnReadable() => RunGuarded(receives: true);

    /// <summary>
    /// For the thread that runs driven loops: takes in what has arrived and what is due, without blocking.
    /// </summary>
    /// <returns>When it wants to be called again at the latest.</returns>
    public TimeSpan Poll()
    {
        if (_transport.Socket is not null)
        {
            _received.Poll(ReceivedBatches.Most);
        }

        Instant now = _clock.Now;
        if (_timerSetFor <= now)
        {
            Volatile.Write(ref _timerFired, 1);
        }

        // Also when the pool has it in its queue: it may never get to it.
        if (HasWork && (Interlocked.CompareExchange(ref _run, Running, Idle) == Idle
            || Interlocked.CompareExchange(ref _run, Running, Queued) == Queued))
        {
            RunAll();
        }

        return _timerSetFor.IsNever ? Timeout.InfiniteTimeSpan : _timerSetFor <= now ? TimeSpan.Zero : _timerSetFor - now;
    }

    void IThreadPoolWorkItem.Execute()
    {
        if (Interlocked.CompareExchange(ref _run, Running, Queued) == Queued)
        {
            RunAll();
        }
    }

    private int LargestPacket => Secure is null ? _transport.LargestPacket : Math.Min(_transport.LargestPacket, DtlsLayer.LargestPacket);

    private bool HasSystemTime => ReferenceEquals(_clock.Provider, TimeProvider.System);

    private bool HasWork => !_received.IsEmpty || !_hosts.IsEmpty || !_commands.IsEmpty
        || Volatile.Read(ref _timerFired) != 0 || Volatile.Read(ref _hasArrived) != 0;

    private void RunAll()
    {
        int runs = 0;
        do
        {
            if (runs++ == RunsBeforeYield)
            {
                Volatile.Write(ref _run, Idle);
                Schedule();
                return;
            }

            RunGuarded();
            Volatile.Write(ref _run, Idle);
            Interlocked.MemoryBarrier();                     // the state is visible before the inboxes are looked at
        }
        while (HasWork && Interlocked.CompareExchange(ref _run, Running, Idle) == Idle);
    }

    private void RunGuarded(bool receives = false)
    {
        try
        {
            if (!receives || _received.Poll(most: 1))
            {
                Run();
            }
        }
#pragma warning disable CA1031 // A bug of ours must not take the process down: its associations end with an error instead.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            Life.Fail(exception);
        }
    }

    private void Schedule()
    {
        if (_thread is not null)
        {
            if (Interlocked.CompareExchange(ref _run, Queued, Idle) == Idle)
            {
                _thread.Post(this);
            }
        }
        else if (_isDriven)
        {
            if (Life.IsClosed)
            {
                LoopThread.Instance.Add(this);               // it has forgotten it, but calls still want their answer
            }
            else
            {
                LoopThread.Instance.Wake();
            }
        }
        else if (Interlocked.CompareExchange(ref _run, Queued, Idle) == Idle)
        {
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
    }

    private void Run()
    {
        Instant now = _clock.Now;
        if (Interlocked.Exchange(ref _timerFired, 0) != 0)
        {
            _timerSetFor = Instant.Never;
        }

        // Commands before datagrams: what came after a call to listen, say, must find the port open.
        for (int i = _commands.Count; i > 0 && _commands.TryDequeue(out Action<Instant>? command); i--)
        {
            command(now);
        }

        for (int i = _later.Count; i > 0 && _later.TryDequeue(out AssociationHost? host); i--)
        {
            host.TakeReturned();
        }

        if (Interlocked.Exchange(ref _hasArrived, 0) != 0 && _received.Poll(ReceivedBatches.Most))
        {
            Volatile.Write(ref _hasArrived, 1);              // there may be more
        }

        TakeReceived(now);
        for (int i = _hosts.Count; i > 0 && _hosts.TryDequeue(out AssociationHost? host); i--)
        {
            host.RunInbox(now);
        }

        _machine.HandleTimeout(now);
        SendDatagrams(now);
        while (Endpoint.TryAccept(out Association? association))
        {
            if (Ports.TryFindAcceptor(association.LocalPort, out Action<Association>? onAccepted))
            {
                onAccepted(association);
            }
            else
            {
                association.Abort(now, "nobody listens any more"u8);
                SendDatagrams(now);
            }
        }

        while (Endpoint.TryTakeActive(out Association? association))
        {
            if (association.Tag is AssociationHost { HasEnded: false } host)
            {
                host.Collect(now);
            }
            else
            {
                Discard(association);
            }
        }

        // Last, since a peer says goodbye after he has told his associations why.
        while (Secure is not null && Secure.TryTakeEnded(out NetworkAddress remote, out DtlsEnd? end, out bool isUsed))
        {
            if (end.Reason is not (DtlsEndReason.Closed or DtlsEndReason.ClosedByPeer))
            {
                LogMessages.SessionFailed(Logger, remote, end.Message);
            }

            if (isUsed)
            {
                Life.EndPeer(now, remote, SctpException.From(end, remote));
            }
        }

        SetTimer(now);
    }

    // Nobody accepted it, or its host was ended by a fault: what it still has for an application is given back.
    private static void Discard(Association association)
    {
        while (association.TryGetEvent(out AssociationEvent? associationEvent))
        {
            (associationEvent as AssociationEvent.SendFailed)?.Payload.Dispose();
        }

        while (association.TryReceive(out ReceivedMessage? message))
        {
            message.Dispose();
        }
    }

    private void TakeReceived(Instant now)
    {
        for (int i = 0; i < ReceivedBatches.Most && _received.TryTake(out (DatagramBatch Batch, bool HasSlot) received); i++)
        {
            try
            {
                Take(now, received.Batch);
            }
            finally
            {
                _received.Return(received);                  // also after a fault: else nothing more is received
            }
        }
    }

    private void Take(Instant now, DatagramBatch batch)
    {
        for (int i = 0; i < batch.Count; i++)
        {
            ref readonly DatagramRun run = ref batch[i];
            for (int j = 0; j < run.Count; j++)
            {
                _machine.HandleDatagram(now, run.Path, batch.Bytes(run, j), run.Ecn);
                OnDelivered(now);
                if (Endpoint.WantsDrain)
                {
                    TakeDatagrams(now);
                }
            }
        }
    }

    private void OnDelivered(Instant now) => (Endpoint.PeerShutdown?.Tag as AssociationHost)?.CloseSending(now);

    private void TakeDatagrams(Instant now)
    {
        _outgoing ??= DatagramBatch.Rent();
        while (_machine.TryGetDatagram(now, _outgoing.Free, out OutgoingDatagram datagram))
        {
            _outgoing.Commit(datagram.Length, datagram.Path, datagram.MayBeFragmented, datagram.Ecn);
            if (_outgoing.IsFull)
            {
                _transport.Send(_outgoing);
                _outgoing.Clear();
            }
        }
    }

    private void Flush()
    {
        DatagramBatch? batch = _outgoing;
        _outgoing = null;
        if (batch is null)
        {
            return;
        }

        try
        {
            if (batch.Count > 0)
            {
                _transport.Send(batch);
            }
        }
        finally
        {
            DatagramBatch.Return(batch);                     // what a fault kept from being sent is lost, not sent again
        }
    }

    private void SetTimer(Instant now)
    {
        // A deadline that moved back is left alone: the timer fires early once and is set again. Most of them move with
        // every SACK, and setting a timer costs more than that.
        Instant next = _machine.NextTimeout;
        if (next >= _timerSetFor || Life.IsClosed)
        {
            return;
        }

        _timerSetFor = next;
        if (_isDriven)
        {
            // Who drives it looks at the time, but may have looked before a run that had begun in the pool.
            if (!LoopThread.Instance.IsCurrent)
            {
                LoopThread.Instance.Wake();
            }

            return;
        }

        TimeSpan delay = next <= now ? TimeSpan.Zero : next - now;
        if (_thread is not null && HasSystemTime)
        {
            _thread.RunAfter(this, delay);
            return;
        }

        _timer.Change(TimeSpan.FromMilliseconds(Math.Min(Math.Ceiling(delay.TotalMilliseconds), int.MaxValue)), Timeout.InfiniteTimeSpan);
    }

    private void OnArrived()
    {
        Volatile.Write(ref _hasArrived, 1);
        Schedule();
    }

    private void OnTimer()
    {
        Volatile.Write(ref _timerFired, 1);
        Schedule();
    }
}
