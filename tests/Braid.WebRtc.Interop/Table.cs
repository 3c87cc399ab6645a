using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text.Json.Nodes;

namespace Braid.WebRtc.Interop;

/// <summary>A column of the table: a scenario of docs/interop-scenarios.md, with its options and what lies between the peers.</summary>
/// <param name="Name">Its name here.</param>
/// <param name="Run">Its name there.</param>
internal sealed record Scenario(string Name, string Run)
{
    /// <summary>Chance that a datagram is lost.</summary>
    public double Loss { get; init; }

    /// <summary>How late a datagram comes, in milliseconds.</summary>
    public int Delay { get; init; }

    /// <summary>How the caller reaches coturn, its only way out: udp, tcp, tls; null for none.</summary>
    public string? Turn { get; init; }

    /// <summary>Who can be the caller of it; null for everybody.</summary>
    public IReadOnlyList<string>? Callers { get; init; }

    /// <summary>Its options between two peers.</summary>
    public Func<PeerKind, PeerKind, JsonObject> Options { get; init; } = (_, _) => [];
}

/// <summary>Who calls whom, and what for.</summary>
internal sealed record Cell(PeerKind Caller, PeerKind Callee, Scenario Scenario)
{
    /// <summary>Whether one of the two is Braid.</summary>
    public bool HasOurs => Caller.Name == Table.Ours || Callee.Name == Table.Ours;

    /// <summary>Whether it is of the control group, which runs with BRAID_INTEROP_CONTROL=1 only.</summary>
    public bool IsControl => !HasOurs;

    /// <summary>Why it is not run: one of the two is known not to have it.</summary>
    public string? Limit =>
        Caller.Limits.FirstOrDefault(limit => limit.AsCaller && limit.Scenario == Scenario.Name)?.Why
        ?? (Table.NotWithEachOther.TryGetValue((Caller.Name, Callee.Name, Scenario.Name), out string? both) ? both : null)
        ?? Callee.Limits.FirstOrDefault(limit => limit.AsCallee && limit.Scenario == Scenario.Name)?.Why
        ?? (Scenario.Callers?.Contains(Caller.Name) == false ? "it cannot be told to trust the certificate of the test" : null);
}

/// <summary>Everything that is run.</summary>
internal static class Table
{
    public const string Ours = "braid";
    private const int LossyBytes = 500_000;

    public static readonly IReadOnlyList<Scenario> Scenarios =
    [
        new("echo", "echo")
        {
            Options = (caller, callee) => new JsonObject
            {
                ["sizes"] = new JsonArray([.. caller.Sizes.Intersect(callee.Sizes).Select(size => JsonValue.Create(size))]),
            },
        },
        new("channels", "channels") { Options = (_, _) => new JsonObject { ["count"] = 1000 } },
        new("close", "close") { Options = (_, callee) => new JsonObject { ["complete"] = callee.IsCompleteOnClose } },
        new("negotiated", "negotiated"),
        new("bulk", "bulk") { Options = (caller, callee) => new JsonObject { ["bytes"] = Bytes(caller, callee), ["timeout"] = 300_000 } },
        new("lossy", "bulk") { Loss = 0.01, Delay = 5, Options = (_, _) => new JsonObject { ["bytes"] = LossyBytes, ["timeout"] = 90_000 } },
        new("retransmits", "unreliable")
        {
            Loss = 0.05,
            Options = (_, _) => new JsonObject { ["maxRetransmits"] = 0, ["ordered"] = false, ["timeout"] = 60_000 },
        },
        new("lifetime", "unreliable")
        {
            Loss = 0.05,
            Options = (_, _) => new JsonObject { ["maxPacketLifeTime"] = 50, ["ordered"] = true, ["timeout"] = 60_000 },
        },
        new("restart", "restart") { Options = (_, _) => new JsonObject { ["timeout"] = 60_000 } },
        new("turn-udp", "relay") { Turn = "udp" },
        new("turn-tcp", "relay") { Turn = "tcp" },
        new("turn-tls", "relay") { Turn = "tls", Callers = [Ours, "aiortc"] },
    ];

    /// <summary>What two others are known not to do with each other, though each does with somebody else.</summary>
    public static readonly IReadOnlyDictionary<(string Caller, string Callee, string Scenario), string> NotWithEachOther =
        new Dictionary<(string, string, string), string>
        {
            [("braid", "werift", "restart")] =
                "after a restart of ICE, werift 0.23 tells no candidates (it keeps its sockets, and announces only new ones), and as callee begins no checks, "
                + "because its DTLS is connected: neither side can begin",
            [("chromium", "firefox", "restart")] = "after Chromium 156's restart nothing passes between it and Firefox 153; why is not known",
        };

    /// <summary>Braid in both roles with each of the others; and each of those with its neighbour: when that fails, Braid is not to blame.</summary>
    public static readonly IReadOnlyList<Cell> Cells = [.. Pairs().SelectMany(pair => Scenarios.Select(scenario => new Cell(pair.Caller, pair.Callee, scenario)))];

    /// <summary>Whether the others are run with each other, too: that takes as long again, and says nothing of a change in Braid.</summary>
    public static readonly bool HasControl = Environment.GetEnvironmentVariable("BRAID_INTEROP_CONTROL") == "1";

    /// <summary>The cells that are run.</summary>
    public static IEnumerable<Cell> ToRun => Cells.Where(cell => cell.Limit is null && (HasControl || !cell.IsControl) && IsWanted(cell));

    public static IEnumerable<(PeerKind Caller, PeerKind Callee)> Pairs()
    {
        PeerKind[] others = [.. PeerKinds.All.Where(kind => kind.Name != Ours)];
        PeerKind braid = PeerKinds.Named(Ours);
        IEnumerable<(PeerKind, PeerKind)> ring = others.Select((kind, i) => (kind, others[(i + 1) % others.Length]));
        return others.SelectMany(other => new[] { (braid, other), (other, braid) }).Concat(ring);
    }

    // BRAID_INTEROP_ONLY="werift lossy": cells that have all of these names.
    private static bool IsWanted(Cell cell) => (Environment.GetEnvironmentVariable("BRAID_INTEROP_ONLY") ?? "")
        .Split(' ', StringSplitOptions.RemoveEmptyEntries)
        .All(name => name == cell.Caller.Name || name == cell.Callee.Name || name == cell.Scenario.Name);

    // BRAID_INTEROP_BYTES=200000000 is what a release is tested with.
    private static int Bytes(PeerKind caller, PeerKind callee) =>
        int.TryParse(Environment.GetEnvironmentVariable("BRAID_INTEROP_BYTES"), CultureInfo.InvariantCulture, out int bytes)
            ? bytes
            : Math.Min(caller.BulkBytes, callee.BulkBytes);
}
