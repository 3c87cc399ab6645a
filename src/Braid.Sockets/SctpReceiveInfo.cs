namespace Braid.Sockets;

/// <summary>How a message came (RFC 6458 §5.3.5).</summary>
/// <param name="StreamId">The stream that it came on.</param>
/// <param name="Ppid">Payload protocol identifier, as the peer's application set it.</param>
/// <param name="Unordered">Whether it was sent unordered.</param>
/// <param name="Ssn">Stream sequence number; says nothing when it is unordered.</param>
/// <param name="Tsn">TSN of its first fragment.</param>
/// <param name="BeginOfRecord">Whether the message begins here; if another one has not ended, its rest will not come.</param>
/// <param name="EndOfRecord">
/// Whether the message ends here. A message that is too long for the receive buffer comes in parts (RFC 9260 §6.9): the
/// next part follows before any other message.
/// </param>
public readonly record struct SctpReceiveInfo(ushort StreamId, uint Ppid, bool Unordered, ushort Ssn, uint Tsn, bool BeginOfRecord, bool EndOfRecord);
