using Braid.Core;
using Braid.Scenarios.Conformance;
using Braid.Sctp;

namespace Braid.Scenarios;

/// <summary>What a peer that keeps to no rule must not be able to do, beyond what single sections say.</summary>
public sealed class HostilePeerTests
{
    [Fact, Rfc(9260, "6.5"), Rfc(9260, "6.6")]
    public void More_messages_behind_a_gap_than_SSNs_tell_apart_are_dropped_and_come_again()
    {
        Tester tester = new Tester(AssociationOptions.Default with { ReceiveBufferSize = 5 << 20 }).Accepted();
        for (int i = 1; i <= 40_000; i++)
        {
            tester.Endpoint.HandleDatagram(
                tester.Now,
                new NetworkPath(Tester.IutAddress, Tester.TesterAddress),
                Tester.Packet(tester.IutTag, Chunk.Data((uint)(Tester.FirstTsn + i), 0, (ushort)i, [1])));
        }

        tester.InState(AssociationState.Established);
        tester.Send(Chunk.Data(Tester.FirstTsn, 0, 0, [1]));
        int delivered = 0;
        while (tester.Message() is not null)
        {
            delivered++;
        }

        Assert.Equal(short.MaxValue, delivered);
    }

    [Fact, Rfc(9260, "8.4")]
    public void The_right_tag_from_an_address_that_we_do_not_know_is_not_answered()
    {
        // An ABORT would carry that tag, and the peer would believe it.
        Tester tester = new Tester().Accepted();
        tester.SendRaw(Tester.Packet(tester.IutTag, Chunk.Data(Tester.FirstTsn, 0, 0, [1])), NetworkAddress.FromIPv4([10, 0, 0, 77], 9899));
        tester.Nothing().InState(AssociationState.Established);
        Assert.Null(tester.Message());
    }

    [Fact, Rfc(9260, "5.3.1"), Rfc(9260, "12.2.4")]
    public void A_cookie_sets_up_one_association_and_no_other()
    {
        Tester tester = new Tester().Accepted();
        byte[] cookie = tester.Cookie;
        tester.Send(Chunk.Abort()).NoAssociation();
        tester.Send(Chunk.CookieEcho(cookie)).Nothing().NoAssociation();
        Assert.Equal(1, tester.Endpoint.Drops[DropReason.BadCookie]);
    }

    [Fact, Rfc(5062, "2.3"), Rfc(9260, "5.1.2")]
    public void Who_lists_the_address_of_somebody_else_does_not_keep_its_owner_out()
    {
        Tester tester = new Tester().Accepted(Chunk.IPv4(10, 0, 0, 77));
        NetworkAddress owner = NetworkAddress.FromIPv4([10, 0, 0, 77], 9899);
        tester.SendRaw(Tester.Packet(0, Chunk.Init(99)), owner).Expect("INIT ACK");
        Assert.Equal(owner, tester.LastPath.Remote);
        tester.Endpoint.Connect(tester.Now, Tester.TesterPort, new NetworkPath(Tester.IutAddress, owner));
        tester.InState(AssociationState.Established);
    }

    [Theory, Rfc(9260, "6.9")]
    [InlineData(0)]
    [InlineData(1)]
    public void A_fragment_that_can_never_be_delivered_ends_the_association(byte flags)
    {
        Tester tester = new Tester().Accepted();
        tester.Send(Chunk.Data(Tester.FirstTsn, 0, 0, [1])).Expect("SACK");
        tester.Send(Chunk.Data(Tester.FirstTsn + 1, 0, 1, [1], flags)).Expect("ABORT").InState(AssociationState.Closed);
    }

    /// <summary>Found by the simulator, seed 64.</summary>
    [Fact, Rfc(9260, "5.2.4")]
    public void After_a_restart_our_own_streams_begin_anew_as_well()
    {
        var tester = new Tester();
        tester.Offer(Chunk.Init(Tester.Tag, incoming: 1)).Send(Chunk.CookieEcho(tester.Cookie)).Expect("COOKIE ACK");
        tester.WithOutstandingData().Send(Chunk.Sack(tester.IutTsn));
        tester.Offer(Chunk.Init(Tester.Tag + 1, incoming: 5)).Send(Chunk.CookieEcho(tester.Cookie)).Expect("COOKIE ACK");
        Assert.Equal(SendStatus.Ok, tester.Iut.Send(tester.Now, [1], new SendOptions(4)));
        tester.Expect("DATA").WithOutstandingData();
        Assert.Equal(Chunk.Data(tester.IutTsn + 1, 0, 0, [])[4..12], tester.Last[16..24]);
    }

    [Fact, Rfc(9260, "5.2.4"), Rfc(9260, "11.2.7"), Rfc(5062, "4.3")]
    public void Messages_before_and_after_a_restart_are_told_apart()
    {
        Tester tester = new Tester().Accepted();
        while (tester.Iut.TryGetEvent(out _))
        {
        }

        tester.Send(Chunk.Data(Tester.FirstTsn, 0, 0, [(byte)'a'])).Expect("SACK");
        tester.Offer(Chunk.Init(Tester.Tag + 1, tsn: 5000));
        tester.Send(Chunk.CookieEcho(tester.Cookie), Chunk.Data(5000, 0, 0, [(byte)'b'])).Expect("COOKIE ACK, SACK");
        Assert.Equal("a", tester.Message());
        Assert.Null(tester.Message());
        Assert.True(tester.Iut.TryGetEvent(out AssociationEvent? restarted) && restarted is AssociationEvent.Restarted);
        Assert.Equal("b", tester.Message());
        Assert.Equal(1, tester.Endpoint.AssociationCount);
        tester.Iut.Abort(tester.Now);
        tester.Expect("ABORT").NoAssociation();
    }
}
