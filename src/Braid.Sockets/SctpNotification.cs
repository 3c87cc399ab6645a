using System;
using System.Collections.Generic;
using System.Net;
using Braid.Sctp;

namespace Braid.Sockets;

/// <summary>Something that happened to an association (RFC 6458 §6.1). Which ones come is for <see cref="SctpAssociationOptions.Notifications"/> to say.</summary>
/// <param name="AssociationId">Which association.</param>
public abstract record SctpNotification(SctpAssociationId AssociationId)
{
    /// <summary>Which of <see cref="SctpNotificationKinds"/> it is.</summary>
    public abstract SctpNotificationKinds Kind { get; }

    /// <summary>The association came up, went, or began anew (SCTP_ASSOC_CHANGE, §6.1.1).</summary>
    /// <param name="AssociationId">Which association.</param>
    /// <param name="Change">What happened.</param>
    /// <param name="Error">Why it was lost or could not start; null otherwise.</param>
    /// <param name="OutgoingStreams">Streams that we may send on.</param>
    /// <param name="IncomingStreams">Streams that the peer may send on.</param>
    public sealed record AssociationChange(
        SctpAssociationId AssociationId, SctpAssociationChange Change, SctpException? Error, int OutgoingStreams, int IncomingStreams)
        : SctpNotification(AssociationId)
    {
        /// <inheritdoc/>
        public override SctpNotificationKinds Kind => SctpNotificationKinds.AssociationChange;
    }

    /// <summary>An address of the peer can be used, or no longer (SCTP_PEER_ADDR_CHANGE, §6.1.2).</summary>
    /// <param name="AssociationId">Which association.</param>
    /// <param name="Address">The address and UDP port.</param>
    /// <param name="State">What it is now.</param>
    public sealed record PeerAddressChange(SctpAssociationId AssociationId, IPEndPoint Address, SctpPathState State)
        : SctpNotification(AssociationId)
    {
        /// <inheritdoc/>
        public override SctpNotificationKinds Kind => SctpNotificationKinds.PeerAddressChange;
    }

    /// <summary>The peer reported an error and goes on (SCTP_REMOTE_ERROR, §6.1.3).</summary>
    /// <param name="AssociationId">Which association.</param>
    /// <param name="CauseCode">The cause (RFC 9260 §3.3.10).</param>
    /// <param name="Data">What it says.</param>
    public sealed record RemoteError(SctpAssociationId AssociationId, ushort CauseCode, ReadOnlyMemory<byte> Data)
        : SctpNotification(AssociationId)
    {
        /// <inheritdoc/>
        public override SctpNotificationKinds Kind => SctpNotificationKinds.RemoteError;
    }

    /// <summary>A message was not delivered, or nobody knows (SCTP_SEND_FAILED_EVENT, §6.1.11).</summary>
    /// <param name="AssociationId">Which association.</param>
    /// <param name="WasOnWire">Whether any of it was sent: then the peer may have it.</param>
    /// <param name="Info">How it was sent, with its context.</param>
    /// <param name="Payload">The message, or the piece of one that was written in pieces.</param>
    public sealed record SendFailed(SctpAssociationId AssociationId, bool WasOnWire, SctpSendInfo Info, ReadOnlyMemory<byte> Payload)
        : SctpNotification(AssociationId)
    {
        /// <inheritdoc/>
        public override SctpNotificationKinds Kind => SctpNotificationKinds.SendFailed;
    }

    /// <summary>The peer shuts the association down: nothing more can be sent (SCTP_SHUTDOWN_EVENT, §6.1.5).</summary>
    /// <param name="AssociationId">Which association.</param>
    public sealed record Shutdown(SctpAssociationId AssociationId) : SctpNotification(AssociationId)
    {
        /// <inheritdoc/>
        public override SctpNotificationKinds Kind => SctpNotificationKinds.Shutdown;
    }

    /// <summary>What the peer said of its adaptation layer (SCTP_ADAPTATION_INDICATION, §6.1.6).</summary>
    /// <param name="AssociationId">Which association.</param>
    /// <param name="Value">The peer's <see cref="AssociationOptions.AdaptationIndication"/>.</param>
    public sealed record AdaptationIndication(SctpAssociationId AssociationId, uint Value) : SctpNotification(AssociationId)
    {
        /// <inheritdoc/>
        public override SctpNotificationKinds Kind => SctpNotificationKinds.AdaptationIndication;
    }

