// The code of docs/guide.md, in its order. It runs, so the guide tells the truth.
using System;
using System.Buffers;
using System.IO;
using System.Net;
using System.Text;
using System.Threading.Tasks;
using Braid.Sctp;
using Braid.Sockets;

await using SctpListener listener = await SctpListener.ListenAsync(new() { Port = 5001, ListenEndPoints = [new(IPAddress.Loopback, 0)] });
await using SctpAssociation client = await SctpAssociation.ConnectAsync(new() { RemoteEndPoints = listener.LocalEndPoints, RemotePort = 5001 });
await using SctpAssociation server = await listener.AcceptAssociationAsync();

await SendAsync(client);
await ReceiveAsync(server);
await StreamsAsync(client, server);
await Guide.OptionsAndNotificationsAsync(listener.LocalEndPoints, listener);
await OneToManyAsync();
Guide.Block(listener);
await Guide.DtlsAsync();
Guide.Measure();
await ErrorsAsync(client, server);

static async Task SendAsync(SctpAssociation association)
{
    byte[] payload = "one message"u8.ToArray();
    await association.SendAsync(payload);                                            // stream 0, in order
    await association.SendAsync(payload, new SctpSendInfo(StreamId: 3, Ppid: SctpPpid.Diameter, Unordered: true));

    if (!association.TrySend(payload))                                               // never waits
    {
        await association.WaitToSendAsync(payload.Length);
    }

    SctpStream stream = association.GetStream(7);
    stream.BufferedAmountLowThreshold = 64 * 1024;
    await stream.SendAsync(payload);
    await stream.WaitForLowBufferAsync();                                            // time to make more

    await stream.SendAsync(payload, new SctpSendInfo(Reliability: Reliability.Lifetime(TimeSpan.FromMilliseconds(100))));
    await stream.SendAsync(payload, new SctpSendInfo(Unordered: true, Reliability: Reliability.MaximumRetransmissions(0)));
    AbandonedMessages lost = await association.GetAbandonedAsync();
    Console.WriteLine($"{lost.Total} messages were given up");

    await using SctpMessageStream large = stream.OpenMessageWriter();
    await large.WriteAsync("a message that is written "u8.ToArray());
    await large.WriteAsync("in pieces"u8.ToArray());
    await large.CompleteAsync();
}

static async Task ReceiveAsync(SctpAssociation association)
{
    using (SctpMessage message = await association.ReceiveAsync())                   // a lease: dispose it soon
    {
        Console.WriteLine($"{message.Length} bytes on stream {message.Info.StreamId}, PPID {message.Info.Ppid}");
        ReadOnlySequence<byte> bytes = message.Payload;
        Console.WriteLine(Encoding.UTF8.GetString(bytes));
    }

    byte[] buffer = new byte[4];                                                     // a copy, into memory of your own
    SctpReceiveResult result;
    do
    {
        result = await association.ReceiveAsync(buffer);
        Console.Write(Encoding.UTF8.GetString(buffer, 0, result.Count));
    }
    while (!result.EndOfMessage);
    Console.WriteLine();
}

static async Task StreamsAsync(SctpAssociation client, SctpAssociation server)
{
    SctpStream accepted = await server.AcceptStreamAsync();                          // one that has something to read
    while (accepted.TryReceive(out SctpMessage waiting))
    {
        waiting.Dispose();
    }

    Stream bytes = client.GetStream(9).AsStream();                                   // for code that knows only bytes
    await bytes.WriteAsync("GET /\n"u8.ToArray());
    using var reader = new StreamReader(server.GetStream(9).AsStream());
    Console.WriteLine(await reader.ReadLineAsync());

    server.SetOption(SctpOptions.EnableStreamReset, Braid.Sctp.ReconfigurationKinds.ResetStreams);
    await server.GetStatisticsAsync();                                               // the option counts from now on

    SctpStream call = client.GetStream(7);
    await call.SendAsync("the only question"u8.ToArray());
    await call.CompleteWritesAsync();                                                // the server's reader comes to its end
}

static async Task OneToManyAsync()
{
    await using var socket = new SctpSocket(new SctpSocketOptions
    {
        LocalEndPoints = [new IPEndPoint(IPAddress.Loopback, 0)],
        Association = SctpAssociationOptions.Default with { IdleTimeout = TimeSpan.FromMinutes(5) },
    });
    await using var other = new SctpSocket(new SctpSocketOptions { LocalEndPoints = [new IPEndPoint(IPAddress.Loopback, 0)] });
    other.Listen();

    SctpAssociationId id = await socket.SendToAsync("hello"u8.ToArray(), other.LocalEndPoints[0], other.Port);
    using SctpReceived received = await other.ReceiveAsync();
    Console.WriteLine(received.Notification is null ? $"a message of {received.Message.Length} bytes" : "a notification");

    await using SctpAssociation own = socket.PeelOff(id);
}

static async Task ErrorsAsync(SctpAssociation client, SctpAssociation server)
{
    client.Abort("out of paper");
    try
    {
        while (true)
        {
            using SctpMessage message = await server.ReceiveAsync();
        }
    }
    catch (SctpException exception) when (exception.Error == SctpError.PeerAborted)
    {
        Console.WriteLine(exception.PeerReason);
    }
}
