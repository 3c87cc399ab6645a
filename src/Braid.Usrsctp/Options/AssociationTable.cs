using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;
using Braid.Sctp;
using Braid.Sockets;

namespace Braid.Usrsctp;

/// <summary>Options of an association, or of those that a socket will set up.</summary>
internal static class AssociationTable
{
    private const int LongestCookieLife = 3_600_000;         // ms
    private const int ShortestCookieLife = 1_000;
    private const int LongestSackDelay = 500;
    private const uint SmallestSegment = 64;                 // Braid sends none that are smaller

    /// <summary>All of them, by their numbers in the header.</summary>
    public static IReadOnlyDictionary<int, SocketOption> All { get; } = new Dictionary<int, SocketOption>
    {
        // SCTP_RTOINFO
        [0x01] = new SocketOption(16, 0, GetRto, SetRto),
        // SCTP_ASSOCINFO
        [0x02] = new SocketOption(20, 0, GetInfo, SetInfo),
        // SCTP_MAXSEG
        [0x0e] = SocketOption.AssociationValue(
            static target => target.Settings.MaximumSegment == 0 && target.Association is { } association ? (uint)association.Host.Core.FragmentationPoint : target.Settings.MaximumSegment,
            static (target, value) =>
            {
                target.Settings.MaximumSegment = value < ushort.MaxValue ? value : 0;
                int size = target.Settings.MaximumSegment == 0 ? 0 : (int)Math.Max(target.Settings.MaximumSegment, SmallestSegment);
                target.Change(options => options with { MaximumSegmentSize = size });
            }),
        // SCTP_DELAYED_SACK
        [0x0f] = new SocketOption(12, 0, GetSack, SetSack),
        // SCTP_MAX_BURST
        [0x19] = SocketOption.AssociationValue(static target => target.Settings.MaximumBurst, static (target, value) => target.Settings.MaximumBurst = value),
        // SCTP_CONTEXT
        [0x1a] = SocketOption.AssociationValue(static target => target.Options.Context, static (target, value) => target.Change(options => options with { Context = value })),
        // SCTP_EVENT
        [0x1e] = new SocketOption(8, 0, GetEvent, SetEvent),
        // SCTP_ECN_SUPPORTED
        [0x25] = Supported(Extensions.Ecn),
        // SCTP_PR_SUPPORTED
        [0x26] = Supported(Extensions.PartialReliability),
        // SCTP_AUTH_SUPPORTED
        [0x27] = SocketOption.AssociationValue(
            static target => Has(target, Extensions.Authentication),
            static (target, value) =>
            {
                if (value == 0 && (target.Options.Extensions & Extensions.AddressReconfiguration) != 0)
                {
                    throw new RefusedException(Errno.Invalid);           // ASCONF needs it (RFC 5061 §4.2.7)
                }

                Support(target, Extensions.Authentication, value != 0);
            }),
        // SCTP_ASCONF_SUPPORTED
        [0x28] = Supported(Extensions.AddressReconfiguration),
        // SCTP_RECONFIG_SUPPORTED
        [0x29] = Supported(Extensions.StreamReconfiguration),
        // SCTP_NRSACK_SUPPORTED
        [0x30] = Supported(Extensions.NonRenegableSack),
        // SCTP_PKTDROP_SUPPORTED: remembered
        [0x31] = SocketOption.AssociationValue(static target => target.Settings.KnowsPacketDrop ? 1u : 0, static (target, value) => NotLive(target).Settings.KnowsPacketDrop = value != 0),
        // SCTP_MAX_CWND: remembered
        [0x32] = SocketOption.AssociationValue(static target => target.Settings.MaximumWindow, static (target, value) => target.Settings.MaximumWindow = value),
        // SCTP_PLUGGABLE_SS
        [0x1203] = SocketOption.AssociationValue(static target => target.Settings.Scheduler, SetScheduler),
        // SCTP_STATUS
        [0x100] = new SocketOption(176, 0, GetStatus, null),
        // SCTP_TIMEOUTS
        [0x106] = new SocketOption(
            32,
            0,
            static (in OptionTarget target, Span<byte> value) =>
            {
                AssociationStatistics statistics = StatisticsOf(target.Live);
                value[4..32].Clear();
                MemoryMarshal.Write(value[8..], (uint)statistics.RetransmissionTimeouts);
                return 32;
            },
            null),
        // SCTP_PR_STREAM_STATUS, SCTP_PR_ASSOC_STATUS
        [0x107] = new SocketOption(24, 0, static (in OptionTarget target, Span<byte> value) => GetAbandoned(target, value, ofStream: true), null),
        [0x108] = new SocketOption(24, 0, static (in OptionTarget target, Span<byte> value) => GetAbandoned(target, value, ofStream: false), null),
    };

