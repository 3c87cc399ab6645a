using System;
using System.Collections.Generic;
using System.Linq;
using System.Net;
using System.Net.Sockets;
using Braid.Sctp;
using Microsoft.Extensions.Logging;

namespace Braid.Sockets;

/// <summary>Whom to connect to, and how.</summary>
public sealed record SctpConnectOptions
{
    /// <summary>
    /// The peer's addresses and UDP ports (from 1; over IP they do not matter), 1 to 8. INIT goes to them in turn; the first is the primary one. Over a transport
    /// that names the peer by itself (<see cref="ISctpDatagramTransport"/>) there are none.
    /// </summary>
    public IReadOnlyList<IPEndPoint> RemoteEndPoints { get; init; } = [];

    /// <summary>The peer's SCTP port, 1 to 65535.</summary>
    public required ushort RemotePort { get; init; }

    /// <summary>
    /// Addresses of this host and a UDP port to bind, up to 8, all at that port; the peer learns them, and where one way fails, another one is taken
    /// (RFC 9260 §6.4). None lets the system choose one, and is all there can be with a <see cref="Stack"/>. Over DTLS at most one.
    /// </summary>
    public IReadOnlyList<IPEndPoint> LocalEndPoints { get; init; } = [];

    /// <summary>Our SCTP port; 0, the default, picks a free one from 49152 to 65535.</summary>
    public ushort LocalPort { get; init; }

    /// <summary>Streams, buffers, timers, notifications. Default: <see cref="SctpAssociationOptions.Default"/>.</summary>
    public SctpAssociationOptions Association { get; init; } = SctpAssociationOptions.Default;

    /// <summary>What packets travel in. A <see cref="Stack"/> brings its own. Default <see cref="SctpEncapsulation.Udp"/>.</summary>
    public SctpEncapsulation Encapsulation { get; init; }

    /// <summary>The stack to live on; null, the default, opens one with a UDP socket of its own, and closes it at the end.</summary>
    public SctpStack? Stack { get; init; }

    /// <summary>
    /// Bytes that the send and receive buffers, where they size themselves, may grow by together (<see cref="EndpointOptions.BufferBudget"/>).
    /// From 0. A <see cref="Stack"/> brings its own. Default 512 MiB.
    /// </summary>
    public long BufferBudget { get; init; } = 512 << 20;

    /// <summary>Protects the association by DTLS (RFC 8261); the peer must do the same. A <see cref="Stack"/> brings its own. Null, the default, for nothing.</summary>
    public SctpDtlsOptions? Dtls { get; init; }

    /// <inheritdoc cref="SctpStackOptions.UnsafePreferInlineScheduling"/>
    /// <remarks>A <see cref="Stack"/> brings its own.</remarks>
    public bool UnsafePreferInlineScheduling { get; init; }

    /// <summary>Where time comes from; a <see cref="Stack"/> brings its own. Default: the system.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>Where log messages go; null for nowhere. A <see cref="Stack"/> brings its own.</summary>
    public ILoggerFactory? LoggerFactory { get; init; }

    /// <summary>Whether every option is in its range, and they go together.</summary>
    /// <exception cref="ArgumentException">An option is missing or outside its range.</exception>
    public void Validate() => Validate(hasPeer: Stack is { IsPointToPoint: true });

#pragma warning disable CA2208 // The parameters here are properties.
    internal void Validate(bool hasPeer)
    {
        int most = hasPeer ? 0 : 8;
        if (RemoteEndPoints.Count > most || (RemoteEndPoints.Count == 0 && !hasPeer))
        {
            throw new ArgumentException(
                hasPeer ? "This transport names the peer: there are no remote end points." : "1 to 8 remote end points are needed.", nameof(RemoteEndPoints));
        }

        if (LocalEndPoints.Count > 0)
        {
            if (Stack is not null || hasPeer)
            {
                throw new ArgumentException("Where there is a transport already, it says which addresses are ours.", nameof(LocalEndPoints));
            }

            LocalEnds.Check(LocalEndPoints, Dtls, nameof(LocalEndPoints));
        }

        foreach (IPEndPoint remote in RemoteEndPoints)
        {
            if (remote.Port == 0 && (Stack?.Encapsulation ?? Encapsulation) == SctpEncapsulation.Udp)
            {
                throw new ArgumentException($"{remote} has no UDP port ({SctpDefaults.UdpPort} is SCTP's); its SCTP port is another one.", nameof(RemoteEndPoints));
            }

            if (LocalEndPoints.Count > 0 && !LocalEndPoints.Any(local => CanReach(local.Address, remote.Address)))
            {
                throw new ArgumentException($"{remote} cannot be reached from {string.Join(", ", LocalEndPoints)}.", nameof(LocalEndPoints));
            }
        }

        if (Dtls is not null && (Stack is not null || RemoteEndPoints.Count > 1))
        {
            throw new ArgumentException(
                Stack is not null ? "A stack has DTLS from the start, or has none." : "Over DTLS a peer has one end point (RFC 8261 §6).", nameof(Dtls));
        }

        SctpStackOptions.CheckEncapsulation(Encapsulation, Dtls);
        Dtls?.Validate();
        ArgumentOutOfRangeException.ThrowIfZero(RemotePort);
        ArgumentOutOfRangeException.ThrowIfNegative(BufferBudget);
        Association.Validate();
    }
#pragma warning restore CA2208

    /// <summary>Options of a stack of its own.</summary>
    internal SctpStackOptions ToStackOptions() => new()
    {
        TimeProvider = TimeProvider,
        LoggerFactory = LoggerFactory,
        Dtls = Dtls,
        UnsafePreferInlineScheduling = UnsafePreferInlineScheduling,
        BufferBudget = BufferBudget,
    };

    /// <summary>Where sockets of its own are bound.</summary>
    internal IReadOnlyList<IPEndPoint> OwnEndPoints()
    {
        if (LocalEndPoints.Count > 0)
        {
            return LocalEndPoints;
        }

        foreach (IPEndPoint remote in RemoteEndPoints)
        {
            if (!IsIPv4(remote.Address))
            {
                return [new IPEndPoint(IPAddress.IPv6Any, 0)];       // takes IPv4 as well
            }
        }

        return [new IPEndPoint(IPAddress.Any, 0)];
    }

    // The IPv6 wildcard takes IPv4 as well; every other address speaks with its own family only.
    private static bool CanReach(IPAddress local, IPAddress remote) =>
        local.Equals(IPAddress.IPv6Any) || IsIPv4(local) == IsIPv4(remote);

    private static bool IsIPv4(IPAddress address) => address.AddressFamily == AddressFamily.InterNetwork || address.IsIPv4MappedToIPv6;
}
