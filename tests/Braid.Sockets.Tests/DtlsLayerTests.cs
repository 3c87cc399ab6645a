using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Text;
using Braid.Core;
using Braid.Dtls;
using Braid.Sctp;

namespace Braid.Sockets.Tests;

/// <summary>Two layers with their endpoints, and time by hand. What is lost here is not repeated: that takes libssl's own clock.</summary>
public sealed class DtlsLayerTests
{
    private const ushort Port = 5001;

    private static readonly DtlsCertificate s_certificate = DtlsCertificate.Create();
    private static readonly NetworkAddress s_server = NetworkAddress.FromIPv4([192, 0, 2, 1], 1);
    private static readonly NetworkAddress s_client = NetworkAddress.FromIPv4([192, 0, 2, 2], 2);

    private readonly byte[] _buffer = new byte[DatagramBatch.LargestDatagram];
    private readonly List<byte[]> _fromClient = [];
    private readonly Side _server = new(true);
    private readonly Side _client = new(false);
    private Instant _now = new(TimeSpan.TicksPerHour);

    [Fact, Rfc(8261, "6.1")]
    public void An_association_begins_a_session_and_its_INIT_names_no_address()
    {
        var alone = new Side(false);
        alone.Endpoint.Connect(_now, Port, new NetworkPath(default, s_server), null, Port);
        Assert.True(alone.Endpoint.TryGetDatagram(_now, _buffer, out OutgoingDatagram init));
        for (int i = 12 + 20; i < init.Length; i += (BinaryPrimitives.ReadUInt16BigEndian(_buffer.AsSpan(i + 2)) + 3) & ~3)
        {
            Assert.DoesNotContain(BinaryPrimitives.ReadUInt16BigEndian(_buffer.AsSpan(i)), new ushort[] { 5, 6, 12 });
        }

        (Association client, Association server) = Connect();
        Assert.Equal(AssociationState.Established, client.State);
        Assert.Equal(AssociationState.Established, server.State);
        Assert.Equal(1, _server.Layer.PeerCount);
        Assert.Equal(s_certificate.RawData.ToArray(), _server.Layer.CertificateOf(s_client).ToArray());
    }

    [Fact]
    public void A_session_that_nobody_uses_is_closed_after_ten_seconds()
    {
        Connect();
        Assert.Equal(1, _server.Layer.PeerCount);
        Advance(TimeSpan.FromSeconds(9));
        Assert.Equal(1, _server.Layer.PeerCount);
        Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(0, _server.Layer.PeerCount);
        Assert.Equal(0, _client.Layer.PeerCount);            // was told
    }

    [Fact]
    public void A_session_that_somebody_uses_stays_and_its_end_is_told()
    {
        Connect();
        _server.Layer.Use(s_client);
        _server.Layer.Use(s_client);
        _client.Layer.Use(s_server);
        Advance(TimeSpan.FromMinutes(1));
        _server.Layer.Release(_now, s_client);
        Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(1, _server.Layer.PeerCount);
        _server.Layer.Release(_now, s_client);
        Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(0, _server.Layer.PeerCount);
        Assert.False(_server.Layer.TryTakeEnded(out _, out _, out _));
        Assert.True(_client.Layer.TryTakeEnded(out NetworkAddress remote, out DtlsEnd? end, out bool isUsed));
        Assert.Equal(s_server, remote);
        Assert.True(isUsed);
        Assert.Equal(DtlsEndReason.ClosedByPeer, end.Reason);
    }

    [Fact]
    public void Whoever_closes_says_goodbye_to_everybody()
    {
        Connect();
        _client.Layer.Close(_now);
        Exchange();
        Assert.Equal(0, _server.Layer.PeerCount);
        Assert.Equal(0, _client.Layer.PeerCount);
    }

    [Fact, Rfc(6347, "4.2.8")]
    public void Hellos_of_the_past_and_noise_do_no_harm_to_a_session()
    {
        (Association client, Association server) = Connect();
        foreach (byte[] datagram in _fromClient.ToArray())
        {
            _server.Layer.HandleDatagram(_now, new NetworkPath(default, s_client), datagram);
            _server.Layer.HandleDatagram(_now, new NetworkPath(default, s_client.WithPort(99)), datagram);
        }

        _server.Layer.HandleDatagram(_now, new NetworkPath(default, s_client), []);
        _server.Layer.HandleDatagram(_now, new NetworkPath(default, s_client), "GET / HTTP/1.1"u8);
        Exchange();
        Assert.Equal(1, _server.Layer.PeerCount);
        Send(client, server, "still here");
        Advance(TimeSpan.FromSeconds(9));
        Send(client, server, "and later");
    }

    [Fact, Rfc(8261, "8")]
    public void Another_session_of_the_same_host_cannot_speak_for_a_peer_even_with_the_right_tag()
    {
        (Association client, Association server) = Connect();
        client.Send(_now, "forged"u8, default);
        while (_client.Endpoint.TryGetDatagram(_now, _buffer, out OutgoingDatagram packet))
        {
            _server.Endpoint.HandleDatagram(_now, new NetworkPath(default, s_client.WithPort(3)), _buffer.AsSpan(0, packet.Length));
        }

        Assert.False(server.TryReceive(out _));
        Exchange();
        Assert.Equal(s_client, server.PrimaryPath.Remote);
        Assert.Equal(1, _server.Endpoint.Drops[DropReason.OutOfTheBlue]);
    }

