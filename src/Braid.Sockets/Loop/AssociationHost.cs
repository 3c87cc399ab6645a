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
/// One association between the application's threads and the loop: an outbox with back-pressure, a queue of received
/// messages, and the tasks that complete when its state changes.
/// </summary>
internal sealed class AssociationHost
{
    private readonly EndpointLoop _loop;
    private readonly ILogger _logger;
    private readonly Channel<SctpMessage> _messages = Channel.CreateUnbounded<SctpMessage>(new UnboundedChannelOptions { SingleWriter = true });
    private readonly TaskCompletionSource _established = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly long _sendLimit;
    private readonly long _releaseThreshold;

    // Written by anybody.
    private readonly ConcurrentQueue<(PooledBuffer Payload, SendOptions Options)> _outbox = new();
    private readonly ConcurrentQueue<ReceivedMessage> _disposed = new();
    private int _isPosted;
    private int _isShutdownRequested;
    private string? _abortReason;
    private long _disposedCharge;

    // Guarded by _sendLock, which is never held while anything else runs.
    private readonly Lock _sendLock = new();
    private readonly Queue<SendWaiter> _sendWaiters = new();
    private long _buffered;
    private Exception? _sendError;

    // Written only by the loop.
    private long _inCore;
    private volatile bool _isEnded;

    public AssociationHost(EndpointLoop loop, Association core, ILogger logger)
    {
        _loop = loop;
        _logger = logger;
        Core = core;
        core.Tag = this;
        _sendLimit = core.Options.SendBufferSize;
        _releaseThreshold = core.Options.ReceiveBufferSize / 8;
        Remote = core.PrimaryPath.Remote;

        // One that a peer set up is handed to the application before its events are: it must know these from the start.
        State = core.State;
        Streams = (core.OutgoingStreams, core.IncomingStreams);
        _ = _closed.Task.Exception;                          // nobody has to look at it
    }

    /// <summary>The protocol. Only the loop may touch it, but for what is said to be safe.</summary>
    public Association Core { get; }

    /// <summary>The peer's address, as last seen.</summary>
    public NetworkAddress Remote { get; private set; }

    /// <summary>State as of the last run of the loop.</summary>
    public AssociationState State { get; private set; }

    /// <summary>Streams as negotiated; what we ask for and allow until then.</summary>
    public (int Outgoing, int Incoming) Streams { get; private set; }

    /// <summary>Completes when data can flow; faults when that failed.</summary>
    public Task Established => _established.Task;

    /// <summary>Completes at the end; faults when it was not a graceful one.</summary>
    public Task Closed => _closed.Task;

    /// <summary>Messages received and not read.</summary>
    public ChannelReader<SctpMessage> Messages => _messages.Reader;

    /// <summary>Queues a copy of a message if the send buffer has room and nobody waits for it.</summary>
    public bool TrySend(ReadOnlySpan<byte> payload, in SendOptions options)
    {
        lock (_sendLock)
        {
            if (!HasRoom())
            {
                return false;
            }
        }

        PooledBuffer copy = _loop.Endpoint.Buffers.RentCopy(payload);
        lock (_sendLock)
        {
            if (_sendError is null && HasRoom())
            {
                Admit(copy, options);
                copy = null!;
            }
        }

        if (copy is not null)
        {
            copy.Dispose();                                  // somebody was faster, or the association has ended
            return false;
        }

        Wake();
        return true;
    }

    /// <summary>Waits, in the order of the calls, until the send buffer has room, and queues a copy of a message.</summary>
    public async ValueTask SendWhenRoomAsync(ReadOnlyMemory<byte> payload, SendOptions options, CancellationToken cancellationToken)
    {
        var waiter = new SendWaiter(_loop.Endpoint.Buffers.RentCopy(payload.Span), options);
        lock (_sendLock)
        {
            if (_sendError is null)
            {
                _sendWaiters.Enqueue(waiter);
                AdmitWaiters();
            }
            else
            {
                waiter.Completion.TrySetException(_sendError);
            }
        }

        Wake();
        using (cancellationToken.UnsafeRegister(
            static (state, token) => ((SendWaiter)state!).Completion.TrySetCanceled(token), waiter))
        {
            try
            {
                await waiter.Completion.Task.ConfigureAwait(false);
            }
            catch
            {
                waiter.Payload.Dispose();                    // it was not admitted, so it is still ours
                throw;
            }
        }
    }

