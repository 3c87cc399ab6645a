using System;
using System.Collections.Generic;
using System.Linq;
using Braid.Core;
using Braid.Sctp;

namespace Braid.Simulation;

/// <summary>A family of worlds with a name: what all of them have in common, while a seed decides the rest.</summary>
public sealed class SwarmScenario
{
    private readonly Func<ulong, SwarmOptions> _draw;

    private const int Headers = 20 + 8;                      // IPv4 and UDP

    // What a world with one network knows.
    private static readonly FaultKind[] s_anyKind = [.. Enum.GetValues<FaultKind>().Where(kind => kind < FaultKind.Swizzle)];

    private SwarmScenario(string name, string description, Func<ulong, SwarmOptions> draw)
    {
        Name = name;
        Description = description;
        _draw = draw;
    }

    /// <summary>Anything goes.</summary>
    public static SwarmScenario Swarm { get; } = new("swarm", "Everything that can go wrong, in any combination.", DrawAnything);

    /// <summary>All of them.</summary>
    public static IReadOnlyList<SwarmScenario> All { get; } =
    [
        Swarm,
        Of("lossy", "Loss up to 20 %, duplication, reordering, corruption; nothing else.", (random, world) => world with { Faults = [] }),
        Of("restart", "Either side crashes and begins anew.", (random, world) => Only(random, world, FaultKind.ClientRestart, FaultKind.ServerRestart)),
        Of("abort", "Applications abort.", (random, world) => Only(random, world, FaultKind.ClientAbort, FaultKind.ServerAbort)),
        Of("partition", "The network is cut, both ways or one.", (random, world) =>
            Only(random, world, FaultKind.Partition, FaultKind.OneWayThere, FaultKind.OneWayBack, FaultKind.BlackHole)),
        Of("flap", "Two paths, and the first comes and goes.", (random, world) => Only(
            random, world with { Clients = [.. world.Clients.Select(client => client with { HasSecondPath = true })] }, FaultKind.Flap)),
        Of("nat", "The client's UDP port changes.", (random, world) => Only(random, world, FaultKind.Rebind)),
        Of("slow-reader", "Applications stop reading, and windows close.", (random, world) =>
            Only(random, world with { Reading = 0.1 }, FaultKind.ClientStopsReading, FaultKind.ServerStopsReading)),
        Of("unreliable", "Messages that may be given up, over links that lose packets.", (random, world) => world with
        {
            Faults = [],
            Unreliable = 0.3 + (0.7 * random.NextDouble()),
            Server = world.Server with { Extensions = world.Server.Extensions | Extensions.PartialReliability },
            Clients = [.. world.Clients.Select(client => client with
            {
                Options = client.Options with { Extensions = client.Options.Extensions | Extensions.PartialReliability },
                LaterOptions = null,
                There = client.There with { Loss = 0.02 + (0.2 * random.NextDouble()) },
                Back = client.Back with { Loss = 0.1 * random.NextDouble() },
            })],
            LaterServer = null,
        }),
        new("extensions", "Two peers, each with or without each extension: a pairwise cover.", ExtensionWorlds.Draw),
        Of("swizzle", "Two to four networks between two hosts, cut one by one in random order and healed in another.", NetworkWorlds.Swizzle),
        Of("concurrent", "As swizzle, but with data on all paths at the same time.", (random, world) => NetworkWorlds.Concurrently(random, NetworkWorlds.Swizzle(random, world))),
        Of("renumber", "As swizzle, while either side removes addresses and adds them again (RFC 5061).", NetworkWorlds.Renumber),
        Of("both-open", "Both sides open at the same time.", (random, world) => world with { Opening = SwarmOpening.BothOpen }),
        Of("rounds", "1,000 times: set up, transfer, shut down, on the same two endpoints.", Rounds),
    ];

    /// <summary>What the command line calls it.</summary>
    public string Name { get; }

    /// <summary>What it is about.</summary>
    public string Description { get; }

    /// <summary>Draws a world.</summary>
    public SwarmOptions Draw(ulong seed) => _draw(seed);

    private static SwarmScenario Of(string name, string description, Func<SeededRandom, SwarmOptions, SwarmOptions> change) =>
        new(name, description, seed => change(new SeededRandom(seed ^ 0x5EED), DrawAnything(seed)));

