using System;
using System.Diagnostics;
using System.Linq;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Threading;
using System.Threading.Tasks;

namespace Braid.WebRtc.Interop;

/// <summary>What the tests stand on.</summary>
public sealed class HarnessTests(PeersFixture peers) : IDisposable
{
    // A guard only: nothing here waits for it.
    private readonly CancellationTokenSource _guard = new(TimeSpan.FromSeconds(60));

    [Fact]
    public void A_seed_loses_the_same_datagrams_every_time()
    {
        static bool[] Lost(ulong seed)
        {
            var loss = new Loss(0.1, TimeSpan.Zero, seed);
            return [.. Enumerable.Range(0, 1000).Select(_ => loss.Next())];
        }

        Assert.Equal(Lost(1), Lost(1));
        Assert.NotEqual(Lost(1), Lost(2));
        Assert.InRange(Lost(1).Count(isLost => isLost), 50, 150);
    }

    [Fact]
    public async Task A_relay_has_a_port_for_each_sender_and_brings_answers_back()
    {
        PeerNamespace place = await peers.PlaceAsync(_guard.Token);
        using Socket target = Bound(place);
        await using LossyRelay relay = LossyRelay.Start(place, (IPEndPoint)target.LocalEndPoint!, new Loss(0, TimeSpan.Zero, 1));
        using Socket first = Bound(place);
        using Socket second = Bound(place);
        EndPoint one = await SendAsync(first, "one");
        EndPoint two = await SendAsync(second, "two");
        Assert.NotEqual(one, two);
        Assert.Equal(one, await SendAsync(first, "one"));
        await target.SendToAsync("for two"u8.ToArray(), SocketFlags.None, two, _guard.Token);
        (string text, EndPoint source) = await ReceiveAsync(second);
        Assert.Equal(("for two", relay.EndPoint), (text, (IPEndPoint)source));

        async Task<EndPoint> SendAsync(Socket socket, string message)
        {
            await socket.SendToAsync(Encoding.ASCII.GetBytes(message), SocketFlags.None, relay.EndPoint, _guard.Token);
            (string arrived, EndPoint from) = await ReceiveAsync(target);
            Assert.Equal(message, arrived);
            return from;
        }
    }

    [Fact]
    public async Task What_comes_late_comes_in_its_order()
    {
        PeerNamespace place = await peers.PlaceAsync(_guard.Token);
        using Socket target = Bound(place);
        await using LossyRelay relay = LossyRelay.Start(place, (IPEndPoint)target.LocalEndPoint!, new Loss(0, TimeSpan.FromMilliseconds(5), 1));
        using Socket sender = Bound(place);
        var sent = Stopwatch.StartNew();
        for (int i = 0; i < 200; i++)
        {
            await sender.SendToAsync(Encoding.ASCII.GetBytes($"{i}"), SocketFlags.None, relay.EndPoint, _guard.Token);
        }

        for (int i = 0; i < 200; i++)
        {
            Assert.Equal($"{i}", (await ReceiveAsync(target)).Text);
        }

        Assert.True(sent.ElapsedMilliseconds >= 5);
    }

    [Fact]
    public async Task Nothing_in_a_namespace_outlives_it()
    {
        await peers.PlaceAsync(_guard.Token);                // skips where there can be none
        PeerNamespace place = await PeerNamespace.CreateAsync(_guard.Token);
        using Process stubborn = Process.Start(place.Inside("sh", "-c", "trap '' TERM HUP; sleep 1000 & echo started; while :; do sleep 1000; done"))!;
        Assert.Equal("started", await stubborn.StandardOutput.ReadLineAsync(_guard.Token));
        await place.DisposeAsync();
        await stubborn.WaitForExitAsync(_guard.Token);
    }

    public void Dispose() => _guard.Dispose();

    private static Socket Bound(PeerNamespace place)
    {
        Socket socket = place.NewSocket(SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return socket;
    }

    private async Task<(string Text, EndPoint Source)> ReceiveAsync(Socket socket)
    {
        var buffer = new byte[100];
        SocketReceiveFromResult received = await socket.ReceiveFromAsync(buffer, SocketFlags.None, new IPEndPoint(IPAddress.Any, 0), _guard.Token);
        return (Encoding.ASCII.GetString(buffer, 0, received.ReceivedBytes), received.RemoteEndPoint);
    }
}
