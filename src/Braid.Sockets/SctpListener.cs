using System;
using System.Collections.Generic;
using System.Net;
using System.Runtime.CompilerServices;
using System.Threading;
using System.Threading.Channels;
using System.Threading.Tasks;
using Braid.Sctp;
using Microsoft.Extensions.Logging;

namespace Braid.Sockets;

/// <summary>
/// Accepts associations on one SCTP port over one UDP socket. The handshake needs nothing from the application and keeps
/// nothing of a peer that has not proved its address (RFC 9260 §5.1).
/// </summary>
public sealed class SctpListener : IAsyncDisposable
{
    private readonly Channel<SctpAssociation> _accepted = Channel.CreateUnbounded<SctpAssociation>();
    private readonly SctpListenerOptions _options;
    private readonly EndpointLoop _loop;
    private readonly ILogger _logger;
    private int _waiting;
    private int _isDisposed;

    private SctpListener(SctpListenerOptions options)
    {
        _options = options;
        _logger = SctpAssociation.LoggerFor(options.LoggerFactory);
        UdpTransport transport = SctpAssociation.OpenUdp(options.ListenEndPoints[0]);
        LocalEndPoints = [transport.LocalEndPoint];
        var endpointOptions = new EndpointOptions
        {
            LocalPort = options.Port,
            AcceptsAssociations = true,
            Association = options.Association,
            Families = transport.Families,
            EncapsulationOverhead = transport.EncapsulationOverhead,
        };
        _loop = new EndpointLoop(
            new Endpoint(endpointOptions, OperatingSystemRandom.Instance),
            transport,
            new MonotonicClock(options.TimeProvider),
            _logger,
            OnAccepted);
        LogMessages.Listening(_logger, transport.LocalEndPoint, options.Port);
    }

    /// <summary>Where it listens, with the UDP port that the system chose.</summary>
    public IReadOnlyList<IPEndPoint> LocalEndPoints { get; }

    /// <summary>The SCTP port.</summary>
    public ushort Port => _options.Port;

    /// <summary>What runs it, for tests that make it fail.</summary>
    internal EndpointLoop Loop => _loop;

    /// <summary>Begins to listen.</summary>
    /// <param name="options">What to listen on, and how.</param>
    /// <param name="cancellationToken">Not used yet: binding does not wait.</param>
    /// <exception cref="ArgumentException">An option is missing or outside its range.</exception>
    /// <exception cref="SctpException">The address cannot be used.</exception>
    public static ValueTask<SctpListener> ListenAsync(SctpListenerOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        cancellationToken.ThrowIfCancellationRequested();
        return new ValueTask<SctpListener>(new SctpListener(options));
    }

    /// <summary>Takes the next association that a peer has set up.</summary>
    /// <param name="cancellationToken">Ends the waiting; no association is lost.</param>
    /// <exception cref="ObjectDisposedException">The listener was disposed.</exception>
    public async ValueTask<SctpAssociation> AcceptAssociationAsync(CancellationToken cancellationToken = default)
    {
        try
        {
            SctpAssociation association = await _accepted.Reader.ReadAsync(cancellationToken).ConfigureAwait(false);
            Interlocked.Decrement(ref _waiting);
            return association;
        }
        catch (ChannelClosedException)
        {
            throw new ObjectDisposedException(nameof(SctpListener));
        }
    }

    /// <summary>All associations, until the listener is disposed.</summary>
    public async IAsyncEnumerable<SctpAssociation> AcceptAllAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach (SctpAssociation association in _accepted.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false))
        {
            Interlocked.Decrement(ref _waiting);
            yield return association;
        }
    }

    /// <summary>
    /// Stops listening. Associations that were accepted live on, and the socket with them; those that nobody accepted are
    /// aborted.
    /// </summary>
    public ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
        {
            return default;
        }

        var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _loop.Post(_ =>
        {
            _loop.Endpoint.ClosePort(_options.Port);
            _accepted.Writer.TryComplete();
            while (_accepted.Reader.TryRead(out SctpAssociation? association))
            {
                association.Abort("the listener was closed");
            }

            _loop.Release();
            stopped.SetResult();
        });
        return new ValueTask(stopped.Task);
    }

    private void OnAccepted(Association core)
    {
        var host = new AssociationHost(_loop, core, _logger);
        _loop.Attach(host);
        var association = new SctpAssociation(host, _options.CloseTimeout, _options.TimeProvider);
        if (Interlocked.Increment(ref _waiting) > _options.Backlog || !_accepted.Writer.TryWrite(association))
        {
            Interlocked.Decrement(ref _waiting);
            association.Abort("too many associations wait to be accepted");
        }
    }
}
