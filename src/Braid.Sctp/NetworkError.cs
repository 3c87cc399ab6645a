using Braid.Core;

namespace Braid.Sctp;

/// <summary>What the network can say of a packet of ours, as far as it matters (RFC 9260 §10).</summary>
public enum NetworkErrorKind : byte
{
    /// <summary>It is larger than a link carries: "fragmentation needed" of ICMP, "packet too big" of ICMPv6, or a device of our own.</summary>
    PacketTooBig,

    /// <summary>
    /// The peer's host has no SCTP: "protocol unreachable" of ICMP, "unrecognized next header" of ICMPv6; in UDP, "port unreachable" of
    /// either (RFC 6951 §5.5).
    /// </summary>
    ProtocolUnreachable,
}

/// <summary>What the network says of a packet of ours: an ICMP message, whoever sent it.</summary>
/// <param name="Kind">What it says.</param>
/// <param name="Remote">Where the packet was sent.</param>
/// <param name="Mtu">The largest IP packet that gets through, in bytes; 0 where that is not said.</param>
public readonly record struct NetworkError(NetworkErrorKind Kind, NetworkAddress Remote, int Mtu);
