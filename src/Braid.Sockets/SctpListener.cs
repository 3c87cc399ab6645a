using System;
using System.Collections.Generic;
using System.Diagnostics.CodeAnalysis;
using System.Linq;
using System.Net;
using System.Runtime.CompilerServices;
using System.Threading;
using System.Threading.Tasks;
using Braid.Sctp;

namespace Braid.Sockets;

/// <summary>
/// Accepts associations on one SCTP port. The handshake needs nothing from the application and keeps nothing of a peer that
/// has not proved its address (RFC 9260 §5.1).
/// </summary>
public sealed class SctpListener : IAsyncDisposable, IDisposable
{
    private readonly WaitQueue<SctpAssociation> _accepted = new(new Lock());
    private readonly CancellationTokenSource _disposed = new();
    private readonly CancellationToken _isDisposedToken;     // the source gives none once it is disposed
    private readonly SctpListenerOptions _options;
    private readonly ListeningPort[] _ports;
    private readonly bool _ownsLoop;
    private readonly Lock _gate = new();
    private SctpAssociationOptions _association;
    private int _waiting;
    private int _open;                                       // ports that have not ended
    private int _isDisposed;

    private SctpListener(SctpListenerOptions options)
    {
        _options = options;
        _isDisposedToken = _disposed.Token;
        _association = options.Association.Prepared();
        _ownsLoop = options.Stack is null;
        SctpStack[] stacks = options.Stack is { } given ? [given] : SctpStack.OpenFor(options);
        _ports = [.. stacks.Select(stack => new ListeningPort(stack.Loop, Port, () => Volatile.Read(ref _association), IsFull))];
        _open = _ports.Length;
        _association = Loop.Fit(_association);
        LocalEndPoints = stacks[0].LocalEndPoints;
        Encapsulation = stacks[0].Encapsulation;
        try
        {
            Array.ForEach(_ports, port => port.Use(OnAccepted, OnEnded));
        }
        catch when (_ownsLoop)
        {
            Loop.Life.Release();
            throw;
        }

        // Only now that all sockets are bound: with each, the system spreads anew what comes, and a cookie is good where it was made.
        Array.ForEach(_ports, static port => port.Open());
        LogMessages.Listening(Loop.Logger, LocalEndPoints.Count == 0 ? null : LocalEndPoints[0], Port);
    }

    /// <summary>Where it listens, with the UDP port that the system chose.</summary>
    public IReadOnlyList<IPEndPoint> LocalEndPoints { get; }

    /// <summary>What its packets travel in.</summary>
    public SctpEncapsulation Encapsulation { get; }

    /// <summary>The SCTP port.</summary>
    public ushort Port => _options.Port;

    /// <summary>UDP sockets that it listens with (<see cref="SctpListenerOptions.Sockets"/>).</summary>
    public int SocketCount => _ports.Length;

    /// <summary>What runs it, or the first of them: for what they have in common, and for tests that make it fail.</summary>
    internal EndpointLoop Loop => _ports[0].Loop;

    /// <summary>Called, mostly on a loop, when an association can be accepted. Must not block.</summary>
    internal Action? Watcher { get; set; }

    /// <summary>What runs it, for each of its sockets.</summary>
    internal IEnumerable<EndpointLoop> Loops => _ports.Select(static port => port.Loop);

    /// <summary>Begins to listen.</summary>
    /// <param name="options">What to listen on, and how.</param>
    /// <param name="cancellationToken">Gives up; nothing is left behind.</param>
    /// <exception cref="ArgumentException">An option is missing or outside its range.</exception>
    /// <exception cref="SctpException">The address, or the SCTP port, cannot be used.</exception>
    public static ValueTask<SctpListener> ListenAsync(SctpListenerOptions options, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return new ValueTask<SctpListener>(Open(options));
    }

    /// <summary>Begins to listen, for callers that block: peers are answered also while they hold every thread of the pool.</summary>
    /// <inheritdoc cref="ListenAsync" path="/exception"/>
    /// <param name="options">What to listen on, and how.</param>
    public static SctpListener Listen(SctpListenerOptions options)
    {
        SctpListener listener = Open(options);
        listener.PrepareToBlock();
        return listener;
    }

