using System;
using System.Collections.Generic;
using System.Linq;
using Braid.Core;
using Braid.Sctp;
using Braid.Sctp.Wire;
using Braid.Simulation;

namespace Braid.Scenarios;

/// <summary>Authenticated chunks (RFC 4895), between two who keep to it.</summary>
public sealed class AuthenticationTests
{
    private static readonly byte[] s_secret = "a secret of both"u8.ToArray();
    private static readonly AuthenticationOptions s_data = new() { RequiredChunks = [ChunkType.Data] };
    private static readonly AssociationOptions s_quiet = AssociationOptions.Rfc9260 with { HeartbeatInterval = TimeSpan.Zero, MaximumPathMtu = 0 };
    private static readonly AssociationOptions s_plain = s_quiet with { Authentication = AuthenticationOptions.Default };
    private static readonly AssociationOptions s_wantsData = s_quiet with { Authentication = s_data };

    [Fact, Rfc(4895, "7"), Rfc(4895, "6.1"), Rfc(4895, "3.1"), Rfc(4895, "3.2"), Rfc(4895, "3.3")]
    public void Where_nothing_has_to_be_authenticated_the_handshake_has_three_parameters_and_that_is_all()
    {
        var pair = new Pair(s_plain);
        pair.Connect().Arrow("A -> INIT -> Z");
        Assert.Equal([0x80, 4, 0, 8, 0, 3, 0, 1], pair.LastPacket[^8..]);
        Assert.Equal([0x80, 2, 0, 36], pair.LastPacket[^44..^40]);
        pair.Arrow("A <- INIT ACK <- Z");
        Assert.Equal([0x80, 4, 0, 8, 0, 3, 0, 1], pair.LastPacket[^8..]);
        pair.Arrow("A -> COOKIE ECHO -> Z").Arrow("A <- COOKIE ACK <- Z");
        Assert.Equal((Extensions.Authentication, Extensions.Authentication), (pair.A.Extensions & Extensions.Authentication, pair.Z.Extensions & Extensions.Authentication));
        Assert.Empty(pair.A.PeerAuthenticatedChunks);
        Send(pair).Arrow("A -> DATA -> Z").Arrow("A <- SACK <- Z").NothingPending();
    }

    [Theory, Rfc(4895, "7"), Rfc(4895, "6.1"), Rfc(4895, "6.2")]
    [InlineData(HmacAlgorithm.Sha256, HmacAlgorithm.Sha1, 0)]
    [InlineData(HmacAlgorithm.Sha256, HmacAlgorithm.Sha1, 16)]
    [InlineData(HmacAlgorithm.Sha1, HmacAlgorithm.Sha256, 16)]
    [InlineData(HmacAlgorithm.Sha1, null, 0)]
    public void A_server_gets_DATA_authenticated_with_the_first_algorithm_that_it_lists(HmacAlgorithm first, HmacAlgorithm? second, int secretLength)
    {
        byte[] secret = s_secret[..secretLength];
        AuthenticationOptions keys = new() { Keys = secretLength == 0 ? [] : [new SharedKey(5, secret)] };
        var pair = new Pair(s_quiet with { Authentication = keys }, optionsOfZ: s_quiet with
        {
            Authentication = keys with { RequiredChunks = [ChunkType.Data], Algorithms = second is { } other ? [first, other] : [first] },
        });
        pair.Connect();
        Send(pair);
        AuthenticatedPeer peer = SetUp(pair).Arrow("A -> COOKIE ECHO, AUTH, DATA -> Z").Peer();
        Assert.Equal(peer.CodeFor(pair.LastPacket, secret), AuthenticatedPeer.CodeOf(pair.LastPacket));
        Assert.Equal(first == HmacAlgorithm.Sha1 ? 20 : 32, AuthenticatedPeer.CodeOf(pair.LastPacket).Length);
        Assert.Equal(secretLength == 0 ? 0 : 5, AuthenticatedPeer.KeyOf(pair.LastPacket));
        pair.Arrow("A <- COOKIE ACK, SACK <- Z").NothingPending();
        Assert.Equal("hello"u8.ToArray(), pair.Receive(pair.Z));
        Send(pair).Arrow("A -> AUTH, DATA -> Z");
        Assert.Equal(peer.CodeFor(pair.LastPacket, secret), AuthenticatedPeer.CodeOf(pair.LastPacket));
        Assert.Equal([ChunkType.Data], pair.A.PeerAuthenticatedChunks);
        Assert.Equal([ChunkType.Data], pair.Z.LocalAuthenticatedChunks);
        Assert.Empty(pair.Z.PeerAuthenticatedChunks);
    }

