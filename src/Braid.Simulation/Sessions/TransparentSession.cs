using System;
using System.Collections.Generic;
using Braid.Core;
using Braid.Dtls;

namespace Braid.Simulation;

/// <summary>
/// Stands for a <see cref="DtlsSession"/> where time is virtual: the same states, flights that are lost and repeated, certificates that are
/// compared, records of the same size. It protects nothing: what is sent is to be seen in a capture.
/// </summary>
/// <remarks>
/// A datagram is a byte that tells it from STUN (RFC 7983), a kind, zeros up to the overhead of DTLS, and the content: a certificate in the
/// handshake. HELLO, ANSWER, FINISHED; then records, and CLOSE.
/// </remarks>
public sealed class TransparentSession : ISecureDatagramSession
{
    private const int HeaderLength = 13 + 8 + 16;            // as AES-GCM has it
    private const int MostHeld = 32;
    private const int MostWaiting = 16;                      // datagrams that nobody has taken
    private const byte Handshake = 22;
    private const byte Alert = 21;
    private const byte Data = 23;

    private static readonly TimeSpan s_longestTimeout = TimeSpan.FromMinutes(1);

    private readonly DtlsRole _role;
    private readonly byte[] _certificate;
    private readonly TimeSpan _handshakeTimeout;
    private readonly Queue<byte[]> _waiting = new();
    private readonly Queue<byte[]> _received = new();
    private IReadOnlyList<DtlsFingerprint>? _fingerprints;
    private TimeSpan _timeout;
    private Instant _repeatAt = Instant.Never;
    private Instant _deadline = Instant.Never;
    private byte[] _peerCertificate = [];
    private byte[] _flight = [];

    /// <param name="role">Who begins.</param>
    /// <param name="certificate">What the peer is shown: any bytes, up to 1,000.</param>
    /// <param name="peerFingerprints">What the peer's must be; null when that is said later.</param>
    /// <param name="retransmissionTimeout">After how long a flight is sent again, for the first time. Null for 1 s.</param>
    /// <param name="handshakeTimeout">How long the handshake may take. Null for 30 s.</param>
    public TransparentSession(
        DtlsRole role,
        ReadOnlySpan<byte> certificate,
        IReadOnlyList<DtlsFingerprint>? peerFingerprints = null,
        TimeSpan? retransmissionTimeout = null,
        TimeSpan? handshakeTimeout = null)
    {
        ArgumentOutOfRangeException.ThrowIfZero(certificate.Length, nameof(certificate));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(certificate.Length, 1000, nameof(certificate));
        _role = role;
        _certificate = certificate.ToArray();
        _fingerprints = peerFingerprints;
        _timeout = retransmissionTimeout ?? TimeSpan.FromSeconds(1);
        _handshakeTimeout = handshakeTimeout ?? TimeSpan.FromSeconds(30);
    }

    // The kinds of datagrams in the handshake.
    private enum Kind : byte
    {
        Hello = 1,
        Answer,
        Finished,
        Rejected,
    }

    /// <inheritdoc/>
    public DtlsState State { get; private set; }

    /// <inheritdoc/>
    public DtlsEnd? End { get; private set; }

    /// <inheritdoc/>
    public Instant NextTimeout => Instant.Min(_repeatAt, _deadline);

    /// <inheritdoc/>
    public int Overhead => HeaderLength;

    /// <inheritdoc/>
    public ReadOnlyMemory<byte> PeerCertificate => _peerCertificate;

    /// <summary>What the peer has to be told of a certificate.</summary>
    public static DtlsFingerprint FingerprintOf(ReadOnlySpan<byte> certificate) => DtlsFingerprint.Compute(certificate);

    /// <inheritdoc/>
    public void Start(Instant now)
    {
        if (State != DtlsState.New)
        {
            return;
        }

        State = DtlsState.Handshaking;
        _deadline = now + _handshakeTimeout;
        if (_role == DtlsRole.Client)
        {
            SendFlight(now, Kind.Hello, _certificate);
        }
    }

    /// <inheritdoc/>
    public void HandleDatagram(Instant now, ReadOnlySpan<byte> datagram)
    {
        if (datagram.Length < HeaderLength || State is DtlsState.New or DtlsState.Closed)
        {
            return;
        }

        ReadOnlySpan<byte> content = datagram[HeaderLength..];
        switch (datagram[0])
        {
            case Handshake:
                OnHandshake(now, (Kind)datagram[1], content);
                break;
            case Data when State != DtlsState.Handshaking || (_role == DtlsRole.Server && _peerCertificate.Length > 0):
                Finish();                                    // who sends data has finished, whether that has come or not
                if (_received.Count < MostHeld && content.Length > 0)
                {
                    _received.Enqueue(content.ToArray());
                }

                break;
            case Alert when State != DtlsState.Handshaking:
                Stop(new DtlsEnd(DtlsEndReason.ClosedByPeer, "The peer closed the session.", 0));
                break;
        }
    }

    /// <inheritdoc/>
    public void HandlePathChange(Instant now)
    {
        if (State == DtlsState.Handshaking)
        {
            _deadline = now + _handshakeTimeout;
        }
    }