    /// <summary>Takes the next association that a peer has set up.</summary>
    /// <param name="cancellationToken">Ends the waiting; no association is lost.</param>
    /// <exception cref="SctpException">The transport has ended.</exception>
    /// <exception cref="ObjectDisposedException">The listener, or its stack, was disposed.</exception>
    public async ValueTask<SctpAssociation> AcceptAssociationAsync(CancellationToken cancellationToken = default)
    {
        SctpAssociation association = await _accepted.DequeueAsync(cancellationToken).ConfigureAwait(false);
        Interlocked.Decrement(ref _waiting);
        return association;
    }

    /// <summary>Takes the next association, blocking the calling thread.</summary>
    /// <param name="timeout">How long at most; null, the default, for ever.</param>
    /// <exception cref="SctpException">It took longer, or the transport has ended.</exception>
    /// <exception cref="ObjectDisposedException">The listener, or its stack, was disposed.</exception>
    public SctpAssociation Accept(TimeSpan? timeout = null)
    {
        PrepareToBlock();
        SctpAssociation association = _accepted.Dequeue(Calls.Check(timeout));
        Interlocked.Decrement(ref _waiting);
        return association;
    }

    /// <summary>Takes the next association if it is there.</summary>
    /// <param name="association">It.</param>
    /// <returns>False when none is there, also when nothing can come any more.</returns>
    public bool TryAccept([NotNullWhen(true)] out SctpAssociation? association)
    {
        bool isThere = _accepted.TryDequeue(out association);
        if (isThere)
        {
            Interlocked.Decrement(ref _waiting);
        }

        return isThere;
    }

    /// <summary>All associations, until the listener is disposed.</summary>
    /// <param name="cancellationToken">Ends the waiting.</param>
    public async IAsyncEnumerable<SctpAssociation> AcceptAllAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        while (true)
        {
            SctpAssociation association;
            try
            {
                association = await AcceptAssociationAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (ObjectDisposedException)
            {
                yield break;
            }

            yield return association;
        }
    }

    /// <summary>One option of the associations that will be set up.</summary>
    /// <param name="option">One of <see cref="SctpOptions"/>.</param>
    public T GetOption<T>(SctpOption<T> option)
    {
        ArgumentNullException.ThrowIfNull(option);
        return option.Get(_association);
    }

