using System;
using Braid.Core;
using Braid.Sctp;

namespace Braid.Scenarios.Conformance;

/// <summary>ETSI TS 102 369, areas IMH (invalid message handling), DM (duplicate and unexpected) and FH (fault handling).</summary>
public sealed class InvalidMessageTests
{
    private const uint WrongTag = 0x99999999;

    [Fact, Etsi("imh-i-3-1"), Rfc(9260, "3.2")]
    public void An_INIT_that_is_too_small_is_discarded() =>
        new Tester().SendWithTag(0, Chunk.Raw(1, 0, new byte[12])).Nothing().NoAssociation();

    [Fact, Etsi("imh-i-3-2"), Rfc(9260, "3.2")]
    public void An_INIT_ACK_that_is_too_small_is_discarded() =>
        new Tester().CookieWait().Send(Chunk.Raw(2, 0, new byte[12])).Nothing().InState(AssociationState.CookieWait);

    [Fact, Etsi("imh-i-3-3"), Rfc(9260, "5.1.5"), Rfc(9260, "8.5.1")]
    public void A_COOKIE_ECHO_with_the_wrong_tag_is_discarded()
    {
        Tester tester = new Tester().Offer(Chunk.Init(Tester.Tag));
        tester.SendWithTag(WrongTag, Chunk.CookieEcho(tester.Cookie)).Nothing().NoAssociation();
    }

    [Fact, Etsi("imh-i-3-4"), Rfc(9260, "6.8")]
    public void An_INIT_with_the_wrong_checksum_is_discarded()
    {
        byte[] packet = Tester.Packet(0, Chunk.Init(Tester.Tag));
        packet[8] ^= 0x80;
        new Tester().SendRaw(packet).Nothing().NoAssociation();
    }

    [Fact, Etsi("imh-i-3-5"), Rfc(9260, "5.1.5")]
    public void A_COOKIE_ECHO_with_another_cookie_is_discarded()
    {
        Tester tester = new Tester().Offer(Chunk.Init(Tester.Tag));
        byte[] cookie = tester.Cookie;
        cookie[10] ^= 1;
        tester.Send(Chunk.CookieEcho(cookie)).Nothing().NoAssociation();
        tester.Send(Chunk.CookieEcho()).Nothing().NoAssociation();
    }

    [Fact, Etsi("imh-i-3-6"), Rfc(9260, "5.1.5"), Rfc(9260, "3.3.10.3")]
    public void A_COOKIE_ECHO_that_comes_too_late_is_answered_with_stale_cookie()
    {
        Tester tester = new Tester().Offer(Chunk.Init(Tester.Tag)).Advance(TimeSpan.FromSeconds(62));
        tester.Send(Chunk.CookieEcho(tester.Cookie)).Expect("ERROR").NoAssociation();
        Assert.Equal((Tester.Tag, 3, 2_000_000u), (tester.LastTag, tester.Last[17], Tester.U32(tester.Last, 20)));
    }

    [Fact, Etsi("imh-i-3-7"), Rfc(9260, "8.5.1")]
    public void An_ABORT_with_the_wrong_tag_is_discarded() =>
        new Tester().Established().SendWithTag(WrongTag, Chunk.Abort()).Nothing().InState(AssociationState.Established);

    [Fact, Etsi("imh-i-3-8"), Rfc(9260, "3.2")]
    public void An_INIT_that_is_longer_than_its_packet_is_discarded()
    {
        byte[] init = Chunk.Init(Tester.Tag);
        init[3] += 8;
        new Tester().SendWithTag(0, init).Nothing().NoAssociation();
    }

    [Fact, Etsi("imh-i-3-9"), Rfc(9260, "8.5")]
    public void A_SHUTDOWN_ACK_with_the_wrong_tag_is_discarded() =>
        new Tester().ShutdownSent().SendWithTag(WrongTag, Chunk.ShutdownAck()).Nothing().InState(AssociationState.ShutdownSent);

