using System;
using Braid.Core;

namespace Braid.Sctp.Tests.Paths;

public sealed class PacerTests
{
    private const int Packet = 1250;
    private const double Rate = 1_250_000;                   // 10 Mbit/s: a packet for each millisecond

    private static readonly TimeSpan s_roundTrip = TimeSpan.FromMilliseconds(40);

    [Theory]
    [InlineData(100_000, 40, 2500)]                          // never less than two packets,
    [InlineData(12_500_000, 40, 12_500)]                     // a millisecond,
    [InlineData(1_250_000_000, 40, 65_536)]                  // not more than one call of the system takes,
    [InlineData(1_250_000_000, 0.05, 1_250_000)]             // unless a timer would come after the round trip is over
    public void A_burst_is_a_millisecond_of_the_rate(double rate, double roundTrip, long burst) =>
        Assert.Equal(burst, Pacer.Burst(rate, TimeSpan.FromMilliseconds(roundTrip), Packet));

    [Fact]
    public void Bursts_leave_as_far_from_each_other_as_the_rate_says()
    {
        var pacer = default(Pacer);
        var begin = new Instant(TimeSpan.TicksPerSecond);
        Instant now = begin;
        for (int i = 0; i < 1000; i++)
        {
            if (!pacer.MayLeave(now, Rate))
            {
                Assert.InRange(pacer.DueAt(Rate) - now, TimeSpan.FromMilliseconds(1.9), TimeSpan.FromMilliseconds(2.1));     // two packets
                now = pacer.DueAt(Rate);
            }

            Assert.True(pacer.MayLeave(now, Rate));
            pacer.OnSent(now, Packet, Rate, Pacer.Burst(Rate, s_roundTrip, Packet));
        }

        Assert.InRange((now - begin).TotalSeconds, 0.99, 1.01);
    }

    [Fact]
    public void Timers_that_are_late_by_a_millisecond_cost_nothing()
    {
        var pacer = default(Pacer);
        var begin = new Instant(TimeSpan.TicksPerSecond);
        Instant now = begin;
        for (int i = 0; i < 1000; i++)
        {
            now = pacer.MayLeave(now, Rate) ? now : pacer.DueAt(Rate) + TimeSpan.FromMilliseconds(1);
            pacer.OnSent(now, Packet, Rate, Pacer.Burst(Rate, s_roundTrip, Packet));
        }

        Assert.InRange((now - begin).TotalSeconds, 0.99, 1.01);
    }

    [Fact]
    public void A_pause_earns_no_more_than_two_milliseconds()
    {
        var pacer = default(Pacer);
        Instant now = new(TimeSpan.TicksPerSecond);
        long burst = Pacer.Burst(Rate, s_roundTrip, Packet);
        while (pacer.MayLeave(now, Rate))
        {
            pacer.OnSent(now, Packet, Rate, burst);
        }

        now += TimeSpan.FromSeconds(10);
        int packets = 0;
        while (pacer.MayLeave(now, Rate))
        {
            pacer.OnSent(now, Packet, Rate, burst);
            packets++;
        }

        Assert.InRange(packets, 2, 4);
    }

    // An estimate of some bytes a second, and a better one a millisecond later.
    [Fact]
    public void A_debt_that_was_made_at_a_rate_far_too_low_is_paid_at_the_one_that_is_known_by_now()
    {
        var pacer = default(Pacer);
        Instant now = new(TimeSpan.TicksPerSecond);
        for (int i = 0; i < 3; i++)
        {
            pacer.OnSent(now, Packet, 12, Pacer.Burst(12, s_roundTrip, Packet));
        }

        Assert.False(pacer.MayLeave(now + TimeSpan.FromMilliseconds(4), 12));
        Assert.False(pacer.MayLeave(now, Rate));
        Assert.True(pacer.MayLeave(now + TimeSpan.FromMilliseconds(4), Rate));
        now += TimeSpan.FromMilliseconds(4);
        pacer.OnSent(now, Packet, Rate, Pacer.Burst(Rate, s_roundTrip, Packet));
        Assert.True(pacer.MayLeave(now, Rate));
    }

    [Fact]
    public void However_low_the_rate_a_burst_leaves_within_a_second()
    {
        var pacer = default(Pacer);
        Instant now = new(TimeSpan.TicksPerSecond);
        for (int i = 0; i < 100; i++)
        {
            while (pacer.MayLeave(now, 0.001))
            {
                pacer.OnSent(now, Packet, 0.001, Pacer.Burst(0.001, s_roundTrip, Packet));
            }

            Assert.Equal(now + TimeSpan.FromSeconds(1), pacer.DueAt(0.001));
            now += TimeSpan.FromSeconds(1);
        }

        // And nothing of all that is owed when the rate is known.
        Assert.True(pacer.MayLeave(now, Rate));
        pacer.OnSent(now, Packet, Rate, Pacer.Burst(Rate, s_roundTrip, Packet));
        Assert.True(pacer.MayLeave(now, Rate));
    }
}
