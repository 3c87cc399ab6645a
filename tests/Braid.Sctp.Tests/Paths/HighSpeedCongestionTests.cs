using System;

namespace Braid.Sctp.Tests.Paths;

/// <summary>HighSpeed TCP against the table of RFC 3649, appendix B.</summary>
public sealed class HighSpeedCongestionTests
{
    private const int Chunk = 1000;

    [Theory]
    [InlineData(38, 1, 0.50)]
    [InlineData(118, 2, 0.44)]
    [InlineData(1058, 8, 0.33)]
    [InlineData(10661, 30, 0.21)]
    [InlineData(83981, 71, 0.10)]
    public void The_response_function_is_that_of_the_table(int window, double increase, double decrease)
    {
        Assert.InRange(HighSpeedResponse.Increase(window), increase - 1, increase + 1);
        Assert.InRange(HighSpeedResponse.Decrease(window), decrease - 0.01, decrease + 0.01);
    }

    [Fact]
    public void A_large_window_gives_little_away_and_grows_by_many_packets()
    {
        var control = new HighSpeedCongestion(Chunk, 10_661_000);
        var acks = new Acks(control, Chunk);
        acks.Lose();
        Assert.InRange(control.Window / 10_661_000.0, 0.78, 0.80);
        long window = control.Window;
        acks.Round(TimeSpan.FromMilliseconds(100));
        Assert.InRange(control.Window - window, 20 * Chunk, 30 * Chunk);
    }

    [Fact]
    public void A_small_one_does_as_Reno_does()
    {
        var control = new HighSpeedCongestion(Chunk, 30_000);
        var acks = new Acks(control, Chunk);
        acks.Lose();
        Assert.Equal(15_000, control.Window);
        acks.Round(TimeSpan.FromMilliseconds(100));
        Assert.InRange(control.Window, 15_900, 16_000);
    }
}