    [Fact, Etsi("imh-i-3-10"), Rfc(9260, "8.5.1")]
    public void A_SHUTDOWN_COMPLETE_with_the_wrong_tag_is_discarded()
    {
        Tester tester = new Tester().ShutdownAckSent().SendWithTag(WrongTag, Chunk.ShutdownComplete()).Nothing();
        tester.SendWithTag(WrongTag, Chunk.ShutdownComplete(1)).Nothing().InState(AssociationState.ShutdownAckSent);

        // With the T bit it is our own tag for the peer that comes back.
        tester.SendWithTag(Tester.Tag, Chunk.ShutdownComplete(1)).Nothing().InState(AssociationState.Closed);
    }

    [Fact, Etsi("dm-o-4-1"), Rfc(9260, "5.2.1")]
    public void An_INIT_in_COOKIE_WAIT_is_answered_with_what_our_own_INIT_said()
    {
        Tester tester = new Tester().CookieWait();
        (uint tag, uint tsn) = (tester.IutTag, tester.IutTsn);
        tester.Offer(Chunk.Init(Tester.Tag)).InState(AssociationState.CookieWait);
        Assert.Equal((tag, tsn), (tester.IutTag, tester.IutTsn));
    }

    [Fact, Etsi("dm-o-4-2-1"), Rfc(9260, "5.2.2")]
    public void An_INIT_in_ESTABLISHED_is_answered_with_a_new_tag_and_the_association_lives_on()
    {
        Tester tester = new Tester().Established();
        uint tag = tester.IutTag;
        tester.Offer(Chunk.Init(Tester.Tag + 1)).InState(AssociationState.Established);
        Assert.NotEqual(tag, tester.IutTag);
        tester.SendWithTag(tag, Chunk.Data(Tester.FirstTsn, 0, 0, [1])).Expect("SACK");
    }

    [Fact, Etsi("dm-o-4-2-2"), Rfc(9260, "9.2")]
    public void An_INIT_in_SHUTDOWN_ACK_SENT_is_answered_with_SHUTDOWN_ACK() =>
        new Tester().ShutdownAckSent().SendWithTag(0, Chunk.Init(Tester.Tag + 1)).Expect("SHUTDOWN ACK").InState(AssociationState.ShutdownAckSent);

    [Fact, Etsi("dm-o-4-3"), Rfc(9260, "5.2.3")]
    public void An_INIT_ACK_in_COOKIE_ECHOED_is_discarded() => new Tester().CookieEchoed()
        .Send(Chunk.InitAck(Tester.Tag + 1, parameters: Chunk.StateCookie(9))).Nothing().InState(AssociationState.CookieEchoed);

    [Fact, Etsi("dm-o-4-4"), Rfc(9260, "5.2.5")]
    public void A_COOKIE_ACK_in_ESTABLISHED_is_discarded() =>
        new Tester().Established().Send(Chunk.CookieAck()).Nothing().InState(AssociationState.Established);

    [Fact, Etsi("dm-o-4-5"), Rfc(9260, "9.2")]
    public void A_SHUTDOWN_in_SHUTDOWN_SENT_is_answered_with_SHUTDOWN_ACK()
    {
        Tester tester = new Tester().ShutdownSent();
        tester.Send(Chunk.Shutdown(tester.IutTsn - 1)).Expect("SHUTDOWN ACK").InState(AssociationState.ShutdownAckSent);
    }

    [Fact, Etsi("dm-o-4-6-1"), Rfc(9260, "9.2")]
    public void A_SHUTDOWN_in_COOKIE_WAIT_is_discarded()
    {
        Tester tester = new Tester().CookieWait();
        tester.Send(Chunk.Shutdown(tester.IutTsn - 1)).Nothing().InState(AssociationState.CookieWait);
    }

    [Fact, Etsi("dm-o-4-6-2"), Rfc(9260, "8.4")]
    public void A_SHUTDOWN_for_nobody_is_answered_with_ABORT()
    {
        Tester tester = new Tester().SendWithTag(WrongTag, Chunk.Shutdown(1)).Expect("ABORT").NoAssociation();
        Assert.Equal((WrongTag, 1), (tester.LastTag, tester.Last[13]));
    }

