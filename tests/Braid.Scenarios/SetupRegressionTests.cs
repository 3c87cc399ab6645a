using System;
using System.Linq;
using Braid.Core;
using Braid.Scenarios.Conformance;
using Braid.Sctp;
using Braid.Simulation;

namespace Braid.Scenarios;

/// <summary>Rules of RFC 9260 §3, §5, §8, §9 and §12 that were broken once.</summary>
public sealed class SetupRegressionTests
{
    private static readonly NetworkAddress s_victim = NetworkAddress.FromIPv4([10, 9, 9, 9], 9899);

    [Fact, Rfc(9260, "5.4"), Rfc(9260, "8.2")]
    public void A_single_address_that_is_never_confirmed_is_given_up()
    {
        var tester = new Tester(AssociationOptions.Rfc9260);
        tester.Accepted(Chunk.IPv4(10, 9, 9, 9));
        int probes = 0;
        for (int i = 0; i < 600 && tester.Iut.GetPaths()[1].State == PathState.Unconfirmed; i++)
        {
            tester.Advance(TimeSpan.FromSeconds(1));
            probes += Drain(tester, s_victim);
        }

        Assert.Equal(PathState.Inactive, tester.Iut.GetPaths()[1].State);
        Assert.InRange(probes, 1, 6);
    }

    [Fact, Rfc(9260, "8.2"), Rfc(9260, "8.3")]
    public void Every_heartbeat_that_is_not_answered_counts()
    {
        var tester = new Tester(AssociationOptions.Rfc9260 with { HeartbeatInterval = TimeSpan.FromMilliseconds(100) });
        tester.Established();
        int heartbeats = 0;
        for (int i = 0; i < 60_000 && tester.Iut.GetPaths()[0].State == PathState.Active; i++)
        {
            tester.Advance(TimeSpan.FromMilliseconds(10));
            heartbeats += tester.Iut.GetPaths()[0].State == PathState.Active ? Drain(tester, Tester.TesterAddress) : 0;
        }

        Assert.Equal(PathState.Inactive, tester.Iut.GetPaths()[0].State);
        Assert.Equal(6, heartbeats);
    }

    [Fact, Rfc(9260, "5.4")]
    public void An_address_that_was_given_up_before_it_was_confirmed_gets_nothing_but_heartbeats_and_their_answers()
    {
        var tester = new Tester(AssociationOptions.Rfc9260 with { HeartbeatInterval = TimeSpan.Zero, MaximumPathMtu = 0, MaximumPathRetransmissions = 0 });
        tester.Accepted(Chunk.IPv4(10, 9, 9, 9), Chunk.IPv4(10, 9, 9, 10));
        while (tester.Iut.GetPaths()[1].State == PathState.Unconfirmed)
        {
            tester.Timeout();
            Drain(tester, s_victim);
        }

        tester.SendRaw(Tester.Packet(tester.IutTag, Chunk.Data(Tester.FirstTsn, 0, 0, [1])), s_victim).Expect("SACK");
        Assert.Equal(Tester.TesterAddress, tester.LastPath.Remote);

        // Nor does an answer to a heartbeat take anything along.
        tester.SendRaw(
            Tester.Packet(tester.IutTag, Chunk.Heartbeat(1, 2, 3, 4), Chunk.Data(Tester.FirstTsn + 1, 99, 0, [1]), Chunk.Data(Tester.FirstTsn + 2, 0, 1, [1])),
            s_victim);
        tester.Expect("HEARTBEAT ACK");
        Assert.Equal(s_victim, tester.LastPath.Remote);
    }

    [Theory, Rfc(9260, "3.2.1"), Rfc(9260, "5.1.2")]
    [InlineData(0x0010)]
    [InlineData(0x4010)]
    public void Addresses_behind_an_unknown_parameter_that_says_stop_are_not_used(int type)
    {
        Tester tester = new Tester().Accepted(Chunk.Parameter(type, 1, 2, 3, 4), Chunk.IPv4(10, 9, 9, 9));
        Assert.Single(tester.Iut.GetPaths());
        tester = new Tester().CookieWait();
        tester.Send(Chunk.InitAck(Tester.Tag, parameters: [Chunk.StateCookie(1), Chunk.Parameter(type, 1, 2, 3, 4), Chunk.IPv4(10, 9, 9, 9)]));
        Assert.Single(tester.Iut.GetPaths());
    }