    private static AssociationStatistics StatisticsOf(SctpAssociation association) => Answers.Of(association, static asked => asked.GetStatisticsAsync());

    private static OptionTarget NotLive(OptionTarget target) => target.Association is null ? target : throw new RefusedException(Errno.Invalid);

    private static SocketOption Supported(Extensions extension) => SocketOption.AssociationValue(
        target => Has(target, extension), (target, value) => Support(target, extension, value != 0));

    private static uint Has(OptionTarget target, Extensions extension) =>
        ((target.Association?.Extensions ?? target.Settings.Association.Extensions) & extension) != 0 ? 1u : 0;

    private static void Support(OptionTarget target, Extensions extension, bool on) => NotLive(target).Change(options => options with
    {
        Extensions = on ? options.Extensions | extension : options.Extensions & ~extension,
    });

    private static int GetRto(in OptionTarget target, Span<byte> value)
    {
        MemoryMarshal.Write(value[4..], (uint)target.Options.RtoInitial.TotalMilliseconds);
        MemoryMarshal.Write(value[8..], (uint)target.Options.RtoMaximum.TotalMilliseconds);
        MemoryMarshal.Write(value[12..], (uint)target.Options.RtoMinimum.TotalMilliseconds);
        return 16;
    }

    private static void SetRto(in OptionTarget target, ReadOnlySpan<byte> value)
    {
        uint initial = MemoryMarshal.Read<uint>(value[4..]);
        uint maximum = MemoryMarshal.Read<uint>(value[8..]);
        uint minimum = MemoryMarshal.Read<uint>(value[12..]);
        target.Change(options => options with
        {
            RtoInitial = Or(initial, options.RtoInitial),
            RtoMaximum = Or(maximum, options.RtoMaximum),
            RtoMinimum = Or(minimum, options.RtoMinimum),
        });
    }

    private static int GetInfo(in OptionTarget target, Span<byte> value)
    {
        AssociationStatistics? now = target.Association is null ? null : StatisticsOf(target.Association);
        MemoryMarshal.Write(value[4..], (uint)(now?.PeerWindow ?? 0));
        MemoryMarshal.Write(value[8..], (uint)(now?.ReceiveWindow ?? target.Options.ReceiveBufferSize));
        MemoryMarshal.Write(value[12..], target.Settings.CookieLife);
        MemoryMarshal.Write(value[16..], (ushort)target.Options.MaximumRetransmissions);
        MemoryMarshal.Write(value[18..], (ushort)(target.Association is null ? 0 : PeerAddresses.Paths(target.Association).Count));
        return 20;
    }

    private static void SetInfo(in OptionTarget target, ReadOnlySpan<byte> value)
    {
        uint life = MemoryMarshal.Read<uint>(value[12..]);
        ushort attempts = MemoryMarshal.Read<ushort>(value[16..]);
        if (attempts > 0)
        {
            target.Change(options => options with { MaximumRetransmissions = attempts });
        }

        target.Settings.CookieLife = life == 0 ? target.Settings.CookieLife : Math.Clamp(life, ShortestCookieLife, LongestCookieLife);
    }

    private static int GetSack(in OptionTarget target, Span<byte> value)
    {
        MemoryMarshal.Write(value[4..], (uint)target.Options.SackDelay.TotalMilliseconds);
        MemoryMarshal.Write(value[8..], (uint)target.Options.SackFrequency);
        return 12;
    }

    private static void SetSack(in OptionTarget target, ReadOnlySpan<byte> value)
    {
        uint delay = MemoryMarshal.Read<uint>(value[4..]);
        uint frequency = MemoryMarshal.Read<uint>(value[8..]);
        if (delay > LongestSackDelay)
        {
            throw new RefusedException(Errno.Invalid);
        }

        target.Change(options => options with
        {
            SackDelay = Or(delay, options.SackDelay),
            SackFrequency = frequency == 0 ? options.SackFrequency : (int)Math.Min(frequency, int.MaxValue),
        });
    }

    private static int GetEvent(in OptionTarget target, Span<byte> value)
    {
        ushort type = MemoryMarshal.Read<ushort>(value[4..]);
        value[6] = IsOn(target, type) ? (byte)1 : (byte)0;
        return 8;
    }

    private static bool IsOn(in OptionTarget target, ushort type) => CheckEvent(type) switch
    {
        EventType.SendFailed => target.Settings.TellsFailedSendsTheOldWay,
        EventType.SendFailedEvent => target.Settings.TellsFailedSends,
        _ => (target.Options.Notifications & EventType.KindOf(type)) != 0,
    };

