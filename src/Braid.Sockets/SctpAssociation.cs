using System;
using System.Collections.Generic;
using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Threading;
using System.Threading.Channels;
using System.Threading.Tasks;
using Braid.Core;
using Braid.Sctp;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Braid.Sockets;

/// <summary>
/// One association with one peer: messages on many streams, both ways. All members are safe to call from any thread; the
/// order of messages on a stream is that of the calls to send them.
/// </summary>
public sealed class SctpAssociation : IAsyncDisposable
{
    private readonly AssociationHost _host;
    private readonly TimeSpan _closeTimeout;
    private readonly TimeProvider _timeProvider;

    internal SctpAssociation(AssociationHost host, TimeSpan closeTimeout, TimeProvider timeProvider)
    {
        _host = host;
        _closeTimeout = closeTimeout;
        _timeProvider = timeProvider;
    }

    /// <summary>Where the association stands (RFC 9260 §4), as of a moment ago.</summary>
    public AssociationState State => _host.State;

    /// <summary>
    /// Completes when the association was closed gracefully by either side; faults with <see cref="SctpException"/> when it
    /// ended otherwise. It need not be awaited.
    /// </summary>
    public Task Closed => _host.Closed;

    /// <summary>The peer's address and UDP port, as last seen.</summary>
    public IPEndPoint RemoteEndPoint => _host.Remote.ToIPEndPoint();

    /// <summary>Our SCTP port.</summary>
    public ushort LocalPort => _host.Core.LocalPort;

    /// <summary>The peer's SCTP port.</summary>
    public ushort RemotePort => _host.Core.RemotePort;

    /// <summary>Streams that we may send on, and that the peer may send on, as negotiated.</summary>
    public (int Outgoing, int Incoming) StreamCounts => _host.Streams;

