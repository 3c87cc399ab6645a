using System;
using System.Collections.Generic;
using Braid.Sctp;
using Braid.Sctp.Wire;

namespace Braid.Sockets;

/// <summary>
/// The options of RFC 6458 §8.1 that can be set for an association, and congestion control. docs/options.md has the whole list, with defaults and ranges: a
/// value outside its range is an <see cref="ArgumentOutOfRangeException"/> where it is set. There are no process-wide settings.
/// </summary>
public static class SctpOptions
{
    /// <summary>Bounds of the retransmission time-out (§8.1.1).</summary>
    public static SctpOption<SctpRtoInfo> RtoInfo { get; } = new(
        "SCTP_RTOINFO",
        static options => new SctpRtoInfo(options.RtoInitial, options.RtoMinimum, options.RtoMaximum),
        static (options, value) => options with { RtoInitial = value.Initial, RtoMinimum = value.Minimum, RtoMaximum = value.Maximum });

    /// <summary>Retransmissions in a row before the peer counts as unreachable (§8.1.2).</summary>
    public static SctpOption<int> MaximumRetransmissions { get; } = new(
        "SCTP_ASSOCINFO",
        static options => options.MaximumRetransmissions,
        static (options, value) => options with { MaximumRetransmissions = value });

    /// <summary>Streams, and how often INIT is repeated (§8.1.3). Streams are fixed once the association exists.</summary>
    public static SctpOption<SctpInitMessage> InitMessage { get; } = new(
        "SCTP_INITMSG",
        static options => new SctpInitMessage(options.OutgoingStreams, options.IncomingStreams, options.MaximumInitRetransmissions),
        static (options, value) => options with
        {
            OutgoingStreams = value.OutgoingStreams,
            IncomingStreams = value.IncomingStreams,
            MaximumInitRetransmissions = value.MaximumRetransmissions,
        });

    /// <summary>How long <see cref="SctpAssociation.DisposeAsync"/> tries to close gracefully (§8.1.4).</summary>
    public static SctpOption<TimeSpan> Linger { get; } = new(
        "SO_LINGER", static options => options.CloseTimeout, static (options, value) => options with { CloseTimeout = value });

    /// <summary>Whether small messages are sent at once (§8.1.5).</summary>
    public static SctpOption<bool> NoDelay { get; } = new(
        "SCTP_NODELAY", static options => options.NoDelay, static (options, value) => options with { NoDelay = value });

    /// <summary>Size of the receive buffer in bytes (§8.1.6).</summary>
    public static SctpOption<long> ReceiveBuffer { get; } = new(
        "SO_RCVBUF", static options => options.ReceiveBufferSize, static (options, value) => options with { ReceiveBufferSize = value });

    /// <summary>Size of the send buffer in bytes (§8.1.7).</summary>
    public static SctpOption<long> SendBuffer { get; } = new(
        "SO_SNDBUF", static options => options.SendBufferSize, static (options, value) => options with { SendBufferSize = value });

    /// <summary>After how long without data an association is closed; zero for never (§8.1.8).</summary>
    public static SctpOption<TimeSpan> AutoClose { get; } = new(
        "SCTP_AUTOCLOSE", static options => options.IdleTimeout, static (options, value) => options with { IdleTimeout = value });

    /// <summary>What we tell the peer of our adaptation layer; null for nothing (§8.1.10). It goes along with INIT and INIT ACK: a change after that tells nobody.</summary>
    public static SctpOption<uint?> AdaptationLayer { get; } = new(
        "SCTP_ADAPTATION_LAYER",
        static options => options.AdaptationIndication,
        static (options, value) => options with { AdaptationIndication = value });

    /// <summary>Whether a message that needs more than one chunk is refused (§8.1.11).</summary>
    public static SctpOption<bool> DisableFragments { get; } = new(
        "SCTP_DISABLE_FRAGMENTS", static options => !options.Fragmentation, static (options, value) => options with { Fragmentation = !value });

    /// <summary>Heartbeats and limits of every address of the peer (§8.1.12); of one: <see cref="SctpAssociation.ConfigurePathAsync"/>.</summary>
    public static SctpOption<SctpPeerAddressParameters> PeerAddressParameters { get; } = new(
        "SCTP_PEER_ADDR_PARAMS",
        static options => new SctpPeerAddressParameters(options.HeartbeatInterval, options.MaximumPathRetransmissions),
        static (options, value) => options with
        {
            HeartbeatInterval = value.HeartbeatInterval,
            MaximumPathRetransmissions = value.MaximumRetransmissions,
        });

