using System;
using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Threading.Tasks;
using Braid.Core;

namespace Braid.Sockets;

/// <summary>
/// A raw socket for IP packets of SCTP, of one family. IPv4 packets come with their header, IPv6 packets without; sent are both without.
/// </summary>
internal sealed class LinuxRawSocket : IDatagramSource, IDisposable
{
    private const int Protocol = 132;                        // SCTP
    private const int TypeRaw = 3 | 0x800 | 0x80000;         // SOCK_RAW, not blocking, and not for children
    private const int SocketBuffer = 8 << 20;                // asked for; the system may allow less
    private const int MessagesPerReceive = 8;
    private const int IPv4Header = 20;
    private const int PortOffset = 2;                        // of the destination, in SCTP's header

    private static readonly TimeSpan s_longestWait = TimeSpan.FromSeconds(1);

    private readonly Socket _socket;
    private readonly AddressFamily _family;
    private readonly LinuxPortFilter _filter;
    private readonly DontFragment _dontFragment;
    private readonly LinuxErrorQueue _errors;
    private readonly bool _isBound;                          // to one address, and no wildcard
    private volatile bool _isClosed;
    private bool _isStuck;

    private LinuxRawSocket(Socket socket, LinuxPortFilter filter, NetworkErrors errors)
    {
        _socket = socket;
        _family = socket.AddressFamily;
        Local = LocalEndPoint.ToNetworkAddress().WithPort(0);
        _isBound = !LocalEndPoint.Address.Equals(IPAddress.Any) && !LocalEndPoint.Address.Equals(IPAddress.IPv6Any);
        _filter = filter;
        _dontFragment = new DontFragment(socket);
        _errors = new LinuxErrorQueue(socket, errors, isUdp: false);
        CarriesEcn = _family == AddressFamily.InterNetwork || TrySet(LinuxSocket.IPv6ReceiveTrafficClass);
        if (_family == AddressFamily.InterNetworkV6)
        {
            TrySet(LinuxSocket.IPv6ReceivePacketInformation);
        }
    }

    /// <inheritdoc/>
    public SafeHandle PollHandle => _socket.SafeHandle;

    /// <summary>Where it is bound.</summary>
    public IPEndPoint LocalEndPoint => (IPEndPoint)_socket.LocalEndPoint!;

    /// <summary>The same, without a port.</summary>
    public NetworkAddress Local { get; }

    /// <summary>What it can send to.</summary>
    public NetworkFamilies Family => _family == AddressFamily.InterNetwork ? NetworkFamilies.IPv4 : NetworkFamilies.IPv6;

    /// <summary>Whether it knows what an IP header says of congestion.</summary>
    public bool CarriesEcn { get; }

    /// <summary>Packets that were taken.</summary>
    public long Received { get; private set; }

    /// <summary>Packets that the filter let in, and that were not for us.</summary>
    public long Foreign { get; private set; }

    /// <summary>Packets that the system refused to send.</summary>
    public long SendFailures { get; private set; }

