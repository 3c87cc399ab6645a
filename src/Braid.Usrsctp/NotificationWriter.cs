using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Runtime.InteropServices;
using Braid.Sctp;
using Braid.Sockets;

namespace Braid.Usrsctp;

/// <summary>Notifications as usrsctp.h lays them out.</summary>
internal static class NotificationWriter
{
    private const int UserInitiatedAbort = 12;               // RFC 9260 §3.3.10.12

    [C("SCTP_COMM_UP")] private const ushort IsUp = 1;
    [C("SCTP_COMM_LOST")] private const ushort IsLost = 2;
    [C("SCTP_RESTART")] private const ushort HasRestarted = 3;
    [C("SCTP_SHUTDOWN_COMP")] private const ushort IsShutDown = 4;
    [C("SCTP_CANT_STR_ASSOC")] private const ushort CannotStart = 5;

    [C("SCTP_ASSOC_SUPPORTS_PR")] private const byte KnowsReliability = 1;
    [C("SCTP_ASSOC_SUPPORTS_AUTH")] private const byte KnowsAuthentication = 2;
    [C("SCTP_ASSOC_SUPPORTS_ASCONF")] private const byte KnowsAddresses = 3;
    [C("SCTP_ASSOC_SUPPORTS_MULTIBUF")] private const byte KnowsBuffers = 4;
    [C("SCTP_ASSOC_SUPPORTS_RE_CONFIG")] private const byte KnowsStreams = 5;
    [C("SCTP_ASSOC_SUPPORTS_INTERLEAVING")] private const byte KnowsInterleaving = 6;

    [C("SCTP_ADDR_AVAILABLE")] private const uint IsAvailable = 1;
    [C("SCTP_ADDR_UNREACHABLE")] private const uint IsUnreachable = 2;
    [C("SCTP_ADDR_REMOVED")] private const uint IsRemoved = 3;
    [C("SCTP_ADDR_ADDED")] private const uint IsAdded = 4;
    [C("SCTP_ADDR_MADE_PRIM")] private const uint IsPrimary = 5;
    [C("SCTP_ADDR_CONFIRMED")] private const uint IsConfirmed = 6;

    [C("SCTP_PARTIAL_DELIVERY_ABORTED")] private const uint Aborted = 1;
    [C("SCTP_AUTH_NEW_KEY")] private const uint NewKey = 1;
    [C("SCTP_AUTH_NO_AUTH")] private const uint NoAuthentication = 2;
    [C("SCTP_AUTH_FREE_KEY")] private const uint FreeKey = 3;

    [C("SCTP_DATA_UNSENT")] private const ushort WasNotSent = 1;
    [C("SCTP_DATA_SENT")] private const ushort WasSent = 2;

    [C("SCTP_STREAM_RESET_INCOMING_SSN")] private const int IsIncoming = 1;
    [C("SCTP_STREAM_RESET_OUTGOING_SSN")] private const int IsOutgoing = 2;
    [C("SCTP_STREAM_RESET_DENIED")] private const int IsDenied = 4;
    [C("SCTP_STREAM_RESET_FAILED")] private const int HasFailed = 8;

