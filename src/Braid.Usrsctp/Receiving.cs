using System;
using Braid.Sockets;

namespace Braid.Usrsctp;

/// <summary>usrsctp_recvv: what is told with a message.</summary>
internal static unsafe class Receiving
{
    [C("SCTP_RECVV_NOINFO")] private const int NoInfo = 0;
    [C("SCTP_RECVV_RCVINFO")] private const int ThisMessage = 1;
    [C("SCTP_RECVV_RN")] private const int BothMessages = 3;

    [C("MSG_PEEK")] private const int Peek = 0x02;
    [C("MSG_DONTWAIT")] private const int DoNotWait = 0x40;

    // What libusrsctp writes into nxt_flags: not the SCTP_NEXT_MSG_… of its header.
    [C("SCTP_COMPLETE")] private const ushort IsComplete = 0x0020;
    [C("SCTP_UNORDERED")] private const ushort IsUnordered = 0x0400;
    [C("SCTP_NOTIFICATION")] private const ushort IsNotification = 0x0010;

    /// <summary>Reads into a buffer of the program's.</summary>
    /// <param name="socket">From which socket.</param>
    /// <param name="destination">Where to.</param>
    /// <param name="flags">MSG_PEEK, MSG_DONTWAIT.</param>
    /// <param name="part">What it is.</param>
    /// <returns>False when nothing more will come.</returns>
    /// <exception cref="RefusedException">There is nothing now, or the association has failed.</exception>
    public static bool Read(UsrsctpSocket socket, Span<byte> destination, int flags, out IncomingPart part)
    {
        if (socket.IsListening && !socket.IsOneToMany)
        {
            throw new RefusedException(Errno.NotConnected);
        }

        fixed (byte* start = destination)
        {
            byte* first = start;
            int length = destination.Length;
            IncomingPart read = default;
            bool isThere = false;
            bool isDecided = socket.WaitUntil(() =>
            {
                isThere = !socket.IsReadingShut && socket.Incoming.TryRead(new Span<byte>(first, length), out read, (flags & Peek) != 0);
                return isThere || socket.HasEnded || !socket.IsConnected;
            },
            waits: !socket.IsNonBlocking && (flags & DoNotWait) == 0);
            part = read;
            if (isThere)
            {
                return true;
            }

            if (!isDecided)
            {
                throw new RefusedException(socket.IsClosed ? Errno.BadDescriptor : Errno.WouldBlock);
            }
        }

        if (socket.TakeError() is not 0 and int error)
        {
            throw new RefusedException(error);
        }

        return socket.HasEnded ? false : throw new RefusedException(Errno.NotConnected);
    }

    /// <summary>Writes what the program wants to know of a message.</summary>
    /// <param name="socket">From which socket.</param>
    /// <param name="part">The message.</param>
    /// <param name="info">Where to; null for nowhere.</param>
    /// <param name="length">Room there, and then what was used.</param>
    /// <param name="type">Gets SCTP_RECVV_….</param>
    public static void WriteInfo(UsrsctpSocket socket, in IncomingPart part, void* info, uint* length, uint* type)
    {
        if (info is null || length is null || type is null)
        {
            return;
        }

        uint room = *length;
        *type = NoInfo;
        *length = 0;
        if (part.IsNotification || !(socket.Settings.ReceivesInfo || socket.Settings.ReceivesNextInfo))
        {
            return;
        }

        var received = ReceiveInfo.Of(part);
        if (socket.Settings.ReceivesNextInfo && socket.Settings.ReceivesInfo && part.IsLast && room >= sizeof(ReceiveInfo) + sizeof(NextInfo)
            && socket.Incoming.TryPeek(out SctpReceiveInfo next, out int nextLength, out bool isNotification))
        {
            *(ReceiveInfo*)info = received;
            *(NextInfo*)((byte*)info + sizeof(ReceiveInfo)) = new NextInfo
            {
                Sid = next.StreamId,
                Flags = (ushort)((isNotification || next.EndOfRecord ? IsComplete : 0) | (next.Unordered ? IsUnordered : 0) | (isNotification ? IsNotification : 0)),
                Ppid = System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(next.Ppid),
                Length = (uint)nextLength,
                AssociationId = socket.Names.Find(next.AssociationId).Id,
            };
            *length = (uint)(sizeof(ReceiveInfo) + sizeof(NextInfo));
            *type = BothMessages;
        }
        else if (socket.Settings.ReceivesInfo && room >= sizeof(ReceiveInfo))
        {
            *(ReceiveInfo*)info = received;
            *length = (uint)sizeof(ReceiveInfo);
            *type = ThisMessage;
        }
    }
}
