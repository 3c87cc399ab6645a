using System;
using System.Collections.Generic;
using Braid.Core;

namespace Braid.Sctp;

/// <summary>Why an association came to its end.</summary>
public enum CloseReason : byte
{
    /// <summary>A graceful shutdown by either side; everything was delivered (§9.2).</summary>
    Shutdown,

    /// <summary>The application aborted it (§9.1).</summary>
    Aborted,

    /// <summary>The peer aborted it (§9.1).</summary>
    AbortedByPeer,

    /// <summary>The peer answered the INIT with ABORT: it does not want the association.</summary>
    Refused,

    /// <summary>INIT or COOKIE ECHO went unanswered Max.Init.Retransmits times (§5.1.6).</summary>
    SetupTimedOut,

    /// <summary>Association.Max.Retrans retransmissions in a row went unanswered (§8.1).</summary>
    PeerUnreachable,

    /// <summary>The shutdown took longer than T5-shutdown-guard allows (§9.2).</summary>
    ShutdownTimedOut,

    /// <summary>The peer broke the protocol, and we aborted.</summary>
    ProtocolViolation,

    /// <summary>An invariant of our own was broken, and we aborted.</summary>
    InternalError,

    /// <summary>
    /// A shutdown was begun, by either side, while a record was open (<see cref="SendOptions.MoreFollows"/>): nothing could end
    /// it any more, and we aborted.
    /// </summary>
    UnfinishedRecord,
}

/// <summary>Whether a path can be used.</summary>
public enum PathState : byte
{
    /// <summary>The address was not verified yet (§5.4).</summary>
    Unconfirmed,

    /// <summary>Usable.</summary>
    Active,

    /// <summary>Path.Max.Retrans failures in a row (§8.2).</summary>
    Inactive,

    /// <summary>
    /// Something went unanswered, and not yet so often that it counts as inactive: data takes another path meanwhile, if one is active (RFC
    /// 7829 §3). Only where the peer has several addresses.
    /// </summary>
    PotentiallyFailed,
}

/// <summary>What has happened to a path (RFC 6458 §6.1.2).</summary>
public enum PathChange : byte
{
    /// <summary>It can be used again (SCTP_ADDR_AVAILABLE).</summary>
    Available,

    /// <summary>It can no longer be used (SCTP_ADDR_UNREACHABLE).</summary>
    Unreachable,

    /// <summary>The address was found to be the peer's (§5.4), and can be used.</summary>
    Confirmed,

    /// <summary>New data takes this path from now on (SCTP_ADDR_MADE_PRIM).</summary>
    MadePrimary,

    /// <summary>The address belongs to the association now (SCTP_ADDR_ADDED).</summary>
    Added,

    /// <summary>The address no longer belongs to the association (SCTP_ADDR_REMOVED).</summary>
    Removed,

    /// <summary>
    /// It may have failed: other paths are better now (SCTP_ADDR_POTENTIALLY_FAILED, RFC 7829 §7.1). Only with
    /// <see cref="AssociationOptions.ExposesPotentiallyFailedState"/>.
    /// </summary>
    PotentiallyFailed,
}

/// <summary>What became of a message.</summary>
public enum SendOutcome : byte
{
    /// <summary>
    /// All of it is cumulatively acknowledged: the peer holds it for its application, and may not take that back (RFC 9260 §6.2). Or
    /// the peer says that it will not (<see cref="Extensions.NonRenegableSack"/>).
    /// </summary>
    Delivered,

    /// <summary>It was given up (<see cref="SendOptions.Reliability"/>). The peer may have got all of it, nevertheless.</summary>
    Expired,

    /// <summary>The association ended, or began anew, before either. The peer may have got all of it.</summary>
    Unknown,
}

/// <summary>What an <see cref="AssociationEvent.Authentication"/> is about (RFC 6458 §6.1.8).</summary>
public enum AuthenticationIndication : byte
{
    /// <summary>The peer has used a key for the first time: it has the key, too (SCTP_AUTH_NEW_KEY).</summary>
    NewKey,

    /// <summary>The peer does not know RFC 4895: nothing is authenticated (SCTP_AUTH_NO_AUTH).</summary>
    NotSupported,

    /// <summary>A key that was deactivated is needed no longer (SCTP_AUTH_FREE_KEY).</summary>
    KeyFreed,
}

/// <summary>Something rare that the application may want to know. Messages are not events: they have their own queue.</summary>
public abstract record AssociationEvent
{
    private AssociationEvent()
    {
    }

    /// <summary>COMMUNICATION UP (§11.2.4): data can flow.</summary>
    /// <param name="OutgoingStreams">Streams that we may send on.</param>
    /// <param name="IncomingStreams">Streams that the peer may send on.</param>
    public sealed record Established(int OutgoingStreams, int IncomingStreams) : AssociationEvent;