    /// <summary>A notification's bytes; none where C knows none of its kind.</summary>
    /// <param name="socket">Who gets it.</param>
    /// <param name="notification">What happened.</param>
    public static byte[] Write(UsrsctpSocket socket, SctpNotification notification)
    {
        KnownAssociation known = socket.Names.Find(notification.AssociationId);
        uint id = known.Id;
        return notification switch
        {
            SctpNotification.AssociationChange change => AssociationChange(socket, change, id),
            SctpNotification.PeerAddressChange change => PeerAddressChange(socket, change, id, known.Peer),
            SctpNotification.RemoteError error => RemoteError(error, id),
            SctpNotification.SendFailed failed => SendFailed(failed, id, CauseOf(known.Association?.Host.Ended)),
            SctpNotification.Shutdown => Plain(EventType.Shutdown, id),
            SctpNotification.AdaptationIndication indication => Make(EventType.AdaptationIndication, 0, EventLayouts.Adaptation.Size, bytes =>
            {
                Put(bytes, EventLayouts.Adaptation.Indication, indication.Value);
                Put(bytes, EventLayouts.Adaptation.Id, id);
            }),
            SctpNotification.PartialDeliveryAborted aborted => Make(EventType.PartialDelivery, 0, EventLayouts.PartialDelivery.Size, bytes =>
            {
                Put(bytes, EventLayouts.PartialDelivery.Indication, Aborted);
                Put(bytes, EventLayouts.PartialDelivery.Stream, (uint)aborted.StreamId);
                Put(bytes, EventLayouts.PartialDelivery.Ssn, (uint)aborted.Ssn);
                Put(bytes, EventLayouts.PartialDelivery.Id, id);
            }),
            SctpNotification.Authentication about => Make(EventType.Authentication, 0, EventLayouts.Authentication.Size, bytes =>
            {
                Put(bytes, EventLayouts.Authentication.Key, about.KeyId);
                Put(bytes, EventLayouts.Authentication.Indication, about.Indication switch
                {
                    SctpAuthenticationIndication.NewKey => NewKey,
                    SctpAuthenticationIndication.NotSupported => NoAuthentication,
                    _ => FreeKey,
                });
                Put(bytes, EventLayouts.Authentication.Id, id);
            }),
            SctpNotification.SenderDry => Plain(EventType.SenderDry, id),
            SctpNotification.StreamReset reset => StreamReset(reset, id),
            SctpNotification.AssociationReset when known.Association is { } association && !socket.SettingsOf(association).TellsAssociationResets => [],
            SctpNotification.AssociationReset reset => Make(EventType.AssociationReset, Refusal(reset.Denied, reset.Failed), EventLayouts.AssociationReset.Size, bytes =>
            {
                Put(bytes, EventLayouts.AssociationReset.Id, id);
                Put(bytes, EventLayouts.AssociationReset.LocalTsn, reset.LocalTsn);
                Put(bytes, EventLayouts.AssociationReset.RemoteTsn, reset.RemoteTsn);
            }),
            SctpNotification.StreamChange change => Make(EventType.StreamChange, Refusal(change.Denied, change.Failed), EventLayouts.StreamChange.Size, bytes =>
            {
                Put(bytes, EventLayouts.StreamChange.Id, id);
                Put(bytes, EventLayouts.StreamChange.IncomingStreams, (ushort)change.IncomingStreams);
                Put(bytes, EventLayouts.StreamChange.OutgoingStreams, (ushort)change.OutgoingStreams);
            }),
            SctpNotification.NotificationsLost => Plain(EventType.NotificationsStopped, id),
            _ => [],
        };
    }

    private static byte[] AssociationChange(UsrsctpSocket socket, SctpNotification.AssociationChange change, uint id)
    {
        byte[] info = change.Change is SctpAssociationChange.Up or SctpAssociationChange.Restarted
            ? Supported(socket.Names.Find(change.AssociationId).Association?.Extensions ?? default)
            : AbortChunk(change.Error);
        return Make(EventType.AssociationChange, 0, EventLayouts.AssociationChange.Size + info.Length, bytes =>
        {
            Put(bytes, EventLayouts.AssociationChange.State, change.Change switch
            {
                SctpAssociationChange.Up => IsUp,
                SctpAssociationChange.Lost => IsLost,
                SctpAssociationChange.Restarted => HasRestarted,
                SctpAssociationChange.ShutdownComplete => IsShutDown,
                _ => CannotStart,
            });
            Put(bytes, EventLayouts.AssociationChange.Error, change.Change == SctpAssociationChange.Lost ? CauseOf(change.Error) : (ushort)0);
            Put(bytes, EventLayouts.AssociationChange.OutgoingStreams, (ushort)change.OutgoingStreams);
            Put(bytes, EventLayouts.AssociationChange.IncomingStreams, change.Change == SctpAssociationChange.CannotStart ? (ushort)0 : (ushort)change.IncomingStreams);
            Put(bytes, EventLayouts.AssociationChange.Id, id);
            info.CopyTo(bytes[EventLayouts.AssociationChange.Info..]);
        });
    }

