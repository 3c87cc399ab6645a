using System;
using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Threading;
using System.Threading.Tasks;
using Braid.Sctp.Wire;

namespace Braid.Usrsctp.Tests.Examples;

/// <summary>Whether a program is ready for its peer, seen from where the peer will be.</summary>
internal static class ServerProbe
{
    private const int HeaderLength = 12;
    private const byte Init = 1;
    private const byte InitAck = 2;

    private static readonly TimeSpan s_patience = TimeSpan.FromMilliseconds(50);

    /// <summary>
    /// Waits until it accepts associations: it answers an INIT with an INIT ACK then, of which nothing stays with it (RFC 9260 §5.1.3). Before, it is silent
    /// or aborts.
    /// </summary>
    /// <param name="udpPort">Its UDP port.</param>
    /// <param name="port">Its SCTP port.</param>
    /// <param name="fromUdpPort">The UDP port to ask from: some programs have theirs connected.</param>
    /// <param name="cancellationToken">The guard.</param>
    public static async Task ListensAsync(int udpPort, int port, int fromUdpPort, CancellationToken cancellationToken)
    {
        using Socket socket = Open(fromUdpPort);
        byte[] question = Question((ushort)port), answer = new byte[2048];
        var server = new IPEndPoint(IPAddress.Loopback, udpPort);
        do
        {
            await socket.SendToAsync(question, server, cancellationToken);
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            patience.CancelAfter(s_patience);
            try
            {
                await socket.ReceiveFromAsync(answer, server, patience.Token);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                // It may have been lost: there was no socket yet.
            }
        }
        while (answer[HeaderLength] != InitAck);
    }

    /// <summary>
    /// Waits for its INIT. Whoever connects before its peer does finds nobody, and a peer that is there but does not connect yet aborts: now there are seconds
    /// until the next one.
    /// </summary>
    /// <param name="fromUdpPort">The UDP port that it connects to.</param>
    /// <param name="cancellationToken">The guard.</param>
    public static async Task ConnectsAsync(int fromUdpPort, CancellationToken cancellationToken)
    {
        using Socket socket = Open(fromUdpPort);
        await socket.ReceiveAsync(new byte[2048], cancellationToken);
    }

    private static Socket Open(int port)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
        return socket;
    }

    // §3.1 and §3.3.2, without parameters.
    private static byte[] Question(ushort port)
    {
        const ushort OwnPort = 1;                            // of no client
        byte[] packet = new byte[HeaderLength + 20];
        Span<byte> header = packet, chunk = packet.AsSpan(HeaderLength);
        BinaryPrimitives.WriteUInt16BigEndian(header, OwnPort);
        BinaryPrimitives.WriteUInt16BigEndian(header[2..], port);
        chunk[0] = Init;
        BinaryPrimitives.WriteUInt16BigEndian(chunk[2..], (ushort)chunk.Length);
        BinaryPrimitives.WriteUInt32BigEndian(chunk[4..], 1);
        BinaryPrimitives.WriteUInt32BigEndian(chunk[8..], 1 << 16);
        BinaryPrimitives.WriteUInt16BigEndian(chunk[12..], 1);
        BinaryPrimitives.WriteUInt16BigEndian(chunk[14..], 1);
        BinaryPrimitives.WriteUInt32BigEndian(chunk[16..], 1);
        BinaryPrimitives.WriteUInt32BigEndian(header[8..], Crc32c.Compute(packet));
        return packet;
    }
}
