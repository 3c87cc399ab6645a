using System;
using System.Linq;
using Braid.Core;
using Braid.Sctp;

namespace Braid.Scenarios.Conformance;

/// <summary>ETSI TS 102 369, area AS: association set-up.</summary>
public sealed class AssociationSetupTests
{
    private static readonly byte[] s_unknown = [0xAA, 0xBB, 0xCC, 0xDD];

    [Fact, Etsi("as-v-1-1-1"), Rfc(9260, "5.1")]
    public void The_IUT_opens()
    {
        Tester tester = new Tester().CookieWait();
        Assert.Equal(0u, tester.LastTag);
        tester.Send(Chunk.InitAck(Tester.Tag, parameters: Chunk.StateCookie(5, 6, 7))).Expect("COOKIE ECHO");
        Assert.Equal(Tester.Tag, tester.LastTag);
        Assert.Equal([5, 6, 7], tester.LastChunk[4..].ToArray());
        tester.Send(Chunk.CookieAck()).Nothing().InState(AssociationState.Established);
    }

    [Fact, Etsi("as-v-1-1-2"), Rfc(9260, "5.1")]
    public void The_IUT_accepts()
    {
        var tester = new Tester();
        tester.Offer(Chunk.Init(Tester.Tag));
        Assert.Equal(Tester.Tag, tester.LastTag);
        tester.Send(Chunk.CookieEcho(tester.Cookie)).Expect("COOKIE ACK").InState(AssociationState.Established);
    }

    [Fact, Etsi("as-i-1-2-1"), Rfc(9260, "5.1.6")]
    public void INIT_is_sent_again_when_T1_init_expires()
    {
        Tester tester = new Tester().CookieWait();
        byte[] first = tester.Last;
        Assert.Equal(TimeSpan.FromSeconds(1), tester.Timeout());
        Assert.Equal(first, tester.Expect("INIT").Last);
        Assert.Equal(TimeSpan.FromSeconds(2), tester.Timeout());
        Assert.Equal(first, tester.Expect("INIT").Last);
    }

    [Fact, Etsi("as-i-1-2-2"), Rfc(9260, "5.1.6")]
    public void COOKIE_ECHO_is_sent_again_when_T1_cookie_expires()
    {
        Tester tester = new Tester().CookieEchoed();
        byte[] first = tester.Last;
        tester.Timeout();
        Assert.Equal(first, tester.Expect("COOKIE ECHO").Last);
        tester.InState(AssociationState.CookieEchoed);
    }

    [Theory, Etsi("as-i-1-3-1"), Etsi("as-i-1-3-2"), Rfc(9260, "5.1.6")]
    [InlineData(false)]
    [InlineData(true)]
    public void Setting_up_is_given_up_after_Max_Init_Retransmits(bool isEchoed)
    {
        var tester = new Tester(AssociationOptions.Rfc9260 with { MaximumInitRetransmissions = 3 });
        string chunk = isEchoed ? "COOKIE ECHO" : "INIT";
        _ = isEchoed ? tester.CookieEchoed() : tester.CookieWait();
        for (int i = 0; i < 3; i++)
        {
            tester.Timeout();
            tester.Expect(chunk);
        }

        tester.Timeout();
        tester.Nothing().InState(AssociationState.Closed).NoAssociation();
        Assert.Equal(new AssociationEvent.Closed(CloseReason.SetupTimedOut, Attempts: 4), tester.Ended());
    }

    [Fact, Etsi("as-i-1-4"), Rfc(9260, "5.1.3")]
    public void An_INIT_takes_no_resources()
    {
        var tester = new Tester();
        tester.Offer(Chunk.Init(Tester.Tag)).NoAssociation();
        uint tag = tester.IutTag;
        tester.Offer(Chunk.Init(Tester.Tag)).NoAssociation();
        Assert.NotEqual(tag, tester.IutTag);
        Assert.True(tester.Endpoint.NextTimeout.IsNever);
    }

