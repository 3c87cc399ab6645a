using System;
using System.Linq;
using Braid.Sctp;
using Braid.Simulation;

namespace Braid.Scenarios;

/// <summary>Congestion control as a whole, over links that are real but for the time (RFC 9260 §7).</summary>
public sealed class CongestionTests
{
    [Theory, Rfc(9260, "7.2.2"), Rfc(9260, "7.2.4")]
    [InlineData(0.001, 600)]
    [InlineData(0.003, 300)]
    [InlineData(0.01, 200)]
    [InlineData(0.03, 200)]
    public void Under_random_loss_the_throughput_follows_the_response_function(double loss, int seconds)
    {
        CongestionResult result = CongestionReport.LossyPath(loss, seed: 5, TimeSpan.FromSeconds(seconds)).Run();
        double theory = CongestionExperiment.Mathis(result.Flows[0].PayloadPerPacket, TimeSpan.FromMilliseconds(100), loss);
        Assert.InRange(result.BytesPerSecond[0] / theory, 0.75, 1.25);
    }

    /// <summary>Packets of 576 bytes: of 260 holes in a window a SACK has room for 130, with which 45 Mbit/s are possible at most.</summary>
    [Fact, Rfc(9260, "6.7"), Rfc(8985, "6.2")]
    public void A_path_with_more_holes_than_a_SACK_can_report_is_used()
    {
        CongestionExperiment path = PathMatrix.Experiment(
            new PathCell(100_000_000, TimeSpan.FromMilliseconds(300), 0.04, CongestionControl.Bbr), seed: 1);
        CongestionResult result = (path with
        {
            Options = path.Options with { PathMtu = 576 },
            WarmUp = TimeSpan.FromSeconds(6),
            Duration = TimeSpan.FromSeconds(6),
        }).Run();
        Assert.InRange(result.BytesPerSecond[0] * 8 / 100_000_000, 0.25, 0.45);
    }

    [Theory, Rfc(9260, "7.2.2")]
    [InlineData(QueueDiscipline.DropTail)]
    [InlineData(QueueDiscipline.CoDel)]
    public void Two_flows_share_a_bottleneck_fairly_and_fill_it(QueueDiscipline queue)
    {
        CongestionResult result = (CongestionReport.Bottleneck(queue, TimeSpan.FromSeconds(100)) with
        {
            Flows = 2,
            Stagger = TimeSpan.FromSeconds(5),
            WarmUp = TimeSpan.FromSeconds(40),
        }).Run();
        Assert.InRange(result.Fairness, 0.95, 1);
        Assert.InRange(result.BytesPerSecond.Sum() * 8 / 10_000_000, 0.9, 1);
    }

    [Fact, Rfc(9260, "6.1")]
    public void No_more_packets_than_Max_Burst_leave_at_once()
    {
        CongestionResult result = CongestionReport.Bottleneck(QueueDiscipline.DropTail, TimeSpan.FromSeconds(60)).Run();
        Assert.InRange(result.Flows[0].LargestBurst, 2, 4);
    }

    /// <summary>Jain's index is 1 where both get the same, and 0.5 where one gets it all.</summary>
    [Theory, Rfc(9260, "7.2.2")]
    [InlineData(CongestionControl.NewReno, CongestionControl.NewReno, 0.95)]
    [InlineData(CongestionControl.Cubic, CongestionControl.Cubic, 0.9)]
    [InlineData(CongestionControl.Bbr, CongestionControl.Bbr, 0.95)]
    [InlineData(CongestionControl.HighSpeed, CongestionControl.HighSpeed, 0.95)]
    [InlineData(CongestionControl.Cubic, CongestionControl.NewReno, 0.9)]
    [InlineData(CongestionControl.Bbr, CongestionControl.NewReno, 0.75)]
    [InlineData(CongestionControl.HighSpeed, CongestionControl.NewReno, 0.9)]
    [InlineData(CongestionControl.Bbr, CongestionControl.Cubic, 0.9)]
    public void Every_congestion_control_leaves_others_their_share(CongestionControl first, CongestionControl second, double fairness)
    {
        CongestionResult result = (ControlComparison.Two(first, second, queue: 1) with { Duration = TimeSpan.FromSeconds(40) }).Run();
        Assert.InRange(result.Fairness, fairness, 1);
        Assert.InRange(result.BytesPerSecond.Sum() * 8 / 20_000_000, 0.9, 1);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(0.01, 0)]
    [InlineData(0.04, 0)]
    [InlineData(0, 0.01)]
    public void The_default_fills_a_long_path_that_loses_and_reorders(double loss, double reordering)
    {
        CongestionResult result = (ControlComparison.Hundred(AssociationOptions.Default, loss, reordering) with { Duration = TimeSpan.FromSeconds(10) }).Run();
        Assert.InRange(result.BytesPerSecond[0] * 8 / 100_000_000, 0.88 * (1 - loss), 1);
        Assert.Equal(0, result.Flows[0].Statistics.RetransmissionTimeouts);
    }

