using System;
using System.Collections.Generic;
using System.Linq;
using System.Net;
using System.Net.Sockets;
using System.Threading;
using System.Threading.Tasks;
using Braid.Core;
using Braid.Sctp;

namespace Braid.Sockets;

/// <summary>
/// SCTP over one transport: any number of associations and listeners, on any number of SCTP ports, share one socket.
/// Who needs only one of them need not know of it; each opens a stack of its own then.
/// </summary>
public sealed class SctpStack : IAsyncDisposable
{
    private readonly EndpointLoop _loop;
    private volatile int _isDisposed;

    private SctpStack(Func<SctpStackOptions, IDatagramTransport> open, SctpStackOptions options)
    {
        options.Validate();
        IDatagramTransport transport = open(options);
        Encapsulation = transport.HasPorts ? SctpEncapsulation.Udp : SctpEncapsulation.RawIp;
        IsPointToPoint = transport.IsPointToPoint;
        LocalEndPoints = transport.LocalEndPoints;
        try
        {
            _loop = MakeLoop(transport, options);
        }
        catch
        {
            transport.Dispose();                             // or its address would be in use as long as the process lives
            throw;
        }
    }

    private static EndpointLoop MakeLoop(IDatagramTransport transport, SctpStackOptions options)
    {
        if (options.Dtls is null)
        {
            transport.ListenForErrors();                     // below DTLS there is nothing that could be verified
        }

        EndpointOptions endpointOptions = options.ToEndpointOptions() with
        {
            Families = transport.NamesItsAddresses ? NetworkFamilies.All : transport.Families,      // what its addresses are of is enough
            EncapsulationOverhead = transport.EncapsulationOverhead,
            ErrorDetection = transport.ErrorDetection,
            CarriesEcn = transport.CarriesEcn,
            LocalAddresses = transport.NamesItsAddresses ? [.. transport.LocalEndPoints.Select(static local => local.ToNetworkAddress())] : [],
        };
        if (options.Dtls is not null)
        {
            // RFC 8261 §6: below DTLS there are addresses, but none that SCTP may speak of; §4: its tag finds what a checksum would.
            endpointOptions = endpointOptions with
            {
                Families = NetworkFamilies.None,
                LearnsRemotePorts = false,
                EncapsulationOverhead = endpointOptions.EncapsulationOverhead + DtlsLayer.Overhead,
                ErrorDetection = AlternateErrorDetection.LowerLayerDtls,
            };
        }

        var endpoint = new Endpoint(endpointOptions, OperatingSystemRandom.Instance);
        DtlsLayer? secure = options.Dtls is null ? null : new DtlsLayer(endpoint, options.Dtls, OperatingSystemRandom.Instance, options.MaximumAssociations);
        return new EndpointLoop(endpoint, transport, new MonotonicClock(options.TimeProvider), LogMessages.LoggerFor(options.LoggerFactory), secure, options.UnsafePreferInlineScheduling);
    }

    /// <summary>Where it is bound, with the UDP port that the system chose; none over a transport without addresses.</summary>
    public IReadOnlyList<IPEndPoint> LocalEndPoints { get; }

    /// <summary>Whether the transport names the peer by itself, so that there are no addresses.</summary>
    public bool IsPointToPoint { get; }

    /// <summary>What its packets travel in; over a transport of the user's it says <see cref="SctpEncapsulation.Udp"/>, and means nothing.</summary>
    public SctpEncapsulation Encapsulation { get; }

    /// <summary>
    /// Whether SCTP over IP can be had (<see cref="SctpEncapsulation.RawIp"/>): on this system, by this process, now. Opening it says why not.
    /// </summary>
    public static bool IsRawIpSupported
    {
        get
        {
            try
            {
                RawIpTransport.Open([IPAddress.Any]).Dispose();
                return true;
            }
            catch (SctpException)
            {
                return false;
            }
        }
    }

    /// <summary>Whether what it sends and receives is protected by DTLS (<see cref="SctpStackOptions.Dtls"/>).</summary>
    public bool IsSecure => _loop.Secure is not null;

    /// <summary>Associations that live on it, in whatever state.</summary>
    public int AssociationCount => _loop.Endpoint.AssociationCount;

    /// <exception cref="ObjectDisposedException">The stack was disposed.</exception>
    internal EndpointLoop Loop
    {
        get
        {
            ObjectDisposedException.ThrowIf(_isDisposed != 0, this);
            return _loop;
        }
    }

    /// <summary>Opens a stack over a UDP socket (RFC 6951).</summary>
    /// <param name="local">
    /// Where to bind; port 0 lets the system choose. The IPv6 wildcard takes IPv4 as well, and alone where the system has no IPv6.
    /// </param>
    /// <param name="options">Limits and services; null for the defaults.</param>
    /// <exception cref="ArgumentException">An option is outside its range.</exception>
    /// <exception cref="SctpException">The address cannot be used.</exception>
    public static SctpStack OpenUdp(IPEndPoint local, SctpStackOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(local);
        return OpenUdp([local], options);
    }