    [Fact, Etsi("as-v-1-5-1"), Etsi("as-v-1-5-2"), Rfc(9260, "5.3.1")]
    public void Tags_and_first_TSNs_are_random()
    {
        uint[] tags = new uint[40];
        uint[] tsns = new uint[40];
        var listening = new Tester(seed: 100);
        for (int i = 0; i < 20; i++)
        {
            Tester opening = new Tester(seed: (ulong)i).CookieWait();
            (tags[i], tsns[i]) = (opening.IutTag, opening.IutTsn);
            listening.Offer(Chunk.Init((uint)(i + 1)));
            (tags[20 + i], tsns[20 + i]) = (listening.IutTag, listening.IutTsn);
        }

        Assert.Equal((40, 40), (tags.Distinct().Count(), tsns.Distinct().Count()));
        Assert.DoesNotContain(0u, tags);
        Assert.True(tags.Count(tag => tag > int.MaxValue) is > 8 and < 32);
    }

    [Fact, Etsi("as-v-1-6-1"), Rfc(9260, "3.3.2"), Rfc(9260, "3.3.2.1")]
    public void An_INIT_may_have_every_parameter_there_is()
    {
        var tester = new Tester();
        tester.Offer(Chunk.Init(
            Tester.Tag,
            parameters:
            [
                Chunk.IPv4(10, 0, 0, 7), Chunk.Parameter(6, [0x20, 1, .. new byte[14]]), Chunk.Parameter(9, Chunk.U32(1000)),
                Chunk.Parameter(12, [.. Chunk.U16(5), .. Chunk.U16(6)]),
            ]));
        Assert.Null(tester.FindParameter(8));
        tester.Send(Chunk.CookieEcho(tester.Cookie)).Expect("COOKIE ACK").InState(AssociationState.Established);
    }

    [Fact, Etsi("as-v-1-6-2"), Rfc(9260, "3.3.3"), Rfc(9260, "3.3.3.1")]
    public void An_INIT_ACK_may_have_every_parameter_there_is()
    {
        Tester tester = new Tester().CookieWait();
        tester.Send(Chunk.InitAck(
            Tester.Tag,
            parameters: [Chunk.IPv4(10, 0, 0, 7), Chunk.StateCookie(1), Chunk.Parameter(8, Chunk.Parameter(0xC123, s_unknown))]));
        tester.Expect("COOKIE ECHO");
    }

    [Fact, Etsi("as-v-1-7-1"), Rfc(9260, "5.1.1"), Rfc(9260, "3.3.3")]
    public void The_INIT_ACK_asks_for_no_more_streams_than_the_INIT_allows()
    {
        var tester = new Tester(AssociationOptions.Rfc9260 with { OutgoingStreams = 100 });
        tester.Offer(Chunk.Init(Tester.Tag, incoming: 3));
        Assert.Equal(3, (tester.Last[24] << 8) | tester.Last[25]);
        tester.Send(Chunk.CookieEcho(tester.Cookie)).Expect("COOKIE ACK");
        Assert.Equal(3, tester.Iut.OutgoingStreams);
    }

    [Theory, Etsi("as-i-1-7-2"), Rfc(9260, "3.3.2"), Rfc(9260, "3.3.10.7")]
    [InlineData(0, 10)]
    [InlineData(10, 0)]
    public void An_INIT_without_streams_is_answered_with_ABORT(int outgoing, int incoming)
    {
        Tester tester = new Tester().SendWithTag(0, Chunk.Init(Tester.Tag, outgoing: outgoing, incoming: incoming)).Expect("ABORT").NoAssociation();
        Assert.Equal((Tester.Tag, 0), (tester.LastTag, tester.Last[13]));
        Assert.Equal([0, 7, 0, 4], tester.Last[16..]);
    }

