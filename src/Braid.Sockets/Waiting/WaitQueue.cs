using System;
using System.Collections.Generic;
using System.Diagnostics.CodeAnalysis;
using System.Threading;
using System.Threading.Tasks;

namespace Braid.Sockets;

/// <summary>
/// Things on their way from the loop to the application, and the calls that wait for them: awaited or blocked on, each thing
/// to one call, in the order of both. Allocates nothing once it has grown.
/// </summary>
/// <param name="gate">Its lock, which may be that of its owner, too: who holds it puts in many things at once.</param>
internal sealed class WaitQueue<T>(Lock gate)
{
    private readonly WaitRoom _room = new(gate);
    private Deque<T> _items;
    private Exception? _end;
    private bool _isClosed;

    /// <summary>Things that nobody took yet.</summary>
    public int Count
    {
        get
        {
            lock (_room.Gate)
            {
                return _items.Count;
            }
        }
    }

    /// <summary>Whether a call waits.</summary>
    public bool HasWaiters
    {
        get
        {
            lock (_room.Gate)
            {
                return !_room.IsEmpty;
            }
        }
    }

    /// <summary>Hands a thing to the call that waits longest, or keeps it.</summary>
    /// <returns>False when the queue has ended: the thing is the caller's.</returns>
    public bool TryEnqueue(T item)
    {
        var decided = default(DecidedWaiters);
        bool isTaken = TryEnqueue(item, ref decided);
        decided.Complete();
        return isTaken;
    }

    /// <summary>The same for a caller that holds a lock of its own: it completes the call afterwards.</summary>
    public bool TryEnqueue(T item, ref DecidedWaiters decided)
    {
        lock (_room.Gate)
        {
            if (_end is not null)
            {
                return false;
            }

            if (_room.TryTake(out Waiter? waiter))
            {
                ((Waiter<T>)waiter).Result = item;
                decided.Add(waiter);
            }
            else
            {
                _items.AddLast(item);
            }

            return true;
        }
    }

    /// <summary>Hands a thing to the call that waits longest, for a caller that holds a lock of its own and completes the call after it.</summary>
    /// <returns>False when no call waits: the thing is the caller's.</returns>
    public bool TryHand(T item, ref DecidedWaiters decided)
    {
        lock (_room.Gate)
        {
            if (!_room.TryTake(out Waiter? waiter))
            {
                return false;
            }

            ((Waiter<T>)waiter).Result = item;
            decided.Add(waiter);
            return true;
        }
    }

    /// <summary>Keeps a thing that had come before the end, after it too; nobody may wait yet.</summary>
    /// <returns>False when nobody reads any more: the thing is the caller's.</returns>
    public bool TryKeep(T item)
    {
        lock (_room.Gate)
        {
            if (!_isClosed)
            {
                _items.AddLast(item);
            }

            return !_isClosed;
        }
    }

    /// <summary>Puts a thing before all others: the rest of one that was taken.</summary>
    /// <returns>False when nobody reads any more: the thing is the caller's.</returns>
    public bool TryPutBack(T item)
    {
        Waiter? waiter;
        lock (_room.Gate)
        {
            if (_isClosed)
            {
                return false;
            }

            if (_room.TryTake(out waiter))
            {
                ((Waiter<T>)waiter).Result = item;
            }
            else
            {
                _items.AddFirst(item);
            }
        }

        waiter?.Complete();
        return true;
    }

    /// <summary>Takes the first thing, if there is one.</summary>
    public bool TryDequeue([MaybeNullWhen(false)] out T item)
    {
        lock (_room.Gate)
        {
            return _items.TryTakeFirst(out item);
        }
    }

    /// <summary>The first thing, without taking it.</summary>
    public bool TryPeek([MaybeNullWhen(false)] out T item)
    {
        lock (_room.Gate)
        {
            return _items.TryPeekFirst(out item);
        }
    }

    /// <summary>Takes the first thing, or waits for it.</summary>
    /// <exception cref="Exception">What the queue ended with, once it is empty.</exception>
    public ValueTask<T> DequeueAsync(CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<T>(cancellationToken);
        }

        return TakeOrWait(isBlocked: false).AsTask(cancellationToken);
    }

    /// <summary>Takes the first thing, or blocks the calling thread until it is there.</summary>
    /// <exception cref="SctpException">It took longer than <paramref name="timeout"/>.</exception>
    /// <exception cref="Exception">What the queue ended with, once it is empty.</exception>
    /// <exception cref="ArgumentOutOfRangeException">No thread can wait so long.</exception>
    public T Dequeue(TimeSpan timeout)
    {
        return TakeOrWait(isBlocked: true).Block(timeout);
    }

    /// <summary>Takes the first thing, or joins those who wait for it: for a caller that holds a lock of its own.</summary>
    public Taking<T> TakeOrWait(bool isBlocked)
    {
        lock (_room.Gate)
        {
            if (_items.TryTakeFirst(out T? item))
            {
                return new Taking<T>(item);
            }

            if (_end is not null)
            {
                return new Taking<T>(_end);
            }

            return new Taking<T>(_room.Join<T>(isBlocked));
        }
    }

    /// <summary>Nothing more will come: who waits, and whoever comes once everything was taken, gets the exception.</summary>
    /// <param name="end">The first one stays.</param>
    public void Complete(Exception end)
    {
        var decided = default(DecidedWaiters);
        lock (_room.Gate)
        {
            _end ??= end;
            while (_room.TryTake(out Waiter? waiter))
            {
                waiter.Error = SctpException.Again(_end);
                decided.Add(waiter);
            }
        }

        decided.Complete();
    }

    /// <summary>Nobody reads any more: nothing is kept, not even what is put back. To be called after <see cref="Complete"/>.</summary>
    /// <returns>What was left.</returns>
    public List<T> Close()
    {
        lock (_room.Gate)
        {
            _isClosed = true;
        }

        return TakeWhere(static _ => true);
    }

    /// <summary>Takes out everything of one kind, in order.</summary>
    public List<T> TakeWhere(Predicate<T> match)
    {
        var taken = new List<T>();
        lock (_room.Gate)
        {
            for (int i = _items.Count; i > 0; i--)
            {
                _items.TryTakeFirst(out T? item);
                if (match(item!))
                {
                    taken.Add(item!);
                }
                else
                {
                    _items.AddLast(item!);
                }
            }
        }

        return taken;
    }
}

/// <summary>What a call to take something from a <see cref="WaitQueue{T}"/> has got: the thing, the end, or a place in the line.</summary>
internal readonly struct Taking<T>
{
    private readonly T? _item;
    private readonly Exception? _end;
    private readonly Waiter<T>? _waiter;

    public Taking(T item) => _item = item;

    public Taking(Exception end) => _end = end;

    public Taking(Waiter<T> waiter) => _waiter = waiter;

    /// <summary>The outcome, to be awaited. Outside of every lock.</summary>
    public ValueTask<T> AsTask(CancellationToken cancellationToken)
    {
        if (_waiter is null)
        {
            return _end is null ? new ValueTask<T>(_item!) : ValueTask.FromException<T>(SctpException.Again(_end));
        }

        _waiter.CancelWith(cancellationToken);
        return _waiter.Task;
    }

    /// <summary>The outcome, blocking the calling thread until it is there.</summary>
    public T Block(TimeSpan timeout) => _waiter is not null ? _waiter.Wait(timeout) : _end is null ? _item! : throw SctpException.Again(_end);
}
