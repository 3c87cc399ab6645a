using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;
using Braid.Sockets;

namespace Braid.Usrsctp;

/// <summary>A one-to-one socket (SOCK_STREAM): one association, or a place where associations are accepted.</summary>
internal sealed class OneToOneSocket : UsrsctpSocket
{
    private const int MostWaiting = 128;                     // SOMAXCONN

    [C("SHUT_RD")] private const int ReadingAlone = 0;
    [C("SHUT_WR")] private const int WritingAlone = 1;
    [C("SHUT_RDWR")] private const int BothWays = 2;

    private readonly Lock _gate = new();
    private readonly List<SctpListener> _listeners = [];
    private readonly ConcurrentQueue<OneToOneSocket> _made = new();      // what can be accepted, where its callbacks are called before
    private int _backlog;
    private SctpAssociation? _association;
    private volatile bool _hasEnded;                         // set once the error is known that it has ended with
    private bool _hasFailed;
    private bool _isSendingShut;

    // What was told by the last upcall.
    private readonly Lock _newsGate = new();
    private int _seen;
    private long _buffered;
    private int _stage;
    private volatile bool _wantsRoom;

    public OneToOneSocket(Library library, int domain, Callbacks callbacks, SocketSettings settings)
        : base(library, domain, callbacks, settings)
    {
    }

    // One that exists: accepted, or peeled off.
    private OneToOneSocket(UsrsctpSocket parent, SctpAssociation association)
        : base(parent.Library, parent.Domain, parent.Callbacks.Copy(), parent.Settings.Copy())
    {
        IsNonBlocking = parent.IsNonBlocking;
        BindAs(parent);
        Names.Adopt(association, parent);
        Callbacks.SkipRoom();
        Adopt(association);
        Touch();
    }

    /// <inheritdoc/>
    public override bool IsOneToMany => false;

    /// <inheritdoc/>
    public override bool IsListening => _backlog > 0;

    /// <inheritdoc/>
    public override bool HasEnded => IsReadingShut || (_hasEnded && !Incoming.IsReadable);

    /// <inheritdoc/>
    public override bool HasEndedWell => HasEnded && !_hasFailed;

    /// <inheritdoc/>
    public override bool IsConnected => _association is not null;

    /// <inheritdoc/>
    public override long Room => _association is not { } association || association.Host.HasEnded ? -1
        : association.Established.IsCompleted && !association.Host.Outbox.IsFull ? Math.Max(1, association.Host.Options.SendBufferSize - association.BufferedAmount)
        : 0;

    /// <inheritdoc/>
    public override IReadOnlyList<SctpAssociation> Associations => Living is { } association ? [association] : [];

    /// <inheritdoc/>
    public override int Events
    {
        get
        {
            if (IsListening)
            {
                return HasWaiting() ? CanRead : 0;
            }

            int events = Incoming.IsReadable || HasEnded ? CanRead : 0;
            if (_association is { } association)
            {
                events |= Room > 0 || association.Host.HasEnded ? CanWrite : 0;
                events |= PendingError != 0 ? HasError : 0;
            }

            return events;
        }
    }

    /// <summary>A socket for an association that there is already.</summary>
    public static OneToOneSocket For(UsrsctpSocket parent, SctpAssociation association) => new(parent, association);

    /// <inheritdoc/>
    public override bool TryTake(out SctpReceived received)
    {
        received = default;
        if (_association?.Host.Inbox.InBand is not { } inBand)
        {
            return false;
        }

        bool isThere;
        lock (_newsGate)
        {
            isThere = inBand.Items.TryDequeue(out received);
            _seen -= isThere ? 1 : 0;                        // below zero: taken before it was told, and told all the same
        }

        return isThere;
    }

    /// <inheritdoc/>
    public override void SkipNews()
    {
        lock (_newsGate)
        {
            _seen = _association?.Host.Inbox.InBand?.Items.Count ?? 0;
        }
    }