    /// <inheritdoc/>
    public void HandleTimeout(Instant now)
    {
        if (now >= _deadline)
        {
            Stop(new DtlsEnd(DtlsEndReason.TimedOut, "Timed out: the peer did not answer the handshake."));
        }
        else if (now >= _repeatAt)
        {
            _timeout = _timeout * 2 < s_longestTimeout ? _timeout * 2 : s_longestTimeout;
            _repeatAt = now + _timeout;
            Enqueue(_flight);
        }
    }

    /// <inheritdoc/>
    public void SetPeerFingerprints(Instant now, IReadOnlyList<DtlsFingerprint> fingerprints)
    {
        _fingerprints = fingerprints;
        if (State != DtlsState.AwaitingFingerprint)
        {
            return;
        }

        if (DtlsFingerprint.Matches(fingerprints, _peerCertificate))
        {
            State = DtlsState.Connected;
        }
        else
        {
            Enqueue(Make(Alert, 0, []));
            Stop(Mismatch());
        }
    }

    /// <inheritdoc/>
    public bool TryReceive(out ReadOnlySpan<byte> content)
    {
        byte[]? record = null;
        bool any = State == DtlsState.Connected && _received.TryDequeue(out record);
        content = record;
        return any;
    }

    /// <inheritdoc/>
    public bool TryGetDatagram(Span<byte> destination, out int length)
    {
        length = 0;
        if (!_waiting.TryDequeue(out byte[]? datagram))
        {
            return false;
        }

        datagram.CopyTo(destination);
        length = datagram.Length;
        return true;
    }

    /// <inheritdoc/>
    public bool TrySeal(ReadOnlySpan<byte> content, Span<byte> destination, out int length)
    {
        ArgumentOutOfRangeException.ThrowIfZero(content.Length, nameof(content));
        length = 0;
        if (State != DtlsState.Connected)
        {
            return false;
        }

        destination[..HeaderLength].Clear();
        destination[0] = Data;
        content.CopyTo(destination[HeaderLength..]);
        length = HeaderLength + content.Length;
        return true;
    }

    /// <inheritdoc/>
    public void Close(Instant now)
    {
        if (State is DtlsState.Connected or DtlsState.AwaitingFingerprint)
        {
            Enqueue(Make(Alert, 0, []));
        }

        if (State != DtlsState.Closed)
        {
            Stop(new DtlsEnd(DtlsEndReason.Closed, "The session was closed."));
        }
    }

    /// <summary>There is nothing to free.</summary>
    public void Dispose() => State = DtlsState.Closed;

    private static byte[] Make(byte type, Kind kind, ReadOnlySpan<byte> content)
    {
        var datagram = new byte[HeaderLength + content.Length];
        datagram[0] = type;
        datagram[1] = (byte)kind;
        content.CopyTo(datagram.AsSpan(HeaderLength));
        return datagram;
    }

    private static DtlsEnd Mismatch() =>
        new(DtlsEndReason.FingerprintMismatch, "The peer's certificate does not match the fingerprint of its description.", 42);

    private void OnHandshake(Instant now, Kind kind, ReadOnlySpan<byte> content)
    {
        switch (kind)
        {
            case Kind.Hello when _role == DtlsRole.Server && Accepts(content) && State == DtlsState.Handshaking && _flight.Length == 0:
                SendFlight(now, Kind.Answer, _certificate);
                break;
            case Kind.Hello when _role == DtlsRole.Server && State != DtlsState.Closed:
                Enqueue(_flight);                            // our answer was lost
                break;
            case Kind.Answer when _role == DtlsRole.Client && Accepts(content):
                Enqueue(Make(Handshake, Kind.Finished, []));
                Finish();
                break;
            case Kind.Finished when _role == DtlsRole.Server && _peerCertificate.Length > 0:
                Finish();
                break;
            case Kind.Rejected when State == DtlsState.Handshaking:
                Stop(new DtlsEnd(DtlsEndReason.PeerAlert, "The peer did not accept our certificate (bad_certificate).", 42));
                break;
        }
    }

    private bool Accepts(ReadOnlySpan<byte> certificate)
    {
        if (_peerCertificate.Length == 0)
        {
            _peerCertificate = certificate.ToArray();
            if (_fingerprints is not null && !DtlsFingerprint.Matches(_fingerprints, certificate))
            {
                Enqueue(Make(Handshake, Kind.Rejected, []));
                Stop(Mismatch());
            }
        }

        return State != DtlsState.Closed;
    }

    private void Finish()
    {
        if (State == DtlsState.Handshaking)
        {
            State = _fingerprints is null ? DtlsState.AwaitingFingerprint
                : DtlsFingerprint.Matches(_fingerprints, _peerCertificate) ? DtlsState.Connected
                : State;
            _repeatAt = Instant.Never;
            _deadline = Instant.Never;
            if (State == DtlsState.Handshaking)
            {
                Stop(Mismatch());                            // it was said in the middle of the handshake
            }
        }
    }

    private void SendFlight(Instant now, Kind kind, ReadOnlySpan<byte> content)
    {
        _flight = Make(Handshake, kind, content);
        _repeatAt = now + _timeout;
        Enqueue(_flight);
    }

    private void Enqueue(byte[] datagram)
    {
        if (_waiting.Count < MostWaiting)
        {
            _waiting.Enqueue(datagram);
        }
    }

    private void Stop(DtlsEnd end)
    {
        State = DtlsState.Closed;
        End = end;
        _repeatAt = Instant.Never;
        _deadline = Instant.Never;
        _received.Clear();
    }
}
