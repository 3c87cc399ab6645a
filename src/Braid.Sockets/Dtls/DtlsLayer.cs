using System;
using System.Collections.Generic;
using System.Diagnostics.CodeAnalysis;
using Braid.Core;
using Braid.Dtls;
using Braid.Sctp;

namespace Braid.Sockets;

/// <summary>
/// DTLS between an endpoint and its transport (RFC 8261): datagrams are opened and handed to the endpoint, its packets are sealed where
/// the transport takes them from. One session for each address that a peer has. As a machine it runs where the endpoint would.
/// </summary>
/// <param name="endpoint">What is above it. It knows peers by the addresses of their sessions.</param>
/// <param name="options">Who we are, and whom we let in.</param>
/// <param name="random">The operating system's generator in production: what cookies are made with.</param>
/// <param name="maximumPeers">Sessions that may exist at the same time.</param>
internal sealed class DtlsLayer(Endpoint endpoint, SctpDtlsOptions options, IRandomSource random, int maximumPeers) : IDatagramMachine
{
    /// <summary>Bytes around a packet: a record's header, and the nonce and the tag of AES-GCM, which has the longest.</summary>
    public const int Overhead = 13 + 8 + 16;

    /// <summary>The largest packet that a record has room for.</summary>
    public const int LargestPacket = DtlsSession.LargestRecord;

    private const byte ApplicationData = 23;                 // a record of it
    private const int MostReplies = 64;                      // to hellos without a cookie; what is too much is lost
    private const int MostHandshakes = 1024;                 // of clients at the same time
    private static readonly TimeSpan s_idleTimeout = TimeSpan.FromSeconds(10);

    private readonly DtlsCookieExchange _cookies = new(random.Fork());
    private readonly Dictionary<NetworkAddress, DtlsPeer> _peers = [];
    private readonly Dictionary<NetworkAddress, int> _uses = [];
    private readonly Queue<DtlsPeer> _sending = new();
    private readonly Queue<(NetworkPath Path, byte[] Bytes)> _replies = new();
    private readonly Queue<(NetworkAddress Remote, DtlsEnd End, bool IsUsed)> _ended = new();
    private readonly PriorityQueue<DtlsPeer, Instant> _deadlines = new();
    private readonly byte[] _packet = new byte[LargestPacket];
    private readonly byte[] _reply = new byte[DtlsCookieExchange.AnswerLength];
    private DtlsPeer? _last;                                 // most packets go where the one before went
    private int _handshakes;                                 // of clients
    private bool _isClosed;

    /// <inheritdoc/>
    public Instant NextTimeout =>
        _deadlines.TryPeek(out _, out Instant next) ? Instant.Min(next, endpoint.NextTimeout) : endpoint.NextTimeout;

    /// <summary>Called for each packet that the endpoint was given.</summary>
    public Action<Instant>? Delivered { get; set; }

    /// <summary>Sessions, in whatever state.</summary>
    public int PeerCount => _peers.Count;

    /// <summary>Datagrams that belonged to nobody, or came where there was no room.</summary>
    public long Discarded { get; private set; }

    /// <summary>The certificate of a peer (DER); empty where there is none.</summary>
    public ReadOnlyMemory<byte> CertificateOf(in NetworkAddress remote) =>
        _peers.TryGetValue(remote, out DtlsPeer? peer) ? peer.Session.PeerCertificate : default;

    /// <summary>An association needs the session with a peer, or that which it will have.</summary>
    public void Use(in NetworkAddress remote)
    {
        _uses[remote] = _uses.GetValueOrDefault(remote) + 1;
        if (_peers.TryGetValue(remote, out DtlsPeer? peer))
        {
            peer.IdleDeadline = Instant.Never;
        }
    }

    /// <summary>An association needs it no longer.</summary>
    public void Release(Instant now, in NetworkAddress remote)
    {
        if (!_uses.TryGetValue(remote, out int uses))
        {
            return;
        }

        if (uses > 1)
        {
            _uses[remote] = uses - 1;
            return;
        }

        _uses.Remove(remote);
        if (_peers.TryGetValue(remote, out DtlsPeer? peer))
        {
            peer.IdleDeadline = now + s_idleTimeout;         // our last chunk may have been lost, and is asked for again
            QueueDeadline(peer);
        }
    }

    /// <summary>Takes the next session that has failed, or has ended while associations used it.</summary>
    /// <param name="remote">With whom it was.</param>
    /// <param name="end">Why it has ended.</param>
    /// <param name="isUsed">Whether associations used it.</param>
    public bool TryTakeEnded(out NetworkAddress remote, [NotNullWhen(true)] out DtlsEnd? end, out bool isUsed)
    {
        bool any = _ended.TryDequeue(out (NetworkAddress Remote, DtlsEnd End, bool IsUsed) ended);
        (remote, end, isUsed) = any ? ended : (default, null, false);
        return any;
    }