    /// <inheritdoc/>
    public override int CountNews()
    {
        if (_association is not { } association)
        {
            return 1;                                        // of a listener's
        }

        int news;
        lock (_newsGate)
        {
            int count = association.Host.Inbox.InBand?.Items.Count ?? 0;
            news = Math.Max(0, count - _seen);
            _seen = count;
        }

        long buffered = association.BufferedAmount;
        bool hasRoom = buffered < Interlocked.Exchange(ref _buffered, buffered);
        hasRoom |= _wantsRoom && Room > 0;
        if (hasRoom || news > 0)
        {
            _wantsRoom = false;
        }

        int stage = (association.Established.IsCompleted ? 1 : 0) + (_hasEnded ? 1 : 0);
        bool hasMoved = Interlocked.Exchange(ref _stage, stage) != stage;

        // Who takes one message in each upcall gets all of them, and is called for what no notification tells.
        bool isTold = (association.Host.Options.Notifications & SctpNotificationKinds.AssociationChange) != 0;
        news += hasMoved && (news == 0 || !isTold) ? 1 : 0;
        return news == 0 && hasRoom ? 1 : news;
    }

    /// <inheritdoc/>
    public override void WantRoom() => _wantsRoom = true;

    /// <inheritdoc/>
    public override SctpAssociation? Find(uint id) => Living;

    /// <inheritdoc/>
    public override SctpAssociation? FindLiving(SctpAssociationId id) => _association is { } association && association.Id == id ? association : null;

    /// <inheritdoc/>
    public override SctpAssociation? Find(in SocketName peer) => Living is { } association && association.RemotePort == peer.Port ? association : null;

    /// <inheritdoc/>
    public override void Listen(int backlog)
    {
        if (_association is not null)
        {
            throw new RefusedException(Errno.Invalid);
        }

        BindIfNeeded();
        if (IsListening)
        {
            return;
        }

        _backlog = backlog is < 0 or > MostWaiting ? MostWaiting : Math.Max(1, backlog);
        try
        {
            foreach (SctpStack stack in OwnStacks())
            {
                Listen(stack);
            }
        }
        catch (RefusedException) when (Listeners().Length == 0)
        {
            _backlog = 0;                                    // it does not listen
            throw;
        }
    }

    /// <inheritdoc/>
    public override void OnRegistered(ConnLink link)
    {
        if (_backlog > 0 && IsOwnFamily && Bound.Count == 0)
        {
            Listen(link.Stack);
        }
    }

    /// <inheritdoc/>
    public override void OnDeregistered(ConnLink link)
    {
        SctpListener? listener;
        lock (_gate)
        {
            listener = _listeners.Find(listener => ReferenceEquals(listener.Loop, link.Stack.Loop));
            _listeners.Remove(listener!);
        }

        _ = listener?.DisposeAsync().AsTask();
    }

    /// <inheritdoc/>
    public override void OnFutureChanged()
    {
        foreach (SctpListener listener in Listeners())
        {
            listener.Change(_ => Settings.Association);
        }
    }

    /// <inheritdoc/>
    public override UsrsctpSocket Accept(out SocketName peer)
    {
        if (!IsListening)
        {
            throw new RefusedException(Errno.Invalid);
        }

        OneToOneSocket? accepted = null;
        if (!WaitUntil(() => (accepted = TryAccept()) is not null))
        {
            throw new RefusedException(IsClosed ? Errno.Aborted : Errno.WouldBlock);
        }

        if (!IsNonBlocking && Callbacks.Receives)
        {
            accepted!.WaitUntil(() => accepted._association!.Established.IsCompleted);
            accepted.WaitUntilTold();                        // and before accept does, where that may wait
        }

        peer = accepted!.PeerOf(accepted._association!);
        return accepted;
    }

    /// <inheritdoc/>
    public override UsrsctpSocket PeelOff(uint id) => throw new RefusedException(Errno.NotSupported);

    /// <inheritdoc/>
    public override SctpAssociation Connect(IReadOnlyList<SocketName> peers)
    {
        SctpAssociation association = Begin(peers);
        if (IsNonBlocking)
        {
            // Where there are threads it may be up by now, which no call of libusrsctp would be late enough to see.
            return association.Established.IsCompletedSuccessfully && !Library.HasThreads ? association : throw new RefusedException(Errno.InProgress);
        }

        if (!WaitUntil(() => association.Established.IsCompleted))
        {
            throw new RefusedException(Errno.Aborted);       // closed by another thread
        }

        if (association.Established.Exception?.InnerException is SctpException exception)
        {
            lock (_gate)
            {
                _association = null;
                _hasEnded = false;
            }

            TakeError();
            throw new RefusedException(Errno.Of(exception));
        }

        WaitUntilTold();                                     // the callback knows of COMM_UP before connect returns
        return association;
    }

    /// <inheritdoc/>
    public override SctpAssociation ConnectToSend(IReadOnlyList<SocketName> peers) =>
        _association ?? throw new RefusedException(Errno.NotConnected);

