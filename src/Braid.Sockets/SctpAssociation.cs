using System;
using System.Collections.Generic;
using System.Net;
using System.Runtime.CompilerServices;
using System.Threading;
using System.Threading.Tasks;
using Braid.Sctp;

namespace Braid.Sockets;

/// <summary>
/// One association with one peer: messages on many streams, both ways. All members are safe to call from any thread and from
/// anywhere; the order of messages on a stream is that of the calls to send them. What each member does in each state is a
/// table: docs/states.md.
/// </summary>
public sealed partial class SctpAssociation : IAsyncDisposable, IDisposable
{
    private readonly AssociationHost _host;
    private int _isDisposed;

    internal SctpAssociation(AssociationHost host) => _host = host;

    /// <summary>Names the association within this process.</summary>
    public SctpAssociationId Id => _host.Id;

    /// <summary>Where the association stands (RFC 9260 §4), as of a moment ago.</summary>
    public AssociationState State => _host.State;

    /// <summary>
    /// Completes when the association is up, as it is from the beginning but after <see cref="Begin"/>; faults with <see cref="SctpException"/> when the peer
    /// has refused or does not answer. It need not be awaited.
    /// </summary>
    public Task Established => _host.Established;

    /// <summary>
    /// Completes when the association was closed gracefully by either side; faults with <see cref="SctpException"/> when it
    /// ended otherwise. It need not be awaited.
    /// </summary>
    public Task Closed => _host.Closed;

    /// <summary>The peer's primary address and UDP port, as last seen.</summary>
    public IPEndPoint RemoteEndPoint => _host.Remote.ToIPEndPoint();

    /// <summary>The certificate that the peer has shown (DER); empty without DTLS (<see cref="SctpStackOptions.Dtls"/>).</summary>
    public ReadOnlyMemory<byte> PeerCertificate => _host.PeerCertificate;

    /// <summary>Our SCTP port.</summary>
    public ushort LocalPort => _host.Core.LocalPort;

    /// <summary>The peer's SCTP port.</summary>
    public ushort RemotePort => _host.Core.RemotePort;

    /// <summary>Streams that we may send on, and that the peer may send on, as negotiated.</summary>
    public (int Outgoing, int Incoming) StreamCounts => _host.Streams;

    /// <summary>Extensions of SCTP that both sides know and offered (<see cref="AssociationOptions.Extensions"/>).</summary>
    public Extensions Extensions => _host.Core.Extensions;

    /// <summary>Bytes of messages accepted and not yet acknowledged by the peer.</summary>
    public long BufferedAmount => _host.BufferedAmount;

    /// <summary>The options as they are now.</summary>
    public SctpAssociationOptions Options => _host.Options;

    internal AssociationHost Host => _host;