    private static SwarmOptions Only(SeededRandom random, SwarmOptions world, params FaultKind[] kinds) => WithHeartbeats(world with
    {
        Faults = [.. DrawFaults(random, world.Clients.Count, world.Chaos, 1 + random.NextInt32(4), kinds)],
    });

    private static SwarmOptions Rounds(SeededRandom random, SwarmOptions world) => world with
    {
        Rounds = 1000,
        Faults = [],
        MaximumLength = 5000,
        Reading = 1,
        Opening = SwarmOpening.ClientOpens,
        Chaos = TimeSpan.Zero,
        ClosesEarly = false,
        Clients =
        [
            world.Clients[0] with
            {
                MessagesThere = 1 + random.NextInt32(3),
                MessagesBack = random.NextInt32(3),
                Start = TimeSpan.Zero,
                There = world.Clients[0].There.Healed(),
                Back = world.Clients[0].Back.Healed(),
            },
        ],
    };

    private static SwarmOptions DrawAnything(ulong seed)
    {
        var random = new SeededRandom(seed);
        int count = Often(random, 0.7) ? 1 : 2 + random.NextInt32(4);
        TimeSpan chaos = random.NextTimeSpan(TimeSpan.FromSeconds(30));
        AssociationOptions server = DrawOptions(random);
        var clients = new SwarmClient[count];
        for (int i = 0; i < count; i++)
        {
            clients[i] = DrawClient(random, Often(random, 0.5) ? DrawOptions(random) : server, count);
        }

        // What is reported changes no packet: a coin of its own leaves the worlds what they were.
        var reports = new SeededRandom(seed ^ 0xFA11);
        server = server with { ReportsFailedSends = Often(reports, 0.5) };
        for (int i = 0; i < count; i++)
        {
            clients[i] = clients[i] with { Options = clients[i].Options with { ReportsFailedSends = Often(reports, 0.5) } };
        }

        int faults = Often(random, 0.5) ? 0 : 1 + random.NextInt32(5);
        return WithBuffers(WithCongestionControl(WithNrSacks(WithReconfiguration(WithHeartbeats(WithLossRecovery(WithSchedulers(WithExtensions(WithOtherOptions(new SwarmOptions
        {
            Seed = seed,
            Clients = clients,
            Server = server,
            Opening = Often(random, 0.8) ? SwarmOpening.ClientOpens : Often(random, 0.5) ? SwarmOpening.BothOpen : SwarmOpening.ServerAwaits,

            // Longer than a receive buffer may be: such a message comes in parts.
            MaximumLength = Often(random, 0.2) ? 200_000 : Often(random, 0.5) ? 20_000 : 200,
            Unordered = Often(random, 0.5) ? random.NextDouble() : 0,
            Reading = Often(random, 0.3) ? 0.05 + (random.NextDouble() / 2) : 1,
            Chaos = chaos,
            Faults = [.. DrawFaults(random, count, chaos, faults, s_anyKind)],

            // A burst of losses ends after so many packets: one who only repeats a last chunk may count its peer as dead before.
            ClosesEarly = Often(random, 0.5) && !clients.Any(client => client.There.BurstStart + client.Back.BurstStart > 0),
        })))))))));
    }

    // From a seed of its own as well: half of the worlds have NR-SACKs, where both sides offer them.
    private static SwarmOptions WithNrSacks(SwarmOptions world)
    {
        var random = new SeededRandom(world.Seed ^ 0x0000_5ACC);
        bool isOn = Often(random, 0.5);
        AssociationOptions Change(AssociationOptions options) => !isOn || Often(random, 0.15) ? options
            : options with { Extensions = options.Extensions | Extensions.NonRenegableSack };
        static AssociationOptions? Like(AssociationOptions? later, AssociationOptions first) =>
            later is null ? null : later with { Extensions = first.Extensions };
        AssociationOptions server = Change(world.Server);
        SwarmClient[] clients = [.. world.Clients.Select(client => client with { Options = Change(client.Options) })];
        return world with
        {
            Server = server,
            LaterServer = Like(world.LaterServer, server),
            Clients = [.. clients.Select(client => client with { LaterOptions = Like(client.LaterOptions, client.Options) })],
        };
    }

