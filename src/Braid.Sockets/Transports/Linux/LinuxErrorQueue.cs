using System;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Braid.Core;
using Braid.Sctp;

namespace Braid.Sockets;

/// <summary>
/// The error queue of a socket (IP_RECVERR): ICMP messages about what it has sent, each with the beginning of that, and what our own devices
/// did not take. For who runs the loop alone.
/// </summary>
internal sealed class LinuxErrorQueue
{
    private const int MessagesPerCall = 8;
    private const int MostCalls = 8;                         // what comes on top of that waits for the next time
    private const int QuoteRoom = 64;

    // struct sock_extended_err: <linux/errqueue.h>.
    private const int OriginOffset = 4;
    private const int TypeOffset = 5;
    private const int CodeOffset = 6;
    private const int InfoOffset = 8;
    private const int ErrorLength = 16;
    private const int OriginLocal = 1;
    private const int OriginIcmp = 2;
    private const int OriginIcmpV6 = 3;

    private readonly byte[] _quotes = GC.AllocateArray<byte>(MessagesPerCall * QuoteRoom, pinned: true);
    private readonly byte[] _refused = new byte[QuoteRoom];
    private readonly Socket _socket;
    private readonly AddressFamily _family;
    private readonly bool _isUdp;
    private NetworkAddress _refusedTo;
    private int _refusedLength;

    /// <param name="socket">Its errors are queued from now on.</param>
    /// <param name="errors">Gets them.</param>
    /// <param name="isUdp">Whether SCTP is encapsulated in what it sends.</param>
    public LinuxErrorQueue(Socket socket, NetworkErrors errors, bool isUdp)
    {
        _socket = socket;
        _family = socket.AddressFamily;
        _isUdp = isUdp;
        Errors = errors;
        if (_family == AddressFamily.InterNetworkV6)
        {
            TrySet(LinuxSocket.IPv6Level, LinuxSocket.IPv6ReceiveErrors);
        }

        if (_family == AddressFamily.InterNetwork || isUdp)
        {
            TrySet(LinuxSocket.IpLevel, LinuxSocket.IpReceiveErrors);
        }
    }

    /// <summary>What was taken.</summary>
    public NetworkErrors Errors { get; }

    /// <summary>
    /// A call has failed, perhaps with an error that is about an earlier datagram: the kernel tells each of these to whoever calls next. The
    /// error itself is in the queue.
    /// </summary>
    public bool HasNews { get; private set; }

    /// <inheritdoc cref="HasNews"/>
    public void OnFailedCall() => HasNews = true;

    /// <summary>A datagram is larger than the device carries. How large that is, the queue says, but not which datagram.</summary>
    public void OnRefused(MessageVector messages, int index)
    {
        _refusedTo = messages.Receiver(index, _family);
        _refusedLength = messages.CopyBeginning(index, _refused);
        HasNews = true;
    }

    /// <summary>Takes what is in the queue.</summary>
    public void Read()
    {
        HasNews = false;
        MessageVector messages = MessageVector.Single;
        int count = MessagesPerCall;
        for (int call = 0; call < MostCalls && count == MessagesPerCall; call++)
        {
            messages.Clear();
            for (int i = 0; i < MessagesPerCall; i++)
            {
                messages.AddRoom(Marshal.UnsafeAddrOfPinnedArrayElement(_quotes, i * QuoteRoom), QuoteRoom);
            }

            count = LinuxSocket.ReceiveMessages(
                _socket.SafeHandle, ref messages[0], MessagesPerCall, LinuxSocket.DoNotWait | LinuxSocket.ErrorQueue, 0);
            for (int i = 0; i < count; i++)
            {
                ReadOnlySpan<byte> error = messages.Error(i, _family == AddressFamily.InterNetworkV6);
                if (error.Length >= ErrorLength)
                {
                    Take(error, messages.Sender(i, _family), _quotes.AsSpan(i * QuoteRoom, (int)Math.Min(messages[i].Length, QuoteRoom)));
                }
            }
        }

        messages.Clear();
    }

    private void Take(ReadOnlySpan<byte> error, in NetworkAddress remote, ReadOnlySpan<byte> quoted)
    {
        int info = (int)Math.Min(MemoryMarshal.Read<uint>(error[InfoOffset..]), ushort.MaxValue);
        if (error[OriginOffset] == OriginLocal)
        {
            if (MemoryMarshal.Read<uint>(error) == LinuxSocket.MessageSize && _refusedLength > 0 && _refusedTo.IsSameHost(remote))
            {
                Errors.Add(new NetworkError(NetworkErrorKind.PacketTooBig, _refusedTo, info), _refused.AsSpan(0, _refusedLength));
                _refusedLength = 0;
            }
        }
        else if (Meaning(error[OriginOffset], error[TypeOffset], error[CodeOffset]) is { } kind)
        {
            Errors.Add(new NetworkError(kind, remote, kind == NetworkErrorKind.PacketTooBig ? info : 0), quoted);
        }
    }

    // RFC 9260 §10, ICMP1 to ICMP4: the rest says nothing that time does not say better. RFC 6951 §5.5: where SCTP is in UDP, who has no
    // socket at the port is who has no SCTP.
    private NetworkErrorKind? Meaning(int origin, int type, int code) => (origin, type, code) switch
    {
        (OriginIcmp, 3, 2) => NetworkErrorKind.ProtocolUnreachable,
        (OriginIcmp, 3, 3) when _isUdp => NetworkErrorKind.ProtocolUnreachable,
        (OriginIcmp, 3, 4) => NetworkErrorKind.PacketTooBig,
        (OriginIcmpV6, 1, 4) when _isUdp => NetworkErrorKind.ProtocolUnreachable,
        (OriginIcmpV6, 2, _) => NetworkErrorKind.PacketTooBig,
        (OriginIcmpV6, 4, 1) => NetworkErrorKind.ProtocolUnreachable,
        _ => null,
    };

    private void TrySet(int level, int name)
    {
        try
        {
            _socket.SetRawSocketOption(level, name, BitConverter.GetBytes(1));
        }
        catch (SocketException)
        {
            // Then nothing is heard.
        }
    }
}
