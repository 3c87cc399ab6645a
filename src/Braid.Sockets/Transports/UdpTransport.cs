using System;
using System.Net;
using System.Net.Sockets;
using System.Threading.Tasks;
using Braid.Core;

namespace Braid.Sockets;

/// <summary>SCTP in UDP (RFC 6951): one socket for any number of associations.</summary>
internal sealed class UdpTransport : IDatagramTransport
{
    private const int UdpHeader = 8;
    private const int SocketBuffer = 8 << 20;                // asked for; the system may allow less

    private readonly Socket _socket;
    private readonly byte[] _arrival = GC.AllocateUninitializedArray<byte>(DatagramBatch.LargestDatagram, pinned: true);
    private readonly SocketAddress _from;
    private readonly SocketAddress _to;
    private NetworkAddress _toAddress;
    private ValueTask<int>? _pending;
    private volatile bool _isClosed;

    /// <param name="local">Where to bind; port 0 lets the system choose. An IPv6 wildcard takes IPv4 as well.</param>
    /// <exception cref="SocketException">The address is in use, or not one of this machine.</exception>
    public UdpTransport(IPEndPoint local)
    {
        _socket = new Socket(local.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        try
        {
            if (local.AddressFamily == AddressFamily.InterNetworkV6)
            {
                _socket.DualMode = local.Address.Equals(IPAddress.IPv6Any);
            }

            _socket.SendBufferSize = SocketBuffer;
            _socket.ReceiveBufferSize = SocketBuffer;
            IgnoreConnectionReset();
            _socket.Bind(local);
        }
        catch
        {
            _socket.Dispose();
            throw;
        }

        LocalEndPoint = (IPEndPoint)_socket.LocalEndPoint!;
        HasEphemeralPort = local.Port == 0;
        Families = local.AddressFamily == AddressFamily.InterNetwork ? NetworkFamilies.IPv4
            : _socket.DualMode ? NetworkFamilies.All
            : NetworkFamilies.IPv6;
        _from = new SocketAddress(local.AddressFamily);
        _to = new SocketAddress(local.AddressFamily);
    }

    public IPEndPoint LocalEndPoint { get; }

    public bool HasEphemeralPort { get; }

    public NetworkFamilies Families { get; }

    public int EncapsulationOverhead => UdpHeader;

    /// <summary>Datagrams that the system refused to send.</summary>
    public long SendFailures { get; private set; }

    public async ValueTask<bool> ReceiveAsync(DatagramBatch batch)
    {
        while (!_isClosed)
        {
            try
            {
                // A receive that finds a datagram completes at once: one system call each, until none is there.
                ValueTask<int> receive = _pending ?? Receive();
                _pending = null;
                if (!receive.IsCompleted && batch.Count > 0)
                {
                    _pending = receive;
                    return true;
                }

                int length = await receive.ConfigureAwait(false);
                _arrival.AsSpan(0, length).CopyTo(batch.Free);
                batch.Commit(length, new NetworkPath(NetworkAddress.None, _from.ToNetworkAddress()));
                if (batch.IsFull)
                {
                    return true;
                }
            }
            catch (ObjectDisposedException)
            {
                return false;
            }
            catch (SocketException exception) when (exception.SocketErrorCode is SocketError.OperationAborted or SocketError.NotSocket)
            {
                return false;
            }
            catch (SocketException)
            {
                // An ICMP error of some earlier datagram (RFC 6951 §5.5): the association's timers notice what matters.
            }
        }

        return false;
    }

    public void Send(DatagramBatch batch)
    {
        for (int i = 0; i < batch.Count && !_isClosed; i++)
        {
            ref readonly BatchedDatagram datagram = ref batch[i];
            if (datagram.Path.Remote != _toAddress)
            {
                _toAddress = datagram.Path.Remote;
                _to.Set(_toAddress);
            }

            try
            {
                _socket.SendTo(batch.Bytes(datagram), SocketFlags.None, _to);
            }
            catch (SocketException)
            {
                SendFailures++;
            }
            catch (ObjectDisposedException)
            {
                return;
            }
        }
    }

    public void Dispose()
    {
        _isClosed = true;
        _socket.Dispose();
    }

    private ValueTask<int> Receive() => _socket.ReceiveFromAsync(_arrival, SocketFlags.None, _from);

    /// <summary>On Windows an ICMP "port unreachable" makes the next receive fail, unless it is told not to.</summary>
    private void IgnoreConnectionReset()
    {
        const int SioUdpConnReset = unchecked((int)0x9800000C);
        if (OperatingSystem.IsWindows())
        {
            _socket.IOControl(SioUdpConnReset, [0, 0, 0, 0], null);
        }
    }
}
