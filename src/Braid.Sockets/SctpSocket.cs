using System;
using System.Collections.Generic;
using System.Net;
using System.Threading;
using System.Threading.Tasks;
using Braid.Core;
using Braid.Sctp;

namespace Braid.Sockets;

/// <summary>
/// A one-to-many socket (RFC 6458 §3): one object for any number of peers. Sending to a peer sets the association up, and the
/// first message rides along with the handshake; everything that comes, messages and notifications of all associations,
/// comes out of one call.
/// </summary>
public sealed partial class SctpSocket : IAsyncDisposable, IDisposable
{
    private readonly PeerTable _peers = new();
    private readonly StartingPeers _starting = new();
    private readonly SocketBinding _binding;
    private int _isDisposed;

    /// <summary>A socket that is bound when it is first used, or by <see cref="Bind(IPEndPoint, ushort)"/>.</summary>
    /// <param name="options">Where it is, and how its associations begin; null for the defaults.</param>
    /// <exception cref="ArgumentException">An option is outside its range.</exception>
    public SctpSocket(SctpSocketOptions? options = null)
    {
        options ??= new SctpSocketOptions();
        options.Validate();
        _binding = new SocketBinding(options, OnAccepted, OnShutDown);
        Received = new ReceivedQueue(options.InterleavesParts);
    }

    /// <summary>Where it is bound, with the UDP port that the system chose; none before.</summary>
    public IReadOnlyList<IPEndPoint> LocalEndPoints => _binding.LocalEndPoints;

    /// <summary>Our SCTP port; 0 before it is chosen.</summary>
    public ushort Port => _binding.Port;

    /// <summary>Associations that live, in whatever state.</summary>
    public IReadOnlyCollection<SctpAssociationId> Associations => _peers.Ids;

    internal ReceivedQueue Received { get; }

    /// <summary>Binds the socket. Only before it is used otherwise.</summary>
    /// <param name="local">Address and UDP port; UDP port 0 lets the system choose.</param>
    /// <param name="port">The SCTP port; 0 picks one.</param>
    /// <exception cref="InvalidOperationException">It is bound already, or lives on a stack.</exception>
    /// <exception cref="SctpException">The address, or the SCTP port, cannot be used.</exception>
    public void Bind(IPEndPoint local, ushort port = 0)
    {
        ArgumentNullException.ThrowIfNull(local);
        Bind([local], port);
    }

    /// <summary>From now on peers may set up associations with this socket. They need not be accepted.</summary>
    /// <exception cref="SctpException">The address, or the SCTP port, cannot be used.</exception>
    public void Listen()
    {
        Open();
        _binding.Listen();
    }

    /// <summary>Sets an association up without sending anything on it yet.</summary>
    /// <param name="remotes">The peer's addresses and UDP ports, 1 to 8 (connectx, RFC 6458 §9.9).</param>
    /// <param name="remotePort">The peer's SCTP port, 1 to 65535.</param>
    /// <param name="cancellationToken">Gives the attempt up.</param>
    /// <returns>Its identifier, once it is up.</returns>
    /// <exception cref="SctpException">The peer refused or did not answer, or there is an association with it already.</exception>
    public async ValueTask<SctpAssociationId> ConnectAsync(
        IReadOnlyList<IPEndPoint> remotes, ushort remotePort, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(remotes);
        cancellationToken.ThrowIfCancellationRequested();
        AssociationHost host = await StartAsync(remotes, remotePort, static begin => begin()).ConfigureAwait(false);
        using (cancellationToken.UnsafeRegister(static state => ((AssociationHost)state!).RequestAbort(""), host))
        {
            try
            {
                await host.Established.ConfigureAwait(false);
            }
            catch (SctpException) when (cancellationToken.IsCancellationRequested)
            {
                throw new OperationCanceledException(cancellationToken);
            }
        }

        if (cancellationToken.IsCancellationRequested)
        {
            host.RequestAbort("");                           // it came up and was cancelled at once: it was aborted, or is now
            throw new OperationCanceledException(cancellationToken);
        }

        return host.Id;
    }

