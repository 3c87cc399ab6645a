using System;

namespace Braid.Core;

/// <summary>A datagram that a machine has written into the caller's buffer.</summary>
/// <param name="Length">Bytes written, from 1 to the length of the buffer.</param>
/// <param name="Path">Where it goes.</param>
/// <param name="MayBeFragmented">
/// Whether IP may fragment it: it is larger than the path is known to carry, and cannot be made smaller (RFC 8899 §4.4). All
/// others are better lost than fragmented.
/// </param>
/// <param name="Ecn">What its IP header is to say.</param>
public readonly record struct OutgoingDatagram(
    int Length, NetworkPath Path, bool MayBeFragmented = false, EcnCodepoint Ecn = EcnCodepoint.NotCapable);

/// <summary>
/// A protocol that is only a state machine: someone else owns the clock, the socket and the loop. After every input or
/// command the owner drains it: <see cref="TryGetDatagram"/> until false, then its messages and events, then
/// <see cref="NextTimeout"/>.
/// </summary>
public interface IDatagramMachine
{
    /// <summary>When <see cref="HandleTimeout"/> wants to be called; <see cref="Instant.Never"/> when nothing is pending.</summary>
    Instant NextTimeout { get; }

    /// <summary>Takes in one datagram. Never throws on its content: bad input is counted and dropped.</summary>
    /// <param name="now">The current instant; an earlier one than before counts as the last one.</param>
    /// <param name="path">Where the datagram came from.</param>
    /// <param name="datagram">Its bytes; not kept.</param>
    /// <param name="ecn">What its IP header says, where that is known.</param>
    void HandleDatagram(Instant now, in NetworkPath path, ReadOnlySpan<byte> datagram, EcnCodepoint ecn = EcnCodepoint.NotCapable);

    /// <summary>Runs every timer that is due. Calling it early or late does no harm.</summary>
    void HandleTimeout(Instant now);

    /// <summary>Writes the next datagram into <paramref name="destination"/>, if there is one to send now.</summary>
    bool TryGetDatagram(Instant now, Span<byte> destination, out OutgoingDatagram datagram);
}
