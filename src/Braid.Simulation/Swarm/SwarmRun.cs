using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using Braid.Core;
using Braid.Sctp;

namespace Braid.Simulation;

/// <summary>
/// Lives through one <see cref="SwarmOptions"/>: set up, load in both directions, faults, healing, shutdown. Checks every
/// packet and every message, and in the end that nothing is left.
/// </summary>
public sealed class SwarmRun
{
    private readonly World _world;
    private readonly SwarmMachines _machines;
    private readonly SwarmFaults _faults;
    private readonly SwarmObserver _observer;
    private string? _flaw;

    private SwarmRun(SwarmOptions options, PcapNgWriter? capture)
    {
        Options = options;
        _world = new World(options.Seed);
        _machines = new SwarmMachines(this, _world);
        _faults = new SwarmFaults(_world, _machines, options);
        _observer = new SwarmObserver(this, _machines, capture);
        _world.Sent = _observer.OnSent;
        _world.Arrived = _observer.OnArrived;
    }

    /// <summary>What is lived through.</summary>
    public SwarmOptions Options { get; }

    /// <summary>A number that differs when any packet that is sent differs: when, where to, its bytes, whether it is lost.</summary>
    public ulong TraceHash => _observer.TraceHash;

    /// <summary>Packets that were sent.</summary>
    public long Packets => _observer.Packets;

    /// <summary>Packets that were lost.</summary>
    public long Lost => _observer.Lost;

    /// <summary>Resets of streams and of associations that were done, and streams that were added, as both sides were told (RFC 6525).</summary>
    public long Reconfigured { get; internal set; }

    /// <summary>Changes of addresses that were done (RFC 5061).</summary>
    public long Renumbered { get; internal set; }

    /// <summary>Virtual time that passed.</summary>
    public TimeSpan Duration => _world.Now - new Instant(TimeSpan.TicksPerSecond);

    /// <summary>Whether associations may end before they are shut down.</summary>
    internal bool MayBreak => _faults.MayBreak;

    /// <summary>Runs a world to its end.</summary>
    /// <param name="options">The world.</param>
    /// <param name="capture">Receives every packet; null for none.</param>
    /// <exception cref="ScenarioException">Something is not as it must be; the message has the seed and the last packets.</exception>
    public static SwarmRun Run(SwarmOptions options, PcapNgWriter? capture = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        var run = new SwarmRun(options, capture);
        try
        {
            run.Live();
        }
#pragma warning disable CA1031 // Whatever is thrown is a bug, and belongs to its seed.
        catch (Exception exception) when (exception is not ScenarioException)
#pragma warning restore CA1031
        {
            throw run.Failure($"an exception: {exception}");
        }

        return run;
    }

    /// <summary>Something is not as it must be. The first one counts.</summary>
    internal void Flaw(string what) => _flaw ??= what;

    private void Live()
    {
        _faults.Plan();
        _world.Plan(_world.Now + Options.Later, _machines.Reconfigure);
        for (int round = 0; round < Options.Rounds; round++)
        {
            _machines.Open();
            if (round == 0)
            {
                _world.RunUntil(() => _flaw is not null, Options.Chaos);
            }

            if (Options.ClosesEarly && !MayBreak)
            {
                _faults.ReadOn();
                Require(() => _machines.Pairs.All(pair => pair.Client.HasSent && pair.Server.HasSent), "not everything was sent after the faults had ended");
            }
            else
            {
                _faults.Heal();
                Require(() => _machines.Pairs.All(pair => pair.Client.HasDelivered && pair.Server.HasDelivered), "not everything was delivered after the network had healed");
            }

            CheckAddresses();
            Close();
            CheckLeftovers();
        }
    }

    // When all that was asked for is answered, both sides know the same addresses.
    private void CheckAddresses()
    {
        if (!Options.Faults.Any(fault => fault.Kind == FaultKind.Renumber))
        {
            return;
        }

        Require(() => _machines.Pairs.All(pair => pair.Client.OpenRequests + pair.Server.OpenRequests == 0), "not every change of addresses was answered");
        foreach ((SwarmPeer client, SwarmPeer server) in _machines.Pairs)
        {
            if ((client.CheckAddresses() ?? server.CheckAddresses()) is { } flaw)
            {
                Flaw(flaw);
            }
        }

        ThrowIfFlawed();
    }

    private void Close()
    {
        _machines.Shutdown();
        Require(() => _machines.Pairs.All(pair => pair.Client.Ended is not null && pair.Server.Ended is not null), "not every association has closed");
        Require(() => _world.OnTheWay == 0, "packets go on after the end");
        foreach ((SwarmPeer client, SwarmPeer server) in _machines.Pairs)
        {
            if (client.Ended!.Reason != CloseReason.Shutdown || server.Ended!.Reason != CloseReason.Shutdown)
            {
                Flaw($"{client.Name} closed by {client.Ended.Reason}, the server's side by {server.Ended!.Reason}");
            }
            else if (!MayBreak && (client.CheckGivenUp() ?? server.CheckGivenUp()) is { } lost)
            {
                Flaw(lost);
            }
            else if (Options.LaterServer is null && (client.CheckOptions() ?? server.CheckOptions()) is { } broken)
            {
                Flaw(broken);
            }
            else if (client.Missing + server.Missing > 0)
            {
                Flaw($"{client.Name} was shut down, and {client.Missing} messages there and {server.Missing} back are missing");
            }
        }
    }

