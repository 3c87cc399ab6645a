using System;
using System.Linq;
using System.Text;
using Braid.Sctp;

namespace Braid.Scenarios.Conformance;

/// <summary>ETSI TS 102 369, areas D (data), A (acknowledgement) and RT (retransmission timer).</summary>
public sealed class TransferTests
{
    private const byte First = 2;
    private const byte Middle = 0;
    private const byte Last = 1;

    [Fact, Etsi("d-v-8-1"), Rfc(9260, "6.1"), Rfc(9260, "3.3.1")]
    public void A_short_message_is_one_chunk()
    {
        Tester tester = new Tester().Established().WithOutstandingData("hello");
        byte[] expected = Chunk.Data(tester.IutTsn, 0, 0, "hello"u8.ToArray());
        Assert.Equal(expected, tester.Last[12..]);
    }

    [Fact, Etsi("d-v-8-2"), Rfc(9260, "6.9")]
    public void A_long_message_is_cut_into_chunks_with_consecutive_TSNs()
    {
        Tester tester = new Tester().Established();
        byte[] message = Enumerable.Range(0, 3000).Select(i => (byte)i).ToArray();
        tester.Iut.Send(tester.Now, message, new SendOptions(2));
        byte[] received = [];
        for (uint i = 0; i < 3; i++)
        {
            tester.Expect("DATA");
            Assert.Equal((tester.IutTsn + i, i == 0 ? First : i == 1 ? Middle : Last), (Tester.U32(tester.Last, 16), tester.Last[13] & 3));
            Assert.Equal([0, 2, 0, 0], tester.Last[20..24]);
            received = [.. received, .. tester.LastChunk[16..]];
        }

        Assert.Equal(message, received);
    }

    [Fact, Etsi("d-v-8-3"), Rfc(9260, "6.9")]
    public void Fragments_become_one_message()
    {
        Tester tester = new Tester().Established().Send(
            Chunk.Data(Tester.FirstTsn, 0, 0, [(byte)'a'], First),
            Chunk.Data(Tester.FirstTsn + 1, 0, 0, [(byte)'b'], Middle),
            Chunk.Data(Tester.FirstTsn + 2, 0, 0, [(byte)'c'], Last)).Expect("SACK");
        Assert.Equal("abc", tester.Message());
        Assert.Null(tester.Message());
    }

    [Fact, Etsi("d-v-8-4"), Rfc(9260, "6.2.1"), Rfc(9260, "6.3.2")]
    public void A_SACK_for_everything_stops_T3()
    {
        Tester tester = new Tester().Established().WithOutstandingData();
        tester.Send(Chunk.Sack(tester.IutTsn)).Nothing();
        Assert.Equal(0, tester.Iut.BufferedBytes);
        Assert.True(tester.Endpoint.NextTimeout.IsNever);
    }

    [Fact, Etsi("d-i-8-5"), Rfc(9260, "6.3.3")]
    public void T3_sends_again_what_was_not_acknowledged()
    {
        Tester tester = new Tester().Established().WithOutstandingData();
        byte[] first = tester.Last;
        Assert.Equal(TimeSpan.FromSeconds(1), tester.Timeout());
        Assert.Equal(first, tester.Expect("DATA").Last);
    }

    [Fact, Etsi("d-o-8-6"), Rfc(9260, "6.2"), Rfc(9260, "3.3.4")]
    public void A_duplicate_is_reported_in_the_SACK_and_not_delivered_twice()
    {
        byte[] data = Chunk.Data(Tester.FirstTsn, 0, 0, [(byte)'x']);
        Tester tester = new Tester().Established().Send(data).Expect("SACK").Send(data).Expect("SACK");
        Assert.Equal([0, 0, 0, 1, .. Chunk.U32(Tester.FirstTsn)], tester.Last[24..]);
        Assert.Equal("x", tester.Message());
        Assert.Null(tester.Message());
    }

