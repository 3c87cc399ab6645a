using System;
using System.Collections.Generic;
using System.Linq;
using System.Net;
using System.Net.Sockets;
using System.Threading;
using System.Threading.Tasks;
using Braid.Core;

namespace Braid.Sockets;

/// <summary>
/// SCTP in UDP from certain addresses of this host (RFC 9260 §6.4, RFC 6951 §5.3): a socket for each, all at one port. What is sent says which
/// of them it leaves from, and what has come which of them it came to.
/// </summary>
internal sealed class UdpTransports : IDatagramTransport
{
    private const int MostAttempts = 32;                     // to find a port that is free at all addresses

    private readonly Func<IPEndPoint, bool, UdpTransport> _open;
    private readonly Lock _gate = new();
    private volatile UdpTransport[] _sockets;                // one for each address; replaced under the lock
    private bool _isPolled;                                  // guarded by the lock
    private int _next;                                       // the socket that is looked at first

    private UdpTransports(UdpTransport[] sockets, Func<IPEndPoint, bool, UdpTransport> open)
    {
        _sockets = sockets;
        _open = open;
        LocalEndPoints = [.. sockets.SelectMany(static socket => socket.LocalEndPoints)];
        Families = sockets.Aggregate(NetworkFamilies.None, static (families, socket) => families | socket.Families);
        CarriesEcn = sockets.All(static socket => socket.CarriesEcn);
        IsForPollThread = sockets.All(static socket => socket.IsForPollThread);
    }

    public IReadOnlyList<IPEndPoint> LocalEndPoints { get; }

    public bool NamesItsAddresses => true;

    public bool IsPointToPoint => false;

    public bool HasEphemeralPort => _sockets[0].HasEphemeralPort;

    public NetworkFamilies Families { get; }

    public int EncapsulationOverhead => _sockets[0].EncapsulationOverhead;

    public int LargestPacket => _sockets[0].LargestPacket;

    public bool CarriesEcn { get; }

    public NetworkErrors? Errors { get; private set; }

    public Socket? Socket => _sockets[0].Socket;

    public IReadOnlyList<IDatagramSource> Sources => _sockets;

    public bool IsForPollThread { get; }

    /// <summary>Opens a socket for each of several addresses.</summary>
    /// <param name="locals">Where to bind at first, 1 to 8, none of them a wildcard. A port of 0 is the one that the system chose for the first.</param>
    /// <param name="open">Opens one.</param>
    /// <exception cref="SctpException">An address cannot be used.</exception>
    public static UdpTransports Open(IReadOnlyList<IPEndPoint> locals, Func<IPEndPoint, bool, UdpTransport> open)
    {
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                return OpenAll(locals, open);
            }
            catch (SctpException exception) when (attempt < MostAttempts && locals[0].Port == 0 && IsTaken(exception))
            {
                // Somebody else has the port that the system chose for the first one at another address: the next one is another port.
            }
        }
    }

    public void ListenForErrors()
    {
        var errors = new NetworkErrors();
        foreach (UdpTransport socket in _sockets)
        {
            socket.ListenForErrors(errors);
        }

        Errors = errors;
    }

    public void AddSockets(ICollection<Socket> sockets)
    {
        foreach (UdpTransport socket in _sockets)
        {
            sockets.Add(socket.Socket);
        }
    }

    public (NetworkAddress Local, IDatagramSource? Source) AddLocal(IPAddress address)
    {
        LocalEnds.CheckFurther(address, NetworkFamilies.All);
        NetworkAddress wanted = new IPEndPoint(address, LocalEndPoints[0].Port).ToNetworkAddress();
        if (Array.Find(_sockets, socket => socket.Local == wanted) is { } there)
        {
            return (there.Local, null);
        }

        UdpTransport added = _open(wanted.ToIPEndPoint(), HasEphemeralPort);
        if (Errors is { } errors)
        {
            added.ListenForErrors(errors);
        }

        lock (_gate)
        {
            if (_isPolled)
            {
                added.TryBePolled();
            }

            _sockets = [.. _sockets, added];
        }

        return (added.Local, added);
    }

    public void RemoveLocal(IDatagramSource source)
    {
        lock (_gate)
        {
            _sockets = Array.FindAll(_sockets, socket => socket != source);
        }

        ((UdpTransport)source).Dispose();
    }

    public bool TryBePolled()
    {
        lock (_gate)
        {
            _isPolled = true;
            return Array.TrueForAll(_sockets, static socket => socket.TryBePolled());
        }
    }

    public DatagramBatch? TryReceive()
    {
        UdpTransport[] sockets = _sockets;
        for (int i = 0; i < sockets.Length; i++)
        {
            _next = (_next + 1) % sockets.Length;            // a flood to one address must not keep the others waiting
            if (sockets[_next].TryReceive() is { } batch)
            {
                return batch;
            }
        }

        return null;
    }

    public ValueTask<DatagramBatch?> ReceiveAsync() =>
        ValueTask.FromException<DatagramBatch?>(new NotSupportedException("Its sockets receive, each by itself."));

    public void Send(DatagramBatch batch)
    {
        for (int first = 0; first < batch.Count;)
        {
            UdpTransport socket = SocketFor(batch[first].Path);
            int end = first + 1;
            while (end < batch.Count && SocketFor(batch[end].Path) == socket)
            {
                end++;
            }

            socket.Send(batch, first, end - first);
            first = end;
        }
    }

    public void Dispose() => Array.ForEach(_sockets, static socket => socket.Dispose());

    private static bool IsTaken(SctpException exception) =>
        exception.InnerException is SocketException { SocketErrorCode: SocketError.AddressAlreadyInUse };

    private static UdpTransports OpenAll(IReadOnlyList<IPEndPoint> locals, Func<IPEndPoint, bool, UdpTransport> open)
    {
        var sockets = new List<UdpTransport>();
        try
        {
            foreach (IPEndPoint local in locals)
            {
                int port = sockets.Count > 0 ? sockets[0].LocalEndPoints[0].Port : local.Port;
                sockets.Add(open(new IPEndPoint(local.Address, port), local.Port == 0));
            }

            return new UdpTransports([.. sockets], open);
        }
        catch
        {
            sockets.ForEach(static socket => socket.Dispose());
            throw;
        }
    }

    // One that names none of our addresses, or one of another family than its peer's, leaves from the first that can reach its peer.
    private UdpTransport SocketFor(in NetworkPath path)
    {
        UdpTransport? able = null;
        foreach (UdpTransport socket in _sockets)
        {
            if (path.Remote.IsIn(socket.Families))
            {
                if (socket.Local.IsSameHost(path.Local))
                {
                    return socket;
                }

                able ??= socket;
            }
        }

        return able ?? _sockets[0];
    }
}