    [Fact, Etsi("dm-o-4-6-3"), Rfc(9260, "9.2")]
    public void A_SHUTDOWN_in_SHUTDOWN_SENT_restarts_T2_for_the_SHUTDOWN_ACK()
    {
        Tester tester = new Tester().ShutdownSent().Advance(TimeSpan.FromMilliseconds(700));
        tester.Send(Chunk.Shutdown(tester.IutTsn - 1)).Expect("SHUTDOWN ACK");
        Assert.Equal(TimeSpan.FromSeconds(1), tester.Timeout());
        tester.Expect("SHUTDOWN ACK");
    }

    [Fact, Rfc(9260, "5.2.4"), Rfc(9260, "3.3.10.10")]
    public void A_restart_in_SHUTDOWN_ACK_SENT_is_answered_with_SHUTDOWN_ACK_and_ERROR()
    {
        Tester tester = new Tester().Established();
        (uint tag, uint tsn) = (tester.IutTag, tester.IutTsn);
        tester.Offer(Chunk.Init(Tester.Tag + 1));
        tester.SendWithTag(tag, Chunk.Shutdown(tsn - 1)).Expect("SHUTDOWN ACK");
        tester.Send(Chunk.CookieEcho(tester.Cookie)).Expect("SHUTDOWN ACK, ERROR").InState(AssociationState.ShutdownAckSent);
        Assert.Equal([0, 10, 0, 4], tester.Last[^4..]);
    }

    [Theory, Etsi("dm-o-4-7-1"), Rfc(9260, "8.5.1")]
    [InlineData(false)]
    [InlineData(true)]
    public void A_SHUTDOWN_ACK_while_setting_up_is_out_of_the_blue(bool isEchoed)
    {
        var tester = new Tester();
        _ = isEchoed ? tester.CookieEchoed() : tester.CookieWait();
        tester.SendWithTag(WrongTag, Chunk.ShutdownAck()).Expect("SHUTDOWN COMPLETE");
        Assert.Equal((WrongTag, 1), (tester.LastTag, tester.Last[13]));
        tester.InState(isEchoed ? AssociationState.CookieEchoed : AssociationState.CookieWait);
    }

    [Fact, Etsi("dm-o-4-7-2"), Rfc(9260, "9.2")]
    public void A_SHUTDOWN_ACK_in_ESTABLISHED_is_discarded() =>
        new Tester().Established().Send(Chunk.ShutdownAck()).Nothing().InState(AssociationState.Established);

    [Fact, Etsi("dm-o-4-7-3"), Rfc(9260, "9.2")]
    public void A_SHUTDOWN_ACK_in_SHUTDOWN_ACK_SENT_is_answered_with_SHUTDOWN_COMPLETE() =>
        new Tester().ShutdownAckSent().Send(Chunk.ShutdownAck()).Expect("SHUTDOWN COMPLETE").InState(AssociationState.Closed).NoAssociation();

    [Fact, Etsi("dm-o-4-8"), Rfc(9260, "5.2.4")]
    public void A_COOKIE_ECHO_with_a_forged_cookie_in_ESTABLISHED_is_discarded()
    {
        Tester tester = new Tester().Accepted();
        byte[] cookie = tester.Cookie;
        cookie[^1] ^= 1;
        tester.Send(Chunk.CookieEcho(cookie)).Nothing().InState(AssociationState.Established);
    }

    [Fact, Etsi("dm-o-4-9"), Rfc(9260, "8.5.1")]
    public void A_SHUTDOWN_COMPLETE_in_COOKIE_WAIT_is_discarded() =>
        new Tester().CookieWait().Send(Chunk.ShutdownComplete()).Nothing().InState(AssociationState.CookieWait);

    [Fact, Etsi("dm-o-4-10"), Rfc(9260, "9.2")]
    public void DATA_in_SHUTDOWN_ACK_SENT_is_discarded()
    {
        Tester tester = new Tester().ShutdownAckSent().Send(Chunk.Data(Tester.FirstTsn, 0, 0, [1])).Nothing();
        Assert.Null(tester.InState(AssociationState.ShutdownAckSent).Message());
    }