    [Fact, Rfc(9260, "3.3.10.4")]
    public void A_full_endpoint_says_so()
    {
        Tester tester = new Tester(maximumAssociations: 1).Accepted();
        tester.SendRaw(Tester.Packet(0, Chunk.Init(77)), NetworkAddress.FromIPv4([10, 0, 0, 3], 9899)).Expect("ABORT");
        Assert.Equal([0, 4, 0, 4], tester.Last[16..]);
    }

    [Fact, Etsi("as-v-1-7-3"), Rfc(9260, "5.1.1")]
    public void The_IUT_uses_no_more_streams_than_the_INIT_ACK_allows()
    {
        Tester tester = new Tester(AssociationOptions.Rfc9260 with { OutgoingStreams = 100 }).CookieWait();
        tester.Send(Chunk.InitAck(Tester.Tag, incoming: 4, parameters: Chunk.StateCookie(1))).Expect("COOKIE ECHO");
        Assert.Equal(4, tester.Iut.OutgoingStreams);
        Assert.Equal(SendStatus.InvalidStream, tester.Iut.CanSend(1, new SendOptions(4)));
    }

    [Theory, Etsi("as-i-1-7-4"), Rfc(9260, "3.3.3")]
    [InlineData(0, 10)]
    [InlineData(10, 0)]
    public void An_INIT_ACK_without_streams_ends_the_attempt_with_ABORT(int outgoing, int incoming)
    {
        Tester tester = new Tester().CookieWait();
        tester.Send(Chunk.InitAck(Tester.Tag, outgoing: outgoing, incoming: incoming, parameters: Chunk.StateCookie(1)));
        tester.Expect("ABORT").InState(AssociationState.Closed).NoAssociation();
        Assert.Equal(Tester.Tag, tester.LastTag);
    }

    [Fact, Rfc(9260, "3.3.3")]
    public void An_INIT_ACK_with_a_window_that_is_too_small_is_aborted_and_changes_nothing()
    {
        Tester tester = new Tester().CookieWait();
        tester.Send(Chunk.InitAck(Tester.Tag, window: 1499, parameters: Chunk.StateCookie(1))).Expect("ABORT").InState(AssociationState.CookieWait);
        Assert.Equal(Tester.Tag, tester.LastTag);
        tester.Send(Chunk.InitAck(Tester.Tag, window: 1500, parameters: Chunk.StateCookie(1))).Expect("COOKIE ECHO");
    }

    [Fact, Etsi("as-v-1-7-5"), Rfc(9260, "5.1.1")]
    public void Two_streams_each_way_are_enough()
    {
        var tester = new Tester();
        tester.Offer(Chunk.Init(Tester.Tag, outgoing: 2, incoming: 2));
        tester.Send(Chunk.CookieEcho(tester.Cookie)).Expect("COOKIE ACK");
        Assert.Equal((2, 2), (tester.Iut.OutgoingStreams, tester.Iut.IncomingStreams));
        tester.Iut.Send(tester.Now, [1], new SendOptions(1));
        tester.Expect("DATA");
        tester.Send(Chunk.Data(Tester.FirstTsn, 1, 0, [2])).Expect("SACK");
        Assert.NotNull(tester.Message());
    }

    [Theory, Etsi("as-i-1-8-1"), Etsi("as-i-1-8-2"), Etsi("as-i-1-8-3"), Etsi("as-i-1-8-4"), Rfc(9260, "3.2.1"), Rfc(9260, "3.2.2")]
    [InlineData(0xC0, true, true)]
    [InlineData(0x40, true, false)]
    [InlineData(0x80, false, true)]
    [InlineData(0x00, false, false)]
    public void The_high_bits_of_an_unknown_parameter_say_whether_to_report_it_and_whether_to_go_on(int high, bool isReported, bool goesOn)
    {
        // What follows it is an address: whether it is used shows whether the reading went on.
        byte[] unknown = Chunk.Parameter((high << 8) | 0x77, s_unknown);
        var tester = new Tester();
        tester.Offer(Chunk.Init(Tester.Tag, parameters: [unknown, Chunk.Parameter(0xC099, s_unknown)]));
        byte[]? report = tester.FindParameter(8);
        Assert.Equal(isReported || goesOn, report is not null);
        if (report is not null)
        {
            Assert.Equal(isReported ? unknown : Chunk.Parameter(0xC099, s_unknown), report);
        }

        tester.Send(Chunk.CookieEcho(tester.Cookie)).Expect("COOKIE ACK").InState(AssociationState.Established);
    }