    [Theory, Etsi("d-o-8-7"), Etsi("d-o-8-8"), Rfc(9260, "6.1")]
    [InlineData(100)]
    [InlineData(3000)]
    public void A_closed_window_is_probed_with_one_chunk_at_a_time(int length)
    {
        Tester tester = new Tester().Established().WithOutstandingData();
        tester.Send(Chunk.Sack(tester.IutTsn, window: 0)).Nothing();
        tester.Iut.Send(tester.Now, new byte[length], default);
        tester.Nothing();
        Assert.Equal(TimeSpan.FromSeconds(1), tester.Timeout());
        tester.Expect("DATA").Nothing();
        Assert.Equal(tester.IutTsn + 1, Tester.U32(tester.Last, 16));

        // Taken, but the window stays closed: the next probe is the next chunk.
        tester.Send(Chunk.Sack(tester.IutTsn + 1, window: 0)).Nothing();
        if (length > 1224)
        {
            tester.Timeout();
            tester.Expect("DATA").Nothing();
            Assert.Equal(tester.IutTsn + 2, Tester.U32(tester.Last, 16));
        }
    }

    [Fact, Etsi("d-v-8-9"), Rfc(9260, "6.1")]
    public void Retransmissions_go_before_new_data()
    {
        Tester tester = new Tester().Established().WithOutstandingData("old");
        tester.Timeout();
        tester.Iut.Send(tester.Now, "new"u8, default);
        tester.Expect("DATA").Nothing();
        Assert.Equal((tester.IutTsn, "old"), (Tester.U32(tester.Last, 16), Encoding.ASCII.GetString(tester.LastChunk[16..])));
        tester.Send(Chunk.Sack(tester.IutTsn)).Expect("DATA");
        Assert.Equal("new", Encoding.ASCII.GetString(tester.LastChunk[16..]));
    }

    [Fact, Etsi("d-i-8-11"), Rfc(9260, "6.2"), Rfc(9260, "3.3.10.9")]
    public void DATA_without_user_data_is_answered_with_ABORT()
    {
        Tester tester = new Tester().Established().Send(Chunk.Data(Tester.FirstTsn, 0, 0, [])).Expect("ABORT").InState(AssociationState.Closed);
        Assert.Equal([0, 9, 0, 8, .. Chunk.U32(Tester.FirstTsn)], tester.Last[16..]);
    }

    [Fact, Rfc(9260, "6.2.1"), Rfc(9260, "3.3.10.13")]
    public void A_SACK_for_what_was_never_sent_is_answered_with_ABORT_and_the_reason()
    {
        Tester tester = new Tester().Established().WithOutstandingData();
        tester.Send(Chunk.Sack(tester.IutTsn + 1)).Expect("ABORT").InState(AssociationState.Closed);
        Assert.Equal([0, 13], tester.Last[16..18]);
        Assert.Contains("never sent", Encoding.ASCII.GetString(tester.Last[20..]), StringComparison.Ordinal);
    }

    [Fact, Etsi("d-o-8-12"), Rfc(9260, "6.2.1")]
    public void A_SACK_that_goes_backwards_is_discarded()
    {
        Tester tester = new Tester().Established().WithOutstandingData("one");
        tester.Send(Chunk.Sack(tester.IutTsn, window: 50_000));
        tester.WithOutstandingData("two").Send(Chunk.Sack(tester.IutTsn - 1, window: 1)).Nothing();
        Assert.Equal(49_997, tester.Iut.GetStatistics().PeerWindow);
        Assert.Equal(1, tester.Endpoint.Drops[DropReason.OutdatedSack]);
    }

    [Fact, Rfc(9260, "6.2.1"), Rfc(9260, "7.1")]
    public void A_TSN_that_is_taken_back_is_sent_again()
    {
        Tester tester = new Tester(AssociationOptions.Rfc9260 with { LossRecovery = LossRecovery.MissingReports, HeartbeatInterval = TimeSpan.Zero, MaximumPathMtu = 0 }).Established();
        for (int i = 0; i < 3; i++)
        {
            tester.Iut.Send(tester.Now, new byte[1000], default);
        }

        tester.Expect("DATA").Expect("DATA").Expect("DATA");
        tester.Send(Chunk.Sack(tester.IutTsn - 1, gaps: (2, 3))).Nothing();
        tester.Send(Chunk.Sack(tester.IutTsn - 1)).Nothing();
        tester.Timeout();
        tester.Expect("DATA").Send(Chunk.Sack(tester.IutTsn)).Expect("DATA").Expect("DATA").Send(Chunk.Sack(tester.IutTsn + 2));
        Assert.Equal(0, tester.Iut.BufferedBytes);
    }

    [Fact, Etsi("a-v-9-1"), Rfc(9260, "5.1")]
    public void The_first_DATA_is_acknowledged_at_once() =>
        new Tester().Established().Send(Chunk.Data(Tester.FirstTsn, 0, 0, [1])).Expect("SACK");