    /// <summary>Says goodbye to everybody. What <see cref="TryGetDatagram"/> still gives has to be sent.</summary>
    public void Close(Instant now)
    {
        _isClosed = true;
        foreach (DtlsPeer peer in _peers.Values)
        {
            peer.Session.Close(now);
            peer.IsOver = true;
            List(peer);
            if (peer.Successor is { } successor)
            {
                successor.IsOver = true;
                List(successor);
            }
        }

        _peers.Clear();
        _deadlines.Clear();
        _last = null;
    }

    /// <inheritdoc/>
    public void HandleDatagram(Instant now, in NetworkPath path, ReadOnlySpan<byte> datagram, EcnCodepoint ecn = EcnCodepoint.NotCapable)
    {
        if (!TryFind(path.Remote, out DtlsPeer? peer))
        {
            Greet(now, path, datagram, null);
        }
        else if (peer.Session.State == DtlsState.Connected && DtlsCookieExchange.LooksLikeHello(datagram) && peer.Session.Role == DtlsRole.Server)
        {
            Greet(now, path, datagram, peer);
        }
        else if (peer.Successor is { } successor && datagram.Length > 0 && datagram[0] != ApplicationData)
        {
            successor.Session.HandleDatagram(now, datagram);
            OnSuccessor(now, peer, successor);
        }
        else
        {
            Open(now, peer, path, datagram, ecn);
        }
    }

    /// <inheritdoc/>
    public void HandleTimeout(Instant now)
    {
        while (_deadlines.TryPeek(out DtlsPeer? peer, out Instant due) && due <= now)
        {
            _deadlines.Dequeue();
            peer.QueuedFor = Instant.Never;
            if (peer.IsOver)
            {
                continue;
            }

            if (peer.IdleDeadline <= now)
            {
                peer.Session.Close(now);
            }
            else
            {
                peer.Session.HandleTimeout(now);
            }

            if (peer.Predecessor is { } predecessor)
            {
                OnSuccessor(now, predecessor, peer);
            }
            else
            {
                OnMoved(now, peer);
            }
        }

        endpoint.HandleTimeout(now);
    }

    /// <inheritdoc/>
    public bool TryGetDatagram(Instant now, Span<byte> destination, out OutgoingDatagram datagram)
    {
        if (_replies.TryDequeue(out (NetworkPath Path, byte[] Bytes) reply))
        {
            reply.Bytes.CopyTo(destination);
            datagram = new OutgoingDatagram(reply.Bytes.Length, reply.Path);
            return true;
        }

        while (!TrySendListed(now, destination, out datagram))
        {
            if (!endpoint.TryGetDatagram(now, _packet, out OutgoingDatagram packet))
            {
                return false;
            }

            ReadOnlySpan<byte> bytes = _packet.AsSpan(0, packet.Length);
            DtlsPeer? peer = Find(packet.Path.Remote) ?? Call(now, packet.Path, bytes);
            if (peer is null)
            {
                continue;                                    // nobody to send it to: an ABORT after the end of its session
            }

            if (peer.Session.TrySeal(bytes, destination, out int length))
            {
                datagram = packet with { Length = length };
                return true;
            }

            peer.Hold(bytes);
            OnMoved(now, peer);
        }

        return true;
    }

    private bool TrySendListed(Instant now, Span<byte> destination, out OutgoingDatagram datagram)
    {
        while (_sending.TryPeek(out DtlsPeer? peer))
        {
            if (peer.TryGetDatagram(destination, out int length))
            {
                datagram = new OutgoingDatagram(length, peer.Path);
                return true;
            }

            _sending.Dequeue();
            peer.IsListed = false;
            if (peer.IsOver)
            {
                peer.Session.Dispose();
            }
            else if (peer.Session.State == DtlsState.Closed)
            {
                OnMoved(now, peer);                          // sealing has failed
            }
        }

        datagram = default;
        return false;
    }

    private bool TryFind(in NetworkAddress remote, [NotNullWhen(true)] out DtlsPeer? peer)
    {
        peer = Find(remote);
        return peer is not null;
    }

    private DtlsPeer? Find(in NetworkAddress remote)
    {
        if (_last is null || _last.Path.Remote != remote)
        {
            _last = _peers.GetValueOrDefault(remote);
        }

        return _last;
    }

    // An association is being set up with somebody that there is no session with: its INIT, which alone has the tag 0, begins one.
    private DtlsPeer? Call(Instant now, in NetworkPath path, ReadOnlySpan<byte> packet)
    {
        if (_isClosed || options.Role == DtlsRole.Server || packet.Length < 12 || packet[4..8].ContainsAnyExcept((byte)0))
        {
            return null;
        }

        DtlsPeer peer = Add(path, DtlsRole.Client);
        peer.Session.Start(now);
        return peer;
    }