    [Fact]
    public void A_server_calls_nobody_and_a_client_greets_nobody()
    {
        var caller = new Side(false, DtlsRole.Server);
        caller.Endpoint.Connect(_now, Port, new NetworkPath(default, s_server), null, Port);
        Assert.False(caller.Layer.TryGetDatagram(_now, _buffer, out _));

        Connect();
        var deaf = new Side(true, DtlsRole.Client);
        deaf.Layer.HandleDatagram(_now, new NetworkPath(default, s_client), _fromClient[0]);
        Assert.False(deaf.Layer.TryGetDatagram(_now, _buffer, out _));
        Assert.Equal(1, deaf.Layer.Discarded);
    }

    [Fact]
    public void There_are_no_more_sessions_than_are_allowed()
    {
        Connect();
        var full = new Side(true, maximumPeers: 0);
        full.Layer.HandleDatagram(_now, new NetworkPath(default, s_client), _fromClient[0]);
        Assert.False(full.Layer.TryGetDatagram(_now, _buffer, out _));
    }

    [Fact]
    public void A_packet_that_does_not_begin_an_association_begins_no_session()
    {
        (Association client, _) = Connect();
        _client.Layer.Close(_now);
        Exchange();
        var again = new DtlsLayer(_client.Endpoint, Side.Options(null), new SeededRandom(9), 10);
        client.Abort(_now, "gone"u8);
        Assert.False(again.TryGetDatagram(_now, _buffer, out _));
        Assert.Equal(0, again.PeerCount);
    }

    [Fact]
    public void A_packet_costs_the_layer_no_allocation()
    {
        (Association client, Association server) = Connect();
        var payload = new byte[1000];
        Run(2000);
        Assert.Equal(0, Allocations.Of(() => Run(2000)));

        void Run(int count)
        {
            for (int i = 0; i < count; i++)
            {
                _now += TimeSpan.FromMicroseconds(50);
                client.Send(_now, payload, default);
                bool moved;
                do
                {
                    moved = Move(_client, _server, s_client, null) | Move(_server, _client, s_server, null);
                    while (server.TryReceive(out ReceivedMessage? message))
                    {
                        message.Dispose();
                    }
                }
                while (moved);
            }
        }
    }

    private (Association Client, Association Server) Connect()
    {
        Association client = _client.Endpoint.Connect(_now, Port, new NetworkPath(default, s_server), null, Port);
        Exchange();
        Assert.True(_server.Endpoint.TryAccept(out Association? server));
        return (client, server);
    }

    private void Send(Association from, Association to, string text)
    {
        Assert.Equal(SendStatus.Ok, from.Send(_now, Encoding.UTF8.GetBytes(text), default));
        Exchange();
        Assert.True(to.TryReceive(out ReceivedMessage? message));
        Assert.Equal(text, Encoding.UTF8.GetString(message.Payload));
        message.Dispose();
    }

    private void Advance(TimeSpan time)
    {
        Instant end = _now + time;
        while (true)
        {
            Instant next = Instant.Min(_client.Layer.NextTimeout, _server.Layer.NextTimeout);
            _now = Instant.Max(_now, Instant.Min(next, end));
            _client.Layer.HandleTimeout(_now);
            _server.Layer.HandleTimeout(_now);
            Exchange();
            if (_now >= end)
            {
                return;
            }
        }
    }

    private void Exchange()
    {
        while (Move(_client, _server, s_client, _fromClient) | Move(_server, _client, s_server, null))
        {
        }
    }

    private bool Move(Side from, Side to, NetworkAddress sender, List<byte[]>? record)
    {
        bool any = false;
        while (from.Layer.TryGetDatagram(_now, _buffer, out OutgoingDatagram datagram))
        {
            any = true;
            record?.Add(_buffer[..datagram.Length]);
            to.Layer.HandleDatagram(_now, new NetworkPath(default, sender), _buffer.AsSpan(0, datagram.Length), datagram.Ecn);
        }

        return any;
    }

    private sealed class Side
    {
        public Side(bool listens, DtlsRole? role = null, int maximumPeers = 100)
        {
            Endpoint = new Endpoint(
                new EndpointOptions
                {
                    LocalPort = Port,
                    AcceptsAssociations = listens,
                    Families = NetworkFamilies.None,
                    LearnsRemotePorts = false,
                    EncapsulationOverhead = 8 + DtlsLayer.Overhead,
                    ErrorDetection = AlternateErrorDetection.LowerLayerDtls,
                },
                new SeededRandom(listens ? 1UL : 2));
            Layer = new DtlsLayer(Endpoint, Options(role), new SeededRandom(3), maximumPeers);
        }

        public Endpoint Endpoint { get; }

        public DtlsLayer Layer { get; }

        public static SctpDtlsOptions Options(DtlsRole? role) => new()
        {
            Certificate = s_certificate,
            PeerFingerprints = [s_certificate.Fingerprint()],
            Role = role,
        };
    }
}