    /// <inheritdoc/>
    public override void Shutdown(int how)
    {
        if (how is not (ReadingAlone or WritingAlone or BothWays))
        {
            throw new RefusedException(Errno.Invalid);
        }

        IsReadingShut |= how is ReadingAlone or BothWays;
        if (how == ReadingAlone)
        {
            Touch();
            return;
        }

        if (Living is not { } association)
        {
            throw new RefusedException(Errno.NotConnected);
        }

        if (!_isSendingShut)
        {
            _isSendingShut = true;
            Records.End(association);
        }

        Touch();
    }

    /// <inheritdoc/>
    protected override void CloseAssociations(bool aborts)
    {
        while (IsListening && TryAccept() is { } waiting)
        {
            waiting._association!.Abort();                   // nobody will have it
            waiting.Close();
        }

        foreach (SctpListener listener in Listeners())
        {
            _ = listener.DisposeAsync().AsTask();
        }

        if (_association is { } association)
        {
            if (aborts || Records.IsUnfinished(association))
            {
                association.Abort();
            }

            _ = Records.Left.ContinueWith(_ => association.DisposeAsync().AsTask(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
    }

    // That what has ended has, and is of no use any more.
    private SctpAssociation? Living => _association is { Host.HasEnded: false } association ? association : null;

    private SctpAssociation Begin(IReadOnlyList<SocketName> peers)
    {
        lock (_gate)
        {
            if (IsListening)
            {
                throw new RefusedException(Errno.NotSupported);
            }

            if (_association is { } existing)
            {
                throw new RefusedException(
                    existing.Host.HasEnded ? Errno.Invalid
                    : existing.Established.IsCompleted ? Errno.IsConnected
                    : Errno.Already);
            }
        }

        Answers.Check();
        (SctpStack stack, System.Net.IPEndPoint[] remotes) = Route(peers);
        BindIfNeeded();
        SctpAssociation association;
        try
        {
            association = SctpAssociation.Begin(new SctpConnectOptions
            {
                RemoteEndPoints = remotes,
                RemotePort = peers[0].Port,
                LocalPort = Port,
                Stack = stack,
                Association = Settings.Association,
            });
        }
        catch (SctpException exception)
        {
            throw new RefusedException(Errno.Of(exception));
        }

        Names.Of(association, this, isOurs: true);
        Adopt(association);
        return association;
    }

    private void Adopt(SctpAssociation association)
    {
        lock (_gate)
        {
            _association = association;
        }

        association.Host.Watcher = OnWatched;
        OnWatched();                                         // for what has happened by then
        EndIfClosed();
    }

    private void OnWatched()
    {
        if (!_hasEnded && _association is { Closed.IsCompleted: true } association)
        {
            int error = Errno.OfEnd(association);
            _hasFailed = error != 0;
            if (_hasFailed)
            {
                SetError(error);
            }

            _hasEnded = true;
        }

        Touch();
    }

    private void Listen(SctpStack stack)
    {
        SctpListener listener;
        try
        {
            listener = SctpListener.Listen(new SctpListenerOptions { Port = Port, Stack = stack, Association = Settings.Association, Backlog = _backlog });
        }
        catch (SctpException exception)
        {
            throw new RefusedException(Errno.Of(exception));
        }

        listener.Watcher = OnOffered;
        lock (_gate)
        {
            _listeners.Add(listener);
        }

        OnOffered();                                         // for what has come by then
        EndIfClosed();
    }

    private SctpListener[] Listeners()
    {
        lock (_gate)
        {
            return [.. _listeners];
        }
    }

    // Callbacks are called from the start, whether or not it was accepted.
    private void OnOffered()
    {
        while (Callbacks.Receives && !IsClosed && _made.Count < _backlog && TryMake() is { } made)
        {
            _made.Enqueue(made);
            EndIfClosed();
        }

        Touch();
    }

    private OneToOneSocket? TryAccept()
    {
        while (_made.TryDequeue(out OneToOneSocket? made))
        {
            if (!made.IsClosed)
            {
                OnOffered();                                 // there is room for the next
                return made;
            }
        }

        return TryMake();
    }

    private OneToOneSocket? TryMake()
    {
        foreach (SctpListener listener in Listeners())
        {
            if (listener.TryAccept(out SctpAssociation? accepted))
            {
                return new OneToOneSocket(this, accepted);
            }
        }

        return null;
    }

    private bool HasWaiting() => !_made.IsEmpty || Array.Exists(Listeners(), static listener => listener.HasWaiting);
}
