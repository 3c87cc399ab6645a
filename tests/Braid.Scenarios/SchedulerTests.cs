using System;
using System.Collections.Generic;
using System.Linq;
using Braid.Sctp;
using Braid.Sctp.Wire;
using Braid.Simulation;
using static Braid.Scenarios.SendingOrder;

namespace Braid.Scenarios;

/// <summary>Which stream sends next (RFC 8260 §3), where messages are not interleaved.</summary>
public sealed class SchedulerTests
{
    private static readonly AssociationOptions s_quiet = AssociationOptions.Rfc9260 with { HeartbeatInterval = TimeSpan.Zero, SendBufferSize = 64 << 20 };

    [Fact, Rfc(8260, "1.1"), Rfc(8260, "3.2")]
    public void Round_robin_sends_one_message_of_each_stream_as_in_figure_1()
    {
        Pair pair = Established(StreamScheduler.RoundRobin);
        Send(pair, 0, 3000);
        Send(pair, 1, 1000);
        Send(pair, 1, 1000);
        Send(pair, 1, 1000);
        Send(pair, 2, 3000);
        Assert.Equal("0/0 0/0 0/0 1/0 2/0 2/0 2/0 1/1 1/2", Order(pair));
    }

    [Fact, Rfc(8260, "3.1")]
    public void First_come_is_first_served()
    {
        Pair pair = Established(StreamScheduler.FirstComeFirstServed);
        Send(pair, 1, 1000);
        Send(pair, 1, 1000);
        Send(pair, 0, 3000);
        Send(pair, 1, 1000);
        Send(pair, 2, 1000);
        Assert.Equal("1/0 1/1 0/0 0/0 0/0 1/2 2/0", Order(pair));
    }

    [Fact, Rfc(8260, "3.3")]
    public void Round_robin_per_packet_does_not_mix_streams_in_a_packet()
    {
        Pair pair = Established(StreamScheduler.RoundRobinPerPacket);
        for (int i = 0; i < 4; i++)
        {
            Send(pair, 0, 500);
            Send(pair, 1, 500);
            Send(pair, 2, 3000);
        }

        List<string> packets = Packets(pair);
        Assert.All(packets, packet => Assert.Single(packet.Split(' ').Select(chunk => chunk[0]).Distinct()));
        Assert.Equal(["0/0 0/1", "1/0 1/1"], packets.Take(2));
        Assert.Equal(["0/2 0/3", "1/2 1/3"], packets.Where(packet => packet[0] != '2').Skip(2));
    }

    [Fact, Rfc(8260, "3.4"), Rfc(8260, "4.3.3")]
    public void The_lowest_value_is_the_highest_priority_and_equals_take_turns()
    {
        Pair pair = Established(StreamScheduler.Priority);
        Assert.True(pair.A.SetStreamSchedulerValue(0, 9));
        Assert.True(pair.A.SetStreamSchedulerValue(1, 3));
        Assert.True(pair.A.SetStreamSchedulerValue(2, 3));
        Assert.False(pair.A.SetStreamSchedulerValue(5000, 3));
        Assert.Equal((9, 0), (pair.A.GetStreamSchedulerValue(0), pair.A.GetStreamSchedulerValue(4)));
        foreach (ushort stream in (ReadOnlySpan<ushort>)[0, 1, 1, 2, 2, 3])
        {
            Send(pair, stream, 1000);
        }

        Assert.Equal("3/0 1/0 2/0 1/1 2/1 0/0", Order(pair));
    }

    [Theory]
    [InlineData(StreamScheduler.FairCapacity), Rfc(8260, "3.5")]
    [InlineData(StreamScheduler.RoundRobin), Rfc(8260, "3.2")]
    public void Fair_capacity_is_fair_to_bytes_and_round_robin_to_messages(StreamScheduler scheduler)
    {
        Pair pair = Established(scheduler);
        for (int i = 0; i < 100; i++)
        {
            Send(pair, 0, 9000);
            for (int j = 0; j < 9; j++)
            {
                Send(pair, 1, 1000);
            }
        }

        double[] shares = Shares(pair, 450_000, streams: 2);
        double expected = scheduler == StreamScheduler.FairCapacity ? 0.5 : 0.1;
        Assert.InRange(shares[1], expected - 0.02, expected + 0.02);
    }

    [Fact, Rfc(8260, "3.6"), Rfc(8260, "4.3.3")]
    public void Weighted_fair_queueing_shares_by_weight_whatever_the_lengths()
    {
        Pair pair = Established(StreamScheduler.WeightedFairQueueing);
        pair.A.SetStreamSchedulerValue(0, 100);
        pair.A.SetStreamSchedulerValue(1, 200);
        pair.A.SetStreamSchedulerValue(2, 500);
        for (int i = 0; i < 200; i++)
        {
            Send(pair, 0, 1000, count: 6);
            Send(pair, 1, 6000);
            Send(pair, 2, 2000, count: 3);
        }

        double[] shares = Shares(pair, 800_000, streams: 3);
        Assert.InRange(shares[0], 0.115, 0.135);
        Assert.InRange(shares[1], 0.235, 0.265);
        Assert.InRange(shares[2], 0.61, 0.64);
    }

