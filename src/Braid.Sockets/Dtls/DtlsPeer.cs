using System;
using System.Collections.Generic;
using Braid.Core;
using Braid.Dtls;

namespace Braid.Sockets;

/// <summary>One peer of a <see cref="DtlsLayer"/>: its session, and what waits for the session to be ready.</summary>
/// <param name="path">Where its datagrams go.</param>
/// <param name="session">Not started.</param>
internal sealed class DtlsPeer(NetworkPath path, DtlsSession session)
{
    private const int MostHeld = 8;                          // packets; an association that is being set up sends no more

    private readonly Queue<byte[]> _held = new();

    /// <summary>Where its datagrams go.</summary>
    public NetworkPath Path => path;

    /// <summary>The session.</summary>
    public DtlsSession Session => session;

    /// <summary>The session of a client that seems to have begun anew: it takes the place of this one when its handshake is done.</summary>
    public DtlsPeer? Successor { get; set; }

    /// <summary>Whose place it is to take; null for none.</summary>
    public DtlsPeer? Predecessor { get; set; }

    /// <summary>Whether it is a client whose handshake is under way.</summary>
    public bool IsGreeted { get; set; }

    /// <summary>Whether it is in the list of those that have something to send.</summary>
    public bool IsListed { get; set; }

    /// <summary>Whether the session is over: it is disposed once it has said so.</summary>
    public bool IsOver { get; set; }

    /// <summary>When it is closed because nobody uses it; never while somebody does.</summary>
    public Instant IdleDeadline { get; set; } = Instant.Never;

    /// <summary>The earliest time for which it stands in the queue of deadlines.</summary>
    public Instant QueuedFor { get; set; } = Instant.Never;

    /// <summary>When something is to be done.</summary>
    public Instant Deadline => Instant.Min(session.NextTimeout, IdleDeadline);

    /// <summary>Keeps a packet until the handshake is done. What is too much is lost, as on the way.</summary>
    public void Hold(ReadOnlySpan<byte> packet)
    {
        if (_held.Count < MostHeld)
        {
            _held.Enqueue(packet.ToArray());
        }
    }

    /// <summary>Takes the next one to send: the session's own, then what was kept.</summary>
    public bool TryGetDatagram(Span<byte> destination, out int length) =>
        session.TryGetDatagram(destination, out length)
        || (session.State == DtlsState.Connected && _held.TryDequeue(out byte[]? packet) && session.TrySeal(packet, destination, out length));
}
