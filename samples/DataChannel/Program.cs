using System;
using System.Threading.Tasks;
using Braid.WebRtc;

var configuration = new RTCConfiguration { IncludeLoopback = true };
await using var caller = new RTCPeerConnection(configuration);
await using var server = new RTCPeerConnection(configuration);
Task serving = ServeAsync(server);

RTCDataChannel chat = caller.CreateDataChannel("chat");

// The offer goes to the other side, and its answer comes back: over HTTP, a WebSocket, or on paper.
await caller.SetLocalDescriptionAsync();
RTCSessionDescription offer = await caller.GatherAsync();
RTCSessionDescription answer = await AnswerAsync(server, offer);
await caller.SetRemoteDescriptionAsync(answer);

await chat.SendAsync("hello, channel");
using (RTCMessage reply = await chat.ReceiveAsync())
{
    Console.WriteLine($"{(reply.IsText ? "text" : "binary")}: {reply.GetText()}");
}

await chat.CloseAsync();
await caller.CloseAsync();
await serving;

static async Task<RTCSessionDescription> AnswerAsync(RTCPeerConnection connection, RTCSessionDescription offer)
{
    await connection.SetRemoteDescriptionAsync(offer);
    await connection.SetLocalDescriptionAsync();
    return await connection.GatherAsync();
}

static async Task ServeAsync(RTCPeerConnection connection)
{
    try
    {
        while (true)
        {
            _ = EchoAsync(await connection.AcceptDataChannelAsync());
        }
    }
    catch (RTCException exception) when (exception.Reason is RTCFailureReason.ClosedByPeer or RTCFailureReason.Closed)
    {
        Console.WriteLine(exception.Message);
    }
}

static async Task EchoAsync(RTCDataChannel channel)
{
    await foreach (RTCMessage message in channel.ReadAllAsync())
    {
        await channel.SendAsync(message.ToArray(), message.IsText);
    }
}
