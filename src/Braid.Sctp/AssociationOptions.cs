using System;
using System.Collections.Generic;

namespace Braid.Sctp;

/// <summary>
/// What an association may use and how it behaves. Defaults are the values that RFC 9260 §16 suggests, unless the property
/// says otherwise. Immutable: <see cref="Association.Reconfigure"/> puts other options in place of an association's.
/// </summary>
public record AssociationOptions
{
    /// <summary>What a message counts against <see cref="SendBufferSize"/> beside its length, in bytes.</summary>
    public const int MessageOverhead = 256;

    private const long FirstSend = 2 << 20;                  // nobody is promised it: what is sent in one go should find room
    private const long FirstReceive = 256 << 10;             // what everybody is promised: many initial windows, so that slow start does not wait
    private const long BufferForMessages = 5 << 20;

    /// <summary>All defaults.</summary>
    public static AssociationOptions Default { get; } = new();

    /// <summary>
    /// All defaults, but windows to the letter of RFC 9260 §7.2: <see cref="CongestionControl.NewReno"/>, its initial window, and no pacing
    /// but <see cref="MaximumBurst"/>; and paths that are active until they are inactive (§8.2).
    /// </summary>
    public static AssociationOptions Rfc9260 { get; } = new()
    {
        CongestionControl = CongestionControl.NewReno,
        InitialWindow = 0,
        Pacing = false,
        PotentiallyFailedThreshold = int.MaxValue,
    };

    /// <summary>
    /// Names of the properties that stay as they are for the life of an association: the streams were negotiated (§5.1.1), the
    /// peer was told of the adaptation layer and of the extensions, and chunks were cut to the size of the paths (§6.9).
    /// </summary>
    public static IReadOnlyList<string> FixedProperties { get; } =
        [nameof(OutgoingStreams), nameof(IncomingStreams), nameof(PathMtu), nameof(AdaptationIndication), nameof(Extensions), nameof(Authentication)];

    /// <summary>Outgoing streams that we ask for, 1 to 65535 (§5.1.1); the peer may allow fewer. Default 1024.</summary>
    public int OutgoingStreams { get; init; } = 1024;

    /// <summary>Incoming streams that we allow, 1 to 65535 (§5.1.1). State is made only for those used. Default 65535.</summary>
    public int IncomingStreams { get; init; } = 65535;

    /// <summary>
    /// Bytes of messages accepted and not yet acknowledged before <see cref="SendStatus.QueueFull"/>; each counts
    /// <see cref="MessageOverhead"/> on top of its length. From 0. Default 0: it begins with 2 MiB and grows to twice the congestion
    /// window while it is used, up to <see cref="MaximumSendBufferSize"/> and as far as <see cref="EndpointOptions.BufferBudget"/> goes.
    /// </summary>
    public long SendBufferSize { get; init; }

    /// <summary>How far the send buffer grows by itself, in bytes, from 1. Default 32 MiB: 1 Gbit/s over 100 ms.</summary>
    public long MaximumSendBufferSize { get; init; } = 32 << 20;

    /// <summary>
    /// Bytes of received data held for the application: what the advertised window starts from. From 1500 to 4294967295 (§3.3.2), or 0,
    /// the default: it begins with 256 KiB and grows to twice what the application takes in a round trip, up to
    /// <see cref="MaximumReceiveBufferSize"/>, and as far as 5 MiB for messages that are not complete, where
    /// <see cref="EndpointOptions.BufferBudget"/> allows. When it becomes smaller, what was advertised before stays good (§6.2).
    /// </summary>
    public long ReceiveBufferSize { get; init; }

    /// <summary>How far the receive buffer grows by itself, in bytes, 1500 to 4294967295. Default 32 MiB: 1 Gbit/s over 100 ms.</summary>
    public long MaximumReceiveBufferSize { get; init; } = 32 << 20;

    /// <summary>
    /// The longest message that may be sent, in bytes, 1 to 2147483591. One that is longer than the peer's receive buffer arrives in parts
    /// (§6.9). Default 16 MiB.
    /// </summary>
    public int MaximumMessageSize { get; init; } = 16 << 20;

