using System;
using System.Collections.Generic;
using Braid.Core;
using Braid.Sctp;

namespace Braid.Simulation;

/// <summary>
/// Short transfers over a path that loses packets, one after the other on one association: their ends have nothing behind them
/// that would show a loss.
/// </summary>
public sealed record TailExperiment
{
    private const ushort Port = 5001;

    /// <summary>Decides what chance decides.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>The way there; the way back is like it.</summary>
    public required LinkModel Link { get; init; }

    /// <summary>Options of both sides.</summary>
    public AssociationOptions Options { get; init; } = AssociationOptions.Rfc9260 with { MaximumPathMtu = 0, HeartbeatInterval = TimeSpan.Zero };

    /// <summary>The longest transfer, in packets; the shortest is one packet, and all lengths are as frequent.</summary>
    public int LongestTransfer { get; init; } = 10;

    /// <summary>How many transfers.</summary>
    public int Transfers { get; init; } = 4000;

    /// <summary>Runs it.</summary>
    public TailResult Run()
    {
        var world = new World(Seed);
        NetworkAddress from = NetworkAddress.FromIPv4([10, 0, 0, 1], 9899);
        NetworkAddress to = NetworkAddress.FromIPv4([10, 0, 1, 1], 9899);
        var sender = new Endpoint(new EndpointOptions { LocalPort = Port, Association = Options }, world.NewRandom());
        var receiver = new Endpoint(new EndpointOptions { LocalPort = Port, Association = Options, AcceptsAssociations = true }, world.NewRandom());
        SimulatedNode node = world.Add("A", from, sender, Link.Healed());
        SimulatedNode sink = world.Add("Z", to, receiver, Link.Healed());
        int expected = 0;
        Association? server = null;
        node.Application = _ => Drain(sender);
        sink.Application = _ =>
        {
            server = receiver.TryAccept(out Association? accepted) ? accepted : server;
            Drain(receiver);
            while (server is not null && server.TryReceive(out ReceivedMessage? message))
            {
                expected--;
                message.Dispose();
            }
        };
        Association client = sender.Connect(world.Now, Port, new NetworkPath(from, to));
        world.RunUntil(() => client.State == AssociationState.Established, TimeSpan.FromSeconds(1));
        node.LinkTo(to).Model = Link;
        sink.LinkTo(from).Model = Link;

        var times = new List<TimeSpan>(Transfers);
        byte[] packet = new byte[Options.PathMtu - 20 - 8 - 12 - ((Options.Extensions & Extensions.Interleaving) != 0 ? 20 : 16)];
        for (int i = 0; i < Transfers; i++)
        {
            Instant begin = world.Now;
            expected = 1 + (i % LongestTransfer);
            for (int j = expected; j > 0; j--)
            {
                client.Send(world.Now, packet, default);
            }

            if (!world.RunUntil(() => expected == 0, TimeSpan.FromMinutes(5)))
            {
                throw new ScenarioException($"transfer {i} of seed {Seed} does not end.");
            }

            times.Add(world.Now - begin);
            world.RunUntil(() => client.BufferedBytes == 0, TimeSpan.FromMinutes(5));
            world.Advance(TimeSpan.FromMilliseconds(100));
        }

        times.Sort();
        return new TailResult(times, client.GetStatistics(), server!.GetStatistics().DuplicatesReceived);
    }

    private static void Drain(Endpoint endpoint)
    {
        while (endpoint.TryTakeActive(out Association? association))
        {
            while (association.TryGetEvent(out _))
            {
            }
        }
    }
}

/// <summary>What came of it.</summary>
/// <param name="Times">From the first send to the last delivery, of each transfer; the shortest first.</param>
/// <param name="Statistics">The sender's.</param>
/// <param name="Duplicates">Chunks that arrived more than once: as many were sent again for nothing.</param>
public sealed record TailResult(IReadOnlyList<TimeSpan> Times, AssociationStatistics Statistics, long Duplicates)
{
    /// <summary>What so many of the transfers take at most.</summary>
    /// <param name="share">From 0 to 1.</param>
    public TimeSpan Percentile(double share) => Times[(int)(share * (Times.Count - 1))];
}
