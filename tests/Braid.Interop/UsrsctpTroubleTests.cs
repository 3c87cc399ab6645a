using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Net;
using System.Threading;
using System.Threading.Tasks;
using Braid.Sockets;

namespace Braid.Interop;

/// <summary>What goes wrong between two stacks: crashes, INITs that cross, readers that stop, a network that loses.</summary>
public sealed class UsrsctpTroubleTests : IDisposable
{
    private const ushort Port = 7000;
    private const int Streams = 10;

    // Time-outs in a row would make a test of a lossy network last for minutes, once in a while.
    private static readonly Dictionary<string, string> s_shortRto = new() { ["SHORT_RTO"] = "1" };
    private static readonly SctpAssociationOptions s_shortRtoOptions = SctpAssociationOptions.Default with
    {
        RtoInitial = TimeSpan.FromMilliseconds(300),
        RtoMinimum = TimeSpan.FromMilliseconds(300),
        RtoMaximum = TimeSpan.FromSeconds(1),
    };

    // A guard only: nothing here waits for it.
    private readonly CancellationTokenSource _guard = new(TimeSpan.FromSeconds(90));

    [Fact, Rfc(9260, "5.2.4")]
    public async Task A_usrsctp_that_was_killed_and_started_again_on_the_same_ports_is_a_new_association()
    {
        await using SctpListener listener = await SctpListener.ListenAsync(
            new SctpListenerOptions { ListenEndPoints = [new IPEndPoint(IPAddress.Loopback, 0)], Port = Port }, _guard.Token);
        int udpPort = UsrsctpPeer.FreeUdpPort();
        var fixedPort = new Dictionary<string, string> { ["LOCAL_SCTP_PORT"] = "7001" };
        await using UsrsctpPeer first = UsrsctpPeer.Start(
            "client", udpPort, listener.LocalEndPoints[0].Port, Port, fixedPort, "talk", "5", "1000", "5", "1", "wait");
        await using SctpAssociation old = await listener.AcceptAssociationAsync(_guard.Token);
        await CheckAsync(old, 5, 1000);
        await first.CrashAsync();

        await using UsrsctpPeer second = UsrsctpPeer.Start(
            "client", udpPort, listener.LocalEndPoints[0].Port, Port, fixedPort, "talk", "50", "3000", "5", "1", "wait");
        await using SctpAssociation accepted = await listener.AcceptAssociationAsync(_guard.Token);
        SctpException error = await Assert.ThrowsAsync<SctpException>(() => old.Closed.WaitAsync(_guard.Token));
        Assert.Equal(SctpError.PeerRestarted, error.Error);
        await CheckAsync(accepted, 50, 3000);
        await SendAsync(accepted, 30, 2000);
        await accepted.ShutdownAsync(_guard.Token);
        await ExpectAllAsync(second, 30, 2000);
    }

    [Fact, Rfc(9260, "5.2.4")]
    public async Task A_Braid_that_vanished_and_comes_back_on_the_same_ports_restarts_usrsctps_association()
    {
        await using UsrsctpPeer server = UsrsctpPeer.Start("server", SctpDefaults.UdpPort, Port, "talk", "0", "1", "1", "1", "wait");
        await server.ExpectAsync("ready", _guard.Token);
        var options = new SctpConnectOptions
        {
            RemoteEndPoints = [new IPEndPoint(IPAddress.Loopback, server.UdpPort)],
            LocalEndPoints = [new IPEndPoint(IPAddress.Loopback, UsrsctpPeer.FreeUdpPort())],
            RemotePort = Port,
            LocalPort = 7001,
        };
        SctpAssociation first = await SctpAssociation.ConnectAsync(options, _guard.Token);
        await server.ExpectAsync("up", _guard.Token);
        await SendAsync(first, 10, 2000);
        while (await first.GetStatisticsAsync() is { PayloadBytesSent: < 20_000 } or { BytesInFlight: > 0 })
        {
            await Task.Yield();
        }

        await first.VanishAsync();
        await using SctpAssociation second = await SctpAssociation.ConnectAsync(options, _guard.Token);
        await SendAsync(second, 25, 2000);
        await second.ShutdownAsync(_guard.Token);
        await server.ExpectAsync("sent", _guard.Token);
        string[] words = await server.ExpectAsync("received", _guard.Token);
        Assert.Equal(["35", "70000", "0"], words);
    }