    /// <summary>The peer lost its state and set the association up anew (§5.2.4 action A). What was outstanding is lost; messages taken after this event are the new association's.</summary>
    /// <param name="OutgoingStreams">Streams that we may send on now.</param>
    /// <param name="IncomingStreams">Streams that the peer may send on now.</param>
    public sealed record Restarted(int OutgoingStreams, int IncomingStreams) : AssociationEvent;

    /// <summary>
    /// The rest of a message that was being delivered in parts will not come (RFC 6458 §6.1.7): the association has ended, or the
    /// peer has given it up (RFC 3758 §3.6).
    /// </summary>
    /// <param name="Stream">Its stream.</param>
    /// <param name="Ssn">Its stream sequence number, or the lower 16 bits of its message identifier (RFC 8260 §4.1).</param>
    public sealed record PartialDeliveryAborted(StreamId Stream, Ssn Ssn) : AssociationEvent;

    /// <summary>The peer asked for a shutdown: nothing new can be sent (§9.2).</summary>
    public sealed record ShutdownByPeer : AssociationEvent;

    /// <summary>
    /// The last event of an association. Without <see cref="Established"/> before it, setting up has failed (CANT_STR_ASSOC in
    /// RFC 6458 §6.1.1); after it, <see cref="CloseReason.Shutdown"/> is SHUTDOWN_COMP and every other reason COMM_LOST.
    /// </summary>
    /// <param name="Reason">Why it ended.</param>
    /// <param name="CauseCode">The error cause in the peer's or our ABORT (§3.3.10); 0 where there was none.</param>
    /// <param name="CauseInfo">What that cause says; for a user-initiated abort the reason that the peer's application gave. Where there was no ABORT but a message of the network, what that said.</param>
    /// <param name="Attempts">Transmissions that went unanswered, where the reason is a time-out.</param>
    public sealed record Closed(CloseReason Reason, ushort CauseCode = 0, ReadOnlyMemory<byte> CauseInfo = default, int Attempts = 0)
        : AssociationEvent;

    /// <summary>NETWORK STATUS CHANGE (§11.2.3). The addresses that the handshake agreed on are not reported one by one.</summary>
    /// <param name="Path">Which path.</param>
    /// <param name="State">Its state now.</param>
    /// <param name="Change">What has happened to it.</param>
    public sealed record PathChanged(NetworkPath Path, PathState State, PathChange Change) : AssociationEvent;

    /// <summary>
    /// A message, or a part of one (<see cref="SendOptions.MoreFollows"/>), that was accepted and will not be acknowledged to
    /// its end (RFC 6458 §6.1.11), oldest first: before <see cref="Closed"/>, before <see cref="Restarted"/>, when the peer
    /// allows fewer streams than we asked for, or when it was given up (<see cref="SendOptions.Reliability"/>). Only with <see cref="AssociationOptions.ReportsFailedSends"/>.
    /// </summary>
    /// <param name="Options">How it was to be sent.</param>
    /// <param name="WasOnWire">Whether any of it was put into a packet. The peer may have got all of it, nevertheless.</param>
    /// <param name="Payload">All of its user data. Who takes the event disposes it.</param>
    /// <param name="CauseCode">Why (RFC 9260 §3.3.10), as in <see cref="Closed"/>; 0 where there is no cause.</param>
    public sealed record SendFailed(SendOptions Options, bool WasOnWire, PooledBuffer Payload, ushort CauseCode) : AssociationEvent;

    /// <summary>What became of a message that was sent with a <see cref="SendOptions.Receipt"/>: once for each.</summary>
    /// <param name="Receipt">Its number.</param>
    /// <param name="Outcome">What became of it.</param>
    /// <param name="Delay">How long after it was accepted that was known; at least zero.</param>
    public sealed record SendSettled(ulong Receipt, SendOutcome Outcome, TimeSpan Delay) : AssociationEvent;

    /// <summary>
    /// Everything that was accepted is acknowledged (RFC 6458 §6.1.9). Only with
    /// <see cref="AssociationOptions.ReportsSenderDry"/>; whether it is so now, <see cref="Association.BufferedBytes"/> says.
    /// </summary>
    public sealed record SenderDry : AssociationEvent
    {
        /// <summary>The only one: it may be needed often.</summary>
        internal static SenderDry Instance { get; } = new();
    }

    /// <summary>
    /// The bytes waiting on a stream have fallen from above its threshold to it, or below
    /// (<see cref="Association.SetBufferedAmountLowThreshold"/>), because they were sent or given up.
    /// </summary>
    /// <param name="Stream">The stream.</param>
    public sealed record BufferedAmountLow(StreamId Stream) : AssociationEvent;

