using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using Braid.Simulation;

namespace Braid.Scenarios;

/// <summary>Networks that fail under a flow.</summary>
public sealed class FailoverTests
{
    [Fact, Rfc(9260, "8.2"), Rfc(9260, "6.4.1"), Rfc(7829, "3.2")]
    public void A_cut_network_is_left_and_come_back_to_in_the_time_that_the_options_give()
    {
        List<FailoverRun> runs = [.. Enumerable.Range(0, 60).Select(seed => FailoverRun.Run(FailoverOptions.Draw((ulong)seed)))];
        Assert.Contains(runs, run => run.Return is not null);
        Assert.Contains(runs, run => run.Return is null);

        // The bound means something: some come near it.
        Assert.InRange(runs.Max(run => run.Failover / run.FailoverBound), 0.4, 1);
    }

    [Fact, Rfc(9260, "8.1"), Rfc(7829, "4.1")]
    public void Networks_that_are_cut_and_healed_one_by_one_lose_nothing()
    {
        var failures = new List<string>();
        SwarmScenario swizzle = SwarmScenario.All.First(scenario => scenario.Name == "swizzle");
        for (ulong seed = 0; seed < 60; seed++)
        {
            try
            {
                SwarmRun.Run(swizzle.Draw(seed));
            }
            catch (ScenarioException exception)
            {
                failures.Add(exception.Message);
            }
        }

        Assert.True(failures.Count == 0, string.Join("\n\n", failures));
    }

    // More of them for a night: BRAID_SIM_COUNT=100000.
    [Fact, Rfc(5061, "5.1"), Rfc(5061, "5.3"), Rfc(5061, "5.3.2"), Rfc(5061, "5.4")]
    public void Hosts_whose_addresses_change_while_networks_are_cut_lose_nothing_and_agree_in_the_end()
    {
        var failures = new List<string>();
        SwarmScenario renumber = SwarmScenario.All.First(scenario => scenario.Name == "renumber");
        ulong count = ulong.TryParse(Environment.GetEnvironmentVariable("BRAID_SIM_COUNT"), CultureInfo.InvariantCulture, out ulong wanted) ? wanted : 60;
        long changes = 0;
        for (ulong seed = 0; seed < count; seed++)
        {
            try
            {
                changes += SwarmRun.Run(renumber.Draw(seed)).Renumbered;
            }
            catch (ScenarioException exception)
            {
                failures.Add($"{exception.Message}\nAgain: braid simulate --scenario renumber --seed {seed}");
            }
        }

        Assert.True(failures.Count == 0, $"{failures.Count} failed.\n{string.Join("\n\n", failures)}");
        Assert.InRange(changes, 3 * (long)count, long.MaxValue);
    }

    [Theory, Rfc(9260, "9.2"), Rfc(9260, "8.2")]
    [InlineData(152)]                                        // SHUTDOWN went for ever to an address that worked no longer
    [InlineData(309)]                                        // a checker counted what came from an address that was removed by then
    public void Worlds_whose_addresses_change_that_failed_once_do_not_any_more(ulong seed) =>
        SwarmRun.Run(SwarmScenario.All.First(scenario => scenario.Name == "renumber").Draw(seed));
}
