using System;
using System.Threading;
using System.Threading.Tasks;
using Braid.Core;
using Braid.Sctp;

namespace Braid.Sockets;

/// <summary>Sets associations up for the side that begins, and for the one that waits for a certain peer.</summary>
internal static class SetUp
{
    public static async ValueTask<SctpAssociation> ConnectAsync(SctpConnectOptions options, CancellationToken cancellationToken) =>
        options.Stack is not null
            ? await FinishAsync(Open(options.Stack.Loop, options, isActive: true), options, isActive: true, cancellationToken).ConfigureAwait(false)
            : await ConnectAsync(SctpStack.OpenFor(options), options, cancellationToken).ConfigureAwait(false);

    /// <param name="own">A stack that nobody else knows: it ends with the association.</param>
    /// <param name="options">Whom to connect to, and how.</param>
    /// <param name="cancellationToken">Gives the attempt up.</param>
    public static async ValueTask<SctpAssociation> ConnectAsync(SctpStack own, SctpConnectOptions options, CancellationToken cancellationToken)
    {
        try
        {
            return await FinishAsync(Open(own.Loop, options, isActive: true), options, isActive: true, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            own.Loop.Life.Release();                              // from here on the association alone keeps it
            await own.Loop.Life.Freed.ConfigureAwait(false);
        }
    }

    /// <inheritdoc cref="ConnectAsync(SctpStack, SctpConnectOptions, CancellationToken)"/>
    public static async ValueTask<SctpAssociation> AcceptAsync(SctpStack own, SctpConnectOptions options, CancellationToken cancellationToken)
    {
        try
        {
            return await FinishAsync(Open(own.Loop, options, isActive: false), options, isActive: false, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            own.Loop.Life.Release();
            await own.Loop.Life.Freed.ConfigureAwait(false);
        }
    }

    /// <summary>The same, blocking the calling thread.</summary>
    public static SctpAssociation Connect(SctpConnectOptions options, TimeSpan timeout)
    {
        SctpStack? own = options.Stack is null ? SctpStack.OpenFor(options) : null;
        EndpointLoop loop = (own ?? options.Stack)!.Loop;
        loop.PrepareToBlock();
        using Activities.Scope activity = Activities.Connecting(options);
        AssociationHost? host = null;
        try
        {
            Task<AssociationHost> opening = Open(loop, options, isActive: true);
            Calls.Block(opening, Timeout.InfiniteTimeSpan);
            host = opening.Result;
            Calls.Block(host.Established, timeout);
            return new SctpAssociation(host);
        }
        catch (SctpException exception)
        {
            activity.Failed(exception);
            if (exception.Error == SctpError.TimedOut)
            {
                host?.Abandon("");
            }

            throw;
        }
        finally
        {
            own?.Loop.Life.Release();
            Calls.Block(loop.Life.Freed, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>Begins, and does not wait for the peer.</summary>
    public static SctpAssociation Begin(SctpConnectOptions options)
    {
        SctpStack? own = options.Stack is null ? SctpStack.OpenFor(options) : null;
        EndpointLoop loop = (own ?? options.Stack)!.Loop;
        loop.PrepareToBlock();
        try
        {
            Task<AssociationHost> opening = Open(loop, options, isActive: true);
            Calls.Block(opening, Timeout.InfiniteTimeSpan);
            return new SctpAssociation(opening.Result);
        }
        finally
        {
            own?.Loop.Life.Release();
        }
    }

    /// <summary>Begins, on the loop.</summary>
    /// <param name="loop">Where it is to live.</param>
    /// <param name="options">Whom to connect to, and how.</param>
    /// <param name="isActive">Whether this side sends INIT.</param>
    public static Task<AssociationHost> Open(EndpointLoop loop, SctpConnectOptions options, bool isActive) =>
        Open(loop, now => Begin(loop, now, options, isActive, socket: null));

    /// <summary>Makes an association on the loop, in whatever way.</summary>
    public static Task<T> Open<T>(EndpointLoop loop, Func<Instant, T> begin)
    {
        var opened = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        loop.Post(now =>
        {
            try
            {
                opened.SetResult(begin(now));
            }
            catch (InvalidOperationException exception) when (exception is not ObjectDisposedException)
            {
                opened.SetException(new SctpException(SctpError.AlreadyConnected, exception.Message, exception));
            }
            catch (Exception exception) when (exception is ArgumentException or SctpException or ObjectDisposedException)
            {
                opened.SetException(exception);
            }
            catch (Exception exception)
            {
                opened.SetException(exception);
                throw;                                       // a bug of ours: the loop knows what to do
            }
        });
        return opened.Task;
    }

    /// <summary>Makes an association. On the loop only.</summary>
    /// <exception cref="ArgumentException">The peer has an address that the transport cannot send to.</exception>
    /// <exception cref="InvalidOperationException">There is one with that peer already.</exception>
    public static AssociationHost Begin(EndpointLoop loop, Instant now, SctpConnectOptions options, bool isActive, SctpSocket? socket)
    {
        if (loop.Life.End is { } end)
        {
            throw SctpException.Again(end);
        }

        if (loop.Secure is not null && options.RemoteEndPoints.Count > 1)
        {
            throw new ArgumentException("Over DTLS a peer has one end point (RFC 8261 §6).", nameof(options));
        }

        SctpAssociationOptions association = loop.Fit(options.Association.Prepared());
        var paths = new NetworkPath[Math.Max(1, options.RemoteEndPoints.Count)];
        for (int i = 0; i < options.RemoteEndPoints.Count; i++)
        {
            NetworkAddress remote = loop.AddressOf(options.RemoteEndPoints[i]);
            if (!remote.IsIn(loop.Transport.Families))
            {
                throw new ArgumentException($"{remote} cannot be reached from {string.Join(", ", loop.Transport.LocalEndPoints)}.", nameof(options));
            }

            paths[i] = new NetworkPath(NetworkAddress.None, remote);
        }

        ushort port = loop.Ports.Use(options.LocalPort);     // until the host has it
        try
        {
            Association core = isActive
                ? loop.Endpoint.Connect(now, options.RemotePort, paths, association, port)
                : loop.Endpoint.Listen(options.RemotePort, paths[0], association, port);
            return loop.Adopt(core, association, socket);
        }
        finally
        {
            loop.Ports.Release(port);
        }
    }

    private static async ValueTask<SctpAssociation> FinishAsync(
        Task<AssociationHost> opening, SctpConnectOptions options, bool isActive, CancellationToken cancellationToken)
    {
        using Activities.Scope activity = isActive ? Activities.Connecting(options) : default;
        AssociationHost host;
        try
        {
            host = await opening.ConfigureAwait(false);
            using (cancellationToken.UnsafeRegister(static state => ((AssociationHost)state!).Abandon(""), host))
            {
                await host.Established.ConfigureAwait(false);
            }
        }
        catch (SctpException exception)
        {
            activity.Failed(exception);
            cancellationToken.ThrowIfCancellationRequested();
            throw;
        }

        if (cancellationToken.IsCancellationRequested)
        {
            host.Abandon("");                           // established and cancelled at once: it was aborted, or is now
            throw new OperationCanceledException(cancellationToken);
        }

        return new SctpAssociation(host);
    }
}
