using System;
using System.Collections.Generic;
using System.Net;
using Braid.Sctp;
using Microsoft.Extensions.Logging;

namespace Braid.Sockets;

/// <summary>Where a one-to-many socket is, and how its associations begin.</summary>
public sealed record SctpSocketOptions
{
    /// <summary>
    /// Addresses and a UDP port to bind, 1 to 8, all at one port: peers learn all of them, and where one way fails, another one is taken (RFC 9260
    /// §6.4). Not used with a <see cref="Stack"/>. Default: every address of this machine, of which peers learn nothing, and a port that the system chooses.
    /// </summary>
    public IReadOnlyList<IPEndPoint> LocalEndPoints { get; init; } = [new IPEndPoint(IPAddress.IPv6Any, 0)];

    /// <summary>Our SCTP port; 0, the default, picks a free one from 49152 to 65535.</summary>
    public ushort Port { get; init; }

    /// <summary>
    /// Options of future associations. <see cref="Sctp.AssociationOptions.IdleTimeout"/> is what RFC 6458 calls SCTP_AUTOCLOSE;
    /// <see cref="SctpAssociationOptions.Notifications"/> says what <see cref="SctpSocket.ReceiveAsync"/> gives beside messages.
    /// </summary>
    public SctpAssociationOptions Association { get; init; } = SctpAssociationOptions.Default;

    /// <summary>
    /// Whether messages of other associations may come between the parts of one that is delivered in parts
    /// (SCTP_FRAGMENT_INTERLEAVE, RFC 6458 §8.1.20: 1), or wait until it ends (0). Default true.
    /// </summary>
    public bool InterleavesParts { get; init; } = true;

    /// <summary>
    /// Whether messages of other streams may come between the parts of one (SCTP_FRAGMENT_INTERLEAVE, RFC 6458 §8.1.20: 2). Only
    /// then is interleaving offered to peers (RFC 8260 §2.2.1): who reads one queue of everything must be prepared for it. Needs
    /// <see cref="InterleavesParts"/>. Default false.
    /// </summary>
    public bool InterleavesStreams { get; init; }

    /// <summary>What packets travel in. A <see cref="Stack"/> brings its own. Default <see cref="SctpEncapsulation.Udp"/>.</summary>
    public SctpEncapsulation Encapsulation { get; init; }

    /// <summary>The stack to live on; null, the default, opens one with a UDP socket of its own.</summary>
    public SctpStack? Stack { get; init; }

    /// <summary>Whether other sockets may use the same UDP port (SCTP_REUSE_PORT, RFC 6458 §8.1.27). Default false.</summary>
    public bool ReusePort { get; init; }

    /// <summary>
    /// Bytes that send and receive buffers which size themselves may grow by, all associations of the socket together
    /// (<see cref="EndpointOptions.BufferBudget"/>). From 0. A <see cref="Stack"/> brings its own. Default 512 MiB.
    /// </summary>
    public long BufferBudget { get; init; } = 512 << 20;

    /// <summary>Protects the associations by DTLS (RFC 8261); the peer must do the same. A <see cref="Stack"/> brings its own. Null, the default, for nothing.</summary>
    public SctpDtlsOptions? Dtls { get; init; }

    /// <inheritdoc cref="SctpStackOptions.UnsafePreferInlineScheduling"/>
    /// <remarks>A <see cref="Stack"/> brings its own.</remarks>
    public bool UnsafePreferInlineScheduling { get; init; }

    /// <summary>Where time comes from; a <see cref="Stack"/> brings its own. Default: the system.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>Where log messages go; null for nowhere. A <see cref="Stack"/> brings its own.</summary>
    public ILoggerFactory? LoggerFactory { get; init; }

    /// <summary>Whether every option is in its range.</summary>
    /// <exception cref="ArgumentException">An option is missing or outside its range, or does not go with another one.</exception>
    public void Validate()
    {
        LocalEnds.Check(LocalEndPoints, Dtls, nameof(LocalEndPoints));
        if (Dtls is not null && Stack is not null)
        {
            throw new ArgumentException("A stack has DTLS from the start, or has none.", nameof(Dtls));
        }

        SctpStackOptions.CheckEncapsulation(Encapsulation, Dtls);
        Dtls?.Validate();
        ArgumentOutOfRangeException.ThrowIfNegative(BufferBudget);
        Association.Validate();
        if (InterleavesStreams && !InterleavesParts)
        {
            throw new ArgumentException("Messages of other streams may come between parts only where those of other associations may.", nameof(InterleavesStreams));
        }
    }

    /// <summary>Options of a stack of its own.</summary>
    internal SctpStackOptions ToStackOptions() => new()
    {
        TimeProvider = TimeProvider,
        LoggerFactory = LoggerFactory,
        ReusePort = ReusePort,
        Dtls = Dtls,
        UnsafePreferInlineScheduling = UnsafePreferInlineScheduling,
        BufferBudget = BufferBudget,
    };
}
