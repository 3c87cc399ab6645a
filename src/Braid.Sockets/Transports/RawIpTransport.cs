using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Net;
using System.Net.Sockets;
using System.Threading.Tasks;
using Braid.Core;

namespace Braid.Sockets;

/// <summary>
/// SCTP as it was meant: an IP protocol, number 132. A raw socket for each address or family that is wanted; on Linux alone, and by who may.
/// </summary>
internal sealed class RawIpTransport : IDatagramTransport
{
    private const string Protocols = "/proc/thread-self/net/protocols";
    private const string KernelFolder = "/proc/thread-self/net/sctp";

    private LinuxRawSocket[] _sockets;                       // one, one for each family, or one for each address; only the loop
    private readonly LinuxPortFilter _filter;
    private volatile bool _isClosed;
    private int _next;                                       // whose turn it is to be read first

    private RawIpTransport(LinuxRawSocket[] sockets, IReadOnlyList<IPAddress> locals, LinuxPortFilter filter, NetworkErrors errors, bool hasEphemeralPort)
    {
        _sockets = sockets;
        _filter = filter;
        Errors = errors;
        HasEphemeralPort = hasEphemeralPort;
        LocalEndPoints = [.. locals.Select(static local => new IPEndPoint(local, 0))];
        Families = sockets.Aggregate(NetworkFamilies.None, static (families, socket) => families | socket.Family);
        CarriesEcn = sockets.All(static socket => socket.CarriesEcn);
    }

    public IReadOnlyList<IPEndPoint> LocalEndPoints { get; }

    public bool NamesItsAddresses => !LocalEnds.IsWildcard(LocalEndPoints[0].Address);

    public bool IsPointToPoint => false;

    public bool HasEphemeralPort { get; }

    public bool HasPorts => false;

    public NetworkFamilies Families { get; }

    public int EncapsulationOverhead => 0;

    public bool CarriesEcn { get; }

    public int LargestPacket => ushort.MaxValue;

    public Socket? Socket => null;

    public IReadOnlyList<IDatagramSource> Sources => _sockets;

    public bool IsForPollThread => true;

    public NetworkErrors Errors { get; }

    NetworkErrors? IDatagramTransport.Errors => Errors;

    public IPortFilter? PortFilter => _filter;

    /// <summary>Packets that were taken.</summary>
    public long Received => _sockets.Sum(static socket => socket.Received);

    /// <summary>Packets that have come and were not for us.</summary>
    public long Foreign => _sockets.Sum(static socket => socket.Foreign);

    /// <summary>Packets that the system refused to send.</summary>
    public long SendFailures => _sockets.Sum(static socket => socket.SendFailures);

    /// <summary>Opens one.</summary>
    /// <param name="locals">
    /// Where to bind, from 1; the IPv6 wildcard, by itself, takes IPv4 as well, and alone where the system has no IPv6. An IPv4-mapped address is the
    /// IPv4 address.
    /// </param>
    /// <param name="hasEphemeralPort">Whether nobody waits to use its SCTP port again.</param>
    /// <exception cref="SctpException">It cannot be had: the message says why.</exception>
    public static RawIpTransport Open(IReadOnlyList<IPAddress> locals, bool hasEphemeralPort = false)
    {
        if (WhyUnsupported() is { } reason)
        {
            throw new SctpException(SctpError.TransportUnavailable, reason);
        }

        locals = [.. locals.Select(static local => local.IsIPv4MappedToIPv6 ? local.MapToIPv4() : local)];      // raw IPv6 sockets have no IPv4
        var filter = new LinuxPortFilter();
        var errors = new NetworkErrors();
        var sockets = new List<LinuxRawSocket>();
        try
        {
            bool wantsAll = locals is [var only] && only.Equals(IPAddress.IPv6Any);
            if (!wantsAll || System.Net.Sockets.Socket.OSSupportsIPv6)
            {
                sockets.AddRange(locals.Select(local => LinuxRawSocket.Open(local, filter, errors)));
            }

            if (wantsAll && System.Net.Sockets.Socket.OSSupportsIPv4)
            {
                sockets.Add(LinuxRawSocket.Open(IPAddress.Any, filter, errors));
            }

            return new RawIpTransport([.. sockets], wantsAll && sockets.Count == 1 ? [sockets[0].LocalEndPoint.Address] : locals, filter, errors, hasEphemeralPort);
        }
        catch (SocketException exception)
        {
            sockets.ForEach(static socket => socket.Dispose());
            throw Unavailable(locals, exception);
        }
    }

