using System;
using Braid.Core;

namespace Braid.Sctp.Tests;

public sealed class SteadyStateTests
{
    [Theory]
    [InlineData(100)]
    [InlineData(1000)]
    [InlineData(20_000)]
    public void Sending_and_receiving_allocates_nothing_in_the_steady_state(int length)
    {
        var pair = new DirectPair();
        byte[] payload = new byte[length];
        for (int i = 0; i < 2000; i++)
        {
            RoundTrip(pair, payload);
        }

        int count = 2000;
        Assert.Equal(0, Allocations.Of(() =>
        {
            for (int i = 0; i < 2000; i++, count++)
            {
                RoundTrip(pair, payload);
            }
        }));
        Assert.Equal(0, pair.A.Buffers.Rented);
        Assert.Equal(0, pair.Z.Buffers.Rented);
        Assert.Equal(count, pair.Server.GetStatistics().MessagesReceived);
        Assert.Equal(0, pair.Client.GetStatistics().ChunksRetransmitted);
    }

    [Fact]
    public void Records_in_parts_and_reports_of_a_dry_sender_and_a_low_amount_allocate_nothing_either()
    {
        var pair = new DirectPair(new AssociationOptions { ReportsSenderDry = true, ReportsFailedSends = true });
        pair.Client.SetBufferedAmountLowThreshold(3, 0);
        byte[] payload = new byte[3000];
        for (int i = 0; i < 2000; i++)
        {
            RoundTrip(pair, payload, moreFollows: i % 2 == 0);
        }

        int count = 2000;
        Assert.Equal(0, Allocations.Of(() =>
        {
            for (int i = 0; i < 2000; i++, count++)
            {
                RoundTrip(pair, payload, moreFollows: i % 2 == 0);
            }
        }));
        Assert.Equal((count / 2, count / 2), (pair.Client.GetStatistics().MessagesSent, pair.Server.GetStatistics().MessagesReceived));
    }

    [Theory]
    [InlineData(100)]
    [InlineData(3000)]
    public void Authentication_allocates_nothing_either(int length)
    {
        var options = new AssociationOptions
        {
            Authentication = new AuthenticationOptions { RequiredChunks = [Sctp.Wire.ChunkType.Data, Sctp.Wire.ChunkType.IData, Sctp.Wire.ChunkType.Sack] },
        };
        var pair = new DirectPair(options);
        byte[] payload = new byte[length];
        for (int i = 0; i < 500; i++)
        {
            RoundTrip(pair, payload);
        }

        int count = 500;
        Assert.Equal(0, Allocations.Of(() =>
        {
            for (int i = 0; i < 500; i++, count++)
            {
                RoundTrip(pair, payload);
            }
        }));
        Assert.Equal(count, pair.Server.GetStatistics().MessagesReceived);
        Assert.Equal(0, pair.A.Buffers.Rented + pair.Z.Buffers.Rented);
    }

    [Fact, Rfc(3758, "3.5")]
    public void Messages_that_are_given_up_allocate_nothing_either()
    {
        var pair = new DirectPair(new AssociationOptions { HeartbeatInterval = TimeSpan.Zero, RtoMaximum = TimeSpan.FromSeconds(1) });
        byte[] payload = new byte[3000];
        for (int i = 0; i < 500; i++)
        {
            GiveUp(pair, payload);
        }

        int count = 500;
        Assert.Equal(0, Allocations.Of(() =>
        {
            for (int i = 0; i < 500; i++, count++)
            {
                GiveUp(pair, payload);
            }
        }));
        Assert.Equal(new AbandonedMessages(count, count), pair.Client.GetAbandoned());
        Assert.Equal(0, pair.A.Buffers.Rented + pair.Z.Buffers.Rented);
    }

