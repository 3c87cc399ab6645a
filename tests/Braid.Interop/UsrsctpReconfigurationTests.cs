using System;
using System.Net;
using System.Threading;
using System.Threading.Tasks;
using Braid.Sctp;
using Braid.Sockets;

namespace Braid.Interop;

/// <summary>Streams are reset and added together with libusrsctp (RFC 6525).</summary>
public sealed class UsrsctpReconfigurationTests : IDisposable
{
    private const ushort Port = 7000;

    private static readonly SctpAssociationOptions s_options = SctpAssociationOptions.Default with
    {
        AllowedReconfiguration = ReconfigurationKinds.ResetStreams | ReconfigurationKinds.ResetAssociation | ReconfigurationKinds.AddStreams,
        OutgoingStreams = 10,
        IncomingStreams = 100,
    };

    private readonly CancellationTokenSource _guard = new(TimeSpan.FromSeconds(60));

    [Fact]
    public async Task We_reset_our_streams_and_use_them_again()
    {
        (UsrsctpPeer peer, SctpAssociation braid) = await ConnectAsync();
        await using UsrsctpPeer owned = peer;
        await using SctpAssociation association = braid;
        SctpStream stream = braid.GetStream(3);
        for (int run = 0; run < 3; run++)
        {
            await stream.SendAsync(UsrsctpPeer.Pattern(3, 10), _guard.Token);
            await stream.SendAsync(UsrsctpPeer.Pattern(3, 11), _guard.Token);
            await stream.CompleteWritesAsync(_guard.Token);
            Assert.Equal(["3", "0", "10"], await peer.ExpectAsync("message", _guard.Token));
            Assert.Equal(["3", "1", "11"], await peer.ExpectAsync("message", _guard.Token));
            Assert.Equal(["in", "ok", "3"], await peer.ExpectAsync("reset", _guard.Token));
        }
    }

    [Fact]
    public async Task It_resets_its_streams_and_uses_them_again()
    {
        (UsrsctpPeer peer, SctpAssociation braid) = await ConnectAsync();
        await using UsrsctpPeer owned = peer;
        await using SctpAssociation association = braid;
        for (int run = 0; run < 3; run++)
        {
            await peer.TellAsync("send 4 100");
            SctpStream stream = await braid.AcceptStreamAsync(_guard.Token);
            using (SctpMessage message = await stream.ReceiveAsync(_guard.Token))
            {
                Assert.Equal((4, 0), (message.Info.StreamId, message.Info.Ssn));
                Assert.Equal(UsrsctpPeer.Pattern(4, 100), message.ToArray());
            }

            await peer.TellAsync("reset out 4");
            Assert.Equal(SctpError.StreamEnded, (await Assert.ThrowsAsync<SctpException>(async () => await stream.ReceiveAsync(_guard.Token))).Error);
            Assert.Equal(["out", "ok", "4"], await peer.ExpectAsync("reset", _guard.Token));
        }
    }

    [Fact]
    public async Task We_ask_it_to_reset_its_streams()
    {
        (UsrsctpPeer peer, SctpAssociation braid) = await ConnectAsync();
        await using UsrsctpPeer owned = peer;
        await using SctpAssociation association = braid;
        await peer.TellAsync("send 5 20");
        SctpStream stream = await braid.AcceptStreamAsync(_guard.Token);
        (await stream.ReceiveAsync(_guard.Token)).Dispose();
        await braid.ResetStreamsAsync(new ushort[] { 5 }, ResetDirection.Incoming, _guard.Token);
        Assert.Equal(SctpError.StreamEnded, (await Assert.ThrowsAsync<SctpException>(async () => await stream.ReceiveAsync(_guard.Token))).Error);
        await peer.TellAsync("send 5 21");
        using SctpMessage message = await braid.GetStream(5).ReceiveAsync(_guard.Token);
        Assert.Equal((21, 0), (message.Length, message.Info.Ssn));
    }

