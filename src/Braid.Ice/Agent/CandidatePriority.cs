using System;
using System.Collections.Generic;
using Braid.Core;

namespace Braid.Ice;

/// <summary>Priorities of candidates and pairs, as pure functions (RFC 8445 §5.1.2, §6.1.2.3; RFC 6544 §4.2; RFC 8421).</summary>
public static class CandidatePriority
{
    private const int HighestLocalPreference = ushort.MaxValue;
    private const int DirectionStep = 1 << 13;

    /// <summary>The type preferences of RFC 8445 §5.1.2.2; one less for TCP, so that UDP comes first within a type (RFC 6544 §4.2).</summary>
    public static int TypePreference(IceCandidateType type, IceTransport transport = IceTransport.Udp)
    {
        int preference = type switch
        {
            IceCandidateType.Host => 126,
            IceCandidateType.PeerReflexive => 110,
            IceCandidateType.ServerReflexive => 100,
            _ => 1,                                          // not 0: one less is a relayed address that is reached by TCP
        };
        return transport == IceTransport.Tcp ? preference - 1 : preference;
    }

    /// <summary>The formula of RFC 8445 §5.1.2.1.</summary>
    /// <param name="typePreference">0 to 126.</param>
    /// <param name="localPreference">0 to 65,535.</param>
    /// <param name="component">1 to 256.</param>
    public static uint Compute(int typePreference, int localPreference, int component = 1)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)typePreference, 126u);
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)localPreference, ushort.MaxValue);
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)(component - 1), 255u);
        return ((uint)typePreference << 24) + ((uint)localPreference << 8) + (uint)(256 - component);
    }

    /// <summary>The local preference of a TCP candidate: who opens the connection first (RFC 6544 §4.2).</summary>
    /// <param name="type">Where the candidate comes from.</param>
    /// <param name="tcpType">Who opens the connection.</param>
    /// <param name="otherPreference">0 to 8,191.</param>
    public static int TcpLocalPreference(IceCandidateType type, IceTcpType tcpType, int otherPreference)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)otherPreference, DirectionStep - 1u);
        bool isOwn = type is IceCandidateType.Host or IceCandidateType.Relayed;
        int direction = tcpType switch
        {
            IceTcpType.Active => isOwn ? 6 : 4,
            IceTcpType.Passive => isOwn ? 4 : 2,
            _ => isOwn ? 2 : 6,
        };
        return (direction * DirectionStep) + otherPreference;
    }

    /// <summary>The priority of a pair (RFC 8445 §6.1.2.3).</summary>
    /// <param name="controlling">The priority of the controlling agent's candidate.</param>
    /// <param name="controlled">That of the controlled agent's.</param>
    public static ulong OfPair(uint controlling, uint controlled) =>
        ((ulong)Math.Min(controlling, controlled) << 32) + (2UL * Math.Max(controlling, controlled)) + (controlling > controlled ? 1UL : 0UL);

    /// <summary>
    /// Local preferences for a host's addresses: those that the caller prefers first, IPv6 before IPv4, but an IPv4 address after
    /// every few of IPv6 (RFC 8421 §4), so that a broken family costs a few checks and not all. Each preference is given once.
    /// </summary>
    /// <param name="addresses">In the order of RFC 6724, or any.</param>
    /// <returns>The preference of each, in the same order.</returns>
    public static IReadOnlyList<int> LocalPreferences(IReadOnlyList<NetworkAddress> addresses)
    {
        ArgumentNullException.ThrowIfNull(addresses);
        int[] preferences = new int[addresses.Count];
        List<int> four = [];
        List<int> six = [];
        for (int index = 0; index < addresses.Count; index++)
        {
            (addresses[index].Family == NetworkFamily.IPv6 ? six : four).Add(index);
        }

        // RFC 6724 §2.1: an address that reaches beyond the link before one that does not.
        six.Sort((left, right) => Compare(addresses, left, right));
        four.Sort((left, right) => Compare(addresses, left, right));
        int headStart = four.Count == 0 ? int.MaxValue : (four.Count + six.Count) / four.Count;
        int preference = HighestLocalPreference;
        int nextFour = 0;
        int inARow = 0;
        foreach (int index in six)
        {
            if (inARow == headStart && nextFour < four.Count)
            {
                preferences[four[nextFour++]] = preference--;
                inARow = 0;
            }

            preferences[index] = preference--;
            inARow++;
        }

        while (nextFour < four.Count)
        {
            preferences[four[nextFour++]] = preference--;
        }

        return preferences;
    }

    private static int Compare(IReadOnlyList<NetworkAddress> addresses, int left, int right)
    {
        int byScope = ((int)addresses[right].Scope).CompareTo((int)addresses[left].Scope);
        return byScope != 0 ? byScope : left.CompareTo(right);
    }
}
