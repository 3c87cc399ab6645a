using System;
using Braid.Core;
using Braid.Sctp.Wire;

namespace Braid.Sctp.Tests.Sending;

/// <summary>What SACKs say where data takes two paths at the same time, with even TSNs on one and odd ones on the other.</summary>
[Rfc(9260, "6.2.1")]
public sealed class SplitAckTests
{
    private static readonly Instant s_now = new(TimeSpan.TicksPerSecond);

    private readonly BufferPool _buffers = new();
    private readonly OutboundMessagePool _messages = new(Real.Context());
    private readonly OutstandingQueue _queue;

    public SplitAckTests()
    {
        _queue = new OutstandingQueue(new Tsn(1), _messages);
        for (int i = 0; i < 20; i++)
        {
            _queue.Add(s_now + TimeSpan.FromTicks(i), Whole.Message(_messages, _buffers, 100), (i + 1) % 2);
        }
    }

    [Fact]
    public void A_SACK_that_was_overtaken_takes_nothing_back()
    {
        Take(isSplit: true, 0, (2, 2), (4, 4), (6, 6));
        AckOutcome outcome = Take(isSplit: true, 0, (2, 2));
        Assert.Equal((3, 200), (_queue.GapAckedCount, outcome.UnreportedBytes));
        Assert.Equal(0, _queue.LastAckOn(0).Acknowledged);

        // The peer has dropped 4 indeed: the next one that has news says so.
        Take(isSplit: true, 0, (2, 2), (6, 6), (8, 8));
        Assert.Equal(3, _queue.GapAckedCount);
    }

    [Fact]
    public void Where_data_takes_one_path_it_does()
    {
        Take(isSplit: false, 0, (2, 2), (4, 4), (6, 6));
        Take(isSplit: false, 0, (2, 2));
        Assert.Equal(1, _queue.GapAckedCount);
    }

    [Fact, Rfc(9260, "7.2.4")]
    public void Missing_reports_count_below_the_highest_TSN_of_the_same_path()
    {
        Take(isSplit: true, 0, (2, 2));
        Take(isSplit: true, 0, (2, 2), (4, 4));
        Take(isSplit: true, 0, (2, 2), (4, 4), (6, 6));
        Take(isSplit: true, 0, (2, 2), (4, 4), (6, 6), (8, 8));
        Assert.False(_queue.HasLost);

        // Path 1: TSN 1 is missing three times, and TSN 3 twice.
        Take(isSplit: true, 0, (2, 2), (4, 6), (8, 8));
        Take(isSplit: true, 0, (2, 2), (4, 8));
        Assert.False(_queue.HasLost);
        Take(isSplit: true, 0, (2, 2), (4, 9));
        Assert.True(_queue.TryPeekLost(out LostChunk lost));
        Assert.Equal(1, lost.Path);
    }

    [Fact, Rfc(9260, "7.2.4")]
    public void A_path_has_recovered_when_all_of_its_own_is_acknowledged()
    {
        Tsn known = _queue.CumulativeAck;
        Assert.Equal(new Tsn(1), _queue.AcknowledgedUpTo(0, new Tsn(20), ref known));
        Take(isSplit: true, 0, (2, 2), (4, 4), (6, 6));
        Assert.Equal(new Tsn(7), _queue.AcknowledgedUpTo(0, new Tsn(20), ref known));
        Assert.Equal(new Tsn(7), known);
        Tsn other = _queue.CumulativeAck;
        Assert.Equal(new Tsn(0), _queue.AcknowledgedUpTo(1, new Tsn(20), ref other));
    }

    [Fact]
    public void What_holds_up_the_rest_can_be_sent_once_more()
    {
        Take(isSplit: true, 0, (2, 2));
        Assert.True(_queue.TryPeekHead(out int path, out Instant sentAt, out int transmissions));
        Assert.Equal((1, s_now, 1), (path, sentAt, transmissions));
        Assert.Equal(100, _queue.MarkHead());
        _queue.TakeLost(s_now, 0, out _);
        Assert.True(_queue.TryPeekHead(out path, out _, out transmissions));
        Assert.Equal((0, 2), (path, transmissions));
        Assert.Equal(100, _queue.HeldByPeer);
    }

    private AckOutcome Take(bool isSplit, int cumulative, params (ushort Start, ushort End)[] blocks)
    {
        GapAckBlock[] gaps = Array.ConvertAll(blocks, block => new GapAckBlock(block.Start, block.End));
        var bytes = new byte[2000];
        var packet = new PacketWriter(bytes, 1, 2, default);
        SackChunk.Write(ref packet, new Tsn(0) + cumulative, 1_000_000, gaps, []);
        new ChunkReader(bytes.AsSpan(PacketHeader.Length, packet.Length - PacketHeader.Length)).TryRead(out ChunkView view);
        SackChunk.TryRead(view, out SackChunk sack);
        return _queue.Acknowledge(s_now + TimeSpan.FromMilliseconds(100), sack, inFastRecovery: false, isTimed: false, isSplit);
    }
}
