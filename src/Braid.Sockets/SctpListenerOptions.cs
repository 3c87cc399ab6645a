using System;
using System.Collections.Generic;
using System.Net;
using Braid.Sctp;
using Microsoft.Extensions.Logging;

namespace Braid.Sockets;

/// <summary>What to listen on, and how.</summary>
public sealed record SctpListenerOptions
{
    /// <summary>
    /// Address and UDP port to bind; UDP port 0 lets the system choose. Default: every address of this machine, IPv4 and
    /// IPv6, at UDP port 9899 (RFC 6951). Exactly one for now.
    /// </summary>
    public IReadOnlyList<IPEndPoint> ListenEndPoints { get; init; } = [new IPEndPoint(IPAddress.IPv6Any, SctpDefaults.UdpPort)];

    /// <summary>The SCTP port, 1 to 65535.</summary>
    public required ushort Port { get; init; }

    /// <summary>Streams, buffers, timers of the associations that are accepted.</summary>
    public AssociationOptions Association { get; init; } = AssociationOptions.Default;

    /// <summary>Associations that may wait to be accepted; the ones beyond are aborted. Default 128.</summary>
    public int Backlog { get; init; } = 128;

    /// <summary>How long <see cref="SctpAssociation.DisposeAsync"/> tries to close gracefully: 0 to 24 days. Default 5 s.</summary>
    public TimeSpan CloseTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Where time comes from. Default: the system.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>Where log messages go; null for nowhere.</summary>
    public ILoggerFactory? LoggerFactory { get; init; }

    /// <exception cref="ArgumentException">An option is missing or outside its range.</exception>
    public void Validate()
    {
        if (ListenEndPoints is not { Count: 1 })
        {
            throw new ArgumentException("Exactly one end point to listen on is supported.", nameof(ListenEndPoints));
        }

        ArgumentOutOfRangeException.ThrowIfZero(Port);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(Backlog);
        ArgumentOutOfRangeException.ThrowIfLessThan(CloseTimeout, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(CloseTimeout, TimeSpan.FromDays(24));     // what a timer can wait
        Association.Validate();
    }
}