    /// <summary>
    /// How much of the receive buffer one incomplete message may hold, in bytes, before it is delivered in parts (§6.9, RFC 6458
    /// §8.1.21): from 1 to <see cref="ReceiveBufferSize"/>, or to <see cref="MaximumReceiveBufferSize"/> where that is 0. Null, the default,
    /// for three quarters of the receive buffer, and of 5 MiB where it grows by itself.
    /// </summary>
    public long? PartialDeliveryPoint { get; init; }

    /// <summary>
    /// Whether data is sent as soon as the windows allow (RFC 6458 §8.1.5). False for the algorithm of Nagle: while data is in
    /// flight, a packet that is not full waits for more, or for what is in flight to be acknowledged. A message longer than a
    /// packet, one with <see cref="SendOptions.SackImmediately"/> and a shutdown do not wait. Default true.
    /// </summary>
    public bool NoDelay { get; init; } = true;

    /// <summary>
    /// The most user data that one DATA chunk is given, in bytes (RFC 6458 §8.1.16): 0 for what the path allows, or from 64 to
    /// 65535. Messages that are longer are cut. Default 0.
    /// </summary>
    public int MaximumSegmentSize { get; init; }

    /// <summary>
    /// Whether a message may take several DATA chunks (RFC 6458 §8.1.11). False to have one that would refused with
    /// <see cref="SendStatus.NeedsFragmentation"/>. Default true.
    /// </summary>
    public bool Fragmentation { get; init; } = true;

    /// <summary>Which stream sends next (RFC 8260 §3, §4.3.2). Default <see cref="StreamScheduler.RoundRobin"/>.</summary>
    public StreamScheduler Scheduler { get; init; }

    /// <summary>
    /// Size of the largest IP packet to send, in bytes, 512 to 65535, the headers of the encapsulation included: where the search
    /// for larger ones (<see cref="MaximumPathMtu"/>) begins, and what it falls back to. Default 1280: what every IPv6 link
    /// carries.
    /// </summary>
    public int PathMtu { get; init; } = 1280;

    /// <summary>
    /// Size of the largest IP packet to search for (RFC 8899), in bytes, 0 to 65535; there is no search when it is not more than
    /// <see cref="PathMtu"/>. It begins with the first packet that is full. Default 9000.
    /// </summary>
    public int MaximumPathMtu { get; init; } = 9000;

