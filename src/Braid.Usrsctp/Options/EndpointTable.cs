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
        [OptionName.InitMessage] = new SocketOption(OptionLayouts.Init.Size, -1, GetInit, SetInit),
        [OptionName.NoDelay] = SocketOption.Switch(static target => target.Options.NoDelay, static (target, on) => target.Change(options => options with { NoDelay = on })),
        // SCTP_AUTOCLOSE: for one-to-many sockets
        [OptionName.AutoClose] = SocketOption.Number(static target => (uint)target.Options.IdleTimeout.TotalSeconds, SetAutoClose),
        [OptionName.AdaptationLayer] = SocketOption.Number(
            static target => target.Settings.Association.AdaptationIndication ?? 0,
            static (target, value) => new OptionTarget(target.Socket, target.Settings, null).Change(options => options with { AdaptationIndication = value })),
        [OptionName.DisableFragments] = SocketOption.Switch(static target => !target.Options.Fragmentation, static (target, on) => target.Change(options => options with { Fragmentation = !on })),
        [OptionName.MappedAddresses] = SocketOption.Switch(static target => target.Settings.MapsIPv4, static (target, on) => target.Settings.MapsIPv4 = target.Socket.Domain == SocketName.IPv6 ? on : throw new RefusedException(Errno.Invalid)),
        [OptionName.FragmentInterleave] = SocketOption.Number(static target => target.Settings.InterleaveLevel, static (target, level) => target.Settings.InterleaveLevel = level <= 2 ? level : throw new RefusedException(Errno.Invalid)),
        [OptionName.PartialDeliveryPoint] = SocketOption.Number(static target => target.Settings.PartialDeliveryPoint, SetPartialDelivery),
        // SCTP_AUTO_ASCONF: for sockets that are bound to all addresses
        [OptionName.AutoAsconf] = SocketOption.Switch(static _ => throw new RefusedException(Errno.Invalid), static (_, _) => throw new RefusedException(Errno.Invalid)),
        [OptionName.ExplicitEndOfRecord] = SocketOption.Switch(static target => target.Settings.EndsRecordsExplicitly, static (target, on) => target.Settings.EndsRecordsExplicitly = on),
        // SCTP_REUSE_PORT: for one-to-one sockets, and only before they are bound
        [OptionName.ReusePort] = SocketOption.Switch(
            static target => target.Socket.IsOneToMany ? throw new RefusedException(Errno.Invalid) : target.Settings.SharesPort,
            static (target, on) => target.Settings.SharesPort = target.Socket.IsOneToMany || target.Socket.Port != 0 ? throw new RefusedException(Errno.Invalid) : target.Settings.SharesPort || on),
        [OptionName.ReceiveInfo] = SocketOption.Switch(static target => target.Settings.ReceivesInfo, static (target, on) => target.Settings.ReceivesInfo = on),
        [OptionName.NextInfo] = SocketOption.Switch(static target => target.Settings.ReceivesNextInfo, static (target, on) => target.Settings.ReceivesNextInfo = on),
        [OptionName.AssociationNumber] = new SocketOption(
            sizeof(uint),
            -1,
            static (in OptionTarget target, Span<byte> value) =>
            {
                OneToManyOnly(target);
                MemoryMarshal.Write(value, (uint)target.Socket.Associations.Count);
                return sizeof(uint);
            },
            null),
        [OptionName.AssociationIds] = new SocketOption(OptionLayouts.Identifiers.Size, -1, GetIdentifiers, null),
    };

    private static int GetInit(in OptionTarget target, Span<byte> value)
    {
        SctpAssociationOptions options = target.Settings.Association;
        MemoryMarshal.Write(value[OptionLayouts.Init.OutgoingStreams..], (ushort)options.OutgoingStreams);
        MemoryMarshal.Write(value[OptionLayouts.Init.IncomingStreams..], (ushort)options.IncomingStreams);
        MemoryMarshal.Write(value[OptionLayouts.Init.Attempts..], (ushort)options.MaximumInitRetransmissions);
        MemoryMarshal.Write(value[OptionLayouts.Init.Timeout..], target.Settings.InitTimeout);
        return OptionLayouts.Init.Size;
    }

    private static void SetInit(in OptionTarget target, ReadOnlySpan<byte> value)
    {
        ushort outgoing = MemoryMarshal.Read<ushort>(value[OptionLayouts.Init.OutgoingStreams..]);
        ushort incoming = MemoryMarshal.Read<ushort>(value[OptionLayouts.Init.IncomingStreams..]);
        ushort attempts = MemoryMarshal.Read<ushort>(value[OptionLayouts.Init.Attempts..]);
        ushort timeout = MemoryMarshal.Read<ushort>(value[OptionLayouts.Init.Timeout..]);
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
        int size = OptionLayouts.Identifiers.First + (sizeof(uint) * associations.Count);
        if (value.Length < size)
        {
            throw new RefusedException(Errno.Invalid);
        }

        MemoryMarshal.Write(value[OptionLayouts.Identifiers.Count..], (uint)associations.Count);
        for (int i = 0; i < associations.Count; i++)
        {
            MemoryMarshal.Write(value[(OptionLayouts.Identifiers.First + (sizeof(uint) * i))..], target.Socket.Names.Of(associations[i], target.Socket));
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