    /// <summary>Sets up an association: over UDP (RFC 6951), or over <see cref="SctpConnectOptions.Stack"/>.</summary>
    /// <param name="options">Whom to connect to, and how.</param>
    /// <param name="cancellationToken">Gives the attempt up.</param>
    /// <exception cref="ArgumentException">An option is missing or outside its range.</exception>
    /// <exception cref="SctpException">The peer refused or did not answer, or the local address cannot be used.</exception>
    /// <exception cref="OperationCanceledException">The attempt was given up.</exception>
    public static async ValueTask<SctpAssociation> ConnectAsync(SctpConnectOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        cancellationToken.ThrowIfCancellationRequested();
        return await SetUp.ConnectAsync(options, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Sets up an association over anything that moves datagrams between two peers (RFC 8261 and the like).</summary>
    /// <param name="transport">Moves the packets; disposed with the association.</param>
    /// <param name="options">How; there are no end points.</param>
    /// <param name="cancellationToken">Gives the attempt up; the transport is disposed.</param>
    /// <inheritdoc cref="ConnectAsync(SctpConnectOptions, CancellationToken)" path="/exception"/>
    public static async ValueTask<SctpAssociation> ConnectAsync(
        ISctpDatagramTransport transport, SctpConnectOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(transport);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate(hasPeer: true);
        return await SetUp.ConnectAsync(SctpStack.OpenFor(transport, options), options, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Waits for the one peer at the other end of a transport to set up an association: the passive side, without a listener.
    /// </summary>
    /// <param name="transport">Moves the packets; disposed with the association.</param>
    /// <param name="options">How; there are no end points, and <see cref="SctpConnectOptions.LocalPort"/> is needed.</param>
    /// <param name="cancellationToken">Ends the waiting; the transport is disposed.</param>
    /// <inheritdoc cref="ConnectAsync(SctpConnectOptions, CancellationToken)" path="/exception"/>
    public static async ValueTask<SctpAssociation> AcceptAsync(
        ISctpDatagramTransport transport, SctpConnectOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(transport);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate(hasPeer: true);
        ArgumentOutOfRangeException.ThrowIfZero(options.LocalPort);
        return await SetUp.AcceptAsync(SctpStack.OpenFor(transport, options), options, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Sets up an association, blocking the calling thread.</summary>
    /// <param name="options">Whom to connect to, and how.</param>
    /// <param name="timeout">How long at most; null, the default, as long as the protocol's timers allow.</param>
    /// <exception cref="ArgumentException">An option is missing or outside its range.</exception>
    /// <exception cref="SctpException">The peer refused or did not answer, or the local address cannot be used.</exception>
    public static SctpAssociation Connect(SctpConnectOptions options, TimeSpan? timeout = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        return SetUp.Connect(options, Calls.Check(timeout));
    }

    /// <summary>
    /// Begins to set up an association and does not wait for the peer. What is sent before it is up goes along with the handshake (RFC 9260
    /// §5.1); <see cref="Established"/> tells when it is, and that it has failed.
    /// </summary>
    /// <param name="options">Whom to connect to, and how.</param>
    /// <exception cref="ArgumentException">An option is missing or outside its range.</exception>
    /// <exception cref="SctpException">The local address cannot be used.</exception>
    public static SctpAssociation Begin(SctpConnectOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        return SetUp.Begin(options);
    }

    /// <summary>The stream with a number. There is one object for each; nothing is sent, nothing is reserved.</summary>
    /// <param name="id">Below the number of streams of at least one direction.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such stream in either direction.</exception>
    public SctpStream GetStream(ushort id)
    {
        (int outgoing, int incoming) = _host.Streams;
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((int)id, Math.Max(outgoing, incoming), nameof(id));
        return _host.Inbox.GetStream(id);
    }

    /// <summary>
    /// Takes the stream of the first message that nobody has read, or waits for one: its messages come to that stream from
    /// then on. A call of <see cref="ReceiveAsync(CancellationToken)"/> that waits goes first.
    /// </summary>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <inheritdoc cref="ReceiveAsync(CancellationToken)" path="/exception"/>
    public ValueTask<SctpStream> AcceptStreamAsync(CancellationToken cancellationToken = default)
    {
        ThrowIfDisposed();
        return cancellationToken.IsCancellationRequested
            ? ValueTask.FromCanceled<SctpStream>(cancellationToken)
            : _host.Inbox.Accept(isBlocked: false).AsTask(cancellationToken);
    }

    /// <summary>Sends a message, and waits until it is known what became of it.</summary>
    /// <param name="payload">As for <see cref="SendAsync(ReadOnlyMemory{byte}, SctpSendInfo, CancellationToken)"/>.</param>
    /// <param name="info">Stream, PPID, order and reliability.</param>
    /// <param name="cancellationToken">
    /// Ends the waiting. The message was not sent when there was no room for it yet; it is sent and nobody is told of it otherwise.
    /// </param>
    /// <returns>
    /// Whether the peer has all of it, and how long that took; or that it was given up; or, with
    /// <see cref="SctpDeliveryStatus.Unknown"/>, that the association ended before either.
    /// </returns>
    /// <inheritdoc cref="SendAsync(ReadOnlyMemory{byte}, SctpSendInfo, CancellationToken)" path="/exception"/>
    public ValueTask<SctpDeliveryResult> SendWithReceiptAsync(
        ReadOnlyMemory<byte> payload, SctpSendInfo info, CancellationToken cancellationToken = default)
    {
        ThrowIfDisposed();
        return Calls.SendWithReceiptAsync(_host, payload, info, _host.Inbox.FindStream(info.StreamId), cancellationToken);
    }

    /// <summary>Sends a message as <see cref="SctpAssociationOptions.DefaultSendInfo"/> says.</summary>
    /// <inheritdoc cref="SendAsync(ReadOnlyMemory{byte}, SctpSendInfo, CancellationToken)"/>
    public ValueTask SendAsync(ReadOnlyMemory<byte> payload, CancellationToken cancellationToken = default) =>
        SendAsync(payload, _host.Options.DefaultSendInfo, cancellationToken);

    /// <summary>Sends a message, as soon as the send buffer has room for it.</summary>
    /// <param name="payload">
    /// User data, 1 byte to <see cref="AssociationOptions.MaximumMessageSize"/>; must not change before the task completes.
    /// </param>
    /// <param name="info">Stream, PPID and order.</param>
    /// <param name="cancellationToken">Ends the waiting; the association stays usable and the message was not sent.</param>
    /// <returns>Completes when the message is in the send buffer: that is the back-pressure.</returns>
    /// <exception cref="SctpException">The association has ended, is shutting down, or the length is not allowed.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The stream was not negotiated.</exception>
    /// <exception cref="ObjectDisposedException">The association was disposed.</exception>
    public ValueTask SendAsync(ReadOnlyMemory<byte> payload, SctpSendInfo info, CancellationToken cancellationToken = default)
    {
        ThrowIfDisposed();
        return Calls.SendAsync(_host, payload, info, _host.Inbox.FindStream(info.StreamId), cancellationToken);
    }

    /// <summary>Sends a message if the send buffer has room for it now.</summary>
    /// <param name="payload">User data, 1 byte to <see cref="AssociationOptions.MaximumMessageSize"/>; copied.</param>
    /// <param name="info">Stream, PPID and order.</param>
    /// <returns>False when it has not: the message was not sent.</returns>
    /// <inheritdoc cref="SendAsync(ReadOnlyMemory{byte}, SctpSendInfo, CancellationToken)" path="/exception"/>
    public bool TrySend(ReadOnlySpan<byte> payload, in SctpSendInfo info)
    {
        ThrowIfDisposed();
        return Calls.TrySend(_host, payload, info, _host.Inbox.FindStream(info.StreamId));
    }

    /// <inheritdoc cref="TrySend(ReadOnlySpan{byte}, in SctpSendInfo)"/>
    public bool TrySend(ReadOnlySpan<byte> payload) => TrySend(payload, _host.Options.DefaultSendInfo);

    /// <summary>Sends a message, blocking the calling thread until the send buffer has room for it.</summary>
    /// <param name="payload">User data, 1 byte to <see cref="AssociationOptions.MaximumMessageSize"/>.</param>
    /// <param name="info">Stream, PPID and order; by default as <see cref="SctpAssociationOptions.DefaultSendInfo"/> says.</param>
    /// <param name="timeout">How long at most; null, the default, for ever.</param>
    /// <inheritdoc cref="SendAsync(ReadOnlyMemory{byte}, SctpSendInfo, CancellationToken)" path="/exception"/>
    public void Send(ReadOnlySpan<byte> payload, SctpSendInfo? info = null, TimeSpan? timeout = null)
    {
        ThrowIfDisposed();
        SctpSendInfo with = info ?? _host.Options.DefaultSendInfo;
        Calls.Send(_host, payload, with, _host.Inbox.FindStream(with.StreamId), timeout);
    }

    /// <summary>
    /// Waits until a message would be accepted at once. Somebody else may be faster then; who sends meanwhile waits behind this
    /// call, in the order of the calls.
    /// </summary>
    /// <param name="bytes">Its length, from 1.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>False when nothing can be sent any more.</returns>
    public ValueTask<bool> WaitToSendAsync(int bytes = 1, CancellationToken cancellationToken = default) =>
        Calls.WaitToSendAsync(_host, bytes, cancellationToken);

    /// <summary>
    /// Takes the next message of any stream that nobody reads by itself. What was received before the end stays readable after it.
    /// </summary>
    /// <param name="cancellationToken">Ends the waiting; no message is lost.</param>
    /// <exception cref="SctpException">
    /// The association has ended and everything was read: <see cref="SctpError.AssociationClosed"/> when that was graceful.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The association was disposed.</exception>
    public ValueTask<SctpMessage> ReceiveAsync(CancellationToken cancellationToken = default)
    {
        ThrowIfDisposed();
        return _host.Inbox.Messages.DequeueAsync(cancellationToken);
    }

    /// <summary>
    /// Copies the next message, or as much of it as fits: the next call goes on where this one stopped. For one reader at a time.
    /// </summary>
    /// <param name="destination">Where to, from 1 byte.</param>
    /// <param name="cancellationToken">Ends the waiting; no message is lost.</param>
    /// <inheritdoc cref="ReceiveAsync(CancellationToken)" path="/exception"/>
    public ValueTask<SctpReceiveResult> ReceiveAsync(Memory<byte> destination, CancellationToken cancellationToken = default)
    {
        ThrowIfDisposed();
        return Calls.CopyAsync(_host.Inbox.Messages, destination, cancellationToken);
    }

    /// <summary>Takes the next message if it is there.</summary>
    /// <param name="message">The message, to be disposed.</param>
    /// <returns>False when none is there, also after the end.</returns>
    /// <exception cref="ObjectDisposedException">The association was disposed.</exception>
    public bool TryReceive(out SctpMessage message)
    {
        ThrowIfDisposed();
        return _host.Inbox.Messages.TryDequeue(out message);
    }

    /// <summary>Takes the next message, blocking the calling thread until it is there.</summary>
    /// <param name="timeout">How long at most; null, the default, for ever.</param>
    /// <inheritdoc cref="ReceiveAsync(CancellationToken)" path="/exception"/>
    public SctpMessage Receive(TimeSpan? timeout = null)
    {
        ThrowIfDisposed();
        return Calls.Receive(_host, _host.Inbox.Messages, timeout);
    }

    /// <summary>
    /// Takes the next message or notification, in the order in which they came. Only with <see cref="SctpAssociationOptions.InBandNotifications"/>.
    /// </summary>
    /// <param name="cancellationToken">Ends the waiting; nothing is lost.</param>
    /// <exception cref="InvalidOperationException">Notifications are not in-band.</exception>
    /// <inheritdoc cref="ReceiveAsync(CancellationToken)" path="/exception"/>
    public ValueTask<SctpReceived> ReceiveAnyAsync(CancellationToken cancellationToken = default) => InBand.DequeueAsync(cancellationToken);

    /// <summary>Takes the next message or notification if it is there. Only with <see cref="SctpAssociationOptions.InBandNotifications"/>.</summary>
    /// <param name="received">It, to be disposed.</param>
    /// <returns>False when none is there, also after the end.</returns>
    /// <exception cref="InvalidOperationException">Notifications are not in-band.</exception>
    /// <exception cref="ObjectDisposedException">The association was disposed.</exception>
    public bool TryReceiveAny(out SctpReceived received) => InBand.TryDequeue(out received);

    /// <summary>Takes the next message or notification, blocking the calling thread until it is there. Only with <see cref="SctpAssociationOptions.InBandNotifications"/>.</summary>
    /// <param name="timeout">How long at most; null, the default, for ever.</param>
    /// <exception cref="InvalidOperationException">Notifications are not in-band.</exception>
    /// <inheritdoc cref="ReceiveAsync(CancellationToken)" path="/exception"/>
    public SctpReceived ReceiveAny(TimeSpan? timeout = null)
    {
        WaitQueue<SctpReceived> all = InBand;
        TimeSpan longest = Calls.Check(timeout);
        if (all.TryDequeue(out SctpReceived received))
        {
            return received;
        }

        _host.Loop.PrepareToBlock();
        return all.Dequeue(longest);
    }

    /// <summary>All messages until the end. Ends by itself when the association is closed gracefully; throws otherwise.</summary>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="SctpException">The association has ended, and not gracefully.</exception>
    public IAsyncEnumerable<SctpMessage> ReadAllAsync(CancellationToken cancellationToken = default)
    {
        ThrowIfDisposed();
        return Calls.ReadAllAsync(_host.Inbox.Messages, cancellationToken);
    }

    /// <summary>All notifications of the kinds that <see cref="SctpAssociationOptions.Notifications"/> names, until the end of the association.</summary>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="InvalidOperationException">No kind is subscribed, and none waits to be read: nothing would ever come.</exception>
    public IAsyncEnumerable<SctpNotification> ReadNotificationsAsync(CancellationToken cancellationToken = default)
    {
        if (_host.Options.Notifications == SctpNotificationKinds.None && _host.Notifications.Items.Count == 0)
        {
            throw new InvalidOperationException(
                $"No notification is subscribed: set {nameof(SctpAssociationOptions)}.{nameof(SctpAssociationOptions.Notifications)}, or {nameof(SctpOptions)}.{nameof(SctpOptions.Notifications)}, first.");
        }

        return ReadAllNotificationsAsync(cancellationToken);
    }

    private async IAsyncEnumerable<SctpNotification> ReadAllNotificationsAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (true)
        {
            SctpNotification notification;
            try
            {
                notification = await _host.Notifications.Items.DequeueAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (SctpException)
            {
                yield break;                                 // the last notification said so
            }

            yield return notification;
        }
    }

    /// <summary>Takes the next notification if it is there.</summary>
    /// <param name="notification">The notification.</param>
    /// <returns>False when none is there, also after the end.</returns>
    public bool TryReadNotification([System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out SctpNotification? notification) =>
        _host.Notifications.Items.TryDequeue(out notification);

    /// <summary>One option as it is now.</summary>
    /// <param name="option">One of <see cref="SctpOptions"/>.</param>
    public T GetOption<T>(SctpOption<T> option)
    {
        ArgumentNullException.ThrowIfNull(option);
        return option.Get(_host.Options);
    }

    /// <summary>Changes one option; what is sent after the call is sent with it.</summary>
    /// <param name="option">One of <see cref="SctpOptions"/>.</param>
    /// <param name="value">Its new value.</param>
    /// <exception cref="ArgumentException">The value is outside its range, or the option cannot change once the association exists.</exception>
    public void SetOption<T>(SctpOption<T> option, T value)
    {
        ArgumentNullException.ThrowIfNull(option);
        _host.Configure(options => option.Set(options, value));
    }

    /// <summary>Changes several options at once.</summary>
    /// <param name="change">Makes the new options out of the present ones: <c>o => o with { … }</c>. Called at once, and again when others change some meanwhile.</param>
    /// <exception cref="ArgumentException">A value is outside its range, or an option cannot change once the association exists.</exception>
    public void Configure(Func<SctpAssociationOptions, SctpAssociationOptions> change)
    {
        ArgumentNullException.ThrowIfNull(change);
        _host.Configure(change);
    }

    /// <summary>Sets the priority or the weight of a stream (SCTP_STREAM_SCHEDULER_VALUE, RFC 8260 §4.3.3): <see cref="SctpStream.SchedulerValue"/>.</summary>
    /// <param name="streamId">The outgoing stream.</param>
    /// <param name="value">What it means, <see cref="StreamScheduler"/> says.</param>
    /// <exception cref="ArgumentOutOfRangeException">The stream was not negotiated.</exception>
    public void SetStreamSchedulerValue(ushort streamId, ushort value) => GetStream(streamId).SchedulerValue = value;

    /// <summary>Counters, round-trip time and windows (SCTP_STATUS, RFC 6458 §8.2.1).</summary>
    public ValueTask<AssociationStatistics> GetStatisticsAsync() => new(_host.AskAsync(static (core, _) => core.GetStatistics()));

    /// <summary>Messages that were given up so far (SCTP_PR_ASSOC_STATUS, SCTP_PR_STREAM_STATUS, RFC 7496 §4.3, §4.4).</summary>
    /// <param name="policy">By which policy; null, the default, for all of them.</param>
    /// <param name="streamId">On which outgoing stream; null, the default, for all of them.</param>
    /// <exception cref="ArgumentException">A reliable message is never given up.</exception>
    public ValueTask<AbandonedMessages> GetAbandonedAsync(ReliabilityPolicy? policy = null, ushort? streamId = null) =>
        new(_host.AskAsync((core, _) => core.GetAbandoned(policy, streamId is { } id ? new StreamId(id) : null)));

    /// <summary>Closes gracefully (RFC 9260 §9.2): everything sent so far is delivered first. Completes when both sides are done.</summary>
    /// <param name="cancellationToken">Ends the waiting, not the shutdown.</param>
    /// <exception cref="SctpException">The association ended otherwise: not everything may have been delivered.</exception>
    /// <exception cref="InvalidOperationException">A message is being written and not completed.</exception>
    public async ValueTask ShutdownAsync(CancellationToken cancellationToken = default)
    {
        BeginShutdown();
        await _host.Closed.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Closes gracefully, blocking the calling thread until both sides are done.</summary>
    /// <param name="timeout">How long at most; null, the default, as long as the protocol's timers allow. The shutdown goes on then.</param>
    /// <inheritdoc cref="ShutdownAsync" path="/exception"/>
    public void Shutdown(TimeSpan? timeout = null)
    {
        _host.Loop.PrepareToBlock();
        BeginShutdown();
        Calls.Block(_host.Closed, Calls.Check(timeout));
    }

    /// <summary>Ends the association at once (RFC 9260 §9.1). What was not delivered is lost.</summary>
    /// <param name="reason">Passed to the peer's application; at most 512 bytes of UTF-8 arrive.</param>
    public void Abort(string? reason = null) => _host.RequestAbort(reason ?? "");

    /// <summary>
    /// Reads no more, closes gracefully if that works within <see cref="SctpAssociationOptions.CloseTimeout"/>, and aborts otherwise.
    /// Calls that wait to receive end with <see cref="SctpError.OperationAborted"/>. Never throws.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        BeginDispose();
        Task closed = _host.Closed;
        await closed.WaitAsync(_host.Options.CloseTimeout, _host.Loop.TimeProvider).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!closed.IsCompleted)
        {
            _host.RequestAbort("");
            await closed.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await _host.Loop.Life.Freed.ConfigureAwait(false);
    }

    /// <summary><see cref="DisposeAsync"/>, blocking the calling thread.</summary>
    public void Dispose()
    {
        _host.Loop.PrepareToBlock();
        BeginDispose();
        if (!Calls.TryBlock(_host.Closed, _host.Options.CloseTimeout))
        {
            _host.RequestAbort("");
            Calls.TryBlock(_host.Closed, Timeout.InfiniteTimeSpan);
        }

        Calls.TryBlock(_host.Loop.Life.Freed, Timeout.InfiniteTimeSpan);
    }

    /// <summary>For tests: gone without a word to the peer, as by a crash.</summary>
    internal Task VanishAsync()
    {
        var completion = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _host.Loop.Post(_ =>
        {
            _host.Loop.Life.Close();
            _host.Fail(new SctpException(SctpError.InternalError, "It vanished."));
            completion.SetResult();
        });
        return completion.Task;
    }

    private WaitQueue<SctpReceived> InBand
    {
        get
        {
            ThrowIfDisposed();
            return _host.Inbox.InBand?.Items
                ?? throw new InvalidOperationException($"Notifications are not in-band: set {nameof(SctpAssociationOptions)}.{nameof(SctpAssociationOptions.InBandNotifications)} before.");
        }
    }

    private void BeginShutdown()
    {
        if (_host.Outbox.HasOpenMessage)
        {
            throw new InvalidOperationException("A message is being written: complete it before the association is shut down.");
        }

        _host.RequestShutdown();
    }

    private void BeginDispose()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
        {
            return;
        }

        if (_host.Outbox.HasOpenMessage)
        {
            _host.RequestAbort("a message was begun and not completed");
        }

        _host.Inbox.Discard(new SctpException(SctpError.OperationAborted, "The association was disposed."));
        _host.RequestShutdown();
    }

    private void ThrowIfDisposed() => ObjectDisposedException.ThrowIf(Volatile.Read(ref _isDisposed) != 0, this);
}