    /// <summary>Why it cannot be had on this system, whoever asks; null when it can.</summary>
    /// <param name="protocols">What the kernel lists its protocols in.</param>
    /// <param name="folder">What is there as long as the kernel has SCTP of its own.</param>
    internal static string? WhyUnsupported(string protocols = Protocols, string folder = KernelFolder)
    {
        if (!OperatingSystem.IsLinux())
        {
            return "SCTP over IP is supported on Linux alone; over UDP it works everywhere (RFC 6951).";
        }

        return Directory.Exists(folder) || HasProtocol(protocols)
            ? "The kernel has SCTP of its own loaded, and would answer every packet with ABORT. Unload it (modprobe -r sctp), or use UDP (RFC 6951)."
            : null;
    }

    public (NetworkAddress Local, IDatagramSource? Source) AddLocal(IPAddress address)
    {
        address = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        LocalEnds.CheckFurther(address, NamesItsAddresses ? NetworkFamilies.All : Families);
        NetworkAddress wanted = new IPEndPoint(address, 0).ToNetworkAddress();
        if (Array.Exists(_sockets, socket => socket.Local == wanted))
        {
            return (wanted, null);
        }

        LinuxRawSocket added;
        try
        {
            added = LinuxRawSocket.Open(address, _filter, Errors);
        }
        catch (SocketException exception)
        {
            throw Unavailable([address], exception);
        }

        if (!NamesItsAddresses)
        {
            added.Dispose();                                 // the address is ours; those of the wildcard have its packets already
            return (wanted, null);
        }

        _sockets = [.. _sockets, added];
        return (added.Local, added);
    }

    public void RemoveLocal(IDatagramSource source)
    {
        _sockets = Array.FindAll(_sockets, socket => socket != source);
        ((LinuxRawSocket)source).Dispose();
    }

    public bool TryBePolled() => true;

    public ValueTask<DatagramBatch?> ReceiveAsync() =>
        ValueTask.FromException<DatagramBatch?>(new NotSupportedException("A poll thread receives, from each of its sockets by itself."));

    public DatagramBatch? TryReceive()
    {
        for (int i = 0; i < _sockets.Length && !_isClosed; i++)
        {
            _next = (_next + 1) % _sockets.Length;           // in turns: a family that fills every batch must not keep the other one out
            if (_sockets[_next].TryReceive() is { } batch)
            {
                return batch;
            }
        }

        return null;
    }

    public void Send(DatagramBatch batch)
    {
        MessageVector.Current.Clear();
        LinuxRawSocket? last = null;
        try
        {
            for (int i = 0; i < batch.Count && !_isClosed; i++)
            {
                ref readonly DatagramRun run = ref batch[i];
                LinuxRawSocket socket = SocketFor(run.Path);
                if (socket != last)
                {
                    last?.Flush();
                    last = socket;
                }

                socket.Add(batch, run);
            }

            last?.Flush();
        }
        catch (ObjectDisposedException)
        {
            // What is not sent yet is lost.
        }

        GC.KeepAlive(batch);                                 // the kernel had but its address
    }

    public void Dispose()
    {
        _isClosed = true;
        _filter.Close();
        Array.ForEach(_sockets, static socket => socket.Dispose());
    }

    // The one that is bound to where the packet leaves from, or the first of its family.
    private LinuxRawSocket SocketFor(in NetworkPath path)
    {
        LinuxRawSocket? able = null;
        for (int i = 0; _sockets.Length > 1 && i < _sockets.Length; i++)
        {
            if (_sockets[i].Local.IsSameHost(path.Local) && path.Remote.IsIn(_sockets[i].Family))
            {
                return _sockets[i];
            }

            able ??= path.Remote.IsIn(_sockets[i].Family) ? _sockets[i] : null;
        }

        return able ?? _sockets[0];
    }

    private static SctpException Unavailable(IReadOnlyList<IPAddress> locals, SocketException exception) => exception.SocketErrorCode switch
    {
        SocketError.AccessDenied => new SctpException(
            SctpError.TransportUnavailable,
            "SCTP over IP needs a raw socket, and that needs the capability CAP_NET_RAW: run as root, or give it to the program (setcap cap_net_raw=ep FILE).",
            exception),
        SocketError.TooManyOpenSockets or SocketError.NoBufferSpaceAvailable or SocketError.ProtocolNotSupported =>
            new SctpException(SctpError.TransportUnavailable, $"A raw socket cannot be had: {exception.Message}.", exception),
        _ => new SctpException(SctpError.AddressUnavailable, $"Cannot use IP address {string.Join(", ", locals)}: {exception.Message}.", exception),
    };

    private static bool HasProtocol(string protocols)
    {
        try
        {
            return File.ReadLines(protocols).Any(static line => line.StartsWith("SCTP", StringComparison.Ordinal));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
