using System;
using Braid.Core;

namespace Braid.Sctp.Tests.Paths;

[Rfc(9260, "7.2.1")]
[Rfc(9260, "7.2.2")]
[Rfc(9260, "7.2.3")]
public sealed class Rfc9260CongestionTests
{
    private const int Chunk = 1232;

    [Theory]
    [InlineData(1232, false, 4404)]
    [InlineData(1232, true, 4344)]
    [InlineData(500, false, 2000)]
    [InlineData(9000, false, 18000)]
    public void The_initial_window_is_that_of_7_2_1(int chunk, bool isIPv6, int window) =>
        Assert.Equal(window, CongestionControls.InitialWindow(0, chunk, isIPv6));

    [Fact]
    public void Slow_start_grows_by_at_most_one_chunk_for_two_packets_and_only_when_the_window_is_full()
    {
        var control = new Rfc9260Congestion(Chunk, 4404);
        Acknowledge(control, 100, 4404, 4304, false);
        Assert.Equal(4504, control.Window);
        Acknowledge(control, 2 * Chunk, 5000, 0, false);
        Assert.Equal(4504 + Chunk, control.Window);
        Acknowledge(control, 1000, 1000, 0, false);
        Assert.Equal(4504 + Chunk, control.Window);
        Acknowledge(control, 5000, 10_000, 5000, true);
        Assert.Equal(4504 + Chunk, control.Window);
    }

    /// <summary>RFC 6356 §3.</summary>
    [Fact]
    public void Beside_other_paths_a_window_grows_for_more_than_itself_but_never_for_less()
    {
        Rfc9260Congestion control = Grown(100_000);
        control.OnCongestion(new CongestionSample(Instant.Zero));
        Acknowledge(control, Chunk, control.Window, 1, false);           // beyond the threshold
        long window = control.Window;
        Acknowledge(control, window, window, 1, false, growthLimit: 1.0 / (2 * window));
        Assert.Equal(window, control.Window);
        Acknowledge(control, window, window, 1, false, growthLimit: 1.0 / (2 * window));
        Assert.Equal(window + Chunk, control.Window);
        window = control.Window;
        Acknowledge(control, window, window, 1, false, growthLimit: 2.0 / window);
        Assert.Equal(window + Chunk, control.Window);
    }

    [Fact]
    public void Loss_halves_the_window_and_a_timeout_leaves_one_chunk()
    {
        Rfc9260Congestion control = Grown(100_000);
        long window = control.Window;
        control.OnCongestion(new CongestionSample(Instant.Zero));
        Assert.Equal(window / 2, control.Window);
        Assert.Equal(window / 2, control.SlowStartThreshold);
        control.OnTimeout(new CongestionSample(Instant.Zero));
        Assert.Equal(Chunk, control.Window);
        Assert.Equal(window / 4, control.SlowStartThreshold);
        Assert.True(control.IsLimitedToOnePacket);
        Acknowledge(control, Chunk, Chunk, 0, false);
        Assert.False(control.IsLimitedToOnePacket);
    }

    [Fact]
    public void The_threshold_is_never_below_four_chunks()
    {
        var control = new Rfc9260Congestion(Chunk, 4404);
        control.OnTimeout(new CongestionSample(Instant.Zero));
        control.OnTimeout(new CongestionSample(Instant.Zero));
        Assert.Equal(4 * Chunk, control.SlowStartThreshold);
    }

    [Fact]
    public void Congestion_avoidance_grows_by_one_chunk_for_each_window_of_acknowledged_bytes()
    {
        Rfc9260Congestion control = Grown(100_000);
        control.OnCongestion(new CongestionSample(Instant.Zero));
        Acknowledge(control, Chunk, control.Window, control.Window, true);     // at ssthresh it is still slow start, but recovering
        long window = control.Window;
        Assert.Equal(control.SlowStartThreshold, window);
        Acknowledge(control, Chunk, window, window, false);                    // one step of slow start brings it above
        window = control.Window;
        long acknowledged = 0;
        while (control.Window == window)
        {
            Acknowledge(control, Chunk, window, window, false);
            acknowledged += Chunk;
        }

        Assert.Equal(window + Chunk, control.Window);
        Assert.InRange(acknowledged, window, window + Chunk);
    }

    [Fact]
    public void An_idle_path_loses_half_of_its_window_for_each_RTO_down_to_four_chunks()
    {
        Rfc9260Congestion control = Grown(100_000);
        long window = control.Window;
        var rto = TimeSpan.FromSeconds(1);
        control.OnRestart(new RestartSample(Instant.Zero, TimeSpan.FromSeconds(0.9), rto));
        Assert.Equal(window, control.Window);
        control.OnRestart(new RestartSample(Instant.Zero, TimeSpan.FromSeconds(1), rto));
        Assert.Equal(window / 2, control.Window);
        Assert.Equal(window, control.SlowStartThreshold);
        control.OnRestart(new RestartSample(Instant.Zero, TimeSpan.FromSeconds(1000), rto));
        Assert.Equal(4 * Chunk, control.Window);
    }

    private static void Acknowledge(
        Rfc9260Congestion control, long acknowledged, long flightBefore, long flightAfter, bool isRecovering, double growthLimit = 0) =>
        control.OnAcknowledged(new AckSample
        {
            Now = Instant.Zero,
            Acknowledged = acknowledged,
            FlightBefore = flightBefore,
            FlightAfter = flightAfter,
            IsRecovering = isRecovering,
            IsWindowLimited = flightBefore >= control.Window,
            GrowthLimit = growthLimit,
        });

    private static Rfc9260Congestion Grown(long window)
    {
        var control = new Rfc9260Congestion(Chunk, 4404);
        while (control.Window < window)
        {
            Acknowledge(control, Chunk, control.Window, control.Window, false);
        }

        return control;
    }
}
