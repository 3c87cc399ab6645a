using System;
using System.Linq;
using Braid.Core;
using Braid.Sctp;
using Braid.Simulation;

namespace Braid.Scenarios;

/// <summary>Peers with several addresses, and what a stranger can make us do with them (RFC 5062).</summary>
public sealed class AddressTests
{
    private static readonly NetworkAddress s_second = NetworkAddress.FromIPv4([10, 0, 0, 2], 9899);
    private static readonly NetworkAddress s_victim = NetworkAddress.FromIPv4([10, 9, 9, 9], 9899);

    [Fact, Rfc(9260, "5.1.2"), Rfc(9260, "5.4")]
    public void A_listed_address_is_verified_before_anything_else_goes_there()
    {
        (Pair pair, _) = Establish(s_second);
        pair.Advance(TimeSpan.Zero);
        pair.Arrow("A <- HEARTBEAT <- Z");
        Assert.Equal(s_second, pair.LastPath.Remote);
        byte[] heartbeat = pair.LastPacket;
        Assert.Equal(PathState.Unconfirmed, pair.Z.GetPaths()[1].State);

        // Data and its SACKs keep to the address that is known to be the peer's.
        pair.Z.Send(pair.Now, [1], default);
        pair.Arrow("A <- DATA <- Z");
        Assert.Equal(Pair.FromA.Remote, pair.LastPath.Remote);

        pair.InjectToZ(Answer(pair, heartbeat), new NetworkPath(Pair.FromZ.Remote, s_second));
        Assert.Equal(PathState.Active, pair.Z.GetPaths()[1].State);
    }

    // It may have passed to another host. §8.1: only the address in use speaks for the peer.
    [Fact, Rfc(9260, "10")]
    public void An_address_beside_the_one_in_use_that_has_no_SCTP_any_more_ends_nothing()
    {
        (Pair pair, _) = Establish(s_second);
        pair.Advance(TimeSpan.Zero).Arrow("A <- HEARTBEAT <- Z");
        byte[] heartbeat = pair.LastPacket;
        pair.InjectToZ(Answer(pair, heartbeat), new NetworkPath(Pair.FromZ.Remote, s_second));
        for (int i = 0; i < 3; i++)
        {
            pair.EndpointZ.HandleNetworkError(pair.Now, new NetworkError(NetworkErrorKind.ProtocolUnreachable, s_second, 0), heartbeat);
            pair.Advance(TimeSpan.FromSeconds(2));
        }

        Assert.Equal(AssociationState.Established, pair.Z.State);
        Assert.Equal(0, pair.EndpointZ.Drops[DropReason.UnverifiedNetworkError]);
    }

    [Fact, Rfc(9260, "5.4"), Rfc(9260, "8.3")]
    public void An_answer_with_another_nonce_verifies_nothing()
    {
        (Pair pair, _) = Establish(s_second);
        pair.Advance(TimeSpan.Zero);
        pair.Arrow("A <- HEARTBEAT <- Z");
        byte[] answer = Answer(pair, pair.LastPacket);
        answer[12 + 4 + 4 + 4 + 3] ^= 1;
        pair.InjectToZ(Packets.WithChecksum(answer), new NetworkPath(Pair.FromZ.Remote, s_second));
        Assert.Equal(PathState.Unconfirmed, pair.Z.GetPaths()[1].State);
        Assert.Equal(1, pair.EndpointZ.Drops[DropReason.BadHeartbeatAck]);
    }

    [Fact, Rfc(9260, "5.4"), Rfc(5062, "6.3")]
    public void Seven_strange_addresses_get_one_heartbeat_for_each_RTO_and_are_given_up()
    {
        NetworkAddress[] strangers = Enumerable.Range(1, 20).Select(i => NetworkAddress.FromIPv4([10, 9, 9, (byte)i], 0)).ToArray();
        (Pair pair, _) = Establish(strangers);
        Assert.Equal(8, pair.Z.GetPaths().Count);
        int heartbeats = 0;
        Instant begin = pair.Now;
        for (int i = 0; i < 60; i++)
        {
            pair.Advance(TimeSpan.FromSeconds(1));
            int now = pair.TakeFromZ().Count(packet => PacketText.Name(packet) == "HEARTBEAT");
            Assert.True(now <= 2);
            heartbeats += now;
        }

        Assert.InRange(heartbeats, 10, 61);
        Assert.Equal(AssociationState.Established, pair.Z.State);
    }