    [Fact]
    public async Task It_asks_us_to_reset_our_streams()
    {
        (UsrsctpPeer peer, SctpAssociation braid) = await ConnectAsync();
        await using UsrsctpPeer owned = peer;
        await using SctpAssociation association = braid;
        await braid.GetStream(6).SendAsync(UsrsctpPeer.Pattern(6, 30), _guard.Token);
        Assert.Equal(["6", "0", "30"], await peer.ExpectAsync("message", _guard.Token));
        await peer.TellAsync("reset in 6");
        Assert.Equal(["in", "ok", "6"], await peer.ExpectAsync("reset", _guard.Token));
        await braid.GetStream(6).SendAsync(UsrsctpPeer.Pattern(6, 31), _guard.Token);
        Assert.Equal(["6", "0", "31"], await peer.ExpectAsync("message", _guard.Token));
    }

    [Fact]
    public async Task Either_side_adds_streams()
    {
        (UsrsctpPeer peer, SctpAssociation braid) = await ConnectAsync();
        await using UsrsctpPeer owned = peer;
        await using SctpAssociation association = braid;
        (int outgoing, int incoming) = braid.StreamCounts;
        await braid.AddStreamsAsync(2, 0, _guard.Token);
        Assert.Equal((outgoing + 2, incoming), braid.StreamCounts);
        await peer.ExpectAsync("streams", _guard.Token);
        await braid.GetStream((ushort)(outgoing + 1)).SendAsync(UsrsctpPeer.Pattern(outgoing + 1, 9), _guard.Token);
        Assert.Equal([$"{outgoing + 1}", "0", "9"], await peer.ExpectAsync("message", _guard.Token));

        await peer.TellAsync("add 3 0");
        await peer.ExpectAsync("streams", _guard.Token);
        await peer.TellAsync($"send {incoming + 2} 8");
        using SctpMessage message = await braid.ReceiveAsync(_guard.Token);
        Assert.Equal((incoming + 2, incoming + 3), (message.Info.StreamId, braid.StreamCounts.Incoming));
    }

    [Fact]
    public async Task We_ask_it_to_add_streams()
    {
        (UsrsctpPeer peer, SctpAssociation braid) = await ConnectAsync();
        await using UsrsctpPeer owned = peer;
        await using SctpAssociation association = braid;
        int incoming = braid.StreamCounts.Incoming;
        await braid.AddStreamsAsync(0, 2, _guard.Token);
        Assert.Equal(incoming + 2, braid.StreamCounts.Incoming);
        await peer.ExpectAsync("streams", _guard.Token);
        await peer.TellAsync($"send {incoming + 1} 7");
        using SctpMessage message = await braid.ReceiveAsync(_guard.Token);
        Assert.Equal(incoming + 1, message.Info.StreamId);
    }

    [Fact]
    public async Task The_association_begins_anew_and_goes_on()
    {
        (UsrsctpPeer peer, SctpAssociation braid) = await ConnectAsync();
        await using UsrsctpPeer owned = peer;
        await using SctpAssociation association = braid;
        await braid.GetStream(1).SendAsync(UsrsctpPeer.Pattern(1, 5), _guard.Token);
        Assert.Equal(["1", "0", "5"], await peer.ExpectAsync("message", _guard.Token));
        await braid.ResetAssociationAsync(_guard.Token);
        Assert.Equal(["out", "ok", "-1"], await peer.ExpectAsync("reset", _guard.Token));
        Assert.Equal(["in", "ok", "-1"], await peer.ExpectAsync("reset", _guard.Token));
        await braid.GetStream(1).SendAsync(UsrsctpPeer.Pattern(1, 6), _guard.Token);
        Assert.Equal(["1", "0", "6"], await peer.ExpectAsync("message", _guard.Token));
        await peer.TellAsync("send 2 7");
        using SctpMessage message = await braid.ReceiveAsync(_guard.Token);
        Assert.Equal((2, 0, 7), (message.Info.StreamId, message.Info.Ssn, message.Length));
    }

    public void Dispose() => _guard.Dispose();

    private async Task<(UsrsctpPeer Peer, SctpAssociation Braid)> ConnectAsync()
    {
        UsrsctpPeer server = UsrsctpPeer.Start("server", SctpDefaults.UdpPort, Port, "control");
        await server.ExpectAsync("ready", _guard.Token);
        SctpAssociation client = await SctpAssociation.ConnectAsync(
            new SctpConnectOptions
            {
                RemoteEndPoints = [new IPEndPoint(IPAddress.Loopback, server.UdpPort)],
                RemotePort = Port,
                Association = s_options,
            },
            _guard.Token);
        await server.ExpectAsync("up", _guard.Token);
        return (server, client);
    }
}
