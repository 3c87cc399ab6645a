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
    private const int HeaderSize = 8;                        // type, flags, length
    private const int UserInitiatedAbort = 12;               // RFC 9260 §3.3.10.12

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
            SctpNotification.AdaptationIndication indication => Make(EventType.AdaptationIndication, 0, 16, bytes =>
            {
                Put(bytes, 8, indication.Value);
                Put(bytes, 12, id);
            }),
            SctpNotification.PartialDeliveryAborted aborted => Make(EventType.PartialDelivery, 0, 24, bytes =>
            {
                Put(bytes, 8, 1u);                           // SCTP_PARTIAL_DELIVERY_ABORTED
                Put(bytes, 12, (uint)aborted.StreamId);
                Put(bytes, 16, (uint)aborted.Ssn);
                Put(bytes, 20, id);
            }),
            SctpNotification.Authentication about => Make(EventType.Authentication, 0, 20, bytes =>
            {
                Put(bytes, 8, about.KeyId);
                Put(bytes, 12, about.Indication switch
                {
                    SctpAuthenticationIndication.NewKey => 1u,
                    SctpAuthenticationIndication.NotSupported => 2u,
                    _ => 3u,
                });
                Put(bytes, 16, id);
            }),
            SctpNotification.SenderDry => Plain(EventType.SenderDry, id),
            SctpNotification.StreamReset reset => StreamReset(reset, id),
            SctpNotification.AssociationReset reset => Make(EventType.AssociationReset, Refusal(reset.Denied, reset.Failed), 20, bytes =>
            {
                Put(bytes, 8, id);
                Put(bytes, 12, reset.LocalTsn);
                Put(bytes, 16, reset.RemoteTsn);
            }),
            SctpNotification.StreamChange change => Make(EventType.StreamChange, Refusal(change.Denied, change.Failed), 16, bytes =>
            {
                Put(bytes, 8, id);
                Put(bytes, 12, (ushort)change.IncomingStreams);
                Put(bytes, 14, (ushort)change.OutgoingStreams);
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
        return Make(EventType.AssociationChange, 0, 20 + info.Length, bytes =>
        {
            Put(bytes, 8, change.Change switch
            {
                SctpAssociationChange.Up => (ushort)1,
                SctpAssociationChange.Lost => (ushort)2,
                SctpAssociationChange.Restarted => (ushort)3,
                SctpAssociationChange.ShutdownComplete => (ushort)4,
                _ => (ushort)5,
            });
            Put(bytes, 10, change.Change == SctpAssociationChange.Lost ? CauseOf(change.Error) : (ushort)0);
            Put(bytes, 12, (ushort)change.OutgoingStreams);
            Put(bytes, 14, change.Change == SctpAssociationChange.CannotStart ? (ushort)0 : (ushort)change.IncomingStreams);
            Put(bytes, 16, id);
            info.CopyTo(bytes[20..]);
        });
    }

    // sac_info when it is up: what both sides know.
    private static byte[] Supported(Extensions extensions)
    {
        var supported = new List<byte>();
        Add(Extensions.PartialReliability, 1);
        Add(Extensions.Authentication, 2);
        Add(Extensions.AddressReconfiguration, 3);
        supported.Add(4);                                    // several buffers at once, which every implementation of today can
        Add(Extensions.StreamReconfiguration, 5);
        Add(Extensions.Interleaving, 6);
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
            SctpPathState.Available => 1u,
            SctpPathState.Unreachable => 2u,
            SctpPathState.Removed => 3u,
            SctpPathState.Added => 4u,
            SctpPathState.MadePrimary => 5u,
            SctpPathState.Confirmed => 6u,
            _ => 0u,
        };
        if (state == 0)
        {
            return [];                                       // RFC 7829 came after the header
        }

        return Make(EventType.PeerAddressChange, 0, 152, bytes =>
        {
            (socket.IsOwnFamily ? peer : socket.NameOf(change.Address.Address, peer.Port)).Write(bytes[8..]);
            Put(bytes, 136, state);
            Put(bytes, 144, id);
        });
    }

    private static byte[] RemoteError(SctpNotification.RemoteError error, uint id) => Make(EventType.RemoteError, 0, 16 + error.Data.Length, bytes =>
    {
        Put(bytes, 8, error.CauseCode);
        Put(bytes, 12, id);
        error.Data.Span.CopyTo(bytes[16..]);
    });

    private static byte[] SendFailed(SctpNotification.SendFailed failed, uint id, ushort cause) =>
        Make(EventType.SendFailedEvent, failed.WasOnWire ? (ushort)2 : (ushort)1, 32 + failed.Payload.Length, bytes =>
        {
            Put(bytes, 8, (uint)cause);
            Put(bytes, 12, failed.Info.StreamId);
            Put(bytes, 14, SendInfo.NotFragmented);          // libusrsctp tells nothing else of how it was sent
            Put(bytes, 16, BinaryPrimitives.ReverseEndianness(failed.Info.Ppid));
            Put(bytes, 20, failed.Info.Context);
            Put(bytes, 24, id);
            Put(bytes, 28, id);
            failed.Payload.Span.CopyTo(bytes[32..]);
        });

    private static byte[] StreamReset(SctpNotification.StreamReset reset, uint id) => Make(
        EventType.StreamReset,
        (ushort)((reset.IsIncoming ? 1 : 2) | Refusal(reset.Denied, reset.Failed)),
        12 + (reset.Streams.Count * sizeof(ushort)),
        bytes =>
        {
            Put(bytes, 8, id);
            for (int i = 0; i < reset.Streams.Count; i++)
            {
                Put(bytes, 12 + (i * sizeof(ushort)), reset.Streams[i]);
            }
        });

    private static ushort Refusal(bool isDenied, bool hasFailed) => (ushort)((isDenied ? 4 : 0) | (hasFailed ? 8 : 0));

    private static byte[] Plain(ushort type, uint id) => Make(type, 0, 12, bytes => Put(bytes, 8, id));

    private static byte[] Make(ushort type, ushort flags, int length, Filler fill)
    {
        var bytes = new byte[length];
        Put(bytes, 0, type);
        Put(bytes, 2, flags);
        Put(bytes, HeaderSize / 2, (uint)length);
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
    public const ushort AssociationChange = 1;
    public const ushort PeerAddressChange = 2;
    public const ushort RemoteError = 3;
    public const ushort SendFailed = 4;
    public const ushort Shutdown = 5;
    public const ushort AdaptationIndication = 6;
    public const ushort PartialDelivery = 7;
    public const ushort Authentication = 8;
    public const ushort StreamReset = 9;
    public const ushort SenderDry = 10;
    public const ushort NotificationsStopped = 11;
    public const ushort AssociationReset = 12;
    public const ushort StreamChange = 13;
    public const ushort SendFailedEvent = 14;

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
