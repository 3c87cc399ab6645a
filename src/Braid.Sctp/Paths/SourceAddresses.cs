using System;
using System.Collections.Generic;
using System.Numerics;
using Braid.Core;
using Braid.Sctp.Wire;

namespace Braid.Sctp;

/// <summary>
/// Which of our addresses packets leave from, and which of them a peer is told (RFC 9260 §5.1.2, §6.4.1). An address is told, and is left
/// from, only where it means something: it reaches at least as far as where the packet goes. Owns nothing.
/// </summary>
internal static class SourceAddresses
{
    private const int LongestPrefix = 128;

    /// <summary>Whether a peer at an address is told of another one.</summary>
    public static bool IsTold(in NetworkAddress address, in NetworkAddress peer) => Reach(address) >= Reach(peer);

    /// <summary>Writes those of our addresses that a packet does not show and its receiver can use, as far as they fit.</summary>
    /// <param name="writer">Where they go.</param>
    /// <param name="own">Our addresses.</param>
    /// <param name="path">The way of the packet.</param>
    /// <param name="families">What its receiver can use.</param>
    public static void WriteTold(ref ParameterWriter writer, IReadOnlyList<NetworkAddress> own, in NetworkPath path, NetworkFamilies families = NetworkFamilies.All)
    {
        for (int i = 0; i < own.Count; i++)
        {
            if (!own[i].IsSameHost(path.Local) && own[i].IsIn(families) && IsTold(own[i], path.Remote))
            {
                AddressParameter.TryWrite(ref writer, own[i]);
            }
        }
    }

    /// <summary>
    /// The address that suits a peer's best: of its family, reaching no further than it has to, and nearest to it, for those are likely to
    /// share a network (as RFC 6724 §5, rules 2 and 8).
    /// </summary>
    /// <param name="own">Our addresses.</param>
    /// <param name="remote">The peer's address.</param>
    /// <returns>None when there is none that suits: the socket chooses.</returns>
    public static NetworkAddress For(IReadOnlyList<NetworkAddress> own, in NetworkAddress remote) => First(own, remote, after: -1);

    /// <summary>
    /// The address to try after some failures in a row: every second time the one that suits best, and the others in turn, since one packet
    /// that is lost says little.
    /// </summary>
    /// <param name="own">Our addresses.</param>
    /// <param name="path">The path as it is.</param>
    /// <param name="failures">How many, from 1.</param>
    /// <returns>The one that the path has when none suits.</returns>
    public static NetworkAddress After(IReadOnlyList<NetworkAddress> own, in NetworkPath path, int failures)
    {
        int suitable = 0;
        for (int i = 0; i < own.Count; i++)
        {
            suitable += Suits(own[i], path.Remote) ? 1 : 0;
        }

        if (suitable == 0)
        {
            return path.Local;
        }

        int place = failures % 2 == 0 || suitable == 1 ? 0 : 1 + (failures / 2 % (suitable - 1));
        NetworkAddress address = For(own, path.Remote);
        for (int i = 0; i < place; i++)
        {
            address = First(own, path.Remote, RankOf(own, address, path.Remote));
        }

        return address;
    }

    /// <summary>The families of some addresses.</summary>
    public static NetworkFamilies FamiliesOf(IReadOnlyList<NetworkAddress> own)
    {
        var families = NetworkFamilies.None;
        for (int i = 0; i < own.Count; i++)
        {
            families |= own[i].Family == NetworkFamily.IPv4 ? NetworkFamilies.IPv4 : NetworkFamilies.IPv6;
        }

        return families;
    }

    /// <summary>Whether each is a unicast address, and there once.</summary>
    /// <param name="own">The addresses.</param>
    /// <param name="name">What an exception calls them.</param>
    /// <exception cref="ArgumentException">One is not.</exception>
    public static void Validate(IReadOnlyList<NetworkAddress> own, string name)
    {
        for (int i = 0; i < own.Count; i++)
        {
            bool isThere = own[i].Family == NetworkFamily.None || !own[i].IsUnicast;
            for (int before = 0; before < i; before++)
            {
                isThere |= own[i].IsSameHost(own[before]);
            }

            if (isThere)
            {
                throw new ArgumentException($"{own[i]} is no unicast address, or it is there twice.", name);
            }
        }
    }

    private static int RankOf(IReadOnlyList<NetworkAddress> own, in NetworkAddress address, in NetworkAddress remote)
    {
        for (int i = 0; i < own.Count; i++)
        {
            if (own[i].IsSameHost(address))
            {
                return Rank(own[i], remote, i);
            }
        }

        return -1;
    }

    private static NetworkAddress First(IReadOnlyList<NetworkAddress> own, in NetworkAddress remote, int after)
    {
        NetworkAddress first = NetworkAddress.None;
        int least = int.MaxValue;
        for (int i = 0; i < own.Count; i++)
        {
            int rank = Rank(own[i], remote, i);
            if (Suits(own[i], remote) && rank > after && rank < least)
            {
                (first, least) = (own[i], rank);
            }
        }

        return first;
    }

    private static bool Suits(in NetworkAddress own, in NetworkAddress remote) => own.Family == remote.Family && IsTold(own, remote)
        && (own.Scope != NetworkScope.Link || own.ScopeId == remote.ScopeId || own.ScopeId == 0 || remote.ScopeId == 0);

    // Smaller is better; no two have the same.
    private static int Rank(in NetworkAddress own, in NetworkAddress remote, int index) =>
        (Reach(own) << 16) + ((LongestPrefix - CommonPrefix(own, remote)) << 8) + index;

    private static int Reach(in NetworkAddress address) => address.IsPrivate ? (int)NetworkScope.Wide
        : address.Scope == NetworkScope.Wide ? (int)NetworkScope.Wide + 1
        : (int)address.Scope;

    private static int CommonPrefix(in NetworkAddress left, in NetworkAddress right)
    {
        Span<byte> leftBytes = stackalloc byte[16];
        Span<byte> rightBytes = stackalloc byte[16];
        int length = Math.Min(left.WriteAddress(leftBytes), right.WriteAddress(rightBytes));
        int same = leftBytes[..length].CommonPrefixLength(rightBytes[..length]);
        return same == length ? 8 * length : (8 * same) + BitOperations.LeadingZeroCount((uint)(leftBytes[same] ^ rightBytes[same])) - 24;
    }
}