    [Fact]
    public void The_default_fills_a_gigabit_over_a_tenth_of_a_second()
    {
        CongestionResult result = (ControlComparison.Gigabit(AssociationOptions.Default) with
        {
            WarmUp = TimeSpan.FromSeconds(3),
            Duration = TimeSpan.FromSeconds(3),
        }).Run();
        Assert.InRange(result.BytesPerSecond[0] * 8 / 1_000_000_000, 0.9, 1.05);     // what waited behind a hole may come all at once
    }

    /// <summary>The buffers begin with 256 KiB, and the bandwidth-delay product is 12.5 MB.</summary>
    [Fact]
    public void Buffers_that_size_themselves_do_not_hold_up_a_gigabit_over_a_tenth_of_a_second()
    {
        CongestionExperiment gigabit = ControlComparison.Gigabit(AssociationOptions.Default);
        CongestionResult result = (gigabit with
        {
            Options = gigabit.Options with { SendBufferSize = 0, ReceiveBufferSize = 0 },
            WarmUp = TimeSpan.FromSeconds(3),
            Duration = TimeSpan.FromSeconds(3),
        }).Run();
        Assert.InRange(result.BytesPerSecond[0] * 8 / 1_000_000_000, 0.9, 1.05);
    }

    /// <summary>At 20 Mbit/s a burst of 2 packets leaves, and the next one 1.1 ms later; never a window at once.</summary>
    [Theory]
    [InlineData(CongestionControl.NewReno)]
    [InlineData(CongestionControl.Cubic)]
    [InlineData(CongestionControl.Bbr)]
    public void Paced_packets_leave_in_short_bursts(CongestionControl control)
    {
        CongestionResult result = (ControlComparison.Two(control, control, queue: 1) with { Duration = TimeSpan.FromSeconds(5) }).Run();
        Assert.InRange(result.Flows[0].LargestBurst, 2, 25);
    }

    [Fact]
    public void Ten_packets_at_first_save_a_round_trip()
    {
        TimeSpan saved = ControlComparison.FirstTransfer(0, 10_000) - ControlComparison.FirstTransfer(10, 10_000);
        Assert.InRange(saved, TimeSpan.FromMilliseconds(45), TimeSpan.FromMilliseconds(110));
    }

    [Fact, Rfc(9260, "7.2.3"), Rfc(9260, "7.2.1")]
    public void After_a_time_out_the_window_is_one_packet_and_slow_start_ends_at_the_threshold()
    {
        BulkFlow flow = CongestionReport.Outage().Run().Flows[0];
        FlowSample before = flow.Samples.Last(sample => sample.Time < TimeSpan.FromSeconds(20));
        FlowSample[] after = [.. flow.Samples.Where(sample => sample.Time > TimeSpan.FromSeconds(20.5) && sample.Time < TimeSpan.FromSeconds(26))];
        FlowSample timeout = after.First(sample => sample.CongestionWindow < before.CongestionWindow / 4);
        Assert.Equal(1240, timeout.CongestionWindow);
        Assert.InRange(timeout.SlowStartThreshold, (before.CongestionWindow / 2) - 1240, (before.CongestionWindow / 2) + 1240);
        Assert.Contains(after, sample => sample.CongestionWindow > 4 * 1240);
    }
}