    // sac_info when it is up: what both sides know.
    private static byte[] Supported(Extensions extensions)
    {
        var supported = new List<byte>();
        Add(Extensions.PartialReliability, KnowsReliability);
        Add(Extensions.Authentication, KnowsAuthentication);
        Add(Extensions.AddressReconfiguration, KnowsAddresses);
        supported.Add(KnowsBuffers);                         // several buffers at once, which every implementation of today can
        Add(Extensions.StreamReconfiguration, KnowsStreams);
        Add(Extensions.Interleaving, KnowsInterleaving);
        return [.. supported];

        void Add(Extensions extension, byte value)
        {
            if ((extensions & extension) != 0)
            {
                supported.Add(value);
            }
        }
    }

    // sac_info when it is lost: the ABORT chunk, as far as its cause is known.
    private static byte[] AbortChunk(SctpException? error)
    {
        if (error is not { Error: SctpError.PeerAborted or SctpError.ConnectionRefused })
        {
            return [];
        }

        byte[] reason = System.Text.Encoding.UTF8.GetBytes(error.CauseCode == UserInitiatedAbort ? error.PeerReason ?? "" : "");
        var chunk = new byte[error.CauseCode is null ? 4 : 8 + reason.Length];
        chunk[0] = 6;                                        // ABORT
        BinaryPrimitives.WriteUInt16BigEndian(chunk.AsSpan(2), (ushort)chunk.Length);
        if (error.CauseCode is not { } cause)
        {
            return chunk;
        }

        BinaryPrimitives.WriteUInt16BigEndian(chunk.AsSpan(4), cause);
        BinaryPrimitives.WriteUInt16BigEndian(chunk.AsSpan(6), (ushort)(4 + reason.Length));
        reason.CopyTo(chunk, 8);
        return chunk;
    }

    // What the peer has given as its reason; our own are not told.
    private static ushort CauseOf(SctpException? error) => error is { Error: SctpError.PeerAborted, CauseCode: { } cause } ? cause : (ushort)0;

    private static byte[] PeerAddressChange(UsrsctpSocket socket, SctpNotification.PeerAddressChange change, uint id, SocketName peer)
    {
        uint state = change.State switch
        {
            SctpPathState.Available => IsAvailable,
            SctpPathState.Unreachable => IsUnreachable,
            SctpPathState.Removed => IsRemoved,
            SctpPathState.Added => IsAdded,
            SctpPathState.MadePrimary => IsPrimary,
            SctpPathState.Confirmed => IsConfirmed,
            _ => 0u,
        };
        if (state == 0)
        {
            return [];                                       // RFC 7829 came after the header
        }

        return Make(EventType.PeerAddressChange, 0, EventLayouts.PeerAddressChange.Size, bytes =>
        {
            (socket.IsOwnFamily ? peer : socket.NameOf(change.Address.Address, peer.Port)).Write(bytes[EventLayouts.PeerAddressChange.Address..]);
            Put(bytes, EventLayouts.PeerAddressChange.State, state);
            Put(bytes, EventLayouts.PeerAddressChange.Id, id);
        });
    }

    private static byte[] RemoteError(SctpNotification.RemoteError error, uint id) => Make(EventType.RemoteError, 0, EventLayouts.RemoteError.Size + error.Data.Length, bytes =>
    {
        Put(bytes, EventLayouts.RemoteError.Cause, error.CauseCode);
        Put(bytes, EventLayouts.RemoteError.Id, id);
        error.Data.Span.CopyTo(bytes[EventLayouts.RemoteError.Data..]);
    });

    private static byte[] SendFailed(SctpNotification.SendFailed failed, uint id, ushort cause) =>
        Make(EventType.SendFailedEvent, failed.WasOnWire ? WasSent : WasNotSent, EventLayouts.SendFailed.Size + failed.Payload.Length, bytes =>
        {
            Put(bytes, EventLayouts.SendFailed.Error, (uint)cause);
            MemoryMarshal.Write(bytes[EventLayouts.SendFailed.Info..], new SendInfo
            {
                Sid = failed.Info.StreamId,
                Flags = SendInfo.NotFragmented,              // libusrsctp tells nothing else of how it was sent
                Ppid = BinaryPrimitives.ReverseEndianness(failed.Info.Ppid),
                Context = failed.Info.Context,
                AssociationId = id,
            });
            Put(bytes, EventLayouts.SendFailed.Id, id);
            failed.Payload.Span.CopyTo(bytes[EventLayouts.SendFailed.Data..]);
        });

