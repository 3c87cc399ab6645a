using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Runtime.InteropServices;
using Braid.Core;
using Braid.Sctp;
using Braid.Sockets;

namespace Braid.Usrsctp;

/// <summary>Options of one of the peer's addresses, or of all.</summary>
internal static class PathTable
{
    [C("SCTP_ACTIVE")] private const int IsActive = 0x0001;
    [C("SCTP_INACTIVE")] private const int IsInactive = 0x0002;
    [C("SCTP_UNCONFIRMED")] private const int IsUnconfirmed = 0x0200;

    [C("SPP_HB_ENABLE")] private const uint HeartbeatsOn = 0x01;
    [C("SPP_HB_DISABLE")] private const uint HeartbeatsOff = 0x02;
    [C("SPP_HB_DEMAND")] private const uint HeartbeatNow = 0x04;
    [C("SPP_PMTUD_ENABLE")] private const uint SearchOn = 0x08;
    [C("SPP_PMTUD_DISABLE")] private const uint SearchOff = 0x10;
    [C("SPP_HB_TIME_IS_ZERO")] private const uint HasZeroInterval = 0x80;
    [C("SPP_IPV6_FLOWLABEL")] private const uint HasFlowLabel = 0x100;
    [C("SPP_DSCP")] private const uint HasDscp = 0x200;
    private const uint LongestInterval = 14_400_000;         // ms
    private const int SmallestMtu = 512;

    /// <summary>All of them, by their numbers in the header.</summary>
    public static IReadOnlyDictionary<int, SocketOption> All { get; } = new Dictionary<int, SocketOption>
    {
        [OptionName.PeerPrimaryAddress] = new SocketOption(OptionLayouts.PeerPrimary.Size, OptionLayouts.PeerPrimary.Id, null, SetPeerPrimary),
        [OptionName.PrimaryAddress] = new SocketOption(OptionLayouts.Primary.Size, OptionLayouts.Primary.Id, GetPrimary, SetPrimary),
        [OptionName.PeerAddressParameters] = new SocketOption(OptionLayouts.Path.Size, OptionLayouts.Path.Id, GetParameters, SetParameters, HasAddress: true),
        [OptionName.RemoteUdpPort] = new SocketOption(
            OptionLayouts.Encapsulation.Size,
            OptionLayouts.Encapsulation.Id,
            static (in OptionTarget target, Span<byte> value) =>
            {
                BinaryPrimitives.WriteUInt16BigEndian(value[OptionLayouts.Encapsulation.Port..], target.Settings.RemoteUdpPort);
                return OptionLayouts.Encapsulation.Size;
            },
            static (in OptionTarget target, ReadOnlySpan<byte> value) => target.Settings.RemoteUdpPort = BinaryPrimitives.ReadUInt16BigEndian(value[OptionLayouts.Encapsulation.Port..]),
            HasAddress: true),
        [OptionName.PeerAddressInfo] = new SocketOption(
            OptionLayouts.PathInfo.Size,
            OptionLayouts.PathInfo.Id,
            static (in OptionTarget target, Span<byte> value) =>
            {
                if (target.Association is null)
                {
                    throw new RefusedException(Errno.NoEntry);
                }

                WriteInfo(target, target.PathOf(value) ?? throw new RefusedException(Errno.NoEntry), value);
                return OptionLayouts.PathInfo.Size;
            },
            null,
            HasAddress: true,
            OfOneOnly: true),
    };

    /// <summary>struct sctp_paddrinfo.</summary>
    public static void WriteInfo(in OptionTarget target, PathStatistics path, Span<byte> value)
    {
        value[..SocketName.StorageSize].Clear();
        NameOf(target, path).Write(value);
        MemoryMarshal.Write(value[OptionLayouts.PathInfo.Id..], target.Socket.Names.Of(target.Live, target.Socket));
        MemoryMarshal.Write(value[OptionLayouts.PathInfo.State..], path.State switch
        {
            PathState.Unconfirmed => IsUnconfirmed,
            PathState.Inactive => IsInactive,
            _ => IsActive,
        });
        MemoryMarshal.Write(value[OptionLayouts.PathInfo.Window..], (uint)path.CongestionWindow);
        MemoryMarshal.Write(value[OptionLayouts.PathInfo.RoundTrip..], (uint)path.SmoothedRtt.TotalMilliseconds);
        MemoryMarshal.Write(value[OptionLayouts.PathInfo.Rto..], (uint)path.Rto.TotalMilliseconds);
        MemoryMarshal.Write(value[OptionLayouts.PathInfo.Mtu..], (uint)path.Mtu);
    }

