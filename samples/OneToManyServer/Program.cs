// One socket for any number of peers (RFC 6458 §3): a chat room in which everybody hears what anybody says. Who is silent for too
// long is closed by itself; who wants to talk in private gets an association of his own.
using System;
using System.Net;
using System.Text;
using System.Threading.Tasks;
using Braid.Sockets;

await using var room = new SctpSocket(new SctpSocketOptions
{
    LocalEndPoints = [new IPEndPoint(IPAddress.Loopback, 0)],
    Port = 5001,
    Association = SctpAssociationOptions.Default with
    {
        IdleTimeout = TimeSpan.FromSeconds(1),               // what RFC 6458 calls SCTP_AUTOCLOSE
        Notifications = SctpNotificationKinds.AssociationChange,
    },
});
room.Listen();
Task serving = ServeAsync();

// A client needs no set-up either: the first message brings the association with it.
await using var ann = new SctpSocket(new SctpSocketOptions { LocalEndPoints = [new IPEndPoint(IPAddress.Loopback, 0)] });
await ann.SendToAsync("hello, everybody"u8.ToArray(), room.LocalEndPoints[0], room.Port);
Print("ann hears", await ann.ReceiveAsync());

await using var ben = new SctpSocket(new SctpSocketOptions { LocalEndPoints = [new IPEndPoint(IPAddress.Loopback, 0)] });
await ben.SendToAsync("private"u8.ToArray(), room.LocalEndPoints[0], room.Port);
Print("ben hears", await ben.ReceiveAsync());

await serving;

async Task ServeAsync()
{
    Task? conversation = null;
    bool wasSilent = false;
    while (conversation is null || !wasSilent)
    {
        using SctpReceived received = await room.ReceiveAsync();
        switch (received.Notification)
        {
            case SctpNotification.AssociationChange { Change: SctpAssociationChange.Up } up:
                Console.WriteLine($"room: association up, {up.OutgoingStreams} streams");
                break;
            case SctpNotification.AssociationChange { Change: SctpAssociationChange.ShutdownComplete }:
                Console.WriteLine("room: a silent peer was closed");
                wasSilent = true;
                break;
            case null when Text(received.Message) == "private":
                Console.WriteLine("room: peeled off");
                conversation = TalkAsync(room.PeelOff(received.AssociationId));
                break;
            case null:
                int count = await room.SendToAllAsync(received.Message.ToArray());
                Console.WriteLine($"room: passed on to {count}");
                break;
        }
    }

    await conversation;
}

// The association lives on its own now: the room neither reads it nor closes it.
static async Task TalkAsync(SctpAssociation association)
{
    await using (association)
    {
        await association.SendAsync("what is it?"u8.ToArray());
        await association.ShutdownAsync();
    }
}

static string Text(SctpMessage message) => Encoding.UTF8.GetString(message.Payload);

static void Print(string who, SctpReceived received)
{
    using (received)
    {
        Console.WriteLine($"{who}: {Text(received.Message)}");
    }
}