    [Fact, Rfc(9260, "5.2.2"), Rfc(9260, "3.3.10.11"), Rfc(5062, "3.3")]
    public void A_restart_that_adds_addresses_is_refused_and_they_are_named()
    {
        Pair pair = new Pair().Established();
        pair.InjectToZ(Packets.Init(77, addresses: [s_victim])).Arrow("A x ABORT <- Z");
        Assert.Equal(77u, Packets.TagOf(pair.LastPacket).Value);
        Assert.Equal([0, 11, 0, 12, 0, 5, 0, 8, 10, 9, 9, 9], pair.LastPacket[16..]);
        Assert.Equal(AssociationState.Established, pair.Z.State);
    }

    [Fact, Rfc(9260, "5.1.2"), Rfc(9260, "5.2.2")]
    public void An_INIT_from_a_new_address_that_lists_a_known_one_belongs_to_the_association()
    {
        Pair pair = new Pair().Established();
        pair.InjectToZ(Packets.Init(78, addresses: [Pair.FromA.Remote]), new NetworkPath(Pair.FromZ.Remote, s_victim));
        pair.Arrow("A x ABORT <- Z");
        Assert.Equal(s_victim, pair.LastPath.Remote);
        Assert.Equal(1, pair.EndpointZ.AssociationCount);
    }

    [Fact, Rfc(5062, "6.3")]
    public void What_is_listed_from_afar_never_makes_us_send_to_our_own_host_or_link()
    {
        (Pair pair, _) = Establish(
            NetworkAddress.FromIPv4([127, 0, 0, 1], 0),
            NetworkAddress.FromIPv4([169, 254, 0, 1], 0),
            NetworkAddress.FromIPv4([224, 0, 0, 1], 0),
            NetworkAddress.FromIPv4([255, 255, 255, 255], 0),
            NetworkAddress.FromIPv6([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1], 0),
            NetworkAddress.FromIPv6([0xFE, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1], 0),
            Pair.FromA.Remote);
        Assert.Single(pair.Z.GetPaths());
    }

    [Fact, Rfc(9260, "5.1"), Rfc(9260, "5.4"), Etsi("as-i-1-15")]
    public void INIT_goes_to_all_addresses_of_the_peer_in_turn()
    {
        var pair = new Pair();
        pair.Connect([new NetworkPath(Pair.FromA.Remote, s_victim), new NetworkPath(Pair.FromA.Remote, Pair.FromZ.Remote)]);
        pair.Arrow("A -> INIT x Z");
        Assert.Equal(s_victim, pair.LastPath.Remote);
        pair.AdvanceToNextTimeout();
        pair.Arrow("A -> INIT -> Z");
        Assert.Equal(Pair.FromZ.Remote, pair.LastPath.Remote);
        pair.Arrow("A <- INIT ACK <- Z").Arrow("A -> COOKIE ECHO -> Z").Arrow("A <- COOKIE ACK <- Z");
        Assert.Equal(Pair.FromZ.Remote, pair.A.PrimaryPath.Remote);
    }

    [Fact, Rfc(9260, "6.4"), Rfc(9260, "6.4.1"), Etsi("rt-i-11-3")]
    public void Data_that_timed_out_goes_to_another_address_that_is_active()
    {
        (Pair pair, _) = Establish(s_second);
        Confirm(pair);
        pair.Z.Send(pair.Now, [1], default);
        pair.Arrow("A x DATA <- Z");
        Assert.Equal(Pair.FromA.Remote, pair.LastPath.Remote);
        pair.AdvanceToNextTimeout();
        pair.Arrow("A x DATA <- Z");
        Assert.Equal(s_second, pair.LastPath.Remote);
        pair.AdvanceToNextTimeout();
        pair.Arrow("A <- DATA <- Z");
        Assert.Equal(Pair.FromA.Remote, pair.LastPath.Remote);
    }

