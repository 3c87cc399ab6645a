using System;
using System.Collections.Generic;
using Braid.Core;
using Braid.Dtls.OpenSsl;

namespace Braid.Dtls;

/// <summary>
/// A DTLS session with one peer, by OpenSSL's libssl (RFC 6347; RFC 9147 where the library has it): datagrams and time in, datagrams and
/// records out. Both sides show a certificate, which is compared with what was announced; only AEAD cipher suites; no renegotiation, no
/// compression, no resumption. Not thread-safe.
/// </summary>
/// <remarks>
/// <see cref="NextTimeout"/> is in the owner's time, but libssl measures how long it has waited for a flight by the system's clock: a
/// <see cref="HandleTimeout"/> that comes earlier by that clock repeats nothing, and says when it would. Only
/// <see cref="DtlsSessionOptions.HandshakeTimeout"/> is measured by the instants that are passed in. A simulation in virtual time uses
/// another <see cref="ISecureDatagramSession"/>.
/// </remarks>
public sealed class DtlsSession : ISecureDatagramSession
{
    /// <summary>The longest content of a record (RFC 6347 §4.1).</summary>
    public const int LargestRecord = 1 << 14;

    /// <summary>What a record is longer than its content at most, whatever was negotiated.</summary>
    public const int MaximumOverhead = 64;

    private const int MostEarly = 32;                        // encrypted records before the keys are there: libssl keeps each with 17 kB

    private readonly DtlsSessionOptions _options;
    private readonly SslSession _ssl;
    private readonly HeldRecords _held = new();
    private readonly PeerIdentity _peer;
    private readonly HandshakeTimer _timer;
    private byte[] _plain = [];
    private int _plainLength;
    private bool _mayHoldMore;                               // libssl may have more of the last datagram
    private bool _isHandshakeDone;
    private bool _hasUnified;                                // a record may be one of DTLS 1.3
    private bool _isDisposed;
    private Instant _now;
    private long _received;
    private long _discarded;
    private long _opened;
    private long _sealed;
    private long _lost;
    private int _flights;
    private int _early;

    /// <param name="options">Who we are, and whom we expect.</param>
    /// <exception cref="ArgumentException">An option is missing or outside its range.</exception>
    /// <exception cref="DtlsUnavailableException">There is no libssl.</exception>
    public DtlsSession(DtlsSessionOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        _options = options;
        _peer = new PeerIdentity(options);
        _timer = new HandshakeTimer(options.HandshakeTimeout);
        _ssl = new SslSession(options.Certificate.Context(options.KeyLog is not null), options, this);
        _hasUnified = SslContext.HasDtls13;
    }

    /// <inheritdoc/>
    public DtlsState State { get; private set; }

    /// <inheritdoc/>
    public DtlsEnd? End { get; private set; }

    /// <inheritdoc/>
    public Instant NextTimeout => _timer.Next;

    /// <inheritdoc/>
    public int Overhead { get; private set; } = MaximumOverhead;

    /// <inheritdoc/>
    public ReadOnlyMemory<byte> PeerCertificate => _peer.Certificate;

    /// <summary>Whether <see cref="TryGetDatagram"/> has something.</summary>
    public bool HasDatagrams => !_isDisposed && _ssl.Queued > 0;

    /// <summary>Who began, or is to.</summary>
    public DtlsRole Role => _options.Role;

    /// <summary>What was negotiated, such as "DTLSv1.2"; null before the handshake is done.</summary>
    public string? Protocol { get; private set; }

    /// <summary>What was negotiated, such as "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"; null before the handshake is done.</summary>
    public string? CipherSuite { get; private set; }

    /// <summary>Whether the keys depend on the whole handshake (RFC 7627).</summary>
    public bool HasExtendedMasterSecret { get; private set; }

    /// <summary>What it has counted.</summary>
    public DtlsStatistics Statistics => new(_received, _discarded, _opened, _sealed, _lost + (_isDisposed ? 0 : _ssl.Lost), _flights);

