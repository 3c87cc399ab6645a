using System;
using Braid.Scenarios.Conformance;
using Braid.Sctp;

namespace Braid.Scenarios;

/// <summary>What an audit of RFC 9260 §6 and §7 found.</summary>
public sealed class AuditBTests
{
    private static readonly AssociationOptions s_quiet = new() { HeartbeatInterval = TimeSpan.Zero };

    [Fact, Rfc(9260, "5.2.6"), Rfc(9260, "6.5")]
    public void Streams_that_data_was_sent_on_cannot_be_taken_back_with_a_second_INIT_ACK()
    {
        Tester tester = new Tester().CookieWait();
        Assert.Equal(SendStatus.Ok, tester.Iut.Send(tester.Now, new byte[5000], new SendOptions(5)));
        tester.Send(Chunk.InitAck(Tester.Tag, parameters: Chunk.StateCookie(1, 2, 3))).Expect("COOKIE ECHO, DATA");
        tester.Send(Chunk.Error(Chunk.Parameter(3, 0, 0, 0, 1))).Expect("INIT");
        tester.Send(Chunk.InitAck(Tester.Tag, incoming: 1, parameters: Chunk.StateCookie(4, 5, 6)));
        tester.Expect("ABORT");
        Assert.Equal(CloseReason.ProtocolViolation, tester.Ended().Reason);
        tester.NoAssociation();
    }

    [Fact, Rfc(9260, "6.2.1"), Rfc(9260, "6.3.2")]
    public void A_gap_block_that_covers_the_first_missing_TSN_does_not_stop_the_retransmission()
    {
        Tester tester = new Tester(s_quiet).Established().WithOutstandingData();
        tester.Send(Chunk.Sack(tester.IutTsn - 1, 100_000, (1, 1))).Nothing();
        tester.Timeout();
        tester.Expect("DATA");
    }
}