    /// <summary>
    /// Sends a message to a peer. Where there is no association with it one is set up, and the message goes along with the
    /// handshake (RFC 6458 §3.1): what becomes of it is told by notifications. The order of calls is that of messages, also where the
    /// ones before were not awaited.
    /// </summary>
    /// <param name="payload">User data, from 1 byte; must not change before the task completes.</param>
    /// <param name="remote">The peer's address and UDP port.</param>
    /// <param name="remotePort">The peer's SCTP port, 1 to 65535.</param>
    /// <param name="info">Stream, PPID and order; null for those of the association's <see cref="SctpAssociationOptions.DefaultSendInfo"/>.</param>
    /// <param name="cancellationToken">Ends the waiting for room in the send buffer; the message was not sent then.</param>
    /// <returns>The association's identifier, once the message is in the send buffer.</returns>
    /// <exception cref="SctpException">The association is shutting down, or the length is not allowed.</exception>
    public async ValueTask<SctpAssociationId> SendToAsync(
        ReadOnlyMemory<byte> payload, IPEndPoint remote, ushort remotePort, SctpSendInfo? info = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(remote);
        cancellationToken.ThrowIfCancellationRequested();
        if (FindToSend(remote, remotePort) is not { } host)
        {
            (host, Task sending) = await StartToSendAsync(remote, remotePort, payload, info, cancellationToken).ConfigureAwait(false);
            await sending.ConfigureAwait(false);
            return host.Id;
        }

        await Calls.SendAsync(host, payload, info ?? host.Options.DefaultSendInfo, null, cancellationToken).ConfigureAwait(false);
        return host.Id;
    }

    /// <summary>Sends a message on an association.</summary>
    /// <param name="id">Which association.</param>
    /// <param name="payload">User data, from 1 byte; must not change before the task completes.</param>
    /// <param name="info">Stream, PPID and order; null for those of the association's <see cref="SctpAssociationOptions.DefaultSendInfo"/>.</param>
    /// <param name="cancellationToken">Ends the waiting for room in the send buffer; the message was not sent then.</param>
    /// <exception cref="SctpException">There is no such association (any more), it is shutting down, or the length is not allowed.</exception>
    public ValueTask SendAsync(
        SctpAssociationId id, ReadOnlyMemory<byte> payload, SctpSendInfo? info = null, CancellationToken cancellationToken = default)
    {
        AssociationHost host = Find(id);
        return Calls.SendAsync(host, payload, info ?? host.Options.DefaultSendInfo, null, cancellationToken);
    }