    /// <inheritdoc/>
    public void Start(Instant now)
    {
        Enter(now);
        if (State == DtlsState.New)
        {
            State = DtlsState.Handshaking;
            _timer.Start(_now);
            if (_options.Role == DtlsRole.Client)
            {
                Shake([]);
            }

            UpdateTimeout();
        }
    }

    /// <summary>
    /// Begins with a ClientHello for which <see cref="DtlsCookieExchange"/> said <see cref="DtlsHelloVerdict.Verified"/>. In place of
    /// <see cref="Start"/>, and of the first <see cref="HandleDatagram"/>.
    /// </summary>
    /// <exception cref="InvalidOperationException">This is no server, or it was started.</exception>
    public void StartVerified(Instant now, ReadOnlySpan<byte> clientHello)
    {
        Enter(now);
        if (State != DtlsState.New || _options.Role != DtlsRole.Server)
        {
            throw new InvalidOperationException("Only a server that was not started begins with a ClientHello.");
        }

        Start(now);
        _received++;

        // RFC 6347 §4.2.1: the hello that had no cookie left nothing behind, so libssl is told where the numbers go on.
        if (_ssl.AcceptHello(clientHello) == SslResult.Done)
        {
            Shake([]);
        }
        else
        {
            Stop(new DtlsEnd(DtlsEndReason.ProtocolError, $"The peer broke the protocol: {OpenSslError.Take() ?? "its ClientHello cannot be used"}."));
        }

        UpdateTimeout();
    }

    /// <inheritdoc/>
    public void HandleDatagram(Instant now, ReadOnlySpan<byte> datagram)
    {
        Enter(now);
        _received++;
        int shortest = _isHandshakeDone ? Overhead - RecordGuard.HeaderLength : RecordGuard.ShortestProtected;
        DatagramShape shape = RecordGuard.Inspect(datagram, shortest, _hasUnified, out int encrypted);
        if (shape == DatagramShape.Refused || State is DtlsState.Closed or DtlsState.New || (!_isHandshakeDone && _early + encrypted > MostEarly))
        {
            Discard();
            return;
        }

        _early += _isHandshakeDone ? 0 : encrypted;
        if (_plainLength > 0)
        {
            _lost++;                                         // the owner did not drain it
            _plainLength = 0;
        }

        if (_plain.Length < datagram.Length)
        {
            _plain = new byte[(datagram.Length + 2047) & ~2047];             // a record's content is shorter
        }

        if (_isHandshakeDone)
        {
            int queued = _ssl.Queued;
            _mayHoldMore = shape != DatagramShape.OneRecord;
            Read(datagram);
            if (State == DtlsState.AwaitingFingerprint)
            {
                HoldBack();
            }
            else if (_plainLength == 0 && State == DtlsState.Connected && _ssl.Queued == queued)
            {
                Discard();
            }

            return;
        }

        Shake(datagram);
        if (_isHandshakeDone)
        {
            // What came before the peer's last message, or behind it, waits in libssl.
            _mayHoldMore = true;
            if (State == DtlsState.AwaitingFingerprint)
            {
                Read([]);
                HoldBack();
            }
        }

        UpdateTimeout();
    }

    /// <inheritdoc/>
    public void HandlePathChange(Instant now)
    {
        Enter(now);
        if (State == DtlsState.Handshaking)
        {
            _timer.Extend(_now);
            UpdateTimeout();
        }
    }

    /// <inheritdoc/>
    public void HandleTimeout(Instant now)
    {
        Enter(now);
        if (_now < NextTimeout)
        {
            return;
        }

        if (!_isHandshakeDone && _timer.IsOver(_now))
        {
            Stop(new DtlsEnd(DtlsEndReason.TimedOut, _peer.Certificate.Length == 0 ? "Timed out: the peer did not answer the handshake." : "Timed out: the handshake did not come to its end."));
            return;
        }

        if (State == DtlsState.Handshaking)
        {
            if (_ssl.Repeat(out bool hasSent) == SslResult.Failed)
            {
                OpenSslError.Take();
                Stop(new DtlsEnd(DtlsEndReason.TimedOut, "Timed out: the peer did not answer the handshake."));
            }

            _flights += hasSent ? 1 : 0;
        }

        UpdateTimeout();
    }