    private void CheckLeftovers()
    {
        foreach ((SwarmPeer client, SwarmPeer server) in _machines.Pairs)
        {
            if ((client.CheckLeftovers() ?? server.CheckLeftovers()) is { } kept)
            {
                Flaw(kept);
            }
        }

        foreach (SimulatedNode node in _world.Nodes)
        {
            var endpoint = (Endpoint)node.Machine;
            if (endpoint.Buffers.Rented != 0 || endpoint.BufferBudgetUsed != 0 || endpoint.AssociationCount != 0 || !endpoint.NextTimeout.IsNever)
            {
                Flaw($"{node.Name} keeps {endpoint.Buffers.Rented} buffers, {endpoint.BufferBudgetUsed} bytes of the budget, {endpoint.AssociationCount} associations, a timer at {endpoint.NextTimeout}");
            }
        }

        HashSet<DropReason> allowed = AllowedDrops();
        foreach (Endpoint endpoint in _machines.Endpoints)
        {
            if (DropChecker.Check(endpoint.Drops, allowed) is { } surprise)
            {
                Flaw(surprise);
            }
        }

        ThrowIfFlawed();
    }

    private HashSet<DropReason> AllowedDrops()
    {
        // What an imperfect network brings about by itself: too late, twice, after the end, or into a full window.
        HashSet<DropReason> allowed =
        [
            DropReason.DuplicateData, DropReason.OutdatedSack, DropReason.OutsideWindow, DropReason.UnexpectedChunk,
            DropReason.OutOfTheBlue, DropReason.BadHeartbeatAck, DropReason.Reneged, DropReason.BadVerificationTag, DropReason.StaleCookie,
            DropReason.BadCookie, DropReason.OutdatedForwardTsn,

            // Fragments of a message that was given up, behind those of other streams: skipped before they arrive (RFC 8260 §2.3.1).
            DropReason.SkippedData,
        ];
        if (Options.Clients.Any(client => client.There.Corruption > 0 || client.Back.Corruption > 0))
        {
            allowed.Add(DropReason.BadChecksum);
        }

        return allowed;
    }

    private void Require(Func<bool> condition, string otherwise)
    {
        bool holds = _world.RunUntil(() => _flaw is not null || condition(), LivenessLimit());
        ThrowIfFlawed();
        if (!holds)
        {
            throw Failure($"{otherwise} ({string.Join("; ", _machines.Pairs.Select(pair => $"{pair.Client}; {pair.Server}"))})");
        }
    }

    /// <summary>Sixty times the longest RTO, and four times what the load takes on the slowest link or window.</summary>
    private TimeSpan LivenessLimit()
    {
        TimeSpan limit = 60 * Options.Server.RtoMaximum;
        foreach (SwarmClient client in Options.Clients)
        {
            TimeSpan roundTrip = client.There.Delay + client.Back.Delay + (4 * (client.There.Jitter + client.Back.Jitter)) + TimeSpan.FromMilliseconds(300);
            double windowRate = Both(client).Min(options => options.ReceiveBufferSize > 0 ? options.ReceiveBufferSize : Math.Min(options.MaximumReceiveBufferSize, 256 << 10)) / 4 / roundTrip.TotalSeconds;
            double jitterRate = client.There.Jitter + client.Back.Jitter > TimeSpan.Zero
                ? 2 * Both(client).Min(options => options.PathMtu) / roundTrip.TotalSeconds  // what overtakes looks lost (§7.2.4)
                : double.MaxValue;
            double linkRate = Math.Min(Rate(client.There), Rate(client.Back)) / 8;
            double bytes = (double)(client.MessagesThere + client.MessagesBack) * Options.MaximumLength;
            limit += TimeSpan.FromSeconds(4 * bytes / Math.Min(jitterRate, Math.Min(windowRate, linkRate)));
        }

        return Options.ClosesEarly ? 5 * limit : limit;      // the links go on losing packets meanwhile
    }

    private IEnumerable<AssociationOptions> Both(SwarmClient client) =>
        [client.Options, client.LaterOptions ?? client.Options, Options.Server, Options.LaterServer ?? Options.Server];

    private static double Rate(LinkModel link) => link.RateBitsPerSecond == 0 ? 1e9 : link.RateBitsPerSecond;

    private void ThrowIfFlawed()
    {
        if (_flaw is not null)
        {
            throw Failure(_flaw);
        }
    }

    private ScenarioException Failure(string what) => new(
        string.Create(CultureInfo.InvariantCulture, $"seed {Options.Seed}: {what}\n{_observer.Trace}"));
}
