using System;
using System.Collections.Generic;
using Braid.Core;
using Braid.Dtls;
using Braid.Ice;
using Braid.Sctp;
using Braid.Sockets;
using Braid.WebRtc.Jsep;
using Braid.WebRtc.Network;
using Braid.WebRtc.Peer;
using Microsoft.Extensions.Logging;

namespace Braid.WebRtc;

/// <summary>Which candidates are used (W3C RTCIceTransportPolicy).</summary>
public enum RTCIceTransportPolicy : byte
{
    /// <summary>All.</summary>
    All,

    /// <summary>Those of TURN servers alone: the peer learns no address of ours.</summary>
    Relay,
}

/// <summary>Which sections go onto one transport when the peer does not bundle (W3C RTCBundlePolicy, RFC 9429 §4.1.1).</summary>
public enum RTCBundlePolicy : byte
{
    /// <summary>One transport for each kind of media.</summary>
    Balanced,

    /// <summary>One for each section.</summary>
    MaxCompat,

    /// <summary>One for all: a section that cannot be bundled with the first one is rejected.</summary>
    MaxBundle,
}

/// <summary>How a connection is to be (W3C RTCConfiguration, and what a .NET process wants beside it). Good for any number of connections.</summary>
public sealed record RTCConfiguration
{
    /// <summary>STUN and TURN servers that candidates are gathered from. Default none: addresses of this host alone.</summary>
    public IReadOnlyList<RTCIceServer> IceServers { get; init; } = [];

    /// <summary>Which candidates are used. Default all.</summary>
    public RTCIceTransportPolicy IceTransportPolicy { get; init; }

    /// <summary>Which sections go onto one transport when the peer does not bundle. Default <see cref="RTCBundlePolicy.Balanced"/>.</summary>
    public RTCBundlePolicy BundlePolicy { get; init; }

    /// <summary>What we show the peer. Null, the default: each connection makes one of its own.</summary>
    public RTCCertificate? Certificate { get; init; }

    /// <summary>Whether we only answer checks (RFC 8445 §2.5): for a host with a public address. Default false.</summary>
    public bool IceLite { get; init; }

    /// <summary>Whether TCP candidates are gathered and used (RFC 6544). Default false.</summary>
    public bool EnableIceTcp { get; init; }

    /// <summary>Whether addresses of this host are hidden behind names ending in .local (mDNS), as browsers do. Names of the peer are resolved in any case. Default false.</summary>
    public bool HidesHostAddresses { get; init; }

    /// <summary>Whether loopback addresses are candidates beside others; without others they are in any case. Default false.</summary>
    public bool IncludeLoopback { get; init; }

    /// <summary>A port that this connection shares with others. Null, the default: sockets of its own, one for each address.</summary>
    public RTCUdpMux? UdpMux { get; init; }

    /// <summary>The longest message that we receive and send, in bytes, from 1 to 2,147,483,591: our <c>a=max-message-size</c> (RFC 8841 §6). Default 16 MiB.</summary>
    public int MaxMessageSize { get; init; } = 16 << 20;

    /// <summary>
    /// How much <see cref="RTCDataChannel.Send(ReadOnlySpan{byte})"/> may let wait on a channel, in bytes, from 1. Calls that can wait do so earlier, when
    /// twice the congestion window is on its way. Default 16 MiB, as in browsers.
    /// </summary>
    public long SendBufferSize { get; init; } = 16 << 20;

    /// <summary>
    /// How far the receive buffer of a connection grows, in bytes, from 1500 to 4,294,967,295: what the peer may send before the application
    /// has taken it. Default 32 MiB.
    /// </summary>
    public long ReceiveBufferSize { get; init; } = 32 << 20;

    /// <summary>
    /// Size of the largest IP packet to search for, in bytes, up to 65,535 (RFC 8831 §5, RFC 8899); up to 1,220 there is no search. Default 9000, and never
    /// more than 1500 unless the peer says that it takes longer DTLS records, as Braid does (docs/adr/0024): browsers end a connection on one above
    /// 2,048 bytes, and aiortc loses step above 1,500.
    /// </summary>
    public int MaximumPathMtu { get; init; } = 9000;