    [Fact, Etsi("as-o-1-9-1"), Rfc(9260, "5.2.2")]
    public void An_INIT_with_known_addresses_in_ESTABLISHED_is_answered_and_changes_nothing()
    {
        Tester tester = new Tester().Accepted(Chunk.IPv4(10, 0, 0, 7));
        uint tag = tester.IutTag;
        tester.Offer(Chunk.Init(Tester.Tag + 1, parameters: Chunk.IPv4(10, 0, 0, 7)));
        Assert.NotEqual(tag, tester.IutTag);
        tester.SendWithTag(tag, Chunk.Data(Tester.FirstTsn, 0, 0, [1])).Expect("SACK").InState(AssociationState.Established);
    }

    [Fact, Etsi("as-o-1-9-2"), Rfc(9260, "5.2.2"), Rfc(9260, "3.3.10.11")]
    public void An_INIT_with_new_addresses_in_ESTABLISHED_is_aborted_and_changes_nothing()
    {
        Tester tester = new Tester().Accepted();
        tester.SendWithTag(0, Chunk.Init(Tester.Tag + 1, parameters: Chunk.IPv4(10, 0, 0, 8))).Expect("ABORT");
        Assert.Equal((Tester.Tag + 1, 11), (tester.LastTag, tester.Last[17]));
        tester.Send(Chunk.Data(Tester.FirstTsn, 0, 0, [1])).Expect("SACK").InState(AssociationState.Established);
    }

    [Fact, Etsi("as-v-1-10-1"), Etsi("as-v-1-10-2"), Rfc(9260, "5.1.2")]
    public void Without_address_parameters_the_source_is_the_only_destination()
    {
        Tester accepted = new Tester().Accepted();
        Assert.Equal(Tester.TesterAddress, Assert.Single(accepted.Iut.GetPaths()).Path.Remote);
        Tester opened = new Tester().Established();
        Assert.Equal(Tester.TesterAddress, Assert.Single(opened.Iut.GetPaths()).Path.Remote);
    }

    [Fact, Etsi("as-v-1-11-1"), Etsi("as-v-1-11-2"), Rfc(9260, "5.1.2")]
    public void Address_parameters_and_the_source_are_all_destinations()
    {
        Tester accepted = new Tester().Accepted(Chunk.IPv4(10, 0, 0, 7), Chunk.IPv4(10, 0, 0, 8));
        Tester opened = new Tester().CookieWait();
        opened.Send(Chunk.InitAck(Tester.Tag, parameters: [Chunk.IPv4(10, 0, 0, 7), Chunk.IPv4(10, 0, 0, 8), Chunk.StateCookie(1)]));
        opened.Expect("COOKIE ECHO").Send(Chunk.CookieAck());
        foreach (Tester tester in new[] { accepted, opened })
        {
            Assert.Equal(3, tester.Iut.GetPaths().Count);
            Assert.Equal(
                [PathState.Active, PathState.Unconfirmed, PathState.Unconfirmed], tester.Iut.GetPaths().Select(path => path.State));
            tester.Advance(TimeSpan.Zero).Expect("HEARTBEAT");
            Assert.Equal(NetworkAddress.FromIPv4([10, 0, 0, 7], Tester.TesterAddress.Port), tester.LastPath.Remote);
        }
    }

    [Fact, Etsi("as-v-1-12-1"), Rfc(9260, "5.1.2"), Rfc(9260, "3.3.10.5")]
    public void A_host_name_in_an_INIT_is_answered_with_ABORT()
    {
        Tester tester = new Tester().SendWithTag(0, Chunk.Init(Tester.Tag, parameters: Chunk.Parameter(11, [.. "host.example\0"u8]))).Expect("ABORT");
        Assert.Equal((Tester.Tag, 5), (tester.LastTag, tester.Last[17]));
        tester.NoAssociation();
    }

