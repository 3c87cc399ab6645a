using System;
using System.Collections.Generic;
using System.Net;
using System.Threading;
using System.Threading.Tasks;
using Braid.Sctp;
using Microsoft.Extensions.Logging;

namespace Braid.Sockets;

/// <summary>What to listen on, and how.</summary>
public sealed record SctpListenerOptions
{
    private const int MostSockets = 64;

    /// <summary>
    /// Addresses and a UDP port to bind; UDP port 0 lets the system choose. Default: every address of this machine, IPv4 and
    /// IPv6, at UDP port 9899 (RFC 6951). Up to 8, all at one port: peers learn all of them, and where one way fails, another one is taken
    /// (RFC 9260 §6.4); of a wildcard they learn nothing. Over IP the port does not matter. Not used with a <see cref="Stack"/>.
    /// </summary>
    public IReadOnlyList<IPEndPoint> ListenEndPoints { get; init; } = [new IPEndPoint(IPAddress.IPv6Any, SctpDefaults.UdpPort)];

    /// <summary>The SCTP port, 1 to 65535.</summary>
    public required ushort Port { get; init; }

    /// <summary>Streams, buffers, timers, notifications of the associations that are accepted. Default: <see cref="SctpAssociationOptions.Default"/>.</summary>
    public SctpAssociationOptions Association { get; init; } = SctpAssociationOptions.Default;

    /// <summary>
    /// Decides about each association before it can be accepted: options of its own, or null to abort it. Called outside of
    /// every lock, once the peer has proved its address. What the handshake has promised by then stays as in
    /// <see cref="Association"/>, whatever it says: <see cref="SctpAssociationOptions.FixedProperties"/>. Of what happened by then, that it
    /// is up included, those notifications come that <see cref="Association"/> subscribes to. A callback that throws, or whose
    /// options are outside their range, aborts the association. Default null: all alike.
    /// </summary>
    public Func<SctpIncomingAssociation, CancellationToken, ValueTask<SctpAssociationOptions?>>? OptionsCallback { get; init; }

    /// <summary>
    /// Associations that may wait to be accepted; a peer beyond them gets no answer to its COOKIE ECHO, and repeats it until there is room or
    /// it gives up. With several <see cref="Sockets"/> each may let in one more. From 1. Default 128.
    /// </summary>
    public int Backlog { get; init; } = 128;

    /// <summary>What packets travel in. A <see cref="Stack"/> brings its own. Default <see cref="SctpEncapsulation.Udp"/>.</summary>
    public SctpEncapsulation Encapsulation { get; init; }

    /// <summary>The stack to live on; null, the default, opens one with a UDP socket of its own.</summary>
    public SctpStack? Stack { get; init; }

    /// <summary>Whether other sockets may use the same UDP port (SCTP_REUSE_PORT, RFC 6458 §8.1.27). Default false.</summary>
    public bool ReusePort { get; init; }

    /// <summary>
    /// UDP sockets to listen with, from 1 to 64, all at the one address and port (SO_REUSEPORT). They are
    /// served by several threads, as many as there are processors at most, so that associations are spread over the cores: one association
    /// is always one core's. Linux alone
    /// spreads datagrams, by a hash of both addresses and ports; elsewhere one socket is opened, whatever this says. An association
    /// belongs to the socket that its first packets came to: packets from another of the peer's addresses or UDP ports, as a peer has
    /// that is multi-homed or whose NAT forgets it, may come to a socket that does not know it. Not used with a
    /// <see cref="Stack"/>. Default 1.
    /// </summary>
    public int Sockets { get; init; } = 1;

    /// <summary>
    /// Bytes that send and receive buffers which size themselves may grow by, all associations of the listener, on whatever socket, together
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
    /// <exception cref="ArgumentException">An option is missing or outside its range.</exception>
    public void Validate()
    {
        LocalEnds.Check(ListenEndPoints, Dtls, nameof(ListenEndPoints));
        ArgumentOutOfRangeException.ThrowIfZero(Port);
        if (Dtls is not null && Stack is not null)
        {
            throw new ArgumentException("A stack has DTLS from the start, or has none.", nameof(Dtls));
        }

        SctpStackOptions.CheckEncapsulation(Encapsulation, Dtls);
        Dtls?.Validate();
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(Backlog);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(Sockets);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Sockets, MostSockets);
        if (Sockets > 1 && ListenEndPoints.Count > 1)
        {
            throw new ArgumentException("Packets to several addresses would come to sockets that do not know of each other.", nameof(Sockets));
        }

        if (Sockets > 1 && Encapsulation == SctpEncapsulation.RawIp)
        {
            throw new ArgumentException("Every raw socket gets every packet: one is all there can be.", nameof(Sockets));
        }

        ArgumentOutOfRangeException.ThrowIfNegative(BufferBudget);
        Association.Validate();
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

/// <summary>An association that a peer has set up and nobody has accepted yet.</summary>
/// <param name="RemoteEndPoint">The peer's address and UDP port.</param>
/// <param name="RemotePort">The peer's SCTP port.</param>
/// <param name="OutgoingStreams">Streams that we may send on.</param>
/// <param name="IncomingStreams">Streams that the peer may send on.</param>
/// <param name="PeerAdaptation">What the peer said of its adaptation layer (RFC 5061 §4.2.6), if it did.</param>
public readonly record struct SctpIncomingAssociation(
    IPEndPoint RemoteEndPoint, ushort RemotePort, int OutgoingStreams, int IncomingStreams, uint? PeerAdaptation)
{
    /// <summary>The certificate that the peer has shown (DER); empty without DTLS.</summary>
    public ReadOnlyMemory<byte> PeerCertificate { get; init; }
}
