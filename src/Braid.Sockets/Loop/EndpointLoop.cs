using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Channels;
using System.Threading.Tasks;
using Braid.Core;
using Braid.Sctp;
using Microsoft.Extensions.Logging;

namespace Braid.Sockets;

/// <summary>
/// Runs one <see cref="Endpoint"/> over one transport. Whoever finds it idle schedules it; everyone else leaves work in its
/// inboxes. There is no lock around the protocol and no thread of its own, and what has piled up while it ran is taken in
/// one go: many datagrams in, many datagrams out.
/// </summary>
internal sealed class EndpointLoop : IThreadPoolWorkItem
{
    private const int ReceiveBatches = 4;

    // RFC 9260 §6.2: an acknowledgement for at least every second packet, also when many are taken in at once.
    private const int PacketsPerAck = 2;
    private const int RunsBeforeYield = 16;                  // so that one busy endpoint leaves the pool to others

    private static readonly TimeSpan s_linger = TimeSpan.FromSeconds(2);

    private readonly IDatagramTransport _transport;
    private readonly MonotonicClock _clock;
    private readonly ILogger _logger;
    private readonly ITimer _timer;
    private readonly Action<Association>? _onAccepted;

    // Written by anybody.
    private readonly ConcurrentQueue<Action<Instant>> _commands = new();
    private readonly ConcurrentQueue<AssociationHost> _hosts = new();
    private readonly ConcurrentQueue<DatagramBatch> _received = new();
    private readonly Channel<DatagramBatch> _free = Channel.CreateUnbounded<DatagramBatch>();
    private int _isRunning;
    private int _timerFired;
    private int _users = 1;
    private volatile bool _isClosed;

    // Written only by the loop.
    private readonly DatagramBatch _outgoing = new();
    private readonly HashSet<AssociationHost> _alive = [];
    private ITimer? _lingering;
    private Instant _timerSetFor = Instant.Never;
    private long _peerShutdowns;

    /// <param name="endpoint">The machine.</param>
    /// <param name="transport">What moves its datagrams; disposed with the loop.</param>
    /// <param name="clock">Where time comes from.</param>
    /// <param name="logger">For what nobody awaits.</param>
    /// <param name="onAccepted">Called on the loop for each association that a peer has set up.</param>
    public EndpointLoop(
        Endpoint endpoint, IDatagramTransport transport, MonotonicClock clock, ILogger logger, Action<Association>? onAccepted = null)
    {
        Endpoint = endpoint;
        _transport = transport;
        _clock = clock;
        _logger = logger;
        _onAccepted = onAccepted;
        for (int i = 0; i < ReceiveBatches; i++)
        {
            _free.Writer.TryWrite(new DatagramBatch());
        }

        _timer = clock.Provider.CreateTimer(static state => ((EndpointLoop)state!).OnTimer(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _ = PumpAsync();
    }

    /// <summary>The machine. Only the loop may touch it, but for its options and its buffers.</summary>
    public Endpoint Endpoint { get; }

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

    /// <summary>An association lives here from now on. On the loop only.</summary>
    public void Attach(AssociationHost host)
    {
        _alive.Add(host);
        Interlocked.Increment(ref _users);
    }

    /// <summary>An association has come to its end. On the loop only.</summary>
    public void Detach(AssociationHost host)
    {
        if (_alive.Remove(host))
        {
            Release();
        }
    }

    /// <summary>
    /// The opener, or an association, needs the loop no longer. With the last of them the transport is closed.
    /// </summary>
    public void Release()
    {
        if (Interlocked.Decrement(ref _users) == 0)
        {
            // From within a run: what it has still to send goes out first.
            Post(_ => CloseSoon());
        }
    }

    /// <summary>
    /// A peer has restarted, and its association has lost its host: it is accepted anew, or ended where nobody accepts. On
    /// the loop only.
    /// </summary>
    public void HandOver(Association restarted)
    {
        restarted.Tag = null;
        if (_onAccepted is null)
        {
            Instant now = _clock.Now;
            restarted.Abort(now, "nobody expects a restart here"u8);
            SendDatagrams(now);
            return;
        }

        _onAccepted(restarted);
        (restarted.Tag as AssociationHost)?.Collect();
    }

    void IThreadPoolWorkItem.Execute()
    {
        int runs = 0;
        do
        {
            if (runs++ == RunsBeforeYield)
            {
                ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);    // still marked as running
                return;
            }

            try
            {
                Run();
            }
#pragma warning disable CA1031 // A bug of ours must not take the process down: its associations end with an error instead.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                Fail(exception);
            }

            Volatile.Write(ref _isRunning, 0);
            Interlocked.MemoryBarrier();                     // the flag is visible before the inboxes are looked at
        }
        while (HasWork && Interlocked.CompareExchange(ref _isRunning, 1, 0) == 0);
    }

    private bool HasWork => !_received.IsEmpty || !_hosts.IsEmpty || !_commands.IsEmpty || Volatile.Read(ref _timerFired) != 0;