    /// <summary>What the peer's INIT or INIT ACK says of its adaptation layer (RFC 5061 §4.2.6): right after <see cref="Established"/> or <see cref="Restarted"/>.</summary>
    /// <param name="Value">The adaptation code point.</param>
    public sealed record AdaptationIndication(uint Value) : AssociationEvent;

    /// <summary>
    /// About authentication (RFC 6458 §6.1.8), only where we offer it. <see cref="AuthenticationIndication.NotSupported"/> comes right after
    /// <see cref="Established"/> or <see cref="Restarted"/>.
    /// </summary>
    /// <param name="Indication">What has happened.</param>
    /// <param name="KeyId">To which key; 0 where it is about none.</param>
    public sealed record Authentication(AuthenticationIndication Indication, ushort KeyId) : AssociationEvent;

    /// <summary>COMMUNICATION ERROR (§11.2.6): the peer sent an ERROR chunk.</summary>
    /// <param name="CauseCode">The cause (§3.3.10).</param>
    /// <param name="CauseInfo">What it says.</param>
    public sealed record RemoteError(ushort CauseCode, ReadOnlyMemory<byte> CauseInfo) : AssociationEvent;

    /// <summary>
    /// Streams were reset (RFC 6525 §6.1.1), or could not be: their next ordered message has the number 0 again. Messages taken
    /// after the event of incoming streams are those that the peer sent after the reset.
    /// </summary>
    /// <param name="IsIncoming">Whether the peer's streams were, not ours.</param>
    /// <param name="Streams">Which; none for all.</param>
    /// <param name="Result">What came of it.</param>
    /// <param name="Context">What <see cref="Association.ResetStreams"/> was given; 0 where the peer has asked.</param>
    public sealed record StreamsReset(bool IsIncoming, IReadOnlyList<StreamId> Streams, ReconfigurationResult Result, uint Context) : AssociationEvent
    {
        /// <summary>Whether the streams are reset now.</summary>
        public bool IsDone => Result is ReconfigurationResult.Performed or ReconfigurationResult.NothingToDo;
    }

    /// <summary>TSNs and all streams began anew (RFC 6525 §6.1.2), or could not. Messages taken after it were sent after it.</summary>
    /// <param name="LocalTsn">Our next TSN.</param>
    /// <param name="RemoteTsn">The peer's next TSN.</param>
    /// <param name="Result">What came of it.</param>
    /// <param name="Context">What <see cref="Association.ResetAssociation"/> was given; 0 where the peer has asked.</param>
    public sealed record AssociationReset(Tsn LocalTsn, Tsn RemoteTsn, ReconfigurationResult Result, uint Context) : AssociationEvent
    {
        /// <summary>Whether they begin anew now.</summary>
        public bool IsDone => Result is ReconfigurationResult.Performed or ReconfigurationResult.NothingToDo;
    }

    /// <summary>There are more streams (RFC 6525 §6.1.3), or there cannot be.</summary>
    /// <param name="IsIncoming">Whether the peer's streams are more, not ours.</param>
    /// <param name="OutgoingStreams">Streams that we may send on now.</param>
    /// <param name="IncomingStreams">Streams that the peer may send on now.</param>
    /// <param name="Result">What came of it.</param>
    /// <param name="Context">What <see cref="Association.AddStreams"/> was given; 0 where the peer has asked.</param>
    public sealed record StreamsChanged(bool IsIncoming, int OutgoingStreams, int IncomingStreams, ReconfigurationResult Result, uint Context)
        : AssociationEvent
    {
        /// <summary>Whether they are there now.</summary>
        public bool IsDone => Result is ReconfigurationResult.Performed or ReconfigurationResult.NothingToDo;
    }

    /// <summary>
    /// A request to change our addresses has ended (RFC 5061 §5.1 A5 to A9): once for each that was accepted, in the order of the calls. What the
    /// peer changes of its own addresses comes as <see cref="PathChanged"/>: <see cref="PathChange.Added"/>, <see cref="PathChange.Removed"/>,
    /// <see cref="PathChange.MadePrimary"/>.
    /// </summary>
    /// <param name="Id">What <see cref="AddressRequestResult"/> said.</param>
    /// <param name="Kind">What was asked for.</param>
    /// <param name="Address">For which address.</param>
    /// <param name="Outcome">How it ended.</param>
    /// <param name="CauseCode">The peer's error cause where it has refused (RFC 5061 §4.3, RFC 9260 §3.3.10); 0 where there is none.</param>
    public sealed record AddressRequestSettled(
        uint Id, AddressRequestKind Kind, NetworkAddress Address, AddressRequestOutcome Outcome, ushort CauseCode = 0) : AssociationEvent;
}
