using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Net;
using System.Security.Cryptography;
using System.Threading;
using System.Threading.Tasks;

namespace Braid.WebRtc.Tests.Connection;

/// <summary>Two connections over sockets, with DTLS.</summary>
public sealed class LoopbackTests : IDisposable
{
    private static readonly int s_bytes = int.Parse(Environment.GetEnvironmentVariable("BRAID_WEBRTC_BYTES") ?? "20000000", CultureInfo.InvariantCulture);
    private static readonly int s_peers = int.Parse(Environment.GetEnvironmentVariable("BRAID_WEBRTC_PEERS") ?? "40", CultureInfo.InvariantCulture);
    private static readonly RTCConfiguration s_loopback = new() { IncludeLoopback = true };

    private readonly CancellationTokenSource _guard = new(TimeSpan.FromSeconds(90));

    private CancellationToken Token => _guard.Token;

    public void Dispose() => _guard.Dispose();

    [Fact]
    public async Task Messages_go_both_ways_and_the_peer_hears_of_the_end()
    {
        await using var a = new RTCPeerConnection(s_loopback);
        await using var b = new RTCPeerConnection(s_loopback);
        RTCDataChannel channel = a.CreateDataChannel("chat");
        await a.WithAsync(b).WaitAsync(Token);
        await channel.SendAsync("over real sockets", Token);
        RTCDataChannel other = await b.AcceptDataChannelAsync(Token);
        using RTCMessage message = await other.ReceiveAsync(Token);
        Assert.Equal("over real sockets", message.GetText());
        await a.CloseAsync(Token);
        await b.Closed.WaitAsync(Token);
    }

    [Fact]
    public async Task A_large_transfer_arrives_as_it_was_sent()
    {
        await using var a = new RTCPeerConnection(s_loopback);
        await using var b = new RTCPeerConnection(s_loopback);
        RTCDataChannel channel = a.CreateDataChannel("bulk");
        await a.WithAsync(b).WaitAsync(Token);
        Task<byte[]> receiving = Task.Run(ReceiveAsync, Token);
        using var sent = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] piece = new byte[65536];
        for (int left = s_bytes; left > 0; left -= piece.Length)
        {
            new Random(left).NextBytes(piece);
            sent.AppendData(piece);
            await channel.SendAsync(piece, Token);
        }

        await channel.CloseAsync(Token);
        Assert.Equal(sent.GetCurrentHash(), await receiving);

        async Task<byte[]> ReceiveAsync()
        {
            RTCDataChannel other = await b.AcceptDataChannelAsync(Token);
            using var received = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            await foreach (RTCMessage message in other.ReadAllAsync(Token))
            {
                foreach (ReadOnlyMemory<byte> segment in message.Data)
                {
                    received.AppendData(segment.Span);
                }
            }

            return received.GetCurrentHash();
        }
    }

    [Fact]
    public async Task A_thousand_channels_each_with_its_own_messages()
    {
        await using var a = new RTCPeerConnection(s_loopback);
        await using var b = new RTCPeerConnection(s_loopback);
        b.DataChannel += static (_, channel) => channel.Message += static (sender, message) => ((RTCDataChannel)sender!).Send(message.GetText());
        List<RTCDataChannel> channels = [.. Enumerable.Range(0, 1000).Select(i => a.CreateDataChannel($"channel {i}"))];
        await a.WithAsync(b).WaitAsync(Token);
        await Task.WhenAll(channels.Select(EchoAsync)).WaitAsync(Token);
        Assert.Equal(1000, channels.Select(static channel => channel.Id).Distinct().Count());

        async Task EchoAsync(RTCDataChannel channel)
        {
            await channel.SendAsync(channel.Label, Token);
            using RTCMessage message = await channel.ReceiveAsync(Token);
            Assert.Equal(channel.Label, message.GetText());
        }
    }

    [Fact]
    public async Task Peers_that_share_a_port()
    {
        await using RTCUdpMux mux = RTCUdpMux.Open(new IPEndPoint(IPAddress.Loopback, 0));
        var certificate = RTCCertificate.Generate();
        RTCConfiguration server = new() { UdpMux = mux, Certificate = certificate };
        RTCConfiguration client = new() { IncludeLoopback = true, Certificate = certificate };
        ConcurrentBag<(RTCPeerConnection Server, RTCPeerConnection Client, RTCDataChannel Channel)> peers = [];
        long before = GC.GetTotalMemory(forceFullCollection: true);
        var some = new ParallelOptions { MaxDegreeOfParallelism = 32, CancellationToken = Token };
        await Parallel.ForEachAsync(Enumerable.Range(0, s_peers), some, async (i, _) =>
        {
            var one = new RTCPeerConnection(server);
            var other = new RTCPeerConnection(client);
            RTCDataChannel channel = other.CreateDataChannel($"peer {i}");
            await other.WithAsync(one).WaitAsync(Token);
            await channel.Opened.WaitAsync(Token);
            peers.Add((one, other, channel));
        });

        Assert.Equal(s_peers, mux.PeerCount);
        long after = GC.GetTotalMemory(forceFullCollection: true);
        TestContext.Current.SendDiagnosticMessage("{0} bytes of managed memory per connected peer", (after - before) / s_peers / 2);
        foreach ((RTCPeerConnection one, RTCPeerConnection other, RTCDataChannel channel) in peers)
        {
            await channel.SendAsync(channel.Label, Token);
            RTCDataChannel accepted = await one.AcceptDataChannelAsync(Token);
            using RTCMessage message = await accepted.ReceiveAsync(Token);
            Assert.Equal(channel.Label, message.GetText());
        }

        foreach ((RTCPeerConnection one, RTCPeerConnection other, _) in peers)
        {
            await other.DisposeAsync();
            await one.DisposeAsync();
        }

        Assert.Equal(0, mux.PeerCount);
    }

    [Fact]
    public async Task Nothing_is_left_of_connections_that_are_disposed()
    {
        WeakReference[] gone = await UseAsync();
        await UseAsync();                                    // a thread may still have at hand what it ran last
        for (int i = 0; i < 20 && gone.Any(static reference => reference.IsAlive); i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            await Task.Delay(50, Token);
        }

        Assert.DoesNotContain(gone, static reference => reference.IsAlive);

        async Task<WeakReference[]> UseAsync()
        {
            var a = new RTCPeerConnection(s_loopback);
            var b = new RTCPeerConnection(s_loopback);
            RTCDataChannel channel = a.CreateDataChannel("x");
            await a.WithAsync(b);
            await channel.SendAsync("x", Token);
            (await (await b.AcceptDataChannelAsync(Token)).ReceiveAsync(Token)).Dispose();
            await a.DisposeAsync();
            await b.DisposeAsync();
            return [new WeakReference(a), new WeakReference(b), new WeakReference(channel)];
        }
    }

    [Fact]
    public void Nonsense_in_the_configuration_is_refused_at_once()
    {
        Assert.Equal(RTCErrorName.SyntaxError, Assert.Throws<RTCException>(() => new RTCPeerConnection(new() { IceServers = [new("http://example.org")] })).Name);
        Assert.Throws<ArgumentOutOfRangeException>(() => new RTCPeerConnection(new() { MaxMessageSize = 0 }));
    }
}