    /// <summary>Sends a message on every association that there is now (SCTP_SENDALL, RFC 6458 §5.3.4).</summary>
    /// <param name="payload">User data, from 1 byte; must not change before the task completes.</param>
    /// <param name="info">Stream, PPID and order; null for those of each association's <see cref="SctpAssociationOptions.DefaultSendInfo"/>.</param>
    /// <param name="cancellationToken">Ends the waiting for room in the send buffers.</param>
    /// <returns>How many took it; those that end meanwhile, or have not got that stream, do not.</returns>
    public async ValueTask<int> SendToAllAsync(
        ReadOnlyMemory<byte> payload, SctpSendInfo? info = null, CancellationToken cancellationToken = default)
    {
        // All at once: one whose buffer is full holds up no other.
        var sending = new List<Task>();
        foreach (AssociationHost host in _peers.Hosts)
        {
            sending.Add(SendAsync(host));
        }

        // Each has to be done with the payload, and looked at, before any of them is told of.
        await Task.WhenAll(sending).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        int count = 0;
        foreach (Task sent in sending)
        {
            try
            {
                await sent.ConfigureAwait(false);
                count++;
            }
            catch (SctpException exception) when (exception.Error != SctpError.InvalidMessageLength)
            {
            }
            catch (ArgumentOutOfRangeException)
            {
            }
        }

        return count;

        async Task SendAsync(AssociationHost host) =>
            await Calls.SendAsync(host, payload, info ?? host.Options.DefaultSendInfo, null, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Takes the next message or notification of any association.</summary>
    /// <param name="cancellationToken">Ends the waiting; nothing is lost.</param>
    /// <exception cref="SctpException">The transport has ended.</exception>
    /// <exception cref="ObjectDisposedException">The socket, or its stack, was disposed.</exception>
    public ValueTask<SctpReceived> ReceiveAsync(CancellationToken cancellationToken = default)
    {
        Open();
        return Received.Items.DequeueAsync(cancellationToken);
    }

    /// <summary>Takes the next message or notification, blocking the calling thread.</summary>
    /// <param name="timeout">How long at most; null, the default, for ever.</param>
    /// <exception cref="SctpException">It took longer, or the transport has ended.</exception>
    /// <exception cref="ObjectDisposedException">The socket, or its stack, was disposed.</exception>
    public SctpReceived Receive(TimeSpan? timeout = null)
    {
        Open().PrepareToBlock();
        return Received.Items.Dequeue(Calls.Check(timeout));
    }

    /// <summary><see cref="SendToAsync"/>, blocking the calling thread until the message is in the send buffer.</summary>
    /// <param name="payload">User data, from 1 byte.</param>
    /// <param name="remote">The peer's address and UDP port.</param>
    /// <param name="remotePort">The peer's SCTP port, 1 to 65535.</param>
    /// <param name="info">Stream, PPID and order; null for those of the association's <see cref="SctpAssociationOptions.DefaultSendInfo"/>.</param>
    /// <param name="timeout">How long at most; null, the default, for ever.</param>
    /// <inheritdoc cref="SendToAsync" path="/returns"/>
    /// <inheritdoc cref="SendToAsync" path="/exception"/>
    public SctpAssociationId SendTo(
        ReadOnlySpan<byte> payload, IPEndPoint remote, ushort remotePort, SctpSendInfo? info = null, TimeSpan? timeout = null)
    {
        ArgumentNullException.ThrowIfNull(remote);
        Open().PrepareToBlock();
        if (FindToSend(remote, remotePort) is not { } host)
        {
            return StartToSend(remote, remotePort, payload, info, timeout);
        }

        Calls.Send(host, payload, info ?? host.Options.DefaultSendInfo, null, timeout);
        return host.Id;
    }

    /// <summary>Sends a message on an association, blocking the calling thread until it is in the send buffer.</summary>
    /// <param name="id">Which association.</param>
    /// <param name="payload">User data, from 1 byte.</param>
    /// <param name="info">Stream, PPID and order; null for those of the association's <see cref="SctpAssociationOptions.DefaultSendInfo"/>.</param>
    /// <param name="timeout">How long at most; null, the default, for ever.</param>
    /// <exception cref="SctpException">There is no such association (any more), it is shutting down, or it took longer.</exception>
    public void Send(SctpAssociationId id, ReadOnlySpan<byte> payload, SctpSendInfo? info = null, TimeSpan? timeout = null)
    {
        AssociationHost host = Find(id);
        Calls.Send(host, payload, info ?? host.Options.DefaultSendInfo, null, timeout);
    }

    /// <summary>
    /// Makes one association an object of its own (RFC 6458 §9.2): its messages and notifications, those that wait already included,
    /// come to that object from now on, and it outlives the socket.
    /// </summary>
    /// <param name="id">Which association.</param>
    /// <exception cref="SctpException">There is no such association (any more).</exception>
    /// <exception cref="ObjectDisposedException">The socket was disposed.</exception>
    public SctpAssociation PeelOff(SctpAssociationId id)
    {
        AssociationHost host = Find(id);
        if (!_peers.TryRemove(host))
        {
            throw new SctpException(SctpError.AssociationClosed, $"There is no association {id}, or no longer.");
        }

        host.PeelOff();
        var association = new SctpAssociation(host);
        if (Volatile.Read(ref _isDisposed) != 0)
        {
            // Too late: disposing may have thrown away what waited for it already.
            _ = association.DisposeAsync().AsTask();
            throw new ObjectDisposedException(nameof(SctpSocket));
        }

        return association;
    }

    /// <summary>Closes an association gracefully. Completes when both sides are done.</summary>
    /// <param name="id">Which association.</param>
    /// <param name="cancellationToken">Ends the waiting, not the shutdown.</param>
    /// <exception cref="SctpException">There is no such association (any more), or it ended otherwise.</exception>
    public async ValueTask ShutdownAsync(SctpAssociationId id, CancellationToken cancellationToken = default)
    {
        AssociationHost host = Find(id);
        host.RequestShutdown();
        await host.Closed.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Ends an association at once. What was not delivered is lost.</summary>
    /// <param name="id">Which association.</param>
    /// <param name="reason">Passed to the peer's application; at most 512 bytes of UTF-8 arrive.</param>
    /// <exception cref="SctpException">There is no such association (any more).</exception>
    public void Abort(SctpAssociationId id, string? reason = null) => Find(id).RequestAbort(reason ?? "");

    /// <summary>An association's counters and windows.</summary>
    /// <param name="id">Which association.</param>
    /// <exception cref="SctpException">There is no such association (any more).</exception>
    public ValueTask<AssociationStatistics> GetStatisticsAsync(SctpAssociationId id) =>
        new(Find(id).AskAsync(static (core, _) => core.GetStatistics()));

    /// <summary>Resets streams of an association: <see cref="SctpAssociation.ResetStreamsAsync"/>.</summary>
    /// <param name="id">Which association.</param>
    /// <param name="streams">Which; none for all.</param>
    /// <param name="direction">Ours, the peer's, or both.</param>
    /// <param name="cancellationToken">Ends the waiting, not the request.</param>
    /// <inheritdoc cref="SctpAssociation.ResetStreamsAsync" path="/exception"/>
    public ValueTask ResetStreamsAsync(
        SctpAssociationId id, ReadOnlyMemory<ushort> streams, ResetDirection direction, CancellationToken cancellationToken = default) =>
        Find(id).Reconfiguration.ResetStreamsAsync(streams.ToArray(), direction, cancellationToken);

    /// <summary>Lets TSNs and all streams of an association begin anew: <see cref="SctpAssociation.ResetAssociationAsync"/>.</summary>
    /// <param name="id">Which association.</param>
    /// <param name="cancellationToken">Ends the waiting, not the request.</param>
    /// <inheritdoc cref="SctpAssociation.ResetStreamsAsync" path="/exception"/>
    public ValueTask ResetAssociationAsync(SctpAssociationId id, CancellationToken cancellationToken = default) =>
        Find(id).Reconfiguration.ResetAssociationAsync(cancellationToken);

    /// <summary>Adds streams to an association: <see cref="SctpAssociation.AddStreamsAsync"/>.</summary>
    /// <param name="id">Which association.</param>
    /// <param name="outgoing">How many more we want to send on, from 0.</param>
    /// <param name="incoming">How many more the peer shall send on, from 0.</param>
    /// <param name="cancellationToken">Ends the waiting, not the request.</param>
    /// <inheritdoc cref="SctpAssociation.AddStreamsAsync" path="/exception"/>
    public ValueTask AddStreamsAsync(SctpAssociationId id, int outgoing, int incoming = 0, CancellationToken cancellationToken = default) =>
        Find(id).Reconfiguration.AddStreamsAsync(outgoing, incoming, cancellationToken);

    /// <summary>One option.</summary>
    /// <param name="option">One of <see cref="SctpOptions"/>.</param>
    /// <param name="id">Which association; null, the default, for the future ones.</param>
    /// <exception cref="SctpException">There is no such association (any more).</exception>
    public T GetOption<T>(SctpOption<T> option, SctpAssociationId? id = null)
    {
        ArgumentNullException.ThrowIfNull(option);
        return option.Get(id is null || id == SctpAssociationId.Future ? _binding.Association : Find(id.Value).Options);
    }

    /// <summary>Changes one option.</summary>
    /// <param name="option">One of <see cref="SctpOptions"/>.</param>
    /// <param name="value">Its new value.</param>
    /// <param name="id">
    /// Which association; null, the default, or <see cref="SctpAssociationId.Future"/> for the future ones,
    /// <see cref="SctpAssociationId.Current"/> for those that there are, <see cref="SctpAssociationId.All"/> for both.
    /// </param>
    /// <exception cref="ArgumentException">The value is outside its range, or the option cannot change once the association exists.</exception>
    /// <exception cref="SctpException">There is no such association (any more).</exception>
    public void SetOption<T>(SctpOption<T> option, T value, SctpAssociationId? id = null)
    {
        ArgumentNullException.ThrowIfNull(option);
        SctpAssociationId target = id ?? SctpAssociationId.Future;
        if (target == SctpAssociationId.Future || target == SctpAssociationId.All)
        {
            _binding.Change(options => option.Set(options, value));
        }

        if (target == SctpAssociationId.Current || target == SctpAssociationId.All)
        {
            foreach (AssociationHost host in _peers.Hosts)
            {
                host.Configure(options => option.Set(options, value));
            }
        }
        else if (target != SctpAssociationId.Future)
        {
            Find(target).Configure(options => option.Set(options, value));
        }
    }

    /// <summary>Closes all associations gracefully, within their <see cref="SctpAssociationOptions.CloseTimeout"/>, and the socket. Never throws.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
        {
            return;
        }

        Received.Close(new ObjectDisposedException(nameof(SctpSocket)));
        var closing = new List<Task> { _binding.StopAsync() };
        foreach (AssociationHost host in _peers.Hosts)
        {
            closing.Add(new SctpAssociation(host).DisposeAsync().AsTask());
        }

        await Task.WhenAll(closing).ConfigureAwait(false);
        await _binding.ReleaseAsync().ConfigureAwait(false);
    }

    /// <summary><see cref="DisposeAsync"/>, blocking the calling thread.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
        {
            return;
        }

        Received.Close(new ObjectDisposedException(nameof(SctpSocket)));
        _binding.Loop?.PrepareToBlock();
        Calls.Block(_binding.StopAsync(), Timeout.InfiniteTimeSpan);
        AssociationHost[] hosts = [.. _peers.Hosts];
        foreach (AssociationHost host in hosts)
        {
            host.RequestShutdown();                          // all at the same time
        }

        foreach (AssociationHost host in hosts)
        {
            new SctpAssociation(host).Dispose();
        }

        Calls.Block(_binding.ReleaseAsync(), Timeout.InfiniteTimeSpan);
    }

    /// <summary>An association ends: what is sent to its peer from now on sets up another. On the loop.</summary>
    internal void Forget(AssociationHost host) => _peers.TryRemove(host);

    /// <summary>An association has ended, and everybody was told. On the loop.</summary>
    internal void OnEnded(AssociationHost host) => Received.OnEnded(host);

    private EndpointLoop Open()
    {
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _isDisposed) != 0, this);
        return _binding.Open();
    }

    // While messages to a peer wait for the loop, which looks for an association and begins one if need be, the next ones go behind them.
    private AssociationHost? FindToSend(IPEndPoint remote, ushort remotePort) =>
        _starting.Includes(_binding.AddressOf(remote), remotePort) ? null : _peers.Find(_binding.AddressOf(remote), remotePort);

    // What could never be sent sets nothing up.
    // The message is there before the handshake begins, so that it goes along with the COOKIE ECHO (RFC 9260 §5.1). Where an
    // association that somebody else has begun meanwhile has no room, it takes its place among those that wait.
    private Task<(AssociationHost Host, Task Sending)> StartToSendAsync(
        IPEndPoint remote, ushort remotePort, ReadOnlyMemory<byte> payload, SctpSendInfo? info, CancellationToken cancellationToken)
    {
        SctpAssociationOptions future = _binding.Association;
        Calls.CheckLength(future, payload.Length);
        Calls.CheckStream(future.OutgoingStreams, info ?? future.DefaultSendInfo);
        NetworkAddress address = _binding.AddressOf(remote);
        StartingPeers.Waiting waiting = _starting.Add(address, remotePort);
        try
        {
            // Nothing after the loop's part: who blocks may have the only thread that it could run on.
            Task<(AssociationHost Host, Task Sending)> starting = StartAsync([remote], remotePort, begin =>
            {
                using (waiting)
                {
                    AssociationHost host = _peers.FindOnLoop(address, remotePort) ?? begin();
                    return (host, Calls.SendAsync(host, payload, info ?? host.Options.DefaultSendInfo, null, cancellationToken).AsTask());
                }
            });
            _ = starting.ContinueWith(
                static (_, state) => ((StartingPeers.Waiting)state!).Dispose(),
                waiting,
                CancellationToken.None,
                TaskContinuationOptions.NotOnRanToCompletion,
                TaskScheduler.Default);
            return starting;
        }
        catch
        {
            waiting.Dispose();
            throw;
        }
    }

    private SctpAssociationId StartToSend(IPEndPoint remote, ushort remotePort, ReadOnlySpan<byte> payload, SctpSendInfo? info, TimeSpan? timeout)
    {
        TimeSpan longest = Calls.Check(timeout);
        using var expired = new CancellationTokenSource();
        Task<(AssociationHost Host, Task Sending)> starting = StartToSendAsync(remote, remotePort, payload.ToArray(), info, expired.Token);
        Calls.Block(starting, Timeout.InfiniteTimeSpan);
        (AssociationHost host, Task sending) = starting.Result;
        try
        {
            Calls.Block(sending, longest);
        }
        catch (SctpException exception) when (exception.Error == SctpError.TimedOut)
        {
            expired.Cancel();                                // unless it is in the send buffer this moment
            throw;
        }

        return host.Id;
    }

    private Task<T> StartAsync<T>(IReadOnlyList<IPEndPoint> remotes, ushort remotePort, Func<Func<AssociationHost>, T> onLoop)
    {
        EndpointLoop loop = Open();
        var options = new SctpConnectOptions
        {
            RemoteEndPoints = remotes,
            RemotePort = remotePort,
            LocalPort = _binding.Port,
            Association = _binding.Association,
            Stack = _binding.Stack,
        };
        options.Validate();
        return SetUp.Open(loop, now => onLoop(() =>
        {
            AssociationHost host = SetUp.Begin(loop, now, options, isActive: true, this);
            Remember(host);
            return host;
        }));
    }

    private void OnAccepted(Association core) => Remember(_binding.Loop!.Adopt(core, core.Options as SctpAssociationOptions ?? _binding.Association, this));

    private void Remember(AssociationHost host)
    {
        _peers.Add(host);
        Interlocked.MemoryBarrier();                         // either this is seen, or what disposing closes
        if (Volatile.Read(ref _isDisposed) != 0)
        {
            host.RequestAbort("the socket was closed");
        }
    }

    private AssociationHost Find(SctpAssociationId id)
    {
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _isDisposed) != 0, this);
        return _peers.Find(id)
            ?? throw new SctpException(SctpError.AssociationClosed, $"There is no association {id}, or no longer.");
    }

    // The stack, or its transport, has ended. On the loop, the port having been taken away.
    private void OnShutDown() =>
        Received.Items.Complete(_binding.Loop!.Life.End as SctpException ?? (Exception)new ObjectDisposedException(nameof(SctpStack)));
}
