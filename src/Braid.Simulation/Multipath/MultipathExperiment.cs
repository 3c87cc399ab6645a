using System;
using System.Collections.Generic;
using System.Linq;
using Braid.Core;
using Braid.Sctp;

namespace Braid.Simulation;

/// <summary>A bulk flow between hosts with several networks between them, maybe beside others that have one path each.</summary>
public sealed record MultipathExperiment
{
    /// <summary>Decides what chance decides.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>The networks, from the sender; the way back has their delay and no limit.</summary>
    public required IReadOnlyList<LinkModel> Networks { get; init; }

    /// <summary>Whether all of them are one: the first one is a bottleneck that all packets pass.</summary>
    public bool IsShared { get; init; }

    /// <summary>Options of the flow over all networks.</summary>
    public required AssociationOptions Options { get; init; }

    /// <summary>Flows over one network each, beside it: in which, and with which options.</summary>
    public IReadOnlyList<(int Network, AssociationOptions Options)> Others { get; init; } = [];

    /// <summary>What passes before the measurement.</summary>
    public TimeSpan WarmUp { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long is measured.</summary>
    public TimeSpan Duration { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>A network that is cut when the measurement begins, for good; null for none.</summary>
    public int? Cut { get; init; }

    /// <summary>A network of a rate and a round trip, with a queue of one bandwidth-delay product, 30 kB at least.</summary>
    /// <param name="megabits">Mbit/s.</param>
    /// <param name="milliseconds">The round trip.</param>
    /// <param name="loss">Chance that a packet is lost on the way there.</param>
    public static LinkModel Network(double megabits, double milliseconds, double loss = 0) => new()
    {
        Delay = TimeSpan.FromMilliseconds(milliseconds / 2),
        RateBitsPerSecond = (long)(megabits * 1e6),
        QueueBytes = (int)Math.Max(megabits * milliseconds * 1000 / 8, 30_000),
        Loss = loss,
    };

    /// <summary>Runs it.</summary>
    public MultipathResult Run()
    {
        var world = new World(Seed);
        (SimulatedLink There, SimulatedLink Back)[] networks =
            [.. Networks.Select(model => (new SimulatedLink(model, world.NewRandom()), new SimulatedLink(new LinkModel { Delay = model.Delay }, world.NewRandom())))];
        if (IsShared)
        {
            networks = [.. networks.Select(network => (networks[0].There, network.Back))];
        }

        List<BulkFlow> flows = [new BulkFlow(world, 1, networks, Options, carriesEcn: false) { TakesSamples = false }];
        flows.AddRange(Others.Select((other, i) => new BulkFlow(world, i + 2, [networks[other.Network]], other.Options, carriesEcn: false) { TakesSamples = false }));
        foreach (BulkFlow flow in flows)
        {
            flow.Start(world.Now);
        }

        world.Advance(WarmUp);
        long[] before = [.. flows.Select(flow => flow.DeliveredBytes)];
        long[] sent = [.. networks.Select(network => network.There.Sent - network.There.Lost)];
        (long sacks, long duplicates) = (flows[0].Sacks, flows[0].Duplicates);
        if (Cut is { } cut)
        {
            networks[cut].There.IsDown = true;
            networks[cut].Back.IsDown = true;
        }

        flows[0].LastDelivery = Instant.Never;
        world.Advance(Duration);
        return new MultipathResult(
            [.. flows.Select((flow, i) => (flow.DeliveredBytes - before[i]) / Duration.TotalSeconds)],
            [.. networks.Select((network, i) => network.There.Sent - network.There.Lost - sent[i])],
            flows[0].Sacks - sacks,
            flows[0].Duplicates - duplicates,
            flows[0].LongestGap);
    }
}

/// <summary>What came of it.</summary>
/// <param name="BytesPerSecond">User data that each flow delivered a second; the first is the one over all networks.</param>
/// <param name="Packets">Packets that each network let through, of all flows.</param>
/// <param name="Sacks">SACKs that came back to the first flow.</param>
/// <param name="Duplicates">Chunks of the first flow that arrived for nothing.</param>
/// <param name="LongestGap">The longest time in which nothing of the first flow was delivered.</param>
public sealed record MultipathResult(
    IReadOnlyList<double> BytesPerSecond, IReadOnlyList<long> Packets, long Sacks, long Duplicates, TimeSpan LongestGap)
{
    /// <summary>The same in Mbit/s.</summary>
    public double Megabits(int flow = 0) => BytesPerSecond[flow] * 8 / 1e6;

    /// <summary>Jain's index: 1 when all flows get the same, 1/n when one gets it all.</summary>
    public double Fairness => Math.Pow(BytesPerSecond.Sum(), 2) / (BytesPerSecond.Count * BytesPerSecond.Sum(rate => rate * rate));
}
