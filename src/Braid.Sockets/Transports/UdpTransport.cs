using System;
using System.Collections.Generic;
using System.Net;
using System.Net.Sockets;
using System.Threading.Tasks;
using Braid.Core;
using Braid.Sctp;

namespace Braid.Sockets;

/// <summary>
/// SCTP in UDP (RFC 6951): one socket for any number of associations. How its datagrams are moved is up to the system: in batches
/// where it is Linux, else one by one.
/// </summary>
internal abstract class UdpTransport : IDatagramTransport
{
    /// <summary>The AppContext switch that has all systems use what works on all.</summary>
    public const string PortableSwitch = "Braid.Sockets.PortableIO";

    private const int UdpHeader = 8;
    private const int SocketBuffer = 8 << 20;                // asked for; the system may allow less

    private static readonly TimeSpan s_longestWait = TimeSpan.FromSeconds(1);

    private readonly DontFragment _dontFragment;
    private volatile bool _isClosed;
    private bool _isStuck;                                   // only who sends

    /// <param name="socket">Bound; the transport's from now on.</param>
    /// <param name="hasEphemeralPort">Whether the system chose the port.</param>
    protected UdpTransport(Socket socket, bool hasEphemeralPort)
    {
        Socket = socket;
        _dontFragment = new DontFragment(socket);
        var local = (IPEndPoint)socket.LocalEndPoint!;
        LocalEndPoints = [local];
        Local = local.Address.Equals(IPAddress.Any) || local.Address.Equals(IPAddress.IPv6Any) ? NetworkAddress.None : local.ToNetworkAddress();
        HasEphemeralPort = hasEphemeralPort;
        Families = socket.AddressFamily == AddressFamily.InterNetwork ? NetworkFamilies.IPv4
            : socket.DualMode ? NetworkFamilies.All
            : NetworkFamilies.IPv6;
    }

    public IReadOnlyList<IPEndPoint> LocalEndPoints { get; }

    /// <summary>The address that what is received came to; none where it is bound to a wildcard, so that this is not known.</summary>
    public NetworkAddress Local { get; }

    public bool IsPointToPoint => false;

    public bool HasEphemeralPort { get; }

    public NetworkFamilies Families { get; }

    public int EncapsulationOverhead => UdpHeader;

    public int LargestPacket => ushort.MaxValue;

    public virtual bool CarriesEcn => false;

    public AlternateErrorDetection ErrorDetection => AlternateErrorDetection.None;

    public Socket Socket { get; }

    public virtual bool IsForPollThread => false;

    public virtual NetworkErrors? Errors => null;

    /// <summary>Datagrams that the system refused to send.</summary>
    public long SendFailures { get; protected set; }

    /// <summary>Whether nothing is sent or received any more.</summary>
    protected bool IsClosed => _isClosed;

    /// <summary>Opens a socket.</summary>
    /// <param name="local">Where to bind; port 0 lets the system choose. An IPv6 wildcard takes IPv4 as well.</param>
    /// <param name="reusePort">Whether other sockets may use the same port.</param>
    /// <param name="hasEphemeralPort">Whether the system chose the port, for another socket with the same one.</param>
    /// <exception cref="SocketException">The address is in use, or not one of this machine.</exception>
    public static UdpTransport Open(IPEndPoint local, bool reusePort = false, bool hasEphemeralPort = false)
    {
        hasEphemeralPort |= local.Port == 0;
        var socket = new Socket(local.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        try
        {
            if (local.AddressFamily == AddressFamily.InterNetworkV6)
            {
                socket.DualMode = local.Address.Equals(IPAddress.IPv6Any);
            }

            socket.SendBufferSize = SocketBuffer;
            socket.ReceiveBufferSize = SocketBuffer;
            if (reusePort)
            {
                socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
            }

            IgnoreConnectionReset(socket);
            socket.Blocking = false;                         // a poll must not wait behind the pending receive
            socket.Bind(local);
            return LinuxUdpTransport.IsSupported && !(AppContext.TryGetSwitch(PortableSwitch, out bool isPortable) && isPortable)
                ? new LinuxUdpTransport(socket, hasEphemeralPort)
                : new PortableUdpTransport(socket, hasEphemeralPort);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    /// <remarks>Bound to a wildcard it is everywhere already.</remarks>
    public (NetworkAddress Local, IDatagramSource? Source) AddLocal(IPAddress address)
    {
        LocalEnds.CheckFurther(address, Families);
        if (Local != default)
        {
            throw new SctpException(SctpError.NotSupported, "The socket shares its port with others that do not know of each other: there are no further addresses.");
        }

        try
        {
            using var probe = new Socket(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
            probe.Bind(new IPEndPoint(address, 0));
        }
        catch (SocketException exception)
        {
            throw new SctpException(SctpError.AddressUnavailable, $"Cannot use UDP address {address}: {exception.Message}.", exception);
        }

        return (new IPEndPoint(address, LocalEndPoints[0].Port).ToNetworkAddress(), null);
    }

    public virtual bool TryBePolled() => true;

    public void ListenForErrors() => ListenForErrors(new NetworkErrors());

    /// <inheritdoc cref="IDatagramTransport.ListenForErrors"/>
    /// <param name="errors">Gets them.</param>
    public virtual void ListenForErrors(NetworkErrors errors)
    {
    }

    public abstract ValueTask<DatagramBatch?> ReceiveAsync();

    public abstract DatagramBatch? TryReceive();

    public void Send(DatagramBatch batch) => Send(batch, 0, batch.Count);

    /// <summary>Sends some runs of a batch.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="first">The first of them.</param>
    /// <param name="count">How many.</param>
    public abstract void Send(DatagramBatch batch, int first, int count);

    public void Dispose()
    {
        _isClosed = true;
        Socket.Dispose();
    }

    /// <summary>Whether IP may fragment what is sent next.</summary>
    /// <exception cref="ObjectDisposedException">The socket was closed.</exception>
    protected void SetMayBeFragmented(bool mayBeFragmented) => _dontFragment.Set(!mayBeFragmented);

    /// <summary>
    /// A full socket buffer slows us down to what the network takes; it is no loss. But others wait for our thread: a device that takes
    /// nothing is waited for once, and until it takes something, what does not fit is lost.
    /// </summary>
    /// <returns>Whether there is room.</returns>
    /// <exception cref="ObjectDisposedException">The socket was closed.</exception>
    /// <exception cref="SocketException">It cannot be waited for.</exception>
    protected bool WaitForRoom()
    {
        _isStuck = _isStuck || !Socket.Poll(s_longestWait, SelectMode.SelectWrite);
        return !_isStuck;
    }

    /// <summary>The system has taken something.</summary>
    protected void OnSent() => _isStuck = false;

    /// <summary>On Windows an ICMP "port unreachable" makes the next receive fail, unless it is told not to.</summary>
    private static void IgnoreConnectionReset(Socket socket)
    {
        const int SioUdpConnReset = unchecked((int)0x9800000C);
        if (OperatingSystem.IsWindows())
        {
            socket.IOControl(SioUdpConnReset, [0, 0, 0, 0], null);
        }
    }
}