    /// <summary>
    /// Opens a stack over several UDP sockets, one for each address of this host that its associations are to have (RFC 9260 §6.4): a peer learns all
    /// of them, and where one way to it fails, another one is taken.
    /// </summary>
    /// <param name="locals">
    /// Where to bind, 1 to 8, all at one port; where there are several, none of them is a wildcard. With port 0 the system chooses.
    /// </param>
    /// <param name="options">Limits and services; null for the defaults. Over DTLS there is one address (RFC 8261 §6).</param>
    /// <exception cref="ArgumentException">The addresses do not go together, or an option is outside its range.</exception>
    /// <exception cref="SctpException">An address cannot be used.</exception>
    public static SctpStack OpenUdp(IReadOnlyList<IPEndPoint> locals, SctpStackOptions? options = null)
    {
        options ??= new SctpStackOptions();
        LocalEnds.Check(locals, options.Dtls, nameof(locals));
        return new SctpStack(with => BindUdp(locals, with.ReusePort), options);
    }

    /// <summary>
    /// Opens a stack over IP itself, protocol number 132 (<see cref="SctpEncapsulation.RawIp"/>). It takes the packets for the SCTP ports that are in
    /// use on it, and leaves all others to other programs: nobody answers what is for a port that nobody uses.
    /// </summary>
    /// <param name="local">Where to bind. The IPv6 wildcard takes IPv4 as well, and alone where the system has no IPv6.</param>
    /// <param name="options">Limits and services; null for the defaults. DTLS is for UDP (RFC 8261 §1).</param>
    /// <exception cref="ArgumentException">An option is outside its range.</exception>
    /// <exception cref="SctpException">The address cannot be used, or raw sockets cannot: the message says why.</exception>
    public static SctpStack OpenRawIp(IPAddress local, SctpStackOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(local);
        return OpenRawIp([local], options);
    }

    /// <summary>Opens a stack over IP itself, from several addresses of this host, which the peers learn (RFC 9260 §6.4).</summary>
    /// <param name="locals">Where to bind, 1 to 8; where there are several, none of them is a wildcard.</param>
    /// <param name="options">Limits and services; null for the defaults. DTLS is for UDP (RFC 8261 §1).</param>
    /// <exception cref="ArgumentException">The addresses do not go together, or an option is outside its range.</exception>
    /// <exception cref="SctpException">An address cannot be used, or raw sockets cannot: the message says why.</exception>
    public static SctpStack OpenRawIp(IReadOnlyList<IPAddress> locals, SctpStackOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(locals);
        options ??= new SctpStackOptions();
        LocalEnds.Check([.. locals.Select(static local => new IPEndPoint(local, 0))], options.Dtls, nameof(locals));
        return OpenRawIp(locals, options, hasEphemeralPort: false);
    }

    /// <summary>Opens a stack over anything that moves datagrams between two peers.</summary>
    /// <param name="transport">Moves the packets; disposed with the stack.</param>
    /// <param name="options">Limits and services; null for the defaults.</param>
    /// <exception cref="ArgumentException">An option is outside its range.</exception>
    public static SctpStack Open(ISctpDatagramTransport transport, SctpStackOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(transport);
        return new SctpStack(_ => new PointToPointTransport(transport), options ?? new SctpStackOptions());
    }

    /// <summary>What was received and not used, and why: one number for each <see cref="DropReason"/> that ever occurred.</summary>
    public IReadOnlyDictionary<DropReason, long> GetDrops()
    {
        var drops = new Dictionary<DropReason, long>();
        for (var reason = (DropReason)0; reason < DropReason.Count; reason++)
        {
            if (_loop.Endpoint.Drops[reason] is > 0 and long count)
            {
                drops.Add(reason, count);
            }
        }

        return drops;
    }