    private static SocketName NameOf(in OptionTarget target, PathStatistics path) => target.Socket.IsOwnFamily
        ? target.Socket.PeerOf(target.Live)
        : new SocketName(path.Path.Remote.ToIPEndPoint().Address, 0, target.Live.RemotePort);

    private static int GetPrimary(in OptionTarget target, Span<byte> value)
    {
        value[..SocketName.StorageSize].Clear();
        foreach (PathStatistics path in PeerAddresses.Paths(target.Live))
        {
            if (path.IsPrimary)
            {
                NameOf(target, path).Write(value);
            }
        }

        return OptionLayouts.Primary.Size;
    }

    private static void SetPrimary(in OptionTarget target, ReadOnlySpan<byte> value)
    {
        SctpAssociation association = target.Live;
        PathStatistics path = target.PathOf(value) ?? throw new RefusedException(Errno.Invalid);
        if (!target.Socket.IsOwnFamily && !Answers.Of(association, asked => asked.SetPrimaryAddressAsync(path.Path.Remote.ToIPEndPoint())))
        {
            throw new RefusedException(Errno.Invalid);
        }
    }

    private static void SetPeerPrimary(in OptionTarget target, ReadOnlySpan<byte> value)
    {
        if (SocketName.Read(value).Address is not { } address)
        {
            throw new RefusedException(Errno.NotSupported);
        }

        _ = target.Live.RequestPeerPrimaryAsync(address).AsTask();       // whether the peer does it is told by a notification of his
    }

    private static int GetParameters(in OptionTarget target, Span<byte> value)
    {
        PathStatistics? path = target.PathOf(value);
        SctpAssociationOptions options = target.Options;
        bool beats = path?.Options.Heartbeats ?? !target.Settings.HasNoHeartbeats;
        TimeSpan interval = path?.Options.HeartbeatInterval ?? options.HeartbeatInterval;
        MemoryMarshal.Write(value[OptionLayouts.Path.Id..], target.Association is null && !target.Socket.IsOneToMany ? 0 : MemoryMarshal.Read<uint>(value[OptionLayouts.Path.Id..]));
        MemoryMarshal.Write(value[OptionLayouts.Path.HeartbeatInterval..], target.Settings.HasZeroHeartbeatInterval ? 0 : (uint)interval.TotalMilliseconds);
        MemoryMarshal.Write(value[OptionLayouts.Path.Mtu..], (uint?)path?.Options.Mtu ?? (uint?)path?.Mtu ?? target.Settings.PathMtu);
        MemoryMarshal.Write(value[OptionLayouts.Path.Flags..], (beats ? HeartbeatsOn : HeartbeatsOff) | ((path is null ? target.Settings.PathMtu != 0 : path.Options.Mtu is not null) ? SearchOff : SearchOn)
            | (target.Settings.Dscp != 0 ? HasDscp : 0) | (target.Settings.FlowLabel != 0 ? HasFlowLabel : 0));
        MemoryMarshal.Write(value[OptionLayouts.Path.FlowLabel..], target.Settings.FlowLabel);
        MemoryMarshal.Write(value[OptionLayouts.Path.Attempts..], (ushort)(path?.Options.MaximumRetransmissions ?? options.MaximumPathRetransmissions));
        value[OptionLayouts.Path.Dscp] = target.Settings.Dscp;
        return OptionLayouts.Path.Size;
    }

