using System;
using System.Linq;
using Braid.Core;
using Braid.Sctp;

namespace Braid.Simulation;

/// <summary>Worlds with several networks between two hosts.</summary>
internal static class NetworkWorlds
{
    /// <summary>Cuts and heals them one by one.</summary>
    public static SwarmOptions Swizzle(SeededRandom random, SwarmOptions world)
    {
        AssociationOptions Change(AssociationOptions options)
        {
            int inactive = random.NextInt32(6);
            int doubted = SwarmScenario.Often(random, 0.6) ? 0 : random.NextInt32(8);
            return options with
            {
                MaximumPathRetransmissions = inactive,
                PotentiallyFailedThreshold = doubted,
                PrimarySwitchoverThreshold = SwarmScenario.Often(random, 0.5) ? null : Math.Min(inactive, doubted) + random.NextInt32(2),
                ExposesPotentiallyFailedState = SwarmScenario.Often(random, 0.8),
                HeartbeatInterval = SwarmScenario.Often(random, 0.3) ? TimeSpan.Zero : random.NextTimeSpan(TimeSpan.FromSeconds(10)) + TimeSpan.FromMilliseconds(1),
            };
        }

        TimeSpan chaos = TimeSpan.FromSeconds(10) + world.Chaos;
        return world with
        {
            Opening = SwarmOpening.ClientOpens,
            Chaos = chaos,
            Server = Change(world.Server),
            LaterServer = null,
            Clients =
            [
                world.Clients[0] with
                {
                    Networks = 2 + random.NextInt32(3),
                    IsMeshed = SwarmScenario.Often(random, 0.3),
                    KnowsAllAddresses = SwarmScenario.Often(random, 0.5),
                    HasSecondPath = false,
                    Options = Change(world.Clients[0].Options),
                    LaterOptions = null,
                    MessagesThere = 20 + random.NextInt32(200),
                },
            ],
            Faults = [.. Enumerable.Range(0, 1 + random.NextInt32(4)).Select(_ => new Fault(
                FaultKind.Swizzle, random.NextTimeSpan(chaos), TimeSpan.FromSeconds(1) + random.NextTimeSpan(TimeSpan.FromSeconds(20)), 0))],
        };
    }

    /// <summary>Networks that differ in all that decides which path is taken; and one side may want it without the other.</summary>
    public static SwarmOptions Concurrently(SeededRandom random, SwarmOptions world)
    {
        bool isLoaded = SwarmScenario.Often(random, 0.3);
        return world with
        {
            Server = world.Server with { ConcurrentMultipath = SwarmScenario.Often(random, 0.7) },
            Clients =
            [
                world.Clients[0] with
                {
                    Options = world.Clients[0].Options with { ConcurrentMultipath = SwarmScenario.Often(random, 0.9) },
                    FurtherNetworks = [.. Enumerable.Range(1, world.Clients[0].Networks - 1).Select(_ => DrawNetwork(random))],
                    MessagesThere = isLoaded ? 500 + random.NextInt32(1000) : world.Clients[0].MessagesThere,
                },
            ],
        };
    }

    /// <summary>Adds and removes addresses of both sides besides (RFC 5061).</summary>
    public static SwarmOptions Renumber(SeededRandom random, SwarmOptions world)
    {
        AssociationOptions Change(AssociationOptions options) => options with
        {
            ConcurrentMultipath = world.Seed % 3 == 0,           // what knows paths by their places must forget them
            Extensions = options.Extensions | Extensions.AddressReconfiguration,

            // What was never verified is asked again: after a change it may be all that works.
            HeartbeatInterval = options.HeartbeatInterval > TimeSpan.Zero ? options.HeartbeatInterval : TimeSpan.FromSeconds(5),

            // Whoever has left all addresses that his peer knows is not found any more by one who gives up early.
            MaximumRetransmissions = 200,
        };
        SwarmOptions swizzle = Swizzle(random, world);
        return swizzle with
        {
            ClosesEarly = false,
            Server = Change(swizzle.Server),
            Clients =
            [
                swizzle.Clients[0] with
                {
                    // From its only address a host must reach one that it has verified before.
                    IsMeshed = swizzle.Clients[0].IsMeshed || (swizzle.Seed & 1) == 1,
                    Options = Change(swizzle.Clients[0].Options),
                },
            ],
            Faults =
            [
                .. swizzle.Faults,
                .. Enumerable.Range(0, 1 + random.NextInt32(3)).Select(_ => new Fault(
                    FaultKind.Renumber, random.NextTimeSpan(swizzle.Chaos), TimeSpan.FromSeconds(1) + random.NextTimeSpan(TimeSpan.FromSeconds(20)), 0)),
            ],
        };
    }

    private static (LinkModel There, LinkModel Back) DrawNetwork(SeededRandom random)
    {
        TimeSpan delay = random.NextTimeSpan(TimeSpan.FromMilliseconds(SwarmScenario.Often(random, 0.5) ? 20 : 300));
        return (SwarmScenario.DrawLink(random, delay) with { Corruption = 0 }, SwarmScenario.DrawLink(random, delay) with { Corruption = 0 });      // what is expected of checksums, the first one says
    }
}