    /// <summary>Aborts what still lives on it, and closes the transport; one of the user's is disposed when this completes.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) == 0)
        {
            await _loop.Life.ShutDownAsync().ConfigureAwait(false);
        }
    }

    /// <summary>A stack for one association that connects over UDP or IP.</summary>
    internal static SctpStack OpenFor(SctpConnectOptions options) => options.Encapsulation == SctpEncapsulation.RawIp
        ? OpenRawIp(Addresses(options.OwnEndPoints()), options.ToStackOptions(), hasEphemeralPort: options.LocalPort == 0)
        : OpenUdp(options.OwnEndPoints(), options.ToStackOptions());

    /// <summary>A stack for a socket.</summary>
    internal static SctpStack OpenFor(SctpSocketOptions options) => options.Encapsulation == SctpEncapsulation.RawIp
        ? OpenRawIp(Addresses(options.LocalEndPoints), options.ToStackOptions(), hasEphemeralPort: options.Port == 0)
        : OpenUdp(options.LocalEndPoints, options.ToStackOptions());

    /// <summary>The stacks of a listener.</summary>
    internal static SctpStack[] OpenFor(SctpListenerOptions options) => options.Encapsulation == SctpEncapsulation.RawIp
        ? [OpenRawIp(Addresses(options.ListenEndPoints), options.ToStackOptions(), hasEphemeralPort: false)]
        : options.ListenEndPoints.Count > 1 ? [OpenUdp(options.ListenEndPoints, options.ToStackOptions())]
        : OpenUdp(options.ListenEndPoints[0], options.Sockets, options.ToStackOptions());

    /// <summary>A stack for one association over a transport of the user's.</summary>
    internal static SctpStack OpenFor(ISctpDatagramTransport transport, SctpConnectOptions options) => Open(
        transport, options.ToStackOptions());

    /// <summary>
    /// Stacks whose sockets have one address and UDP port: the system gives each the datagrams of some peers, by a hash of the
    /// addresses and ports. They end together.
    /// </summary>
    /// <param name="local">Where to bind; port 0 lets the system choose.</param>
    /// <param name="count">How many; one where the system does not spread datagrams.</param>
    /// <param name="options">Limits and services of each; the memory for buffers is that of all together.</param>
    /// <exception cref="SctpException">The address cannot be used.</exception>
    internal static SctpStack[] OpenUdp(IPEndPoint local, int count, SctpStackOptions options)
    {
        options = options with { SharedBufferBudget = new MemoryBudget(options.BufferBudget) };

        // Windows gives everything to one of the sockets, and so do the BSDs.
        var stacks = new SctpStack[OperatingSystem.IsLinux() ? count : 1];
        for (int i = 0; i < stacks.Length; i++)
        {
            IPEndPoint at = i == 0 ? local : stacks[0].LocalEndPoints[0];
            try
            {
                // The first one alone: else it could get, or be given by the system, a port that somebody else shares.
                bool reusePort = options.ReusePort || i > 0;
                stacks[i] = new SctpStack(_ => stacks.Length == 1 ? BindUdp([at], reusePort) : BindUdp(at, reusePort, hasEphemeralPort: local.Port == 0), options);
                if (i == 0 && stacks.Length > 1)
                {
                    stacks[0].Loop.Transport.Socket!.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
                }
            }
            catch when (i > 0)
            {
                stacks[0].Loop.Life.Release();
                throw;
            }

            if (i > 0)
            {
                stacks[i].Loop.Life.Join(stacks[0].Loop.Life.Users);
            }
        }

        return stacks;
    }

    /// <summary>A stack over a transport that somebody has made for it: a network in memory, a link without threads.</summary>
    internal static SctpStack Open(IDatagramTransport transport, SctpStackOptions options) => new(_ => transport, options);

    private static SctpStack OpenRawIp(IReadOnlyList<IPAddress> locals, SctpStackOptions options, bool hasEphemeralPort)
    {
        if (options.Dtls is not null)
        {
            throw new ArgumentException("DTLS runs over UDP, not over IP (RFC 8261 §1).", nameof(options));
        }

        return new SctpStack(_ => RawIpTransport.Open(locals, hasEphemeralPort), options);
    }

    private static IReadOnlyList<IPAddress> Addresses(IReadOnlyList<IPEndPoint> ends) => [.. ends.Select(static end => end.Address)];

    private static IDatagramTransport BindUdp(IReadOnlyList<IPEndPoint> locals, bool reusePort) => locals is [var only] && LocalEnds.IsWildcard(only.Address)
        ? BindUdp(only, reusePort)
        : UdpTransports.Open(locals, (local, hasEphemeralPort) => BindUdp(local, reusePort, hasEphemeralPort));

    private static UdpTransport BindUdp(IPEndPoint local, bool reusePort, bool hasEphemeralPort = false)
    {
        if (local.Address.Equals(IPAddress.IPv6Any) && !Socket.OSSupportsIPv6)
        {
            local = new IPEndPoint(IPAddress.Any, local.Port);       // every address of this machine is what was meant
        }

        try
        {
            return UdpTransport.Open(local, reusePort, hasEphemeralPort);
        }
        catch (SocketException exception)
        {
            string why = exception.SocketErrorCode == SocketError.AddressAlreadyInUse ? "it is in use" : exception.Message;
            throw new SctpException(SctpError.AddressUnavailable, $"Cannot use UDP address {local}: {why}.", exception);
        }
    }
}
