using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.IO;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Threading;
using System.Threading.Tasks;
using Braid.Core;
using Braid.Sockets;

namespace Braid.WebRtc.Network;

/// <summary>The TCP connections of a peer: those that it opens, those that the other side opens, and those to TURN servers.</summary>
#pragma warning disable CA1001 // What Close leaves of the source has no handle.
internal sealed class StreamLinks(PeerHost host, INetworkPeer peer)
#pragma warning restore CA1001
{
    private const int MostAccepted = 32;                     // at once, and each has to show a check soon

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    private readonly CancellationTokenSource _closing = new();
    private readonly ConcurrentDictionary<string, bool> _fragments = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<Socket, bool> _listeners = new();
    private int _accepted;

    // Only the loop.
    private readonly Dictionary<NetworkPath, StreamLink> _links = [];
    private bool _isClosed;

    /// <summary>Is cancelled when the host closes.</summary>
    public CancellationToken Closing => _closing.Token;

    /// <summary>The connection of a path. On the loop only.</summary>
    public StreamLink? Find(in NetworkPath path) => _links.GetValueOrDefault(path);

    /// <summary>Checks that name this fragment are for the peer.</summary>
    public void AddFragment(string fragment) => _fragments[fragment] = true;

    /// <summary>Lets the other side open connections to an address (RFC 6544 §4.1: passive candidates).</summary>
    /// <returns>Where; none when it cannot be.</returns>
    public NetworkAddress Listen(in NetworkAddress address)
    {
        var socket = new Socket(address.ToIPEndPoint().AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(address.WithPort(0).ToIPEndPoint());
            socket.Listen(MostAccepted);
        }
        catch (SocketException)
        {
            socket.Dispose();
            return NetworkAddress.None;
        }

        NetworkAddress local = ((IPEndPoint)socket.LocalEndPoint!).ToNetworkAddress();
        _listeners[socket] = true;
        if (_closing.IsCancellationRequested)
        {
            socket.Dispose();
        }

        _ = AcceptAsync(socket, local);
        return local;
    }

    /// <summary>Opens a connection that a check needs (RFC 6544 §7.1), and says what has become of it. On the loop only.</summary>
    public void Connect(NetworkAddress local, NetworkAddress remote) => _ = ConnectAsync(local, remote);

    /// <summary>Opens a connection to a TURN server.</summary>
    /// <param name="server">Its URL.</param>
    /// <param name="remote">Its address.</param>
    /// <exception cref="IOException">It could not be opened; the message says why.</exception>
    public async Task<StreamLink> ConnectAsync(IceServerUrl server, NetworkAddress remote)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Closing);
        patience.CancelAfter(s_patience);
        Socket? socket = null;
        Stream? stream = null;
        try
        {
            socket = new Socket(remote.ToIPEndPoint().AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            await socket.ConnectAsync(remote.ToIPEndPoint(), patience.Token).ConfigureAwait(false);
            stream = new NetworkStream(socket, ownsSocket: false);
            if (server.Transport == IceServerTransport.Tls)
            {
                var secure = new SslStream(stream, leaveInnerStreamOpen: false);
                stream = secure;
                await secure.AuthenticateAsClientAsync(TlsOptions(server.Host), patience.Token).ConfigureAwait(false);
            }

            var path = new NetworkPath(((IPEndPoint)socket.LocalEndPoint!).ToNetworkAddress(), remote);
            return new StreamLink(host, socket, stream, ArrivalKind.TurnMessages, path);
        }
        catch (Exception exception) when (exception is SocketException or IOException or AuthenticationException or OperationCanceledException)
        {
            if (stream is not null)
            {
                await stream.DisposeAsync().ConfigureAwait(false);
            }

            socket?.Dispose();
            throw new IOException(WhyOf(exception), exception);
        }
    }

    /// <summary>Uses a connection from now on, until it ends. On the loop only.</summary>
    /// <param name="link">It.</param>
    /// <param name="mayBegin">As in <see cref="StreamLink.ReceiveAsync"/>.</param>
    /// <param name="onEnded">It has ended. On the loop.</param>
    public void Use(StreamLink link, Func<ReadOnlyMemory<byte>, bool>? mayBegin = null, Action<Instant>? onEnded = null)
    {
        if (_isClosed || !_links.TryAdd(link.Path, link))
        {
            link.Dispose();
            onEnded?.Invoke(host.Now);
            return;
        }

        _ = UseAsync(link, mayBegin, onEnded);
    }

    /// <summary>Closes the connection of a path once what waits in it was sent. On the loop only.</summary>
    public void Finish(in NetworkPath path) => Find(path)?.Finish();

    /// <summary>Closes all of them. On the loop only.</summary>
    public void Close()
    {
        _isClosed = true;
        _closing.Cancel();
        foreach (Socket listener in _listeners.Keys)
        {
            listener.Dispose();
        }

        foreach (StreamLink link in _links.Values)
        {
            link.Dispose();
        }

        _links.Clear();
    }

    private static string WhyOf(Exception exception) => exception switch
    {
        OperationCanceledException => $"no connection within {s_patience.TotalSeconds:0} seconds",
        AuthenticationException => $"its certificate is not accepted ({exception.InnerException?.Message ?? exception.Message})",
        SocketException { SocketErrorCode: SocketError.ConnectionRefused } => "the connection was refused",
        _ => exception.Message,
    };

    private SslClientAuthenticationOptions TlsOptions(string name)
    {
        var options = new SslClientAuthenticationOptions { TargetHost = name };
        if (host.Options.CertificateAuthorities is { } authorities)
        {
            options.CertificateChainPolicy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,
            };
            options.CertificateChainPolicy.CustomTrustStore.AddRange(authorities);
        }

        return options;
    }

    private async Task UseAsync(StreamLink link, Func<ReadOnlyMemory<byte>, bool>? mayBegin, Action<Instant>? onEnded)
    {
        await link.ReceiveAsync(mayBegin, s_patience).ConfigureAwait(false);
        host.Post(now =>
        {
            _links.Remove(link.Path);
            onEnded?.Invoke(now);
        });
    }

    private async Task AcceptAsync(Socket listener, NetworkAddress local)
    {
        while (true)
        {
            Socket socket;
            try
            {
                socket = await listener.AcceptAsync(Closing).ConfigureAwait(false);
            }
            catch (SocketException exception) when (exception.SocketErrorCode is SocketError.ConnectionReset or SocketError.ConnectionAborted)
            {
                continue;                                    // it was gone before
            }
            catch (Exception exception) when (exception is SocketException or ObjectDisposedException or OperationCanceledException)
            {
                return;
            }

            if (Interlocked.Increment(ref _accepted) > MostAccepted)
            {
                Interlocked.Decrement(ref _accepted);
                socket.Dispose();
                continue;
            }

            TryAccept(socket, local);
        }
    }

    private void TryAccept(Socket socket, NetworkAddress local)
    {
        try
        {
            socket.NoDelay = true;
            var path = new NetworkPath(local, ((IPEndPoint)socket.RemoteEndPoint!).ToNetworkAddress());
            var link = new StreamLink(host, socket, new NetworkStream(socket, ownsSocket: false), ArrivalKind.Frames, path);
            host.Post(_ => Use(
                link, frame => StreamLink.IsCheckFor(frame.Span, _fragments.ContainsKey), _ => Interlocked.Decrement(ref _accepted)));
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            Interlocked.Decrement(ref _accepted);
            socket.Dispose();
        }
    }

    private async Task ConnectAsync(NetworkAddress local, NetworkAddress remote)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Closing);
        patience.CancelAfter(s_patience);
        Socket? socket = null;
        try
        {
            socket = new Socket(remote.ToIPEndPoint().AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            socket.Bind(local.WithPort(0).ToIPEndPoint());
            await socket.ConnectAsync(remote.ToIPEndPoint(), patience.Token).ConfigureAwait(false);
            var path = new NetworkPath(((IPEndPoint)socket.LocalEndPoint!).ToNetworkAddress(), remote);
            var link = new StreamLink(host, socket, new NetworkStream(socket, ownsSocket: false), ArrivalKind.Frames, path);
            host.Post(now =>
            {
                Use(link);
                if (!host.IsClosed)
                {
                    peer.CompleteConnection(now, local, remote, path);
                }
            });
        }
        catch (Exception exception) when (exception is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            socket?.Dispose();
            host.PostToPeer((now, to) => to.CompleteConnection(now, local, remote, null));
        }
    }
}
