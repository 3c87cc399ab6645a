using System;
using System.Collections.Generic;
using Braid.Core;

namespace Braid.Dtls;

/// <summary>
/// A session that protects datagrams, as a state machine: <see cref="DtlsSession"/>, or in a simulation one that protects nothing and
/// runs in virtual time. After <see cref="Start"/>, <see cref="HandleDatagram"/>, <see cref="HandleTimeout"/>,
/// <see cref="SetPeerFingerprints"/> and <see cref="Close"/> the owner drains it: <see cref="TryReceive"/> and
/// <see cref="TryGetDatagram"/> until false, then it looks at <see cref="State"/> and <see cref="NextTimeout"/>. One thread at a time.
/// </summary>
public interface ISecureDatagramSession : IDisposable
{
    /// <summary>How far it is.</summary>
    DtlsState State { get; }

    /// <summary>Why it has ended; null before.</summary>
    DtlsEnd? End { get; }

    /// <summary>When <see cref="HandleTimeout"/> wants to be called; <see cref="Instant.Never"/> when nothing is pending.</summary>
    Instant NextTimeout { get; }

    /// <summary>Bytes that a record is longer than what is in it, once the handshake is done; before, at most so many.</summary>
    int Overhead { get; }

    /// <summary>The peer's certificate (DER), once it was shown; empty before.</summary>
    ReadOnlyMemory<byte> PeerCertificate { get; }

    /// <summary>Begins: a client sends, a server waits.</summary>
    void Start(Instant now);

    /// <summary>Takes in one datagram. Never throws on its content: bad input is counted and dropped.</summary>
    /// <param name="now">The current instant.</param>
    /// <param name="datagram">Its bytes; not kept.</param>
    void HandleDatagram(Instant now, ReadOnlySpan<byte> datagram);

    /// <summary>
    /// Datagrams go another way from now on, or get through again: a handshake that is under way has its whole time once more.
    /// </summary>
    void HandlePathChange(Instant now);

    /// <summary>Runs every timer that is due. Calling it early or late does no harm.</summary>
    void HandleTimeout(Instant now);

    /// <summary>
    /// Says whose certificate the peer's must be, where that was not known from the start: before the handshake, during or after it.
    /// </summary>
    /// <param name="now">The current instant.</param>
    /// <param name="fingerprints">As many as the peer announced (RFC 8122 §5).</param>
    void SetPeerFingerprints(Instant now, IReadOnlyList<DtlsFingerprint> fingerprints);

    /// <summary>Takes the content of the next record that has arrived.</summary>
    /// <param name="content">Good until the next call of any member.</param>
    bool TryReceive(out ReadOnlySpan<byte> content);

    /// <summary>Takes the next datagram that is to be sent: the handshake's, and alerts.</summary>
    /// <param name="destination">At least as long as the longest datagram of the options.</param>
    /// <param name="length">Bytes written.</param>
    bool TryGetDatagram(Span<byte> destination, out int length);

    /// <summary>
    /// Makes a record, which is a datagram of its own. Several may be made one behind the other in one buffer, to be sent together.
    /// </summary>
    /// <param name="content">1 to 16,384 bytes.</param>
    /// <param name="destination">At least <see cref="Overhead"/> bytes more.</param>
    /// <param name="length">Bytes written.</param>
    /// <returns>False unless the state is <see cref="DtlsState.Connected"/>.</returns>
    bool TrySeal(ReadOnlySpan<byte> content, Span<byte> destination, out int length);

    /// <summary>Says goodbye (close_notify). Nothing is sent or received any more.</summary>
    void Close(Instant now);
}
