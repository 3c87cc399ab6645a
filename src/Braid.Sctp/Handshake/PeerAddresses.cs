using System;
using System.Runtime.CompilerServices;
using Braid.Core;
using Braid.Sctp.Wire;

namespace Braid.Sctp;

/// <summary>
/// The transport addresses of one peer (RFC 9260 §5.1.2): where its INIT or INIT ACK came from, and what that chunk lists.
/// A value, so that an INIT leaves nothing behind. Bounded, because every address beyond the first costs probes (RFC 5062).
/// </summary>
internal struct PeerAddresses : IEquatable<PeerAddresses>
{
    /// <summary>Addresses at most; what a peer lists beyond them is not used.</summary>
    public const int Capacity = 8;

    private Slots _addresses;

    /// <param name="source">Where the chunk came from.</param>
    public PeerAddresses(in NetworkAddress source)
    {
        _addresses[0] = source;
        Count = 1;
    }

    [InlineArray(Capacity)]
    private struct Slots
    {
        private NetworkAddress _first;
    }

    /// <summary>How many there are; at least 1.</summary>
    public int Count { get; private set; }

    /// <summary>Where the chunk came from: the one address that is known to be the peer's.</summary>
    public readonly NetworkAddress Source => _addresses[0];

    public readonly NetworkAddress this[int index] => _addresses[index];

    /// <summary>The source and the addresses that a chunk lists and we can send to.</summary>
    /// <param name="source">Where the chunk came from.</param>
    /// <param name="parameters">The parameters of the chunk.</param>
    /// <param name="families">What our transport can reach.</param>
    public static PeerAddresses Collect(in NetworkAddress source, ParameterReader parameters, NetworkFamilies families)
    {
        var addresses = new PeerAddresses(source);
        if (source.Family == NetworkFamily.None)
        {
            return addresses;                                // RFC 8261 §6: below DTLS there are no addresses
        }

        while (parameters.TryRead(out ParameterView parameter) && !ParameterReport.EndsReading(parameter))
        {
            if (AddressParameter.TryRead(parameter, out NetworkAddress address) && address.IsUnicast && address.IsIn(families)
                && IsInReach(address, source))
            {
                // RFC 6951 §5.4: the UDP port is that of the packet, for all of them.
                addresses.TryAdd(Localize(address, source));
            }
        }

        return addresses;
    }

    /// <summary>The same addresses, seen from a packet: its UDP port and its interface.</summary>
    public readonly PeerAddresses SeenFrom(in NetworkAddress packetSource)
    {
        PeerAddresses seen = this;
        for (int i = 0; i < Count; i++)
        {
            seen._addresses[i] = Localize(_addresses[i], packetSource);
        }

        return seen;
    }

    /// <summary>Adds an address that is not there yet.</summary>
    /// <returns>False when there are too many.</returns>
    public bool TryAdd(in NetworkAddress address)
    {
        if (Contains(address))
        {
            return true;
        }

        if (Count == Capacity)
        {
            return false;
        }

        _addresses[Count++] = address;
        return true;
    }

    /// <summary>Whether a host is among them.</summary>
    public readonly bool Contains(in NetworkAddress address)
    {
        for (int i = 0; i < Count; i++)
        {
            if (_addresses[i].IsSameHost(address))
            {
                return true;
            }
        }

        return false;
    }

    public readonly bool Equals(PeerAddresses other) =>
        Count == other.Count && ((ReadOnlySpan<NetworkAddress>)_addresses)[..Count].SequenceEqual(((ReadOnlySpan<NetworkAddress>)other._addresses)[..Count]);

    public override readonly bool Equals(object? obj) => obj is PeerAddresses other && Equals(other);

    public override readonly int GetHashCode() => (Source.GetHashCode() * 31) + Count;

    // Somebody far away has no business to make us send to our own host, link or private network (RFC 5062 §6).
    private static bool IsInReach(in NetworkAddress address, in NetworkAddress source) => SourceAddresses.IsTold(address, source);

    /// <summary>An address that a packet lists, at its UDP port and interface (RFC 6951 §5.4).</summary>
    public static NetworkAddress Localize(in NetworkAddress address, in NetworkAddress source) =>
        address.WithPort(source.Port).WithScopeId(address.Family == NetworkFamily.IPv6 && address.Scope == NetworkScope.Link ? source.ScopeId : 0);
}