    [Fact, Rfc(4895, "6.2"), Rfc(4895, "5.1")]
    public void One_AUTH_chunk_vouches_for_all_that_follows_and_comes_right_before_the_first_that_needs_it()
    {
        var pair = new Pair(s_wantsData, optionsOfZ: s_quiet with { Authentication = new() { RequiredChunks = [ChunkType.Sack] } });
        AuthenticatedPeer peer = SetUp(pair.Connect()).Arrow("A -> COOKIE ECHO -> Z").Peer();
        pair.Arrow("A <- COOKIE ACK <- Z");
        Send(pair).Arrow("A -> DATA -> Z").Arrow("A <- SACK <- Z");
        Assert.Equal(SendStatus.Ok, pair.Z.Send(pair.Now, "one"u8, default));
        Assert.Equal(SendStatus.Ok, pair.Z.Send(pair.Now, "two"u8, default));
        pair.Arrow("A <- AUTH, DATA, DATA <- Z");
        Assert.Equal(peer.CodeFor(pair.LastPacket, []), AuthenticatedPeer.CodeOf(pair.LastPacket));
        pair.Arrow("A -> AUTH, SACK -> Z");
        Assert.Equal(SendStatus.Ok, pair.Z.Send(pair.Now, "three"u8, default));
        pair.Arrow("A <- AUTH, DATA <- Z");
        Send(pair).Arrow("A -> AUTH, SACK, DATA -> Z");
        Assert.Equal(peer.CodeFor(pair.LastPacket, []), AuthenticatedPeer.CodeOf(pair.LastPacket));
        Assert.Equal("one"u8.ToArray(), pair.Receive(pair.A));
        Assert.Equal("two"u8.ToArray(), pair.Receive(pair.A));
    }

    [Theory, Rfc(4895, "6.2")]
    [InlineData(ChunkType.Data, false)]
    [InlineData(ChunkType.IData, true)]
    [InlineData(ChunkType.Sack, false)]
    public void No_packet_grows_beyond_the_path_by_it(ChunkType required, bool interleaves)
    {
        AssociationOptions options = s_quiet with { Authentication = new() { RequiredChunks = [required] } };
        Pair pair = new Pair(options, interleaves: interleaves).Established();
        int limit = pair.A.GetPaths()[0].MaximumPacket;
        int fits = pair.A.GetStatistics().FragmentationPoint;
        int longest = 0;
        var sizes = new List<int> { fits - 1, fits, fits + 1, (3 * fits) + 1, 1, fits / 2, (fits / 2) + 7, 20_000 };
        foreach (int size in sizes)
        {
            Assert.Equal(SendStatus.Ok, pair.A.Send(pair.Now, new byte[size], default));
            Assert.Equal(SendStatus.Ok, pair.Z.Send(pair.Now, new byte[size], default));
        }

        for (int i = 0; i < 100; i++)
        {
            pair.Advance(TimeSpan.FromMilliseconds(250));
            foreach (byte[] packet in pair.TakeFromZ())
            {
                longest = Math.Max(longest, packet.Length);
                pair.InjectToA(packet);
            }

            pair.CrossToZ();
        }

        Assert.Equal(limit & ~3, longest);
        foreach (int size in sizes)
        {
            Assert.Equal(size, pair.Receive(pair.A)?.Length);
            Assert.Equal(size, pair.Receive(pair.Z)?.Length);
        }
    }

    [Theory, Rfc(4895, "6.2"), Rfc(8899, "6.2.1.2")]
    [InlineData(ChunkType.Data)]
    [InlineData(ChunkType.Heartbeat)]
    [InlineData(ChunkType.Pad)]
    public void A_probe_of_the_path_is_as_long_as_it_says_whatever_is_authenticated(ChunkType required)
    {
        AssociationOptions options = s_quiet with { MaximumPathMtu = 1500, Authentication = new() { RequiredChunks = [required] } };
        Pair pair = new Pair(options).Established();
        Assert.Equal(SendStatus.Ok, pair.A.Send(pair.Now, new byte[5000], default));
        pair.Exchange();
        Assert.Equal(1500 - 28 & ~3, pair.A.GetPaths()[0].MaximumPacket);
    }

