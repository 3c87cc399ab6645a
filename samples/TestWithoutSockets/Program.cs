// How to test a program that talks SCTP: a network in memory, which needs no port and no permission, and loses what you want.
using System;
using System.Linq;
using System.Net;
using System.Threading;
using System.Threading.Tasks;
using Braid.Sockets;

var network = new SctpMemoryNetwork();
await using SctpStack serverStack = network.Open(new IPEndPoint(IPAddress.Parse("192.0.2.1"), 9899));
await using SctpStack clientStack = network.Open(new IPEndPoint(IPAddress.Parse("192.0.2.2"), 9899));

var impatient = SctpAssociationOptions.Default with
{
    RtoInitial = TimeSpan.FromMilliseconds(50),
    RtoMinimum = TimeSpan.FromMilliseconds(50),
    RtoMaximum = TimeSpan.FromMilliseconds(100),
    SackDelay = TimeSpan.FromMilliseconds(10),
    MaximumRetransmissions = 8,
};
await using SctpListener listener = await SctpListener.ListenAsync(new() { Stack = serverStack, Port = 5001, Association = impatient });
await using SctpAssociation client = await SctpAssociation.ConnectAsync(
    new() { Stack = clientStack, RemoteEndPoints = serverStack.LocalEndPoints, RemotePort = 5001, Association = impatient });
await using SctpAssociation server = await listener.AcceptAssociationAsync();

// One packet in twenty is lost, by the same dice every time.
int packets = 0;
int lost = 0;
var dice = new Random(42);
var gate = new Lock();
network.Drop = (source, destination, packet) =>
{
    lock (gate)
    {
        packets++;
        bool isLost = dice.Next(20) == 0;
        lost += isLost ? 1 : 0;
        return isLost;
    }
};

const int Count = 1000;
Task sending = Task.Run(async () =>
{
    foreach (int i in Enumerable.Range(0, Count))
    {
        byte[] payload = new byte[400];
        BitConverter.TryWriteBytes(payload, i);
        await client.SendAsync(payload);
    }
});
for (int i = 0; i < Count; i++)
{
    using SctpMessage message = await server.ReceiveAsync();
    if (BitConverter.ToInt32(message.ToArray(), 0) != i)
    {
        Console.WriteLine($"message {i} is out of order");
        return 1;
    }
}

await sending;
Console.WriteLine($"All {Count} messages arrived in order, although {lost} of {packets} packets were lost.");

// And what does the program do when nothing gets through any more?
network.Drop = (source, destination, packet) => true;
await client.SendAsync("is anybody there?"u8.ToArray());
try
{
    await client.Closed;
    return 1;
}
catch (SctpException exception) when (exception.Error == SctpError.PeerUnreachable)
{
    Console.WriteLine(exception.Message);
}

network.Drop = null;                                         // lets the server hear that it is over
return 0;