    [Fact, Rfc(9260, "11.1.6"), Rfc(6458, "8.1.9"), Rfc(9260, "5.4")]
    public void Another_address_becomes_the_primary_one_once_it_is_verified()
    {
        (Pair pair, _) = Establish(s_second);
        Assert.False(pair.Z.SetPrimaryPath(pair.Now, s_victim));
        Assert.False(pair.Z.SetPrimaryPath(pair.Now, s_second));
        Confirm(pair);
        Assert.True(pair.Z.SetPrimaryPath(pair.Now, s_second));
        pair.Z.Send(pair.Now, [1], default);
        pair.Arrow("A <- DATA <- Z");
        Assert.Equal((s_second, s_second), (pair.LastPath.Remote, pair.Z.PrimaryPath.Remote));
        Assert.Equal([false, true], pair.Z.GetPaths().Select(path => path.IsPrimary));
        Assert.True(pair.Z.RequestHeartbeat(pair.Now));
        pair.Arrow("A x HEARTBEAT <- Z");
        Assert.Equal(s_second, pair.LastPath.Remote);
        Assert.True(pair.Z.RequestHeartbeat(pair.Now, Pair.FromZ.Local));
    }

    [Fact, Rfc(9260, "6.2.1"), Etsi("d-v-8-10")]
    public void A_SACK_counts_from_whichever_address_of_the_peer_it_comes()
    {
        (Pair pair, _) = Establish(s_second);
        Confirm(pair);
        pair.Z.Send(pair.Now, [1], default);
        pair.Arrow("A <- DATA <- Z").Arrow("A -> SACK x Z");
        Assert.Equal(1, pair.Z.BufferedBytes);
        pair.InjectToZ(pair.LastPacket, new NetworkPath(Pair.FromZ.Remote, s_second));
        Assert.Equal(0, pair.Z.BufferedBytes);
    }

    [Fact, Rfc(9260, "5.1.2"), Rfc(9260, "3.3.2.1")]
    public void An_endpoint_with_several_addresses_lists_those_that_its_packet_does_not_show()
    {
        NetworkAddress[] ours = [Pair.FromZ.Local, s_second];
        var association = AssociationOptions.Rfc9260 with { Extensions = Extensions.None };
        var endpoint = new Endpoint(
            new EndpointOptions { LocalPort = Pair.PortA, LocalAddresses = ours, Association = association }, new SeededRandom(4));
        endpoint.Connect(new Instant(1), Pair.PortZ, new NetworkPath(ours[0], Pair.FromZ.Remote));
        var buffer = new byte[2000];
        Assert.True(endpoint.TryGetDatagram(new Instant(1), buffer, out _));
        Assert.Equal([0, 5, 0, 8, 10, 0, 0, 2], buffer[32..40]);
    }

    [Fact, Rfc(9260, "5.1.3"), Rfc(5062, "9.3")]
    public void Nothing_that_answers_a_stranger_is_longer_than_three_times_his_packet()
    {
        foreach (bool exists in new[] { false, true })
        {
            Pair pair = exists ? new Pair().Established() : new Pair();
            byte[] bare = Packets.Init(5);
            pair.InjectToZ(bare).Arrow("A x INIT ACK <- Z");
            Assert.True(pair.LastPacket.Length <= 3 * bare.Length, $"{pair.LastPacket.Length} for {bare.Length}");
        }
    }

    private static (Pair Pair, byte[] InitAck) Establish(params NetworkAddress[] listed)
    {
        // A is played by hand here as far as INIT: it is the one that lists addresses.
        var pair = new Pair();
        pair.Connect();
        pair.Arrow("A -> INIT x Z");
        pair.InjectToZ(Packets.WithAddresses(pair.LastPacket, listed)).Arrow("A <- INIT ACK <- Z");
        byte[] initAck = pair.LastPacket;
        pair.Arrow("A -> COOKIE ECHO -> Z").Arrow("A <- COOKIE ACK <- Z");
        return (pair, initAck);
    }

    private static void Confirm(Pair pair)
    {
        pair.Advance(TimeSpan.Zero);
        pair.Arrow("A <- HEARTBEAT <- Z");
        pair.InjectToZ(Answer(pair, pair.LastPacket), new NetworkPath(Pair.FromZ.Remote, s_second));
        Assert.Equal(PathState.Active, pair.Z.GetPaths()[1].State);
        pair.DropPending();
    }

    /// <summary>What A answers to a heartbeat.</summary>
    private static byte[] Answer(Pair pair, byte[] heartbeat)
    {
        pair.DropPending();
        pair.InjectToA(heartbeat);
        pair.Arrow("A -> HEARTBEAT ACK x Z");
        return pair.LastPacket;
    }
}
