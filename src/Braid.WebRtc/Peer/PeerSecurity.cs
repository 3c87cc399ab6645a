using System;
using System.Collections.Generic;
using Braid.Core;
using Braid.Dtls;

namespace Braid.WebRtc.Peer;

/// <summary>
/// The session that protects a peer's datagrams: owns it from the negotiation to its end. It begins when ICE has a pair; what has come
/// before that, from a peer that was faster, is kept for it.
/// </summary>
internal sealed class PeerSecurity : IDisposable
{
    private const int MostEarly = 8;                         // datagrams: a flight of the handshake
    private const int LongestEarly = 1500;

    private readonly Queue<byte[]> _early = new();
    private bool _isStarted;

    /// <summary>The session; null before one is negotiated.</summary>
    public ISecureDatagramSession? Session { get; private set; }

    /// <summary>Whether we begin the handshake.</summary>
    public bool IsClient { get; private set; }

    public DtlsState State => Session?.State ?? DtlsState.New;

    public Instant NextTimeout => _isStarted ? Session!.NextTimeout : Instant.Never;

    /// <summary>Another session was negotiated; the one before is over.</summary>
    public void Begin(ISecureDatagramSession session, bool isClient)
    {
        Session?.Dispose();
        Session = session;
        IsClient = isClient;
        _isStarted = false;
    }

    /// <summary>There is a pair: the handshake can begin.</summary>
    /// <returns>Whether it did.</returns>
    public bool TryStart(Instant now)
    {
        if (_isStarted || Session is null)
        {
            return false;
        }

        _isStarted = true;
        Session.Start(now);
        while (Session.State != DtlsState.Connected && _early.TryDequeue(out byte[]? datagram))
        {
            Session.HandleDatagram(now, datagram);
        }

        _early.Clear();
        return true;
    }

    /// <summary>A datagram has come that is neither ICE's nor a relay's.</summary>
    public void OnDatagram(Instant now, ReadOnlySpan<byte> datagram)
    {
        if (_isStarted)
        {
            Session!.HandleDatagram(now, datagram);
        }
        else if (_early.Count < MostEarly && datagram.Length <= LongestEarly)
        {
            _early.Enqueue(datagram.ToArray());
        }
    }

    /// <summary>There is another pair, or the peer answers again.</summary>
    public void HandlePathChange(Instant now)
    {
        if (_isStarted)
        {
            Session!.HandlePathChange(now);
        }
    }

    public void HandleTimeout(Instant now)
    {
        if (_isStarted)
        {
            Session!.HandleTimeout(now);
        }
    }

    public bool TryReceive(out ReadOnlySpan<byte> packet)
    {
        packet = default;
        return _isStarted && Session!.TryReceive(out packet);
    }

    /// <summary>The next datagram of the handshake, or an alert.</summary>
    public bool TryGetDatagram(Span<byte> destination, out int length)
    {
        length = 0;
        return _isStarted && Session!.TryGetDatagram(destination, out length);
    }

    public void Close(Instant now)
    {
        if (_isStarted)
        {
            Session!.Close(now);
        }
    }

    public void Dispose()
    {
        _isStarted = false;
        Session?.Dispose();
    }
}
