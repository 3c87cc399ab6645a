using System;
using System.Collections.Generic;
using System.Linq;
using Braid.Core;
using Braid.Sctp;
using Braid.Simulation;

namespace Braid.Scenarios;

/// <summary>Two hosts with two addresses each, of which some do not answer (RFC 7829).</summary>
public sealed class PotentiallyFailedTests
{
    private static readonly NetworkAddress s_a1 = NetworkAddress.FromIPv4([10, 0, 0, 1], 9899);
    private static readonly NetworkAddress s_a2 = NetworkAddress.FromIPv4([10, 0, 1, 1], 9899);
    private static readonly NetworkAddress s_z1 = NetworkAddress.FromIPv4([10, 0, 0, 26], 9899);
    private static readonly NetworkAddress s_z2 = NetworkAddress.FromIPv4([10, 0, 1, 26], 9899);
    private static readonly NetworkPath s_first = new(s_a1, s_z1);
    private static readonly NetworkPath s_second = new(s_a2, s_z2);

    private static readonly AssociationOptions s_options = AssociationOptions.Rfc9260 with
    {
        PotentiallyFailedThreshold = 0,
        MaximumPathRetransmissions = 2,
        HeartbeatInterval = TimeSpan.FromSeconds(300),
        MaximumPathMtu = 0,
        LossRecovery = LossRecovery.MissingReports,
        SackFrequency = 1,
    };

    private static readonly AssociationOptions s_silent = s_options with { HeartbeatInterval = TimeSpan.Zero };

    [Fact, Rfc(7829, "3.2"), Rfc(9260, "6.4.1"), Rfc(9260, "8.3")]
    public void With_the_first_time_out_data_leaves_a_path_and_with_the_first_answer_it_comes_back()
    {
        Pair pair = Established(s_options);
        Send(pair);
        Lose(pair, "DATA", s_first);
        pair.AdvanceToNextTimeout();
        Lose(pair, "HEARTBEAT", s_first);
        Cross(pair, "DATA", s_second);
        pair.Arrow("A <- SACK <- Z");
        Assert.Equal([(PathState.PotentiallyFailed, 1), (PathState.Active, 0)], States(pair.A));

        // Rule 3 i.
        Send(pair);
        Cross(pair, "DATA", s_second);
        pair.Arrow("A <- SACK <- Z");

        // Rule 6: at once after the last one, with an RTO that was doubled; rule 7.
        pair.Advance(TimeSpan.FromSeconds(2));
        Cross(pair, "HEARTBEAT", s_first);
        Assert.Equal([(PathState.PotentiallyFailed, 2), (PathState.Active, 0)], States(pair.A));
        pair.Arrow("A <- HEARTBEAT ACK <- Z").NothingPending();
        Assert.Equal([(PathState.Active, 0), (PathState.Active, 0)], States(pair.A));
        Send(pair);
        Cross(pair, "DATA", s_first);
        Assert.Equal([(PathChange.PotentiallyFailed, s_z1), (PathChange.Available, s_z1)], Changes(pair.A));
    }

    [Fact, Rfc(7829, "3.2"), Rfc(9260, "8.2"), Rfc(9260, "8.3")]
    public void What_goes_on_failing_is_inactive_in_the_end_and_asked_less_often()
    {
        Pair pair = Established(s_options);
        Send(pair);
        Lose(pair, "DATA", s_first);
        pair.AdvanceToNextTimeout();
        Lose(pair, "HEARTBEAT", s_first);
        pair.Exchange();
        foreach (int seconds in new[] { 2, 4 })
        {
            pair.Advance(TimeSpan.FromSeconds(seconds));
            if (seconds == 2)
            {
                Lose(pair, "HEARTBEAT", s_first);
            }
        }

        pair.NothingPending();
        Assert.Equal([(PathState.Inactive, 3), (PathState.Active, 0)], States(pair.A));
        Assert.Equal([(PathChange.PotentiallyFailed, s_z1), (PathChange.Unreachable, s_z1)], Changes(pair.A));
        pair.Advance(TimeSpan.FromSeconds(250)).NothingPending();
    }

