namespace Braid.Sctp;

/// <summary>The two SCTP ports that an association has for its whole life (RFC 9260 §1.3: with the addresses they name it).</summary>
/// <param name="Local">Ours.</param>
/// <param name="Remote">The peer's.</param>
internal readonly record struct PortPair(ushort Local, ushort Remote);