    /// <summary>How long the DTLS handshake may take: 1 ms to 1 h. Default 30 s.</summary>
    public TimeSpan HandshakeTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Whether handlers of events run on the thread that receives, which spares a hop. They must be quick and never block: no connection of
    /// that thread goes on meanwhile. Default false: they run on the thread pool.
    /// </summary>
    public bool RunsHandlersInline { get; init; }

    /// <summary>Gets the secrets of DTLS sessions as lines of an SSLKEYLOGFILE, for Wireshark: whoever has them reads everything. Called on the loop. Default null.</summary>
    public Action<string>? KeyLog { get; init; }

    /// <summary>Where time comes from. Default: the system.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>Where log messages go, candidates and checks at the level Debug; null, the default, for nowhere.</summary>
    public ILoggerFactory? LoggerFactory { get; init; }

    /// <summary>The numbers of the ICE agent. <see cref="IceOptions.IsLite"/> is taken from <see cref="IceLite"/>.</summary>
    public IceOptions Ice { get; init; } = IceOptions.Default;

    /// <summary>For tests: sessions that protect nothing, in virtual time.</summary>
    internal SessionFactory? Sessions { get; init; }

    /// <summary>For tests: another network.</summary>
    internal Func<PeerCore, IPeerApplication, IPeerDriver>? Driver { get; init; }

    /// <summary>For tests: a seed.</summary>
    internal IRandomSource Random { get; init; } = OperatingSystemRandom.Instance;

    /// <summary>Whether every option is in its range.</summary>
    /// <exception cref="ArgumentException">An option is outside its range.</exception>
    /// <exception cref="RTCException">SyntaxError: a URL of a server cannot be read.</exception>
    public void Validate()
    {
        ArgumentNullException.ThrowIfNull(IceServers);
        ArgumentNullException.ThrowIfNull(TimeProvider);
        ArgumentNullException.ThrowIfNull(Ice);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxMessageSize, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(MaxMessageSize, 2147483591);
        ArgumentOutOfRangeException.ThrowIfLessThan(SendBufferSize, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(ReceiveBufferSize, 1500);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(ReceiveBufferSize, uint.MaxValue);
        ArgumentOutOfRangeException.ThrowIfNegative(MaximumPathMtu);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(MaximumPathMtu, ushort.MaxValue);
        ArgumentOutOfRangeException.ThrowIfLessThan(HandshakeTimeout, TimeSpan.FromMilliseconds(1));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(HandshakeTimeout, TimeSpan.FromHours(1));
        foreach (RTCIceServer server in IceServers)
        {
            RTCError error = IceServerUrl.TryParse(server, []);
            if (!error.IsNone)
            {
                throw new RTCException(error);
            }
        }
    }

    internal PeerOptions ToPeerOptions(RTCCertificate certificate, bool isLogging) => new()
    {
        Sessions = Sessions ?? ((role, fingerprints) => new DtlsSession(new DtlsSessionOptions
        {
            Certificate = certificate.Dtls,
            Role = role,
            PeerFingerprints = fingerprints,
            HandshakeTimeout = HandshakeTimeout,
            NegotiatesSrtp = true,                           // werift ends a connection without it
            KeyLog = KeyLog,
        })),
        Fingerprints = [certificate.Dtls.Fingerprint()],
        Ice = Ice with { IsLite = IceLite, MaximumLogRecords = isLogging ? Ice.MaximumLogRecords : 0 },
        Association = AssociationOptions.Default with
        {
            MaximumReceiveBufferSize = ReceiveBufferSize,
            MaximumMessageSize = MaxMessageSize,
            MaximumPathMtu = MaximumPathMtu,
        },
        MaximumReceiveSize = MaxMessageSize,
        MaximumSendSize = MaxMessageSize,
        BundlePolicy = (BundlePolicy)BundlePolicy,
    };

    internal IPeerDriver StartDriver(PeerCore core, IPeerApplication application) => Driver is { } made ? made(core, application)
        : new NetworkPeer(core, application, new NetworkOptions
        {
            Servers = IceServers,
            IsRelayOnly = IceTransportPolicy == RTCIceTransportPolicy.Relay,
            IncludesLoopback = IncludeLoopback,
            EnablesIceTcp = EnableIceTcp,
            HidesAddresses = HidesHostAddresses,
            UdpMux = UdpMux,
            TimeProvider = TimeProvider,
        });
}
