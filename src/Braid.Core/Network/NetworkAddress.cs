using System;
using System.Buffers.Binary;
using System.Net;

namespace Braid.Core;

/// <summary>The family of a <see cref="NetworkAddress"/>.</summary>
public enum NetworkFamily : byte
{
    /// <summary>No address: the transport below (DTLS, a pipe) has none, or it is not known.</summary>
    None,

    /// <summary>IPv4.</summary>
    IPv4,

    /// <summary>IPv6.</summary>
    IPv6,
}

/// <summary>How far a <see cref="NetworkAddress"/> reaches.</summary>
public enum NetworkScope : byte
{
    /// <summary>This host: loopback.</summary>
    Host,

    /// <summary>This link: link-local.</summary>
    Link,

    /// <summary>Beyond the link.</summary>
    Wide,
}

/// <summary>Address families, as a set.</summary>
[Flags]
public enum NetworkFamilies : byte
{
    /// <summary>Neither.</summary>
    None = 0,

    /// <summary>IPv4.</summary>
    IPv4 = 1,

    /// <summary>IPv6.</summary>
    IPv6 = 2,

    /// <summary>Both.</summary>
    All = IPv4 | IPv6,
}

/// <summary>An IP address and UDP port as a value: comparing and hashing it allocates nothing.</summary>
public readonly record struct NetworkAddress
{
    private readonly ulong _high;
    private readonly ulong _low;

    private NetworkAddress(NetworkFamily family, ulong high, ulong low, uint scopeId, ushort port)
    {
        Family = family;
        _high = high;
        _low = low;
        ScopeId = scopeId;
        Port = port;
    }

    /// <summary>No address.</summary>
    public static NetworkAddress None => default;

    /// <summary>Whether this is an IPv4, an IPv6 or no address.</summary>
    public NetworkFamily Family { get; }

    /// <summary>The interface that a link-local IPv6 address belongs to; 0 otherwise.</summary>
    public uint ScopeId { get; }

    /// <summary>The port of the encapsulating transport (RFC 6951: UDP); 0 where there is none.</summary>
    public ushort Port { get; }

    /// <summary>Whether an association may live at this address: not multicast, not broadcast, not unspecified.</summary>
    public bool IsUnicast => Family switch
    {
        NetworkFamily.IPv4 => _low != 0 && _low != uint.MaxValue && (_low >> 28) != 0xE,
        NetworkFamily.IPv6 => (_high != 0 || _low != 0) && (_high >> 56) != 0xFF,
        _ => true,
    };

    /// <summary>How far the address reaches.</summary>
    public NetworkScope Scope => Family switch
    {
        NetworkFamily.IPv4 when _low >> 24 == 127 => NetworkScope.Host,
        NetworkFamily.IPv4 when _low >> 16 == 0xA9FE => NetworkScope.Link,
        NetworkFamily.IPv6 when _high == 0 && _low == 1 => NetworkScope.Host,
        NetworkFamily.IPv6 when _high >> 54 == 0x3FA => NetworkScope.Link,
        _ => NetworkScope.Wide,
    };

    /// <summary>
    /// Whether it means something only inside a network that shares it: RFC 1918 (10/8, 172.16/12, 192.168/16), RFC 6598 (100.64/10), RFC
    /// 4193 (fc00::/7). Its <see cref="Scope"/> is <see cref="NetworkScope.Wide"/> nevertheless.
    /// </summary>
    public bool IsPrivate => Family switch
    {
        NetworkFamily.IPv4 => _low >> 24 == 10 || _low >> 20 == 0xAC1 || _low >> 16 == 0xC0A8 || _low >> 22 == 0x191,
        NetworkFamily.IPv6 => _high >> 57 == 0x7E,
        _ => false,
    };

    /// <param name="address">4 bytes, in network order.</param>
    /// <param name="port">The UDP port, or 0.</param>
    public static NetworkAddress FromIPv4(ReadOnlySpan<byte> address, ushort port) =>
        new(NetworkFamily.IPv4, 0, BinaryPrimitives.ReadUInt32BigEndian(address), 0, port);

    /// <param name="address">16 bytes, in network order. An IPv4-mapped address becomes the IPv4 address.</param>
    /// <param name="port">The UDP port, or 0.</param>
    /// <param name="scopeId">The interface of a link-local address, or 0.</param>
    public static NetworkAddress FromIPv6(ReadOnlySpan<byte> address, ushort port, uint scopeId = 0)
    {
        ulong high = BinaryPrimitives.ReadUInt64BigEndian(address);
        ulong low = BinaryPrimitives.ReadUInt64BigEndian(address[8..]);
        return high == 0 && (low >> 32) == 0xFFFF
            ? new NetworkAddress(NetworkFamily.IPv4, 0, (uint)low, 0, port)
            : new NetworkAddress(NetworkFamily.IPv6, high, low, scopeId, port);
    }

    /// <summary>The same host at another port.</summary>
    public NetworkAddress WithPort(ushort port) => new(Family, _high, _low, ScopeId, port);

    /// <summary>The same address on an interface; 0 for none.</summary>
    public NetworkAddress WithScopeId(uint scopeId) => new(Family, _high, _low, scopeId, Port);

    /// <summary>Whether a set of families has the family of this address.</summary>
    public bool IsIn(NetworkFamilies families) => Family switch
    {
        NetworkFamily.IPv4 => (families & NetworkFamilies.IPv4) != 0,
        NetworkFamily.IPv6 => (families & NetworkFamilies.IPv6) != 0,
        _ => false,
    };

    /// <summary>Whether both are the same host, whatever the ports are.</summary>
    public bool IsSameHost(in NetworkAddress other) =>
        Family == other.Family && _high == other._high && _low == other._low && ScopeId == other.ScopeId;

    /// <summary>Writes the address in network order.</summary>
    /// <param name="destination">At least 16 bytes.</param>
    /// <returns>4 for IPv4, 16 for IPv6, 0 for no address.</returns>
    public int WriteAddress(Span<byte> destination)
    {
        switch (Family)
        {
            case NetworkFamily.IPv4:
                BinaryPrimitives.WriteUInt32BigEndian(destination, (uint)_low);
                return 4;
            case NetworkFamily.IPv6:
                BinaryPrimitives.WriteUInt64BigEndian(destination, _high);
                BinaryPrimitives.WriteUInt64BigEndian(destination[8..], _low);
                return 16;
            default:
                return 0;
        }
    }

    /// <inheritdoc/>
    public override string ToString()
    {
        Span<byte> bytes = stackalloc byte[16];
        int length = WriteAddress(bytes);
        if (length == 0)
        {
            return "none";
        }

        var address = new IPAddress(bytes[..length]);
        return Port == 0 ? address.ToString() : new IPEndPoint(address, Port).ToString();
    }
}
