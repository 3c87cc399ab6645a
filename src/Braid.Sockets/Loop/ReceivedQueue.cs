using System;
using System.Collections.Generic;
using System.Threading;

namespace Braid.Sockets;

/// <summary>What has come to a one-to-many socket, of all its associations, or to one association: messages and notifications in their order.</summary>
/// <param name="interleavesParts">
/// Whether messages of others may come between the parts of one (RFC 6458 §8.1.20, level 1); otherwise they wait until it ends.
/// </param>
/// <param name="isShared">Whether several associations have it in common.</param>
internal sealed class ReceivedQueue(bool interleavesParts, bool isShared = true)
{
    private const int Bound = 65536;                         // notifications that come on top are lost

    private readonly Lock _gate = new();
    private Deque<SctpReceived> _held;
    private AssociationHost? _inParts;                       // whose message has begun and not ended
    private long _lost;
    private bool _isClosed;

    public WaitQueue<SctpReceived> Items { get; } = new(new Lock());

    /// <summary>Whether several associations have it in common.</summary>
    public bool IsShared => isShared;

    /// <summary>A message; false when the socket is closed. The caller holds a lock of its own and completes what was decided after it.</summary>
    public bool TryEnqueue(in SctpReceived received, ref DecidedWaiters decided)
    {
        if (interleavesParts)
        {
            return Items.TryEnqueue(received, ref decided);
        }

        lock (_gate)
        {
            if (_isClosed)
            {
                return false;
            }

            if (_inParts is not null && _inParts != received.Host)
            {
                _held.AddLast(received);
                return true;
            }

            bool isTaken = Pass(received, ref decided);
            PassHeld(ref decided);
            return isTaken;
        }
    }

    /// <summary>A notification.</summary>
    /// <param name="notification">What happened.</param>
    /// <param name="decided">Calls to be completed once the caller has left its lock.</param>
    public void Add(SctpNotification notification, ref DecidedWaiters decided)
    {
        if (Items.Count >= Bound && notification is not SctpNotification.SendFailed)
        {
            Interlocked.Increment(ref _lost);
            return;
        }

        long lost = Interlocked.Exchange(ref _lost, 0);
        if (lost > 0)
        {
            Items.TryEnqueue(new SctpReceived(new SctpNotification.NotificationsLost(SctpAssociationId.All, lost)), ref decided);
        }

        Items.TryEnqueue(new SctpReceived(notification), ref decided);
    }

    /// <summary>Takes out all that is of one association. The caller holds a lock of its own and completes what was decided after it.</summary>
    public List<SctpReceived> TakeOf(AssociationHost host, ref DecidedWaiters decided)
    {
        lock (_gate)
        {
            // Under the lock: what is held may be passed on this moment.
            List<SctpReceived> taken = Items.TakeWhere(received => received.AssociationId == host.Id);
            for (int i = _held.Count; i > 0 && _held.TryTakeFirst(out SctpReceived received); i--)
            {
                if (received.Host == host)
                {
                    taken.Add(received);
                }
                else
                {
                    _held.AddLast(received);
                }
            }

            Leave(host, ref decided);
            return taken;
        }
    }

    /// <summary>An association has ended: the rest of its message will not come.</summary>
    public void OnEnded(AssociationHost host)
    {
        var decided = default(DecidedWaiters);
        lock (_gate)
        {
            Leave(host, ref decided);
        }

        decided.Complete();
    }

    /// <summary>Nobody reads any more.</summary>
    public void Close(Exception end)
    {
        Items.Complete(end);
        List<SctpReceived> left = [];
        lock (_gate)
        {
            _isClosed = true;
            while (_held.TryTakeFirst(out SctpReceived held))
            {
                left.Add(held);
            }
        }

        left.AddRange(Items.Close());
        left.ForEach(static received => received.Dispose());             // opens windows, and may run a loop: with no lock held
    }

    // Under the lock, like all below.
    private void Leave(AssociationHost host, ref DecidedWaiters decided)
    {
        if (_inParts == host)
        {
            _inParts = null;
            PassHeld(ref decided);
        }
    }

    private bool Pass(in SctpReceived received, ref DecidedWaiters decided)
    {
        _inParts = received.Message.Info.EndOfRecord ? null : received.Host;
        return Items.TryEnqueue(received, ref decided);
    }

    private void PassHeld(ref DecidedWaiters decided)
    {
        bool hasEnded = true;
        while (hasEnded)
        {
            while (_inParts is null && _held.TryTakeFirst(out SctpReceived first))
            {
                PassOrDispose(first, ref decided);
            }

            // What follows of a message that has begun. One whole turn, which leaves the others in their order.
            hasEnded = false;
            for (int i = _held.Count; i > 0 && _held.TryTakeFirst(out SctpReceived received); i--)
            {
                if (_inParts == received.Host)
                {
                    PassOrDispose(received, ref decided);
                    hasEnded |= _inParts is null;
                }
                else
                {
                    _held.AddLast(received);
                }
            }

            // What was held of one that has ended meanwhile was all: the rest of its message will not come.
            if (_inParts is { HasEnded: true })
            {
                _inParts = null;
                hasEnded = true;
            }
        }
    }

    private void PassOrDispose(in SctpReceived received, ref DecidedWaiters decided)
    {
        if (!Pass(received, ref decided))
        {
            received.Dispose();
        }
    }
}
