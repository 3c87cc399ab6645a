using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using Braid.Core;
using Braid.Sockets;

namespace Braid.WebRtc.Network;

/// <summary>Asks the system for this host's addresses.</summary>
internal static class InterfaceAddresses
{
    // <linux/if_addr.h>
    private const uint Temporary = 0x01;
    private const uint DuplicateDetected = 0x08;
    private const uint Deprecated = 0x20;
    private const uint Tentative = 0x40;

    // Name servers of the root: only to ask which way packets to the internet would go. Nothing is sent to them.
    private static readonly IPEndPoint[] s_internet =
    [
        new(IPAddress.Parse("198.41.0.4"), 53),
        new(IPAddress.Parse("2001:503:ba3e::2:30"), 53),
    ];

    /// <summary>All addresses of interfaces that are up.</summary>
    public static IReadOnlyList<InterfaceAddress> Read()
    {
        Dictionary<IPAddress, uint> flags = OperatingSystem.IsLinux() ? ReadLinuxFlags() : [];
        List<InterfaceAddress> addresses = [];
        foreach (NetworkInterface network in Interfaces())
        {
            if (network.OperationalStatus is not (OperationalStatus.Up or OperationalStatus.Unknown))
            {
                continue;
            }

            try
            {
                IPInterfaceProperties properties = network.GetIPProperties();
                foreach (UnicastIPAddressInformation information in properties.UnicastAddresses)
                {
                    if (TryRead(information, IndexOf(properties, information.Address), flags, out InterfaceAddress address))
                    {
                        addresses.Add(address);
                    }
                }
            }
            catch (NetworkInformationException)
            {
                // It has gone this moment.
            }
        }

        return addresses;
    }

    /// <summary>What packets to the internet would leave from, at most one address of each family.</summary>
    public static IReadOnlyList<NetworkAddress> ReadDefaultRoutes()
    {
        List<NetworkAddress> routes = [];
        foreach (IPEndPoint internet in s_internet)
        {
            try
            {
                using var socket = new Socket(internet.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
                socket.Connect(internet);                    // of UDP: the system only looks up the way
                routes.Add(((IPEndPoint)socket.LocalEndPoint!).ToNetworkAddress().WithPort(0));
            }
            catch (SocketException)
            {
                // There is none.
            }
        }

        return routes;
    }

    private static NetworkInterface[] Interfaces()
    {
        try
        {
            return NetworkInterface.GetAllNetworkInterfaces();
        }
        catch (NetworkInformationException)
        {
            return [];
        }
    }

    private static int IndexOf(IPInterfaceProperties properties, IPAddress address)
    {
        try
        {
            return address.AddressFamily == AddressFamily.InterNetworkV6
                ? properties.GetIPv6Properties().Index
                : properties.GetIPv4Properties().Index;
        }
        catch (Exception exception) when (exception is NetworkInformationException or PlatformNotSupportedException)
        {
            return 0;
        }
    }

    private static bool TryRead(
        UnicastIPAddressInformation information, int index, Dictionary<IPAddress, uint> flags, out InterfaceAddress address)
    {
        IPAddress ip = information.Address;
        address = default;
        if (ip.AddressFamily is not (AddressFamily.InterNetwork or AddressFamily.InterNetworkV6))
        {
            return false;
        }

        uint own = 0;
        if (OperatingSystem.IsLinux())
        {
            own = flags.GetValueOrDefault(new IPAddress(ip.GetAddressBytes()));
        }
        else if (OperatingSystem.IsWindows())
        {
            own = (information.SuffixOrigin == SuffixOrigin.Random ? Temporary : 0)
                | (information.AddressPreferredLifetime == 0 ? Deprecated : 0)
                | (information.DuplicateAddressDetectionState is DuplicateAddressDetectionState.Tentative ? Tentative : 0)
                | (information.DuplicateAddressDetectionState is DuplicateAddressDetectionState.Duplicate ? DuplicateDetected : 0);
        }

        NetworkAddress network = new IPEndPoint(ip, 0).ToNetworkAddress();
        network = network.Scope == NetworkScope.Link ? network : network.WithScopeId(0);
        address = new InterfaceAddress(network, index, information.PrefixLength, (own & Temporary) != 0, (own & Deprecated) != 0);
        return (own & (DuplicateDetected | Tentative)) == 0;
    }

    // .NET does not tell them on Linux: address, index, prefix, scope, flags and name, the numbers in hexadecimal digits.
    private static Dictionary<IPAddress, uint> ReadLinuxFlags()
    {
        Dictionary<IPAddress, uint> flags = [];
        try
        {
            foreach (string line in File.ReadLines("/proc/net/if_inet6"))
            {
                string[] fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
                if (fields.Length >= 5 && fields[0].Length == 32
                    && uint.TryParse(fields[4], NumberStyles.HexNumber, CultureInfo.InvariantCulture, out uint value))
                {
                    flags[new IPAddress(Convert.FromHexString(fields[0]))] = value;
                }
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or FormatException)
        {
            // No IPv6, or no /proc: then nothing is known of them.
        }

        return flags;
    }
}
