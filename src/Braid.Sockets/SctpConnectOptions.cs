using System;
using System.Collections.Generic;
using System.Net;
using System.Net.Sockets;
using Braid.Sctp;
using Microsoft.Extensions.Logging;

namespace Braid.Sockets;

/// <summary>Whom to connect to, and how.</summary>
public sealed record SctpConnectOptions
{
    /// <summary>The peer's address and UDP port. Exactly one for now: several paths are not supported yet.</summary>
    public required IReadOnlyList<IPEndPoint> RemoteEndPoints { get; init; }

    /// <summary>The peer's SCTP port, 1 to 65535.</summary>
    public required ushort RemotePort { get; init; }

    /// <summary>Where to bind the UDP socket; none lets the system choose. At most one for now.</summary>
    public IReadOnlyList<IPEndPoint> LocalEndPoints { get; init; } = [];

    /// <summary>Our SCTP port; 0, the default, picks one from 49152 to 65535.</summary>
    public ushort LocalPort { get; init; }

    /// <summary>Streams, buffers, timers.</summary>
    public AssociationOptions Association { get; init; } = AssociationOptions.Default;

    /// <summary>How long <see cref="SctpAssociation.DisposeAsync"/> tries to close gracefully: 0 to 24 days. Default 5 s.</summary>
    public TimeSpan CloseTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Where time comes from. Default: the system.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>Where log messages go; null for nowhere.</summary>
    public ILoggerFactory? LoggerFactory { get; init; }

    /// <exception cref="ArgumentException">An option is missing or outside its range.</exception>
    public void Validate()
    {
        if (RemoteEndPoints is not { Count: 1 })
        {
            throw new ArgumentException("Exactly one remote end point is supported.", nameof(RemoteEndPoints));
        }

        if (LocalEndPoints.Count > 1)
        {
            throw new ArgumentException("At most one local end point is supported.", nameof(LocalEndPoints));
        }

        if (LocalEndPoints.Count == 1 && !CanReach(LocalEndPoints[0].Address, RemoteEndPoints[0].Address))
        {
            throw new ArgumentException($"{RemoteEndPoints[0]} cannot be reached from {LocalEndPoints[0]}.", nameof(LocalEndPoints));
        }

        ArgumentOutOfRangeException.ThrowIfZero(RemotePort);
        ArgumentOutOfRangeException.ThrowIfLessThan(CloseTimeout, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(CloseTimeout, TimeSpan.FromDays(24));     // what a timer can wait
        Association.Validate();
    }

    // The IPv6 wildcard takes IPv4 as well; every other address speaks with its own family only.
    private static bool CanReach(IPAddress local, IPAddress remote) =>
        local.Equals(IPAddress.IPv6Any) || IsIPv4(local) == IsIPv4(remote);

    private static bool IsIPv4(IPAddress address) => address.AddressFamily == AddressFamily.InterNetwork || address.IsIPv4MappedToIPv6;
}
