using System;
using System.Collections.Generic;
using System.Linq;
using System.Net;
using System.Threading;
using Braid.Sockets;

namespace Braid.Usrsctp;

/// <summary>
/// A socket as C has it: what it is bound to, how it waits, and whom it calls. <see cref="OneToOneSocket"/> and
/// <see cref="OneToManySocket"/> know what it is in Braid. No lock of it is held while Braid is called: that may run the protocol, and call others.
/// </summary>
internal abstract class UsrsctpSocket
{
    [C("SCTP_EVENT_READ")] protected const int CanRead = 1;
    [C("SCTP_EVENT_WRITE")] protected const int CanWrite = 2;
    [C("SCTP_EVENT_ERROR")] protected const int HasError = 4;

    private readonly object _gate = new();                   // a monitor, which can be waited on
    private readonly Dictionary<SctpAssociationId, SocketSettings> _settings = [];
    private readonly Callbacks _callbacks;
    private readonly CallbackProgress _progress = new();
    private int _version;
    private int _touched;
    private volatile bool _isClosed;
    private int _error;

    protected UsrsctpSocket(Library library, int domain, Callbacks callbacks, SocketSettings settings)
    {
        Library = library;
        Domain = domain;
        _callbacks = callbacks;
        Settings = settings;
        Incoming = new Incoming(this);
        Records = new Records(this);
        Handle = library.Add(this);
    }

    /// <summary>The library that it is of.</summary>
    public Library Library { get; }

    /// <summary>What the program knows it by.</summary>
    public nint Handle { get; }

    /// <summary>AF_INET, AF_INET6 or AF_CONN.</summary>
    public int Domain { get; }

    /// <summary>Whether its addresses are the program's own (AF_CONN).</summary>
    public bool IsOwnFamily => Domain == SocketName.Own;

    /// <summary>What has been set for it.</summary>
    public SocketSettings Settings { get; }

    /// <summary>Whom it calls.</summary>
    public Callbacks Callbacks => _callbacks;

    /// <summary>What it calls its associations.</summary>
    public AssociationNames Names { get; } = new();

    /// <summary>What has come and was not taken.</summary>
    public Incoming Incoming { get; }

    /// <summary>Messages that it sends in pieces.</summary>
    public Records Records { get; }

    /// <summary>Streams that are being reset.</summary>
    public StreamResets Resets { get; } = new();

    /// <summary>Whether there is anybody to read from.</summary>
    public virtual bool IsConnected => true;

    /// <summary>Whether calls return instead of waiting.</summary>
    public bool IsNonBlocking { get; set; }

    /// <summary>Whether other sockets may be bound to its port.</summary>
    public bool SharesPort => Settings.SharesPort;

    /// <summary>Addresses that it is bound to; none where it is bound to all of its family, or not bound.</summary>
    public IReadOnlyList<SocketName> Bound { get; private set; } = [];

    /// <summary>Its SCTP port; 0 where it is not bound.</summary>
    public ushort Port { get; private set; }

    /// <summary>Whether the program has closed it.</summary>
    public bool IsClosed => _isClosed;

    /// <summary>Whether nothing more is read (SHUT_RD).</summary>
    public bool IsReadingShut { get; set; }

    /// <summary>Whether it is a one-to-many socket.</summary>
    public abstract bool IsOneToMany { get; }

    /// <summary>Whether it accepts associations.</summary>
    public abstract bool IsListening { get; }

    /// <summary>What happens at the moment: SCTP_EVENT_READ, SCTP_EVENT_WRITE, SCTP_EVENT_ERROR.</summary>
    public abstract int Events { get; }

    /// <summary>What has come, but what is left of what was taken in part.</summary>
    public abstract bool TryTake(out SctpReceived received);

    /// <summary>Whether nothing more will come.</summary>
    public abstract bool HasEnded { get; }

    /// <summary>Whether that is because the peer or the program has ended it gracefully.</summary>
    public abstract bool HasEndedWell { get; }

    /// <summary>Bytes for which there is room to send; negative where nothing can be sent.</summary>
    public abstract long Room { get; }

