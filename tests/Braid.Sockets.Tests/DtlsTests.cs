using System;
using System.Collections.Generic;
using System.Net;
using System.Security.Cryptography;
using System.Threading;
using System.Threading.Tasks;
using Braid.Dtls;
using Braid.Sctp;

namespace Braid.Sockets.Tests;

/// <summary>SCTP over DTLS (RFC 8261), without any WebRTC.</summary>
public sealed class DtlsTests : IAsyncDisposable
{
    private const ushort Port = 5001;

    private static readonly DtlsCertificate s_server = DtlsCertificate.Create();
    private static readonly DtlsCertificate s_client = DtlsCertificate.Create();
    private static readonly DtlsCertificate s_other = DtlsCertificate.Create();

    private readonly CancellationTokenSource _guard = new(TimeSpan.FromSeconds(60));
    private readonly List<IAsyncDisposable> _owned = [];

    [Fact, Rfc(8261, "1")]
    public async Task Messages_go_both_ways_over_UDP()
    {
        SctpListener listener = await ListenAsync();
        SctpAssociation client = Own(await ConnectAsync(listener));
        SctpAssociation server = Own(await listener.AcceptAssociationAsync(_guard.Token));
        Assert.Equal(s_server.RawData.ToArray(), client.PeerCertificate.ToArray());
        Assert.Equal(s_client.RawData.ToArray(), server.PeerCertificate.ToArray());
        await Task.WhenAll(TalkAsync(client, server), TalkAsync(server, client));
        await client.ShutdownAsync(_guard.Token);
        await server.Closed;
    }

    [Fact, Rfc(8261, "1")]
    public async Task Messages_go_both_ways_over_a_network_in_memory_that_loses_some()
    {
        var network = new SctpMemoryNetwork();
        int count = 0;
        network.Drop = (_, _, packet) => packet[0] == 23 && Interlocked.Increment(ref count) % 50 == 0;
        (SctpAssociation client, SctpAssociation server) = await ConnectAsync(network);
        await Task.WhenAll(TalkAsync(client, server), TalkAsync(server, client));
    }

    [Fact, Rfc(8261, "8"), Rfc(8261, "3")]
    public async Task Nothing_of_a_message_is_to_be_seen_on_the_wire_and_packets_have_no_checksum_inside()
    {
        var network = new SctpMemoryNetwork();
        byte[] secret = RandomNumberGenerator.GetBytes(64);
        bool isSeen = false;
        network.Drop = (_, _, packet) =>
        {
            isSeen |= packet.IndexOf(secret) >= 0 || packet[0] is < 20 or > 63;
            return false;
        };
        (SctpAssociation client, SctpAssociation server) = await ConnectAsync(network);
        await client.SendAsync(secret, new SctpSendInfo(0), _guard.Token);
        using SctpMessage message = await server.ReceiveAsync(_guard.Token);
        Assert.Equal(secret, message.ToArray());
        Assert.False(isSeen);
    }

    [Fact]
    public async Task Several_clients_are_told_apart_on_one_port()
    {
        SctpListener listener = await ListenAsync();
        for (byte i = 0; i < 8; i++)
        {
            SctpAssociation client = Own(await ConnectAsync(listener));
            SctpAssociation server = Own(await listener.AcceptAssociationAsync(_guard.Token));
            await client.SendAsync(new byte[] { i }, new SctpSendInfo(0), _guard.Token);
            using SctpMessage message = await server.ReceiveAsync(_guard.Token);
            Assert.Equal([i], message.ToArray());
        }
    }

