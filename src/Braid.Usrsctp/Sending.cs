using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Runtime.InteropServices;
using System.Text;
using Braid.Sctp;
using Braid.Sockets;

namespace Braid.Usrsctp;

/// <summary>usrsctp_sendv: what its arguments mean, and what becomes of a message.</summary>
internal static class Sending
{
    [C("MSG_DONTWAIT")] private const int DoNotWait = 0x40;
    [C("SCTP_SENDV_NOINFO")] private const int NoInfo = 0;
    [C("SCTP_SENDV_SNDINFO")] private const int Basic = 1;
    [C("SCTP_SENDV_PRINFO")] private const int Partial = 2;
    [C("SCTP_SENDV_SPA")] private const int Everything = 4;
    private const int LongestReason = 2048 - 4;              // of an ABORT, as libusrsctp has it: with its header in one mbuf cluster

    /// <summary>How a message is to be sent.</summary>
    /// <param name="socket">The socket, whose defaults these are.</param>
    /// <param name="bytes">What the program says.</param>
    /// <param name="type">SCTP_SENDV_…: what that is.</param>
    /// <exception cref="RefusedException">There is no such type, or too little of it.</exception>
    public static SendAttributes Read(UsrsctpSocket socket, ReadOnlySpan<byte> bytes, uint type)
    {
        SendAttributes with = default;                       // the defaults are for those who say nothing
        switch ((int)type)
        {
            case NoInfo:
                if (!bytes.IsEmpty)
                {
                    throw new RefusedException(Errno.Invalid);
                }

                with = socket.Settings.DefaultSend;
                break;
            case Basic:
                with.Send = Take<SendInfo>(bytes);
                break;
            case Partial:
                with.Reliability = Take<ReliabilityInfo>(bytes);
                break;
            case Everything:
                SendAttributes given = Take<SendAttributes>(bytes);
                with.Send = (given.Flags & SendAttributes.HasSend) != 0 ? given.Send : default;
                with.Reliability = (given.Flags & SendAttributes.HasReliability) != 0 ? given.Reliability : default;
                with.Authentication = given.Authentication;
                with.Flags |= given.Flags & SendAttributes.HasAuthentication;
                break;
            default:
                throw new RefusedException(Errno.Invalid);
        }

        return with;
    }

    /// <summary>Sends a message.</summary>
    /// <param name="socket">On which socket.</param>
    /// <param name="payload">The message.</param>
    /// <param name="peers">To whom; none for the association that the socket has, or that is named.</param>
    /// <param name="with">How.</param>
    /// <param name="callFlags">MSG_EOR, MSG_DONTWAIT.</param>
    /// <returns>Bytes that were taken.</returns>
    /// <exception cref="RefusedException">It cannot be sent, or not now.</exception>
    public static int Send(UsrsctpSocket socket, ReadOnlySpan<byte> payload, IReadOnlyList<SocketName> peers, SendAttributes with, int callFlags)
    {
        bool waits = !socket.IsNonBlocking && (callFlags & DoNotWait) == 0;
        with.Send.Flags |= (callFlags & Incoming.EndOfRecord) != 0 ? (ushort)SendInfo.EndOfRecord : (ushort)0;
        int flags = with.Send.Flags;
        if ((flags & ~SendInfo.AllFlags) != 0 || ((flags & SendInfo.AddressOver) != 0 && peers.Count == 0))
        {
            throw new RefusedException(Errno.Invalid);
        }

        if ((flags & SendInfo.SendAll) != 0 && socket.IsOneToMany)
        {
            foreach (SctpAssociation each in socket.Associations)
            {
                SendTo(socket, each, payload, with, waits);
            }

            return payload.Length;
        }

        SctpAssociation? association = Find(socket, peers, with.Send.AssociationId);
        if (association is null)
        {
            if (!socket.IsOneToMany || peers.Count == 0 || (flags & (SendInfo.Abort | SendInfo.EndOfFile)) != 0)
            {
                throw new RefusedException(Errno.NoEntry);
            }

            association = socket.ConnectToSend(peers);
        }

        return SendTo(socket, association, payload, with, waits);
    }

    private static SctpAssociation? Find(UsrsctpSocket socket, IReadOnlyList<SocketName> peers, uint id) =>
        !socket.IsOneToMany ? socket.Find(id)
        : peers.Count > 0 ? socket.Find(peers[0])
        : id > 2 ? socket.Find(id)
        : null;

