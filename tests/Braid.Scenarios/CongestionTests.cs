using System;
using System.Linq;
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