    [Fact, Etsi("as-i-1-12-2"), Rfc(9260, "5.1.2"), Rfc(9260, "3.3.3")]
    public void A_host_name_in_an_INIT_ACK_ends_the_attempt_with_ABORT()
    {
        Tester tester = new Tester().CookieWait();
        tester.Send(Chunk.InitAck(Tester.Tag, parameters: [Chunk.StateCookie(1), Chunk.Parameter(11, [.. "host.example\0"u8])]));
        tester.Expect("ABORT").InState(AssociationState.Closed);
        Assert.Equal((Tester.Tag, 5), (tester.LastTag, tester.Last[17]));
    }

    /// <summary>RFC 9260 no longer wants an error for a family that the receiver cannot use, as ETSI's "bad case" does.</summary>
    [Theory, Etsi("as-v-1-13-1"), Etsi("as-i-1-13-2"), Rfc(9260, "5.1.2"), Rfc(9260, "3.3.2.1")]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(11)]
    public void Supported_address_types_are_not_a_reason_to_refuse(int type) =>
        new Tester().Offer(Chunk.Init(Tester.Tag, parameters: Chunk.Parameter(12, Chunk.U16(type))));

    [Fact, Etsi("as-i-1-14-1"), Rfc(9260, "3.3.2")]
    public void An_INIT_with_the_tag_0_is_discarded() =>
        new Tester().SendWithTag(0, Chunk.Init(0)).Nothing().NoAssociation();

    [Fact, Etsi("as-i-1-14-2"), Rfc(9260, "3.3.3")]
    public void An_INIT_ACK_with_the_tag_0_ends_the_attempt()
    {
        Tester tester = new Tester().CookieWait();
        tester.Send(Chunk.InitAck(0, parameters: Chunk.StateCookie(1))).Expect("ABORT").InState(AssociationState.Closed).NoAssociation();
        Assert.Equal((tester.IutTag, 1), (tester.LastTag, tester.Last[13]));
    }

    [Fact, Rfc(9260, "5.1"), Rfc(9260, "5.2.1")]
    public void One_peer_may_be_awaited_where_nobody_else_is_let_in()
    {
        var tester = new Tester(listens: false);
        tester.SendWithTag(0, Chunk.Init(Tester.Tag)).Expect("ABORT");
        Association awaited = tester.Endpoint.Listen(Tester.TesterPort, new NetworkPath(Tester.IutAddress, Tester.TesterAddress));
        tester.Nothing();
        Assert.Equal(AssociationState.Listening, awaited.State);
        Assert.Equal(SendStatus.Ok, awaited.Send(tester.Now, "early"u8, default));
        tester.SendWithTag(77, Chunk.Data(1, 0, 0, [1])).Expect("ABORT");
        Assert.Equal(AssociationState.Listening, awaited.State);
        tester.Offer(Chunk.Init(Tester.Tag)).Send(Chunk.CookieEcho(tester.Cookie)).Expect("COOKIE ACK, DATA");
        Assert.Equal(AssociationState.Established, awaited.State);
        Assert.False(tester.Endpoint.TryAccept(out _));
    }

    [Fact, Rfc(9260, "5.1")]
    public void Waiting_for_one_peer_can_be_given_up()
    {
        var tester = new Tester(listens: false);
        Association awaited = tester.Endpoint.Listen(Tester.TesterPort, new NetworkPath(Tester.IutAddress, Tester.TesterAddress));
        awaited.Send(tester.Now, "never"u8, default);
        awaited.Shutdown(tester.Now);
        tester.Nothing().NoAssociation();
        Assert.Equal(AssociationState.Closed, awaited.State);
        tester.SendWithTag(0, Chunk.Init(Tester.Tag)).Expect("ABORT");
    }
}
