using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;
using Braid.Sockets;

namespace Braid.Usrsctp;

/// <summary>Options of a socket, and those with which its associations begin.</summary>
internal static class EndpointTable
{
    /// <summary>All of them, by their numbers in the header.</summary>
    public static IReadOnlyDictionary<int, SocketOption> All { get; } = new Dictionary<int, SocketOption>
    {
        // SCTP_INITMSG
        [0x03] = new SocketOption(8, -1, GetInit, SetInit),
        // SCTP_NODELAY
        [0x04] = SocketOption.Switch(static target => target.Options.NoDelay, static (target, on) => target.Change(options => options with { NoDelay = on })),
        // SCTP_AUTOCLOSE: for one-to-many sockets
        [0x05] = SocketOption.Number(static target => (uint)target.Options.IdleTimeout.TotalSeconds, SetAutoClose),
        // SCTP_ADAPTATION_LAYER
        [0x08] = SocketOption.Number(
            static target => target.Settings.Association.AdaptationIndication ?? 0,
            static (target, value) => new OptionTarget(target.Socket, target.Settings, null).Change(options => options with { AdaptationIndication = value })),
        // SCTP_DISABLE_FRAGMENTS
        [0x09] = SocketOption.Switch(static target => !target.Options.Fragmentation, static (target, on) => target.Change(options => options with { Fragmentation = !on })),
        // SCTP_I_WANT_MAPPED_V4_ADDR
        [0x0d] = SocketOption.Switch(static target => target.Settings.MapsIPv4, static (target, on) => target.Settings.MapsIPv4 = target.Socket.Domain == SocketName.IPv6 ? on : throw new RefusedException(Errno.Invalid)),
        // SCTP_FRAGMENT_INTERLEAVE
        [0x10] = SocketOption.Number(static target => target.Settings.InterleaveLevel, static (target, level) => target.Settings.InterleaveLevel = level <= 2 ? level : throw new RefusedException(Errno.Invalid)),
        // SCTP_PARTIAL_DELIVERY_POINT
        [0x11] = SocketOption.Number(static target => target.Settings.PartialDeliveryPoint, SetPartialDelivery),
        // SCTP_AUTO_ASCONF: for sockets that are bound to all addresses
        [0x18] = SocketOption.Switch(static _ => throw new RefusedException(Errno.Invalid), static (_, _) => throw new RefusedException(Errno.Invalid)),
        // SCTP_EXPLICIT_EOR
        [0x1b] = SocketOption.Switch(static target => target.Settings.EndsRecordsExplicitly, static (target, on) => target.Settings.EndsRecordsExplicitly = on),
        // SCTP_REUSE_PORT: for one-to-one sockets, and only before they are bound
        [0x1c] = SocketOption.Switch(
            static target => target.Socket.IsOneToMany ? throw new RefusedException(Errno.Invalid) : target.Settings.SharesPort,
            static (target, on) => target.Settings.SharesPort = target.Socket.IsOneToMany || target.Socket.Port != 0 ? throw new RefusedException(Errno.Invalid) : target.Settings.SharesPort || on),
        // SCTP_RECVRCVINFO
        [0x1f] = SocketOption.Switch(static target => target.Settings.ReceivesInfo, static (target, on) => target.Settings.ReceivesInfo = on),
        // SCTP_RECVNXTINFO
        [0x20] = SocketOption.Switch(static target => target.Settings.ReceivesNextInfo, static (target, on) => target.Settings.ReceivesNextInfo = on),
        // SCTP_GET_ASSOC_NUMBER
        [0x104] = new SocketOption(
            sizeof(uint),
            -1,
            static (in OptionTarget target, Span<byte> value) =>
            {
                OneToManyOnly(target);
                MemoryMarshal.Write(value, (uint)target.Socket.Associations.Count);
                return sizeof(uint);
            },
            null),
        // SCTP_GET_ASSOC_ID_LIST
        [0x105] = new SocketOption(sizeof(uint), -1, GetIdentifiers, null),
    };

    private static int GetInit(in OptionTarget target, Span<byte> value)
    {
        SctpAssociationOptions options = target.Settings.Association;
        MemoryMarshal.Write(value, (ushort)options.OutgoingStreams);
        MemoryMarshal.Write(value[2..], (ushort)options.IncomingStreams);
        MemoryMarshal.Write(value[4..], (ushort)options.MaximumInitRetransmissions);
        MemoryMarshal.Write(value[6..], target.Settings.InitTimeout);
        return 8;
    }

    private static void SetInit(in OptionTarget target, ReadOnlySpan<byte> value)
    {
        ushort outgoing = MemoryMarshal.Read<ushort>(value);
        ushort incoming = MemoryMarshal.Read<ushort>(value[2..]);
        ushort attempts = MemoryMarshal.Read<ushort>(value[4..]);
        ushort timeout = MemoryMarshal.Read<ushort>(value[6..]);
        new OptionTarget(target.Socket, target.Settings, null).Change(options => options with
        {
            OutgoingStreams = outgoing == 0 ? options.OutgoingStreams : outgoing,
            IncomingStreams = incoming == 0 ? options.IncomingStreams : incoming,
            MaximumInitRetransmissions = attempts == 0 ? options.MaximumInitRetransmissions : attempts,
        });
        target.Settings.InitTimeout = timeout == 0 ? target.Settings.InitTimeout : timeout;
    }

    private static void SetAutoClose(OptionTarget target, uint seconds)
    {
        OneToManyOnly(target);
        target.Change(options => options with { IdleTimeout = TimeSpan.FromSeconds(seconds) });
    }

    private static void SetPartialDelivery(OptionTarget target, uint bytes)
    {
        if (bytes > target.Options.ReceiveBufferSize)
        {
            throw new RefusedException(Errno.Invalid);
        }

        target.Change(options => options with { PartialDeliveryPoint = bytes == 0 ? null : bytes });
        target.Settings.PartialDeliveryPoint = bytes;
    }

    private static int GetIdentifiers(in OptionTarget target, Span<byte> value)
    {
        OneToManyOnly(target);
        IReadOnlyList<SctpAssociation> associations = target.Socket.Associations;
        int size = sizeof(uint) * (associations.Count + 1);
        if (value.Length < size)
        {
            throw new RefusedException(Errno.Invalid);
        }

        MemoryMarshal.Write(value, (uint)associations.Count);
        for (int i = 0; i < associations.Count; i++)
        {
            MemoryMarshal.Write(value[(sizeof(uint) * (i + 1))..], target.Socket.Names.Of(associations[i], target.Socket));
        }

        return size;
    }

    private static void OneToManyOnly(in OptionTarget target)
    {
        if (!target.Socket.IsOneToMany)
        {
            throw new RefusedException(Errno.Invalid);
        }
    }
}