    // Somebody that there is no session with, or who seems to have begun anew.
    private void Greet(Instant now, in NetworkPath path, ReadOnlySpan<byte> datagram, DtlsPeer? known)
    {
        if (_isClosed || options.Role == DtlsRole.Client || _peers.Count >= maximumPeers || !DtlsCookieExchange.LooksLikeHello(datagram))
        {
            Discarded++;
            return;
        }

        if (!options.CookieExchange)
        {
            // Without a cookie anybody could end the session of another one.
            if (known is null && _handshakes < MostHandshakes)
            {
                DtlsPeer fresh = Add(path, DtlsRole.Server);
                fresh.Session.Start(now);
                Open(now, fresh, path, datagram, EcnCodepoint.NotCapable);
                return;
            }

            Discarded++;
            return;
        }

        switch (_cookies.Examine(now, path.Remote, datagram, _reply, out int length))
        {
            case DtlsHelloVerdict.Answered when _replies.Count < MostReplies:
                _replies.Enqueue((path, _reply[..length]));
                break;
            case DtlsHelloVerdict.Verified when known?.Successor is { } waiting:
                waiting.Session.HandleDatagram(now, datagram);           // our answer was lost
                OnSuccessor(now, known, waiting);
                break;
            case DtlsHelloVerdict.Verified when known is not null:
                known.Successor = new DtlsPeer(path, new DtlsSession(options.ToSessionOptions(DtlsRole.Server))) { Predecessor = known };
                known.Successor.Session.StartVerified(now, datagram);
                OnSuccessor(now, known, known.Successor);
                break;
            case DtlsHelloVerdict.Verified when _handshakes < MostHandshakes:
                DtlsPeer peer = Add(path, DtlsRole.Server);
                peer.Session.StartVerified(now, datagram);
                OnMoved(now, peer);
                break;
            default:
                Discarded++;
                break;
        }
    }

    private DtlsPeer Add(in NetworkPath path, DtlsRole role)
    {
        var peer = new DtlsPeer(path, new DtlsSession(options.ToSessionOptions(role)));
        _peers[path.Remote] = peer;
        _last = peer;
        peer.IsGreeted = role == DtlsRole.Server;
        _handshakes += peer.IsGreeted ? 1 : 0;
        return peer;
    }

    private void Open(Instant now, DtlsPeer peer, in NetworkPath path, ReadOnlySpan<byte> datagram, EcnCodepoint ecn)
    {
        bool wasConnected = peer.Session.State == DtlsState.Connected;
        peer.Session.HandleDatagram(now, datagram);
        while (peer.Session.TryReceive(out ReadOnlySpan<byte> packet))
        {
            endpoint.HandleDatagram(now, path, packet, ecn);
            Delivered?.Invoke(now);
        }

        if (!wasConnected || peer.Session.State != DtlsState.Connected || peer.Session.HasDatagrams)
        {
            OnMoved(now, peer);
        }
    }

    // Something other than data has happened to a session.
    private void OnMoved(Instant now, DtlsPeer peer)
    {
        List(peer);
        if (peer.Session.State == DtlsState.Handshaking)
        {
            QueueDeadline(peer);
            return;
        }

        _handshakes -= peer.IsGreeted ? 1 : 0;
        peer.IsGreeted = false;
        if (peer.Session.State == DtlsState.Closed)
        {
            Remove(peer, peer.Session.End!);
        }
        else
        {
            if (peer.IdleDeadline.IsNever && !_uses.ContainsKey(peer.Path.Remote))
            {
                peer.IdleDeadline = now + s_idleTimeout;     // whoever has set it up wants an association soon
            }

            QueueDeadline(peer);
        }
    }

    // RFC 6347 §4.2.8: the old session is good until the new one's handshake is done.
    private void OnSuccessor(Instant now, DtlsPeer peer, DtlsPeer successor)
    {
        List(successor);
        QueueDeadline(successor);
        if (successor.Session.State == DtlsState.Closed)
        {
            successor.IsOver = true;
            peer.Successor = null;
        }
        else if (successor.Session.State == DtlsState.Connected)
        {
            peer.Successor = null;
            successor.Predecessor = null;
            Remove(peer, new DtlsEnd(DtlsEndReason.ClosedByPeer, "The peer has begun anew."));
            _peers[peer.Path.Remote] = successor;
            OnMoved(now, successor);
        }
    }

    private void Remove(DtlsPeer peer, DtlsEnd end)
    {
        NetworkAddress remote = peer.Path.Remote;
        peer.IsOver = true;
        if (peer.Successor is { } successor)
        {
            successor.IsOver = true;
            peer.Successor = null;
            List(successor);
        }

        _peers.Remove(remote);
        _last = null;
        List(peer);
        bool isUsed = _uses.ContainsKey(remote);
        if (isUsed || end.Reason is not (DtlsEndReason.Closed or DtlsEndReason.ClosedByPeer))
        {
            _ended.Enqueue((remote, end, isUsed));
        }
    }

    private void List(DtlsPeer peer)
    {
        if (!peer.IsListed)
        {
            peer.IsListed = true;
            _sending.Enqueue(peer);
        }
    }

    // An earlier entry finds out by itself that it has become later.
    private void QueueDeadline(DtlsPeer peer)
    {
        if (peer.Deadline < peer.QueuedFor)
        {
            peer.QueuedFor = peer.Deadline;
            _deadlines.Enqueue(peer, peer.Deadline);
        }
    }
}