    [Fact, Rfc(7829, "3.2")]
    public void Where_heartbeats_are_off_none_are_sent_and_data_that_went_nowhere_else_brings_a_path_back()
    {
        Pair pair = Established(s_silent);
        Send(pair);
        Lose(pair, "DATA", s_first);
        pair.AdvanceToNextTimeout();

        // Rule 9: the acknowledgement of what was sent to both does not say which of them works.
        Cross(pair, "DATA", s_second);
        Assert.True(pair.A.SetPrimaryPath(pair.Now, s_z2));
        pair.Arrow("A <- SACK <- Z").NothingPending();
        Assert.Equal([(PathState.PotentiallyFailed, 1), (PathState.Active, 0)], States(pair.A));

        // Rule 4: when both have failed, the one that has failed less, and of the same the other one. Rule 10: it answers.
        Send(pair);
        Lose(pair, "DATA", s_second);
        pair.AdvanceToNextTimeout();
        Lose(pair, "DATA", s_first);
        Assert.Equal([(PathState.PotentiallyFailed, 1), (PathState.PotentiallyFailed, 1)], States(pair.A));
        pair.AdvanceToNextTimeout();
        Cross(pair, "DATA", s_second);
        Assert.Equal([(PathState.PotentiallyFailed, 2), (PathState.PotentiallyFailed, 1)], States(pair.A));
        pair.Arrow("A <- SACK <- Z");
        Assert.Equal([(PathState.PotentiallyFailed, 2), (PathState.PotentiallyFailed, 1)], States(pair.A));
        Send(pair);
        pair.Arrow("A -> DATA -> Z").Arrow("A <- SACK <- Z");
        Assert.Equal([(PathState.PotentiallyFailed, 2), (PathState.Active, 0)], States(pair.A));
    }

    [Fact, Rfc(7829, "3.2"), Rfc(9260, "8.2")]
    public void A_threshold_that_is_not_below_that_of_inactive_paths_is_none()
    {
        Pair pair = Established(s_silent with { PotentiallyFailedThreshold = 2 });
        for (int errors = 1; errors <= 3; errors++)
        {
            Send(pair);
            Lose(pair, "DATA", s_first);
            pair.AdvanceToNextTimeout();
            Cross(pair, "DATA", s_second);
            pair.Arrow("A <- SACK <- Z");
            Assert.Equal((errors > 2 ? PathState.Inactive : PathState.Active, errors), States(pair.A)[0]);
        }
    }

    [Fact, Rfc(7829, "4.1"), Rfc(9260, "8.1"), Rfc(9260, "8.2")]
    public void A_dormant_association_sends_where_least_has_failed_until_its_own_limit()
    {
        Pair pair = Established(s_silent with { MaximumPathRetransmissions = 0, MaximumRetransmissions = 5, RtoMaximum = TimeSpan.FromSeconds(1) });
        Send(pair);
        foreach (NetworkPath path in new[] { s_first, s_second, s_first, s_second, s_first })
        {
            Assert.False(pair.A.GetStatistics().IsDormant && States(pair.A).Any(state => state.State != PathState.Inactive));
            pair.Arrow("A -> DATA x Z");
            Assert.Equal(path.Remote, pair.LastPath.Remote);
            pair.AdvanceToNextTimeout();
        }

        // Rule 2: choosing it changes nothing.
        Assert.True(pair.A.GetStatistics().IsDormant);
        Assert.Equal([(PathState.Inactive, 3), (PathState.Inactive, 2)], States(pair.A));
        Assert.Equal(AssociationState.Established, pair.A.State);
        pair.Arrow("A -> DATA x Z");
        pair.AdvanceToNextTimeout();
        Assert.Equal(AssociationState.Closed, pair.A.State);
    }

