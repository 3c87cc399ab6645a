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
    private const int IdOffset = SocketName.StorageSize;
    private const uint HeartbeatsOn = 0x01;                  // SPP_HB_ENABLE
    private const uint HeartbeatsOff = 0x02;                 // SPP_HB_DISABLE
    private const uint HeartbeatNow = 0x04;                  // SPP_HB_DEMAND
    private const uint SearchOn = 0x08;                      // SPP_PMTUD_ENABLE
    private const uint SearchOff = 0x10;                     // SPP_PMTUD_DISABLE
    private const uint HasZeroInterval = 0x80;               // SPP_HB_TIME_IS_ZERO
    private const uint HasFlowLabel = 0x100;                 // SPP_IPV6_FLOWLABEL
    private const uint HasDscp = 0x200;                      // SPP_DSCP
    private const uint LongestInterval = 14_400_000;         // ms
    private const int SmallestMtu = 512;

    /// <summary>All of them, by their numbers in the header.</summary>
    public static IReadOnlyDictionary<int, SocketOption> All { get; } = new Dictionary<int, SocketOption>
    {
        // SCTP_SET_PEER_PRIMARY_ADDR
        [0x06] = new SocketOption(136, IdOffset, null, SetPeerPrimary),
        // SCTP_PRIMARY_ADDR
        [0x07] = new SocketOption(136, IdOffset, GetPrimary, SetPrimary),
        // SCTP_PEER_ADDR_PARAMS
        [0x0a] = new SocketOption(152, IdOffset, GetParameters, SetParameters, HasAddress: true),
        // SCTP_REMOTE_UDP_ENCAPS_PORT
        [0x24] = new SocketOption(
            136,
            IdOffset,
            static (in OptionTarget target, Span<byte> value) =>
            {
                BinaryPrimitives.WriteUInt16BigEndian(value[132..], target.Settings.RemoteUdpPort);
                return 136;
            },
            static (in OptionTarget target, ReadOnlySpan<byte> value) => target.Settings.RemoteUdpPort = BinaryPrimitives.ReadUInt16BigEndian(value[132..]),
            HasAddress: true),
        // SCTP_GET_PEER_ADDR_INFO
        [0x101] = new SocketOption(
            152,
            IdOffset,
            static (in OptionTarget target, Span<byte> value) =>
            {
                if (target.Association is null)
                {
                    throw new RefusedException(Errno.NoEntry);
                }

                WriteInfo(target, target.PathOf(value) ?? throw new RefusedException(Errno.NoEntry), value);
                return 152;
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
        MemoryMarshal.Write(value[128..], target.Socket.Names.Of(target.Live, target.Socket));
        MemoryMarshal.Write(value[132..], path.State switch
        {
            PathState.Unconfirmed => 0x0200,
            PathState.Inactive => 0x0002,
            _ => 0x0001,
        });
        MemoryMarshal.Write(value[136..], (uint)path.CongestionWindow);
        MemoryMarshal.Write(value[140..], (uint)path.SmoothedRtt.TotalMilliseconds);
        MemoryMarshal.Write(value[144..], (uint)path.Rto.TotalMilliseconds);
        MemoryMarshal.Write(value[148..], (uint)path.Mtu);
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

        return 136;
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
        MemoryMarshal.Write(value[IdOffset..], target.Association is null && !target.Socket.IsOneToMany ? 0 : MemoryMarshal.Read<uint>(value[IdOffset..]));
        MemoryMarshal.Write(value[132..], target.Settings.HasZeroHeartbeatInterval ? 0 : (uint)interval.TotalMilliseconds);
        MemoryMarshal.Write(value[136..], (uint?)path?.Options.Mtu ?? (uint?)path?.Mtu ?? target.Settings.PathMtu);
        MemoryMarshal.Write(value[140..], (beats ? HeartbeatsOn : HeartbeatsOff) | ((path is null ? target.Settings.PathMtu != 0 : path.Options.Mtu is not null) ? SearchOff : SearchOn)
            | (target.Settings.Dscp != 0 ? HasDscp : 0) | (target.Settings.FlowLabel != 0 ? HasFlowLabel : 0));
        MemoryMarshal.Write(value[144..], target.Settings.FlowLabel);
        MemoryMarshal.Write(value[148..], (ushort)(path?.Options.MaximumRetransmissions ?? options.MaximumPathRetransmissions));
        value[150] = target.Settings.Dscp;
        return 152;
    }

    private static void SetParameters(in OptionTarget target, ReadOnlySpan<byte> value)
    {
        uint interval = Math.Min(MemoryMarshal.Read<uint>(value[132..]), LongestInterval);
        uint mtu = MemoryMarshal.Read<uint>(value[136..]);
        uint flags = MemoryMarshal.Read<uint>(value[140..]);
        ushort attempts = MemoryMarshal.Read<ushort>(value[148..]);
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

        target.Settings.Dscp = (flags & HasDscp) != 0 ? (byte)(value[150] & 0xfc) : target.Settings.Dscp;
        target.Settings.FlowLabel = (flags & HasFlowLabel) != 0 ? MemoryMarshal.Read<uint>(value[144..]) : target.Settings.FlowLabel;
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
