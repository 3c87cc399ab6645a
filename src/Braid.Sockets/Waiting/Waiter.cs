using System;
using System.Threading;
using System.Threading.Tasks;
using System.Threading.Tasks.Sources;

namespace Braid.Sockets;

/// <summary>
/// One call that waits for something, in a <see cref="WaitRoom"/>. Whoever takes it out of there, under the room's lock,
/// decides its outcome and completes it once the lock is left: no code of the user runs under a lock.
/// </summary>
internal abstract class Waiter
{
    private CancellationTokenRegistration _registration;

    /// <summary>Whether it waits; its outcome is decided otherwise.</summary>
    public bool IsWaiting { get; set; }

    /// <summary>Its neighbours in the room.</summary>
    public Waiter? Previous { get; set; }

    /// <inheritdoc cref="Previous"/>
    public Waiter? Next { get; set; }

    /// <summary>The outcome when it is a failure.</summary>
    public Exception? Error { get; set; }

    /// <summary>Lets the call go on. Outside of every lock.</summary>
    /// <param name="runsContinuation">Whether what awaits it may go on before this returns.</param>
    public abstract void Complete(bool runsContinuation = false);

    /// <summary>Ends the waiting when the token is cancelled. Called once it is in its room, outside of the lock.</summary>
    public void CancelWith(CancellationToken cancellationToken)
    {
        if (cancellationToken.CanBeCanceled)
        {
            _registration = cancellationToken.UnsafeRegister(static (state, token) => ((Waiter)state!).OnCancelled(token), this);
        }
    }

    /// <summary>Takes itself out of its room, if it still waits there.</summary>
    public abstract bool TryLeave(Exception error);

    /// <summary>Forgets the token; waits for a cancellation that is under way, which would hit the next call otherwise.</summary>
    protected void Unregister()
    {
        _registration.Dispose();
        _registration = default;
    }

    /// <summary>It has left undone: whoever waited behind it may be able to go on. Outside of every lock.</summary>
    protected virtual void OnLeft()
    {
    }

    private void OnCancelled(CancellationToken token)
    {
        if (TryLeave(new OperationCanceledException(token)))
        {
            OnLeft();
            Complete();
        }
    }
}

/// <summary>A call that waits for a result: awaited as a <see cref="ValueTask{TResult}"/>, or blocked on. Used again and again.</summary>
/// <param name="room">Where it waits, and where it goes when the caller has the result; its lock guards the outcome too.</param>
#pragma warning disable CA1001 // Its event is used as long as the room is, and goes with it.
internal class Waiter<TResult>(WaitRoom room) : Waiter, IValueTaskSource<TResult>, IValueTaskSource
#pragma warning restore CA1001
{
    private ManualResetValueTaskSourceCore<TResult> _source;
    private AutoResetEvent? _done;                           // for callers that block: set once for each that has not left
    private bool _isBlocked;

    /// <summary>The outcome when it is a success.</summary>
    public TResult? Result { get; set; }

    /// <summary>The call as something to await, once.</summary>
    public ValueTask<TResult> Task => new(this, _source.Version);

    /// <inheritdoc cref="Task"/>
    public ValueTask PlainTask => new(this, _source.Version);

    /// <summary>Makes it ready for a call. Under the lock.</summary>
    /// <param name="isBlocked">Whether the caller blocks on it instead of awaiting it.</param>
    public void Begin(bool isBlocked)
    {
        // An event, and not a monitor: who is woken by one finds its lock still taken, and sleeps a second time.
        _isBlocked = isBlocked;
        if (isBlocked)
        {
            _done ??= new AutoResetEvent(false);
        }
    }

    /// <inheritdoc/>
    public override void Complete(bool runsContinuation = false)
    {
        if (_isBlocked)
        {
            _done!.Set();
            return;
        }

        _source.RunContinuationsAsynchronously = !runsContinuation;
        if (Error is not null)
        {
            _source.SetException(Error);
        }
        else
        {
            _source.SetResult(Result!);
        }
    }

    /// <summary>Blocks the calling thread until the outcome is there.</summary>
    /// <param name="timeout">How long at most; <see cref="Timeout.InfiniteTimeSpan"/> for ever.</param>
    /// <exception cref="SctpException">It took longer.</exception>
    public TResult Wait(TimeSpan timeout)
    {
        bool hasLeft = false;
        bool wasInterrupted = false;
        for (bool isDone = false; !isDone && !hasLeft; timeout = Timeout.InfiniteTimeSpan)
        {
            // Who cannot leave any more is being let go this moment, and waits for that: the event must not be left set.
            try
            {
                isDone = _done!.WaitOne(timeout);
                hasLeft = !isDone && TryLeave(SctpException.TimedOut(timeout));
            }
            catch (ThreadInterruptedException exception)
            {
                hasLeft = TryLeave(exception);
                wasInterrupted = !hasLeft;                   // too late for this call: the next one notices
            }
        }

        if (hasLeft)
        {
            OnLeft();
        }

        if (wasInterrupted)
        {
            Thread.CurrentThread.Interrupt();
        }

        Exception? error = Error;
        TResult? result = Result;
        Recycle();
        return error is null ? result! : throw error;
    }

    /// <inheritdoc/>
    public TResult GetResult(short token)
    {
        // Whoever asks twice, or too early, must not get what another call waits for.
        if (_source.GetStatus(token) == ValueTaskSourceStatus.Pending)
        {
            throw new InvalidOperationException("The result was asked for before it was there: await the task, once.");
        }

        Unregister();
        try
        {
            return _source.GetResult(token);
        }
        finally
        {
            _source.Reset();
            Recycle();
        }
    }

    void IValueTaskSource.GetResult(short token) => GetResult(token);

    /// <inheritdoc/>
    public ValueTaskSourceStatus GetStatus(short token) => _source.GetStatus(token);

    /// <inheritdoc/>
    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, flags);

    /// <inheritdoc/>
    public override bool TryLeave(Exception error)
    {
        lock (room.Gate)
        {
            if (!IsWaiting)
            {
                return false;
            }

            room.Remove(this);
            Error = error;
            return true;
        }
    }

    /// <summary>Lets go what the call brought along. Under the lock.</summary>
    protected virtual void Clear()
    {
    }

    private void Recycle()
    {
        lock (room.Gate)
        {
            Error = null;
            Result = default;
            Clear();
            room.AddSpare(this);
        }
    }
}

/// <summary>Waiters whose outcome was decided under a lock, to be completed after it.</summary>
internal struct DecidedWaiters
{
    private Waiter? _first;
    private Waiter? _last;

    /// <summary>Adds a waiter that is in no list any more.</summary>
    public void Add(Waiter waiter)
    {
        if (_last is null)
        {
            _first = waiter;
        }
        else
        {
            _last.Next = waiter;
        }

        _last = waiter;
    }

    /// <summary>Lets all of them go on, in order. Outside of the lock.</summary>
    /// <param name="runsContinuations">Whether what awaits them may go on before this returns.</param>
    public void Complete(bool runsContinuations = false)
    {
        while (_first is { } waiter)
        {
            _first = waiter.Next;
            waiter.Next = null;                              // before the caller can use it again
            waiter.Complete(runsContinuations);
        }

        _last = null;
    }
}
