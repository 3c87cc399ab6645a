using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Braid.Sockets;

namespace Braid.Usrsctp;

/// <summary>A one-to-many socket (SOCK_SEQPACKET): one of Braid's for each stack that it is on.</summary>
internal sealed class OneToManySocket(Library library, int domain, Callbacks callbacks, SocketSettings settings)
    : UsrsctpSocket(library, domain, callbacks, settings)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<SctpStack, SctpSocket> _sockets = [];
    private readonly HashSet<SctpStack> _ended = [];         // what has come there is still read
    private bool _isListening;

    /// <inheritdoc/>
    public override bool IsOneToMany => true;

    /// <inheritdoc/>
    public override bool IsListening => _isListening;

    /// <inheritdoc/>
    public override bool HasEnded => IsReadingShut;

    /// <inheritdoc/>
    public override bool HasEndedWell => false;

    /// <inheritdoc/>
    public override long Room => Settings.Association.SendBufferSize;

    /// <inheritdoc/>
    public override int Events => Incoming.IsReadable ? CanRead : 0;        // there is no one association that could be written to

    /// <inheritdoc/>
    public override IReadOnlyList<SctpAssociation> Associations
    {
        get
        {
            // The youngest first, as libusrsctp lists them.
            IEnumerable<SctpAssociation> all = Sockets().SelectMany(static socket => socket.Associations.Select(socket.TryFind)).OfType<SctpAssociation>();
            return [.. all.OrderByDescending(association => Names.Of(association, this))];
        }
    }

    /// <inheritdoc/>
    public override bool TryTake(out SctpReceived received)
    {
        foreach (SctpSocket socket in Sockets())
        {
            // In this order: what an association says at its end is there when it is gone.
            bool hasEnded = HasEndedOn(socket);
            if (socket.TryReceive(out received))
            {
                return true;
            }

            if (hasEnded)
            {
                Forget(socket);
            }
        }

        received = default;
        return false;
    }

    /// <inheritdoc/>
    public override SctpAssociation? Find(uint id) => Names.Find(id) is { } known ? FindLiving(known) : null;

    /// <inheritdoc/>
    public override SctpAssociation? FindLiving(SctpAssociationId id) => Sockets().Select(socket => socket.TryFind(id)).FirstOrDefault(static found => found is not null);

    /// <inheritdoc/>
    public override SctpAssociation? Find(in SocketName peer)
    {
        SocketName wanted = peer;
        return Associations.FirstOrDefault(association => PeerOf(association) is var name
            && name.Port == wanted.Port && name.Conn == wanted.Conn && Equals(name.Address, wanted.Address));
    }

    /// <inheritdoc/>
    public override void Listen(int backlog)
    {
        BindIfNeeded();
        _isListening = backlog > 0;
        if (_isListening)
        {
            foreach (SctpStack stack in OwnStacks())
            {
                On(stack).Listen();
            }
        }
    }

    /// <inheritdoc/>
    public override void OnRegistered(ConnLink link)
    {
        if (_isListening && IsOwnFamily && Bound.Count == 0)
        {
            On(link.Stack).Listen();
        }
    }

    /// <inheritdoc/>
    public override void OnDeregistered(ConnLink link)
    {
        lock (_gate)
        {
            if (_sockets.ContainsKey(link.Stack))
            {
                _ended.Add(link.Stack);
            }
        }

        Touch();
    }

    /// <inheritdoc/>
    public override void OnFutureChanged()
    {
        foreach (SctpSocket socket in Sockets())
        {
            socket.SetFuture(Settings.Association);
        }
    }

    /// <inheritdoc/>
    public override UsrsctpSocket Accept(out SocketName peer) => throw new RefusedException(Errno.Invalid);

    /// <inheritdoc/>
    public override UsrsctpSocket PeelOff(uint id)
    {
        foreach (SctpSocket socket in Sockets())
        {
            if (Names.Find(id) is { } known && socket.TryFind(known) is not null)
            {
                return OneToOneSocket.For(this, socket.PeelOff(known));
            }
        }

        throw new RefusedException(Errno.NoEntry);
    }

    /// <inheritdoc/>
    public override SctpAssociation Connect(IReadOnlyList<SocketName> peers) => ConnectToSend(peers);    // a notification tells what became of it

    /// <inheritdoc/>
    public override SctpAssociation ConnectToSend(IReadOnlyList<SocketName> peers)
    {
        foreach (SocketName peer in peers)
        {
            if (Find(peer) is not null)
            {
                throw new RefusedException(Errno.Already);
            }
        }

        Answers.Check();
        (SctpStack stack, System.Net.IPEndPoint[] remotes) = Route(peers);
        BindIfNeeded();
        SctpSocket socket = On(stack);
        try
        {
            SctpAssociation association = socket.Of(socket.Begin(remotes, peers[0].Port));
            Names.Of(association, this, isOurs: true);
            return association;
        }
        catch (SctpException exception)
        {
            throw new RefusedException(Errno.Of(exception));
        }
    }

    /// <inheritdoc/>
    public override void Shutdown(int how)
    {
        if (how != 0)
        {
            throw new RefusedException(Errno.NotSupported);
        }

        IsReadingShut = true;
        Touch();
    }

    /// <inheritdoc/>
    protected override void CloseAssociations(bool aborts)
    {
        foreach (SctpAssociation association in Associations)
        {
            if (aborts || Records.IsUnfinished(association))
            {
                association.Abort();
            }
        }

        foreach (SctpSocket socket in Sockets())
        {
            _ = Records.Left.ContinueWith(_ => socket.DisposeAsync().AsTask(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
    }

    private SctpSocket On(SctpStack stack)
    {
        SctpSocket socket;
        lock (_gate)
        {
            if (_sockets.TryGetValue(stack, out SctpSocket? known))
            {
                return known;
            }

            socket = new SctpSocket(new SctpSocketOptions { Port = Port, Stack = stack, Association = Settings.Association });
            int seen = 0;
            SctpSocket watched = socket;
            socket.Watcher = () => OnWatched(watched, ref seen);
            _sockets.Add(stack, socket);
        }

        EndIfClosed();
        return socket;
    }

    // Whether nothing more comes from there.
    private bool HasEndedOn(SctpSocket socket)
    {
        lock (_gate)
        {
            return _ended.Count > 0 && socket.Associations.Count == 0 && _ended.Any(stack => _sockets.GetValueOrDefault(stack) == socket);
        }
    }

    // All of it was read. It is disposed elsewhere: here a lock is held.
    private void Forget(SctpSocket socket)
    {
        lock (_gate)
        {
            SctpStack stack = _ended.First(stack => _sockets.GetValueOrDefault(stack) == socket);
            _ended.Remove(stack);
            _sockets.Remove(stack);
        }

        _ = Task.Run(async () => await socket.DisposeAsync().ConfigureAwait(false));
    }

    // Those that have come are named while they live: what is told of them may be read when they are gone.
    private void OnWatched(SctpSocket socket, ref int seen)
    {
        int count = socket.AssociationsBegun;
        if (count != seen)
        {
            seen = count;
            foreach (SctpAssociationId id in socket.Associations)
            {
                if (socket.TryFind(id) is { } association)
                {
                    Names.Of(association, this);
                }
            }
        }

        Touch();
    }

    private SctpSocket[] Sockets()
    {
        lock (_gate)
        {
            return [.. _sockets.Values];
        }
    }
}
