using System;
using System.Threading;

namespace Braid.Sockets;

/// <summary>Notifications of one association that nobody read yet: bounded, because nobody may ever read them.</summary>
internal sealed class NotificationQueue(SctpAssociationId id)
{
    private const int Bound = 1024;

    private long _lost;

    public WaitQueue<SctpNotification> Items { get; } = new(new Lock());

    /// <summary>Keeps a notification. When there are too many the new ones are lost, and the next that fits says how many.</summary>
    /// <param name="notification">What happened.</param>
    /// <param name="decided">Calls to be completed once the caller has left its lock.</param>
    public void Add(SctpNotification notification, ref DecidedWaiters decided)
    {
        // A message that failed is counted by the send buffer already, and it is the application's only copy. How the
        // association ended comes once.
        if (Items.Count >= Bound && notification is not (SctpNotification.SendFailed or SctpNotification.AssociationChange))
        {
            Interlocked.Increment(ref _lost);
            return;
        }

        long lost = Interlocked.Exchange(ref _lost, 0);
        if (lost > 0)
        {
            Items.TryEnqueue(new SctpNotification.NotificationsLost(id, lost), ref decided);
        }

        Items.TryEnqueue(notification, ref decided);
    }

    /// <summary>The association has ended; what is there can still be read.</summary>
    public void End(Exception end)
    {
        long lost = Interlocked.Exchange(ref _lost, 0);
        if (lost > 0)
        {
            Items.TryEnqueue(new SctpNotification.NotificationsLost(id, lost));
        }

        Items.Complete(end);
    }
}
