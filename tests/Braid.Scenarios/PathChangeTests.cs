using System;
using Braid.Sctp;
using Braid.Simulation;

namespace Braid.Scenarios;

/// <summary>The layer below takes another way (RFC 8261 §6.1), after an outage or without one.</summary>
public sealed class PathChangeTests
{
    private static readonly TimeSpan s_roundTrip = TimeSpan.FromMilliseconds(40);

    private static readonly AssociationOptions s_quiet = new() { HeartbeatInterval = TimeSpan.Zero, MaximumPathMtu = 0, NoDelay = true, SackFrequency = 1 };

    // Found as a world in which a reliable stream stood still for minutes: some bytes in the half minute since the last time-out on
    // the old way were taken for the rate of the new one, and a burst was paid for at that.
    [Theory]
    [InlineData(CongestionControl.Bbr)]
    [InlineData(CongestionControl.Cubic)]
    [InlineData(CongestionControl.NewReno)]
    public void After_an_outage_the_new_way_is_used_as_fast_as_it_is(CongestionControl control)
    {
        Pair pair = Warm(control);
        Send(pair, 100);
        for (int i = 0; i < 4; i++)
        {
            pair.DropPending().Advance(TimeSpan.FromSeconds(1 << i));
        }

        pair.DropPending().Advance(TimeSpan.FromSeconds(7));
        Assert.Equal(1000, pair.A.GetStatistics().BytesInFlight);
        pair.A.HandlePathChange(pair.Now);

        // Of the first flight every second packet is lost: what has left says little, and the losses say that the way is full.
        pair.Advance(s_roundTrip);
        for (int i = 0; i < 5; i++)
        {
            pair.Arrow("A -> DATA -> Z").Arrow("A <- SACK <- Z").Arrow("A -> DATA x Z");
        }

        int trips = 0;
        for (; pair.A.BufferedBytes > 0 && trips < 200; trips++)
        {
            pair.CrossToZ().Advance(s_roundTrip).CrossToA();
        }

        Assert.InRange(trips, 1, 100);
    }

    [Theory]
    [InlineData(CongestionControl.Bbr)]
    [InlineData(CongestionControl.Cubic)]
    [InlineData(CongestionControl.NewReno)]
    public void What_is_still_on_the_old_way_is_no_measure_of_the_new_one(CongestionControl control)
    {
        Pair pair = Warm(control);
        Send(pair, 3);
        pair.CrossToZ().Advance(TimeSpan.FromMilliseconds(60));
        pair.A.HandlePathChange(pair.Now);
        PathStatistics before = pair.A.GetPaths()[0];
        pair.CrossToA();
        PathStatistics after = pair.A.GetPaths()[0];
        Assert.Equal(0, pair.A.GetStatistics().BytesInFlight);
        Assert.Equal((before.SmoothedRtt, before.CongestionWindow, before.PacingRate), (after.SmoothedRtt, after.CongestionWindow, after.PacingRate));
    }

    [Theory]
    [InlineData(CongestionControl.Bbr)]
    [InlineData(CongestionControl.Cubic)]
    [InlineData(CongestionControl.NewReno)]
    public void What_was_lost_on_the_old_way_leaves_the_window_of_the_new_one_alone(CongestionControl control)
    {
        Pair pair = Warm(control);
        Send(pair, 3);
        pair.DropPending();
        pair.A.HandlePathChange(pair.Now);
        long window = pair.A.GetPaths()[0].CongestionWindow;
        pair.Advance(TimeSpan.FromSeconds(1));               // T3-rtx, for what is in flight there
        Assert.Equal(1, pair.A.GetStatistics().RetransmissionTimeouts);
        Assert.Equal(window, pair.A.GetPaths()[0].CongestionWindow);
        pair.Exchange();
        Assert.Equal(0, pair.A.BufferedBytes);
    }

    [Fact]
    public void A_heartbeat_of_the_old_way_measures_nothing_and_fails_nothing()
    {
        Pair pair = Warm(CongestionControl.Bbr);
        Assert.True(pair.A.RequestHeartbeat(pair.Now));
        pair.Arrow("A -> HEARTBEAT -> Z").Advance(TimeSpan.FromMilliseconds(100));
        pair.A.HandlePathChange(pair.Now);
        PathStatistics before = pair.A.GetPaths()[0];
        pair.Arrow("A <- HEARTBEAT ACK <- Z");
        Assert.Equal((TimeSpan.Zero, before.Rto), (pair.A.GetPaths()[0].SmoothedRtt, pair.A.GetPaths()[0].Rto));
        Assert.True(pair.A.RequestHeartbeat(pair.Now));
        pair.Arrow("A -> HEARTBEAT x Z");
        pair.A.HandlePathChange(pair.Now);
        pair.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal((0, before.Rto), (pair.A.GetPaths()[0].Errors, pair.A.GetPaths()[0].Rto));
    }

    [Fact, Rfc(9260, "8.1"), Rfc(9260, "8.2")]
    public void What_the_old_way_did_not_answer_is_not_counted_against_the_new_one()
    {
        Pair pair = Warm(CongestionControl.Bbr, s_quiet with { MaximumRetransmissions = 3, MaximumPathRetransmissions = 1 });
        Send(pair, 1);
        for (int i = 0; i < 3; i++)
        {
            pair.DropPending().Advance(TimeSpan.FromSeconds(1 << i));
        }

        Assert.Equal(PathState.Inactive, pair.A.GetPaths()[0].State);
        while (pair.A.TryGetEvent(out _))
        {
        }

        pair.A.HandlePathChange(pair.Now);
        Assert.True(pair.A.TryGetEvent(out AssociationEvent? next));
        Assert.Equal(PathChange.Available, Assert.IsType<AssociationEvent.PathChanged>(next).Change);
        pair.DropPending().Advance(TimeSpan.FromSeconds(1)).Exchange();
        Assert.Equal((AssociationState.Established, 0), (pair.A.State, pair.A.BufferedBytes));
    }

    private static Pair Warm(CongestionControl control, AssociationOptions? options = null)
    {
        Pair pair = new Pair((options ?? s_quiet) with { CongestionControl = control }).Established();
        for (int i = 0; i < 4; i++)
        {
            Send(pair, 2);
            pair.CrossToZ().Advance(s_roundTrip).CrossToA();
        }

        return pair;
    }

    private static void Send(Pair pair, int count)
    {
        for (int i = 0; i < count; i++)
        {
            Assert.Equal(SendStatus.Ok, pair.A.Send(pair.Now, new byte[1000], default));
        }
    }
}
