using System;
using System.Linq;
using Braid.Core;
using Braid.Sctp;
using Microsoft.Extensions.Logging;

namespace Braid.Sockets;

/// <summary>
/// What happens to an association, told to whoever wants to know: in the log, and as a notification of the kinds that are
/// subscribed (RFC 6458 §6.1). Decides nothing. On the loop.
/// </summary>
internal readonly struct NotificationSource(AssociationHost host)
{
    private ILogger Logger => host.Loop.Logger;

    /// <summary>An event of the protocol. The end is told by <see cref="TellEnd"/>.</summary>
    public void Tell(AssociationEvent associationEvent)
    {
        SctpAssociationId id = host.Id;
        switch (associationEvent)
        {
            case AssociationEvent.Established up:
                LogMessages.Established(Logger, host.Remote, up.OutgoingStreams, up.IncomingStreams, host.Core.Extensions);
                Notify(SctpNotificationKinds.AssociationChange, () => new SctpNotification.AssociationChange(
                    id, SctpAssociationChange.Up, null, up.OutgoingStreams, up.IncomingStreams));
                if ((host.Options.Extensions & Extensions.Authentication) == 0 && host.Options.Authentication is null)
                {
                    Tell(new AssociationEvent.Authentication(AuthenticationIndication.NotSupported, 0));     // not by us either
                }

                break;
            case AssociationEvent.Authentication about:
                Notify(SctpNotificationKinds.Authentication, () => new SctpNotification.Authentication(id, ToIndication(about.Indication), about.KeyId));
                break;
            case AssociationEvent.Restarted restarted:
                LogMessages.Restarted(Logger, host.Remote);
                Notify(SctpNotificationKinds.AssociationChange, () => new SctpNotification.AssociationChange(
                    id, SctpAssociationChange.Restarted, null, restarted.OutgoingStreams, restarted.IncomingStreams));
                break;
            case AssociationEvent.PathChanged changed:
                LogMessages.PathChanged(Logger, changed.Path.Remote, changed.State);
                Notify(SctpNotificationKinds.PeerAddressChange, () => new SctpNotification.PeerAddressChange(
                    id, changed.Path.Remote.ToIPEndPoint(), ToPathState(changed.Change)));
                break;
            case AssociationEvent.RemoteError error:
                LogMessages.RemoteError(Logger, host.Remote, error.CauseCode);
                Notify(SctpNotificationKinds.RemoteError, () => new SctpNotification.RemoteError(id, error.CauseCode, error.CauseInfo));
                break;
            case AssociationEvent.ShutdownByPeer:
                Notify(SctpNotificationKinds.Shutdown, () => new SctpNotification.Shutdown(id));
                break;
            case AssociationEvent.PartialDeliveryAborted aborted:
                Notify(SctpNotificationKinds.PartialDelivery, () => new SctpNotification.PartialDeliveryAborted(id, aborted.Stream.Value, aborted.Ssn.Value));
                break;
            case AssociationEvent.AdaptationIndication adaptation:
                Notify(SctpNotificationKinds.AdaptationIndication, () => new SctpNotification.AdaptationIndication(id, adaptation.Value));
                break;
            case AssociationEvent.StreamsReset reset:
                Notify(SctpNotificationKinds.StreamReset, () => new SctpNotification.StreamReset(
                    id, reset.IsIncoming, [.. reset.Streams.Select(static stream => stream.Value)], IsDenied(reset.Result), HasFailed(reset.Result)));
                break;
            case AssociationEvent.AssociationReset reset:
                Notify(SctpNotificationKinds.AssociationReset, () => new SctpNotification.AssociationReset(
                    id, reset.LocalTsn.Value, reset.RemoteTsn.Value, IsDenied(reset.Result), HasFailed(reset.Result)));
                break;
            case AssociationEvent.StreamsChanged more:
                Notify(SctpNotificationKinds.StreamChange, () => new SctpNotification.StreamChange(
                    id, more.OutgoingStreams, more.IncomingStreams, IsDenied(more.Result), HasFailed(more.Result)));
                break;
            case AssociationEvent.SenderDry:
                TellDry();
                break;
            case AssociationEvent.SendFailed failed:
                TellFailed(failed.Options, failed.Payload, failed.WasOnWire);
                break;
            case AssociationEvent.Closed closed:
                LogMessages.Closed(Logger, host.Remote, closed.Reason);
                break;
        }
    }

    /// <summary>Nothing is left to send or to be acknowledged (§6.1.9).</summary>
    public void TellDry()
    {
        SctpAssociationId id = host.Id;
        Notify(SctpNotificationKinds.SenderDry, () => new SctpNotification.SenderDry(id));
    }

    /// <summary>A message will not be delivered (§6.1.11). Its memory stays the caller's.</summary>
    public void TellFailed(SendOptions options, PooledBuffer payload, bool wasOnWire)
    {
        SctpAssociationId id = host.Id;
        Notify(SctpNotificationKinds.SendFailed, () => new SctpNotification.SendFailed(
            id, wasOnWire, SctpSendInfo.From(options), payload.Span.ToArray()));
    }

    /// <summary>The association has ended (§6.1.1).</summary>
    /// <param name="error">Why; null for a graceful end.</param>
    /// <param name="wasUp">Whether it ever was up.</param>
    public void TellEnd(SctpException? error, bool wasUp)
    {
        (SctpAssociationId id, (int outgoing, int incoming)) = (host.Id, host.Streams);
        SctpAssociationChange change = error is null ? SctpAssociationChange.ShutdownComplete
            : wasUp ? SctpAssociationChange.Lost
            : SctpAssociationChange.CannotStart;
        Notify(SctpNotificationKinds.AssociationChange, () => new SctpNotification.AssociationChange(id, change, error, outgoing, incoming));
    }

    private void Notify(SctpNotificationKinds kind, Func<SctpNotification> make)
    {
        if ((host.Options.Notifications & kind) != 0)
        {
            host.Inbox.Notify(make());
        }
    }

    private static bool IsDenied(ReconfigurationResult result) => result == ReconfigurationResult.Denied;

    private static bool HasFailed(ReconfigurationResult result) => SctpException.From(result) is not null and not { Error: SctpError.Denied };

    private static SctpAuthenticationIndication ToIndication(AuthenticationIndication indication) => indication switch
    {
        AuthenticationIndication.NewKey => SctpAuthenticationIndication.NewKey,
        AuthenticationIndication.KeyFreed => SctpAuthenticationIndication.KeyFreed,
        _ => SctpAuthenticationIndication.NotSupported,
    };

    private static SctpPathState ToPathState(PathChange change) => change switch
    {
        PathChange.Available => SctpPathState.Available,
        PathChange.Unreachable => SctpPathState.Unreachable,
        PathChange.Confirmed => SctpPathState.Confirmed,
        PathChange.MadePrimary => SctpPathState.MadePrimary,
        PathChange.Added => SctpPathState.Added,
        PathChange.PotentiallyFailed => SctpPathState.PotentiallyFailed,
        _ => SctpPathState.Removed,
    };
}