    /// <summary>The rest of a message that came in parts will not come (SCTP_PARTIAL_DELIVERY_EVENT, §6.1.7).</summary>
    /// <param name="AssociationId">Which association.</param>
    /// <param name="StreamId">Its stream.</param>
    /// <param name="Ssn">Its stream sequence number.</param>
    public sealed record PartialDeliveryAborted(SctpAssociationId AssociationId, ushort StreamId, ushort Ssn) : SctpNotification(AssociationId)
    {
        /// <inheritdoc/>
        public override SctpNotificationKinds Kind => SctpNotificationKinds.PartialDelivery;
    }

    /// <summary>About authentication (SCTP_AUTHENTICATION_EVENT, §6.1.8).</summary>
    /// <param name="AssociationId">Which association.</param>
    /// <param name="Indication">What happened.</param>
    /// <param name="KeyId">The key that it is about; 0 where there is none.</param>
    public sealed record Authentication(SctpAssociationId AssociationId, SctpAuthenticationIndication Indication, ushort KeyId)
        : SctpNotification(AssociationId)
    {
        /// <inheritdoc/>
        public override SctpNotificationKinds Kind => SctpNotificationKinds.Authentication;
    }

    /// <summary>Everything that was sent is acknowledged (SCTP_SENDER_DRY_EVENT, §6.1.9).</summary>
    /// <param name="AssociationId">Which association.</param>
    public sealed record SenderDry(SctpAssociationId AssociationId) : SctpNotification(AssociationId)
    {
        /// <inheritdoc/>
        public override SctpNotificationKinds Kind => SctpNotificationKinds.SenderDry;
    }

    /// <summary>Streams were reset (SCTP_STREAM_RESET_EVENT, RFC 6525 §6.1.1), or could not be.</summary>
    /// <param name="AssociationId">Which association.</param>
    /// <param name="IsIncoming">Whether the peer's streams were, not ours.</param>
    /// <param name="Streams">Which; none for all.</param>
    /// <param name="Denied">Whether the peer refused.</param>
    /// <param name="Failed">Whether it did not work for another reason.</param>
    public sealed record StreamReset(SctpAssociationId AssociationId, bool IsIncoming, IReadOnlyList<ushort> Streams, bool Denied, bool Failed = false)
        : SctpNotification(AssociationId)
    {
        /// <inheritdoc/>
        public override SctpNotificationKinds Kind => SctpNotificationKinds.StreamReset;
    }

    /// <summary>The association's TSNs and streams began anew (SCTP_ASSOC_RESET_EVENT, RFC 6525 §6.1.2), or could not.</summary>
    /// <param name="AssociationId">Which association.</param>
    /// <param name="LocalTsn">Our next TSN.</param>
    /// <param name="RemoteTsn">The peer's next TSN.</param>
    /// <param name="Denied">Whether the peer refused.</param>
    /// <param name="Failed">Whether it did not work for another reason.</param>
    public sealed record AssociationReset(SctpAssociationId AssociationId, uint LocalTsn, uint RemoteTsn, bool Denied, bool Failed = false)
        : SctpNotification(AssociationId)
    {
        /// <inheritdoc/>
        public override SctpNotificationKinds Kind => SctpNotificationKinds.AssociationReset;
    }

    /// <summary>There are more streams (SCTP_STREAM_CHANGE_EVENT, RFC 6525 §6.1.3), or cannot be.</summary>
    /// <param name="AssociationId">Which association.</param>
    /// <param name="OutgoingStreams">Streams that we may send on now.</param>
    /// <param name="IncomingStreams">Streams that the peer may send on now.</param>
    /// <param name="Denied">Whether the peer refused.</param>
    /// <param name="Failed">Whether it did not work for another reason.</param>
    public sealed record StreamChange(SctpAssociationId AssociationId, int OutgoingStreams, int IncomingStreams, bool Denied, bool Failed = false)
        : SctpNotification(AssociationId)
    {
        /// <inheritdoc/>
        public override SctpNotificationKinds Kind => SctpNotificationKinds.StreamChange;
    }

    /// <summary>Too many notifications waited to be read (SCTP_NOTIFICATIONS_STOPPED_EVENT, §6.1.10). Always subscribed.</summary>
    /// <param name="AssociationId">Which association.</param>
    /// <param name="Count">How many were lost before this one.</param>
    public sealed record NotificationsLost(SctpAssociationId AssociationId, long Count) : SctpNotification(AssociationId)
    {
        /// <inheritdoc/>
        public override SctpNotificationKinds Kind => SctpNotificationKinds.None;
    }
}

