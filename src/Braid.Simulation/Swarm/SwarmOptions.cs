using System;
using System.Collections.Generic;
using Braid.Sctp;

namespace Braid.Simulation;

/// <summary>Who begins.</summary>
public enum SwarmOpening : byte
{
    /// <summary>The client, at a server that lets everybody in.</summary>
    ClientOpens,

    /// <summary>Both at the same time (RFC 9260 §5.2.1).</summary>
    BothOpen,

    /// <summary>The client, at a server that waits for this one and lets nobody else in.</summary>
    ServerAwaits,
}

/// <summary>One client of a world: its links to the server and back, its load, its options.</summary>
public sealed record SwarmClient
{
    /// <summary>From the client to the server.</summary>
    public required LinkModel There { get; init; }

    /// <summary>From the server to the client.</summary>
    public required LinkModel Back { get; init; }

    /// <summary>Options of the client's associations.</summary>
    public required AssociationOptions Options { get; init; }

    /// <summary>What the options of its association become while it lives; null to leave them.</summary>
    public AssociationOptions? LaterOptions { get; init; }

    /// <summary>Messages that the client sends.</summary>
    public required int MessagesThere { get; init; }

    /// <summary>Messages that the server sends to it.</summary>
    public required int MessagesBack { get; init; }

    /// <summary>Whether the client knows a second address of the server, and a link to it.</summary>
    public required bool HasSecondPath { get; init; }

    /// <summary>
    /// Networks between the client and the server, 1 to 8: with more than one, each side has an address in each of them and tells the other of it.
    /// </summary>
    public int Networks { get; init; } = 1;

    /// <summary>What the networks after the first are like; where there are fewer than networks, the others are like the first.</summary>
    public IReadOnlyList<(LinkModel There, LinkModel Back)> FurtherNetworks { get; init; } = [];

    /// <summary>Whether each of its addresses reaches all of the server's; else only the one in the same network. Where there are several networks.</summary>
    public bool IsMeshed { get; init; }

    /// <summary>Whether the client's application knows all addresses of the server; else only one, and INIT ACK tells of the others.</summary>
    public bool KnowsAllAddresses { get; init; }

    /// <summary>When it begins.</summary>
    public required TimeSpan Start { get; init; }

    /// <summary>Who shuts down in the end: 1 the client, 2 the server, 3 both at once.</summary>
    public required int Closers { get; init; }
}

/// <summary>
/// One random world: links, options, load and faults, all drawn from a seed, which also decides what there is at all. Plain
/// data, so that a world that fails can be made smaller (<see cref="SwarmShrinker"/>).
/// </summary>
public sealed record SwarmOptions
{
    /// <summary>What it was drawn from; decides what chance decides while it runs.</summary>
    public required ulong Seed { get; init; }

    /// <summary>The clients; at least one.</summary>
    public required IReadOnlyList<SwarmClient> Clients { get; init; }

    /// <summary>Options of the server's associations.</summary>
    public required AssociationOptions Server { get; init; }

    /// <summary>What the options of the server's associations become while they live; null to leave them.</summary>
    public AssociationOptions? LaterServer { get; init; }

    /// <summary>When <see cref="LaterServer"/> and <see cref="SwarmClient.LaterOptions"/> take their place.</summary>
    public TimeSpan Later { get; init; }

    /// <summary>Who begins.</summary>
    public required SwarmOpening Opening { get; init; }

    /// <summary>Longest message, in bytes.</summary>
    public required int MaximumLength { get; init; }

    /// <summary>Chance that a message is unordered.</summary>
    public required double Unordered { get; init; }

    /// <summary>Chance that a message may be given up; null when each side has one of its own.</summary>
    public double? Unreliable { get; init; }

    /// <summary>Chance that an application reads a message when it could: below 1, windows close.</summary>
    public required double Reading { get; init; }

    /// <summary>How long the faults last. Then the network heals, and all must come to its end.</summary>
    public required TimeSpan Chaos { get; init; }

    /// <summary>What goes wrong on top of what the links do.</summary>
    public IReadOnlyList<Fault> Faults { get; init; } = [];

    /// <summary>What both sides believe of the network (RFC 9653). Only true where no link corrupts.</summary>
    public AlternateErrorDetection ErrorDetection { get; init; }

    /// <summary>Whether the network carries ECN (RFC 3168): CoDel marks.</summary>
    public bool CarriesEcn { get; init; }

    /// <summary>What buffers of each endpoint may grow by (<see cref="EndpointOptions.BufferBudget"/>).</summary>
    public long BufferBudget { get; init; } = new EndpointOptions().BufferBudget;

    /// <summary>
    /// Whether the applications close as soon as they have sent everything, over links that still lose packets; else when
    /// all was delivered and the network has healed. Only where no fault breaks associations.
    /// </summary>
    public bool ClosesEarly { get; init; }

    /// <summary>How often each side resets streams, adds some or resets the association (RFC 6525), at random times within <see cref="Chaos"/>.</summary>
    public int Reconfigurations { get; init; }

    /// <summary>How often everything is done, from setting up to shutting down.</summary>
    public int Rounds { get; init; } = 1;

    /// <summary>Draws a world.</summary>
    public static SwarmOptions Draw(ulong seed) => SwarmScenario.Swarm.Draw(seed);
}
