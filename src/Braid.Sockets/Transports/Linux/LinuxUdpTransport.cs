using System;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Threading.Tasks;
using Braid.Core;

namespace Braid.Sockets;

/// <summary>
/// UDP where the kernel takes and gives many datagrams in one call: equal-sized ones to a peer as one (UDP_SEGMENT, UDP_GRO), others
/// side by side (sendmmsg, recvmmsg), each with its ECN codepoint. What a socket cannot do is noticed, and done without.
/// </summary>
internal sealed class LinuxUdpTransport : UdpTransport
{
    private const int MostSegments = 64;                     // UDP_MAX_SEGMENTS of the older kernels
    private const int LongestMessage = 65507;                // in one IP packet, which it is on its way to the device
    private const int MessagesPerReceive = 8;

    private static readonly Lazy<bool> s_isSupported = new(Probe);

    private readonly AddressFamily _family;
    private readonly bool _asksWhere;                        // which of this host's addresses a datagram came to
    private LinuxErrorQueue? _errors;

    /// <inheritdoc/>
    public LinuxUdpTransport(Socket socket, bool hasEphemeralPort)
        : base(socket, hasEphemeralPort)
    {
        _family = socket.AddressFamily;
        Segments = TrySet(LinuxSocket.UdpLevel, LinuxSocket.UdpSegment, 0);
        TrySet(LinuxSocket.UdpLevel, LinuxSocket.UdpGro, 1);
        CarriesEcn = (_family == AddressFamily.InterNetwork || TrySet(LinuxSocket.IPv6Level, LinuxSocket.IPv6ReceiveTrafficClass, 1))
            && ((Families & NetworkFamilies.IPv4) == 0 || TrySet(LinuxSocket.IpLevel, LinuxSocket.IpReceiveTos, 1));
        _asksWhere = Local == default && (_family == AddressFamily.InterNetwork
            ? TrySet(LinuxSocket.IpLevel, LinuxSocket.IpPacketInformation, 1)
            : TrySet(LinuxSocket.IPv6Level, LinuxSocket.IPv6ReceivePacketInformation, 1));
    }

    /// <summary>Whether this system has the calls.</summary>
    public static bool IsSupported => s_isSupported.Value;

    public override bool CarriesEcn { get; }

    public override bool IsForPollThread => true;

    /// <summary>Whether the kernel cuts what is sent into datagrams (UDP_SEGMENT). Until it fails to.</summary>
    public bool Segments { get; set; }

    public override NetworkErrors? Errors => _errors?.Errors;

    public override void ListenForErrors(NetworkErrors errors) => _errors = new LinuxErrorQueue(Socket, errors, isUdp: true);

    public override ValueTask<DatagramBatch?> ReceiveAsync() =>
        ValueTask.FromException<DatagramBatch?>(new NotSupportedException("A poll thread receives."));

