using System;
using System.Linq;
using Braid.Core;
using Braid.Sctp.Wire;

namespace Braid.Sctp.Tests.Sending;

/// <summary>A SACK that has no room for all Gap Ack Blocks leaves out the highest, and so says nothing about what lies beyond.</summary>
[Rfc(9260, "6.7")]
public sealed class TruncatedSackTests
{
    private const int Chunks = 600;
    private const int Length = 100;

    private static readonly TimeSpan s_trip = TimeSpan.FromMilliseconds(100);
    private static readonly Instant s_start = new(TimeSpan.TicksPerSecond);

    private readonly BufferPool _buffers = new();
    private readonly OutboundMessagePool _messages = new(Real.Context());
    private readonly OutstandingQueue _queue;

    public TruncatedSackTests()
    {
        _queue = new OutstandingQueue(new Tsn(1), _messages);
        for (int i = 0; i < Chunks; i++)
        {
            _queue.Add(s_start + TimeSpan.FromTicks(i), Whole.Message(_messages, _buffers, Length), 0);
        }
    }

    [Fact, Rfc(8985, "6.2")]
    public void What_is_overtaken_beyond_the_last_block_is_neither_in_flight_nor_sent_again()
    {
        Overtake();
        Assert.Equal((0, 0), (_queue.PayloadInFlight, _queue.InFlightOn(0)));
        Assert.Equal(199, SendLost());
    }

    [Fact]
    public void What_a_SACK_that_is_complete_does_not_report_is_lost()
    {
        Overtake();
        Take(s_start + (2 * s_trip), cumulative: 300, blocks: 50);
        Assert.Equal(50 + 200, SendLost());
    }

    [Fact]
    public void As_blocks_reach_further_what_lies_between_them_is_lost()
    {
        Overtake();
        Take(s_start + (2 * s_trip), cumulative: 2, blocks: 249);
        Assert.Equal(199 + 50, SendLost());
        Assert.Equal(249, _queue.GapAckedCount);
        Assert.Equal(0, _queue.LastAckOn(0).NewestSentAt.Ticks);                 // it arrived who knows when
    }

    [Fact, Rfc(9260, "6.3.3")]
    public void A_time_out_sends_it_again()
    {
        Overtake();
        _queue.MarkLost(0);
        Assert.Equal(199 + 200, SendLost());
    }

    [Fact, Rfc(3758, "3.5")]
    public void What_was_overtaken_can_be_given_up()
    {
        Overtake();
        _queue.Abandon(500);
        Take(s_start + (2 * s_trip), cumulative: 300, blocks: 50);
        Assert.Equal(50 + 199, SendLost());
    }

    // SHUTDOWN has a Cumulative TSN Ack and no gaps.
    [Fact, Rfc(9260, "9.2")]
    public void Where_a_SHUTDOWN_acknowledges_all_before_it_what_was_overtaken_is_lost()
    {
        Overtake();
        Acknowledge(s_start + (2 * s_trip), cumulative: 400);
        Assert.Equal(1, SendLost());                         // of the others nothing is known yet
        Take(s_start + (4 * s_trip), cumulative: 401, blocks: 0);
        Assert.Equal(199, SendLost());
    }

    [Fact, Rfc(9260, "9.2")]
    public void A_SHUTDOWN_does_not_complete_the_SACK_before_it()
    {
        Instant now = s_start + s_trip;
        Take(now, cumulative: 0, blocks: 200);
        _queue.TakeLost(now, 0, out _);
        Acknowledge(now + s_trip, cumulative: 2);
        _queue.DetectLosses(0, now + s_trip, TimeSpan.Zero);
        Assert.Equal((0, 199), (_queue.PayloadInFlight, SendLost()));
    }

    // What is sent again and again may be larger than anything that gets through.
    [Fact, Rfc(8899, "4.3")]
    public void What_was_overtaken_when_it_was_sent_again_was_lost_again()
    {
        _queue.MarkLost(0);
        Assert.Equal(Chunks, SendLost(s_start + s_trip));
        Take(s_start + (2 * s_trip), cumulative: 0, blocks: 200);
        _queue.TakeLost(s_start + (2 * s_trip), 0, out _);
        Take(s_start + (3 * s_trip), cumulative: 2, blocks: 199);
        Assert.False(_queue.LastAckOn(0).HasLostAgain);
        Take(s_start + (4 * s_trip), cumulative: 400, blocks: 0);
        Assert.True(_queue.LastAckOn(0).HasLostAgain);
    }

    // Every second chunk of 400 is missing, and the first is sent again: when it arrives, all that was sent before is overtaken, and
    // nothing is known of the last 200.
    private void Overtake()
    {
        Instant now = s_start + s_trip;
        Assert.Equal(200 * Length, Take(now, cumulative: 0, blocks: 200));
        _queue.TakeLost(now, 0, out _);
        Assert.Equal(200 * Length, Take(now + s_trip, cumulative: 2, blocks: 199));
    }

    private void Acknowledge(Instant now, int cumulative) =>
        Assert.Equal(AckVerdict.Accepted, _queue.AcknowledgeCumulative(now, new Tsn(0) + cumulative, isTimed: true).Verdict);

    private int SendLost() => SendLost(s_start + (2 * s_trip));

    private int SendLost(Instant now)
    {
        int count = 0;
        for (; _queue.HasLost; count++)
        {
            _queue.TakeLost(now, 0, out _);
        }

        return count;
    }

    [Fact, Rfc(9260, "6.2.1")]
    public void What_was_reported_and_has_no_room_any_more_was_not_taken_back()
    {
        Take(s_start + s_trip, cumulative: 0, blocks: 200);
        Take(s_start + s_trip, cumulative: 0, blocks: 199);
        Assert.Equal(200, _queue.GapAckedCount);
        Take(s_start + s_trip, cumulative: 300, blocks: 49);
        Assert.Equal(49, _queue.GapAckedCount);
    }

    [Fact, Rfc(8985, "6.2")]
    public void What_took_another_way_says_nothing_of_the_time_that_this_one_takes()
    {
        _queue.BeginAnew(0);
        Take(s_start + s_trip, cumulative: 100, blocks: 0);
        Assert.Null(_queue.RackOn(0));
    }

    // Each block is one chunk, and so is what is missing before it.
    private long Take(Instant now, int cumulative, int blocks)
    {
        GapAckBlock[] gaps = [.. Enumerable.Range(1, blocks).Select(i => new GapAckBlock((ushort)(2 * i), (ushort)(2 * i)))];
        var bytes = new byte[2000];
        var packet = new PacketWriter(bytes, 1, 2, default);
        SackChunk.Write(ref packet, new Tsn(0) + cumulative, 1_000_000, gaps, []);
        new ChunkReader(bytes.AsSpan(PacketHeader.Length, packet.Length - PacketHeader.Length)).TryRead(out ChunkView view);
        SackChunk.TryRead(view, out SackChunk sack);
        Assert.Equal(AckVerdict.Accepted, _queue.Acknowledge(now, sack, inFastRecovery: false, isTimed: true).Verdict);
        return _queue.RackOn(0) is null ? 0 : _queue.DetectLosses(0, now, TimeSpan.Zero);
    }
}
