using System;
using System.Linq;
using Braid.Core;

namespace Braid.Dtls.Tests;

public sealed class RecordTests
{
    [Fact]
    public void Records_of_every_size_go_both_ways()
    {
        using SessionPair pair = new SessionPair().Shake();
        foreach (int size in new[] { 1, 2, 100, 1200, 1400, 9000, DtlsSession.LargestRecord })
        {
            byte[] content = Enumerable.Range(0, size).Select(i => (byte)i).ToArray();
            Assert.Equal(content, SessionPair.Send(pair.Client, pair.Server, content));
            Assert.Equal(content, SessionPair.Send(pair.Server, pair.Client, content));
        }

        Assert.Throws<ArgumentOutOfRangeException>(() => pair.Client.TrySeal([], new byte[100], out _));
        Assert.Throws<ArgumentOutOfRangeException>(() => pair.Client.TrySeal(new byte[DtlsSession.LargestRecord + 1], new byte[20000], out _));
    }

    [Fact]
    public void A_record_that_does_not_fit_is_a_fault_of_the_caller_and_does_no_harm()
    {
        using SessionPair pair = new SessionPair().Shake();
        Assert.Throws<ArgumentException>(() => pair.Client.TrySeal(new byte[100], new byte[136], out _));
        Assert.True(pair.Client.TrySeal(new byte[100], new byte[137], out int length));
        Assert.Equal(137, length);
        Assert.Equal([1], SessionPair.Send(pair.Client, pair.Server, [1])!);
    }

    [Fact]
    public void Equal_records_are_sealed_one_behind_the_other_into_one_buffer()
    {
        using SessionPair pair = new SessionPair().Shake();
        var buffer = new byte[64 * 1237];
        var content = new byte[1200];
        for (int i = 0; i < 64; i++)
        {
            content[0] = (byte)i;
            Assert.True(pair.Client.TrySeal(content, buffer.AsSpan(1237 * i), out int length));
            Assert.Equal(1237, length);
        }

        for (int i = 0; i < 64; i++)
        {
            pair.Server.HandleDatagram(SessionPair.Now, buffer.AsSpan(1237 * i, 1237));
            Assert.True(pair.Server.TryReceive(out ReadOnlySpan<byte> received));
            Assert.Equal(i, received[0]);
            Assert.False(pair.Server.TryReceive(out _));
        }
    }

    [Fact, Rfc(6347, "4.1.1")]
    public void Several_records_may_come_in_one_datagram()
    {
        using SessionPair pair = new SessionPair().Shake();
        byte[] datagram = [.. SessionPair.Seal(pair.Client, [1]), .. SessionPair.Seal(pair.Client, [2, 2]), .. SessionPair.Seal(pair.Client, [3, 3, 3])];
        pair.Server.HandleDatagram(SessionPair.Now, datagram);
        Assert.Equal([[1], [2, 2], [3, 3, 3]], HandshakeTests.Received(pair.Server));
    }

    [Fact, Rfc(6347, "4.1.2.6")]
    public void A_record_that_came_before_is_dropped_and_counted()
    {
        using SessionPair pair = new SessionPair().Shake();
        byte[] first = SessionPair.Seal(pair.Client, [1]);
        byte[] second = SessionPair.Seal(pair.Client, [2]);
        pair.Server.HandleDatagram(SessionPair.Now, second);
        Assert.Equal([[2]], HandshakeTests.Received(pair.Server));
        pair.Server.HandleDatagram(SessionPair.Now, first);
        Assert.Equal([[1]], HandshakeTests.Received(pair.Server));
        pair.Server.HandleDatagram(SessionPair.Now, first);
        pair.Server.HandleDatagram(SessionPair.Now, second);
        Assert.Empty(HandshakeTests.Received(pair.Server));
        Assert.Equal(2, pair.Server.Statistics.Discarded);
        Assert.Equal(2, pair.Server.Statistics.RecordsOpened);
        Assert.Equal(2, pair.Client.Statistics.RecordsSealed);
    }

    [Fact, Rfc(6347, "4.1.2.7")]
    public void A_record_that_was_changed_is_dropped_wherever_it_was()
    {
        using SessionPair pair = new SessionPair().Shake();
        byte[] record = SessionPair.Seal(pair.Client, [1, 2, 3, 4, 5, 6, 7, 8]);
        for (int bit = 0; bit < record.Length * 8; bit++)
        {
            byte[] changed = [.. record];
            changed[bit / 8] ^= (byte)(1 << (bit % 8));
            pair.Server.HandleDatagram(SessionPair.Now, changed);
            Assert.Empty(HandshakeTests.Received(pair.Server));
        }

        pair.Server.HandleDatagram(SessionPair.Now, record);
        Assert.Equal([[1, 2, 3, 4, 5, 6, 7, 8]], HandshakeTests.Received(pair.Server));
        Assert.Equal(record.Length * 8, pair.Server.Statistics.Discarded);
    }