    private static int SendTo(UsrsctpSocket socket, SctpAssociation association, ReadOnlySpan<byte> payload, in SendAttributes with, bool waits)
    {
        int flags = with.Send.Flags;
        if ((flags & SendInfo.Abort) != 0)
        {
            if (payload.Length > LongestReason)
            {
                throw new RefusedException(Errno.MessageSize);
            }

            association.Abort(Encoding.UTF8.GetString(payload));
            return payload.Length;
        }

        if (payload.IsEmpty && (flags & SendInfo.EndOfFile) == 0)
        {
            throw new RefusedException(Errno.Invalid);
        }

        int sent = payload.IsEmpty ? 0 : SendPayload(socket, association, payload, with, waits);
        if ((flags & SendInfo.EndOfFile) != 0 && sent == payload.Length)
        {
            socket.Records.End(association);
        }

        return sent;
    }

    private static int SendPayload(UsrsctpSocket socket, SctpAssociation association, ReadOnlySpan<byte> payload, in SendAttributes with, bool waits)
    {
        SctpSendInfo info = InfoOf(with);
        bool isExplicit = socket.Settings.EndsRecordsExplicitly;
        if (info.StreamId >= association.StreamCounts.Outgoing)
        {
            throw new RefusedException(Errno.Invalid);
        }

        if (!isExplicit && payload.Length > socket.Settings.Association.SendBufferSize)
        {
            throw new RefusedException(Errno.MessageSize);
        }

        if (socket.Resets.Include(association, info.StreamId))
        {
            throw new RefusedException(Errno.WouldBlock);
        }

        try
        {
            // What goes as a whole is no piece: other threads may send on other streams meanwhile, or reset them.
            bool isWhole = isExplicit && (with.Send.Flags & SendInfo.EndOfRecord) != 0
                && payload.Length <= socket.Settings.Association.SendBufferSize && !socket.Records.IsUnfinished(association);
            return isWhole && association.TrySend(payload, info) ? payload.Length
                : isExplicit ? socket.Records.Send(association, payload, info, (with.Send.Flags & SendInfo.EndOfRecord) != 0, waits)
                : SendWhole(socket, association, payload, info, waits);
        }
        catch (SctpException exception)
        {
            throw new RefusedException(
                exception.Error is SctpError.InvalidMessageLength or SctpError.NeedsFragmentation ? Errno.MessageSize
                : association.Host.HasEnded ? Errno.NoEntry
                : Errno.Reset);                              // it is shutting down
        }
        catch (ArgumentException)
        {
            throw new RefusedException(Errno.Invalid);       // no such stream
        }
    }

    private static unsafe int SendWhole(UsrsctpSocket socket, SctpAssociation association, ReadOnlySpan<byte> payload, SctpSendInfo info, bool waits)
    {
        int length = payload.Length;
        if (association.TrySend(payload, info))
        {
            return length;
        }

        // Once more when the socket knows: what made room meanwhile has told nobody.
        socket.WantRoom();
        if (association.TrySend(payload, info))
        {
            return length;
        }

        if (!waits)
        {
            throw new RefusedException(Errno.WouldBlock);
        }

        fixed (byte* start = payload)
        {
            byte* first = start;

            // A message that is refused asks for room, which is news again: only where there is some.
            return socket.WaitUntil(() => (!association.Host.Outbox.IsFull || association.Host.HasEnded) && association.TrySend(new ReadOnlySpan<byte>(first, length), info))
                ? length
                : throw new RefusedException(socket.IsClosed ? Errno.BadDescriptor : Errno.WouldBlock);
        }
    }

    private static SctpSendInfo InfoOf(in SendAttributes with) => new(
        with.Send.Sid,
        BinaryPrimitives.ReverseEndianness(with.Send.Ppid),  // the program has it as it is on the wire
        (with.Send.Flags & SendInfo.Unordered) != 0,
        (with.Send.Flags & SendInfo.SackImmediately) != 0,
        with.Send.Context,
        ReliabilityOf(with.Reliability),
        (with.Flags & SendAttributes.HasAuthentication) != 0 ? with.Authentication.KeyNumber : null);

    private static Reliability ReliabilityOf(in ReliabilityInfo info) => (info.Policy & 0x0f) switch
    {
        ReliabilityInfo.None => Reliability.Reliable,
        ReliabilityInfo.ByLifetime => Reliability.Lifetime(TimeSpan.FromMilliseconds(info.Value)),
        ReliabilityInfo.ByPriority => Reliability.Priority(info.Value),
        ReliabilityInfo.ByRetransmissions => Reliability.MaximumRetransmissions((int)Math.Min(info.Value, int.MaxValue)),
        _ => throw new RefusedException(Errno.Invalid),
    };

    private static T Take<T>(ReadOnlySpan<byte> bytes)
        where T : unmanaged => bytes.Length >= Marshal.SizeOf<T>() ? MemoryMarshal.Read<T>(bytes) : throw new RefusedException(Errno.Invalid);
}