    private static void GiveUp(DirectPair pair, byte[] payload)
    {
        pair.Client.Send(pair.Now, payload, new SendOptions(3, Reliability: Reliability.MaximumRetransmissions(0)));
        pair.LoseFrom(pair.A);
        pair.Client.Send(pair.Now, payload, new SendOptions(4, Reliability: Reliability.Lifetime(TimeSpan.Zero)));
        for (int i = 0; i < 20 && pair.Client.GetStatistics().UnacknowledgedChunks > 0; i++)
        {
            pair.Advance(TimeSpan.FromSeconds(1));
            pair.Drain();
        }
    }

    [Fact]
    public void Losses_and_NR_SACKs_allocate_nothing_either()
    {
        var pair = new DirectPair(new AssociationOptions
        {
            HeartbeatInterval = TimeSpan.Zero,
            RtoMaximum = TimeSpan.FromSeconds(1),
            LossRecovery = LossRecovery.MissingReports,      // of which two are not enough: it takes time
            Extensions = Extensions.NonRenegableSack,
        });
        byte[] payload = new byte[2000];
        for (int i = 0; i < 500; i++)
        {
            LoseOne(pair, payload);
        }

        long left = 0;
        int count = 500;
        Assert.Equal(0, Allocations.Of(() =>
        {
            for (int i = 0; i < 500; i++, count++)
            {
                left += LoseOne(pair, payload);
            }
        }));
        Assert.Equal((count - 500) * 100, left);
        Assert.Equal(2 * count, pair.Server.GetStatistics().MessagesReceived);
        Assert.Equal(0, pair.A.Buffers.Rented + pair.Z.Buffers.Rented);
    }

    // What is left in the send buffer before the loss is repaired, in bytes.
    private static long LoseOne(DirectPair pair, byte[] payload)
    {
        pair.Client.Send(pair.Now, payload.AsSpan(0, 100), new SendOptions(3));
        pair.LoseFrom(pair.A);
        pair.Client.Send(pair.Now, payload, new SendOptions(4));
        pair.Exchange();
        long left = pair.Client.BufferedBytes;
        for (int i = 0; i < 20 && pair.Client.GetStatistics().UnacknowledgedChunks > 0; i++)
        {
            pair.Advance(TimeSpan.FromSeconds(1));
            pair.Drain();
        }

        return left;
    }

    [Fact]
    public void A_shutdown_leaves_nothing_behind()
    {
        var pair = new DirectPair();
        for (int i = 0; i < 100; i++)
        {
            Assert.Equal(SendStatus.Ok, pair.Client.Send(pair.Now, new byte[10_000], new SendOptions((ushort)(i % 7), Unordered: i % 2 == 0)));
        }

        pair.Client.Shutdown(pair.Now);
        Assert.Equal(SendStatus.ShuttingDown, pair.Client.Send(pair.Now, [1], default));
        for (int i = 0; i < 1000 && pair.Client.State != AssociationState.Closed; i++)
        {
            pair.Exchange();
            pair.Drain();
            pair.Advance(TimeSpan.FromMilliseconds(100));
        }

        pair.Drain();                                        // what came together with the end
        Assert.Equal(AssociationState.Closed, pair.Client.State);
        Assert.Equal(AssociationState.Closed, pair.Server.State);
        Assert.Equal(100, pair.Server.GetStatistics().MessagesReceived);
        Assert.Equal(0, pair.A.AssociationCount + pair.Z.AssociationCount);
        Assert.Equal(0, pair.A.Buffers.Rented + pair.Z.Buffers.Rented);
        Assert.Equal(Instant.Never, pair.A.NextTimeout);
        Assert.Equal(Instant.Never, pair.Z.NextTimeout);
    }

    private static void RoundTrip(DirectPair pair, byte[] payload, bool moreFollows = false)
    {
        pair.Client.Send(pair.Now, payload, new SendOptions(3, 42, MoreFollows: moreFollows));
        for (int i = 0; i < 20 && pair.Client.BufferedBytes > 0; i++)
        {
            pair.Exchange();
            pair.Drain();
            if (pair.Client.BufferedBytes > 0)
            {
                pair.Advance(TimeSpan.FromMilliseconds(200));        // the delayed acknowledgement of an odd packet
            }
        }
    }
}
