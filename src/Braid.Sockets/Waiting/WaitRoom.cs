using System.Diagnostics.CodeAnalysis;
using System.Threading;

namespace Braid.Sockets;

/// <summary>
/// Where calls wait: their line, the longest first, and the objects of calls that are over, for the next ones.
/// </summary>
/// <param name="gate">Guards all this and the state of its owner, maybe of more: every member is called under it.</param>
internal sealed class WaitRoom(Lock gate)
{
    private const int MostSpares = 16;

    private Waiter? _first;
    private Waiter? _last;
    private Waiter? _spare;
    private int _spares;

    /// <summary>The lock. Not a monitor: once two threads have met at one, each entry is a call into the runtime.</summary>
    public Lock Gate => gate;

    /// <summary>Whether nobody waits.</summary>
    public bool IsEmpty => _first is null;

    /// <summary>The call that waits longest.</summary>
    public Waiter? First => _first;

    /// <summary>A call begins to wait, behind the others.</summary>
    /// <param name="isBlocked">Whether the caller blocks on it instead of awaiting it.</param>
    public Waiter<TResult> Join<TResult>(bool isBlocked)
    {
        Waiter<TResult> waiter = TryTakeSpare(out Waiter? spare) ? (Waiter<TResult>)spare : new Waiter<TResult>(this);
        waiter.Begin(isBlocked);
        Add(waiter);
        return waiter;
    }

    /// <summary>Puts a call behind the others.</summary>
    public void Add(Waiter waiter)
    {
        waiter.IsWaiting = true;
        waiter.Previous = _last;
        waiter.Next = null;
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

    /// <summary>Takes a call out, wherever it stands.</summary>
    public void Remove(Waiter waiter)
    {
        if (waiter.Previous is null)
        {
            _first = waiter.Next;
        }
        else
        {
            waiter.Previous.Next = waiter.Next;
        }

        if (waiter.Next is null)
        {
            _last = waiter.Previous;
        }
        else
        {
            waiter.Next.Previous = waiter.Previous;
        }

        waiter.IsWaiting = false;
        waiter.Previous = null;
        waiter.Next = null;
    }

    /// <summary>Takes out the call that waits longest.</summary>
    public bool TryTake([NotNullWhen(true)] out Waiter? waiter)
    {
        waiter = _first;
        if (waiter is null)
        {
            return false;
        }

        Remove(waiter);
        return true;
    }

    /// <summary>Takes an object that no call uses any more.</summary>
    public bool TryTakeSpare([NotNullWhen(true)] out Waiter? waiter)
    {
        waiter = _spare;
        if (waiter is null)
        {
            return false;
        }

        _spare = waiter.Next;
        _spares--;
        waiter.Next = null;
        return true;
    }

    /// <summary>Keeps an object for the next call, unless there are enough.</summary>
    public void AddSpare(Waiter waiter)
    {
        if (_spares < MostSpares)
        {
            waiter.Next = _spare;
            _spare = waiter;
            _spares++;
        }
    }
}