    [Fact, Rfc(9260, "5.1.2")]
    public void An_INIT_ACK_from_another_address_that_lists_the_one_we_asked_belongs_to_the_association()
    {
        Tester tester = new Tester().CookieWait();
        byte[] initAck = Chunk.InitAck(Tester.Tag, parameters: [Chunk.StateCookie(1, 2, 3, 4), Chunk.IPv4(10, 0, 0, 2)]);
        tester.SendRaw(Tester.Packet(tester.IutTag, initAck), s_victim).Expect("COOKIE ECHO");

        // §5.4: what our application named is confirmed, the other one is not.
        Assert.Equal(Tester.TesterAddress, tester.LastPath.Remote);
        Assert.Equal([PathState.Active, PathState.Unconfirmed], tester.Iut.GetPaths().Select(path => path.State));

        // One that lists nothing of ours does not.
        tester = new Tester().CookieWait();
        initAck = Chunk.InitAck(Tester.Tag, parameters: [Chunk.StateCookie(1, 2, 3, 4)]);
        tester.SendRaw(Tester.Packet(tester.IutTag, initAck), s_victim).Nothing().InState(AssociationState.CookieWait);
    }

    [Fact, Rfc(9260, "5.4"), Rfc(5062, "2.3")]
    public void Nobody_takes_the_place_of_an_awaited_peer_by_listing_its_address()
    {
        var tester = new Tester();
        tester.SendRaw(Tester.Packet(0, Chunk.Init(Tester.Tag, parameters: Chunk.IPv4(10, 0, 0, 2))), s_victim).Expect("INIT ACK");
        uint tag = Tester.U32(tester.Last, 16);
        byte[] cookie = tester.FindParameter(7)!;
        Association awaited = tester.Endpoint.Listen(Tester.TesterPort, new NetworkPath(Tester.IutAddress, Tester.TesterAddress));
        tester.SendRaw(Tester.Packet(tag, Chunk.CookieEcho(cookie)), s_victim).Nothing();
        Assert.Equal(AssociationState.Listening, awaited.State);
    }

    [Fact, Rfc(9260, "12.4")]
    public void One_packet_is_answered_with_one_packet()
    {
        Tester tester = new Tester().Established();
        tester.Send([.. Enumerable.Range(0, 60).Select(_ => Chunk.Raw(0xFE, 0, new byte[16]))]);
        tester.Expect(string.Join(", ", Enumerable.Repeat("ERROR", (tester.Iut.GetPaths()[0].MaximumPacket - 12) / 28))).Nothing();
    }

    [Fact, Rfc(9260, "9.1"), Rfc(9260, "3.3.7")]
    public void A_packet_with_an_ABORT_is_never_answered()
    {
        new Tester().Established().Send(Chunk.Data(Tester.FirstTsn, 0, 0, []), Chunk.Abort()).Nothing().InState(AssociationState.Closed);
        Tester tester = new Tester().Established();
        tester.Send(Chunk.Sack(tester.IutTsn + 10), Chunk.Abort()).Nothing().InState(AssociationState.Closed);
        new Tester().ShutdownSent().Send(Chunk.ShutdownAck(), Chunk.Abort()).Nothing().InState(AssociationState.Closed);
        new Tester().Established().Send(Chunk.Raw(0x7E, 0), Chunk.Abort()).Nothing();
        tester = new Tester().Offer(Chunk.Init(Tester.Tag)).Advance(TimeSpan.FromSeconds(100));
        tester.Send(Chunk.CookieEcho(tester.Cookie), Chunk.Abort()).Nothing().NoAssociation();
    }

    [Fact, Rfc(9260, "3.1")]
    public void Port_0_is_neither_answered_nor_used()
    {
        var tester = new Tester();
        byte[] packet = Tester.Packet(0, Chunk.Init(Tester.Tag));
        packet[0] = packet[1] = 0;
        tester.SendRaw(Packets.WithChecksum(packet)).Nothing();
        packet = Tester.Packet(5, Chunk.Data(1, 0, 0, [1]));
        packet[2] = packet[3] = 0;
        tester.SendRaw(Packets.WithChecksum(packet)).Nothing();
        Assert.Throws<ArgumentOutOfRangeException>(() => tester.Endpoint.Connect(tester.Now, 0, new NetworkPath(Tester.IutAddress, Tester.TesterAddress)));
        Assert.Throws<ArgumentOutOfRangeException>(() => tester.Endpoint.Listen(0, new NetworkPath(Tester.IutAddress, Tester.TesterAddress)));
    }

    [Fact, Rfc(9260, "5.1.5")]
    public void An_old_cookie_does_not_become_valid_again()
    {
        Tester tester = new Tester().Offer(Chunk.Init(Tester.Tag));
        tester.Advance(TimeSpan.FromMilliseconds(1L << 32)).Send(Chunk.CookieEcho(tester.Cookie)).Nothing().NoAssociation();
    }