    public override DatagramBatch? TryReceive()
    {
        DatagramBatch batch = DatagramBatch.Rent();
        try
        {
            while (!IsClosed && !batch.IsFull && Receive(batch))
            {
            }

            if (_errors is { } errors && (errors.HasNews || batch.Count == 0))
            {
                errors.Read();                               // also where there was nothing else that could have woken us
            }
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

    public override void Send(DatagramBatch batch, int first, int count)
    {
        MessageVector messages = MessageVector.Current;
        try
        {
            messages.Clear();
            for (int i = first; i < first + count; i++)
            {
                ref readonly DatagramRun run = ref batch[i];
                if (i > first && run.MayBeFragmented != batch[i - 1].MayBeFragmented)
                {
                    SendAll(messages);
                }

                SetMayBeFragmented(run.MayBeFragmented);
                Add(messages, batch, run);
            }

            SendAll(messages);
        }
        catch (ObjectDisposedException)
        {
            // What is not sent yet is lost.
        }

        GC.KeepAlive(batch);                                 // the kernel had but its address
    }

    private void Add(MessageVector messages, DatagramBatch batch, in DatagramRun run)
    {
        int most = run.Size;
        if (Segments && !run.MayBeFragmented && run.Length > run.Size)
        {
            most = Math.Min(MostSegments, LongestMessage / run.Size) * run.Size;
        }

        int offset = 0;
        do
        {
            if (messages.IsFull)
            {
                SendAll(messages);
            }

            int length = Math.Min(most, run.Length - offset);
            messages.Add(batch.AddressOf(run.Offset + offset), length, length > run.Size ? run.Size : 0, _family, run, namesSource: Local == default);
            offset += length;
        }
        while (offset < run.Length);
    }

    // What fails is one message: the kernel says so when it is the first of those that are left.
    private void SendAll(MessageVector messages)
    {
        int tried = -1;
        for (int sent = 0; sent < messages.Count && !IsClosed;)
        {
            int count = LinuxSocket.SendMessages(Socket.SafeHandle, ref messages[sent], (uint)(messages.Count - sent), LinuxSocket.DoNotWait);
            if (count > 0)
            {
                sent += count;
                OnSent();
                continue;
            }

            int error = Marshal.GetLastPInvokeError();
            if (error == LinuxSocket.Interrupted || (error == LinuxSocket.Again && TryWaitForRoom()))
            {
                continue;
            }

            if (_errors is { } errors && error != LinuxSocket.Again && tried != sent)
            {
                errors.OnFailedCall();                       // it may have been about an earlier datagram
                tried = sent;
                continue;
            }

            OnFailed(messages, sent++, error);
        }

        messages.Clear();
    }

    private void OnFailed(MessageVector messages, int index, int error)
    {
        (int size, int count) = messages.Segments(index);
        if (count == 1 || error is not (LinuxSocket.InputOutput or LinuxSocket.InvalidArgument or LinuxSocket.MessageSize))
        {
            SendFailures += count;
            if (error == LinuxSocket.MessageSize && count == 1)
            {
                _errors?.OnRefused(messages, index);
            }

            return;
        }

        // The device, or what is on the way to it (IPsec), cannot cut it; or a segment is larger than the device carries, and
        // then each of them says so itself.
        MessageVector single = MessageVector.Single;
        long failures = SendFailures;
        for (int i = 0; i < count; i++)
        {
            if (single.IsFull)
            {
                SendAll(single);
            }

            single.AddSegment(messages, index, i, size);
        }

        SendAll(single);
        if (SendFailures == failures)
        {
            Segments = false;
        }
    }

    private bool TryWaitForRoom()
    {
        try
        {
            return WaitForRoom();
        }
        catch (SocketException)
        {
            return true;                                     // the next attempt says what it is
        }
    }

    // Returns whether there may be more.
    private bool Receive(DatagramBatch batch)
    {
        MessageVector messages = MessageVector.Current;
        messages.Clear();
        int first = batch.FreeOffset;
        for (int room = Math.Min(batch.Room, MessagesPerReceive); messages.Count < room;)
        {
            messages.AddRoom(batch.AddressOf(first + (messages.Count * DatagramBatch.LargestDatagram)), DatagramBatch.LargestDatagram);
        }

        int count = LinuxSocket.ReceiveMessages(Socket.SafeHandle, ref messages[0], (uint)messages.Count, LinuxSocket.DoNotWait, 0);
        for (int i = 0; i < count; i++)
        {
            if ((messages[i].Header.Flags & LinuxSocket.Truncated) == 0)
            {
                (int size, EcnCodepoint ecn) = messages.Control(i);
                var path = new NetworkPath(_asksWhere ? messages.Destination(i, _family) : Local, messages.Sender(i, _family));
                batch.CommitAt(first + (i * DatagramBatch.LargestDatagram), (int)messages[i].Length, size, path, ecn);
            }
        }

        GC.KeepAlive(batch);

        if (count >= 0)
        {
            return count == messages.Count;
        }

        int error = Marshal.GetLastPInvokeError();
        if (error is LinuxSocket.Interrupted or LinuxSocket.Again || _errors is null || _errors.HasNews)
        {
            return error == LinuxSocket.Interrupted;
        }

        _errors.OnFailedCall();
        return true;
    }

    private bool TrySet(int level, int name, int value)
    {
        try
        {
            Socket.SetRawSocketOption(level, name, BitConverter.GetBytes(value));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static bool Probe()
    {
        if (!OperatingSystem.IsLinux())
        {
            return false;
        }

        try
        {
            new LinuxPoll().Dispose();
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            MessageVector messages = MessageVector.Current;
            return LinuxSocket.SendMessages(socket.SafeHandle, ref messages[0], 0, LinuxSocket.DoNotWait) == 0
                && LinuxSocket.ReceiveMessages(socket.SafeHandle, ref messages[0], 0, LinuxSocket.DoNotWait, 0) == 0;
        }
        catch (Exception exception) when (exception is SocketException or InvalidOperationException or DllNotFoundException or EntryPointNotFoundException)
        {
            return false;
        }
    }
}
