using System;
using System.Collections.Generic;
using System.Globalization;
using Braid.Simulation;

namespace Braid.Scenarios;

public sealed class SwarmTests
{
    private const string SeedVariable = "BRAID_SIM_SEED";
    private const string CountVariable = "BRAID_SIM_COUNT";

    // More of them for a night: BRAID_SIM_COUNT=100000.
    private static readonly ulong s_count = Number(Environment.GetEnvironmentVariable(CountVariable), otherwise: 200);

    [Fact]
    public void Two_hundred_worlds_deliver_everything_once_and_leave_nothing_behind()
    {
        var failures = new List<string>();
        for (ulong seed = 0; seed < s_count; seed++)
        {
            Try(seed, failures);
        }

        Assert.True(failures.Count == 0, $"{failures.Count} of {s_count} failed.\n{string.Join("\n\n", failures)}");
    }

    /// <summary>A commit hash, or any number: another world for each commit, and one that can be lived through again.</summary>
    [Fact]
    public void The_world_of_the_day_does_as_well()
    {
        ulong seed = Number(Environment.GetEnvironmentVariable(SeedVariable), otherwise: s_count);
        var failures = new List<string>();
        Try(seed, failures);
        Assert.True(failures.Count == 0, string.Join("\n\n", failures));
    }

    [Fact]
    public void The_same_seed_is_the_same_run_packet_for_packet()
    {
        for (ulong seed = 1000; seed < 1005; seed++)
        {
            SwarmRun first = SwarmRun.Run(SwarmOptions.Draw(seed));
            SwarmRun second = SwarmRun.Run(SwarmOptions.Draw(seed));
            Assert.Equal((first.Packets, first.TraceHash, first.Duration), (second.Packets, second.TraceHash, second.Duration));
        }
    }

    private static ulong Number(string? text, ulong otherwise) =>
        string.IsNullOrEmpty(text) ? otherwise
        : ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ulong number) ? number
        : ulong.Parse(text[..Math.Min(16, text.Length)], NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    private static void Try(ulong seed, List<string> failures)
    {
        try
        {
            SwarmRun.Run(SwarmOptions.Draw(seed));
        }
        catch (ScenarioException exception)
        {
            failures.Add(exception.Message);
        }
    }
}
