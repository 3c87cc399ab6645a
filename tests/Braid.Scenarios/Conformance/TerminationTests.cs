using System;
using Braid.Sctp;

namespace Braid.Scenarios.Conformance;

/// <summary>ETSI TS 102 369, area AT: association termination.</summary>
public sealed class TerminationTests
{
    [Fact, Etsi("at-v-2-2"), Rfc(9260, "9.1")]
    public void ABORT_ends_the_association_at_once()
    {
        Tester tester = new Tester().Established().Send(Chunk.Abort()).Nothing().InState(AssociationState.Closed).NoAssociation();
        Assert.Equal(CloseReason.AbortedByPeer, tester.Ended().Reason);
    }

    [Fact, Etsi("at-i-2-3"), Rfc(9260, "9.2")]
    public void SHUTDOWN_waits_until_nothing_is_outstanding()
    {
        Tester tester = new Tester().ShutdownPending();
        tester.Send(Chunk.Sack(tester.IutTsn)).Expect("SHUTDOWN").InState(AssociationState.ShutdownSent);
    }

    [Fact, Etsi("at-i-2-4"), Rfc(9260, "9.2")]
    public void SHUTDOWN_is_sent_again_when_T2_expires()
    {
        Tester tester = new Tester().ShutdownSent();
        tester.Timeout();
        tester.Expect("SHUTDOWN").InState(AssociationState.ShutdownSent);
    }

    [Fact, Etsi("at-i-2-5"), Rfc(9260, "9.2")]
    public void SHUTDOWN_is_given_up_after_Association_Max_Retrans()
    {
        Tester tester = Impatient().ShutdownSent();
        for (int i = 0; i < 2; i++)
        {
            tester.Timeout();
            tester.Expect("SHUTDOWN");
        }

        tester.Timeout();
        tester.Nothing().InState(AssociationState.Closed).NoAssociation();
        Assert.Equal(CloseReason.PeerUnreachable, tester.Ended().Reason);
    }

    [Fact, Etsi("at-v-2-6"), Rfc(9260, "9.2")]
    public void SHUTDOWN_ACK_in_SHUTDOWN_SENT_is_answered_with_SHUTDOWN_COMPLETE()
    {
        Tester tester = new Tester().ShutdownSent().Send(Chunk.ShutdownAck()).Expect("SHUTDOWN COMPLETE");
        Assert.Equal((Tester.Tag, 0), (tester.LastTag, tester.Last[13]));
        tester.InState(AssociationState.Closed).NoAssociation();
        Assert.Equal(CloseReason.Shutdown, tester.Ended().Reason);
    }

    [Theory, Rfc(9260, "9.2")]
    [Etsi("at-i-2-7-1"), Etsi("at-i-2-7-2"), Etsi("at-i-2-7-3"), Etsi("at-i-2-7-4")]
    [InlineData(AssociationState.ShutdownSent)]
    [InlineData(AssociationState.ShutdownReceived)]
    [InlineData(AssociationState.ShutdownPending)]
    [InlineData(AssociationState.ShutdownAckSent)]
    public void New_user_data_is_refused_while_shutting_down(AssociationState state)
    {
        var tester = new Tester();
        _ = state switch
        {
            AssociationState.ShutdownSent => tester.ShutdownSent(),
            AssociationState.ShutdownReceived => tester.ShutdownReceived(),
            AssociationState.ShutdownPending => tester.ShutdownPending(),
            _ => tester.ShutdownAckSent(),
        };
        Assert.Equal(SendStatus.ShuttingDown, tester.Iut.Send(tester.Now, [1], default));
        tester.Nothing();
    }

    [Fact, Etsi("at-i-2-8"), Rfc(9260, "9.2")]
    public void DATA_in_SHUTDOWN_SENT_is_taken_and_answered_with_SHUTDOWN_and_SACK()
    {
        Tester tester = new Tester().ShutdownSent().Send(Chunk.Data(Tester.FirstTsn, 0, 0, [(byte)'x'])).Expect("SHUTDOWN, SACK");
        Assert.Equal(Tester.FirstTsn, Tester.U32(tester.Last, 16));
        Assert.Equal("x", tester.Message());
    }

    // Found by swarm seeds 548, 1297 and 1497: the peer learned of acknowledged data without the window that it had filled.
    [Fact, Rfc(9260, "9.2"), Rfc(9260, "6.2.1")]
    public void A_repeated_SHUTDOWN_says_the_window_again()
    {
        Tester tester = new Tester().ShutdownSent().Send(Chunk.Data(Tester.FirstTsn, 0, 0, [(byte)'x'])).Expect("SHUTDOWN, SACK");
        tester.Timeout();
        tester.Expect("SHUTDOWN, SACK");
    }