    /// <summary>Sets up an association over UDP (RFC 6951).</summary>
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
        IPEndPoint remote = options.RemoteEndPoints[0];
        IPEndPoint local = options.LocalEndPoints.Count == 1
            ? options.LocalEndPoints[0]
            : new IPEndPoint(remote.AddressFamily == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any, 0);
        var path = new NetworkPath(NetworkAddress.None, remote.ToNetworkAddress());
        UdpTransport transport = OpenUdp(local);
        ushort port = options.LocalPort == 0 ? (ushort)RandomNumberGenerator.GetInt32(49152, 65536) : options.LocalPort;
        var endpointOptions = new EndpointOptions
        {
            LocalPort = port,
            Association = options.Association,
            Families = transport.Families,
            EncapsulationOverhead = transport.EncapsulationOverhead,
        };
        ILogger logger = LoggerFor(options.LoggerFactory);
        var endpoint = new Endpoint(endpointOptions, OperatingSystemRandom.Instance);
        var loop = new EndpointLoop(endpoint, transport, new MonotonicClock(options.TimeProvider), logger);
        var started = new TaskCompletionSource<AssociationHost>(TaskCreationOptions.RunContinuationsAsynchronously);
        loop.Post(now =>
        {
            var host = new AssociationHost(loop, endpoint.Connect(now, options.RemotePort, path), logger);
            loop.Attach(host);
            loop.Release();                                  // from here on the association alone keeps the loop
            started.SetResult(host);
        });
        AssociationHost host = await started.Task.ConfigureAwait(false);
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
            host.RequestAbort("");                           // established and cancelled at once: it was aborted, or is now
            throw new OperationCanceledException(cancellationToken);
        }

        return new SctpAssociation(host, options.CloseTimeout, options.TimeProvider);
    }

    /// <summary>Sends a message, as soon as the send buffer has room for it.</summary>
    /// <param name="payload">User data, 1 byte to <see cref="AssociationOptions.MaximumMessageSize"/>; copied before the task completes.</param>
    /// <param name="info">Stream, PPID and order.</param>
    /// <param name="cancellationToken">Ends the waiting; the association stays usable and the message was not sent.</param>
    /// <returns>Completes when the message is in the send buffer: that is the back-pressure.</returns>
    /// <exception cref="SctpException">The association has ended, is shutting down, or the length is not allowed.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The stream was not negotiated.</exception>
    public ValueTask SendAsync(ReadOnlyMemory<byte> payload, SctpSendInfo info = default, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        SendOptions options = Check(payload.Length, info);
        return _host.TrySend(payload.Span, options) ? default : _host.SendWhenRoomAsync(payload, options, cancellationToken);
    }

    /// <summary>Sends a message if the send buffer has room for it now.</summary>
    /// <returns>False when it has not: the message was not sent.</returns>
    /// <inheritdoc cref="SendAsync"/>
    public bool TrySend(ReadOnlySpan<byte> payload, in SctpSendInfo info = default) => _host.TrySend(payload, Check(payload.Length, info));

    /// <summary>Takes the next message of any stream. What was received before the end stays readable after it.</summary>
    /// <param name="cancellationToken">Ends the waiting; no message is lost.</param>
    /// <exception cref="SctpException">
    /// The association has ended and everything was read: <see cref="SctpError.AssociationClosed"/> when that was graceful.
    /// </exception>
    public async ValueTask<SctpMessage> ReceiveAsync(CancellationToken cancellationToken = default)
    {
        try
        {
            return await _host.Messages.ReadAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (ChannelClosedException closed)
        {
            throw Ended(closed);
        }
    }

    /// <summary>All messages until the end. Ends by itself when the association is closed gracefully; throws otherwise.</summary>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="SctpException">The association has ended, and not gracefully.</exception>
    public async IAsyncEnumerable<SctpMessage> ReadAllAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        while (await _host.Messages.WaitToReadAsync(cancellationToken).ConfigureAwait(false))
        {
            while (_host.Messages.TryRead(out SctpMessage? message))
            {
                yield return message;
            }
        }
    }

    /// <summary>Counters, round-trip time and windows.</summary>
    public ValueTask<AssociationStatistics> GetStatisticsAsync() => new(_host.GetStatisticsAsync());

    /// <summary>Closes gracefully (RFC 9260 §9.2): everything sent so far is delivered first. Completes when both sides are done.</summary>
    /// <param name="cancellationToken">Ends the waiting, not the shutdown.</param>
    /// <exception cref="SctpException">The association ended otherwise: not everything may have been delivered.</exception>
    public async ValueTask ShutdownAsync(CancellationToken cancellationToken = default)
    {
        _host.RequestShutdown();
        await _host.Closed.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Ends the association at once (RFC 9260 §9.1). What was not delivered is lost.</summary>
    /// <param name="reason">Passed to the peer's application; at most 512 bytes of UTF-8 arrive.</param>
    public void Abort(string? reason = null) => _host.RequestAbort(reason ?? "");

    /// <summary>Closes gracefully if that works within CloseTimeout, and aborts otherwise. Never throws.</summary>
    public async ValueTask DisposeAsync()
    {
        _host.RequestShutdown();
        Task closed = _host.Closed;
        await closed.WaitAsync(_closeTimeout, _timeProvider).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!closed.IsCompleted)
        {
            _host.RequestAbort("");
            await closed.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        while (_host.Messages.TryRead(out SctpMessage? message))
        {
            message.Dispose();
        }
    }

    /// <summary>For tests: gone without a word to the peer, as by a crash.</summary>
    internal Task VanishAsync() => _host.VanishAsync();

    /// <exception cref="SctpException">The address cannot be used.</exception>
    internal static UdpTransport OpenUdp(IPEndPoint local)
    {
        try
        {
            return new UdpTransport(local);
        }
        catch (SocketException exception)
        {
            string why = exception.SocketErrorCode == SocketError.AddressAlreadyInUse ? "it is in use" : exception.Message;
            throw new SctpException(SctpError.AddressUnavailable, $"Cannot use UDP address {local}: {why}.", exception);
        }
    }

    internal static ILogger LoggerFor(ILoggerFactory? factory) => (factory ?? NullLoggerFactory.Instance).CreateLogger("Braid.Sockets");

    private static SctpException Ended(ChannelClosedException closed) => closed.InnerException is SctpException ended
        ? ended
        : new SctpException(SctpError.AssociationClosed, "The association was closed, and everything was read.", closed);

    private SendOptions Check(int length, in SctpSendInfo info)
    {
        if (length == 0 || length > _host.Core.Options.MaximumMessageSize)
        {
            throw new SctpException(
                SctpError.InvalidMessageLength,
                $"A message of {length} bytes cannot be sent: 1 to {_host.Core.Options.MaximumMessageSize} are allowed.");
        }

        if (info.StreamId >= _host.Streams.Outgoing)
        {
            throw new ArgumentOutOfRangeException(
                nameof(info), info.StreamId, $"There are {_host.Streams.Outgoing} outgoing streams, numbered from 0.");
        }

        return new SendOptions(info.StreamId, info.Ppid, info.Unordered, info.SackImmediately, info.Context);
    }
}