    private static void SetEvent(in OptionTarget target, ReadOnlySpan<byte> value)
    {
        ushort type = CheckEvent(MemoryMarshal.Read<ushort>(value[4..]));
        bool on = value[6] != 0;
        if (type == EventType.SendFailed)
        {
            target.Settings.TellsFailedSendsTheOldWay = on;
            return;                                          // the header has no structure for it
        }

        if (type == EventType.SendFailedEvent)
        {
            target.Settings.TellsFailedSends = on;
        }

        SctpNotificationKinds kind = EventType.KindOf(type);
        target.Change(options => options with { Notifications = on ? options.Notifications | kind : options.Notifications & ~kind });
    }

    private static ushort CheckEvent(ushort type) =>
        type == EventType.NotificationsStopped ? throw new RefusedException(Errno.NotSupported)
        : EventType.KindOf(type) == SctpNotificationKinds.None ? throw new RefusedException(Errno.Invalid)
        : type;

    // Those of libusrsctp by what they do; Braid's own default is first come, first served.
    private static void SetScheduler(OptionTarget target, uint value)
    {
        StreamScheduler scheduler = value switch
        {
            0 or 1 => StreamScheduler.RoundRobin,
            2 => StreamScheduler.RoundRobinPerPacket,
            3 => StreamScheduler.Priority,
            4 => StreamScheduler.FairCapacity,
            5 => StreamScheduler.FirstComeFirstServed,
            _ => throw new RefusedException(Errno.Invalid),
        };
        target.Change(options => options with { Scheduler = scheduler });
        target.Settings.Scheduler = value;
    }

    private static int GetStatus(in OptionTarget target, Span<byte> value)
    {
        SctpAssociation association = target.Live;
        AssociationStatistics now = StatisticsOf(association);
        MemoryMarshal.Write(value, target.Socket.Names.Of(association, target.Socket));
        MemoryMarshal.Write(value[4..], now.State switch
        {
            AssociationState.CookieWait => 0x0002,
            AssociationState.CookieEchoed => 0x0004,
            AssociationState.Established => 0x0008,
            AssociationState.ShutdownSent => 0x0010,
            AssociationState.ShutdownReceived => 0x0020,
            AssociationState.ShutdownAckSent => 0x0040,
            AssociationState.ShutdownPending => 0x0080,
            _ => 0,
        });
        MemoryMarshal.Write(value[8..], (uint)now.PeerWindow);
        MemoryMarshal.Write(value[12..], (ushort)Math.Min(now.UnacknowledgedChunks, ushort.MaxValue));
        MemoryMarshal.Write(value[14..], (ushort)(target.Socket.Incoming.TryPeek(out _, out _, out bool isNotification) && !isNotification ? 1 : 0));
        MemoryMarshal.Write(value[16..], now.State is AssociationState.CookieWait ? (ushort)0 : (ushort)now.IncomingStreams);     // not known yet
        MemoryMarshal.Write(value[18..], (ushort)now.OutgoingStreams);
        MemoryMarshal.Write(value[20..], (uint)now.FragmentationPoint);
        foreach (PathStatistics path in PeerAddresses.Paths(association))
        {
            if (path.IsPrimary)
            {
                PathTable.WriteInfo(target, path, value[24..]);
            }
        }

        return 176;
    }

    private static int GetAbandoned(in OptionTarget target, Span<byte> value, bool ofStream)
    {
        ushort policy = MemoryMarshal.Read<ushort>(value[6..]);
        ReliabilityPolicy? asked = policy switch
        {
            1 => ReliabilityPolicy.Lifetime,
            2 => ReliabilityPolicy.Priority,
            3 => ReliabilityPolicy.Retransmissions,
            0xf => null,                                     // SCTP_PR_SCTP_ALL
            _ => throw new RefusedException(Errno.Invalid),
        };
        ushort? stream = ofStream ? MemoryMarshal.Read<ushort>(value[4..]) : null;
        AbandonedMessages abandoned = Answers.Of(target.Live, association => association.GetAbandonedAsync(asked, stream));
        MemoryMarshal.Write(value[8..], (ulong)abandoned.Unsent);
        MemoryMarshal.Write(value[16..], (ulong)abandoned.Sent);
        return 24;
    }

    private static TimeSpan Or(uint milliseconds, TimeSpan otherwise) => milliseconds == 0 ? otherwise : TimeSpan.FromMilliseconds(milliseconds);
}