    [Fact, Rfc(9260, "5.2.4"), Rfc(9260, "9.2")]
    public void A_shutdown_after_a_restart_has_all_its_retransmissions()
    {
        Tester tester = new Tester(AssociationOptions.Rfc9260 with { HeartbeatInterval = TimeSpan.Zero, MaximumPathMtu = 0, MaximumRetransmissions = 2, RtoMaximum = TimeSpan.FromSeconds(1) }).Established();
        tester.Iut.Shutdown(tester.Now);
        tester.Expect("SHUTDOWN");
        for (int i = 0; i < 2; i++)
        {
            tester.Timeout();
            tester.Expect("SHUTDOWN");
        }

        tester.Offer(Chunk.Init(Tester.Tag + 1)).Send(Chunk.CookieEcho(tester.Cookie)).Expect("COOKIE ACK").InState(AssociationState.Established);
        tester.Iut.Shutdown(tester.Now);
        tester.Expect("SHUTDOWN");
        for (int i = 0; i < 2; i++)
        {
            tester.Timeout();
            tester.Expect("SHUTDOWN");
        }
    }

    [Fact, Rfc(6951, "5.4"), Rfc(9260, "5.2")]
    public void A_UDP_port_that_a_COOKIE_ECHO_comes_from_is_where_the_association_is_found()
    {
        Tester tester = new Tester().Accepted();
        NetworkAddress moved = Tester.TesterAddress.WithPort(1234);
        tester.SendRaw(Tester.Packet(tester.IutTag, Chunk.CookieEcho(tester.Cookie)), moved).Expect("COOKIE ACK");
        Assert.Equal(moved, tester.LastPath.Remote);
        tester.SendRaw(Tester.Packet(Tester.Tag, Chunk.Abort(1)), moved).InState(AssociationState.Closed);
    }

    [Fact, Rfc(9260, "8.4"), Rfc(9260, "5.1.5")]
    public void A_COOKIE_ECHO_to_a_port_where_nobody_listens_is_discarded_silently()
    {
        byte[] packet = Tester.Packet(5, Chunk.CookieEcho(1, 2, 3, 4));
        packet[3] ^= 1;
        new Tester().SendRaw(Packets.WithChecksum(packet)).Nothing();
    }

    [Theory, Rfc(9260, "3.2")]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void A_cookie_needs_no_padding_that_a_peer_could_count_or_not(int addresses)
    {
        byte[][] listed = [.. Enumerable.Range(0, addresses).Select(i => Chunk.IPv4(10, 9, 9, (byte)i))];
        Tester tester = new Tester().Offer(Chunk.Init(Tester.Tag, parameters: listed));
        Assert.Equal(0, tester.Cookie.Length % 4);
        tester.Send(Chunk.CookieEcho(tester.Cookie)).Expect("COOKIE ACK");
    }

    [Fact, Rfc(9260, "5.1.2"), Rfc(9260, "3.3.3")]
    public void What_the_INIT_ACK_says_are_all_destinations_whatever_our_application_tried()
    {
        var tester = new Tester();
        Association association = tester.Endpoint.Connect(
            tester.Now,
            Tester.TesterPort,
            [new NetworkPath(Tester.IutAddress, s_victim), new NetworkPath(Tester.IutAddress, Tester.TesterAddress)]);
        tester.Expect("INIT").Timeout();
        tester.Expect("INIT");
        Assert.Equal(Tester.TesterAddress, tester.LastPath.Remote);
        tester.SendWithTag(Tester.U32(tester.Last, 16), Chunk.InitAck(Tester.Tag, parameters: Chunk.StateCookie(1, 2, 3, 4))).Expect("COOKIE ECHO");
        Assert.Equal(Tester.TesterAddress, Assert.Single(association.GetPaths()).Path.Remote);
        Assert.Equal(Tester.TesterAddress, association.PrimaryPath.Remote);

        // What was tried in vain may belong to somebody else.
        tester.Endpoint.Connect(tester.Now, Tester.TesterPort, new NetworkPath(Tester.IutAddress, s_victim));
    }

    private static int Drain(Tester tester, NetworkAddress counted)
    {
        int count = 0;
        while (true)
        {
            try
            {
                tester.Expect("HEARTBEAT");
            }
            catch (ScenarioException)
            {
                return count;
            }

            count += tester.LastPath.Remote == counted ? 1 : 0;
        }
    }
}