    [Fact, Rfc(7829, "4.1"), Rfc(9260, "8.1")]
    public void A_dormant_association_wakes_with_the_first_answer()
    {
        Pair pair = Established(s_silent with { MaximumPathRetransmissions = 0, RtoMaximum = TimeSpan.FromSeconds(1) });
        Send(pair);
        for (int i = 0; i < 5; i++)
        {
            pair.Arrow("A -> DATA x Z");
            pair.AdvanceToNextTimeout();
        }

        pair.Arrow("A -> DATA -> Z").Arrow("A <- SACK <- Z");
        Assert.Equal(0, pair.A.BufferedBytes);
        Send(pair);
        pair.Arrow("A -> DATA -> Z").Arrow("A <- SACK <- Z");
        Assert.False(pair.A.GetStatistics().IsDormant);
    }

    [Theory, Rfc(7829, "5")]
    [InlineData(null, false)]
    [InlineData(0, true)]
    [InlineData(1, false)]
    public void After_so_many_failures_the_path_that_data_takes_becomes_the_primary_one(int? threshold, bool isSwitched)
    {
        Pair pair = Established(s_options with { PrimarySwitchoverThreshold = threshold });
        Send(pair);
        Lose(pair, "DATA", s_first);
        pair.AdvanceToNextTimeout();
        pair.Exchange();                                     // the heartbeat is answered: it is active again
        Assert.Equal([(PathState.Active, 0), (PathState.Active, 0)], States(pair.A));
        Assert.Equal(isSwitched ? s_second : s_first, pair.A.PrimaryPath);
        Send(pair);
        Cross(pair, "DATA", isSwitched ? s_second : s_first);
        Assert.Equal(isSwitched, Changes(pair.A).Contains((PathChange.MadePrimary, s_z2)));
    }

