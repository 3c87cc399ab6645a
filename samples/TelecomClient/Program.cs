// What a signalling gateway does with SCTP: M3UA (RFC 4666) towards a switch and Diameter (RFC 6733) towards a subscriber
// database, timers as they are set in such networks, a stream for each flow so that none waits for another.
using System;
using System.Buffers;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Net;
using System.Threading.Tasks;
using Braid.Sockets;

const ushort M3uaPort = 2905;
const ushort DiameterPort = 3868;
const int LinkSelections = 16;                               // SLS of MTP3: messages of one conversation share one

// RFC 9260 suggests a second and more, for the Internet. A signalling network answers in milliseconds and wants to know soon.
var telecom = SctpAssociationOptions.Default with
{
    OutgoingStreams = 1 + LinkSelections,
    IncomingStreams = 1 + LinkSelections,
    RtoInitial = TimeSpan.FromMilliseconds(200),
    RtoMinimum = TimeSpan.FromMilliseconds(100),
    RtoMaximum = TimeSpan.FromMilliseconds(500),
    SackDelay = TimeSpan.FromMilliseconds(20),               // well below the peer's least time-out
    HeartbeatInterval = TimeSpan.FromSeconds(2),
    MaximumPathRetransmissions = 2,
    MaximumRetransmissions = 4,
    Notifications = SctpNotificationKinds.AssociationChange | SctpNotificationKinds.PeerAddressChange | SctpNotificationKinds.SenderDry,
};

await using SctpListener signallingSwitch = await ListenAsync(M3uaPort);
await using SctpListener subscribers = await ListenAsync(DiameterPort);
Task[] peers = [ServeM3uaAsync(signallingSwitch), ServeDiameterAsync(subscribers)];

await using (SctpAssociation m3ua = await ConnectAsync(signallingSwitch))
await using (SctpAssociation diameter = await ConnectAsync(subscribers))
{
    Task m3uaNotifications = PrintNotificationsAsync("M3UA", m3ua);
    Task diameterNotifications = PrintNotificationsAsync("Diameter", diameter);

    // Stream 0 is for management (RFC 4666 §1.4.7), the others are for traffic.
    await m3ua.SendAsync(M3ua.Message(M3ua.AspStateMaintenance, M3ua.AspUp, []), new SctpSendInfo(StreamId: 0, Ppid: SctpPpid.M3ua));
    await m3ua.SendAsync(M3ua.Message(M3ua.AspTrafficMaintenance, M3ua.AspActive, []), new SctpSendInfo(StreamId: 0, Ppid: SctpPpid.M3ua));
    for (int i = 0; i < 10 * LinkSelections; i++)
    {
        int selection = i % LinkSelections;
        await m3ua.SendAsync(
            M3ua.Message(M3ua.Transfer, M3ua.Data, BitConverter.GetBytes(i)),
            new SctpSendInfo(StreamId: (ushort)(1 + selection), Ppid: SctpPpid.M3ua));
    }

    // Diameter has no order to keep: requests go unordered (RFC 6733 §2.1.1), and wait for nothing.
    await diameter.SendAsync("update location"u8.ToArray(), new SctpSendInfo(Ppid: SctpPpid.Diameter, Unordered: true));
    using (SctpMessage answer = await diameter.ReceiveAsync())
    {
        Console.WriteLine($"Diameter: an answer of {answer.Length} bytes, PPID {answer.Info.Ppid}");
    }

    // One peer is asked for a sign of life now; the association does that by itself when it is idle.
    await diameter.RequestHeartbeatAsync();

    await m3ua.ShutdownAsync();
    await diameter.ShutdownAsync();
    await Task.WhenAll(m3uaNotifications, diameterNotifications);
}

await Task.WhenAll(peers);
Console.WriteLine("Everything was delivered.");

ValueTask<SctpListener> ListenAsync(ushort port) =>
    SctpListener.ListenAsync(new() { Port = port, ListenEndPoints = [new(IPAddress.Loopback, 0)], Association = telecom });

ValueTask<SctpAssociation> ConnectAsync(SctpListener to) =>
    SctpAssociation.ConnectAsync(new() { RemoteEndPoints = to.LocalEndPoints, RemotePort = to.Port, Association = telecom });

static async Task PrintNotificationsAsync(string name, SctpAssociation association)
{
    await foreach (SctpNotification notification in association.ReadNotificationsAsync())
    {
        Console.WriteLine(notification switch
        {
            SctpNotification.AssociationChange change => $"{name}: association {change.Change}, {change.OutgoingStreams} streams out",
            SctpNotification.PeerAddressChange change => $"{name}: {change.Address} is {change.State}",
            SctpNotification.SenderDry => $"{name}: everything is acknowledged",
            _ => $"{name}: {notification.Kind}",
        });
    }
}

static async Task ServeM3uaAsync(SctpListener listener)
{
    await using SctpAssociation association = await listener.AcceptAssociationAsync();
    var perStream = new SortedDictionary<ushort, int>();
    await foreach (SctpMessage message in association.ReadAllAsync())
    {
        using (message)
        {
            if (message.Info.Ppid == SctpPpid.M3ua && M3ua.IsWhole(message.Payload))
            {
                perStream[message.Info.StreamId] = perStream.GetValueOrDefault(message.Info.StreamId) + 1;
            }
        }
    }

    Console.WriteLine($"Switch: {perStream[0]} M3UA messages of management, {perStream[1]} on each of {perStream.Count - 1} streams");
}

static async Task ServeDiameterAsync(SctpListener listener)
{
    await using SctpAssociation association = await listener.AcceptAssociationAsync();
    await foreach (SctpMessage request in association.ReadAllAsync())
    {
        using (request)
        {
            await association.SendAsync("success"u8.ToArray(), new SctpSendInfo(Ppid: request.Info.Ppid, Unordered: true));
        }
    }
}

/// <summary>The common header of M3UA (RFC 4666 §3.1): version, class, type, length.</summary>
internal static class M3ua
{
    public const byte Transfer = 1, AspStateMaintenance = 3, AspTrafficMaintenance = 4;
    public const byte Data = 1, AspUp = 1, AspActive = 1;

    public static byte[] Message(byte messageClass, byte messageType, ReadOnlySpan<byte> parameters)
    {
        byte[] message = [1, 0, messageClass, messageType, 0, 0, 0, 0, .. parameters];
        BinaryPrimitives.WriteInt32BigEndian(message.AsSpan(4), message.Length);
        return message;
    }

    public static bool IsWhole(ReadOnlySequence<byte> message)
    {
        var header = new byte[8];
        message.Slice(0, Math.Min(message.Length, header.Length)).CopyTo(header);
        return header[0] == 1 && BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(4)) == message.Length;
    }
}
