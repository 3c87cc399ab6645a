using System;
using System.Collections.Generic;
using System.CommandLine;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Braid.Cli.Output;
using Braid.Simulation;

namespace Braid.Cli.Commands;

/// <summary><c>braid simulate peers</c>: two WebRTC peers behind NATs, with STUN and TURN, who move, restart and are cut off.</summary>
internal sealed class SimulatePeersCommand
{
    private static readonly Dictionary<string, NatKind> s_kinds = new()
    {
        ["none"] = NatKind.None,
        ["full-cone"] = NatKind.FullCone,
        ["restricted"] = NatKind.Restricted,
        ["port-restricted"] = NatKind.PortRestricted,
        ["symmetric"] = NatKind.Symmetric,
    };

    private readonly SeedOptions _seeds = new();
    private readonly Option<string?> _nat = new("--nat")
    {
        Description = $"What both are behind, or each, with a comma between: {string.Join(", ", s_kinds.Keys)}; drawn when it is left out.",
    };

    private readonly Option<bool> _story = new("--story") { Description = "Tell what was drawn and what happened in one world; of a world that fails it is told anyway." };

    public static Command Create()
    {
        var peers = new SimulatePeersCommand();
        var command = new Command(
            "peers", "The same with two WebRTC peers behind NATs, who have STUN and TURN, restart ICE, move and are cut off while they send.")
        {
            peers._nat, peers._story,
        };
        peers._seeds.AddTo(command);
        CommandRunner.SetAction(command, (result, _, cancellationToken) => peers.RunAsync(result, cancellationToken));
        return command;
    }

    private async Task<int> RunAsync(ParseResult result, CancellationToken cancellationToken)
    {
        (ulong first, ulong last) = _seeds.Read(result);
        (NatKind? nat, NatKind? otherNat) = ReadNats(result.GetValue(_nat));
        if (result.GetValue(_story) && first != last)
        {
            throw new UsageException("--story is of one world: say --seed");
        }

        var search = new WorldSearch("peers", first, last);
        await search.RunAsync(
            seed =>
            {
                var swarm = new PeerSwarm(seed, nat, otherNat);
                swarm.Run();
                return new WorldRun(swarm.Datagrams, swarm.Lost, swarm.Duration);
            },
            cancellationToken);
        foreach ((ulong failing, string what) in search.Failures)
        {
            string again = result.GetValue(_nat) is { } text ? $" --nat {text}" : "";
            Console.Error.WriteLine($"braid: {what}\nAgain: braid simulate peers --seed {failing}{again}");
        }

        if (result.GetValue(_story) || search.Failures.Count > 0)
        {
            bool hasFailed = search.Failures.Count > 0;
            (hasFailed ? Console.Error : Console.Out).WriteLine(Tell(new PeerSwarm(hasFailed ? search.Failures[0].Key : first, nat, otherNat)));
        }

        Console.Out.WriteLine(search.Summary());
        return search.Failures.Count == 0 ? ExitCode.Done : ExitCode.Failed;
    }

    // The same world once more: it is no other.
    private static string Tell(PeerSwarm swarm)
    {
        try
        {
            swarm.Run();
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            // That was told: this is how it came.
        }

        return swarm.Story;
    }

    private (NatKind? Nat, NatKind? Other) ReadNats(string? text)
    {
        NatKind[] kinds = text is null ? [] : [.. text.Split(',').Select(Named)];
        return kinds.Length switch
        {
            0 => (null, null),
            1 => (kinds[0], kinds[0]),
            2 => (kinds[0], kinds[1]),
            _ => throw new UsageException($"{_nat.Name} {text}: there are two peers"),
        };

        NatKind Named(string name) => s_kinds.TryGetValue(name, out NatKind kind)
            ? kind
            : throw new UsageException($"{_nat.Name} {text}: there are {string.Join(", ", s_kinds.Keys)}");
    }
}
