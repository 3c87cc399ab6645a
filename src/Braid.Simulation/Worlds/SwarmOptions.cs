using System;
using Braid.Core;
using Braid.Sctp;

namespace Braid.Simulation;

/// <summary>One random world: links, options and load, all drawn from a seed. Some faults are switched off entirely in many of them.</summary>
public sealed record SwarmOptions
{
    /// <summary>What it was drawn from.</summary>
    public required ulong Seed { get; init; }

    /// <summary>From A to Z.</summary>
    public required LinkModel There { get; init; }

    /// <summary>From Z to A.</summary>
    public required LinkModel Back { get; init; }

    /// <summary>Options of A.</summary>
    public required AssociationOptions OptionsOfA { get; init; }

    /// <summary>Options of Z.</summary>
    public required AssociationOptions OptionsOfZ { get; init; }

    /// <summary>Messages that A sends.</summary>
    public required int MessagesOfA { get; init; }

    /// <summary>Messages that Z sends.</summary>
    public required int MessagesOfZ { get; init; }

    /// <summary>Longest message, in bytes.</summary>
    public required int MaximumLength { get; init; }

    /// <summary>Chance that a message is unordered.</summary>
    public required double Unordered { get; init; }

    /// <summary>Chance that an application reads a message when it could: below 1, windows close.</summary>
    public required double Reading { get; init; }

    /// <summary>Who begins the shutdown: A, Z or both.</summary>
    public required int Closers { get; init; }

    /// <summary>How long the faults last.</summary>
    public required TimeSpan Chaos { get; init; }

    /// <summary>Draws a world.</summary>
    public static SwarmOptions Draw(ulong seed)
    {
        var random = new SeededRandom(seed);
        TimeSpan delay = Often(random, 0.7) ? random.NextTimeSpan(TimeSpan.FromMilliseconds(200)) : TimeSpan.Zero;
        AssociationOptions options = DrawOptions(random);
        AssociationOptions optionsOfZ = Often(random, 0.5) ? DrawOptions(random) : options;
        return new SwarmOptions
        {
            Seed = seed,
            There = DrawLink(random, delay),
            Back = DrawLink(random, delay),
            OptionsOfA = options,
            OptionsOfZ = optionsOfZ,
            MessagesOfA = random.NextInt32(120),
            MessagesOfZ = Often(random, 0.6) ? random.NextInt32(120) : 0,

            // Longer than a receive buffer may be: such a message comes in parts.
            MaximumLength = Often(random, 0.2) ? 200_000 : Often(random, 0.5) ? 20_000 : 200,
            Unordered = Often(random, 0.5) ? random.NextDouble() : 0,
            Reading = Often(random, 0.3) ? 0.05 + (random.NextDouble() / 2) : 1,
            Closers = 1 + random.NextInt32(3),
            Chaos = random.NextTimeSpan(TimeSpan.FromSeconds(30)),
        };
    }

    private static AssociationOptions DrawOptions(SeededRandom random) => AssociationOptions.Default with
    {
        OutgoingStreams = 1 + random.NextInt32(20),
        IncomingStreams = 1 + random.NextInt32(20),
        SendBufferSize = 1 + random.NextInt32(200_000),
        ReceiveBufferSize = Often(random, 0.3) ? 8_000 + random.NextInt32(20_000) : 1 << 20,
        PathMtu = 576 + random.NextInt32(1500),
        RtoMinimum = TimeSpan.FromMilliseconds(Often(random, 0.5) ? 250 : 1000),
        RtoMaximum = TimeSpan.FromSeconds(5),
        SackDelay = TimeSpan.FromMilliseconds(random.NextInt32(200)),

        // Below 4, one SACK for every second packet keeps the flight below any window: it never grows (§6.1 D, §7.2.1).
        MaximumBurst = Often(random, 0.5) ? 4 : 4 + random.NextInt32(20),
        MaximumRetransmissions = 50,
        MaximumInitRetransmissions = 50,
        HeartbeatInterval = Often(random, 0.5) ? TimeSpan.FromSeconds(1 + random.NextInt32(30)) : TimeSpan.Zero,
        ShutdownGuard = TimeSpan.FromMinutes(30),
    };

    private static LinkModel DrawLink(SeededRandom random, TimeSpan delay) => new()
    {
        Delay = delay,
        Jitter = Often(random, 0.4) ? random.NextTimeSpan(TimeSpan.FromMilliseconds(50)) : TimeSpan.Zero,
        RateBitsPerSecond = Often(random, 0.5) ? 500_000 + random.NextInt32(20_000_000) : 0,
        QueueBytes = Often(random, 0.5) ? 5_000 + random.NextInt32(200_000) : 0,
        Loss = Often(random, 0.6) ? random.NextDouble() * 0.2 : 0,
        BurstStart = Often(random, 0.2) ? random.NextDouble() * 0.02 : 0,
        BurstEnd = 0.1 + (random.NextDouble() * 0.9),
        Duplication = Often(random, 0.4) ? random.NextDouble() * 0.1 : 0,
        Reordering = Often(random, 0.4) ? random.NextDouble() * 0.2 : 0,
        ReorderDelay = random.NextTimeSpan(TimeSpan.FromMilliseconds(100)),
        Corruption = Often(random, 0.4) ? random.NextDouble() * 0.05 : 0,
    };

    private static bool Often(SeededRandom random, double probability) => random.NextDouble() < probability;
}