    [Fact]
    public async Task A_server_that_is_not_the_one_that_was_meant_is_refused()
    {
        SctpListener listener = await ListenAsync();
        SctpException exception = await Assert.ThrowsAsync<SctpException>(
            async () => await ConnectAsync(listener, Client() with { PeerFingerprints = [s_other.Fingerprint()] }));
        Assert.Equal(SctpError.SecurityFailed, exception.Error);
        Assert.Contains("does not match the fingerprint", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_that_is_not_let_in_learns_why()
    {
        SctpListener listener = await ListenAsync();
        SctpException exception = await Assert.ThrowsAsync<SctpException>(
            async () => await ConnectAsync(listener, Client() with { Certificate = s_other }));
        Assert.Equal(SctpError.SecurityFailed, exception.Error);
        Assert.Contains("did not accept our certificate", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nobody_that_answers_is_a_time_out()
    {
        var network = new SctpMemoryNetwork();
        SctpStack stack = Own(network.Open(new IPEndPoint(IPAddress.Loopback, 2), new SctpStackOptions { Dtls = Client() with { HandshakeTimeout = TimeSpan.FromMilliseconds(300) } }));
        SctpException exception = await Assert.ThrowsAsync<SctpException>(async () => await SctpAssociation.ConnectAsync(
            new SctpConnectOptions { RemoteEndPoints = [new IPEndPoint(IPAddress.Loopback, 1)], RemotePort = Port, Stack = stack }, _guard.Token));
        Assert.Equal(SctpError.ConnectTimeout, exception.Error);
    }

    [Fact]
    public async Task The_handshake_survives_losses()
    {
        var network = new SctpMemoryNetwork();
        int count = 0;
        network.Drop = (_, _, _) => Interlocked.Increment(ref count) is 1 or 4 or 7;
        (SctpAssociation client, SctpAssociation server) = await ConnectAsync(network);
        await TalkAsync(client, server, 10);
    }

    [Fact, Rfc(6347, "4.2.1")]
    public async Task A_server_has_no_session_for_who_does_not_get_its_answers()
    {
        var network = new SctpMemoryNetwork();
        var server = new IPEndPoint(IPAddress.Loopback, 1);
        network.Drop = (source, _, _) => source.Port == server.Port;
        SctpStack listening = Own(network.Open(server, new SctpStackOptions { Dtls = Server() }));
        SctpStack stack = Own(network.Open(new IPEndPoint(IPAddress.Loopback, 2), new SctpStackOptions { Dtls = Client() with { HandshakeTimeout = TimeSpan.FromMilliseconds(200) } }));
        await Assert.ThrowsAsync<SctpException>(async () => await SctpAssociation.ConnectAsync(
            new SctpConnectOptions { RemoteEndPoints = [server], RemotePort = Port, Stack = stack }, _guard.Token));
        Assert.Equal(0, await PeersOf(listening));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_client_that_begins_anew_from_its_old_port_gets_a_new_association(bool seesTheEnd)
    {
        var network = new SctpMemoryNetwork();
        SctpStack listening = Own(network.Open(new IPEndPoint(IPAddress.Loopback, 1), new SctpStackOptions { Dtls = Server() }));
        await using SctpListener listener = SctpListener.Listen(new SctpListenerOptions { Port = Port, Stack = listening });
        SctpStack first = network.Open(new IPEndPoint(IPAddress.Loopback, 2), new SctpStackOptions { Dtls = Client() });
        var options = new SctpConnectOptions { RemoteEndPoints = listening.LocalEndPoints, RemotePort = Port, Stack = first };
        SctpAssociation before = await SctpAssociation.ConnectAsync(options, _guard.Token);
        SctpAssociation old = Own(await listener.AcceptAssociationAsync(_guard.Token));
        network.Drop = (source, _, _) => source.Port == 2 && !seesTheEnd;
        await before.DisposeAsync();
        await first.DisposeAsync();
        network.Drop = null;

        SctpStack second = Own(network.Open(new IPEndPoint(IPAddress.Loopback, 2), new SctpStackOptions { Dtls = Client() }));
        SctpAssociation client = Own(await SctpAssociation.ConnectAsync(options with { Stack = second }, _guard.Token));
        SctpAssociation server = Own(await listener.AcceptAssociationAsync(_guard.Token));
        await TalkAsync(client, server, 10);
        if (!seesTheEnd)
        {
            await PairAssert.EndsAsync(SctpError.PeerAborted, async () => await old.ReceiveAsync(_guard.Token));
        }
    }

    [Fact]
    public async Task Without_the_exchange_of_cookies_it_works_as_well()
    {
        var network = new SctpMemoryNetwork();
        (SctpAssociation client, SctpAssociation server) = await ConnectAsync(network, Server() with { CookieExchange = false });
        await TalkAsync(client, server, 10);
    }

    [Fact]
    public async Task The_side_that_waits_may_begin_the_handshake()
    {
        // Both set up the association at once, so both send, and the one that is the DTLS server waits for the other's hello.
        var network = new SctpMemoryNetwork();
        SctpStack a = Own(network.Open(new IPEndPoint(IPAddress.Loopback, 1), new SctpStackOptions { Dtls = Server() with { Role = DtlsRole.Server } }));
        SctpStack b = Own(network.Open(new IPEndPoint(IPAddress.Loopback, 2), new SctpStackOptions { Dtls = Client() with { Role = DtlsRole.Client } }));
        var options = new SctpConnectOptions { RemoteEndPoints = b.LocalEndPoints, RemotePort = Port, LocalPort = Port, Stack = a };
        Task<SctpAssociation> first = SctpAssociation.ConnectAsync(options, _guard.Token).AsTask();
        Task<SctpAssociation> second = SctpAssociation.ConnectAsync(options with { RemoteEndPoints = a.LocalEndPoints, Stack = b }, _guard.Token).AsTask();
        await TalkAsync(Own(await first), Own(await second), 10);
    }

    [Fact]
    public async Task A_stack_that_is_closed_says_goodbye()
    {
        var network = new SctpMemoryNetwork();
        SctpStack listening = Own(network.Open(new IPEndPoint(IPAddress.Loopback, 1), new SctpStackOptions { Dtls = Server() }));
        SctpStack stack = network.Open(new IPEndPoint(IPAddress.Loopback, 2), new SctpStackOptions { Dtls = Client() });
        await using SctpListener listener = SctpListener.Listen(new SctpListenerOptions { Port = Port, Stack = listening });
        await SctpAssociation.ConnectAsync(new SctpConnectOptions { RemoteEndPoints = listening.LocalEndPoints, RemotePort = Port, Stack = stack }, _guard.Token);
        SctpAssociation server = Own(await listener.AcceptAssociationAsync(_guard.Token));
        await stack.DisposeAsync();
        SctpException exception = await PairAssert.EndsAsync(SctpError.PeerAborted, async () => await server.ReceiveAsync(_guard.Token));
        Assert.Contains("the stack was closed", exception.Message, StringComparison.Ordinal);
        while (await PeersOf(listening) > 0)
        {
            _guard.Token.ThrowIfCancellationRequested();     // it comes right behind the ABORT
            await Task.Yield();
        }
    }

    [Fact]
    public void Options_must_say_whom_to_let_in_and_fit_together()
    {
        Assert.Throws<ArgumentException>(() => new SctpDtlsOptions { Certificate = s_client }.Validate());
        var one = new IPEndPoint(IPAddress.Loopback, 1);
        Assert.Throws<ArgumentException>(() => new SctpConnectOptions { RemoteEndPoints = [one, one], RemotePort = Port, Dtls = Client() }.Validate());
        using var stack = new Stacks();
        Assert.Throws<ArgumentException>(() => new SctpConnectOptions { RemoteEndPoints = [one], RemotePort = Port, Dtls = Client(), Stack = stack.One }.Validate());
        Assert.Throws<ArgumentException>(() => new SctpListenerOptions { Port = Port, Dtls = Client(), Stack = stack.One }.Validate());
        Assert.Throws<ArgumentException>(() => new SctpSocketOptions { Dtls = Client(), Stack = stack.One }.Validate());
        Assert.False(stack.One.IsSecure);
    }

    [Fact, Rfc(8261, "4"), Rfc(8261, "5")]
    public async Task Packets_leave_room_for_what_DTLS_adds_and_the_path_is_probed_for_more()
    {
        var network = new SctpMemoryNetwork();
        int largest = 0;
        network.Drop = (_, _, packet) =>
        {
            largest = Math.Max(largest, packet.Length);
            return packet.Length > 1500 - 28;
        };
        (SctpAssociation client, SctpAssociation server) = await ConnectAsync(network);
        await client.SendAsync(new byte[1 << 20], new SctpSendInfo(0), _guard.Token);
        using SctpMessage message = await server.ReceiveAsync(_guard.Token);
        Assert.Equal(1 << 20, message.Length);
        Assert.InRange(largest, 1400, 65535);
    }

    [Fact, Rfc(8261, "6.1"), Rfc(8261, "6.3")]
    public async Task Addresses_do_not_change_over_DTLS_and_nothing_is_offered_for_them()
    {
        SctpAssociationOptions wanted = SctpAssociationOptions.Default with { Extensions = SctpAssociationOptions.Default.Extensions | Extensions.AddressReconfiguration };
        await using SctpListener listener = SctpListener.Listen(
            new SctpListenerOptions { ListenEndPoints = [new IPEndPoint(IPAddress.Loopback, 0)], Port = Port, Dtls = Server(), Association = wanted });
        await using SctpAssociation client = await SctpAssociation.ConnectAsync(
            new SctpConnectOptions { RemoteEndPoints = listener.LocalEndPoints, RemotePort = Port, Dtls = Client(), Association = wanted }, _guard.Token);
        Assert.Equal(Extensions.None, client.Extensions & (Extensions.AddressReconfiguration | Extensions.Authentication));
        Assert.Equal(SctpAssociationOptions.Default.Extensions, client.Options.Extensions);
        SctpException exception = await Assert.ThrowsAsync<SctpException>(async () => await client.RequestPeerPrimaryAsync(IPAddress.Loopback, _guard.Token));
        Assert.Equal(SctpError.NotSupported, exception.Error);
    }

    public async ValueTask DisposeAsync()
    {
        for (int i = _owned.Count - 1; i >= 0; i--)
        {
            (_owned[i] as SctpAssociation)?.Abort();
            await _owned[i].DisposeAsync();
        }

        _guard.Dispose();
    }

    private static SctpDtlsOptions Server() => new()
    {
        Certificate = s_server,
        PeerFingerprints = [s_client.Fingerprint(), s_client.Fingerprint()],
        RetransmissionTimeout = TimeSpan.FromMilliseconds(50),
    };

    private static SctpDtlsOptions Client() => new()
    {
        Certificate = s_client,
        PeerFingerprints = [s_server.Fingerprint()],
        RetransmissionTimeout = TimeSpan.FromMilliseconds(50),
    };

    private T Own<T>(T owned)
        where T : IAsyncDisposable
    {
        _owned.Add(owned);
        return owned;
    }

    private async Task<SctpListener> ListenAsync() => Own(await SctpListener.ListenAsync(new SctpListenerOptions
    {
        ListenEndPoints = [new IPEndPoint(IPAddress.Loopback, 0)],
        Port = Port,
        Dtls = Server(),
    }));

    private ValueTask<SctpAssociation> ConnectAsync(SctpListener listener, SctpDtlsOptions? options = null) => SctpAssociation.ConnectAsync(
        new SctpConnectOptions { RemoteEndPoints = listener.LocalEndPoints, RemotePort = Port, Dtls = options ?? Client() }, _guard.Token);

    private async Task<(SctpAssociation Client, SctpAssociation Server)> ConnectAsync(SctpMemoryNetwork network, SctpDtlsOptions? options = null)
    {
        SctpStack server = Own(network.Open(new IPEndPoint(IPAddress.Loopback, 1), new SctpStackOptions { Dtls = options ?? Server() }));
        SctpStack client = Own(network.Open(new IPEndPoint(IPAddress.Loopback, 2), new SctpStackOptions { Dtls = Client() }));
        SctpListener listener = Own(SctpListener.Listen(new SctpListenerOptions { Port = Port, Stack = server }));
        SctpAssociation association = Own(await SctpAssociation.ConnectAsync(
            new SctpConnectOptions { RemoteEndPoints = server.LocalEndPoints, RemotePort = Port, Stack = client }, _guard.Token));
        return (association, Own(await listener.AcceptAssociationAsync(_guard.Token)));
    }

    private static Task<int> PeersOf(SctpStack stack)
    {
        var peers = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        stack.Loop.Post(_ => peers.SetResult(stack.Loop.Secure!.PeerCount));
        return peers.Task;
    }

    private async Task TalkAsync(SctpAssociation from, SctpAssociation to, int count = 1000)
    {
        using var sent = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using var received = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Task sending = Task.Run(async () =>
        {
            for (int i = 0; i < count; i++)
            {
                byte[] message = RandomNumberGenerator.GetBytes(1 + (i * 37 % 5000));
                sent.AppendData(message);
                await from.SendAsync(message, new SctpSendInfo(3), _guard.Token);
            }
        });
        for (int i = 0; i < count; i++)
        {
            using SctpMessage message = await to.ReceiveAsync(_guard.Token);
            received.AppendData(message.ToArray());
        }

        await sending;
        Assert.Equal(sent.GetHashAndReset(), received.GetHashAndReset());
    }

    private sealed class Stacks : IDisposable
    {
        public SctpStack One { get; } = new SctpMemoryNetwork().Open(new IPEndPoint(IPAddress.Loopback, 1));

        public void Dispose() => One.DisposeAsync().AsTask().Wait();
    }
}