    [Theory, Rfc(4895, "6.3")]
    [InlineData(true)]
    [InlineData(false)]
    public void Who_wants_COOKIE_ECHO_authenticated_lets_nobody_in_without_the_key(bool hasKey)
    {
        var keys = new AuthenticationOptions { Keys = [new SharedKey(1, s_secret)] };
        AuthenticationOptions others = hasKey ? keys : new() { Keys = [new SharedKey(1, "another"u8.ToArray())] };
        var pair = new Pair(s_quiet with { Authentication = others }, optionsOfZ: s_quiet with { Authentication = keys with { RequiredChunks = [ChunkType.CookieEcho, ChunkType.Data] } });
        Send(pair.Connect());
        SetUp(pair).Arrow("A -> AUTH, COOKIE ECHO, DATA -> Z");
        if (hasKey)
        {
            pair.Arrow("A <- COOKIE ACK, SACK <- Z");
            Assert.Equal("hello"u8.ToArray(), pair.Receive(pair.Z));
            Assert.Contains(new AssociationEvent.Authentication(AuthenticationIndication.NewKey, 1), Events(pair.Z));
        }
        else
        {
            pair.NothingPending();
            Assert.Equal((0, 1), (pair.EndpointZ.AssociationCount, pair.EndpointZ.Drops[DropReason.BadAuthentication]));
        }
    }

    [Fact, Rfc(4895, "6.2")]
    public void Without_data_the_active_key_authenticates_COOKIE_ECHO_and_COOKIE_ACK()
    {
        AuthenticationOptions keys = new() { RequiredChunks = [ChunkType.CookieEcho, ChunkType.CookieAck, ChunkType.Data], Keys = [new SharedKey(6, s_secret)] };
        var pair = new Pair(s_quiet with { Authentication = keys });
        SetUp(pair.Connect()).Arrow("A -> AUTH, COOKIE ECHO -> Z");
        Assert.Equal(6, AuthenticatedPeer.KeyOf(pair.LastPacket));
        pair.Arrow("A <- AUTH, COOKIE ACK <- Z");
        Assert.Equal(6, AuthenticatedPeer.KeyOf(pair.LastPacket));
        Assert.Equal(AssociationState.Established, pair.A.State);
    }

    [Fact, Rfc(4895, "6.3"), Rfc(4895, "6.1")]
    public void What_the_handshake_has_agreed_on_is_in_the_cookie_and_other_options_in_between_change_nothing()
    {
        var pair = new Pair(s_plain, optionsOfZ: s_quiet with { Authentication = s_data with { Algorithms = [HmacAlgorithm.Sha1] } });
        Send(pair.Connect());
        pair.Arrow("A -> INIT -> Z").Arrow("A <- INIT ACK <- Z");
        pair.EndpointZ.ClosePort(Pair.PortZ);
        pair.EndpointZ.OpenPort(Pair.PortZ, s_quiet);
        pair.Arrow("A -> COOKIE ECHO, AUTH, DATA -> Z").Arrow("A <- COOKIE ACK, SACK <- Z");
        Assert.Equal([ChunkType.Data], pair.Z.LocalAuthenticatedChunks);
        Assert.Equal("hello"u8.ToArray(), pair.Receive(pair.Z));
    }

    [Theory, Rfc(4895, "6.1"), Rfc(6458, "6.1.8")]
    [InlineData(true)]
    [InlineData(false)]
    public void A_peer_that_does_not_know_it_is_refused_unless_the_options_let_it_in(bool clientInsists)
    {
        AssociationOptions insists = s_wantsData;
        AssociationOptions lets = s_quiet with { Authentication = s_data with { AcceptsOtherPeers = true } };
        Pair refused = clientInsists ? new Pair(insists, optionsOfZ: s_quiet) : new Pair(s_quiet, optionsOfZ: insists);
        refused.Connect().Arrow("A -> INIT -> Z").Arrow(clientInsists ? "A <- INIT ACK <- Z" : "A <- ABORT <- Z");
        var closed = Assert.IsType<AssociationEvent.Closed>(Events(refused.A).Last());
        Assert.Equal((ushort)CauseCode.MissingMandatoryParameter, closed.CauseCode);
        Assert.Equal([0, 0, 0, 2, 0x80, 2, 0x80, 4], closed.CauseInfo.ToArray());

        Pair letIn = (clientInsists ? new Pair(lets, optionsOfZ: s_quiet) : new Pair(s_quiet, optionsOfZ: lets)).Established();
        Association insisting = clientInsists ? letIn.A : letIn.Z;
        Assert.Contains(new AssociationEvent.Authentication(AuthenticationIndication.NotSupported, 0), Events(insisting));
        Assert.Empty(insisting.LocalAuthenticatedChunks);
        Send(letIn).Arrow("A -> DATA -> Z").Arrow("A <- SACK <- Z");
    }

