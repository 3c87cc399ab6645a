using System;
using System.Linq;
using Braid.Sctp;

namespace Braid.Scenarios.Conformance;

/// <summary>ETSI TS 102 369, areas E (ERROR chunks), BDC (bundling) and M (unknown chunks).</summary>
public sealed class ErrorAndBundlingTests
{
    private static readonly byte[] s_data = Chunk.Data(Tester.FirstTsn, 0, 0, [(byte)'d']);

    [Fact, Etsi("e-o-6-1"), Rfc(9260, "5.2.6"), Rfc(9260, "3.3.2.1")]
    public void A_stale_cookie_in_COOKIE_ECHOED_leads_to_a_new_INIT_that_asks_for_a_longer_life()
    {
        Tester tester = new Tester().CookieEchoed().Advance(TimeSpan.FromMilliseconds(300));
        tester.Send(Stale()).Expect("INIT").InState(AssociationState.CookieWait);
        Assert.Equal(Chunk.U32(1300), tester.FindParameter(9));
    }

    [Fact, Rfc(9260, "5.2.6")]
    public void A_cookie_lives_longer_when_the_INIT_asks_for_it_but_not_much()
    {
        Tester tester = new Tester().Offer(Chunk.Init(Tester.Tag, parameters: Chunk.Parameter(9, Chunk.U32(5_000)))).Advance(TimeSpan.FromSeconds(64));
        tester.Send(Chunk.CookieEcho(tester.Cookie)).Expect("COOKIE ACK");
        tester = new Tester().Offer(Chunk.Init(Tester.Tag, parameters: Chunk.Parameter(9, Chunk.U32(uint.MaxValue)))).Advance(TimeSpan.FromSeconds(121));
        tester.Send(Chunk.CookieEcho(tester.Cookie)).Expect("ERROR");
    }

    [Fact, Rfc(9260, "5.2.6")]
    public void A_peer_whose_cookies_are_always_stale_does_not_keep_us_busy_for_ever()
    {
        Tester tester = new Tester(AssociationOptions.Rfc9260 with { MaximumInitRetransmissions = 3 }).CookieEchoed();
        for (int i = 0; i < 3; i++)
        {
            tester.Send(Stale()).Expect("INIT").Send(Chunk.InitAck(Tester.Tag, parameters: Chunk.StateCookie(1))).Expect("COOKIE ECHO");
        }

        tester.Send(Stale()).Nothing().InState(AssociationState.Closed);
    }

    [Theory, Etsi("e-o-6-2"), Rfc(9260, "5.2.6")]
    [InlineData(false)]
    [InlineData(true)]
    public void A_stale_cookie_in_any_other_state_is_discarded(bool isWaiting)
    {
        var tester = new Tester();
        _ = isWaiting ? tester.CookieWait() : tester.Established();
        AssociationState state = tester.Iut.State;
        tester.Send(Stale()).Nothing().InState(state);
    }

    [Fact, Etsi("e-i-6-3"), Rfc(9260, "6.5"), Rfc(9260, "3.3.10.1")]
    public void DATA_on_a_stream_that_does_not_exist_is_acknowledged_and_reported()
    {
        Tester tester = new Tester(AssociationOptions.Rfc9260 with { IncomingStreams = 5, HeartbeatInterval = TimeSpan.Zero, MaximumPathMtu = 0 }).Established();
        tester.Send(Chunk.Data(Tester.FirstTsn, 5, 0, [1])).Expect("ERROR, SACK");
        Assert.Equal([0, 1, 0, 8, 0, 5, 0, 0], tester.Last[16..24]);
        Assert.Equal(Tester.FirstTsn, Tester.U32(tester.Last, 28));
        Assert.Null(tester.Message());
    }

    [Fact, Etsi("e-i-6-4"), Rfc(9260, "3.3.3"), Rfc(9260, "3.3.10.2")]
    public void An_INIT_ACK_without_a_cookie_is_answered_with_ABORT()
    {
        Tester tester = new Tester().CookieWait().Send(Chunk.InitAck(Tester.Tag)).Expect("ABORT").InState(AssociationState.Closed);
        Assert.Equal([0, 2, 0, 10, 0, 0, 0, 1, 0, 7], tester.Last[16..26]);
        Assert.Equal(Tester.Tag, tester.LastTag);
    }

    [Fact, Etsi("e-i-6-5"), Rfc(9260, "3.2.2"), Rfc(9260, "3.3.10.8")]
    public void Unknown_parameters_of_an_INIT_ACK_are_reported_along_with_COOKIE_ECHO()
    {
        byte[] unknown = Chunk.Parameter(0xC123, 1, 2, 3, 4);
        Tester tester = new Tester().CookieWait();
        tester.Send(Chunk.InitAck(Tester.Tag, parameters: [Chunk.StateCookie(1), unknown])).Expect("COOKIE ECHO, ERROR");
        Assert.Equal([0, 8, 0, 12, .. unknown], tester.Last[^12..]);
    }

