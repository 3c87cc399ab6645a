using System;
using System.Collections.Generic;
using System.Linq;
using Braid.Core;

namespace Braid.Sctp.Tests.Paths;

/// <summary>BBR over one bottleneck of 10 Mbit/s and 40 ms: 50 kB, or 41 packets (draft-ietf-ccwg-bbr-06).</summary>
public sealed class BbrCongestionTests
{
    private const double Rate = 1_250_000;
    private const double Product = Rate * 0.04;

    private static readonly TimeSpan s_roundTrip = TimeSpan.FromMilliseconds(40);

    private readonly BbrCongestion _control = new(Bottleneck.Chunk, 12_320, new SeededRandom(1));
    private readonly List<(Instant At, BbrState State)> _states = [];

    /// <summary>§5.3.1.2, §5.3.2: the rate doubles until three round trips bring no more, and the queue of that is gone soon after.</summary>
    [Fact]
    public void It_starts_drains_and_cruises()
    {
        Bottleneck path = Watched();
        path.Run(TimeSpan.FromSeconds(1));
        Assert.Equal([BbrState.Startup, BbrState.Drain, BbrState.Cruise], _states.Take(3).Select(state => state.State));      // the drain has made room
        Assert.InRange(_states[1].At - _states[0].At, TimeSpan.FromMilliseconds(200), TimeSpan.FromMilliseconds(500));
        Assert.InRange(_states[2].At - _states[1].At, TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(120));
        Assert.InRange(path.LongestWait, TimeSpan.FromMilliseconds(20), TimeSpan.FromMilliseconds(90));       // cwnd is two products
        Assert.InRange(_control.PacingRate / Rate, 0.95, 1.01);
        Assert.InRange(_control.Window / Product, 1.8, 2.6);
    }

    /// <summary>§5.3.3: down, cruise, refill, up; and as often as Reno would lose something in so small a pipe, or every 2 to 3 s.</summary>
    [Fact]
    public void It_probes_for_bandwidth_in_cycles_and_fills_the_path_with_a_short_queue()
    {
        Bottleneck path = Watched();
        path.Run(TimeSpan.FromSeconds(2));
        path.LongestWait = TimeSpan.Zero;
        (long delivered, int from) = (path.Delivered, _states.Count);
        path.Run(TimeSpan.FromSeconds(2));
        BbrState[] cycle = [BbrState.Down, BbrState.Cruise, BbrState.Refill, BbrState.Up];
        (Instant At, BbrState State)[] states = [.. _states.Skip(from)];
        Assert.InRange(states.Length, 3, 16);
        for (int i = 1; i < states.Length; i++)
        {
            Assert.Equal(cycle[(Array.IndexOf(cycle, states[i - 1].State) + 1) % 4], states[i].State);
        }

        Assert.InRange((path.Delivered - delivered) / (2 * Rate), 0.95, 1.01);
        Assert.InRange(path.LongestWait, TimeSpan.FromMilliseconds(5), TimeSpan.FromMilliseconds(60));
    }

    /// <summary>§5.3.4: every five seconds, for 200 ms, with half of what the path holds.</summary>
    [Fact]
    public void It_looks_for_the_round_trip_every_five_seconds()
    {
        Bottleneck path = Watched();
        long least = long.MaxValue;
        path.Observer += () => least = _control.State == BbrState.ProbeRtt ? Math.Min(least, _control.Window) : least;
        path.Run(TimeSpan.FromSeconds(21));
        Instant[] begins = [.. _states.Where(state => state.State == BbrState.ProbeRtt).Select(state => state.At)];
        Assert.InRange(begins.Length, 2, 4);
        for (int i = 1; i < begins.Length; i++)
        {
            Assert.InRange(begins[i] - begins[i - 1], TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(6));
        }

        Assert.InRange(least / Product, 0.4, 0.6);
        for (int i = 0; i < _states.Count - 1; i++)
        {
            if (_states[i].State == BbrState.ProbeRtt)
            {
                Assert.InRange(_states[i + 1].At - _states[i].At, TimeSpan.FromMilliseconds(200), TimeSpan.FromMilliseconds(400));
                Assert.Equal(BbrState.Cruise, _states[i + 1].State);         // §5.3.4.4
            }
        }
    }

