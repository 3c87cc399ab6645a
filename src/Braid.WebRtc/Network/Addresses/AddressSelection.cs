using System;
using System.Collections.Generic;
using Braid.Core;

namespace Braid.WebRtc.Network;

/// <summary>Which addresses of a host become candidates, as a pure function (RFC 8445 §5.1.1.1, RFC 8421, RFC 8828).</summary>
internal static class AddressSelection
{
    /// <summary>Selects addresses, in the order in which they are preferred within their family.</summary>
    /// <param name="all">What the system has.</param>
    /// <param name="policy">Which of them a peer may know.</param>
    /// <param name="routes">Where packets to the internet leave from, at most one of each family.</param>
    /// <param name="withLoopback">Whether loopback addresses are wanted in any case; else only where there is nothing else.</param>
    /// <param name="most">How many are taken at most, from 1: each of them is paired with each of the peer's.</param>
    public static IReadOnlyList<NetworkAddress> Select(
        IReadOnlyList<InterfaceAddress> all, AddressPolicy policy, IReadOnlyList<NetworkAddress> routes, bool withLoopback, int most)
    {
        List<InterfaceAddress> usable = [];
        List<NetworkAddress> loopback = [];
        foreach (InterfaceAddress entry in all)
        {
            if (entry.Address.Scope == NetworkScope.Host)
            {
                loopback.Add(entry.Address);
            }
            else if (IsUsable(entry, all) && (policy == AddressPolicy.All || IsRoute(entry.Address, routes)))
            {
                usable.Add(entry);
            }
        }

        // The system's order is kept, but for what a packet to the internet would leave from: RFC 6724 has chosen that.
        List<NetworkAddress> selected = [];
        foreach (InterfaceAddress entry in usable)
        {
            int index = IsRoute(entry.Address, routes) ? selected.FindLastIndex(known => IsRoute(known, routes)) + 1 : selected.Count;
            selected.Insert(index, entry.Address);
        }

        if (withLoopback || selected.Count == 0)
        {
            selected.AddRange(loopback);
        }

        return selected.Count <= most ? selected : MostPreferred(selected, most);
    }

    /// <summary>Whether both are in the network of the first.</summary>
    public static bool IsSamePrefix(in InterfaceAddress one, in InterfaceAddress other)
    {
        Span<byte> bytes = stackalloc byte[32];
        int length = one.Address.WriteAddress(bytes[..16]);
        other.Address.WriteAddress(bytes[16..]);
        int bits = Math.Clamp(one.PrefixLength, 0, length * 8);
        int whole = bits / 8;
        return bytes[..whole].SequenceEqual(bytes.Slice(16, whole))
            && (bits % 8 == 0 || (bytes[whole] ^ bytes[16 + whole]) >> (8 - (bits % 8)) == 0);
    }

    private static bool IsUsable(in InterfaceAddress entry, IReadOnlyList<InterfaceAddress> all)
    {
        NetworkAddress address = entry.Address;
        if (!address.IsUnicast || address.Family == NetworkFamily.None || IsObsolete(address))
        {
            return false;
        }

        foreach (InterfaceAddress other in all)
        {
            bool isBeside = other.Address != address && other.Address.Family == address.Family && !IsObsolete(other.Address);
            if (!isBeside)
            {
                continue;
            }

            // §5.1.1.1: with an address of a wider scope a link-local one says nothing but which interface it is.
            if (address.Scope == NetworkScope.Link && other.Address.Scope == NetworkScope.Wide)
            {
                return false;
            }

            bool isSameNetwork = other.InterfaceIndex == entry.InterfaceIndex && other.Address.Scope == address.Scope;
            if (isSameNetwork && entry.IsDeprecated && !other.IsDeprecated)
            {
                return false;
            }

            // §5.1.1.1, RFC 7721: who has a temporary address does not want to be known by the lasting one beside it.
            if (isSameNetwork && other.IsTemporary && !other.IsDeprecated && !entry.IsTemporary && IsSamePrefix(entry, other))
            {
                return false;
            }
        }

        return true;
    }

    // §5.1.1.1: site-local (fec0::/10) and IPv4-compatible (::/96) addresses must not be used. Mapped ones are IPv4 here.
    private static bool IsObsolete(in NetworkAddress address)
    {
        if (address.Family != NetworkFamily.IPv6 || address.Scope == NetworkScope.Host)
        {
            return false;
        }

        Span<byte> bytes = stackalloc byte[16];
        address.WriteAddress(bytes);
        return (bytes[0] == 0xFE && bytes[1] >= 0xC0) || bytes[..12].IndexOfAnyExcept((byte)0) < 0;
    }

    private static bool IsRoute(in NetworkAddress address, IReadOnlyList<NetworkAddress> routes)
    {
        foreach (NetworkAddress route in routes)
        {
            if (route.IsSameHost(address))
            {
                return true;
            }
        }

        return false;
    }

    // RFC 8421 §4: neither family crowds the other out.
    private static List<NetworkAddress> MostPreferred(List<NetworkAddress> addresses, int most)
    {
        IReadOnlyList<int> preferences = Ice.CandidatePriority.LocalPreferences(addresses);
        List<int> order = [];
        for (int i = 0; i < addresses.Count; i++)
        {
            order.Add(i);
        }

        order.Sort((left, right) => preferences[right].CompareTo(preferences[left]));
        if (order.FindIndex(index => addresses[index].Family != addresses[order[0]].Family) is var other && other >= most)
        {
            order.Insert(most - 1, order[other]);
        }

        order.RemoveRange(most, order.Count - most);
        order.Sort();
        return order.ConvertAll(index => addresses[index]);
    }
}