    // From a seed of its own: half of the worlds have buffers that size themselves on some side, with or without memory to grow.
    private static SwarmOptions WithBuffers(SwarmOptions world)
    {
        var random = new SeededRandom(world.Seed ^ 0xB0FF_E125);
        if (Often(random, 0.5))
        {
            return world;
        }

        AssociationOptions? Change(AssociationOptions? options) => options is null || Often(random, 0.3) ? options : options with
        {
            SendBufferSize = 0,
            ReceiveBufferSize = 0,
            MaximumSendBufferSize = 1 + random.NextInt32(4 << 20),
            MaximumReceiveBufferSize = Often(random, 0.3) ? 8_000 + random.NextInt32(20_000) : 256_000 + random.NextInt32(4 << 20),
        };
        return world with
        {
            BufferBudget = Often(random, 0.3) ? random.NextInt32(1 << 20) : world.BufferBudget,
            Server = Change(world.Server)!,
            LaterServer = Change(world.LaterServer),
            Clients = [.. world.Clients.Select(client => client with { Options = Change(client.Options)!, LaterOptions = Change(client.LaterOptions) })],
        };
    }

    // From a seed of its own: half of the worlds have what RFC 9260 has, the others anything, which may change while they live.
    private static SwarmOptions WithCongestionControl(SwarmOptions world)
    {
        var random = new SeededRandom(world.Seed ^ 0x9438_BB33);
        bool isPlain = Often(random, 0.5);
        AssociationOptions? Change(AssociationOptions? options) => options is null ? null : isPlain
            ? options with { CongestionControl = CongestionControl.NewReno, InitialWindow = 0, Pacing = false }
            : options with
            {
                CongestionControl = (CongestionControl)random.NextInt32(Enum.GetValues<CongestionControl>().Length),
                InitialWindow = Often(random, 0.5) ? 10 : random.NextInt32(101),
                Pacing = Often(random, 0.5),
            };
        return world with
        {
            Server = Change(world.Server)!,
            LaterServer = Change(world.LaterServer),
            Clients = [.. world.Clients.Select(client => client with { Options = Change(client.Options)!, LaterOptions = Change(client.LaterOptions) })],
        };
    }

    // From a seed of its own as well. Whether a side knows RFC 6525 at all, and what it allows, differs from one to the other.
    private static SwarmOptions WithReconfiguration(SwarmOptions world)
    {
        var random = new SeededRandom(world.Seed ^ 0x6525);
        bool isOn = Often(random, 0.5);
        AssociationOptions Change(AssociationOptions options) => options with
        {
            Extensions = isOn && Often(random, 0.85) ? options.Extensions | Extensions.StreamReconfiguration : options.Extensions & ~Extensions.StreamReconfiguration,
            AllowedReconfiguration = Often(random, 0.7) ? (ReconfigurationKinds)7 : (ReconfigurationKinds)random.NextInt32(8),
        };
        AssociationOptions server = Change(world.Server);
        SwarmClient[] clients = [.. world.Clients.Select(client => client with { Options = Change(client.Options) })];
        static AssociationOptions? Like(AssociationOptions? later, AssociationOptions first) => later is null ? null
            : later with { Extensions = first.Extensions, AllowedReconfiguration = first.AllowedReconfiguration };
        return world with
        {
            Server = server,
            LaterServer = Like(world.LaterServer, server),
            Clients = [.. clients.Select(client => client with { LaterOptions = Like(client.LaterOptions, client.Options) })],
            Reconfigurations = isOn ? 1 + random.NextInt32(12) : 0,
        };
    }

    // From a seed of its own: what else a world is does not depend on it.
    private static SwarmOptions WithOtherOptions(SwarmOptions world)
    {
        var random = new SeededRandom(world.Seed ^ 0x0971_0A5);
        SwarmOptions other = world with
        {
            Server = Vary(random, world.Server),
            Clients = [.. world.Clients.Select(client => client with { Options = Vary(random, client.Options) })],
            Later = random.NextTimeSpan(world.Chaos),
        };
        return Often(random, 0.5) ? other : other with
        {
            LaterServer = Later(random, other.Server),
            Clients = [.. other.Clients.Select(client => client with { LaterOptions = Later(random, client.Options) })],
        };
    }

    // From a seed of its own, too.
    private static SwarmOptions WithExtensions(SwarmOptions world)
    {
        var random = new SeededRandom(world.Seed ^ 0xE87E_0510);
        bool isIntact = !world.Clients.Any(client => client.There.Corruption + client.Back.Corruption > 0);
        AssociationOptions server = DrawExtensions(random, world.Server);
        bool carriesEcn = Often(random, 0.5);
        return world with
        {
            ErrorDetection = isIntact && Often(random, 0.5) ? AlternateErrorDetection.LowerLayerDtls : AlternateErrorDetection.None,
            CarriesEcn = carriesEcn,
            Server = server,
            LaterServer = Following(world.LaterServer, server),
            Clients = [.. world.Clients.Select(client => WithExtensions(random, client, server.PathMtu))],
        };
    }