    [Fact, Rfc(9260, "5.2.1"), Rfc(9260, "5.2.4")]
    public async Task Two_INITs_that_cross_become_one_association()
    {
        int braidUdp = UsrsctpPeer.FreeUdpPort();
        int usrsctpUdp = UsrsctpPeer.FreeUdpPort();
        await using var relay = new UdpRelay(usrsctpUdp, 0, TimeSpan.FromMilliseconds(250), 1);
        relay.SetClient(new IPEndPoint(IPAddress.Loopback, braidUdp));
        Task<SctpAssociation> connecting = SctpAssociation.ConnectAsync(
            new SctpConnectOptions
            {
                RemoteEndPoints = [relay.EndPoint],
                LocalEndPoints = [new IPEndPoint(IPAddress.Loopback, braidUdp)],
                RemotePort = Port,
                LocalPort = Port,
            },
            _guard.Token).AsTask();
        await using UsrsctpPeer peer = UsrsctpPeer.Start(
            "client", usrsctpUdp, relay.BackEndPoint.Port, Port, new Dictionary<string, string> { ["LOCAL_SCTP_PORT"] = "7000" }, "talk", "20", "1000", "5", "1", "wait");
        await using SctpAssociation association = await connecting;
        await peer.ExpectAsync("up", _guard.Token);
        Task sending = SendAsync(association, 20, 1000);
        await CheckAsync(association, 20, 1000);
        await sending;
        await association.ShutdownAsync(_guard.Token);
        await peer.ExpectAsync("sent", _guard.Token);
        Assert.Equal(["20", "20000", "0"], await peer.ExpectAsync("received", _guard.Token));
    }

    [Fact, Rfc(9260, "6.1"), Rfc(9260, "6.2")]
    public async Task A_Braid_that_stops_reading_stops_usrsctp_and_goes_on_where_it_was()
    {
        const int Count = 400;
        await using SctpListener listener = await SctpListener.ListenAsync(
            new SctpListenerOptions
            {
                ListenEndPoints = [new IPEndPoint(IPAddress.Loopback, 0)],
                Port = Port,
                Association = SctpAssociationOptions.Default with { ReceiveBufferSize = 100_000 },
            },
            _guard.Token);
        await using UsrsctpPeer peer = UsrsctpPeer.Start("client", listener.LocalEndPoints[0].Port, Port, "talk", $"{Count}", "5000", "5", "1", "shutdown");
        await using SctpAssociation association = await listener.AcceptAssociationAsync(_guard.Token);
        while ((await association.GetStatisticsAsync()).ReceiveWindow > 0)
        {
            _guard.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }

        await CheckAsync(association, Count, 5000);
        await association.Closed.WaitAsync(_guard.Token);
    }

    [Fact, Rfc(9260, "6.1"), Rfc(9260, "6.2.1")]
    public async Task A_usrsctp_that_stops_reading_stops_Braid_and_goes_on_where_it_was()
    {
        const int Count = 2000;
        await using UsrsctpPeer server = UsrsctpPeer.Start(
            "server", UsrsctpPeer.FreeUdpPort(), SctpDefaults.UdpPort, Port, new Dictionary<string, string> { ["STALL"] = "1" }, "talk", "0", "1", "1", "1", "wait");
        await server.ExpectAsync("ready", _guard.Token);
        await using SctpAssociation association = await ConnectAsync(new IPEndPoint(IPAddress.Loopback, server.UdpPort));
        await server.ExpectAsync("up", _guard.Token);
        Task sending = SendAsync(association, Count, 5000);
        while ((await association.GetStatisticsAsync()).PeerWindow > 5000)
        {
            _guard.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }

        Assert.False(sending.IsCompleted);
        await server.ResumeAsync();
        await sending;
        await association.ShutdownAsync(_guard.Token);
        await server.ExpectAsync("sent", _guard.Token);
        Assert.Equal([$"{Count}", $"{Count * 5000}", "0"], await server.ExpectAsync("received", _guard.Token));
    }