    /// <summary>An association.</summary>
    /// <param name="id">Its identifier; a one-to-one socket has but one.</param>
    /// <returns>Null where there is none.</returns>
    public abstract SctpAssociation? Find(uint id);

    /// <summary>An association by Braid's name for it; null where there is none, or no longer.</summary>
    public abstract SctpAssociation? FindLiving(SctpAssociationId id);

    /// <summary>The association with a peer; null where there is none.</summary>
    public abstract SctpAssociation? Find(in SocketName peer);

    /// <summary>Associations that live.</summary>
    public abstract IReadOnlyList<SctpAssociation> Associations { get; }

    /// <summary>Settings of an association: a one-to-one socket's own; at first those of the socket in any case.</summary>
    public SocketSettings SettingsOf(SctpAssociation association)
    {
        if (!IsOneToMany)
        {
            return Settings;
        }

        lock (_settings)
        {
            HashSet<SctpAssociationId> living = [.. Associations.Select(static living => living.Id)];
            foreach (SctpAssociationId ended in _settings.Keys.Where(id => !living.Contains(id)).ToArray())
            {
                _settings.Remove(ended);
            }

            if (!_settings.TryGetValue(association.Id, out SocketSettings? settings))
            {
                _settings.Add(association.Id, settings = Settings.Copy());
            }

            return settings;
        }
    }

    /// <summary>How often there is something for the upcall to tell that it has not told. After each run of the protocol.</summary>
    public virtual int CountNews() => 1;

    /// <summary>What can be read by now is not told.</summary>
    public virtual void SkipNews()
    {
    }

    /// <summary>There was no room for a message: the upcall tells when there is.</summary>
    public virtual void WantRoom()
    {
    }

    /// <summary>Accepts associations from now on.</summary>
    public abstract void Listen(int backlog);

    /// <summary>Takes an association that a peer has set up.</summary>
    public abstract UsrsctpSocket Accept(out SocketName peer);

    /// <summary>Makes an association a socket of its own.</summary>
    public abstract UsrsctpSocket PeelOff(uint id);

    /// <summary>Sets an association up, and waits for it unless it is non-blocking.</summary>
    /// <returns>It.</returns>
    public abstract SctpAssociation Connect(IReadOnlyList<SocketName> peers);

    /// <summary>Begins to set an association up to send on it.</summary>
    public abstract SctpAssociation ConnectToSend(IReadOnlyList<SocketName> peers);

    /// <summary>Closes one or both directions.</summary>
    public abstract void Shutdown(int how);

    /// <summary>Options have changed that the future associations begin with.</summary>
    public virtual void OnFutureChanged()
    {
    }

    /// <summary>The program has a further address of its own.</summary>
    public virtual void OnRegistered(ConnLink link)
    {
    }

    /// <summary>The program has an address of its own no longer: what was on it has ended.</summary>
    public virtual void OnDeregistered(ConnLink link)
    {
    }

    /// <summary>Binds it.</summary>
    /// <param name="names">At least one, all with the same port.</param>
    /// <exception cref="RefusedException">It is bound, or cannot be bound there.</exception>
    public void Bind(IReadOnlyList<SocketName> names)
    {
        if (Port != 0)
        {
            throw new RefusedException(Errno.Invalid);
        }

        foreach (SocketName name in names)
        {
            if (!LocalAddresses.AreThere(Library, name))
            {
                throw new RefusedException(Errno.AddressNotAvailable);
            }
        }

        if (names.Any(name => name.Port != names[0].Port))
        {
            throw new RefusedException(Errno.Invalid);
        }

        IReadOnlyList<SocketName> specific = names.Any(static name => name.IsWildcard) ? [] : names;
        Port = Library.Ports.Bind(this, names[0].Port, specific);
        Bound = specific;
        ReleaseIfClosed();
    }

    /// <summary>Binds it to all addresses and a port that nobody uses, if it is not bound.</summary>
    public void BindIfNeeded()
    {
        if (Port == 0)
        {
            Port = Library.Ports.Bind(this, 0, []);
            ReleaseIfClosed();
        }
    }

