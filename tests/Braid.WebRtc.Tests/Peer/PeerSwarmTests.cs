using System;
using System.Collections.Generic;
using System.Globalization;
using Braid.Simulation;

namespace Braid.WebRtc.Tests.Peer;

/// <summary>Random worlds: BRAID_SIM_SEED is the first one, BRAID_SIM_COUNT how many.</summary>
public sealed class PeerSwarmTests
{
    private const int MostFailures = 20;

    [Fact]
    public void Whatever_happens_on_the_way_nothing_reliable_is_lost()
    {
        ulong first = Read("BRAID_SIM_SEED", 0);
        ulong count = Read("BRAID_SIM_COUNT", 80);
        string? story = null;
        var failed = new List<ulong>();
        for (ulong seed = first; seed < first + count && failed.Count < MostFailures; seed++)
        {
            var swarm = new PeerSwarm(seed);
            try
            {
                swarm.Run();
            }
            catch (Exception failure)
            {
                failed.Add(seed);
                story ??= $"{failure.Message}{Environment.NewLine}{swarm.Story}{Environment.NewLine}{failure.StackTrace}";
            }
        }

        Assert.True(story is null, $"BRAID_SIM_COUNT=1, BRAID_SIM_SEED={string.Join(", ", failed)}; the first one: {story}");
    }

    [Theory]
    [InlineData(8, "a candidate is told late, behind the description that replaces its session")]
    [InlineData(1023, "the same, of two that restart before they are connected")]
    [InlineData(386, "a TURN server is asked in an outage, and never again")]
    [InlineData(2022, "both NATs map by destination and let everybody in: each check shows another address")]
    [InlineData(2608, "a nomination is lost in an outage, and waits for its timer")]
    [InlineData(4012, "an outage in the DTLS handshake, and another pair after it")]
    [InlineData(5041, "an outage in the DTLS handshake, and the same pair after it")]
    [InlineData(5655, "a NAT forgets the pair that was nominated, and another works")]
    public void Worlds_that_went_wrong_once(ulong seed, string why)
    {
        var swarm = new PeerSwarm(seed);
        Assert.Null(Record.Exception(swarm.Run) is { } failure ? $"{seed}, {why}: {failure.Message}{Environment.NewLine}{swarm.Story}" : null);
    }

    private static ulong Read(string name, ulong otherwise) =>
        ulong.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out ulong value) ? value : otherwise;
}
