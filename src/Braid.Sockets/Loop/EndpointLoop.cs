using System;
using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Threading;
using Braid.Core;
using Braid.Sctp;
using Microsoft.Extensions.Logging;

namespace Braid.Sockets;

/// <summary>
/// Runs one <see cref="Endpoint"/> over one transport: where a <see cref="PollThread"/> can wait for its socket, there, else on the
/// pool, or on whatever thread has work for it. Whoever finds it idle schedules it; everyone else leaves work in its inboxes. There is no lock around the protocol, and
/// what has piled up while it ran is taken in one go: many datagrams in, many datagrams out.
/// </summary>
internal sealed class EndpointLoop : IThreadPoolWorkItem, IPolledLoop
{
    private const int RunsBeforeYield = 16;                  // so that one busy endpoint leaves the pool to others

    // What _run may be.
    private const int Idle = 0;
    private const int Queued = 1;                            // in the pool's queue
    private const int Running = 2;

    private readonly IDatagramTransport _transport;
    private readonly IDatagramMachine _machine;              // the endpoint, or what lies between it and the transport
    private readonly MonotonicClock _clock;
    private readonly LoopTimer _timer;
    private readonly PollThread? _thread;                    // none: the pool runs it
    private readonly bool _runsContinuations;

    // Written by anybody.
    private readonly ConcurrentQueue<Action<Instant>> _commands = new();
    private readonly ConcurrentQueue<AssociationHost> _hosts = new();
    private readonly ConcurrentQueue<AssociationHost> _later = new();
    private readonly ReceivedBatches _received;
    private readonly LoopSockets _sockets;
    private readonly IncomingDatagrams _incoming;
    private readonly OutgoingDatagrams _outgoing;
    private readonly RunOutcomes _outcomes;
    private int _run;
    private int _hasArrived;                                 // only where the transport announces it
    private volatile bool _isDriven;
    private LoopTurn _turn;                                  // where there is a thread

    // Written only by the loop.
    private bool _isLent;                                    // a sender runs it