    /// <summary>It is bound to further addresses; the youngest comes first, as libusrsctp lists them.</summary>
    /// <exception cref="RefusedException">They are not this host's, or another socket has them.</exception>
    public void AddBound(IReadOnlyList<SocketName> names)
    {
        SocketName[] further = [.. names.Where(name => !Bound.Any(bound => bound.IsAt(name))).Reverse()];
        if (further.Any(name => name.IsWildcard || !LocalAddresses.AreThere(Library, name)))
        {
            throw new RefusedException(Errno.AddressNotAvailable);
        }

        Library.Ports.Check(this, Port, further);
        Bound = [.. further, .. Bound];
    }

    /// <summary>It is bound to some addresses no longer.</summary>
    /// <exception cref="RefusedException">It would be bound to none, or is not bound to them.</exception>
    public void RemoveBound(IReadOnlyList<SocketName> names)
    {
        SocketName[] left = [.. Bound.Where(bound => !names.Any(name => name.IsAt(bound)))];
        if (left.Length == Bound.Count)
        {
            throw new RefusedException(Errno.AddressNotAvailable);
        }

        if (left.Length == 0)
        {
            throw new RefusedException(Errno.Invalid);
        }

        Bound = left;
    }

    /// <summary>It has got its port from the socket that has accepted it, or that it was peeled off.</summary>
    public void BindAs(UsrsctpSocket other)
    {
        Bound = other.Bound;
        Port = other.Port;
    }

    /// <summary>Whether an address can be meant for it.</summary>
    /// <exception cref="RefusedException">It is of another family.</exception>
    public void CheckFamily(in SocketName name)
    {
        if (name.Family != Domain && !(Domain == SocketName.IPv6 && name.Family == SocketName.IPv4))
        {
            throw new RefusedException(Errno.Invalid);
        }
    }

    /// <summary>Something has happened: who waits looks again, and who wants to be called is. From anywhere; does not block.</summary>
    public void Touch()
    {
        if (_isClosed)
        {
            return;
        }

        Records.Review();
        Wake();
        if (_callbacks.AreWanted)
        {
            if (_callbacks.HasUpcall)
            {
                _callbacks.AddNews(CountNews());
            }

            Library.Callbacks.Add(this);
        }
    }