    [Fact, Etsi("e-i-6-6"), Rfc(9260, "5.1")]
    public void An_ERROR_along_with_COOKIE_ECHO_does_not_disturb_it()
    {
        Tester tester = new Tester().Offer(Chunk.Init(Tester.Tag));
        tester.Send(Chunk.CookieEcho(tester.Cookie), Chunk.Error(Chunk.Parameter(8, Chunk.Parameter(0xC123, 1, 2, 3, 4)))).Expect("COOKIE ACK");
        tester.InState(AssociationState.Established);
    }

    [Fact, Etsi("bdc-i-7-1"), Rfc(9260, "6.10")]
    public void INIT_with_DATA_is_discarded() => new Tester().SendWithTag(0, Chunk.Init(Tester.Tag), s_data).Nothing().NoAssociation();

    [Fact, Etsi("bdc-i-7-2"), Rfc(9260, "6.10")]
    public void INIT_ACK_with_DATA_is_discarded() => new Tester().CookieWait()
        .Send(Chunk.InitAck(Tester.Tag, parameters: Chunk.StateCookie(1)), s_data).Nothing().InState(AssociationState.CookieWait);

    [Fact, Etsi("bdc-i-7-3"), Rfc(9260, "6.10")]
    public void SHUTDOWN_COMPLETE_with_DATA_is_discarded() =>
        new Tester().ShutdownAckSent().Send(Chunk.ShutdownComplete(), s_data).Nothing().InState(AssociationState.ShutdownAckSent);

    [Fact, Etsi("bdc-v-7-4"), Rfc(9260, "5.1")]
    public void COOKIE_ECHO_with_DATA_is_taken()
    {
        Tester tester = new Tester().Offer(Chunk.Init(Tester.Tag));
        tester.Send(Chunk.CookieEcho(tester.Cookie), s_data).Expect("COOKIE ACK, SACK");
        Assert.Equal("d", tester.Message());
    }

    [Fact, Etsi("bdc-v-7-5"), Rfc(9260, "5.1")]
    public void COOKIE_ACK_with_DATA_is_taken()
    {
        Tester tester = new Tester().CookieEchoed().Send(Chunk.CookieAck(), s_data).Expect("SACK").InState(AssociationState.Established);
        Assert.Equal("d", tester.Message());
    }

    [Fact, Etsi("bdc-v-7-6"), Rfc(9260, "6.10"), Rfc(9260, "9.2")]
    public void SACK_with_SHUTDOWN_is_taken()
    {
        Tester tester = new Tester().Established().WithOutstandingData();
        tester.Send(Chunk.Sack(tester.IutTsn), Chunk.Shutdown(tester.IutTsn)).Expect("SHUTDOWN ACK").InState(AssociationState.ShutdownAckSent);
    }

    [Fact, Etsi("bdc-v-7-7"), Rfc(9260, "6.10")]
    public void SACK_with_DATA_is_taken()
    {
        Tester tester = new Tester().Established().WithOutstandingData();
        tester.Send(Chunk.Sack(tester.IutTsn), s_data).Expect("SACK");
        Assert.Equal(0, tester.Iut.BufferedBytes);
        Assert.Equal("d", tester.Message());
    }

    [Fact, Etsi("bdc-v-7-8"), Rfc(9260, "6.10"), Rfc(9260, "9.2")]
    public void SHUTDOWN_ACK_with_DATA_ends_the_association() =>
        new Tester().ShutdownSent().Send(Chunk.ShutdownAck(), s_data).Expect("SHUTDOWN COMPLETE").InState(AssociationState.Closed).NoAssociation();

    [Theory, Etsi("m-i-10-1"), Etsi("m-i-10-2"), Etsi("m-i-10-3"), Etsi("m-i-10-4"), Rfc(9260, "3.2")]
    [InlineData(0xFE, true, true)]
    [InlineData(0x3E, false, false)]
    [InlineData(0x7E, true, false)]
    [InlineData(0xBE, false, true)]
    public void The_high_bits_of_an_unknown_chunk_say_whether_to_report_it_and_whether_to_go_on(byte type, bool isReported, bool goesOn)
    {
        byte[] unknown = Chunk.Raw(type, 0, 1, 2, 3, 4);
        Tester tester = new Tester().Established().Send(unknown, s_data);
        if (isReported || goesOn)
        {
            tester.Expect(string.Join(", ", new[] { isReported ? "ERROR" : "", goesOn ? "SACK" : "" }.Where(name => name.Length > 0)));
        }

        if (isReported)
        {
            Assert.Equal([0, 6, 0, 12, .. unknown], tester.Last[16..28]);
        }

        Assert.Equal(goesOn ? "d" : null, tester.Nothing().Message());
    }

    [Fact, Rfc(9260, "3.3.10.6")]
    public void A_long_unknown_chunk_is_reported_in_part()
    {
        Tester tester = new Tester().Established().Send(Chunk.Raw(0xFE, 0, new byte[20_000])).Expect("ERROR");
        Assert.InRange(tester.Last.Length, 100, 1252);
    }

    private static byte[] Stale() => Chunk.Error(Chunk.Parameter(3, Chunk.U32(1000)));
}
