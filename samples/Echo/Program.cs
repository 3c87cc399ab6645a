using System;
using System.Net;
using System.Text;
using Braid.Sockets;

await using SctpListener listener = await SctpListener.ListenAsync(new() { Port = 5001, ListenEndPoints = [new(IPAddress.Loopback, 0)] });
await using SctpAssociation client = await SctpAssociation.ConnectAsync(new() { RemoteEndPoints = listener.LocalEndPoints, RemotePort = 5001 });
await using SctpAssociation server = await listener.AcceptAssociationAsync();

await client.SendAsync("hello, streams"u8.ToArray(), new SctpSendInfo(StreamId: 3, Ppid: 42));
using SctpMessage message = await server.ReceiveAsync();
Console.WriteLine($"stream {message.Info.StreamId}, PPID {message.Info.Ppid}: {Encoding.UTF8.GetString(message.Payload)}");

await client.ShutdownAsync();