    /// <summary>Who waits looks again.</summary>
    public void Wake()
    {
        lock (_gate)
        {
            _version++;
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>Calls the program, if there is something to tell. One thread at a time does.</summary>
    public void RunCallbacks()
    {
        if (Interlocked.Increment(ref _touched) > 1)
        {
            return;                                          // somebody does, and looks again
        }

        int seen;
        do
        {
            seen = Volatile.Read(ref _touched);
            int version = Volatile.Read(ref _version);
            try
            {
                _callbacks.Run(this);
            }
#pragma warning disable CA1031 // A fault of ours: the next callback is due all the same, and behind this there is a thread of the program's.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                Library.Print($"usrsctp: {exception}");
            }

            _progress.OnTold(version);
        }
        while (Interlocked.Add(ref _touched, -seen) > 0);
    }

    /// <summary>Waits until something is so.</summary>
    /// <param name="isSo">Asks; without any lock.</param>
    /// <param name="waits">Whether the call waits; null where the socket says so.</param>
    /// <returns>False when it is not, and the socket does not wait, or not here, or was closed.</returns>
    public bool WaitUntil(Func<bool> isSo, bool? waits = null)
    {
        while (true)
        {
            int seen = Volatile.Read(ref _version);
            if (isSo())
            {
                return true;
            }

            if (!(waits ?? !IsNonBlocking) || _isClosed || CallbackQueue.IsInOutput)
            {
                return false;
            }

            lock (_gate)
            {
                while (_version == seen && !_isClosed)
                {
                    Monitor.Wait(_gate);
                }
            }
        }
    }

    /// <summary>
    /// Waits until the receive callback has had what has come by now. A thread that calls the program, or is the one to do so, does not wait for itself.
    /// </summary>
    public void WaitUntilTold()
    {
        if (_callbacks.Receives && Library.Callbacks.CallsElsewhere)
        {
            Touch();
            _progress.WaitFor(Volatile.Read(ref _version));
        }
    }

    /// <summary>Remembers an error for the next call.</summary>
    public void SetError(int errno) => Interlocked.Exchange(ref _error, errno);

    /// <summary>The error that is remembered; 0 for none.</summary>
    public int PendingError => Volatile.Read(ref _error);

    /// <summary>Takes the error that is remembered.</summary>
    public int TakeError() => Interlocked.Exchange(ref _error, 0);

    /// <summary>The program needs it no longer.</summary>
    public void Close()
    {
        if (!Library.Remove(this))
        {
            return;
        }

        _isClosed = true;
        _progress.End();
        lock (_gate)
        {
            Monitor.PulseAll(_gate);
        }

        bool hasUnread = Incoming.Close();
        CloseAssociations(aborts: hasUnread || Settings.Linger == TimeSpan.Zero);
        if (Port != 0)
        {
            Library.Ports.Release(this, Port);
        }
    }

    // The port of a socket that another thread closes while it is bound.
    private void ReleaseIfClosed()
    {
        if (_isClosed)
        {
            Library.Ports.Release(this, Port);
            throw new RefusedException(Errno.BadDescriptor);
        }
    }

    /// <summary>Ends what it has.</summary>
    /// <param name="aborts">Whether at once.</param>
    protected abstract void CloseAssociations(bool aborts);

    /// <summary>After something was added: where another thread has closed the socket meanwhile, it ends as well.</summary>
    protected void EndIfClosed()
    {
        if (_isClosed)
        {
            CloseAssociations(aborts: true);
        }
    }

    /// <summary>Where it can be reached: what it listens on.</summary>
    protected IEnumerable<SctpStack> OwnStacks() => !IsOwnFamily
        ? Library.Stacks.All(BoundAddresses)
        : Library.Links.All.Where(link => Bound.Count == 0 || Bound.Any(name => name.Conn == link.Address)).Select(static link => link.Stack);

    /// <summary>Whom to connect to, and over what.</summary>
    /// <exception cref="RefusedException">There is no way there.</exception>
    protected (SctpStack Stack, IPEndPoint[] Remotes) Route(IReadOnlyList<SocketName> peers)
    {
        foreach (SocketName peer in peers)
        {
            CheckFamily(peer);
            if (peer.Port == 0 || peer.IsWildcard || IsMulticast(peer))
            {
                throw new RefusedException(Errno.Invalid);
            }
        }

        if (IsOwnFamily)
        {
            return (Library.Links.Find(peers[0].Conn)?.Stack ?? throw new RefusedException(Errno.AddressNotAvailable), []);
        }

        ushort udpPort = Settings.RemoteUdpPort;
        return (
            udpPort != 0 ? Library.Stacks.Udp(BoundAddresses) : Library.Stacks.Raw(BoundAddresses),
            [.. peers.Select(peer => new IPEndPoint(peer.Address!, udpPort))]);
    }

    /// <summary>The peer of an association, as C has it.</summary>
    public SocketName PeerOf(SctpAssociation association)
    {
        if (IsOwnFamily)
        {
            ConnLink? link = Library.Links.All.FirstOrDefault(link => link.Runs(association));
            return new SocketName(null, link?.Address ?? 0, association.RemotePort);
        }

        return NameOf(association.RemoteEndPoint.Address, association.RemotePort);
    }

    /// <summary>An address as the program wants to have it.</summary>
    public SocketName NameOf(IPAddress address, ushort port) =>
        new(Settings.MapsIPv4 && Domain == SocketName.IPv6 ? address.MapToIPv6() : address, 0, port);

    private static bool IsMulticast(in SocketName name) =>
        name.Address is { } address && (address.IsIPv6Multicast || (name.Family == SocketName.IPv4 && (address.GetAddressBytes()[0] & 0xf0) == 0xe0));

    private IReadOnlyList<IPAddress> BoundAddresses => [.. Bound.Select(static name => name.Address!)];
}
