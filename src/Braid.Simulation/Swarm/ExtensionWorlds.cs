using System;
using System.Collections.Generic;
using System.Linq;
using Braid.Core;
using Braid.Sctp;
using Braid.Sctp.Wire;

namespace Braid.Simulation;

/// <summary>
/// Worlds of two peers, each of which has or lacks each extension, and all else that can be switched on and off: a
/// <see cref="CoveringArray"/>, whose row is the seed. All else is drawn, but there are always losses, resets from both sides and
/// messages that may be given up.
/// </summary>
public static class ExtensionWorlds
{
    private static readonly Switch[] s_ofASide =
    [
        .. Enum.GetValues<Extensions>().Where(flag => flag != Extensions.None).Select(Flag),
        new("path MTU search", options => options.MaximumPathMtu > options.PathMtu, (options, isOn, random) =>
            options with { MaximumPathMtu = isOn ? options.PathMtu + 1 + random.NextInt32(9000) : 0 }),
        new("RACK", options => options.LossRecovery == LossRecovery.Rack, (options, isOn, _) =>
            options with { LossRecovery = isOn ? LossRecovery.Rack : LossRecovery.MissingReports }),
        new("RTO restart", options => options.RtoRestart, (options, isOn, _) => options with { RtoRestart = isOn }),
        new("Nagle", options => !options.NoDelay, (options, isOn, _) => options with { NoDelay = !isOn }),
        new("another scheduler", options => options.Scheduler != default, (options, isOn, random) =>
            options with { Scheduler = isOn ? (StreamScheduler)(1 + random.NextInt32(Enum.GetValues<StreamScheduler>().Length - 1)) : default }),
        new("may be reconfigured", options => options.AllowedReconfiguration != 0, (options, isOn, _) =>
            options with { AllowedReconfiguration = isOn ? (ReconfigurationKinds)7 : 0 }),
    ];

    private static readonly ChunkType[] s_authenticated =
    [
        .. Enum.GetValues<ChunkType>().Where(type => type is not (ChunkType.Init or ChunkType.InitAck or ChunkType.ShutdownComplete or ChunkType.Auth)),
    ];

    private delegate AssociationOptions Setter(AssociationOptions options, bool isOn, SeededRandom random);

    /// <summary>What the columns are: those of the client, those of the server, those of the network.</summary>
    public static IReadOnlyList<string> Columns { get; } =
    [
        .. s_ofASide.Select(one => $"client: {one.Name}"),
        .. s_ofASide.Select(one => $"server: {one.Name}"),
        "network: ECN",
        "network: finds broken packets",
    ];

    /// <summary>What is on in a world, by column.</summary>
    public static IReadOnlyList<bool> Read(SwarmOptions world)
    {
        ArgumentNullException.ThrowIfNull(world);
        return
        [
            .. s_ofASide.Select(one => one.IsOn(world.Clients[0].Options)),
            .. s_ofASide.Select(one => one.IsOn(world.Server)),
            world.CarriesEcn,
            world.ErrorDetection != AlternateErrorDetection.None,
        ];
    }

    /// <summary>Draws a world.</summary>
    public static SwarmOptions Draw(ulong seed)
    {
        SwarmOptions world = SwarmOptions.Draw(seed);
        var random = new SeededRandom(seed ^ 0xE87E_C07E);
        ReadOnlySpan<bool> row = CoveringArray.Row(seed, Columns.Count);
        bool isIntact = row[^1];
        SwarmClient client = world.Clients[0];
        AssociationOptions options = Set(client.Options, row[..s_ofASide.Length], random);
        AssociationOptions server = Set(world.Server, row[s_ofASide.Length..^2], random);
        TimeSpan chaos = world.Chaos + TimeSpan.FromSeconds(2);
        return world with
        {
            Clients =
            [
                client with
                {
                    Options = options,
                    LaterOptions = null,
                    There = Trouble(client.There, isIntact, random),
                    Back = Trouble(client.Back, isIntact, random),
                    MessagesThere = 20 + random.NextInt32(80),
                    MessagesBack = 20 + random.NextInt32(80),
                },
            ],
            Server = server,
            LaterServer = null,
            CarriesEcn = row[^2],
            ErrorDetection = isIntact ? AlternateErrorDetection.LowerLayerDtls : AlternateErrorDetection.None,
            Unordered = random.NextDouble() / 2,
            Unreliable = 0.2 + (0.6 * random.NextDouble()),
            Reconfigurations = 1 + random.NextInt32(10),
            Chaos = chaos,
            Faults =
            [
                .. SwarmScenario.DrawFaults(
                    random,
                    clients: 1,
                    chaos,
                    random.NextInt32(4),
                    [
                        FaultKind.Partition, FaultKind.OneWayThere, FaultKind.OneWayBack, FaultKind.BlackHole,
                        FaultKind.ClientStopsReading, FaultKind.ServerStopsReading,
                    ]),
            ],
        };
    }

    private static Switch Flag(Extensions flag) => new(
        flag.ToString(),
        options => (options.Extensions & flag) != 0,
        (options, isOn, _) => options with { Extensions = isOn ? options.Extensions | flag : options.Extensions & ~flag });

    private static AssociationOptions Set(AssociationOptions options, ReadOnlySpan<bool> row, SeededRandom random)
    {
        for (int i = 0; i < s_ofASide.Length; i++)
        {
            options = s_ofASide[i].Set(options, row[i], random);
        }

        // Both sides have the same keys, and let each other in without.
        return (options.Extensions & (Extensions.Authentication | Extensions.AddressReconfiguration)) == 0 ? options : options with
        {
            Authentication = new AuthenticationOptions
            {
                RequiredChunks = [.. s_authenticated.Where(_ => random.NextDouble() < 0.5)],
                Algorithms = random.NextDouble() < 0.5 ? [HmacAlgorithm.Sha256, HmacAlgorithm.Sha1] : [HmacAlgorithm.Sha1],
                Keys = [new SharedKey(1, new byte[] { 1 }), new SharedKey(2, new byte[] { 2 })],
                ActiveKey = random.NextDouble() < 0.5 ? (ushort)1 : (ushort)2,
                AcceptsOtherPeers = true,
            },
        };
    }

    private static LinkModel Trouble(LinkModel link, bool isIntact, SeededRandom random) => link with
    {
        MarksEcn = true,
        Loss = 0.01 + (0.15 * random.NextDouble()),
        Duplication = 0.1 * random.NextDouble(),
        Reordering = 0.1 * random.NextDouble(),
        Corruption = isIntact ? 0 : link.Corruption,
    };

    private sealed record Switch(string Name, Func<AssociationOptions, bool> IsOn, Setter Set);
}