    /// <summary>RTO before the first measurement (RTO.Initial), from <see cref="RtoMinimum"/> to <see cref="RtoMaximum"/>. Default 1 s.</summary>
    public TimeSpan RtoInitial { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Least RTO (RTO.Min), from 1 ms. Below the peer's delayed-ack time it causes needless retransmissions. Default 1 s.</summary>
    public TimeSpan RtoMinimum { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Greatest RTO (RTO.Max), from <see cref="RtoMinimum"/>. Default 60 s.</summary>
    public TimeSpan RtoMaximum { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How losses are found before T3-rtx expires. Default <see cref="LossRecovery.Rack"/>.</summary>
    public LossRecovery LossRecovery { get; init; } = LossRecovery.Rack;

    /// <summary>
    /// Whether T3-rtx, when it begins anew with an acknowledgement and little is outstanding, counts from when that was sent
    /// (RFC 7765), not from now. Default true.
    /// </summary>
    public bool RtoRestart { get; init; } = true;

    /// <summary>
    /// What decides how much may be in flight (§7.2). One that takes the place of another begins with its window. Default
    /// <see cref="CongestionControl.Bbr"/>.
    /// </summary>
    public CongestionControl CongestionControl { get; init; } = CongestionControl.Bbr;

    /// <summary>
    /// How many packets may leave on a path before anything is acknowledged there, 1 to 100 (RFC 6928, as bytes: 1460 for each), or 0 for
    /// what RFC 9260 §7.2.1 has: three or four. Counts for paths that are added later. Default 10.
    /// </summary>
    public int InitialWindow { get; init; } = 10;

    /// <summary>
    /// Whether packets leave evenly spread over the round trip, in bursts of about a millisecond, and not as soon as the window allows; then
    /// <see cref="MaximumBurst"/> does not count. <see cref="CongestionControl.Bbr"/> always spreads them. Default true.
    /// </summary>
    public bool Pacing { get; init; } = true;

    /// <summary>Packets that one opportunity to send may emit (Max.Burst), from 1. With fewer than 3 the congestion window cannot grow. Default 4.</summary>
    public int MaximumBurst { get; init; } = 4;

    /// <summary>
    /// Whether data takes all active paths of a peer with several addresses at the same time (draft-tuexen-tsvwg-sctp-multipath), the one with
    /// the shortest round trip first, and not the primary one alone. With <see cref="CongestionControl.NewReno"/> the windows of the paths grow
    /// together (RFC 6356): a bottleneck that they share sees no more than one flow. With the others each path is a flow of its own. The
    /// receiver wants it too, for fewer acknowledgements. Default false.
    /// </summary>
    public bool ConcurrentMultipath { get; init; }

    /// <summary>Retransmissions in a row before the peer counts as unreachable (Association.Max.Retrans), from 0. Default 10.</summary>
    public int MaximumRetransmissions { get; init; } = 10;

    /// <summary>Failures in a row before a path counts as inactive (Path.Max.Retrans), from 0. Default 5.</summary>
    public int MaximumPathRetransmissions { get; init; } = 5;

    /// <summary>
    /// Failures in a row before a path counts as potentially failed (PotentiallyFailed.Max.Retrans, RFC 7829 §3.2), where the peer has several
    /// addresses: from 0; from <see cref="MaximumPathRetransmissions"/> on it never does. Default 0: data leaves a path with the first
    /// time-out there, and comes back as soon as a heartbeat is answered.
    /// </summary>
    public int PotentiallyFailedThreshold { get; init; }

    /// <summary>
    /// Failures in a row before the path that data takes instead becomes the primary one (Primary.Switchover.Max.Retrans, RFC 7829 §5): at
    /// least <see cref="PotentiallyFailedThreshold"/>, or <see cref="MaximumPathRetransmissions"/> where that is less. Null, the default, for
    /// never: data returns to the primary path when that is active again.
    /// </summary>
    public int? PrimarySwitchoverThreshold { get; init; }

    /// <summary>
    /// Whether anybody hears of paths that have potentially failed (RFC 7829 §7.3); else they look active. Default true.
    /// </summary>
    public bool ExposesPotentiallyFailedState { get; init; } = true;

    /// <summary>Retransmissions of INIT and of COOKIE ECHO before setting up has failed (Max.Init.Retransmits), from 0. Default 8.</summary>
    public int MaximumInitRetransmissions { get; init; } = 8;

    /// <summary>Time between heartbeats on an idle path, on top of the RTO (HB.interval); <see cref="TimeSpan.Zero"/> turns them off. Default 30 s.</summary>
    public TimeSpan HeartbeatInterval { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Longest delay of an acknowledgement (SACK.Delay), 0 to 500 ms. Default 200 ms.</summary>
    public TimeSpan SackDelay { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>
    /// Packets with data that are acknowledged together (RFC 6458 §8.1.19): 1 for each by itself, which turns delayed
    /// acknowledgements off. At least 1; more than 2 is more than §6.2 recommends. Default 2.
    /// </summary>
    public int SackFrequency { get; init; } = 2;

    /// <summary>
    /// How long a whole shutdown may take (T5-shutdown-guard, §9.2), counted from its beginning; longer than zero. Null, the
    /// default, for five times <see cref="RtoMaximum"/>.
    /// </summary>
    public TimeSpan? ShutdownGuard { get; init; }

    /// <summary>
    /// After how long without user data, sent or received, a graceful shutdown begins by itself (RFC 6458 §8.1.8); at least
    /// 1 ms, or <see cref="TimeSpan.Zero"/> for never. What still waits to be sent or acknowledged keeps an association
    /// busy. Default <see cref="TimeSpan.Zero"/>.
    /// </summary>
    public TimeSpan IdleTimeout { get; init; }

    /// <summary>
    /// The adaptation code point to put into INIT and INIT ACK (RFC 5061 §4.2.6, RFC 6458 §8.1.10); any value. Null, the
    /// default, for none.
    /// </summary>
    public uint? AdaptationIndication { get; init; }

    /// <summary>
    /// Extensions to offer to the peer, and to take from it (RFC 5061 §4.2.7). Which of them are used,
    /// <see cref="Association.Extensions"/> says. Default: all but <see cref="Sctp.Extensions.NonRenegableSack"/>,
    /// <see cref="Sctp.Extensions.Authentication"/> and <see cref="Sctp.Extensions.AddressReconfiguration"/>.
    /// </summary>
    public Extensions Extensions { get; init; } =
        Extensions.PartialReliability | Extensions.StreamReconfiguration | Extensions.Interleaving | Extensions.ZeroChecksum | Extensions.Ecn;

    /// <summary>
    /// Which chunks are authenticated, and by what keys (RFC 4895); any but null offers <see cref="Sctp.Extensions.Authentication"/>. Null, the
    /// default, for none, or where that is among <see cref="Extensions"/>, for <see cref="AuthenticationOptions.Default"/>.
    /// </summary>
    public AuthenticationOptions? Authentication { get; init; }

    /// <summary>
    /// What the peer may change of the association (RFC 6525 §6.3.1); all else that it asks for is denied. What we have asked
    /// it for ourselves is allowed. How many streams there may be, <see cref="IncomingStreams"/> says. Default none.
    /// </summary>
    public ReconfigurationKinds AllowedReconfiguration { get; init; }

    /// <summary>
    /// Whether messages that could not be delivered come back as <see cref="AssociationEvent.SendFailed"/> (RFC 6458 §6.1.11).
    /// They hold their memory until that is disposed. Default false.
    /// </summary>
    public bool ReportsFailedSends { get; init; }

    /// <summary>Whether <see cref="AssociationEvent.SenderDry"/> is reported (RFC 6458 §6.1.9). Default false.</summary>
    public bool ReportsSenderDry { get; init; }

    /// <summary>Whether every value is in its range.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A value is outside the range that its property names.</exception>
    public virtual void Validate()
    {
        InRange(OutgoingStreams, 1, ushort.MaxValue, nameof(OutgoingStreams));
        InRange(IncomingStreams, 1, ushort.MaxValue, nameof(IncomingStreams));
        InRange(SendBufferSize, 0, long.MaxValue, nameof(SendBufferSize));
        InRange(MaximumSendBufferSize, 1, long.MaxValue, nameof(MaximumSendBufferSize));
        InRange(ReceiveBufferSize, ReceiveBufferSize == 0 ? 0 : 1500, uint.MaxValue, nameof(ReceiveBufferSize));
        InRange(MaximumReceiveBufferSize, 1500, uint.MaxValue, nameof(MaximumReceiveBufferSize));
        InRange(MaximumMessageSize, 1, Array.MaxLength, nameof(MaximumMessageSize));
        InRange(PartialDeliveryPoint ?? 1, 1, LargestReceiveBuffer, nameof(PartialDeliveryPoint));
        InRange(MaximumSegmentSize, MaximumSegmentSize == 0 ? 0 : 64, ushort.MaxValue, nameof(MaximumSegmentSize));
        InRange((int)Scheduler, 0, (int)StreamScheduler.WeightedFairQueueing, nameof(Scheduler));
        InRange(PathMtu, 512, ushort.MaxValue, nameof(PathMtu));
        InRange(MaximumPathMtu, 0, ushort.MaxValue, nameof(MaximumPathMtu));
        InRange((int)LossRecovery, 0, (int)LossRecovery.Rack, nameof(LossRecovery));
        InRange((int)CongestionControl, 0, (int)CongestionControl.HighSpeed, nameof(CongestionControl));
        InRange(InitialWindow, 0, 100, nameof(InitialWindow));
        InRange(MaximumBurst, 1, int.MaxValue, nameof(MaximumBurst));
        InRange(MaximumRetransmissions, 0, int.MaxValue, nameof(MaximumRetransmissions));
        InRange(MaximumPathRetransmissions, 0, int.MaxValue, nameof(MaximumPathRetransmissions));
        InRange(PotentiallyFailedThreshold, 0, int.MaxValue, nameof(PotentiallyFailedThreshold));
        InRange(
            PrimarySwitchoverThreshold ?? int.MaxValue,
            Math.Min(PotentiallyFailedThreshold, MaximumPathRetransmissions),
            int.MaxValue,
            nameof(PrimarySwitchoverThreshold));
        InRange(MaximumInitRetransmissions, 0, int.MaxValue, nameof(MaximumInitRetransmissions));
        InRange(RtoMinimum.Ticks, TimeSpan.TicksPerMillisecond, long.MaxValue, nameof(RtoMinimum));
        InRange(RtoMaximum.Ticks, RtoMinimum.Ticks, long.MaxValue, nameof(RtoMaximum));
        InRange(RtoInitial.Ticks, RtoMinimum.Ticks, RtoMaximum.Ticks, nameof(RtoInitial));
        InRange(HeartbeatInterval.Ticks, 0, long.MaxValue, nameof(HeartbeatInterval));
        InRange(SackDelay.Ticks, 0, 500 * TimeSpan.TicksPerMillisecond, nameof(SackDelay));
        InRange(SackFrequency, 1, int.MaxValue, nameof(SackFrequency));
        InRange((ShutdownGuard ?? RtoMaximum).Ticks, 1, long.MaxValue, nameof(ShutdownGuard));
        InRange(IdleTimeout.Ticks, IdleTimeout == TimeSpan.Zero ? 0 : TimeSpan.TicksPerMillisecond, long.MaxValue, nameof(IdleTimeout));
        Authentication?.Validate();
    }

    /// <summary>The first of <see cref="FixedProperties"/> that other options have another value for; null for none.</summary>
    public virtual string? FirstFixedChange(AssociationOptions other) =>
        OutgoingStreams != other.OutgoingStreams ? nameof(OutgoingStreams)
        : IncomingStreams != other.IncomingStreams ? nameof(IncomingStreams)
        : PathMtu != other.PathMtu ? nameof(PathMtu)
        : AdaptationIndication != other.AdaptationIndication ? nameof(AdaptationIndication)
        : Extensions != other.Extensions ? nameof(Extensions)
        : Authentication != other.Authentication ? nameof(Authentication)
        : null;

    /// <summary>What is offered of authentication; null for nothing.</summary>
    internal AuthenticationOptions? OfferedAuthentication =>
        Authentication ?? ((Extensions & (Extensions.Authentication | Extensions.AddressReconfiguration)) != 0 ? AuthenticationOptions.Default : null);

    /// <summary>Whether ASCONF is offered.</summary>
    internal bool OffersAddressReconfiguration => (Extensions & Extensions.AddressReconfiguration) != 0;

    /// <summary>The send buffer at first.</summary>
    internal long FirstSendBuffer => SendBufferSize > 0 ? SendBufferSize : Math.Min(FirstSend, MaximumSendBufferSize);

    /// <summary>The receive buffer at first, and the window of INIT and INIT ACK.</summary>
    internal long FirstReceiveBuffer => ReceiveBufferSize > 0 ? ReceiveBufferSize : Math.Min(FirstReceive, MaximumReceiveBufferSize);

    /// <summary>The receive buffer that messages which are not complete may have, as long as the application has taken nothing.</summary>
    internal long ReassemblyBuffer => ReceiveBufferSize > 0 ? ReceiveBufferSize
        : Math.Min(MaximumReceiveBufferSize, Math.Max(BufferForMessages, (PartialDeliveryPoint ?? 0) / 3 * 4));

    /// <summary><see cref="PartialDeliveryPoint"/>, or what stands for it.</summary>
    internal long PartialPoint => PartialDeliveryPoint ?? (ReassemblyBuffer / 4 * 3);

    private long LargestReceiveBuffer => ReceiveBufferSize > 0 ? ReceiveBufferSize : MaximumReceiveBufferSize;

    internal static void InRange(long value, long minimum, long maximum, string name)
    {
        if (value < minimum || value > maximum)
        {
            throw new ArgumentOutOfRangeException(name, value, $"{name} must be from {minimum} to {maximum}.");
        }
    }
}