    /// <param name="endpoint">The machine.</param>
    /// <param name="transport">What moves its datagrams; disposed with the loop.</param>
    /// <param name="clock">Where time comes from.</param>
    /// <param name="logger">For what nobody awaits.</param>
    /// <param name="secure">What protects its datagrams; null for nothing.</param>
    /// <param name="runsContinuations">Whether what awaits a message goes on in the loop's run.</param>
    public EndpointLoop(
        Endpoint endpoint, IDatagramTransport transport, MonotonicClock clock, ILogger logger, DtlsLayer? secure = null, bool runsContinuations = false)
    {
        Endpoint = endpoint;
        Secure = secure;
        _machine = (IDatagramMachine?)secure ?? endpoint;
        Logger = logger;
        _runsContinuations = runsContinuations;
        Life = new LoopLife(this);
        Ports = new PortTable(transport.PortFilter);
        _transport = transport;
        _received = new ReceivedBatches(transport);
        _outgoing = new OutgoingDatagrams(_machine, transport);
        _incoming = new IncomingDatagrams(_machine, endpoint, _received, _outgoing);
        _outcomes = new RunOutcomes(this);
        if (secure is not null)
        {
            secure.Delivered = _incoming.OnDelivered;
        }

        _clock = clock;
        _thread = transport.IsForPollThread ? PollThread.Choose() : null;
        Meters.Add(this);
        _timer = new LoopTimer(this, HasSystemTime ? _thread : null, Schedule);
        _sockets = new LoopSockets(this, _received, _thread, Schedule);
        Addresses = new AddedAddresses(transport, _sockets);
        if (_thread is not null || !transport.TryAnnounce(OnArrived))
        {
            _sockets.Add(transport.Sources);
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
    public PortTable Ports { get; }

    /// <summary>What its associations have added to where it was opened.</summary>
    public AddedAddresses Addresses { get; }

    /// <summary>Where time comes from.</summary>
    public TimeProvider TimeProvider => _clock.Provider;

    /// <summary>The time now.</summary>
    public Instant Now => _clock.Now;

    /// <summary>Has somebody see each datagram from now on, on the loop.</summary>
    public void Observe(PacketObserver observer) => (_incoming.Observer, _outgoing.Observer) = (observer, observer);

    /// <summary>The transport, for whoever waits for its datagrams by blocking.</summary>
    public IDatagramTransport Transport => _transport;

    /// <summary>Whether what awaits a message may go on in this run. On the loop only.</summary>
    public bool RunsContinuations => _runsContinuations && !_isLent;

    /// <summary>Runs by senders. For tests.</summary>
    public long LentRuns { get; private set; }

    /// <inheritdoc/>
    public int DeadlineIndex { get; set; } = LoopDeadlines.NotQueued;

    /// <summary>Runs a command on the loop.</summary>
    public void Post(Action<Instant> command)
    {
        _commands.Enqueue(command);
        Schedule();
    }

    /// <summary>Leaves a command for the next run, which the caller is to ask for by <see cref="Schedule"/> once it holds no lock any more.</summary>
    public void Leave(Action<Instant> command) => _commands.Enqueue(command);

    /// <summary>Runs a host's inbox on the loop.</summary>
    public void Post(AssociationHost host)
    {
        _hosts.Enqueue(host);
        Schedule();
    }

    /// <summary>There is work: it runs soon, or here and now where it runs on the thread that has work. With no lock held.</summary>
    public void Schedule()
    {
        if (_thread is not null)
        {
            if (Interlocked.CompareExchange(ref _run, Queued, Idle) == Idle)
            {
                _thread.Post(this);
            }
        }
        else if (_transport.RunsInline)
        {
            if (Interlocked.CompareExchange(ref _run, Running, Idle) == Idle)
            {
                RunAll();                                    // else whoever runs it looks again when he is done
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

    /// <summary>
    /// Runs a host's inbox here and now, where that spares a sleeping thread its waking and the caller the time that it takes. A host
    /// that begins to send does so: what follows while that is on its way is better sent together.
    /// </summary>
    /// <returns>Whether it was run.</returns>
    public bool TryRunHere(AssociationHost host)
    {
        if (_thread is not { IsAsleep: true } || !HasSystemTime || !_turn.TryTake())
        {
            return false;
        }

        bool runs = false;
        bool wantsTimer = false;
        bool wasInterrupted = false;
        try
        {
            runs = _commands.IsEmpty && !Life.IsClosed;      // commands that the caller has posted before come before what he sends
            _isLent = runs;
            wantsTimer = runs && RunLent(host);
        }
        catch (ThreadInterruptedException)
        {
            wasInterrupted = true;                           // meant for a wait of the caller's, and no fault: the thread goes on from here
        }
#pragma warning disable CA1031 // As in every run.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            Life.Fail(exception);
        }
        finally
        {
            _isLent = false;
            if (_turn.GiveBack() || wantsTimer)
            {
                Schedule();
            }
        }

        if (wasInterrupted)
        {
            Finish(host);
            Thread.CurrentThread.Interrupt();
        }

        return runs;
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
        if (!Addresses.IsEmpty)
        {
            host.Addresses.TakeOver(core.LocalAddresses);    // set up where another one has added an address, or began anew
        }

        Ports.Use(core.LocalPort);
        Life.Add(host);
        return host;
    }

    /// <summary>An end point as the transport knows it.</summary>
    public NetworkAddress AddressOf(IPEndPoint endPoint) =>
        _transport.HasPorts ? endPoint.ToNetworkAddress() : endPoint.ToNetworkAddress().WithPort(0);

    /// <summary>Options that the transport can carry.</summary>
    public SctpAssociationOptions Fit(SctpAssociationOptions options)
    {
        if (Secure is not null && (options.Extensions & Extensions.AddressReconfiguration) != 0)
        {
            options = options with { Extensions = options.Extensions & ~Extensions.AddressReconfiguration };     // RFC 8261 §6.1: nor what goes with it
        }

        return Math.Max(options.PathMtu, options.MaximumPathMtu) <= LargestPacket ? options : options with
        {
            PathMtu = Math.Min(options.PathMtu, LargestPacket),
            MaximumPathMtu = Math.Min(options.MaximumPathMtu, LargestPacket),
        };
    }

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
        _outgoing.Take(now);
        _outgoing.Flush();
    }

    /// <summary>Sets no timer and moves no datagram any more. On the loop only.</summary>
    public void StopTransport()
    {
        _timer.Stop();
        if (Secure is not null)
        {
            Instant now = _clock.Now;
            Secure.Close(now);
            SendDatagrams(now);
        }

        _sockets.RemoveAll();
        _thread?.Leave(this);
        _transport.Dispose();
    }

    /// <inheritdoc/>
    public void OnPosted()
    {
        _sockets.WatchAgain();
        Volatile.Write(ref _run, Idle);
        Interlocked.MemoryBarrier();                         // whoever leaves something from now on posts anew
        TryRun();
    }

    /// <inheritdoc/>
    public void OnDue()
    {
        _timer.Fire();
        TryRun();
    }

    /// <inheritdoc cref="IPolledSocket.OnReadable"/>
    public bool OnReadable(IDatagramSource socket) => TryRun(socket);

    /// <inheritdoc cref="IPolledSocket.OnRefused"/>
    public void OnRefused() => Post(static _ => throw new InvalidOperationException("The system cannot wait for more sockets."));

    /// <summary>
    /// For the thread that runs driven loops: takes in what has arrived and what is due, without blocking.
    /// </summary>
    /// <returns>When it wants to be called again at the latest.</returns>
    public TimeSpan Poll()
    {
        if (_transport.Socket is not null)
        {
            _received.Poll(_transport, ReceivedBatches.Most);
        }

        Instant now = _clock.Now;
        _timer.FireIfDue(now);

        // Also when the pool has it in its queue: it may never get to it.
        if (HasWork && (Interlocked.CompareExchange(ref _run, Running, Idle) == Idle
            || Interlocked.CompareExchange(ref _run, Running, Queued) == Queued))
        {
            RunAll();
        }

        return _timer.LeftAt(now);
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
        || _timer.HasFired || Volatile.Read(ref _hasArrived) != 0;

    private void RunAll()
    {
        int runs = 0;
        do
        {
            if (runs++ == RunsBeforeYield && !_transport.RunsInline)
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

    private bool TryRun(IDatagramSource? readable = null)
    {
        if (!_turn.TryTakeOrMiss())
        {
            return false;
        }

        RunGuarded(readable);
        _turn.GiveBack();
        return true;
    }

    private void RunGuarded(IDatagramSource? readable = null)
    {
        try
        {
            if (readable is null || _received.Poll(readable, most: 1))
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

    private void Run()
    {
        Debug.Assert(_thread is null || _turn.IsTaken, "Two threads may run it.");
        Instant now = _clock.Now;
        _timer.OnRun();

        // Commands before datagrams: what came after a call to listen, say, must find the port open.
        for (int i = _commands.Count; i > 0 && _commands.TryDequeue(out Action<Instant>? command); i--)
        {
            command(now);
        }

        for (int i = _later.Count; i > 0 && _later.TryDequeue(out AssociationHost? host); i--)
        {
            host.TakeReturned();
        }

        if (Interlocked.Exchange(ref _hasArrived, 0) != 0 && _received.Poll(_transport, ReceivedBatches.Most))
        {
            Volatile.Write(ref _hasArrived, 1);              // there may be more
        }

        _incoming.Take(now);
        for (int i = _hosts.Count; i > 0 && _hosts.TryDequeue(out AssociationHost? host); i--)
        {
            host.RunInbox(now);
        }

        _machine.HandleTimeout(now);
        SendDatagrams(now);
        _outcomes.Tell(now);
        if (!Life.IsClosed)
        {
            _timer.Set(now, _machine.NextTimeout, _isDriven);
        }
    }

    // What a sender may do: neither commands, which may close the socket, nor what has arrived or is due. Returns whether a deadline has
    // come nearer, which only the thread can be told.
    private bool RunLent(AssociationHost host)
    {
        Debug.Assert(_turn.IsTaken, "Two threads may run it.");
        LentRuns++;
        Instant now = _clock.Now;
        host.RunInbox(now);
        SendDatagrams(now);
        _outcomes.Tell(now);
        return _timer.MustBeSetFor(_machine.NextTimeout);
    }

    // A method of its own: what a lambda captures is allocated where it is declared.
    private void Finish(AssociationHost host) => Post(now =>
    {
        host.RunInbox(now);
        host.Collect(now);
    });

    private void OnArrived()
    {
        Volatile.Write(ref _hasArrived, 1);
        Schedule();
    }
}