    /// <summary>Changes one option of the associations that will be set up (SCTP_FUTURE_ASSOC).</summary>
    /// <param name="option">One of <see cref="SctpOptions"/>.</param>
    /// <param name="value">Its new value.</param>
    /// <exception cref="ArgumentException">The value is outside its range.</exception>
    /// <exception cref="ObjectDisposedException">The listener was disposed.</exception>
    public void SetOption<T>(SctpOption<T> option, T value)
    {
        ArgumentNullException.ThrowIfNull(option);
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _isDisposed) != 0, this);
        Change(options => option.Set(options, value));
    }

    /// <summary>Changes the options of the associations that will be set up.</summary>
    internal void Change(Func<SctpAssociationOptions, SctpAssociationOptions> change)
    {
        lock (_gate)
        {
            SctpAssociationOptions changed = change(_association).Prepared();
            changed.Validate();
            _association = changed;
            Array.ForEach(_ports, static port => port.Leave());
        }

        Array.ForEach(_ports, static port => port.Loop.Schedule());
    }

    /// <summary>Whether an association can be accepted.</summary>
    internal bool HasWaiting => _accepted.Count > 0;

    /// <summary>
    /// Stops listening. Associations that were accepted live on, and the socket with them; those that nobody accepted are
    /// aborted.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        await EndAsync().ConfigureAwait(false);
        await Loop.Life.Freed.ConfigureAwait(false);
    }

    /// <summary><see cref="DisposeAsync"/>, blocking the calling thread.</summary>
    public void Dispose()
    {
        PrepareToBlock();
        Calls.Block(EndAsync(), Timeout.InfiniteTimeSpan);
        Calls.Block(Loop.Life.Freed, Timeout.InfiniteTimeSpan);
    }

    private static SctpListener Open(SctpListenerOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        return new SctpListener(options);
    }

    private Task EndAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
        {
            return Task.CompletedTask;
        }

        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        int left = _ports.Length;
        Array.ForEach(_ports, port => port.Stop(() =>
        {
            if (Interlocked.Decrement(ref left) > 0)
            {
                return;                                      // the last one speaks for all
            }

            Close();
            if (_ownsLoop)
            {
                Loop.Life.Release();
            }

            ended.SetResult();
        }));
        _ = _disposed.CancelAsync();                         // the user's code: whatever it does, the port is closed
        return ended.Task;
    }

    private void PrepareToBlock() => Array.ForEach(_ports, static port => port.Loop.PrepareToBlock());

    // A port was taken away: the stack, or its transport, has ended. On its loop.
    private void OnEnded(EndpointLoop loop)
    {
        if (Interlocked.Decrement(ref _open) == 0)
        {
            Close(loop.Life.End as SctpException);
        }
    }

    // It accepts nothing any more: that is what it was told, or nothing can come.
    private void Close(SctpException? end = null)
    {
        _accepted.Complete(end ?? (Exception)new ObjectDisposedException(nameof(SctpListener)));
        while (_accepted.TryDequeue(out SctpAssociation? association))
        {
            association.Host.Abandon("the listener was closed");
        }
    }

    private void OnAccepted(EndpointLoop loop, Association core)
    {
        // A restarted association keeps the options that it had.
        SctpAssociationOptions options = core.Options as SctpAssociationOptions ?? _association;
        AssociationHost host = loop.Adopt(core, options);
        Interlocked.Increment(ref _waiting);
        if (_options.OptionsCallback is { } callback)
        {
            var incoming = new SctpIncomingAssociation(
                host.Remote.ToIPEndPoint(), core.RemotePort, host.Streams.Outgoing, host.Streams.Incoming, core.PeerAdaptation)
            {
                PeerCertificate = host.PeerCertificate,
            };
            _ = Task.Run(() => DecideAsync(host, callback, incoming), CancellationToken.None);
        }
        else
        {
            Offer(host);
        }
    }

    // The user's code: never on the loop.
    private async Task DecideAsync(
        AssociationHost host,
        Func<SctpIncomingAssociation, CancellationToken, ValueTask<SctpAssociationOptions?>> callback,
        SctpIncomingAssociation incoming)
    {
        try
        {
            if (await callback(incoming, _isDisposedToken).ConfigureAwait(false) is { } options)
            {
                host.Configure(promised => options with
                {
                    OutgoingStreams = promised.OutgoingStreams,
                    IncomingStreams = promised.IncomingStreams,
                    PathMtu = promised.PathMtu,
                    AdaptationIndication = promised.AdaptationIndication,
                    Extensions = promised.Extensions,
                    Authentication = promised.Authentication,
                    InBandNotifications = promised.InBandNotifications,
                });
                Offer(host);
            }
            else
            {
                Refuse(host, "the association was refused");
            }
        }
#pragma warning disable CA1031 // Nobody awaits it: the association alone is to blame, and is told.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            LogMessages.CallbackFailed(Loop.Logger, exception, host.Remote);
            Refuse(host, "the association was refused");
        }
    }

    private void Offer(AssociationHost host)
    {
        var association = new SctpAssociation(host);
        if (!_accepted.TryEnqueue(association))
        {
            Refuse(host, "the listener was closed");
            return;
        }

        Watcher?.Invoke();
    }

    // Loops that ask at once let in one more each.
    private bool IsFull(int unseen) => Volatile.Read(ref _waiting) + unseen >= _options.Backlog;

    private void Refuse(AssociationHost host, string reason)
    {
        Interlocked.Decrement(ref _waiting);
        host.Abandon(reason);
    }
}
