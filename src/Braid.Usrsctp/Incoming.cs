using System;
using System.Buffers;
using System.Collections.Generic;
using System.Threading;
using Braid.Sockets;

namespace Braid.Usrsctp;

/// <summary>What a call of recvv gets, or a receive callback: a message, a part of one, or a notification.</summary>
/// <param name="Count">Bytes.</param>
/// <param name="Flags">MSG_NOTIFICATION, MSG_EOR.</param>
/// <param name="Info">What is told with a message.</param>
/// <param name="Id">What the socket calls the association.</param>
/// <param name="Peer">Its peer.</param>
internal readonly record struct IncomingPart(int Count, int Flags, SctpReceiveInfo Info, uint Id, SocketName Peer)
{
    /// <summary>Whether it is a notification.</summary>
    public bool IsNotification => (Flags & Incoming.Notification) != 0;

    /// <summary>Whether it ends with this part.</summary>
    public bool IsLast => (Flags & Incoming.EndOfRecord) != 0;
}

/// <summary>
/// What has come to a socket, in the pieces that the program takes it in: Braid's queue holds it, and this the one that was taken in part. What waits
/// in the queue keeps the peer's window closed.
/// </summary>
internal sealed class Incoming(UsrsctpSocket socket)
{
    [C("MSG_NOTIFICATION")] public const int Notification = 0x2000;
    [C("MSG_EOR")] public const int EndOfRecord = 0x80;

    private readonly Lock _gate = new();
    private SctpReceived? _current;
    private readonly Queue<SctpNotification> _told = [];     // comes before what is in the queue
    private byte[] _notification = [];
    private int _offset;

    /// <summary>Whether there is something to be read.</summary>
    public bool IsReadable
    {
        get
        {
            lock (_gate)
            {
                return TryFill();
            }
        }
    }

    /// <summary>Bytes of what is to be read next; 0 where there is nothing.</summary>
    public int NextLength
    {
        get
        {
            lock (_gate)
            {
                return !TryFill() ? 0 : IsNotification ? _notification.Length - _offset : _current!.Value.Message.Length - _offset;
            }
        }
    }

    /// <summary>What is to be read next, without taking it.</summary>
    public bool TryPeek(out SctpReceiveInfo info, out int length, out bool isNotification)
    {
        lock (_gate)
        {
            bool isThere = TryFill();
            isNotification = isThere && IsNotification;
            info = isThere && !isNotification ? _current!.Value.Message.Info : default;
            length = !isThere ? 0 : isNotification ? _notification.Length - _offset : _current!.Value.Message.Length - _offset;
            return isThere;
        }
    }

    /// <summary>Copies as much as fits.</summary>
    /// <param name="destination">Where to.</param>
    /// <param name="part">What it is.</param>
    /// <param name="leavesIt">Whether the next call gets the same.</param>
    /// <returns>False when there is nothing.</returns>
    public bool TryRead(Span<byte> destination, out IncomingPart part, bool leavesIt = false)
    {
        SctpReceived done = default;
        bool isDone;
        lock (_gate)
        {
            part = default;
            if (!TryFill())
            {
                return false;
            }

            int left = IsNotification ? _notification.Length - _offset : _current!.Value.Message.Length - _offset;
            int count = Math.Min(left, destination.Length);
            isDone = count == left;
            if (IsNotification)
            {
                _notification.AsSpan(_offset, count).CopyTo(destination);
                KnownAssociation known = socket.Names.Find(_current!.Value.AssociationId);
                part = new IncomingPart(count, Notification | (isDone ? EndOfRecord : 0), default, known.Id, known.Peer);
            }
            else
            {
                SctpMessage message = _current!.Value.Message;
                message.Payload.Slice(_offset, count).CopyTo(destination);
                SctpReceiveInfo info = message.Info;
                var association = new SctpAssociation(message.Host);
                KnownAssociation known = socket.Names.Know(association, socket);
                SocketName peer = socket.IsOwnFamily ? known.Peer : socket.PeerOf(association);       // the address may be deregistered, or not the first any more
                part = new IncomingPart(count, isDone && info.EndOfRecord ? EndOfRecord : 0, info, known.Id, peer);
            }

            isDone &= !leavesIt;
            _offset += leavesIt ? 0 : count;
            if (isDone)
            {
                done = _current!.Value;
                _current = null;
            }
        }

        if (isDone)
        {
            done.Dispose();                                  // opens the window: not under the lock
        }

        return true;
    }

    /// <summary>Nothing is read any more.</summary>
    /// <returns>Whether there was anything that nobody has read, be it a notification.</returns>
    public bool Close()
    {
        bool hasUnread = false;
        while (true)
        {
            SctpReceived received;
            lock (_gate)
            {
                if (!TryFill())
                {
                    return hasUnread;
                }

                received = _current!.Value;
                hasUnread = true;
                _current = null;
            }

            received.Dispose();
        }
    }

    private bool IsNotification => _current!.Value.Notification is not null;

    // Under the lock, like the one above.
    private bool TryFill()
    {
        while (_current is null)
        {
            bool isTold = _told.TryDequeue(out SctpNotification? told);
            SctpReceived received = told is null ? default : new SctpReceived(told);
            if (!isTold && !socket.TryTake(out received))
            {
                return false;
            }

            if (received.Notification is { } notification)
            {
                if (socket.FindLiving(notification.AssociationId) is { } living)
                {
                    socket.Names.Of(living, socket);         // so that it has a name when it is gone
                }

                if (!isTold)
                {
                    notification = WithOthers(notification);
                    received = new SctpReceived(notification);
                }

                _notification = NotificationWriter.Write(socket, notification);
                if (_notification.Length == 0)
                {
                    continue;                                // C knows none of its kind
                }
            }

            _current = received;
            _offset = 0;
        }

        return true;
    }

    // What libusrsctp tells beside a notification of Braid's: the first of them; the others come next.
    private SctpNotification WithOthers(SctpNotification notification)
    {
        SctpAssociationId id = notification.AssociationId;
        if (socket.Names.Find(id) is not { Association: { } association } known)
        {
            return notification;
        }

        SctpNotificationKinds wanted = association.Host.Options.Notifications;
        if (!known.IsOurs && notification is SctpNotification.AssociationChange { Change: SctpAssociationChange.Up } && (wanted & SctpNotificationKinds.PeerAddressChange) != 0)
        {
            // Whoever is connected to: the COOKIE ECHO has shown that the address is the peer's (RFC 9260 §5.4).
            _told.Enqueue(new SctpNotification.PeerAddressChange(id, association.RemoteEndPoint, SctpPathState.Confirmed));
        }
        else if (notification is SctpNotification.AssociationReset { Denied: false, Failed: false } && (wanted & SctpNotificationKinds.StreamReset) != 0)
        {
            // With an association all its streams are reset.
            _told.Enqueue(new SctpNotification.StreamReset(id, true, [], false));
            _told.Enqueue(notification);
            return new SctpNotification.StreamReset(id, false, [], false);
        }

        return notification;
    }
}