    /// <inheritdoc/>
    public void SetPeerFingerprints(Instant now, IReadOnlyList<DtlsFingerprint> fingerprints)
    {
        ArgumentNullException.ThrowIfNull(fingerprints);
        Enter(now);
        if (!_peer.OnFingerprints(fingerprints) && State != DtlsState.Closed)
        {
            // libssl sends no alert of our choice after the handshake: the peer sees a session that is closed at once.
            _ssl.Shut();
            Stop(PeerIdentity.Mismatch(null));
        }
        else if (State == DtlsState.AwaitingFingerprint)
        {
            State = DtlsState.Connected;
        }
    }

    /// <inheritdoc/>
    public bool TryReceive(out ReadOnlySpan<byte> content)
    {
        ThrowIfUnusable();
        content = default;
        if (State != DtlsState.Connected)
        {
            return false;
        }

        if (_held.TryTake(out byte[]? held))
        {
            content = held;
            _opened++;
            return true;
        }

        if (_plainLength == 0 && _mayHoldMore)
        {
            Read([]);
        }

        if (_plainLength == 0)
        {
            _mayHoldMore = false;
            return false;
        }

        content = _plain.AsSpan(0, _plainLength);
        _plainLength = 0;
        _opened++;
        return true;
    }

    /// <inheritdoc/>
    public bool TryGetDatagram(Span<byte> destination, out int length)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        length = _ssl.Dequeue(destination);
        return length > 0;
    }

    /// <inheritdoc/>
    public bool TrySeal(ReadOnlySpan<byte> content, Span<byte> destination, out int length)
    {
        ThrowIfUnusable();
        ArgumentOutOfRangeException.ThrowIfZero(content.Length, nameof(content));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(content.Length, LargestRecord, nameof(content));
        length = 0;
        if (State != DtlsState.Connected)
        {
            return false;
        }

        // Otherwise libssl would keep a record that it could not write, and want the same content once more.
        if (destination.Length < content.Length + Overhead)
        {
            throw new ArgumentException("There is no room for the record.", nameof(destination));
        }

        SslResult result = _ssl.Write(content, destination, out length);
        if (result != SslResult.Done)
        {
            Explain(result);
            return false;
        }

        _sealed++;
        return true;
    }

    /// <summary>Seals a record into the queue of <see cref="TryGetDatagram"/>, for who sends little.</summary>
    /// <param name="content">1 to 16,384 bytes.</param>
    /// <returns>False unless the state is <see cref="DtlsState.Connected"/>.</returns>
    public bool TrySend(ReadOnlySpan<byte> content)
    {
        Span<byte> record = new byte[content.Length + MaximumOverhead];
        if (!TrySeal(content, record, out int length))
        {
            return false;
        }

        _ssl.Enqueue(record[..length]);
        return true;
    }

    /// <inheritdoc/>
    public void Close(Instant now)
    {
        Enter(now);
        if (State != DtlsState.Closed)
        {
            if (_isHandshakeDone)
            {
                _ssl.Shut();
            }

            Stop(new DtlsEnd(DtlsEndReason.Closed, "The session was closed."));
        }
    }

    /// <summary>Derives secrets for the application from those of the session (RFC 5705).</summary>
    /// <param name="label">What they are for.</param>
    /// <param name="context">Belongs to the label; null for none, which is not the same as an empty one.</param>
    /// <param name="destination">Where they go.</param>
    /// <returns>False before the handshake is done, and after the end.</returns>
    public bool TryExport(string label, byte[]? context, Span<byte> destination)
    {
        ArgumentException.ThrowIfNullOrEmpty(label);
        ThrowIfUnusable();
        return State is DtlsState.Connected or DtlsState.AwaitingFingerprint && _ssl.TryExport(label, context, destination);
    }

    /// <summary>Frees what libssl has of it. Nothing is sent: see <see cref="Close"/>.</summary>
    public void Dispose()
    {
        if (!_isDisposed)
        {
            ThrowIfUnusable();
            _lost += _ssl.Lost;
            _isDisposed = true;
            State = DtlsState.Closed;
            _timer.Stop();
            _ssl.Dispose();
        }
    }

    /// <summary>libssl asks whether the peer may be let in. Within the handshake.</summary>
    internal bool OnCertificate(byte[] certificate) => _peer.OnCertificate(certificate);

    /// <summary>A line for Wireshark.</summary>
    internal void OnKeys(string line) => _peer.OnKeys(line);

    private void Enter(Instant now)
    {
        ThrowIfUnusable();
        _now = Instant.Max(_now, now);
    }

    private void ThrowIfUnusable()
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        if (_peer.IsAsking)
        {
            throw new InvalidOperationException("A call-back must not touch the session that asks it.");
        }
    }

    private void Shake(ReadOnlySpan<byte> datagram)
    {
        SslResult result = _ssl.Shake(datagram);
        if (result != SslResult.Done)
        {
            Explain(result);
            return;
        }

        _isHandshakeDone = true;
        DtlsMeters.OnHandshake(_timer.Since(_now)!.Value);
        Protocol = _ssl.Protocol;
        _hasUnified &= Protocol != "DTLSv1.2";
        CipherSuite = _ssl.CipherSuite;
        HasExtendedMasterSecret = _ssl.HasExtendedMasterSecret;
        int data = _ssl.DataMtu;
        Overhead = data > 0 && data < _options.MaximumDatagramSize ? _options.MaximumDatagramSize - data : MaximumOverhead;
        State = _peer.IsDecided ? DtlsState.Connected : DtlsState.AwaitingFingerprint;
    }

    private void Read(ReadOnlySpan<byte> datagram)
    {
        SslResult result = _ssl.Read(datagram, _plain, out _plainLength);
        if (result != SslResult.Done)
        {
            Explain(result);
        }
    }

    // What the peer sends before we know who it is. It has a key, so that much is not forged; the application has none of it yet.
    private void HoldBack()
    {
        while (_plainLength > 0)
        {
            _lost += _held.TryHold(_plain.AsSpan(0, _plainLength)) ? 0 : 1;
            _plainLength = 0;
            if (_mayHoldMore)
            {
                Read([]);
            }
        }

        _mayHoldMore = false;
    }

    // libssl could not do something: mostly because it waits for the next datagram.
    private void Explain(SslResult result)
    {
        if (result == SslResult.Closed)
        {
            _ssl.Shut();                                     // RFC 5246 §7.2.1: answered with our own
            Stop(new DtlsEnd(DtlsEndReason.ClosedByPeer, "The peer closed the session.", DtlsAlerts.CloseNotify));
        }
        else if (result == SslResult.Failed)
        {
            string? reason = OpenSslError.Take();
            Stop(_peer.IsMismatch ? PeerIdentity.Mismatch(DtlsAlerts.BadCertificate) : DtlsAlerts.Failure(_ssl.AlertReceived, _ssl.AlertSent, reason));
        }
    }

    private void Discard()
    {
        _discarded++;
        if (State != DtlsState.Closed)                       // the answer to our goodbye comes to a closed one
        {
            DtlsMeters.OnDropped();
        }
    }

    private void Stop(DtlsEnd end)
    {
        DtlsMeters.OnEnded(end.Reason, _isHandshakeDone ? null : _timer.Since(_now));
        State = DtlsState.Closed;
        End = end;
        _timer.Stop();
        _plainLength = 0;
        _mayHoldMore = false;
        _held.Clear();
    }

    private void UpdateTimeout()
    {
        if (State == DtlsState.Handshaking)
        {
            _timer.Await(_now, _ssl.TimeToRepeat());
        }
        else
        {
            _timer.Stop();
        }
    }
}
