using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using Braid.Core;
using Braid.Simulation;

namespace Braid.Scenarios;

public sealed class SwarmTests
{
    private const string SeedVariable = "BRAID_SIM_SEED";
    private const string CountVariable = "BRAID_SIM_COUNT";

    // More of them for a night: BRAID_SIM_COUNT=100000.
    private static readonly ulong s_count = Number(Environment.GetEnvironmentVariable(CountVariable), otherwise: 300);

    [Fact]
    public void Three_hundred_worlds_deliver_everything_once_and_leave_nothing_behind()
    {
        var failures = new List<string>();
        for (ulong seed = 0; seed < s_count; seed++)
        {
            Try(SwarmScenario.Swarm, seed, failures);
        }

        Assert.True(failures.Count == 0, $"{failures.Count} of {s_count} failed.\n{string.Join("\n\n", failures)}");
    }

    public static TheoryData<string> Scenarios => [.. SwarmScenario.All.Where(scenario => scenario.Name is not ("swarm" or "rounds")).Select(scenario => scenario.Name)];

    [Theory]
    [MemberData(nameof(Scenarios))]
    public void Worlds_with_one_kind_of_trouble_come_to_their_end(string name)
    {
        var failures = new List<string>();
        for (ulong seed = 20_000; seed < 20_010; seed++)
        {
            Try(SwarmScenario.All.First(scenario => scenario.Name == name), seed, failures);
        }

        Assert.True(failures.Count == 0, string.Join("\n\n", failures));
    }

    [Theory]
    [InlineData("unreliable", 842)]                          // FORWARD TSN named a number of before a reset that the peer had done
    [InlineData("slow-reader", 543)]                         // a chunk larger than what was left of a window that was made smaller
    public void A_world_that_failed_once_does_not_any_more(string name, int seed)
    {
        var failures = new List<string>();
        Try(SwarmScenario.All.First(scenario => scenario.Name == name), (ulong)seed, failures);
        Assert.True(failures.Count == 0, string.Join("\n\n", failures));
    }

    [Fact]
    public void A_thousand_rounds_leave_nothing_behind()
    {
        var failures = new List<string>();
        Try(SwarmScenario.All.First(scenario => scenario.Name == "rounds"), 0, failures);
        Assert.True(failures.Count == 0, string.Join("\n\n", failures));
    }

    /// <summary>The world's own limit is the fault here: a liveness limit that no transfer can keep.</summary>
    [Fact]
    public void A_world_that_fails_is_made_smaller_and_still_fails()
    {
        SwarmOptions world = SwarmOptions.Draw(7) with { Clients = [.. SwarmOptions.Draw(7).Clients.Select(client => client with { MessagesThere = 5 })] };
        world = world with { Server = world.Server with { MaximumMessageSize = 1 }, Clients = [.. world.Clients.Select(client => client with { Options = client.Options with { MaximumMessageSize = 1 } })] };
        (SwarmOptions smaller, ScenarioException? failure) = SwarmShrinker.Shrink(world, 200);
        Assert.NotNull(failure);
        Assert.Equal((1, 0, 1), (smaller.Clients.Count, smaller.Faults.Count, smaller.Clients[0].MessagesThere + smaller.Clients[0].MessagesBack));
        Assert.Equal(0, smaller.Clients[0].There.Loss);
    }

    [Fact]
    public void Packets_are_written_as_Wireshark_reads_them()
    {
        using var stream = new MemoryStream();
        var path = new NetworkPath(NetworkAddress.FromIPv4([10, 0, 0, 1], 1), NetworkAddress.FromIPv4([10, 0, 0, 2], 9899));
        new PcapNgWriter(stream).Write(new Instant(10_000_000), path, new byte[13], "lost");
        byte[] file = stream.ToArray();
        int offset = 0;
        var blocks = new List<uint>();
        while (offset < file.Length)
        {
            uint length = BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(offset + 4));
            Assert.Equal((0u, length), (length % 4, BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(offset + (int)length - 4))));
            blocks.Add(BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(offset)));
            offset += (int)length;
        }

        Assert.Equal([0x0A0D0D0Au, 1u, 6u], blocks);
        int ip = file.AsSpan().IndexOf<byte>([0x45, 0, 0, 20 + 8 + 13]);
        Assert.Equal([10, 0, 0, 1, 10, 0, 0, 2, 0, 1, 38, 171, 0, 8 + 13], file[(ip + 12)..(ip + 26)]);
    }

    /// <summary>A commit hash, or any number: another world for each commit, and one that can be lived through again.</summary>
    [Fact]
    public void The_world_of_the_day_does_as_well()
    {
        ulong seed = Number(Environment.GetEnvironmentVariable(SeedVariable), otherwise: s_count);
        var failures = new List<string>();
        Try(SwarmScenario.Swarm, seed, failures);
        Assert.True(failures.Count == 0, string.Join("\n\n", failures));
    }

    [Fact, Rfc(6525, "5.2.2"), Rfc(6525, "5.2.4")]
    public void Half_of_the_worlds_reset_and_add_streams()
    {
        SwarmRun[] runs = [.. Enumerable.Range(0, 30).Select(seed => SwarmRun.Run(SwarmOptions.Draw((ulong)seed)))];
        Assert.Equal(0, runs.Where(run => run.Options.Reconfigurations == 0).Sum(run => run.Reconfigured));
        Assert.InRange(runs.Count(run => run.Reconfigured > 0), 8, 20);
        Assert.InRange(runs.Sum(run => run.Reconfigured), 50, long.MaxValue);
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

    private static void Try(SwarmScenario scenario, ulong seed, List<string> failures)
    {
        try
        {
            SwarmRun.Run(scenario.Draw(seed));
        }
        catch (ScenarioException exception)
        {
            string file = Path.Combine(Path.GetTempPath(), $"braid-{scenario.Name}-{seed}.pcapng");
            Capture(scenario.Draw(seed), file);
            failures.Add($"{exception.Message}\nAgain: braid simulate --scenario {scenario.Name} --seed {seed}\nPackets: {file}");
        }
    }

    private static void Capture(SwarmOptions world, string file)
    {
        using FileStream stream = File.Create(file);
        try
        {
            SwarmRun.Run(world, new PcapNgWriter(stream));
        }
        catch (ScenarioException)
        {
            // It is known already.
        }
    }
}