    [Fact, Etsi("a-v-9-2"), Rfc(9260, "6.2")]
    public void One_SACK_answers_for_all_DATA_of_a_packet()
    {
        Tester tester = new Tester().Established().Send(
            Chunk.Data(Tester.FirstTsn, 0, 0, [1]),
            Chunk.Data(Tester.FirstTsn + 1, 1, 0, [1]),
            Chunk.Data(Tester.FirstTsn + 2, 2, 0, [1])).Expect("SACK").Nothing();
        Assert.Equal(Tester.FirstTsn + 2, Tester.U32(tester.Last, 16));
    }

    [Fact, Etsi("a-o-9-3"), Rfc(9260, "6.7")]
    public void A_gap_is_reported_at_once_and_so_is_its_end()
    {
        Tester tester = new Tester().Established().Send(Chunk.Data(Tester.FirstTsn, 0, 0, [1])).Expect("SACK");
        tester.Send(Chunk.Data(Tester.FirstTsn + 2, 0, 2, [1])).Expect("SACK");
        Assert.Equal([.. Chunk.U32(Tester.FirstTsn), .. tester.Last[20..24], 0, 1, 0, 0, 0, 2, 0, 2], tester.Last[16..]);
        tester.Send(Chunk.Data(Tester.FirstTsn + 1, 0, 1, [1])).Expect("SACK");
        Assert.Equal(Tester.FirstTsn + 2, Tester.U32(tester.Last, 16));
    }

    [Fact, Etsi("rt-i-11-1"), Rfc(9260, "6.3.3"), Rfc(9260, "6.3.1")]
    public void The_RTO_doubles_with_every_expiration_up_to_RTO_Max()
    {
        Tester tester = new Tester(AssociationOptions.Rfc9260 with { RtoMaximum = TimeSpan.FromSeconds(6), HeartbeatInterval = TimeSpan.Zero, MaximumPathMtu = 0 })
            .Established().WithOutstandingData();
        foreach (int seconds in new[] { 1, 2, 4, 6, 6 })
        {
            Assert.Equal(TimeSpan.FromSeconds(seconds), tester.Timeout());
            tester.Expect("DATA");
        }
    }

    [Fact, Etsi("rt-i-11-2"), Rfc(9260, "6.3.1")]
    public void What_was_sent_twice_gives_no_measurement_and_what_was_sent_once_resets_the_RTO()
    {
        Tester tester = new Tester().Established().WithOutstandingData();
        TimeSpan measured = tester.Iut.GetStatistics().SmoothedRtt;
        tester.Timeout();
        tester.Expect("DATA").Advance(TimeSpan.FromMilliseconds(500)).Send(Chunk.Sack(tester.IutTsn));
        Assert.Equal((measured, TimeSpan.FromSeconds(2)), (tester.Iut.GetStatistics().SmoothedRtt, tester.Iut.GetStatistics().Rto));
        tester.WithOutstandingData().Advance(TimeSpan.FromMilliseconds(100)).Send(Chunk.Sack(tester.IutTsn + 1));
        Assert.NotEqual(measured, tester.Iut.GetStatistics().SmoothedRtt);
        Assert.Equal(TimeSpan.FromSeconds(1), tester.Iut.GetStatistics().Rto);
    }

    [Fact, Rfc(9260, "1.6"), Rfc(9260, "6.5")]
    public void SSNs_and_TSNs_wrap()
    {
        Tester tester = new Tester().CookieWait();
        const uint First = uint.MaxValue - 70_000;
        tester.Send(Chunk.InitAck(Tester.Tag, tsn: First, parameters: Chunk.StateCookie(1))).Expect("COOKIE ECHO").Send(Chunk.CookieAck());
        for (uint i = 0; i < 140_000; i += 2)
        {
            // Every pair the wrong way round.
            tester.Send(Chunk.Data(First + i + 1, 0, (ushort)(i + 1), [2])).Expect("SACK");
            tester.Send(Chunk.Data(First + i, 0, (ushort)i, [1])).Expect("SACK");
            Assert.Equal(First + i + 1, Tester.U32(tester.Last, 16));
            Assert.Equal("\u0001", tester.Message());
            Assert.Equal("\u0002", tester.Message());
        }
    }
}