    [Fact, Etsi("fh-i-5-1-1"), Rfc(9260, "8.1"), Rfc(9260, "6.3.3")]
    public void A_peer_that_acknowledges_nothing_is_given_up_after_Association_Max_Retrans()
    {
        Tester tester = Impatient().Established().WithOutstandingData();
        for (int i = 0; i < 2; i++)
        {
            tester.Timeout();
            tester.Expect("DATA");
        }

        tester.Timeout();
        tester.Nothing().InState(AssociationState.Closed).NoAssociation();
        Assert.Equal(new AssociationEvent.Closed(CloseReason.PeerUnreachable, Attempts: 3), tester.Ended());
    }

    [Fact, Etsi("fh-i-5-1-2"), Rfc(9260, "8.1")]
    public void A_SACK_sets_the_count_of_retransmissions_back()
    {
        Tester tester = Impatient().Established();
        for (uint i = 0; i < 5; i++)
        {
            tester.WithOutstandingData();
            tester.Timeout();
            tester.Expect("DATA");
            tester.Timeout();
            tester.Expect("DATA").Send(Chunk.Sack(tester.IutTsn + i)).InState(AssociationState.Established);
        }
    }

    [Fact, Etsi("fh-v-5-2"), Rfc(9260, "8.3"), Rfc(9260, "3.3.6")]
    public void A_HEARTBEAT_comes_back_as_it_was()
    {
        Tester tester = new Tester().Established().Send(Chunk.Heartbeat(1, 2, 3, 4, 5, 6, 7)).Expect("HEARTBEAT ACK");
        Assert.Equal(Chunk.Heartbeat(1, 2, 3, 4, 5, 6, 7)[4..], tester.Last[16..]);
        byte[] withMore = Chunk.Raw(4, 0, [.. Chunk.Parameter(0x8123, 1, 2, 3, 4), .. Chunk.Parameter(1, 9, 9, 9, 9)]);
        tester.Send(withMore).Expect("HEARTBEAT ACK");
        Assert.Equal(withMore[4..], tester.Last[16..]);
    }

    [Fact, Etsi("fh-o-5-3-1"), Rfc(9260, "8.4")]
    public void DATA_for_nobody_is_answered_with_ABORT()
    {
        Tester tester = new Tester().SendWithTag(WrongTag, Chunk.Data(1, 0, 0, [1])).Expect("ABORT");
        Assert.Equal((WrongTag, 1), (tester.LastTag, tester.Last[13]));
    }

    [Fact, Etsi("fh-o-5-3-2"), Rfc(9260, "8.4")]
    public void An_ABORT_for_nobody_is_discarded() => new Tester().SendWithTag(WrongTag, Chunk.Abort()).Nothing();

    [Fact, Etsi("fh-o-5-3-3"), Rfc(9260, "8.4")]
    public void A_SHUTDOWN_ACK_for_nobody_is_answered_with_SHUTDOWN_COMPLETE()
    {
        Tester tester = new Tester().SendWithTag(WrongTag, Chunk.ShutdownAck()).Expect("SHUTDOWN COMPLETE");
        Assert.Equal((WrongTag, 1), (tester.LastTag, tester.Last[13]));
    }

    [Fact, Etsi("fh-o-5-3-4"), Rfc(9260, "8.4")]
    public void A_SHUTDOWN_COMPLETE_for_nobody_is_discarded() => new Tester().SendWithTag(WrongTag, Chunk.ShutdownComplete()).Nothing();

    [Fact, Etsi("fh-o-5-3-5"), Rfc(9260, "8.4")]
    public void A_COOKIE_ECHO_from_an_address_that_is_not_unicast_is_discarded()
    {
        Tester tester = new Tester().Offer(Chunk.Init(Tester.Tag));
        foreach (byte[] address in new byte[][] { [224, 0, 0, 1], [255, 255, 255, 255], [0, 0, 0, 0] })
        {
            tester.SendRaw(Tester.Packet(tester.IutTag, Chunk.CookieEcho(tester.Cookie)), NetworkAddress.FromIPv4(address, 9899)).Nothing().NoAssociation();
        }
    }

    private static Tester Impatient() => new(AssociationOptions.Rfc9260 with { MaximumRetransmissions = 2, HeartbeatInterval = TimeSpan.Zero, MaximumPathMtu = 0 });
}