    [Fact, Rfc(7829, "5"), Rfc(7829, "7.2")]
    public void A_primary_path_is_not_left_for_good_before_it_is_left_at_all()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => (s_options with { PotentiallyFailedThreshold = 1, PrimarySwitchoverThreshold = 0 }).Validate());
        Assert.Throws<ArgumentOutOfRangeException>(() => (s_options with { PotentiallyFailedThreshold = 9, PrimarySwitchoverThreshold = 1 }).Validate());
        (s_options with { PotentiallyFailedThreshold = 9, PrimarySwitchoverThreshold = 2 }).Validate();
        Assert.Throws<ArgumentOutOfRangeException>(() => new PathOptions { PotentiallyFailedThreshold = 1, PrimarySwitchoverThreshold = 0 }.Validate());
        Assert.Throws<ArgumentOutOfRangeException>(() => new PathOptions { PotentiallyFailedThreshold = -1 }.Validate());
        new PathOptions { PotentiallyFailedThreshold = 1, MaximumRetransmissions = 0, PrimarySwitchoverThreshold = 0 }.Validate();
    }

    [Fact, Rfc(7829, "7.2")]
    public void One_address_may_have_thresholds_of_its_own()
    {
        Pair pair = Established(s_silent);
        Assert.True(pair.A.ConfigurePath(pair.Now, s_z1, new PathOptions { PotentiallyFailedThreshold = 1, MaximumRetransmissions = 2, PrimarySwitchoverThreshold = 1 }));
        foreach (PathState state in new[] { PathState.Active, PathState.PotentiallyFailed })
        {
            Send(pair);
            Lose(pair, "DATA", s_first);
            pair.AdvanceToNextTimeout();
            pair.Exchange();
            Assert.Equal(state, States(pair.A)[0].State);
        }

        Assert.Equal(s_second, pair.A.PrimaryPath);
    }

    [Fact, Rfc(7829, "6"), Rfc(7829, "5")]
    public void The_defaults_are_those_that_the_RFC_recommends() =>
        Assert.Equal((0, null), (AssociationOptions.Default.PotentiallyFailedThreshold, AssociationOptions.Default.PrimarySwitchoverThreshold));

    [Fact, Rfc(7829, "7.1"), Rfc(7829, "7.3")]
    public void Who_wants_to_know_nothing_of_it_sees_active_paths_until_they_are_inactive()
    {
        Pair pair = Established(s_silent with { ExposesPotentiallyFailedState = false });
        for (int errors = 1; errors <= 3; errors++)
        {
            Assert.Equal((PathState.Active, errors - 1), States(pair.A)[0]);
            Assert.Empty(Changes(pair.A));
            pair.A.SetPrimaryPath(pair.Now, s_z1);
            Assert.True(pair.A.RequestHeartbeat(pair.Now, s_z1));
            Lose(pair, "HEARTBEAT", s_first);
            pair.Advance(TimeSpan.FromSeconds(4));
        }

        Assert.Equal((PathState.Inactive, 3), States(pair.A)[0]);
        Assert.Equal([(PathChange.Unreachable, s_z1)], Changes(pair.A));
        Assert.True(pair.A.RequestHeartbeat(pair.Now, s_z1));
        pair.Exchange();
        Assert.Equal([(PathChange.Available, s_z1)], Changes(pair.A));
    }

    [Fact, Rfc(9260, "9.2"), Rfc(9260, "6.4.1")]
    public void A_SHUTDOWN_that_is_not_answered_takes_another_path()
    {
        Pair pair = Established(s_silent);
        pair.A.Shutdown(pair.Now);
        Lose(pair, "SHUTDOWN", s_first);
        pair.AdvanceToNextTimeout();
        Lose(pair, "SHUTDOWN", s_second);
        pair.AdvanceToNextTimeout();
        Cross(pair, "SHUTDOWN", s_first);
        pair.Exchange();
        Assert.Equal((AssociationState.Closed, AssociationState.Closed), (pair.A.State, pair.Z.State));
    }

    [Fact, Rfc(9260, "6.4"), Rfc(7829, "3.2")]
    public void A_SACK_does_not_go_to_an_address_that_may_have_failed()
    {
        Pair pair = Established(s_silent);
        Assert.True(pair.Z.RequestHeartbeat(pair.Now, s_a1));
        pair.Arrow("A x HEARTBEAT <- Z");
        pair.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(PathState.PotentiallyFailed, States(pair.Z)[0].State);
        Send(pair);
        Cross(pair, "DATA", s_first);
        pair.Arrow("A <- SACK <- Z");
        Assert.Equal(s_a2, pair.LastPath.Remote);
    }

    private static Pair Established(AssociationOptions options)
    {
        var pair = new Pair(options, addressesOfA: [s_a1, s_a2], addressesOfZ: [s_z1, s_z2]);
        pair.Established();
        for (int i = 0; i < 5; i++)
        {
            pair.Exchange().Advance(TimeSpan.FromSeconds(1));
        }

        pair.Exchange();
        Assert.Equal([(PathState.Active, 0), (PathState.Active, 0)], States(pair.A));
        Assert.Equal([(PathState.Active, 0), (PathState.Active, 0)], States(pair.Z));
        Changes(pair.A);
        return pair;
    }

    private static void Send(Pair pair) => Assert.Equal(SendStatus.Ok, pair.A.Send(pair.Now, [1], default));

    private static void Lose(Pair pair, string what, NetworkPath path)
    {
        pair.Arrow($"A -> {what} x Z");
        Assert.Equal(path, pair.LastPath);
    }

    private static void Cross(Pair pair, string what, NetworkPath path)
    {
        pair.Arrow($"A -> {what} -> Z");
        Assert.Equal(path, pair.LastPath);
    }

    private static List<(PathState State, int Errors)> States(Association association) =>
        [.. association.GetPaths().Select(path => (path.State, path.Errors))];

    private static List<(PathChange Change, NetworkAddress Remote)> Changes(Association association)
    {
        var changes = new List<(PathChange, NetworkAddress)>();
        while (association.TryGetEvent(out AssociationEvent? next))
        {
            if (next is AssociationEvent.PathChanged path)
            {
                changes.Add((path.Change, path.Path.Remote));
            }
        }

        return changes;
    }
}
