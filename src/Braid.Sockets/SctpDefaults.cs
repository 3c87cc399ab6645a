namespace Braid.Sockets;

/// <summary>Well-known numbers.</summary>
public static class SctpDefaults
{
    /// <summary>The UDP port that IANA assigned to SCTP encapsulated in UDP (RFC 6951 §5.1).</summary>
    public const int UdpPort = 9899;
}
