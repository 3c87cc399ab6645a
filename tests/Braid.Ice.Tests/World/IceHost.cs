using System;
using System.Collections.Generic;
using System.Linq;
using Braid.Core;
using Braid.Ice.Turn;
using Braid.Simulation;

namespace Braid.Ice.Tests.World;

/// <summary>A computer with an agent, perhaps behind a NAT.</summary>
internal sealed class IceHost(string name, IceAgent agent, Nat? nat, params NetworkAddress[] addresses)
{
    public string Name { get; } = name;

    public IceAgent Agent { get; } = agent;

    public Nat? Nat { get; set; } = nat;

    public List<NetworkAddress> Addresses { get; } = [.. addresses];

    public List<IceEvent> Events { get; } = [];

    public List<IceState> States { get; } = [];

    public List<IceLogRecord> Log { get; } = [];

    public List<byte[]> Received { get; } = [];

    /// <summary>Our ends of TCP connections; they are among the addresses, too.</summary>
    public HashSet<NetworkAddress> Connections { get; } = [];

    /// <summary>Allocations over TCP, the latest last.</summary>
    public List<TurnAllocation> StreamRelays { get; } = [];

    /// <summary>Whether it can open no connections.</summary>
    public bool IsRefused { get; set; }

    /// <summary>The host that hears what this one tells.</summary>
    public IceHost? Peer { get; set; }

    /// <summary>Whether candidates are told to the peer.</summary>
    public bool Trickles { get; set; } = true;

    public bool IsLite { get; init; }

    public IceSelectedPair? Selected => Agent.SelectedPair;

    public IEnumerable<IceCandidate> Candidates => Events.OfType<IceEvent.CandidateFound>().Select(found => found.Candidate);

    public bool IsConnected => Agent.State is IceState.Connected or IceState.Completed;

    public bool Has(NetworkAddress address) => Addresses.Any(own => own == address);

    public override string ToString() => string.Join(Environment.NewLine, Log.Select(record => $"{Name} {record}"));
}