    private static void SetParameters(in OptionTarget target, ReadOnlySpan<byte> value)
    {
        uint interval = Math.Min(MemoryMarshal.Read<uint>(value[OptionLayouts.Path.HeartbeatInterval..]), LongestInterval);
        uint mtu = MemoryMarshal.Read<uint>(value[OptionLayouts.Path.Mtu..]);
        uint flags = MemoryMarshal.Read<uint>(value[OptionLayouts.Path.Flags..]);
        ushort attempts = MemoryMarshal.Read<ushort>(value[OptionLayouts.Path.Attempts..]);
        if ((flags & (HeartbeatsOn | HeartbeatsOff)) == (HeartbeatsOn | HeartbeatsOff)
            || (flags & (SearchOn | SearchOff)) == (SearchOn | SearchOff)
            || ((flags & SearchOff) != 0 && mtu is > 0 and < SmallestMtu))
        {
            throw new RefusedException(Errno.Invalid);
        }

        PathStatistics? path = target.PathOf(value);
        bool setsInterval = interval > 0 || (flags & HasZeroInterval) != 0;
        interval = (flags & HasZeroInterval) != 0 ? 0 : interval;
        if (path is not null)
        {
            PathOptions changed = path.Options with
            {
                Heartbeats = (flags & HeartbeatsOff) == 0 && (path.Options.Heartbeats || (flags & HeartbeatsOn) != 0),
                HeartbeatInterval = setsInterval && (flags & HeartbeatsOn) != 0 ? TimeSpan.FromMilliseconds(interval) : path.Options.HeartbeatInterval,
                MaximumRetransmissions = attempts > 0 ? attempts : path.Options.MaximumRetransmissions,
                Mtu = MtuOf(path, flags, mtu),
            };
            Configure(target, path, changed);
        }
        else
        {
            target.Change(options => options with
            {
                HeartbeatInterval = setsInterval ? TimeSpan.FromMilliseconds(interval) : options.HeartbeatInterval,
                MaximumPathRetransmissions = attempts > 0 ? attempts : options.MaximumPathRetransmissions,
            });
            target.Settings.HasZeroHeartbeatInterval = setsInterval ? interval == 0 : target.Settings.HasZeroHeartbeatInterval;
            if ((flags & (HeartbeatsOn | HeartbeatsOff)) != 0)
            {
                target.Settings.HasNoHeartbeats = (flags & HeartbeatsOff) != 0;
                foreach (PathStatistics each in target.Association is null ? [] : PeerAddresses.Paths(target.Association))
                {
                    Configure(target, each, each.Options with { Heartbeats = (flags & HeartbeatsOn) != 0 });
                }
            }
        }

        if (target.Association is null)
        {
            SetMtu(target, flags, mtu);
        }
        else if (path is null)
        {
            foreach (PathStatistics each in PeerAddresses.Paths(target.Association))
            {
                Configure(target, each, each.Options with { Mtu = MtuOf(each, flags, mtu) });
            }
        }

        if ((flags & HeartbeatNow) != 0 && target.Association is { } association)
        {
            _ = association.RequestHeartbeatAsync(path?.Path.Remote.ToIPEndPoint()).AsTask();
        }

        target.Settings.Dscp = (flags & HasDscp) != 0 ? (byte)(value[OptionLayouts.Path.Dscp] & 0xfc) : target.Settings.Dscp;
        target.Settings.FlowLabel = (flags & HasFlowLabel) != 0 ? MemoryMarshal.Read<uint>(value[OptionLayouts.Path.FlowLabel..]) : target.Settings.FlowLabel;
    }

    // A fixed size is where the search begins and ends.
    private static void SetMtu(in OptionTarget target, uint flags, uint mtu)
    {
        if ((flags & SearchOff) != 0 && mtu > 0)
        {
            int size = (int)Math.Min(mtu, ushort.MaxValue);
            target.Change(options => options with { PathMtu = size, MaximumPathMtu = size });
            target.Settings.PathMtu = mtu;
        }
        else if ((flags & SearchOn) != 0)
        {
            target.Settings.PathMtu = 0;
        }
    }

    private static int? MtuOf(PathStatistics path, uint flags, uint mtu) =>
        (flags & SearchOn) != 0 ? null
        : (flags & SearchOff) == 0 ? path.Options.Mtu
        : mtu > 0 ? (int)Math.Min(mtu, ushort.MaxValue)
        : path.Mtu;

    private static void Configure(in OptionTarget target, PathStatistics path, PathOptions options)
    {
        NetworkAddress address = path.Path.Remote;
        Answers.Check();
        target.Live.Host.AskAsync((core, now) => core.ConfigurePath(now, address, options)).GetAwaiter().GetResult();
    }
}