    [Theory]
    [InlineData(StreamScheduler.FairCapacity), Rfc(8260, "3.5")]
    [InlineData(StreamScheduler.WeightedFairQueueing), Rfc(8260, "3.6")]
    public void A_stream_that_was_idle_has_not_saved_anything_up(StreamScheduler scheduler)
    {
        Pair pair = Established(scheduler);
        Send(pair, 0, 1000, count: 200);
        for (int i = 0; i < 100; i++)
        {
            NextPacket(pair);
        }

        Send(pair, 1, 1000, count: 100);
        string order = string.Join(' ', Enumerable.Range(0, 100).Select(_ => NextPacket(pair)));
        Assert.InRange(order.Split(' ').Count(chunk => chunk[0] == '1'), 49, 51);
    }

    [Fact, Rfc(8260, "4.3.2")]
    public void The_scheduler_may_change_at_any_time_but_not_in_the_middle_of_a_message()
    {
        foreach (StreamScheduler first in Enum.GetValues<StreamScheduler>())
        {
            foreach (StreamScheduler second in Enum.GetValues<StreamScheduler>())
            {
                Pair pair = Established(first);
                pair.A.SetStreamSchedulerValue(0, 1);
                Send(pair, 0, 3000);
                Send(pair, 0, 1000);
                string begun = NextPacket(pair);
                Send(pair, 1, 1000);
                Send(pair, 2, 1000);
                pair.A.Reconfigure(pair.Now, pair.A.Options with { Scheduler = second });
                string order = $"{begun} {Order(pair)}";
                Assert.StartsWith("0/0 0/0 0/0 ", order, StringComparison.Ordinal);
                Assert.Equal(6, order.Split(' ').Length);
            }
        }
    }

    [Theory, Rfc(8260, "4.3.2"), Rfc(6458, "8.1.26")]
    [InlineData(StreamScheduler.FirstComeFirstServed)]
    [InlineData(StreamScheduler.RoundRobinPerPacket)]
    [InlineData(StreamScheduler.Priority)]
    [InlineData(StreamScheduler.WeightedFairQueueing)]
    public void An_open_record_holds_the_turn_with_every_scheduler(StreamScheduler scheduler)
    {
        Pair pair = Established(StreamScheduler.RoundRobin);
        Assert.Equal(SendStatus.Ok, pair.A.Send(pair.Now, new byte[1000], new SendOptions(0, MoreFollows: true)));
        Assert.Equal("0/0", NextPacket(pair));
        pair.A.SetStreamSchedulerValue(0, 7);
        pair.A.Reconfigure(pair.Now, pair.A.Options with { Scheduler = scheduler });
        Send(pair, 1, 1000);
        Assert.Equal("", Order(pair));
        Send(pair, 0, 1000);
        Assert.Equal("0/0 1/0", Order(pair));
    }

    [Fact, Rfc(8260, "4.3.2")]
    public void There_are_six_schedulers_and_no_others() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => (AssociationOptions.Rfc9260 with { Scheduler = (StreamScheduler)6 }).Validate());

    // What is sent before a packet is taken waits together.
    private static Pair Established(StreamScheduler scheduler) =>
        new Pair(s_quiet with { Scheduler = scheduler, MaximumSegmentSize = 1000 }, optionsOfZ: s_quiet with { SackFrequency = 1, ReceiveBufferSize = 5 << 20 }).Established();

    private static double[] Shares(Pair pair, int bytes, int streams)
    {
        var sent = new long[streams];
        while (sent.Sum() < bytes)
        {
            foreach (string chunk in NextPacket(pair).Split(' '))
            {
                sent[chunk[0] - '0'] += 1000;                // every chunk is as long as it may be
            }
        }

        return [.. sent.Select(amount => amount / (double)sent.Sum())];
    }

    private static string Order(Pair pair) => string.Join(' ', Packets(pair));

    private static List<string> Packets(Pair pair) => All(() => NextPacket(pair));

    // Stream and SSN of each chunk of the next packet; nothing when nothing is sent.
    private static string NextPacket(Pair pair)
    {
        if (Carry(pair) is not { } bytes)
        {
            return "";
        }

        Assert.True(PacketView.TryRead(bytes, out PacketView packet));
        var sent = new List<string>();
        ChunkReader chunks = packet.Chunks;
        while (chunks.TryRead(out ChunkView chunk) && DataChunk.TryRead(chunk, out DataChunk data))
        {
            sent.Add($"{data.Stream}/{data.Ssn}");
        }

        return string.Join(' ', sent);
    }
}