    /// <summary>Begins a graceful shutdown, after everything queued so far.</summary>
    public void RequestShutdown()
    {
        lock (_sendLock)
        {
            _sendError ??= new SctpException(SctpError.OperationAborted, "The association is shutting down: nothing new can be sent.");
        }

        FailWaiters();
        Interlocked.Exchange(ref _isShutdownRequested, 1);   // only now: what was accepted is in the outbox
        Wake();
    }

    /// <summary>Ends the association.</summary>
    public void RequestAbort(string reason)
    {
        Interlocked.CompareExchange(ref _abortReason, reason, null);
        Wake();
    }

    /// <summary>The application is done with a message.</summary>
    public void Release(ReceivedMessage message)
    {
        long charge = message.Charge;                        // read before the loop may have it
        _disposed.Enqueue(message);

        // The window is re-opened in steps of a quarter: there is no need to wake the loop for each message. It is memory
        // that closes the window, and the smallest message holds far more of it than its length.
        if (Interlocked.Add(ref _disposedCharge, charge) >= _releaseThreshold)
        {
            Wake();
        }
    }

    /// <summary>Runs a statistics snapshot on the loop.</summary>
    public Task<AssociationStatistics> GetStatisticsAsync()
    {
        var completion = new TaskCompletionSource<AssociationStatistics>(TaskCreationOptions.RunContinuationsAsynchronously);
        _loop.Post(_ => completion.SetResult(Core.GetStatistics()));
        return completion.Task;
    }

    /// <summary>For tests: closes the transport under everything that uses it.</summary>
    public Task VanishAsync()
    {
        var completion = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _loop.Post(_ =>
        {
            _loop.Close();
            End(new SctpException(SctpError.InternalError, "It vanished."));
            completion.SetResult();
        });
        return completion.Task;
    }

    /// <summary>Hands what the application left to the protocol. On the loop.</summary>
    public void RunInbox(Instant now)
    {
        Volatile.Write(ref _isPosted, 0);
        Interlocked.MemoryBarrier();                         // whoever adds from now on posts anew
        Interlocked.Exchange(ref _disposedCharge, 0);
        while (_disposed.TryDequeue(out ReceivedMessage? message))
        {
            message.Dispose();
        }

        if (_isEnded)
        {
            DiscardOutbox();                                 // the core may be another host's by now (a restart)
            return;
        }

        if (Volatile.Read(ref _abortReason) is { } reason)
        {
            Core.Abort(now, System.Text.Encoding.UTF8.GetBytes(reason));
        }

        HandOver(now);
        if (Volatile.Read(ref _isShutdownRequested) != 0)
        {
            Core.Shutdown(now);
        }
    }

    /// <summary>
    /// The peer shuts down: from now on nothing is accepted, and what was accepted before goes out. On the loop, before the
    /// protocol can answer.
    /// </summary>
    public void CloseSending(Instant now)
    {
        if (Core.State != AssociationState.ShutdownReceived)
        {
            return;
        }

        lock (_sendLock)
        {
            _sendError ??= new SctpException(SctpError.OperationAborted, "The peer is shutting the association down: nothing new can be sent.");
        }

        FailWaiters();
        HandOver(now);
    }

    /// <summary>Takes what the protocol has for the application. On the loop.</summary>
    public void Collect()
    {
        if (_isEnded)
        {
            return;
        }

        State = Core.State;
        Remote = Core.PrimaryPath.Remote;
        while (Core.TryReceive(out ReceivedMessage? message))
        {
            _messages.Writer.TryWrite(new SctpMessage(this, message));
        }

        long released = _inCore - Core.BufferedCharge;
        if (released > 0)
        {
            _inCore -= released;
            OnReleased(released);
        }

        while (!_isEnded && Core.TryGetEvent(out AssociationEvent? associationEvent))
        {
            OnEvent(associationEvent);
        }
    }

    /// <summary>Ends everything with an error. On the loop.</summary>
    public void Fail(SctpException exception) => End(exception);

