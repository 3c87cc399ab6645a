using System;
using System.Collections.Generic;
using Braid.Sctp;

namespace Braid.Sockets;

/// <summary>
/// Everything that can be set for an association: the protocol's options, and those of the sockets over it. Immutable; a
/// change while it lives is a new record (<see cref="SctpAssociation.Options"/>).
/// </summary>
public sealed record SctpAssociationOptions : AssociationOptions
{
    /// <summary>All defaults.</summary>
    public static new SctpAssociationOptions Default { get; } = new();

    /// <inheritdoc cref="AssociationOptions.Rfc9260"/>
    public static new SctpAssociationOptions Rfc9260 { get; } = new()
    {
        CongestionControl = CongestionControl.NewReno,
        InitialWindow = 0,
        Pacing = false,
        PotentiallyFailedThreshold = int.MaxValue,
    };

    /// <summary>Properties that an association cannot change once it exists, those of the protocol and of the sockets.</summary>
    public static new IReadOnlyList<string> FixedProperties { get; } = [.. AssociationOptions.FixedProperties, nameof(InBandNotifications)];

    /// <summary>
    /// How long <see cref="SctpAssociation.DisposeAsync"/> tries to close gracefully before it aborts: 0 to 24 days. Default 5 s.
    /// </summary>
    public TimeSpan CloseTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Notifications to get (SCTP_EVENT, RFC 6458 §6.2.2). Default none.</summary>
    public SctpNotificationKinds Notifications { get; init; }

    /// <summary>
    /// Whether notifications come in one queue with the messages, as RFC 6458 §6 has them: each stands where it happened, and
    /// <see cref="SctpAssociation.ReceiveAnyAsync"/> takes both. What takes messages alone finds none then, but for streams that are read by
    /// themselves. Fixed once the association exists; a one-to-many socket has them so in any case. Default false.
    /// </summary>
    public bool InBandNotifications { get; init; }

    /// <summary>How messages are sent when nothing is said with the message (SCTP_DEFAULT_SNDINFO, RFC 6458 §8.1.31). Default: stream 0, PPID 0, ordered.</summary>
    public SctpSendInfo DefaultSendInfo { get; init; }

    /// <summary>A number of your own that comes with every received message (SCTP_CONTEXT, RFC 6458 §8.1.25). Default 0.</summary>
    public uint Context { get; init; }

    /// <inheritdoc/>
    public override string? FirstFixedChange(AssociationOptions other) =>
        other is SctpAssociationOptions { InBandNotifications: var inBand } && inBand != InBandNotifications
            ? nameof(InBandNotifications)
            : base.FirstFixedChange(other);

    /// <inheritdoc/>
    public override void Validate()
    {
        base.Validate();
        ArgumentOutOfRangeException.ThrowIfLessThan(CloseTimeout, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(CloseTimeout, TimeSpan.FromDays(24));     // what a timer can wait
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((int)DefaultSendInfo.StreamId, OutgoingStreams, nameof(DefaultSendInfo));
        if ((Notifications & ~SctpNotificationKinds.All) != 0)
        {
            throw new ArgumentOutOfRangeException(nameof(Notifications), Notifications, "There is no such notification.");
        }
    }

    /// <summary>What the protocol has to be told of what is subscribed.</summary>
    internal SctpAssociationOptions Prepared()
    {
        bool failed = (Notifications & SctpNotificationKinds.SendFailed) != 0;
        bool dry = (Notifications & SctpNotificationKinds.SenderDry) != 0;
        return ReportsFailedSends == failed && ReportsSenderDry == dry ? this : this with { ReportsFailedSends = failed, ReportsSenderDry = dry };
    }
}