    private void Schedule()
    {
        if (Interlocked.CompareExchange(ref _isRunning, 1, 0) == 0)
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

        TakeReceived(now);
        for (int i = _commands.Count; i > 0 && _commands.TryDequeue(out Action<Instant>? command); i--)
        {
            command(now);
        }

        for (int i = _hosts.Count; i > 0 && _hosts.TryDequeue(out AssociationHost? host); i--)
        {
            host.RunInbox(now);
        }

        Endpoint.HandleTimeout(now);
        SendDatagrams(now);
        while (Endpoint.TryAccept(out Association? association))
        {
            _onAccepted?.Invoke(association);
        }

        while (Endpoint.TryTakeActive(out Association? association))
        {
            (association.Tag as AssociationHost)?.Collect();
        }

        SetTimer(now);
    }

    private void TakeReceived(Instant now)
    {
        for (int i = 0; i < ReceiveBatches && _received.TryDequeue(out DatagramBatch? batch); i++)
        {
            try
            {
                Take(now, batch);
            }
            finally
            {
                batch.Clear();
                _free.Writer.TryWrite(batch);                // also after a fault: without batches nothing is received
            }
        }
    }

    private void Take(Instant now, DatagramBatch batch)
    {
        for (int i = 0; i < batch.Count; i++)
        {
            ref readonly BatchedDatagram datagram = ref batch[i];
            Endpoint.HandleDatagram(now, datagram.Path, batch.Bytes(datagram));
            if (Endpoint.PeerShutdowns != _peerShutdowns)
            {
                OnPeerShutdown(now);
            }

            if (i % PacketsPerAck == PacketsPerAck - 1)
            {
                TakeDatagrams(now);
            }
        }
    }

    private void OnPeerShutdown(Instant now)
    {
        _peerShutdowns = Endpoint.PeerShutdowns;
        foreach (AssociationHost host in _alive)
        {
            host.CloseSending(now);
        }
    }

    private void SendDatagrams(Instant now)
    {
        TakeDatagrams(now);
        Flush();
    }

    private void TakeDatagrams(Instant now)
    {
        while (Endpoint.TryGetDatagram(now, _outgoing.Free, out OutgoingDatagram datagram))
        {
            _outgoing.Commit(datagram.Length, datagram.Path);
            if (_outgoing.IsFull)
            {
                Flush();
            }
        }
    }

    private void Flush()
    {
        if (_outgoing.Count > 0)
        {
            try
            {
                _transport.Send(_outgoing);
            }
            finally
            {
                _outgoing.Clear();                           // what a fault kept from being sent is lost, not sent again
            }
        }
    }

    private void SetTimer(Instant now)
    {
        // A deadline that moved back is left alone: the timer fires early once and is set again. Most of them move with
        // every SACK, and setting a timer costs more than that.
        Instant next = Endpoint.NextTimeout;
        if (next >= _timerSetFor || _isClosed)
        {
            return;
        }

        _timerSetFor = next;
        TimeSpan delay = next <= now ? TimeSpan.Zero : next - now;
        _timer.Change(TimeSpan.FromMilliseconds(Math.Min(Math.Ceiling(delay.TotalMilliseconds), int.MaxValue)), Timeout.InfiniteTimeSpan);
    }

    private void OnTimer()
    {
        Volatile.Write(ref _timerFired, 1);
        Schedule();
    }

    private async Task PumpAsync()
    {
        try
        {
            while (true)
            {
                DatagramBatch batch = await _free.Reader.ReadAsync().ConfigureAwait(false);
                if (!await _transport.ReceiveAsync(batch).ConfigureAwait(false))
                {
                    return;
                }

                _received.Enqueue(batch);
                Schedule();
            }
        }
#pragma warning disable CA1031 // Nobody awaits the pump: an error that nobody foresaw ends its associations, not silently.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            Post(_ => Fail(exception));
        }
    }

    private void Fail(Exception exception)
    {
        LogMessages.LoopFailed(_logger, exception);
        AbortAll();
        foreach (AssociationHost host in new List<AssociationHost>(_alive))
        {
            host.Fail(new SctpException(SctpError.InternalError, "Braid broke one of its own rules and closed the association.", exception));
        }
    }

    // Otherwise the protocol would go on without its host: acknowledge what nobody will read, and in the end report a
    // graceful shutdown to a peer whose messages were lost.
    private void AbortAll()
    {
        Instant now = _clock.Now;
        try
        {
            foreach (AssociationHost host in _alive)
            {
                host.Core.Abort(now, "internal error"u8);
            }

            SendDatagrams(now);
        }
#pragma warning disable CA1031 // It has failed already, and may be in no state to say so. The peer's timers must notice then.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            LogMessages.LoopFailed(_logger, exception);
        }
    }

    // Our SHUTDOWN COMPLETE may be lost. Then the peer repeats its SHUTDOWN ACK, and the endpoint answers that out of the blue
    // (RFC 9260 §8.4) - as long as there is a socket. A port that the user chose is free at once, as he expects.
    private void CloseSoon()
    {
        if (_transport.HasEphemeralPort)
        {
            _lingering = _clock.Provider.CreateTimer(
                static state => ((EndpointLoop)state!).Post(_ => ((EndpointLoop)state!).Close()), this, s_linger, Timeout.InfiniteTimeSpan);
        }
        else
        {
            Close();
        }
    }

    /// <summary>Closes the transport; nothing goes out any more. On the loop only.</summary>
    public void Close()
    {
        _lingering?.Dispose();
        _isClosed = true;
        _timer.Dispose();
        _transport.Dispose();
    }
}
