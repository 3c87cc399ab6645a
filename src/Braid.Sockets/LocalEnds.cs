using System;
using System.Collections.Generic;
using System.Linq;
using System.Net;
using Braid.Core;

namespace Braid.Sockets;

/// <summary>Addresses of this host that go together.</summary>
internal static class LocalEnds
{
    private const int Most = 8;                              // addresses of an end point

    /// <summary>Whether it stands for all addresses of a family, or of both.</summary>
    public static bool IsWildcard(IPAddress address) => address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any);

    /// <summary>Whether an end point can be at one more address.</summary>
    /// <param name="address">The address.</param>
    /// <param name="families">What its transport can have.</param>
    /// <exception cref="SctpException">It cannot: the message says why.</exception>
    public static void CheckFurther(IPAddress address, NetworkFamilies families)
    {
        NetworkAddress local = new IPEndPoint(address, 0).ToNetworkAddress();
        if (IsWildcard(address) || !local.IsUnicast || !local.IsIn(families))
        {
            throw new SctpException(SctpError.AddressUnavailable, $"Cannot use {address}: it is no address that one host has, or of another family than the socket.");
        }
    }

    /// <summary>Whether an end point can be at all of them.</summary>
    /// <param name="locals">Where it is to be bound.</param>
    /// <param name="dtls">What protects its associations; null for nothing.</param>
    /// <param name="name">What the caller calls them.</param>
    /// <exception cref="ArgumentException">It cannot: the message says why.</exception>
    public static void Check(IReadOnlyList<IPEndPoint> locals, SctpDtlsOptions? dtls, string name)
    {
        if (locals is null || locals.Count is 0 or > Most)
        {
            throw new ArgumentException($"1 to {Most} local end points are needed.", name);
        }

        if (locals.Count == 1)
        {
            return;
        }

        if (dtls is not null)
        {
            throw new ArgumentException("Over DTLS there is one local end point (RFC 8261 §6).", name);
        }

        if (locals.Any(static local => IsWildcard(local.Address)))
        {
            throw new ArgumentException("A wildcard is every address by itself: name the addresses that peers are to learn, or it alone.", name);
        }

        if (locals.Any(local => local.Port != locals[0].Port))
        {
            throw new ArgumentException("All local end points have one port: a peer learns addresses, and takes the port to be the same (RFC 6951 §5.1).", name);
        }

        if (!locals.All(static local => local.ToNetworkAddress().IsUnicast))
        {
            throw new ArgumentException("A multicast address is nobody's own.", name);
        }

        if (locals.Select(static local => local.ToNetworkAddress()).Distinct().Count() < locals.Count)       // IPv4 in IPv6 is IPv4
        {
            throw new ArgumentException("A local end point is there twice.", name);
        }
    }
}