    private void OnEvent(AssociationEvent associationEvent)
    {
        switch (associationEvent)
        {
            case AssociationEvent.Established up:
                Streams = (up.OutgoingStreams, up.IncomingStreams);
                LogMessages.Established(_logger, Remote, up.OutgoingStreams, up.IncomingStreams);
                _established.TrySetResult();
                break;
            case AssociationEvent.Restarted:
                LogMessages.Restarted(_logger, Remote);
                End(new SctpException(SctpError.PeerRestarted, $"The peer at {Remote} has restarted: what was on its way is lost."));
                _loop.HandOver(Core);
                break;
            case AssociationEvent.PathChanged changed:
                LogMessages.PathChanged(_logger, changed.Path.Remote, changed.State);
                break;
            case AssociationEvent.RemoteError error:
                LogMessages.RemoteError(_logger, Remote, error.CauseCode);
                break;
            case AssociationEvent.Closed closed:
                LogMessages.Closed(_logger, Remote, closed.Reason);
                End(SctpException.From(closed, Remote));
                break;
        }
    }

    private void End(SctpException? error)
    {
        if (_isEnded)
        {
            return;
        }

        _isEnded = true;
        State = AssociationState.Closed;
        SctpException ended = error ?? new SctpException(SctpError.AssociationClosed, "The association was closed.");
        lock (_sendLock)
        {
            _sendError = ended;
        }

        FailWaiters();
        _messages.Writer.TryComplete(error);
        if (error is null)
        {
            _established.TrySetException(ended);
            _closed.TrySetResult();
        }
        else
        {
            _established.TrySetException(error);
            _closed.TrySetException(error);
            _ = _closed.Task.Exception;                      // observed: nobody has to await Closed
        }

        _ = _established.Task.Exception;
        _loop.Detach(this);
    }

    private void HandOver(Instant now)
    {
        while (_outbox.TryDequeue(out (PooledBuffer Payload, SendOptions Options) item))
        {
            long charge = Charge(item.Payload);
            if (Core.SendAccepted(now, item.Payload, item.Options) == SendStatus.Ok)
            {
                _inCore += charge;
            }
            else
            {
                item.Payload.Dispose();                      // the association has ended
                OnReleased(charge);
            }
        }
    }

    private void DiscardOutbox()
    {
        while (_outbox.TryDequeue(out (PooledBuffer Payload, SendOptions Options) item))
        {
            item.Payload.Dispose();
        }
    }

    private static long Charge(PooledBuffer payload) => payload.Length + AssociationOptions.MessageOverhead;

    private void Wake()
    {
        if (Interlocked.Exchange(ref _isPosted, 1) == 0)
        {
            _loop.Post(this);
        }
    }

    private void OnReleased(long bytes)
    {
        bool mustWake;
        lock (_sendLock)
        {
            _buffered -= bytes;
            mustWake = AdmitWaiters();
        }

        if (mustWake)
        {
            Wake();
        }
    }

    // Under _sendLock. Completing a waiter runs nothing of its continuation here.
    private bool AdmitWaiters()
    {
        bool any = false;
        while (_buffered < _sendLimit && _sendWaiters.TryDequeue(out SendWaiter? waiter))
        {
            if (waiter.Completion.TrySetResult())
            {
                Admit(waiter.Payload, waiter.Options);
                any = true;
            }
        }

        return any;
    }

    // Under _sendLock, so that nothing is accepted once sending is closed.
    private void Admit(PooledBuffer payload, in SendOptions options)
    {
        _buffered += Charge(payload);
        _outbox.Enqueue((payload, options));
    }

    // Under _sendLock.
    private bool HasRoom()
    {
        if (_sendError is not null)
        {
            throw _sendError;
        }

        return _sendWaiters.Count == 0 && _buffered < _sendLimit;
    }

    private void FailWaiters()
    {
        lock (_sendLock)
        {
            while (_sendWaiters.TryDequeue(out SendWaiter? waiter))
            {
                waiter.Completion.TrySetException(_sendError!);
            }
        }
    }

    private sealed class SendWaiter(PooledBuffer payload, SendOptions options)
    {
        public PooledBuffer Payload { get; } = payload;

        public SendOptions Options { get; } = options;

        public TaskCompletionSource Completion { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