    /// <summary>
    /// Failures in a row after which an address of the peer is left, given up, and no longer the primary one (RFC 7829 §7.2); of one address:
    /// <see cref="SctpAssociation.ConfigurePathAsync"/>.
    /// </summary>
    public static SctpOption<SctpPeerAddressThresholds> PeerAddressThresholds { get; } = new(
        "SCTP_PEER_ADDR_THLDS",
        static options => new SctpPeerAddressThresholds(
            options.MaximumPathRetransmissions, options.PotentiallyFailedThreshold, options.PrimarySwitchoverThreshold),
        static (options, value) => options with
        {
            MaximumPathRetransmissions = value.MaximumRetransmissions,
            PotentiallyFailedThreshold = value.PotentiallyFailed,
            PrimarySwitchoverThreshold = value.PrimarySwitchover,
        });

    /// <summary>Whether notifications and statistics tell of addresses that have potentially failed (RFC 7829 §7.3).</summary>
    public static SctpOption<bool> ExposePotentiallyFailedState { get; } = new(
        "SCTP_EXPOSE_POTENTIALLY_FAILED_STATE",
        static options => options.ExposesPotentiallyFailedState,
        static (options, value) => options with { ExposesPotentiallyFailedState = value });

    /// <summary>Largest user data in one chunk, in bytes; 0 for as much as fits (§8.1.16).</summary>
    public static SctpOption<int> MaximumSegment { get; } = new(
        "SCTP_MAXSEG", static options => options.MaximumSegmentSize, static (options, value) => options with { MaximumSegmentSize = value });

    /// <summary>How acknowledgements are delayed (§8.1.19).</summary>
    public static SctpOption<SctpDelayedSack> DelayedSack { get; } = new(
        "SCTP_DELAYED_SACK",
        static options => new SctpDelayedSack(options.SackDelay, options.SackFrequency),
        static (options, value) => options with { SackDelay = value.Delay, SackFrequency = value.Frequency });

    /// <summary>From how many bytes on a message is delivered in parts (§8.1.21); null for three quarters of the receive buffer.</summary>
    public static SctpOption<long?> PartialDeliveryPoint { get; } = new(
        "SCTP_PARTIAL_DELIVERY_POINT",
        static options => options.PartialDeliveryPoint,
        static (options, value) => options with { PartialDeliveryPoint = value });

    /// <summary>Packets that one opportunity to send may emit (§8.1.24).</summary>
    public static SctpOption<int> MaximumBurst { get; } = new(
        "SCTP_MAX_BURST", static options => options.MaximumBurst, static (options, value) => options with { MaximumBurst = value });

    /// <summary>
    /// What decides how much may be in flight, and how it leaves. No RFC has an option for that; the name is that of FreeBSD. It may change
    /// while an association lives: the new control begins with the window of the one before it.
    /// </summary>
    public static SctpOption<SctpCongestionControl> CongestionControl { get; } = new(
        "SCTP_PLUGGABLE_CC",
        static options => new SctpCongestionControl(options.CongestionControl, options.Pacing, options.InitialWindow),
        static (options, value) => options with { CongestionControl = value.Control, Pacing = value.Pacing, InitialWindow = value.InitialWindow });

    /// <summary>
    /// Whether data takes all active paths to the peer at the same time. No RFC has an option for that; the name is that of FreeBSD. Both sides
    /// want it.
    /// </summary>
    public static SctpOption<bool> ConcurrentMultipath { get; } = new(
        "SCTP_CMT_ON_OFF", static options => options.ConcurrentMultipath, static (options, value) => options with { ConcurrentMultipath = value });

    /// <summary>A number that comes with every received message (§8.1.25).</summary>
    public static SctpOption<uint> Context { get; } = new(
        "SCTP_CONTEXT", static options => options.Context, static (options, value) => options with { Context = value });

    /// <summary>What the peer may reset and add (RFC 6525 §6.3.1).</summary>
    public static SctpOption<ReconfigurationKinds> EnableStreamReset { get; } = new(
        "SCTP_ENABLE_STREAM_RESET",
        static options => options.AllowedReconfiguration,
        static (options, value) => options with { AllowedReconfiguration = value });

    /// <summary>
    /// Whether messages may be interleaved (RFC 8260 §4.3.1): offered to the peers of future associations, and used with those that
    /// offer it as well. Then messages too long to be held come in parts that are mixed, each stream's own in order. Fixed once the
    /// association exists.
    /// </summary>
    public static SctpOption<bool> Interleaving { get; } = new(
        "SCTP_INTERLEAVING_SUPPORTED",
        static options => (options.Extensions & Extensions.Interleaving) != 0,
        static (options, value) => options with { Extensions = value ? options.Extensions | Extensions.Interleaving : options.Extensions & ~Extensions.Interleaving });

    /// <summary>What the peer may authenticate with, the best first (§8.1.17). Offers authentication (RFC 4895) to the peers of future associations.</summary>
    public static SctpOption<IReadOnlyList<HmacAlgorithm>> HmacIdentifiers { get; } = new(
        "SCTP_HMAC_IDENT",
        static options => AuthenticationOf(options).Algorithms,
        static (options, value) => options with { Authentication = AuthenticationOf(options) with { Algorithms = value } });