    private static SwarmClient WithExtensions(SeededRandom random, SwarmClient client, int serverMtu)
    {
        AssociationOptions options = DrawExtensions(random, client.Options);
        return client with
        {
            Options = options,
            LaterOptions = Following(client.LaterOptions, options),
            There = client.There with { MaximumDatagram = DrawMtu(random, Math.Max(options.PathMtu, serverMtu)), MarksEcn = true },
            Back = client.Back with { MaximumDatagram = DrawMtu(random, Math.Max(options.PathMtu, serverMtu)), MarksEcn = true },
        };
    }

    // And that.
    private static SwarmOptions WithLossRecovery(SwarmOptions world)
    {
        var random = new SeededRandom(world.Seed ^ 0x8985_7765);
        return world with
        {
            Server = DrawLossRecovery(random, world.Server)!,
            LaterServer = DrawLossRecovery(random, world.LaterServer),
            Clients = [.. world.Clients.Select(client => client with
            {
                Options = DrawLossRecovery(random, client.Options)!,
                LaterOptions = DrawLossRecovery(random, client.LaterOptions),
            })],
        };
    }

    private static AssociationOptions? DrawLossRecovery(SeededRandom random, AssociationOptions? options) =>
        options is null ? null : options with
        {
            LossRecovery = Often(random, 0.5) ? LossRecovery.Rack : LossRecovery.MissingReports,
            RtoRestart = Often(random, 0.5),
        };

    // Half of the time all that there is: what both sides have is what matters most.
    private static AssociationOptions DrawExtensions(SeededRandom random, AssociationOptions options)
    {
        bool isDefault = Often(random, 0.5);
        var drawn = (Extensions)random.NextInt32(ushort.MaxValue + 1);
        return options with
        {
            Extensions = isDefault ? options.Extensions : options.Extensions & drawn,
            MaximumPathMtu = Often(random, 0.5) ? 0 : options.PathMtu + random.NextInt32(9000),
        };
    }

    private static AssociationOptions? Following(AssociationOptions? later, AssociationOptions options) =>
        later is null ? null : later with { Extensions = options.Extensions, MaximumPathMtu = options.MaximumPathMtu };

    // What the sides begin with fits; half of the time the network says what else does.
    private static int DrawMtu(SeededRandom random, int atLeast) =>
        Often(random, 0.5) ? 0 : atLeast - Headers + (Often(random, 0.5) ? random.NextInt32(200) : random.NextInt32(9000));

    // From a seed of its own, too. A half of the worlds has the default scheduler; either side may offer I-DATA.
    private static SwarmOptions WithSchedulers(SwarmOptions world)
    {
        var random = new SeededRandom(world.Seed ^ 0x5C4E_D01E);
        bool isDefault = Often(random, 0.5);
        AssociationOptions Change(AssociationOptions options) => options with
        {
            Scheduler = isDefault ? options.Scheduler : DrawScheduler(random),
            Extensions = Often(random, 0.7) ? options.Extensions | Extensions.Interleaving : options.Extensions & ~Extensions.Interleaving,
        };
        AssociationOptions? Later(AssociationOptions? later, AssociationOptions first) => later is null ? null : later with
        {
            Scheduler = isDefault ? later.Scheduler : DrawScheduler(random),
            Extensions = first.Extensions,
        };
        AssociationOptions server = Change(world.Server);
        SwarmClient[] clients = [.. world.Clients.Select(client => client with { Options = Change(client.Options) })];
        return world with
        {
            Server = server,
            LaterServer = Later(world.LaterServer, server),
            Clients = [.. clients.Select(client => client with { LaterOptions = Later(client.LaterOptions, client.Options) })],
        };
    }

    private static StreamScheduler DrawScheduler(SeededRandom random) =>
        (StreamScheduler)random.NextInt32(Enum.GetValues<StreamScheduler>().Length);

    private static AssociationOptions Vary(SeededRandom random, AssociationOptions options) => options with
    {
        NoDelay = Often(random, 0.6),
        MaximumSegmentSize = Often(random, 0.2) ? 64 + random.NextInt32(1500) : 0,
        SackFrequency = Often(random, 0.3) ? 1 + random.NextInt32(5) : 2,
    };