    /// <summary>§5.5.10.2: a queue that overflows bounds what is in flight, with room left for others.</summary>
    [Fact]
    public void A_shallow_queue_bounds_what_is_in_flight()
    {
        Bottleneck path = Watched((long)(Product / 2));
        path.Run(TimeSpan.FromSeconds(10));
        (long delivered, long lost) = (path.Delivered, path.Lost);
        path.Run(TimeSpan.FromSeconds(4));
        Assert.InRange((path.Delivered - delivered) / (4 * Rate), 0.85, 1.01);
        Assert.InRange((path.Lost - lost) / (double)(path.Delivered - delivered), 0, 0.03);
    }

    /// <summary>Not in the draft (docs/adr/0011): losses without a queue are chance.</summary>
    [Theory]
    [InlineData(100)]
    [InlineData(25)]
    public void Losses_by_chance_do_not_slow_it_down(int every)
    {
        Bottleneck path = Watched();
        var random = new SeededRandom(5);
        path.Loses = _ => random.NextInt32(every) == 0;
        path.Run(TimeSpan.FromSeconds(4));
        long delivered = path.Delivered;
        path.Run(TimeSpan.FromSeconds(10));
        Assert.InRange((path.Delivered - delivered) / (10 * Rate), 0.85, 1);
    }

    /// <summary>§5.4.1: after a pause it goes on at the rate of before, at once.</summary>
    [Fact]
    public void After_a_pause_it_goes_on_at_the_rate_of_before()
    {
        Bottleneck path = Watched();
        path.Run(TimeSpan.FromSeconds(3));
        path.IsBusy = false;
        path.Run(TimeSpan.FromSeconds(8));
        path.IsBusy = true;
        (long delivered, int states) = (path.Delivered, _states.Count);
        path.Run(TimeSpan.FromSeconds(0.5));
        Assert.InRange((path.Delivered - delivered) / (0.46 * Rate), 0.9, 1.05);
        Assert.DoesNotContain(_states.Skip(states), state => state.State == BbrState.ProbeRtt);      // the pause has drained the queue
    }

    /// <summary>§5.5.4: a flow that sends little says nothing of the path.</summary>
    [Fact]
    public void An_application_that_sends_little_does_not_make_the_path_slower()
    {
        Bottleneck path = Watched();
        path.Run(TimeSpan.FromSeconds(3));
        for (int i = 0; i < 200; i++)
        {
            path.IsBusy = false;
            path.Run(TimeSpan.FromMilliseconds(48));
            path.IsBusy = true;
            path.Run(TimeSpan.FromMilliseconds(2));
        }

        long delivered = path.Delivered;
        path.Run(TimeSpan.FromSeconds(0.5));
        Assert.InRange((path.Delivered - delivered) / (0.46 * Rate), 0.8, 1.1);
    }

    [Fact]
    public void A_time_out_leaves_one_packet_and_what_was_known_comes_back_with_the_end_of_the_recovery()
    {
        Bottleneck path = Watched();
        path.Run(TimeSpan.FromSeconds(3));
        long window = _control.Window;
        _control.OnTimeout(new CongestionSample(path.Now));
        Assert.Equal((Bottleneck.Chunk, true), (_control.Window, _control.IsLimitedToOnePacket));
        _control.OnRecovered();
        Assert.Equal(window, _control.Window);
    }

    /// <summary>§5.5.11: what was taken for lost, and was not, is forgotten.</summary>
    [Fact]
    public void What_was_no_loss_is_undone()
    {
        Bottleneck path = Watched();
        path.Run(TimeSpan.FromSeconds(3));
        (long window, double rate) = (_control.Window, _control.PacingRate);
        _control.OnCongestion(new CongestionSample(path.Now));
        _control.OnTimeout(new CongestionSample(path.Now));
        _control.OnSpuriousRecovery();
        Assert.Equal((window, rate, false), (_control.Window, _control.PacingRate, _control.IsLimitedToOnePacket));
    }

    /// <summary>RFC 3168 §6.1.2: a mark is answered once for a window, as a loss is.</summary>
    [Fact]
    public void A_mark_ends_the_start()
    {
        Bottleneck path = Watched();
        path.Run(TimeSpan.FromMilliseconds(100));
        Assert.Equal(BbrState.Startup, _control.State);
        _control.OnCongestion(new CongestionSample(path.Now, IsMark: true, TotalSent: 1));
        path.Run(TimeSpan.FromMilliseconds(60));
        Assert.NotEqual(BbrState.Startup, _control.State);
    }

    private Bottleneck Watched(long queue = long.MaxValue)
    {
        var path = new Bottleneck(_control, Rate, s_roundTrip, queue);
        path.Observer = () =>
        {
            if (_states.Count == 0 || _states[^1].State != _control.State)
            {
                _states.Add((path.Now, _control.State));
            }
        };
        return path;
    }
}