    /// <summary>Chunk types that are taken only when they are authenticated (§8.3.2): all of them, not one more. For future associations.</summary>
    public static SctpOption<IReadOnlyList<ChunkType>> AuthenticatedChunks { get; } = new(
        "SCTP_AUTH_CHUNK",
        static options => AuthenticationOf(options).RequiredChunks,
        static (options, value) => options with { Authentication = AuthenticationOf(options) with { RequiredChunks = value } });

    /// <summary>
    /// The shared keys of future associations, of which the first is active (§8.3.3); of one that exists:
    /// <see cref="SctpAssociation.SetAuthenticationKeyAsync"/>.
    /// </summary>
    public static SctpOption<IReadOnlyList<SharedKey>> SharedKeys { get; } = new(
        "SCTP_AUTH_KEY",
        static options => AuthenticationOf(options).Keys,
        static (options, value) => options with { Authentication = AuthenticationOf(options) with { Keys = value, ActiveKey = null } });

    /// <summary>Which stream sends next (RFC 8260 §4.3.2); the value of a stream: <see cref="SctpStream.SchedulerValue"/>.</summary>
    public static SctpOption<StreamScheduler> StreamScheduler { get; } = new(
        "SCTP_STREAM_SCHEDULER", static options => options.Scheduler, static (options, value) => options with { Scheduler = value });

    /// <summary>Notifications to get (§6.2.2).</summary>
    public static SctpOption<SctpNotificationKinds> Notifications { get; } = new(
        "SCTP_EVENT", static options => options.Notifications, static (options, value) => options with { Notifications = value });

    /// <summary>How messages are sent when nothing is said with the message (§8.1.31).</summary>
    public static SctpOption<SctpSendInfo> DefaultSendInfo { get; } = new(
        "SCTP_DEFAULT_SNDINFO", static options => options.DefaultSendInfo, static (options, value) => options with { DefaultSendInfo = value });

    private static AuthenticationOptions AuthenticationOf(SctpAssociationOptions options) => options.Authentication ?? AuthenticationOptions.Default;
}

/// <summary>Bounds of the retransmission time-out (RFC 9260 §16).</summary>
/// <param name="Initial">Before the first measurement; from the minimum to the maximum.</param>
/// <param name="Minimum">At least, from 1 ms.</param>
/// <param name="Maximum">At most; from the minimum.</param>
public readonly record struct SctpRtoInfo(TimeSpan Initial, TimeSpan Minimum, TimeSpan Maximum);

/// <summary>What INIT asks for, and how often.</summary>
/// <param name="OutgoingStreams">Streams that we want to send on, 1 to 65535.</param>
/// <param name="IncomingStreams">Streams that the peer may send on, 1 to 65535.</param>
/// <param name="MaximumRetransmissions">How often INIT and COOKIE ECHO are repeated, from 0.</param>
public readonly record struct SctpInitMessage(int OutgoingStreams, int IncomingStreams, int MaximumRetransmissions);

/// <summary>Congestion control (RFC 9260 §7.2 and others).</summary>
/// <param name="Control">Which one.</param>
/// <param name="Pacing">Whether packets leave evenly spread over the round trip; <see cref="Braid.Sctp.CongestionControl.Bbr"/> always spreads them.</param>
/// <param name="InitialWindow">Packets that may leave before anything is acknowledged, 1 to 100, or 0 for what RFC 9260 has. Counts for paths to come.</param>
public readonly record struct SctpCongestionControl(CongestionControl Control, bool Pacing, int InitialWindow);

/// <summary>Heartbeats and limits of the peer's addresses.</summary>
/// <param name="HeartbeatInterval">Time, from zero, between heartbeats on an idle path; zero for none.</param>
/// <param name="MaximumRetransmissions">Failures in a row before an address counts as unreachable, from 0.</param>
public readonly record struct SctpPeerAddressParameters(TimeSpan HeartbeatInterval, int MaximumRetransmissions);

/// <summary>When an address of the peer is good no longer (RFC 7829 §7.2).</summary>
/// <param name="MaximumRetransmissions">Failures in a row before it counts as unreachable (PMR), from 0.</param>
/// <param name="PotentiallyFailed">Failures in a row before data takes another one (PFMR), from 0; from the first number on, never.</param>
/// <param name="PrimarySwitchover">
/// Failures in a row before another one becomes the primary one for good (PSMR): at least the less of the two. Null for never.
/// </param>
public readonly record struct SctpPeerAddressThresholds(int MaximumRetransmissions, int PotentiallyFailed, int? PrimarySwitchover);

/// <summary>How acknowledgements are delayed (RFC 9260 §6.2).</summary>
/// <param name="Delay">At most so long, 0 to 500 ms.</param>
/// <param name="Frequency">At most so many packets, from 1.</param>
public readonly record struct SctpDelayedSack(TimeSpan Delay, int Frequency);