    [Fact, Etsi("at-i-2-9"), Rfc(9260, "9.2")]
    public void DATA_in_SHUTDOWN_RECEIVED_is_discarded()
    {
        Tester tester = new Tester().ShutdownReceived().Send(Chunk.Data(Tester.FirstTsn, 0, 0, [1])).Nothing();
        Assert.Null(tester.Message());
    }

    [Fact, Etsi("at-i-2-10"), Rfc(9260, "9.2")]
    public void SHUTDOWN_with_data_outstanding_is_answered_when_all_of_it_was_delivered()
    {
        Tester tester = new Tester().ShutdownReceived();
        tester.Timeout();
        tester.Expect("DATA").Send(Chunk.Sack(tester.IutTsn)).Expect("SHUTDOWN ACK").InState(AssociationState.ShutdownAckSent);
    }

    [Fact, Etsi("at-i-2-11"), Rfc(9260, "9.2")]
    public void SHUTDOWN_ACK_is_sent_again_when_T2_expires()
    {
        Tester tester = new Tester().ShutdownAckSent();
        tester.Timeout();
        tester.Expect("SHUTDOWN ACK").InState(AssociationState.ShutdownAckSent);
    }

    /// <summary>Everything was delivered by then, so its application is told of a graceful end.</summary>
    [Fact, Etsi("at-i-2-12"), Rfc(9260, "9.2")]
    public void SHUTDOWN_ACK_is_given_up_after_Association_Max_Retrans()
    {
        Tester tester = Impatient().ShutdownAckSent();
        for (int i = 0; i < 2; i++)
        {
            tester.Timeout();
            tester.Expect("SHUTDOWN ACK");
        }

        tester.Timeout();
        tester.Nothing().InState(AssociationState.Closed).NoAssociation();
        Assert.Equal(new AssociationEvent.Closed(CloseReason.Shutdown), tester.Ended());
    }

    [Fact, Etsi("at-i-2-13"), Rfc(9260, "9.2")]
    public void SHUTDOWN_COMPLETE_in_SHUTDOWN_ACK_SENT_ends_the_association()
    {
        Tester tester = new Tester().ShutdownAckSent().Send(Chunk.ShutdownComplete()).Nothing().InState(AssociationState.Closed).NoAssociation();
        Assert.Equal(CloseReason.Shutdown, tester.Ended().Reason);
    }

    [Fact, Etsi("at-v-2-14"), Rfc(9260, "9.2")]
    public void SHUTDOWN_acknowledges_data()
    {
        Tester tester = new Tester().Established().WithOutstandingData();
        tester.Send(Chunk.Shutdown(tester.IutTsn)).Expect("SHUTDOWN ACK").InState(AssociationState.ShutdownAckSent);
    }

    [Theory, Rfc(9260, "9.2")]
    [InlineData(false)]
    [InlineData(true)]
    public void A_shutdown_asked_for_while_setting_up_comes_after_it(bool isEchoed)
    {
        var tester = new Tester();
        _ = isEchoed ? tester.CookieEchoed() : tester.CookieWait();
        tester.Iut.Send(tester.Now, "first"u8, default);
        tester.Iut.Shutdown(tester.Now);
        if (!isEchoed)
        {
            tester.Send(Chunk.InitAck(Tester.Tag, parameters: Chunk.StateCookie(1))).Expect("COOKIE ECHO, DATA").Send(Chunk.CookieAck());
        }
        else
        {
            tester.Send(Chunk.CookieAck()).Expect("DATA");
        }

        tester.Nothing().Send(Chunk.Sack(tester.IutTsn)).Expect("SHUTDOWN");
    }

    [Fact, Rfc(9260, "9.2"), Rfc(9260, "6.1")]
    public void A_graceful_close_outlasts_a_window_that_is_closed()
    {
        Tester tester = new Tester().Established().WithOutstandingData();
        tester.Send(Chunk.Sack(tester.IutTsn, window: 0)).Nothing();
        tester.Iut.Send(tester.Now, "last"u8, default);
        tester.Iut.Shutdown(tester.Now);
        tester.Nothing();
        for (int i = 0; i < 20; i++)
        {
            tester.Timeout();
            tester.Expect("DATA").Send(Chunk.Sack(tester.IutTsn, window: 0)).Nothing().InState(AssociationState.ShutdownPending);
        }

        tester.Send(Chunk.Sack(tester.IutTsn, window: 1000)).Expect("DATA");
        tester.Send(Chunk.Sack(tester.IutTsn + 1, window: 1000)).Expect("SHUTDOWN");
    }

    private static Tester Impatient() => new(AssociationOptions.Rfc9260 with { MaximumRetransmissions = 2, HeartbeatInterval = TimeSpan.Zero, MaximumPathMtu = 0 });
}
