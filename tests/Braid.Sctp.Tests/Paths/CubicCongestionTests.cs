using System;
using Braid.Core;

namespace Braid.Sctp.Tests.Paths;

/// <summary>CUBIC against the formulas of RFC 9438.</summary>
public sealed class CubicCongestionTests
{
    private const int Chunk = 1000;

    private static readonly TimeSpan s_roundTrip = TimeSpan.FromMilliseconds(100);

    /// <summary>§4.2, figure 2: K = ∛((W_max − cwnd_epoch) / C). From 700 of 1000 packets that is 9.086 s.</summary>
    [Fact]
    public void After_a_loss_the_window_follows_the_curve_back_to_where_it_was()
    {
        var control = new CubicCongestion(Chunk, 1_000_000);
        var acks = new Acks(control, Chunk);
        acks.Lose();
        Assert.Equal((700_000, 700_000), (control.Window, control.SlowStartThreshold));      // §4.6: β = 0.7
        acks.Packet(s_roundTrip);                            // the epoch begins
        Instant epoch = acks.Now;
        foreach (double seconds in (double[])[1, 3, 5, 9])
        {
            while ((acks.Now - epoch).TotalSeconds < seconds)
            {
                acks.Round(s_roundTrip);
            }

            // The target lies a round trip ahead, and a round trip is what it takes to get there (§4.4).
            double t = (acks.Now - epoch).TotalSeconds - Math.Cbrt(300 / 0.4);
            double curve = 1000 + (0.4 * t * t * t);
            Assert.InRange(control.Window / (double)Chunk, curve - 12, curve + 12);
        }
    }

    [Fact]
    public void Beyond_the_plateau_it_grows_faster_and_faster_but_by_no_more_than_a_half_in_a_round_trip()
    {
        var control = new CubicCongestion(Chunk, 100_000);
        var acks = new Acks(control, Chunk);
        acks.Lose();
        acks.Packet(s_roundTrip);
        long before = control.Window;
        long grownBefore = 0;
        for (int i = 0; i < 200; i++)
        {
            acks.Round(s_roundTrip);
            Assert.InRange(control.Window, before, (before * 3 / 2) + (2 * Chunk));
            if (i > 100)
            {
                Assert.True(control.Window - before >= grownBefore - (3 * Chunk));
                grownBefore = control.Window - before;
            }

            before = control.Window;
        }

        Assert.InRange(control.Window, 500_000, long.MaxValue);
    }

    /// <summary>§4.3: where round trips are short, Reno is faster; then so is CUBIC. α is 0.53 up to the old window and 1 from there on.</summary>
    [Fact]
    public void It_is_never_slower_than_Reno()
    {
        var control = new CubicCongestion(Chunk, 20_000);
        var acks = new Acks(control, Chunk);
        acks.Lose();
        acks.Packet(TimeSpan.FromMilliseconds(1));
        for (int i = 0; i < 100; i++)
        {
            acks.Round(TimeSpan.FromMilliseconds(1));
        }

        // 11 round trips of 0.53 packets to 20, and one packet in each of the others.
        Assert.InRange(control.Window / (double)Chunk, 100, 112);
    }

    /// <summary>§4.7</summary>
    [Fact]
    public void Who_meets_congestion_with_less_than_before_leaves_room_to_others()
    {
        var function = default(CubicFunction);
        function.OnCongestion(100);
        Assert.Equal(100, function.Maximum);
        function.OnCongestion(80);
        Assert.Equal(80 * 1.7 / 2, function.Maximum, 9);
    }

    /// <summary>§5.8</summary>
    [Fact]
    public void What_is_not_used_does_not_grow_and_the_time_does_not_count()
    {
        var control = new CubicCongestion(Chunk, 100_000);
        var acks = new Acks(control, Chunk);
        acks.Lose();
        acks.Round(s_roundTrip);
        long window = control.Window;
        acks.Packet(s_roundTrip, isLimited: false);
        acks.Wait(TimeSpan.FromSeconds(60));
        acks.Packet(s_roundTrip, isLimited: false);
        Assert.Equal(window, control.Window);
        acks.Round(s_roundTrip);
        Assert.InRange(control.Window, window, window + (5 * Chunk));
    }

    /// <summary>§4.9.2</summary>
    [Fact]
    public void What_was_no_loss_is_undone()
    {
        var control = new CubicCongestion(Chunk, 100_000);
        var acks = new Acks(control, Chunk);
        acks.Lose();
        control.OnSpuriousRecovery();
        Assert.Equal((100_000, uint.MaxValue), (control.Window, control.SlowStartThreshold));
        control.OnTimeout(new CongestionSample(acks.Now));
        Assert.Equal((Chunk, true), (control.Window, control.IsLimitedToOnePacket));
        control.OnSpuriousRecovery();
        Assert.Equal((100_000, false), (control.Window, control.IsLimitedToOnePacket));
    }

    /// <summary>RFC 9406 §4.2: round trips that become longer by an eighth end slow start, after five round trips of slower growth.</summary>
    [Fact]
    public void Slow_start_ends_when_round_trips_become_longer_and_before_anything_is_lost()
    {
        var control = new CubicCongestion(Chunk, 20_000);
        var acks = new Acks(control, Chunk);
        acks.Round(s_roundTrip);
        acks.Round(s_roundTrip);
        Assert.InRange(control.Window, 75_000, 81_000);      // twice as much each time
        for (int i = 0; i < 3; i++)
        {
            acks.Round(s_roundTrip + TimeSpan.FromMilliseconds(20));
        }

        long window = control.Window;
        acks.Round(s_roundTrip + TimeSpan.FromMilliseconds(20));
        Assert.InRange(control.Window, window * 1.2, window * 1.3);
        Assert.Equal(uint.MaxValue, control.SlowStartThreshold);
        for (int i = 0; i < 5; i++)
        {
            acks.Round(s_roundTrip + TimeSpan.FromMilliseconds(20));
        }

        Assert.InRange(control.SlowStartThreshold, 1, control.Window);
    }

    /// <summary>RFC 9406 §4.2</summary>
    [Fact]
    public void Round_trips_that_become_shorter_again_were_jitter_and_slow_start_goes_on()
    {
        var control = new CubicCongestion(Chunk, 20_000);
        var acks = new Acks(control, Chunk);
        acks.Round(s_roundTrip);
        acks.Round(s_roundTrip);
        acks.Round(s_roundTrip + TimeSpan.FromMilliseconds(20));
        acks.Round(s_roundTrip);
        acks.Round(s_roundTrip);
        long window = control.Window;
        acks.Round(s_roundTrip);
        Assert.InRange(control.Window, window * 1.9, window * 2.1);
        Assert.Equal(uint.MaxValue, control.SlowStartThreshold);
    }
}