    [Fact, Rfc(4895, "6.1"), Rfc(9260, "5.2.1")]
    public void When_both_open_at_once_each_has_one_random_number()
    {
        Pair pair = new Pair(s_wantsData).Connect();
        Association z = pair.EndpointZ.Connect(pair.Now, Pair.PortA, Pair.FromA);
        pair.Exchange();
        Assert.Equal((AssociationState.Established, AssociationState.Established), (pair.A.State, z.State));
        Send(pair).Arrow("A -> AUTH, DATA -> Z").Arrow("A <- SACK <- Z");
        Assert.Equal(SendStatus.Ok, z.Send(pair.Now, "back"u8, default));
        pair.Arrow("A <- AUTH, DATA <- Z").Arrow("A -> SACK -> Z");
        Assert.Equal("hello"u8.ToArray(), pair.Receive(z));
        Assert.Equal("back"u8.ToArray(), pair.Receive(pair.A));
        Assert.Equal(0, pair.EndpointA.Drops[DropReason.BadAuthentication] + pair.EndpointZ.Drops[DropReason.BadAuthentication]);
    }

    [Fact, Rfc(4895, "6.1"), Rfc(9260, "5.2.2")]
    public void After_a_restart_the_new_random_numbers_count_and_the_old_keys()
    {
        var keys = new AuthenticationOptions { RequiredChunks = [ChunkType.Data], Keys = [new SharedKey(3, s_secret)] };
        Pair pair = new Pair(s_quiet with { Authentication = keys }).Established();
        Assert.Equal(AuthenticationKeyStatus.Done, pair.Z.SetAuthenticationKey(pair.Now, 4, "later"u8));
        Association z = pair.Z;
        var again = new Endpoint(new EndpointOptions { LocalPort = Pair.PortA, Association = s_quiet with { Extensions = s_quiet.Extensions & ~Extensions.Interleaving, Authentication = keys with { Keys = [new SharedKey(3, s_secret), new SharedKey(4, "later"u8.ToArray())], ActiveKey = 4 } } }, new SeededRandom(99));
        Association a = again.Connect(pair.Now, Pair.PortZ, Pair.FromZ);
        Assert.Equal(SendStatus.Ok, a.Send(pair.Now, "again"u8, default));
        var room = new byte[2000];
        for (int i = 0; i < 10; i++)
        {
            while (again.TryGetDatagram(pair.Now, room, out OutgoingDatagram datagram))
            {
                pair.InjectToZ(room.AsSpan(0, datagram.Length));
            }

            foreach (byte[] packet in pair.TakeFromZ())
            {
                again.HandleDatagram(pair.Now, Pair.FromZ, packet);
            }
        }

        Assert.Equal(AssociationState.Established, a.State);
        Assert.Contains(Events(z), one => one is AssociationEvent.Restarted);
        Assert.Equal("again"u8.ToArray(), pair.Receive(z));
    }

    private static AuthenticatedPair SetUp(Pair pair)
    {
        pair.Arrow("A -> INIT -> Z");
        byte[] init = pair.LastPacket;
        pair.Arrow("A <- INIT ACK <- Z");
        return new AuthenticatedPair(pair, new AuthenticatedPeer(init, pair.LastPacket));
    }

    private static Pair Send(Pair pair)
    {
        Assert.Equal(SendStatus.Ok, pair.A.Send(pair.Now, "hello"u8, default));
        return pair;
    }

    private static List<AssociationEvent> Events(Association association)
    {
        var events = new List<AssociationEvent>();
        while (association.TryGetEvent(out AssociationEvent? one))
        {
            events.Add(one);
        }

        return events;
    }
}

/// <summary>A drawing that goes on, and what is known of its keys.</summary>
internal readonly struct AuthenticatedPair(Pair pair, AuthenticatedPeer peer)
{
    public AuthenticatedPair Arrow(string line)
    {
        pair.Arrow(line);
        return this;
    }

    public AuthenticatedPeer Peer() => peer;
}
