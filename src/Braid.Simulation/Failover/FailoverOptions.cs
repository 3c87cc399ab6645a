using System;
using Braid.Core;
using Braid.Sctp;

namespace Braid.Simulation;

/// <summary>A flow between two hosts in several networks, of which the one that it takes is cut. All drawn from a seed.</summary>
public sealed record FailoverOptions
{
    /// <summary>What it was drawn from; decides what chance decides while it runs.</summary>
    public required ulong Seed { get; init; }

    /// <summary>Networks that both hosts have an address in, 2 to 8.</summary>
    public required int Networks { get; init; }

    /// <summary>Options of both sides.</summary>
    public required AssociationOptions Association { get; init; }

    /// <summary>How long a packet takes, each way, in each network.</summary>
    public required TimeSpan Delay { get; init; }

    /// <summary>Time between messages.</summary>
    public required TimeSpan Interval { get; init; }

    /// <summary>Bytes of a message, from 8.</summary>
    public required int Length { get; init; }

    /// <summary>How long all goes well before the network is cut.</summary>
    public required TimeSpan Quiet { get; init; }

    /// <summary>How long the network stays cut beyond the time that failing over may take.</summary>
    public required TimeSpan Outage { get; init; }

    /// <summary>Draws one.</summary>
    public static FailoverOptions Draw(ulong seed)
    {
        var random = new SeededRandom(seed ^ 0xFA11_04E4);
        int inactive = random.NextInt32(6);
        int doubted = random.NextInt32(3) == 0 ? random.NextInt32(8) : 0;
        TimeSpan least = TimeSpan.FromMilliseconds(random.NextInt32(3) switch { 0 => 200, 1 => 400, _ => 1000 });
        return new FailoverOptions
        {
            Seed = seed,
            Networks = 2 + random.NextInt32(3),
            Association = AssociationOptions.Default with
            {
                RtoMinimum = least,
                RtoInitial = TimeSpan.FromSeconds(1),
                RtoMaximum = TimeSpan.FromSeconds(1 + random.NextInt32(60)),
                MaximumRetransmissions = 20,
                MaximumPathRetransmissions = inactive,
                PotentiallyFailedThreshold = doubted,
                PrimarySwitchoverThreshold = random.NextInt32(3) == 0 ? Math.Min(inactive, doubted) : null,
                HeartbeatInterval = TimeSpan.FromSeconds(1 + random.NextInt32(10)),
                SackDelay = random.NextTimeSpan(least / 4),  // what RTO.Min leaves room for: no time-out is needless
                LossRecovery = (LossRecovery)random.NextInt32(2),
                CongestionControl = (CongestionControl)random.NextInt32(4),
                Pacing = random.NextInt32(2) == 0,
            },
            Delay = random.NextTimeSpan(least / 4),
            Interval = TimeSpan.FromMilliseconds(20 + random.NextInt32(80)),
            Length = 8 + random.NextInt32(500),
            Quiet = TimeSpan.FromSeconds(2) + random.NextTimeSpan(TimeSpan.FromSeconds(3)),
            Outage = random.NextTimeSpan(TimeSpan.FromSeconds(40)),
        };
    }
}
