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
    private const int InterleavingSupported = 0x1206;        // SCTP_INTERLEAVING_SUPPORTED: the library of 0.9.5 has it, its header has not
    [C("SCTP_CLOSED")] private const int IsClosed = 0;
    [C("SCTP_COOKIE_WAIT")] private const int InCookieWait = 0x02;
    [C("SCTP_COOKIE_ECHOED")] private const int InCookieEchoed = 0x04;
    [C("SCTP_ESTABLISHED")] private const int IsEstablished = 0x08;
    [C("SCTP_SHUTDOWN_SENT")] private const int InShutdownSent = 0x10;
    [C("SCTP_SHUTDOWN_RECEIVED")] private const int InShutdownReceived = 0x20;
    [C("SCTP_SHUTDOWN_ACK_SENT")] private const int InShutdownAckSent = 0x40;
    [C("SCTP_SHUTDOWN_PENDING")] private const int InShutdownPending = 0x80;

    [C("SCTP_SS_DEFAULT")] private const uint DefaultScheduler = 0;
    [C("SCTP_SS_ROUND_ROBIN")] private const uint RoundRobin = 1;
    [C("SCTP_SS_ROUND_ROBIN_PACKET")] private const uint RoundRobinPerPacket = 2;
    [C("SCTP_SS_PRIORITY")] private const uint ByPriority = 3;
    [C("SCTP_SS_FAIR_BANDWITH")] private const uint FairBandwidth = 4;
    [C("SCTP_SS_FIRST_COME")] private const uint FirstCome = 5;

    private const uint SmallestSegment = 64;                 // Braid sends none that are smaller

    /// <summary>All of them, by their numbers in the header.</summary>
    public static IReadOnlyDictionary<int, SocketOption> All { get; } = new Dictionary<int, SocketOption>
    {
        [OptionName.RtoInfo] = new SocketOption(OptionLayouts.Rto.Size, OptionLayouts.Rto.Id, GetRto, SetRto),
        [OptionName.AssociationInfo] = new SocketOption(OptionLayouts.Association.Size, OptionLayouts.Association.Id, GetInfo, SetInfo),
        [OptionName.MaximumSegment] = SocketOption.AssociationValue(
            static target => target.Settings.MaximumSegment == 0 && target.Association is { } association ? (uint)association.Host.Core.FragmentationPoint : target.Settings.MaximumSegment,
            static (target, value) =>
            {
                target.Settings.MaximumSegment = value < ushort.MaxValue ? value : 0;
                int size = target.Settings.MaximumSegment == 0 ? 0 : (int)Math.Max(target.Settings.MaximumSegment, SmallestSegment);
                target.Change(options => options with { MaximumSegmentSize = size });
            }),
        [OptionName.DelayedSack] = new SocketOption(OptionLayouts.Sack.Size, OptionLayouts.Sack.Id, GetSack, SetSack),
        [OptionName.MaximumBurst] = SocketOption.AssociationValue(static target => target.Settings.MaximumBurst, static (target, value) => target.Settings.MaximumBurst = value),
        [OptionName.Context] = SocketOption.AssociationValue(static target => target.Options.Context, static (target, value) => target.Change(options => options with { Context = value })),
        [OptionName.Event] = new SocketOption(OptionLayouts.Event.Size, OptionLayouts.Event.Id, GetEvent, SetEvent),
        [OptionName.EcnSupported] = Supported(Extensions.Ecn),
        [OptionName.ReliabilitySupported] = Supported(Extensions.PartialReliability),
        [OptionName.AuthenticationSupported] = SocketOption.AssociationValue(
            static target => Has(target, Extensions.Authentication),
            static (target, value) =>
            {
                if (value == 0 && (target.Options.Extensions & Extensions.AddressReconfiguration) != 0)
                {
                    throw new RefusedException(Errno.Invalid);           // ASCONF needs it (RFC 5061 §4.2.7)
                }

                Support(target, Extensions.Authentication, value != 0);
            }),
        [OptionName.AsconfSupported] = Supported(Extensions.AddressReconfiguration),
        [OptionName.ReconfigSupported] = Supported(Extensions.StreamReconfiguration),
        [OptionName.NrSackSupported] = Supported(Extensions.NonRenegableSack),
        // SCTP_PKTDROP_SUPPORTED: remembered
        [OptionName.PacketDropSupported] = SocketOption.AssociationValue(static target => target.Settings.KnowsPacketDrop ? 1u : 0, static (target, value) => NotLive(target).Settings.KnowsPacketDrop = value != 0),
        // SCTP_MAX_CWND: remembered
        [OptionName.MaximumWindow] = SocketOption.AssociationValue(static target => target.Settings.MaximumWindow, static (target, value) => target.Settings.MaximumWindow = value),
        [OptionName.Scheduler] = SocketOption.AssociationValue(static target => target.Settings.Scheduler, SetScheduler),
        [InterleavingSupported] = Supported(Extensions.Interleaving),
        [OptionName.Status] = new SocketOption(OptionLayouts.Status.Size, OptionLayouts.Status.Id, GetStatus, null),
        [OptionName.Timeouts] = new SocketOption(
            OptionLayouts.Timeouts.Size,
            OptionLayouts.Timeouts.Id,
            static (in OptionTarget target, Span<byte> value) =>
            {
                AssociationStatistics statistics = StatisticsOf(target.Live);
                value[OptionLayouts.Timeouts.Init..OptionLayouts.Timeouts.Size].Clear();
                MemoryMarshal.Write(value[OptionLayouts.Timeouts.Data..], (uint)statistics.RetransmissionTimeouts);
                return OptionLayouts.Timeouts.Size;
            },
            null),
        // SCTP_PR_STREAM_STATUS, SCTP_PR_ASSOC_STATUS
        [OptionName.StreamAbandoned] = new SocketOption(OptionLayouts.Abandoned.Size, OptionLayouts.Abandoned.Id, static (in OptionTarget target, Span<byte> value) => GetAbandoned(target, value, ofStream: true), null),
        [OptionName.AssociationAbandoned] = new SocketOption(OptionLayouts.Abandoned.Size, OptionLayouts.Abandoned.Id, static (in OptionTarget target, Span<byte> value) => GetAbandoned(target, value, ofStream: false), null),
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
        MemoryMarshal.Write(value[OptionLayouts.Rto.Initial..], (uint)target.Options.RtoInitial.TotalMilliseconds);
        MemoryMarshal.Write(value[OptionLayouts.Rto.Maximum..], (uint)target.Options.RtoMaximum.TotalMilliseconds);
        MemoryMarshal.Write(value[OptionLayouts.Rto.Minimum..], (uint)target.Options.RtoMinimum.TotalMilliseconds);
        return OptionLayouts.Rto.Size;
    }

    private static void SetRto(in OptionTarget target, ReadOnlySpan<byte> value)
    {
        uint initial = MemoryMarshal.Read<uint>(value[OptionLayouts.Rto.Initial..]);
        uint maximum = MemoryMarshal.Read<uint>(value[OptionLayouts.Rto.Maximum..]);
        uint minimum = MemoryMarshal.Read<uint>(value[OptionLayouts.Rto.Minimum..]);
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
        MemoryMarshal.Write(value[OptionLayouts.Association.PeerWindow..], (uint)(now?.PeerWindow ?? 0));
        MemoryMarshal.Write(value[OptionLayouts.Association.Window..], (uint)(now?.ReceiveWindow ?? target.Options.ReceiveBufferSize));
        MemoryMarshal.Write(value[OptionLayouts.Association.CookieLife..], target.Settings.CookieLife);
        MemoryMarshal.Write(value[OptionLayouts.Association.Attempts..], (ushort)target.Options.MaximumRetransmissions);
        MemoryMarshal.Write(value[OptionLayouts.Association.PeerAddresses..], (ushort)(target.Association is null ? 0 : PeerAddresses.Paths(target.Association).Count));
        return OptionLayouts.Association.Size;
    }

    private static void SetInfo(in OptionTarget target, ReadOnlySpan<byte> value)
    {
        uint life = MemoryMarshal.Read<uint>(value[OptionLayouts.Association.CookieLife..]);
        ushort attempts = MemoryMarshal.Read<ushort>(value[OptionLayouts.Association.Attempts..]);
        if (attempts > 0)
        {
            target.Change(options => options with { MaximumRetransmissions = attempts });
        }

        target.Settings.CookieLife = life == 0 ? target.Settings.CookieLife : Math.Clamp(life, ShortestCookieLife, LongestCookieLife);
    }

    private static int GetSack(in OptionTarget target, Span<byte> value)
    {
        MemoryMarshal.Write(value[OptionLayouts.Sack.Delay..], (uint)target.Options.SackDelay.TotalMilliseconds);
        MemoryMarshal.Write(value[OptionLayouts.Sack.Frequency..], (uint)target.Options.SackFrequency);
        return OptionLayouts.Sack.Size;
    }

    private static void SetSack(in OptionTarget target, ReadOnlySpan<byte> value)
    {
        uint delay = MemoryMarshal.Read<uint>(value[OptionLayouts.Sack.Delay..]);
        uint frequency = MemoryMarshal.Read<uint>(value[OptionLayouts.Sack.Frequency..]);
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
        ushort type = MemoryMarshal.Read<ushort>(value[OptionLayouts.Event.Type..]);
        value[OptionLayouts.Event.On] = IsOn(target, type) ? (byte)1 : (byte)0;
        return OptionLayouts.Event.Size;
    }

    private static bool IsOn(in OptionTarget target, ushort type) => CheckEvent(type) switch
    {
        EventType.SendFailed => target.Settings.TellsFailedSendsTheOldWay,
        EventType.SendFailedEvent => target.Settings.TellsFailedSends,
        EventType.AssociationReset => target.Settings.TellsAssociationResets,
        _ => (target.Options.Notifications & EventType.KindOf(type)) != 0,
    };

    private static void SetEvent(in OptionTarget target, ReadOnlySpan<byte> value)
    {
        ushort type = CheckEvent(MemoryMarshal.Read<ushort>(value[OptionLayouts.Event.Type..]));
        bool on = value[OptionLayouts.Event.On] != 0;
        if (type == EventType.SendFailed)
        {
            target.Settings.TellsFailedSendsTheOldWay = on;
            return;                                          // the header has no structure for it
        }

        if (type == EventType.SendFailedEvent)
        {
            target.Settings.TellsFailedSends = on;
        }

        if (type == EventType.AssociationReset)
        {
            target.Settings.TellsAssociationResets = on;
        }

        SctpNotificationKinds kind = EventType.KindOf(type);
        bool tellsResets = target.Settings.TellsAssociationResets;
        target.Change(options =>
        {
            SctpNotificationKinds kinds = on ? options.Notifications | kind : options.Notifications & ~kind;

            // It resets all streams as well: those who want that alone are told so.
            bool needsResets = tellsResets || (kinds & SctpNotificationKinds.StreamReset) != 0;
            return options with { Notifications = needsResets ? kinds | SctpNotificationKinds.AssociationReset : kinds & ~SctpNotificationKinds.AssociationReset };
        });
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
            DefaultScheduler or RoundRobin => StreamScheduler.RoundRobin,
            RoundRobinPerPacket => StreamScheduler.RoundRobinPerPacket,
            ByPriority => StreamScheduler.Priority,
            FairBandwidth => StreamScheduler.FairCapacity,
            FirstCome => StreamScheduler.FirstComeFirstServed,
            _ => throw new RefusedException(Errno.Invalid),
        };
        target.Change(options => options with { Scheduler = scheduler });
        target.Settings.Scheduler = value;
    }

    private static int GetStatus(in OptionTarget target, Span<byte> value)
    {
        SctpAssociation association = target.Live;
        AssociationStatistics now = StatisticsOf(association);
        MemoryMarshal.Write(value[OptionLayouts.Status.Id..], target.Socket.Names.Of(association, target.Socket));
        MemoryMarshal.Write(value[OptionLayouts.Status.State..], now.State switch
        {
            AssociationState.CookieWait => InCookieWait,
            AssociationState.CookieEchoed => InCookieEchoed,
            AssociationState.Established => IsEstablished,
            AssociationState.ShutdownSent => InShutdownSent,
            AssociationState.ShutdownReceived => InShutdownReceived,
            AssociationState.ShutdownAckSent => InShutdownAckSent,
            AssociationState.ShutdownPending => InShutdownPending,
            _ => IsClosed,
        });
        MemoryMarshal.Write(value[OptionLayouts.Status.PeerWindow..], (uint)now.PeerWindow);
        MemoryMarshal.Write(value[OptionLayouts.Status.Unacknowledged..], (ushort)Math.Min(now.UnacknowledgedChunks, ushort.MaxValue));
        MemoryMarshal.Write(value[OptionLayouts.Status.Pending..], (ushort)(target.Socket.Incoming.TryPeek(out _, out _, out bool isNotification) && !isNotification ? 1 : 0));
        MemoryMarshal.Write(value[OptionLayouts.Status.IncomingStreams..], now.State is AssociationState.CookieWait ? (ushort)0 : (ushort)now.IncomingStreams);     // not known yet
        MemoryMarshal.Write(value[OptionLayouts.Status.OutgoingStreams..], (ushort)now.OutgoingStreams);
        MemoryMarshal.Write(value[OptionLayouts.Status.FragmentationPoint..], (uint)now.FragmentationPoint);
        foreach (PathStatistics path in PeerAddresses.Paths(association))
        {
            if (path.IsPrimary)
            {
                PathTable.WriteInfo(target, path, value[OptionLayouts.Status.Primary..]);
            }
        }

        return OptionLayouts.Status.Size;
    }

    private static int GetAbandoned(in OptionTarget target, Span<byte> value, bool ofStream)
    {
        ushort policy = MemoryMarshal.Read<ushort>(value[OptionLayouts.Abandoned.Policy..]);
        ReliabilityPolicy? asked = policy switch
        {
            ReliabilityInfo.ByLifetime => ReliabilityPolicy.Lifetime,
            ReliabilityInfo.ByPriority => ReliabilityPolicy.Priority,
            ReliabilityInfo.ByRetransmissions => ReliabilityPolicy.Retransmissions,
            0xf => null,                                     // SCTP_PR_SCTP_ALL
            _ => throw new RefusedException(Errno.Invalid),
        };
        ushort? stream = ofStream ? MemoryMarshal.Read<ushort>(value[OptionLayouts.Abandoned.Stream..]) : null;
        AbandonedMessages abandoned = Answers.Of(target.Live, association => association.GetAbandonedAsync(asked, stream));
        MemoryMarshal.Write(value[OptionLayouts.Abandoned.Unsent..], (ulong)abandoned.Unsent);
        MemoryMarshal.Write(value[OptionLayouts.Abandoned.Sent..], (ulong)abandoned.Sent);
        return OptionLayouts.Abandoned.Size;
    }

    private static TimeSpan Or(uint milliseconds, TimeSpan otherwise) => milliseconds == 0 ? otherwise : TimeSpan.FromMilliseconds(milliseconds);
}
