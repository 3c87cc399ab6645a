using System;
using System.Collections.Generic;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using Braid.Core;

namespace Braid.Ice;

/// <summary>Where a candidate comes from (RFC 8445 §4).</summary>
public enum IceCandidateType : byte
{
    /// <summary>An address of the host itself.</summary>
    Host,

    /// <summary>What a STUN server sees.</summary>
    ServerReflexive,

    /// <summary>What the peer sees.</summary>
    PeerReflexive,

    /// <summary>An address of a TURN server.</summary>
    Relayed,
}

/// <summary>What a candidate's packets travel in.</summary>
public enum IceTransport : byte
{
    /// <summary>UDP.</summary>
    Udp,

    /// <summary>TCP with the framing of RFC 4571 (RFC 6544).</summary>
    Tcp,
}

/// <summary>Who opens the connection (RFC 6544 §4.5).</summary>
public enum IceTcpType : byte
{
    /// <summary>The candidate is not one of TCP.</summary>
    None,

    /// <summary>This side.</summary>
    Active,

    /// <summary>The other side.</summary>
    Passive,

    /// <summary>Both at once.</summary>
    SimultaneousOpen,
}

/// <summary>A name and a value behind a candidate that are not known here.</summary>
/// <param name="Name">The name.</param>
/// <param name="Value">The value.</param>
public readonly record struct IceCandidateExtension(string Name, string Value);

/// <summary>A candidate as descriptions carry it (RFC 8445 §5.3, RFC 8839 §5.1).</summary>
public sealed record IceCandidate
{
    /// <summary>What candidates with a like way to the peer have in common: 1 to 32 ice-chars.</summary>
    public required string Foundation { get; init; }

    /// <summary>Which of a stream's flows: 1 to 256. There is one only, with number 1, where flows are multiplexed.</summary>
    public int Component { get; init; } = 1;

    /// <summary>UDP or TCP.</summary>
    public IceTransport Transport { get; init; }

    /// <summary>1 to 2^31 − 1; what is larger is preferred (RFC 8445 §5.1.2).</summary>
    public uint Priority { get; init; }

    /// <summary>The address; none while only <see cref="HostName"/> is known.</summary>
    public NetworkAddress Address { get; init; }

    /// <summary>The name that stands for the address (mDNS); null where the address stands there itself.</summary>
    public string? HostName { get; init; }

    /// <summary>The port, with an address as with a name.</summary>
    public ushort Port { get; init; }

    /// <summary>Where it comes from.</summary>
    public IceCandidateType Type { get; init; }

    /// <summary>The base of a reflexive candidate, the mapped address of a relayed one; none where it is not told.</summary>
    public NetworkAddress RelatedAddress { get; init; }

    /// <summary>Who opens the connection.</summary>
    public IceTcpType TcpType { get; init; }

    /// <summary>What else was written behind it (ufrag, generation, network-id): kept, and written again.</summary>
    public IReadOnlyList<IceCandidateExtension> Extensions { get; init; } = [];

    /// <summary>Reads a candidate: <c>a=candidate:…</c>, <c>candidate:…</c>, or what follows the colon (RFC 8839 §5.1).</summary>
    /// <returns>False when it is malformed, or of a transport or type that is not known.</returns>
    public static bool TryParse(string? text, [NotNullWhen(true)] out IceCandidate? candidate) => IceCandidateText.TryParse(text, out candidate);

    /// <summary>What a type is called in descriptions.</summary>
    internal static string NameOf(IceCandidateType type) => type switch
    {
        IceCandidateType.Host => "host",
        IceCandidateType.ServerReflexive => "srflx",
        IceCandidateType.PeerReflexive => "prflx",
        _ => "relay",
    };

    /// <summary>The candidate as <c>candidate:…</c>.</summary>
    public override string ToString()
    {
        var text = new StringBuilder(100);
        string host = HostName ?? HostOf(Address);
        text.Append(CultureInfo.InvariantCulture, $"candidate:{Foundation} {Component} {(Transport == IceTransport.Tcp ? "tcp" : "udp")} {Priority}");
        text.Append(CultureInfo.InvariantCulture, $" {host} {Port} typ {NameOf(Type)}");
        if (RelatedAddress.Family != NetworkFamily.None)
        {
            text.Append(CultureInfo.InvariantCulture, $" raddr {HostOf(RelatedAddress)} rport {RelatedAddress.Port}");
        }

        if (TcpType != IceTcpType.None)
        {
            text.Append(TcpType switch { IceTcpType.Active => " tcptype active", IceTcpType.Passive => " tcptype passive", _ => " tcptype so" });
        }

        foreach (IceCandidateExtension extension in Extensions)
        {
            text.Append(CultureInfo.InvariantCulture, $" {extension.Name} {extension.Value}");
        }

        return text.ToString();
    }

    private static string HostOf(in NetworkAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        int length = address.WriteAddress(bytes);
        return length == 0 ? "0.0.0.0" : new System.Net.IPAddress(bytes[..length]).ToString();
    }
}