    private static AssociationOptions Later(SeededRandom random, AssociationOptions options)
    {
        AssociationOptions drawn = DrawOptions(random);
        return Vary(random, options) with
        {
            SendBufferSize = drawn.SendBufferSize,
            ReceiveBufferSize = drawn.ReceiveBufferSize,
            RtoMinimum = drawn.RtoMinimum,
            SackDelay = drawn.SackDelay,
            MaximumBurst = drawn.MaximumBurst,
            HeartbeatInterval = drawn.HeartbeatInterval,
        };
    }

    private static SwarmClient DrawClient(SeededRandom random, AssociationOptions options, int count)
    {
        TimeSpan delay = Often(random, 0.7) ? random.NextTimeSpan(TimeSpan.FromMilliseconds(200)) : TimeSpan.Zero;
        return new SwarmClient
        {
            There = DrawLink(random, delay),
            Back = DrawLink(random, delay),
            Options = options,
            MessagesThere = random.NextInt32(120 / count),
            MessagesBack = Often(random, 0.6) ? random.NextInt32(120 / count) : 0,
            HasSecondPath = Often(random, 0.2),
            Start = Often(random, 0.5) ? TimeSpan.Zero : random.NextTimeSpan(TimeSpan.FromSeconds(5)),
            Closers = 1 + random.NextInt32(3),
        };
    }

    /// <summary>Draws what goes wrong.</summary>
    internal static IEnumerable<Fault> DrawFaults(SeededRandom random, int clients, TimeSpan chaos, int count, FaultKind[] kinds)
    {
        var faults = new List<Fault>();
        for (int i = 0; i < count; i++)
        {
            faults.Add(new Fault(
                kinds[random.NextInt32(kinds.Length)],
                random.NextTimeSpan(chaos),
                random.NextTimeSpan(TimeSpan.FromSeconds(10)),
                random.NextInt32(clients)));
        }

        // Who loses his state and his UDP port at once is a stranger: what is left at the other side ends by itself, some day.
        return faults.Any(fault => fault.BreaksAssociations) ? faults.Where(fault => fault.Kind != FaultKind.Rebind) : faults;
    }

    // Who has nothing to send notices only by a heartbeat that the other side has lost its state, or moved.
    private static SwarmOptions WithHeartbeats(SwarmOptions world) =>
        !world.Faults.Any(fault => fault.BreaksAssociations || fault.Kind == FaultKind.Rebind) ? world : world with
        {
            Server = WithHeartbeats(world.Server)!,
            LaterServer = WithHeartbeats(world.LaterServer),
            Clients = [.. world.Clients.Select(client => client with
            {
                Options = WithHeartbeats(client.Options)!,
                LaterOptions = WithHeartbeats(client.LaterOptions),
            })],
        };

    private static AssociationOptions? WithHeartbeats(AssociationOptions? options) =>
        options is null ? null : options with { HeartbeatInterval = TimeSpan.FromSeconds(3) };

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

    internal static LinkModel DrawLink(SeededRandom random, TimeSpan delay) => new()
    {
        Delay = delay,
        Jitter = Often(random, 0.4) ? random.NextTimeSpan(TimeSpan.FromMilliseconds(50)) : TimeSpan.Zero,
        JitterShape = (JitterShape)random.NextInt32(3),
        RateBitsPerSecond = Often(random, 0.5) ? 500_000 + random.NextInt32(20_000_000) : 0,
        QueueBytes = Often(random, 0.5) ? 5_000 + random.NextInt32(200_000) : 0,
        Queue = Often(random, 0.3) ? QueueDiscipline.CoDel : QueueDiscipline.DropTail,
        Loss = Often(random, 0.6) ? random.NextDouble() * 0.2 : 0,
        BurstStart = Often(random, 0.2) ? random.NextDouble() * 0.02 : 0,
        BurstEnd = 0.1 + (random.NextDouble() * 0.9),
        Duplication = Often(random, 0.4) ? random.NextDouble() * 0.1 : 0,
        Reordering = Often(random, 0.4) ? random.NextDouble() * 0.2 : 0,
        ReorderDelay = random.NextTimeSpan(TimeSpan.FromMilliseconds(100)),
        Corruption = Often(random, 0.4) ? random.NextDouble() * 0.05 : 0,
    };

    internal static bool Often(SeededRandom random, double probability) => random.NextDouble() < probability;
}
