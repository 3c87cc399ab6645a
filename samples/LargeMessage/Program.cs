// One message of 1 GiB (or as many MiB as the argument says) through buffers of 1 MiB: neither side ever holds it as a whole.
using System;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Threading.Tasks;
using Braid.Sockets;

const int MiB = 1 << 20;
long length = MiB * (args.Length > 0 ? long.Parse(args[0], CultureInfo.InvariantCulture) : 1024);

var small = SctpAssociationOptions.Default with
{
    SendBufferSize = MiB,
    ReceiveBufferSize = MiB,
    PartialDeliveryPoint = MiB / 4,                          // from here on a message comes in parts
};
await using SctpListener listener = await SctpListener.ListenAsync(
    new() { Port = 5001, ListenEndPoints = [new(IPAddress.Loopback, 0)], Association = small });
Task<byte[]> receiving = ReceiveAsync();

await using SctpAssociation client = await SctpAssociation.ConnectAsync(
    new() { RemoteEndPoints = listener.LocalEndPoints, RemotePort = 5001, Association = small });
byte[] sent = await SendAsync();
await client.ShutdownAsync();
byte[] received = await receiving;

using var process = Process.GetCurrentProcess();
Console.WriteLine($"SHA-256 sent     {Convert.ToHexStringLower(sent)}");
Console.WriteLine($"SHA-256 received {Convert.ToHexStringLower(received)}");
Console.WriteLine($"One message of {length / MiB} MiB; the process never held more than {process.PeakWorkingSet64 / MiB} MiB.");
return sent.AsSpan().SequenceEqual(received) ? 0 : 1;

async Task<byte[]> SendAsync()
{
    using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    var random = new Random(1);
    byte[] piece = new byte[64 * 1024];
    await using SctpMessageStream message = client.GetStream(0).OpenMessageWriter();
    for (long left = length; left > 0; left -= piece.Length)
    {
        random.NextBytes(piece);
        hash.AppendData(piece);
        await message.WriteAsync(piece);
    }

    await message.CompleteAsync();                           // without it the message is no message
    return hash.GetHashAndReset();
}

async Task<byte[]> ReceiveAsync()
{
    using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    await using SctpAssociation server = await listener.AcceptAssociationAsync();
    byte[] buffer = new byte[64 * 1024];
    SctpReceiveResult part;
    int reads = 0;
    do
    {
        part = await server.ReceiveAsync(buffer);
        hash.AppendData(buffer, 0, part.Count);
        reads++;
    }
    while (!part.EndOfMessage);
    await server.Closed;                                     // the client closes when everything is acknowledged
    Console.WriteLine($"It was read in {reads} pieces.");
    return hash.GetHashAndReset();
}