    /// <summary>Opens one.</summary>
    /// <param name="address">Where to bind.</param>
    /// <param name="filter">Says what is for us.</param>
    /// <param name="errors">Gets what the network says of what was sent.</param>
    /// <exception cref="SocketException">It is not permitted, or the address is not one of this machine.</exception>
    public static LinuxRawSocket Open(IPAddress address, LinuxPortFilter filter, NetworkErrors errors)
    {
        bool isIPv6 = address.AddressFamily == AddressFamily.InterNetworkV6;
        int descriptor = LinuxSocket.Open(isIPv6 ? LinuxSocket.IPv6Family : LinuxSocket.IPv4Family, TypeRaw, Protocol);
        if (descriptor < 0)
        {
            throw Refusal(Marshal.GetLastPInvokeError());
        }

        var socket = new Socket(new SafeSocketHandle(descriptor, ownsHandle: true));
        try
        {
            filter.Guard(socket);                            // first of all: packets are coming in already
            socket.SendBufferSize = SocketBuffer;
            socket.ReceiveBufferSize = SocketBuffer;
            socket.Bind(new IPEndPoint(address, 0));
            return new LinuxRawSocket(socket, filter, errors);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>What it means that socket(2) has failed.</summary>
    internal static SocketException Refusal(int error) => error switch
    {
        LinuxSocket.NotPermitted or LinuxSocket.AccessDenied => new SocketException((int)SocketError.AccessDenied),
        LinuxSocket.SystemFilesUsedUp or LinuxSocket.FilesUsedUp => new SocketException((int)SocketError.TooManyOpenSockets),
        LinuxSocket.NoMemory or LinuxSocket.NoBuffers => new SocketException((int)SocketError.NoBufferSpaceAvailable),
        LinuxSocket.FamilyNotSupported => new SocketException((int)SocketError.AddressFamilyNotSupported),
        LinuxSocket.ProtocolNotSupported or LinuxSocket.TypeNotSupported => new SocketException((int)SocketError.ProtocolNotSupported),
        _ => new SocketException((int)SocketError.SocketError, Marshal.GetPInvokeErrorMessage(error)),
    };

    /// <inheritdoc/>
    public ValueTask<DatagramBatch?> ReceiveAsync() =>
        ValueTask.FromException<DatagramBatch?>(new NotSupportedException("A poll thread receives."));

    /// <inheritdoc/>
    public DatagramBatch? TryReceive()
    {
        DatagramBatch batch = DatagramBatch.Rent();
        try
        {
            Receive(batch);
        }
        catch (ObjectDisposedException)
        {
            // What has come until then is good.
        }

        if (batch.Count > 0)
        {
            return batch;
        }

        DatagramBatch.Return(batch);
        return null;
    }

    /// <summary>Takes what has arrived, as far as there is room.</summary>
    /// <exception cref="ObjectDisposedException">It was closed.</exception>
    private void Receive(DatagramBatch batch)
    {
        int before = batch.Count;
        while (!_isClosed && !batch.IsFull && ReceiveSome(batch))
        {
        }

        if (_errors.HasNews || batch.Count == before)
        {
            _errors.Read();
        }
    }

    /// <summary>Sends a run of packets.</summary>
    /// <exception cref="ObjectDisposedException">It was closed.</exception>
    public void Add(DatagramBatch batch, in DatagramRun run)
    {
        MessageVector messages = MessageVector.Current;
        if (_dontFragment.IsSet == run.MayBeFragmented)
        {
            Flush();
            _dontFragment.Set(!run.MayBeFragmented);
        }

        for (int offset = 0; offset < run.Length; offset += run.Size)
        {
            if (messages.IsFull)
            {
                Flush();
            }

            messages.Add(batch.AddressOf(run.Offset + offset), Math.Min(run.Size, run.Length - offset), 0, _family, run, namesSource: !_isBound);
        }
    }

    /// <summary>Sends what was added and not sent yet.</summary>
    /// <exception cref="ObjectDisposedException">It was closed.</exception>
    public void Flush()
    {
        MessageVector messages = MessageVector.Current;
        int tried = -1;
        for (int sent = 0; sent < messages.Count && !_isClosed;)
        {
            int count = LinuxSocket.SendMessages(_socket.SafeHandle, ref messages[sent], (uint)(messages.Count - sent), LinuxSocket.DoNotWait);
            if (count > 0)
            {
                sent += count;
                _isStuck = false;
                continue;
            }

            int error = Marshal.GetLastPInvokeError();
            if (error == LinuxSocket.Interrupted || (error == LinuxSocket.Again && WaitForRoom()))
            {
                continue;
            }

            if (error != LinuxSocket.Again && tried != sent)
            {
                _errors.OnFailedCall();                      // it may have been about an earlier packet
                tried = sent;
                continue;
            }

            if (error == LinuxSocket.MessageSize)
            {
                _errors.OnRefused(messages, sent);
            }

            SendFailures++;
            sent++;
        }

        messages.Clear();
    }

    public void Dispose()
    {
        _isClosed = true;
        _filter.Leave(_socket);
        _socket.Dispose();
    }

    // Returns whether there may be more.
    private bool ReceiveSome(DatagramBatch batch)
    {
        MessageVector messages = MessageVector.Current;
        messages.Clear();
        int first = batch.FreeOffset;
        for (int room = Math.Min(batch.Room, MessagesPerReceive); messages.Count < room;)
        {
            messages.AddRoom(batch.AddressOf(first + (messages.Count * DatagramBatch.LargestDatagram)), DatagramBatch.LargestDatagram);
        }

        int asked = messages.Count;
        int count = LinuxSocket.ReceiveMessages(_socket.SafeHandle, ref messages[0], (uint)asked, LinuxSocket.DoNotWait, 0);
        int error = count < 0 ? Marshal.GetLastPInvokeError() : 0;
        for (int i = 0; i < count; i++)
        {
            if ((messages[i].Header.Flags & LinuxSocket.Truncated) == 0)
            {
                Take(batch, messages, i, first + (i * DatagramBatch.LargestDatagram));
            }
        }

        messages.Clear();                                    // who sends next begins with none
        GC.KeepAlive(batch);
        if (error is 0 or LinuxSocket.Interrupted or LinuxSocket.Again || _errors.HasNews)
        {
            return error == LinuxSocket.Interrupted || count == asked;
        }

        _errors.OnFailedCall();
        return true;
    }

    private void Take(DatagramBatch batch, MessageVector messages, int index, int offset)
    {
        int length = (int)messages[index].Length;
        ReadOnlySpan<byte> packet = batch.At(offset, length);
        NetworkAddress local = NetworkAddress.None;
        EcnCodepoint ecn;
        if (_family == AddressFamily.InterNetwork)
        {
            int header = length < IPv4Header ? length : 4 * (packet[0] & 15);
            if (header < IPv4Header || header > length || BinaryPrimitives.ReadUInt16BigEndian(packet[2..]) != length)
            {
                Foreign++;
                return;
            }

            ecn = (EcnCodepoint)(packet[1] & 3);
            local = NetworkAddress.FromIPv4(packet[16..20], 0);
            packet = packet[header..];
            offset += header;
        }
        else
        {
            (_, ecn) = messages.Control(index);
            local = messages.Destination(index, _family);
        }

        if (packet.Length < PortOffset + sizeof(ushort) || !_filter.Admits(BinaryPrimitives.ReadUInt16BigEndian(packet[PortOffset..])))
        {
            Foreign++;
            return;
        }

        Received++;
        var path = new NetworkPath(local, messages.Sender(index, _family).WithPort(0));
        batch.CommitAt(offset, packet.Length, 0, path, ecn);
    }

    // As UdpTransport does: a device that takes nothing is waited for once.
    private bool WaitForRoom()
    {
        try
        {
            _isStuck = _isStuck || !_socket.Poll(s_longestWait, SelectMode.SelectWrite);
            return !_isStuck;
        }
        catch (SocketException)
        {
            return true;                                     // the next attempt says what it is
        }
    }

    private bool TrySet(int name)
    {
        try
        {
            _socket.SetRawSocketOption(LinuxSocket.IPv6Level, name, BitConverter.GetBytes(1));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