    [Theory, Rfc(9260, "6.3.3"), Rfc(9260, "7.2.4")]
    [InlineData(true)]
    [InlineData(false)]
    public async Task One_packet_of_twenty_lost_both_ways_costs_time_and_nothing_else(bool usrsctpIsServer)
    {
        const int Count = 150;
        const int Size = 3000;
        string[] action = ["talk", $"{Count}", $"{Size}", $"{Streams}", "1", "wait"];
        if (usrsctpIsServer)
        {
            await using UsrsctpPeer server = UsrsctpPeer.Start("server", UsrsctpPeer.FreeUdpPort(), SctpDefaults.UdpPort, Port, s_shortRto, action);
            await server.ExpectAsync("ready", _guard.Token);
            await using var relay = new UdpRelay(server.UdpPort, 0.05, TimeSpan.FromMilliseconds(2), 11);
            await using SctpAssociation association = await ConnectAsync(relay.EndPoint, s_shortRtoOptions);
            await TalkAsync(association, server, Count, Size);
            Assert.True(relay.Lost > 0);
        }
        else
        {
            await using SctpListener listener = await SctpListener.ListenAsync(
                new SctpListenerOptions { ListenEndPoints = [new IPEndPoint(IPAddress.Loopback, 0)], Port = Port, Association = s_shortRtoOptions }, _guard.Token);
            await using var relay = new UdpRelay(listener.LocalEndPoints[0].Port, 0.05, TimeSpan.FromMilliseconds(2), 12);
            await using UsrsctpPeer client = UsrsctpPeer.Start("client", UsrsctpPeer.FreeUdpPort(), relay.EndPoint.Port, Port, s_shortRto, action);
            await using SctpAssociation association = await listener.AcceptAssociationAsync(_guard.Token);
            await TalkAsync(association, client, Count, Size);
            Assert.True(relay.Lost > 0);
        }
    }

    public void Dispose() => _guard.Dispose();

    private async Task TalkAsync(SctpAssociation association, UsrsctpPeer peer, int count, int size)
    {
        await peer.ExpectAsync("up", _guard.Token);
        Task sending = SendAsync(association, count, size);
        await CheckAsync(association, count, size);
        await sending;
        await peer.ExpectAsync("sent", _guard.Token);
        await association.ShutdownAsync(_guard.Token);
        Assert.Equal([$"{count}", $"{count * size}", "0"], await peer.ExpectAsync("received", _guard.Token));
    }

    private async Task ExpectAllAsync(UsrsctpPeer peer, int count, int size)
    {
        await peer.ExpectAsync("up", _guard.Token);
        await peer.ExpectAsync("sent", _guard.Token);
        Assert.Equal([$"{count}", $"{count * size}", "0"], await peer.ExpectAsync("received", _guard.Token));
        await peer.ExpectAsync("closed", _guard.Token);
    }

    private ValueTask<SctpAssociation> ConnectAsync(IPEndPoint remote, SctpAssociationOptions? options = null) => SctpAssociation.ConnectAsync(
        new SctpConnectOptions { RemoteEndPoints = [remote], RemotePort = Port, Association = options ?? SctpAssociationOptions.Default }, _guard.Token);

    private async Task SendAsync(SctpAssociation association, int count, int size)
    {
        for (int i = 0; i < count; i++)
        {
            int stream = i % 5;
            await association.SendAsync(UsrsctpPeer.Pattern(stream, size), new SctpSendInfo((ushort)stream), _guard.Token);
        }
    }

    private async Task CheckAsync(SctpAssociation association, int count, int size)
    {
        for (int i = 0; i < count; i++)
        {
            using SctpMessage message = await association.ReceiveAsync(_guard.Token);
            Assert.True(
                message.ToArray().AsSpan().SequenceEqual(UsrsctpPeer.Pattern(message.Info.StreamId, size)),
                string.Create(CultureInfo.InvariantCulture, $"message {i} is not what was sent"));
        }
    }
}
