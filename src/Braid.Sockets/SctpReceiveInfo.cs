namespace Braid.Sockets;

/// <summary>How a message came (RFC 6458 §5.3.5).</summary>
/// <param name="StreamId">The stream that it came on.</param>
/// <param name="Ppid">Payload protocol identifier, as the peer's application set it.</param>
/// <param name="Unordered">Whether it was sent unordered.</param>
/// <param name="Ssn">Stream sequence number; says nothing when it is unordered.</param>
/// <param name="Tsn">TSN of its first fragment.</param>
public readonly record struct SctpReceiveInfo(ushort StreamId, uint Ppid, bool Unordered, ushort Ssn, uint Tsn);
