using System;
using System.Net.Sockets;

namespace Braid.Sockets;

/// <summary>
/// The DF bit of a socket (RFC 8899 §3: probes must not be fragmented). Where a system cannot set it, a search for the
/// path's MTU finds what fragments get through as well: no worse than without the search.
/// </summary>
internal sealed class DontFragment
{
    // Linux: <linux/in.h>, <linux/in6.h>.
    private const int IpLevel = 0;
    private const int IpMtuDiscover = 10;
    private const int IPv6Level = 41;
    private const int IPv6MtuDiscover = 23;
    private const int DiscoverNothing = 0;                   // IP_PMTUDISC_DONT: no DF
    private const int DiscoverByProbes = 3;                  // IP_PMTUDISC_PROBE: DF, whatever the kernel believes of the path

    private readonly Socket _socket;

    /// <param name="socket">It is set on.</param>
    public DontFragment(Socket socket)
    {
        _socket = socket;
        Set(true);
    }

    /// <summary>What was set last.</summary>
    public bool IsSet { get; private set; }

    /// <summary>Whether IP routers, and we, may not fragment what is sent from now on.</summary>
    public void Set(bool isSet)
    {
        if (isSet != IsSet)
        {
            IsSet = isSet;
            Apply();
        }
    }

    private void Apply()
    {
        try
        {
            if (!OperatingSystem.IsLinux())
            {
                _socket.DontFragment = IsSet;
                return;
            }

            byte[] value = BitConverter.GetBytes(IsSet ? DiscoverByProbes : DiscoverNothing);
            bool isIPv6 = _socket.AddressFamily == AddressFamily.InterNetworkV6;
            if (isIPv6)
            {
                _socket.SetRawSocketOption(IPv6Level, IPv6MtuDiscover, value);
            }

            if (!isIPv6 || (_socket.SocketType == SocketType.Dgram && _socket.DualMode))
            {
                _socket.SetRawSocketOption(IpLevel, IpMtuDiscover, value);
            }
        }
        catch (SocketException)
        {
            // An old system, or an exotic one.
        }
    }
}
