namespace Braid.Sockets;

/// <summary>What SCTP packets travel in.</summary>
public enum SctpEncapsulation
{
    /// <summary>UDP datagrams (RFC 6951): on any system, for anybody, and through NATs.</summary>
    Udp,

    /// <summary>
    /// IP packets, protocol number 132 (RFC 9260): what kernels and telephone networks speak. Linux, with the capability CAP_NET_RAW, and
    /// without the kernel's own SCTP loaded. Addresses have no port then: those of end points do not matter.
    /// </summary>
    RawIp,
}