    private static byte[] StreamReset(SctpNotification.StreamReset reset, uint id) => Make(
        EventType.StreamReset,
        (ushort)((reset.IsIncoming ? IsIncoming : IsOutgoing) | Refusal(reset.Denied, reset.Failed)),
        EventLayouts.StreamReset.Size + (reset.Streams.Count * sizeof(ushort)),
        bytes =>
        {
            Put(bytes, EventLayouts.StreamReset.Id, id);
            for (int i = 0; i < reset.Streams.Count; i++)
            {
                Put(bytes, EventLayouts.StreamReset.Streams + (i * sizeof(ushort)), reset.Streams[i]);
            }
        });

    private static ushort Refusal(bool isDenied, bool hasFailed) => (ushort)((isDenied ? IsDenied : 0) | (hasFailed ? HasFailed : 0));

    private static byte[] Plain(ushort type, uint id) => Make(type, 0, EventLayouts.Shutdown.Size, bytes => Put(bytes, EventLayouts.Shutdown.Id, id));

    private static byte[] Make(ushort type, ushort flags, int length, Filler fill)
    {
        var bytes = new byte[length];
        Put(bytes, EventLayouts.Header.Type, type);
        Put(bytes, EventLayouts.Header.Flags, flags);
        Put(bytes, EventLayouts.Header.Length, (uint)length);
        fill(bytes);
        return bytes;
    }

    private static void Put<T>(Span<byte> bytes, int offset, T value)
        where T : struct => MemoryMarshal.Write(bytes[offset..], value);

    private delegate void Filler(Span<byte> bytes);
}

/// <summary>SCTP_ASSOC_CHANGE and its like: the kinds of notifications, by their numbers in C.</summary>
internal static class EventType
{
    [C("SCTP_ASSOC_CHANGE")] public const ushort AssociationChange = 1;
    [C("SCTP_PEER_ADDR_CHANGE")] public const ushort PeerAddressChange = 2;
    [C("SCTP_REMOTE_ERROR")] public const ushort RemoteError = 3;
    [C("SCTP_SEND_FAILED")] public const ushort SendFailed = 4;
    [C("SCTP_SHUTDOWN_EVENT")] public const ushort Shutdown = 5;
    [C("SCTP_ADAPTATION_INDICATION")] public const ushort AdaptationIndication = 6;
    [C("SCTP_PARTIAL_DELIVERY_EVENT")] public const ushort PartialDelivery = 7;
    [C("SCTP_AUTHENTICATION_EVENT")] public const ushort Authentication = 8;
    [C("SCTP_STREAM_RESET_EVENT")] public const ushort StreamReset = 9;
    [C("SCTP_SENDER_DRY_EVENT")] public const ushort SenderDry = 10;
    [C("SCTP_NOTIFICATIONS_STOPPED_EVENT")] public const ushort NotificationsStopped = 11;
    [C("SCTP_ASSOC_RESET_EVENT")] public const ushort AssociationReset = 12;
    [C("SCTP_STREAM_CHANGE_EVENT")] public const ushort StreamChange = 13;
    [C("SCTP_SEND_FAILED_EVENT")] public const ushort SendFailedEvent = 14;

    /// <summary>What Braid calls them; none for one that cannot be subscribed.</summary>
    public static SctpNotificationKinds KindOf(ushort type) => type switch
    {
        AssociationChange => SctpNotificationKinds.AssociationChange,
        PeerAddressChange => SctpNotificationKinds.PeerAddressChange,
        RemoteError => SctpNotificationKinds.RemoteError,
        SendFailed or SendFailedEvent => SctpNotificationKinds.SendFailed,
        Shutdown => SctpNotificationKinds.Shutdown,
        AdaptationIndication => SctpNotificationKinds.AdaptationIndication,
        PartialDelivery => SctpNotificationKinds.PartialDelivery,
        Authentication => SctpNotificationKinds.Authentication,
        StreamReset => SctpNotificationKinds.StreamReset,
        SenderDry => SctpNotificationKinds.SenderDry,
        AssociationReset => SctpNotificationKinds.AssociationReset,
        StreamChange => SctpNotificationKinds.StreamChange,
        _ => SctpNotificationKinds.None,
    };
}