/// <summary>Notifications to subscribe to (SCTP_EVENT, RFC 6458 §6.2.2).</summary>
[Flags]
public enum SctpNotificationKinds
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary><see cref="SctpNotification.AssociationChange"/>.</summary>
    AssociationChange = 1 << 0,

    /// <summary><see cref="SctpNotification.PeerAddressChange"/>.</summary>
    PeerAddressChange = 1 << 1,

    /// <summary><see cref="SctpNotification.RemoteError"/>.</summary>
    RemoteError = 1 << 2,

    /// <summary><see cref="SctpNotification.SendFailed"/>: keeps undelivered messages until they are read.</summary>
    SendFailed = 1 << 3,

    /// <summary><see cref="SctpNotification.Shutdown"/>.</summary>
    Shutdown = 1 << 4,

    /// <summary><see cref="SctpNotification.AdaptationIndication"/>.</summary>
    AdaptationIndication = 1 << 5,

    /// <summary><see cref="SctpNotification.PartialDeliveryAborted"/>.</summary>
    PartialDelivery = 1 << 6,

    /// <summary><see cref="SctpNotification.Authentication"/>.</summary>
    Authentication = 1 << 7,

    /// <summary><see cref="SctpNotification.SenderDry"/>.</summary>
    SenderDry = 1 << 8,

    /// <summary><see cref="SctpNotification.StreamReset"/>.</summary>
    StreamReset = 1 << 9,

    /// <summary><see cref="SctpNotification.AssociationReset"/>.</summary>
    AssociationReset = 1 << 10,

    /// <summary><see cref="SctpNotification.StreamChange"/>.</summary>
    StreamChange = 1 << 11,

    /// <summary>Everything.</summary>
    All = (1 << 12) - 1,
}

/// <summary>What became of an association (RFC 6458 §6.1.1).</summary>
public enum SctpAssociationChange
{
    /// <summary>It is up: data can flow (SCTP_COMM_UP).</summary>
    Up,

    /// <summary>It failed: aborted, or the peer no longer answers (SCTP_COMM_LOST).</summary>
    Lost,

    /// <summary>The peer lost its state and began anew (SCTP_RESTART).</summary>
    Restarted,

    /// <summary>It was closed gracefully (SCTP_SHUTDOWN_COMP).</summary>
    ShutdownComplete,

    /// <summary>It never came up (SCTP_CANT_STR_ASSOC).</summary>
    CannotStart,
}

/// <summary>What became of an address of the peer (RFC 6458 §6.1.2).</summary>
public enum SctpPathState
{
    /// <summary>It answers again (SCTP_ADDR_AVAILABLE).</summary>
    Available,

    /// <summary>It does not answer (SCTP_ADDR_UNREACHABLE).</summary>
    Unreachable,

    /// <summary>It is no address of the peer any more (SCTP_ADDR_REMOVED).</summary>
    Removed,

    /// <summary>It is a new address of the peer (SCTP_ADDR_ADDED).</summary>
    Added,

    /// <summary>New data goes there (SCTP_ADDR_MADE_PRIM).</summary>
    MadePrimary,

    /// <summary>It has answered for the first time and can be used (SCTP_ADDR_CONFIRMED, RFC 9260 §5.4).</summary>
    Confirmed,

    /// <summary>
    /// It may not answer any more: others are better for now (SCTP_ADDR_POTENTIALLY_FAILED, RFC 7829 §7.1). Not where
    /// <see cref="SctpOptions.ExposePotentiallyFailedState"/> is false.
    /// </summary>
    PotentiallyFailed,
}

/// <summary>What a <see cref="SctpNotification.Authentication"/> is about (RFC 6458 §6.1.8).</summary>
public enum SctpAuthenticationIndication
{
    /// <summary>The peer has used a key for the first time (SCTP_AUTH_NEW_KEY).</summary>
    NewKey,

    /// <summary>The peer does not support authentication, or we do not offer it (SCTP_AUTH_NO_AUTH).</summary>
    NotSupported,

    /// <summary>A key that was deactivated is no longer in use, and may be deleted (SCTP_AUTH_FREE_KEY).</summary>
    KeyFreed,
}