    [Theory, Rfc(6347, "4.1.2.7")]
    [InlineData(false)]
    [InlineData(true)]
    public void A_record_without_room_for_its_tag_is_dropped_also_in_the_middle_of_the_handshake(bool inHandshake)
    {
        using SessionPair pair = inHandshake ? new SessionPair().Start() : new SessionPair().Shake();
        for (int length = 0; length < 24; length++)
        {
            byte[] record = [23, 0xFE, 0xFD, 0, 1, 0, 0, 0, 0, 0, 9, 0, (byte)length, .. new byte[length]];
            pair.Server.HandleDatagram(SessionPair.Now, record);
            pair.Client.HandleDatagram(SessionPair.Now, record);
        }

        pair.Exchange();
        Assert.Equal([1], SessionPair.Send(pair.Client, pair.Server, [1])!);
        Assert.Equal([2], SessionPair.Send(pair.Server, pair.Client, [2])!);
    }

    [Fact, Rfc(5246, "7.2.1")]
    public void Goodbye_is_said_and_answered()
    {
        using SessionPair pair = new SessionPair().Shake();
        pair.Client.Close(SessionPair.Now);
        Assert.Equal(DtlsState.Closed, pair.Client.State);
        Assert.Equal(DtlsEndReason.Closed, pair.Client.End!.Reason);
        pair.Exchange();
        Assert.Equal(new DtlsEnd(DtlsEndReason.ClosedByPeer, "The peer closed the session.", 0), pair.Server.End);
        Assert.False(pair.Server.TrySeal([1], new byte[100], out _));
        Assert.False(pair.Wire[^1].FromClient);
        pair.Server.Close(SessionPair.Now);
        Assert.Equal(DtlsEndReason.ClosedByPeer, pair.Server.End!.Reason);
    }

    [Fact]
    public void Who_sends_little_may_queue()
    {
        using SessionPair pair = new SessionPair().Shake();
        Assert.True(pair.Client.TrySend([1, 2]));
        Assert.True(pair.Client.TrySend([3]));
        var buffer = new byte[100];
        Assert.True(pair.Client.TryGetDatagram(buffer, out int length));
        pair.Server.HandleDatagram(SessionPair.Now, buffer.AsSpan(0, length));
        Assert.Equal([[1, 2]], HandshakeTests.Received(pair.Server));
        Assert.Throws<ArgumentException>(() => pair.Client.TryGetDatagram(new byte[20], out _));
        Assert.True(pair.Client.TryGetDatagram(buffer, out _));
        Assert.False(pair.Client.TryGetDatagram(buffer, out _));
    }

    [Fact]
    public void What_its_owner_does_not_drain_is_counted_as_lost()
    {
        using SessionPair pair = new SessionPair().Shake();
        pair.Server.HandleDatagram(SessionPair.Now, SessionPair.Seal(pair.Client, [1]));
        pair.Server.HandleDatagram(SessionPair.Now, SessionPair.Seal(pair.Client, [2]));
        Assert.Equal([[2]], HandshakeTests.Received(pair.Server));
        Assert.Equal(1, pair.Server.Statistics.Lost);
    }

    [Fact]
    public void A_record_costs_no_allocation()
    {
        using SessionPair pair = new SessionPair().Shake();
        var content = new byte[1200];
        var record = new byte[1300];
        Move(1000);
        Assert.Equal(0, Allocations.Of(() => Move(10_000)));

        void Move(int count)
        {
            Instant now = SessionPair.Now;
            for (int i = 0; i < count; i++)
            {
                pair.Client.TrySeal(content, record, out int length);
                pair.Server.HandleDatagram(now, record.AsSpan(0, length));
                if (!pair.Server.TryReceive(out ReadOnlySpan<byte> received) || received.Length != content.Length || pair.Server.TryReceive(out _))
                {
                    Assert.Fail("It did not arrive.");
                }
            }
        }
    }

    [Fact]
    public void A_disposed_session_says_so()
    {
        var pair = new SessionPair();
        pair.Shake();
        pair.Dispose();
        Assert.Throws<ObjectDisposedException>(() => pair.Client.HandleDatagram(SessionPair.Now, [1]));
        Assert.Throws<ObjectDisposedException>(() => pair.Client.TryReceive(out _));
        Assert.Throws<ObjectDisposedException>(() => pair.Client.TrySeal([1], new byte[100], out _));
        Assert.Equal(DtlsState.Closed, pair.Client.State);
        pair.Dispose();
    }
}
