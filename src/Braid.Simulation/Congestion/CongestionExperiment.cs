using System;
using System.Collections.Generic;
using System.Linq;
using Braid.Core;
using Braid.Sctp;

namespace Braid.Simulation;

/// <summary>Bulk flows over one bottleneck, to see what congestion control makes of it.</summary>
public sealed record CongestionExperiment
{
    /// <summary>Decides what chance decides.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>The bottleneck, shared by all flows.</summary>
    public required LinkModel There { get; init; }

    /// <summary>The way back.</summary>
    public required LinkModel Back { get; init; }

    /// <summary>Options of all associations, but for <see cref="Others"/>.</summary>
    public AssociationOptions Options { get; init; } = AssociationOptions.Rfc9260 with
    {
        SendBufferSize = 16 << 20,
        ReceiveBufferSize = 32 << 20,
        MaximumPathMtu = 0,                                  // one packet size, whatever the path
    };

    /// <summary>Options of every second association; null for the same.</summary>
    public AssociationOptions? Others { get; init; }

    /// <summary>How many flows.</summary>
    public int Flows { get; init; } = 1;

    /// <summary>How much later each flow begins than the one before.</summary>
    public TimeSpan Stagger { get; init; }

    /// <summary>What passes before the measurement.</summary>
    public TimeSpan WarmUp { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>How long is measured.</summary>
    public required TimeSpan Duration { get; init; }

    /// <summary>The bottleneck is cut from here, after the beginning,</summary>
    public TimeSpan OutageBegin { get; init; }

    /// <summary>to here.</summary>
    public TimeSpan OutageEnd { get; init; }

    /// <summary>Whether both sides use ECN (RFC 3168).</summary>
    public bool CarriesEcn { get; init; }

    /// <summary>Whether <see cref="BulkFlow.Samples"/> are taken.</summary>
    public bool TakesSamples { get; init; } = true;

    /// <summary>Runs it.</summary>
    public CongestionResult Run()
    {
        var world = new World(Seed);
        var there = new SimulatedLink(There, world.NewRandom());
        var back = new SimulatedLink(Back, world.NewRandom());
        List<BulkFlow> flows = [.. Enumerable.Range(1, Flows).Select(number => new BulkFlow(world, number, there, back, number % 2 == 0 ? Others ?? Options : Options, CarriesEcn) { TakesSamples = TakesSamples })];
        world.Sent = (Instant now, SimulatedNode from, in NetworkPath _, ReadOnlySpan<byte> datagram, bool _) =>
            flows.Find(flow => flow.Node == from)?.OnSent(now, datagram);
        for (int i = 0; i < flows.Count; i++)
        {
            BulkFlow flow = flows[i];
            world.Plan(world.Now + (i * Stagger), () => flow.Start(world.Now));
        }

        if (OutageEnd > OutageBegin)
        {
            world.Plan(world.Now + OutageBegin, () => there.IsDown = true);
            world.Plan(world.Now + OutageEnd, () => there.IsDown = false);
        }

        world.Advance(WarmUp);
        long[] before = [.. flows.Select(flow => flow.DeliveredBytes)];
        world.Advance(Duration);
        double[] rates = [.. flows.Select((flow, i) => (flow.DeliveredBytes - before[i]) / Duration.TotalSeconds)];
        return new CongestionResult(flows, rates);
    }

    /// <summary>
    /// What a flow that halves its window for a loss and grows by one packet for each round trip gets over a path with random
    /// loss (Mathis et al. 1997): packet / RTT · √(3 / 2p), in bytes of user data a second.
    /// </summary>
    /// <param name="payload">Bytes of user data in a packet.</param>
    /// <param name="roundTrip">The round-trip time.</param>
    /// <param name="loss">Chance that a packet is lost.</param>
    public static double Mathis(int payload, TimeSpan roundTrip, double loss) => payload / roundTrip.TotalSeconds * Math.Sqrt(3 / (2 * loss));
}

/// <summary>What came of it.</summary>
/// <param name="Flows">The flows.</param>
/// <param name="BytesPerSecond">User data that each delivered a second, while it was measured.</param>
public sealed record CongestionResult(IReadOnlyList<BulkFlow> Flows, IReadOnlyList<double> BytesPerSecond)
{
    /// <summary>Jain's index: 1 when all flows get the same, 1/n when one gets it all.</summary>
    public double Fairness => Math.Pow(BytesPerSecond.Sum(), 2) / (BytesPerSecond.Count * BytesPerSecond.Sum(rate => rate * rate));
}
