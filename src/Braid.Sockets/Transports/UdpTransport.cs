using System;
using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Threading.Tasks;
using Braid.Core;

namespace Braid.Sockets;

/// <summary>SCTP in UDP (RFC 6951): one socket for any number of associations.</summary>
internal sealed class UdpTransport : IDatagramTransport
{
    private const int UdpHeader = 8;
    private const int SocketBuffer = 8 << 20;                // asked for; the system may allow less

    private static readonly TimeSpan s_longestWait = TimeSpan.FromMilliseconds(100);

    private readonly Socket _socket;
    private readonly byte[] _arrival = GC.AllocateUninitializedArray<byte>(DatagramBatch.LargestDatagram, pinned: true);
    private readonly SocketAddress _from;
    private readonly SocketAddress _to;
    private readonly DontFragment _dontFragment;
    private NetworkAddress _toAddress;
    private ValueTask<int>? _pending;
    private PolledArrival? _polled;
    private volatile bool _isClosed;

    /// <param name="local">Where to bind; port 0 lets the system choose. An IPv6 wildcard takes IPv4 as well.</param>
    /// <exception cref="SocketException">The address is in use, or not one of this machine.</exception>
    /// <param name="reusePort">Whether other sockets may use the same port.</param>
    public UdpTransport(IPEndPoint local, bool reusePort = false)
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
            if (reusePort)
            {
                _socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
            }

            IgnoreConnectionReset();
            _socket.Blocking = false;                        // a poll must not wait behind the pending receive
            _socket.Bind(local);
        }
        catch
        {
            _socket.Dispose();
            throw;
        }

        _dontFragment = new DontFragment(_socket);
        LocalEndPoint = (IPEndPoint)_socket.LocalEndPoint!;
        HasEphemeralPort = local.Port == 0;
        Families = local.AddressFamily == AddressFamily.InterNetwork ? NetworkFamilies.IPv4
            : _socket.DualMode ? NetworkFamilies.All
            : NetworkFamilies.IPv6;
        _from = new SocketAddress(local.AddressFamily);
        _to = new SocketAddress(local.AddressFamily);
    }

    public IPEndPoint? LocalEndPoint { get; }

    public bool IsPointToPoint => false;

    public bool HasEphemeralPort { get; }

    public NetworkFamilies Families { get; }

    public int EncapsulationOverhead => UdpHeader;

    public int LargestPacket => ushort.MaxValue;

    public Socket? Socket => _socket;

    /// <summary>Datagrams that the system refused to send.</summary>
    public long SendFailures { get; private set; }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<DatagramBatch?> ReceiveAsync()
    {
        DatagramBatch? batch = null;
        while (!_isClosed)
        {
            try
            {
                // A receive that finds a datagram completes at once: one system call each, until none is there.
                ValueTask<int> receive = _pending ?? _socket.ReceiveFromAsync(_arrival, SocketFlags.None, _from);
                _pending = null;
                if (!receive.IsCompleted && batch is not null)
                {
                    _pending = receive;
                    return batch;
                }

                int length = await receive.ConfigureAwait(false);
                batch ??= DatagramBatch.Rent();
                Add(batch, length, _arrival, _from);
                if (batch.IsFull)
                {
                    return batch;
                }
            }
            catch (ObjectDisposedException)
            {
                return batch;
            }
            catch (SocketException exception) when (exception.SocketErrorCode is SocketError.OperationAborted or SocketError.NotSocket)
            {
                return batch;
            }
            catch (SocketException)
            {
                // An ICMP error of some earlier datagram (RFC 6951 §5.5): the association's timers notice what matters.
            }
        }

        return batch;
    }

    public bool TryBePolled(Action wake) => true;

    public DatagramBatch? TryReceive()
    {
        DatagramBatch? batch = null;
        _polled ??= new PolledArrival(_socket.AddressFamily);
        while (!_isClosed && batch is not { IsFull: true })
        {
            try
            {
                // Not Available, which counts bytes: a datagram of none would keep all others from being seen.
                if (!_socket.Poll(TimeSpan.Zero, SelectMode.SelectRead))
                {
                    break;
                }

                int length = _socket.ReceiveFrom(_polled.Buffer, SocketFlags.None, _polled.From);
                batch ??= DatagramBatch.Rent();
                Add(batch, length, _polled.Buffer, _polled.From);
            }
            catch (SocketException exception) when (exception.SocketErrorCode == SocketError.WouldBlock)
            {
                break;                                       // the pending receive was faster
            }
            catch (SocketException)
            {
                break;
            }
            catch (ObjectDisposedException)
            {
                break;
            }
        }

        return batch;
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
                _dontFragment.Set(!datagram.MayBeFragmented);
                Send(batch.Bytes(datagram));
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

    // A full socket buffer slows us down to what the network takes; it is no loss.
    private void Send(ReadOnlySpan<byte> datagram)
    {
        while (true)
        {
            try
            {
                _socket.SendTo(datagram, SocketFlags.None, _to);
                return;
            }
            catch (SocketException exception) when (exception.SocketErrorCode == SocketError.WouldBlock)
            {
                _socket.Poll(s_longestWait, SelectMode.SelectWrite);
            }
        }
    }

    private static void Add(DatagramBatch batch, int length, byte[] bytes, SocketAddress from)
    {
        bytes.AsSpan(0, length).CopyTo(batch.Free);
        batch.Commit(length, new NetworkPath(NetworkAddress.None, from.ToNetworkAddress()));
    }

    /// <summary>On Windows an ICMP "port unreachable" makes the next receive fail, unless it is told not to.</summary>
    private void IgnoreConnectionReset()
    {
        const int SioUdpConnReset = unchecked((int)0x9800000C);
        if (OperatingSystem.IsWindows())
        {
            _socket.IOControl(SioUdpConnReset, [0, 0, 0, 0], null);
        }
    }

    /// <summary>Where a poll receives: the pending receive has its own.</summary>
    private sealed class PolledArrival(AddressFamily family)
    {
        public byte[] Buffer { get; } = GC.AllocateUninitializedArray<byte>(DatagramBatch.LargestDatagram, pinned: true);

        public SocketAddress From { get; } = new(family);
    }
}
