using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Threading;
using System.Threading.Tasks;

[assembly: AssemblyFixture(typeof(Braid.WebRtc.Interop.PeersFixture))]
[assembly: CollectionBehavior(DisableTestParallelization = true)]

namespace Braid.WebRtc.Interop;

/// <summary>The namespace, and the peers in it: each is started when a test asks for it, and stays until the last test is over.</summary>
public sealed class PeersFixture : IAsyncDisposable
{
    private static readonly JsonSerializerOptions s_json = new() { WriteIndented = true };

    private readonly Dictionary<string, Peer> _peers = [];
    private readonly SortedDictionary<string, string> _versions = [];
    private readonly Dictionary<(string Caller, string Callee, string Scenario), Outcome> _outcomes = [];
    private PeerNamespace? _place;
    private Coturn? _coturn;
    private string? _certificate;

    /// <summary>The namespace. Skips the test where there can be none, but never on CI.</summary>
    internal async Task<PeerNamespace> PlaceAsync(CancellationToken cancellationToken)
    {
        SkipUnless(PeerNamespace.Missing());
        _place ??= await PeerNamespace.CreateAsync(cancellationToken);
        _certificate ??= Coturn.MakeCertificate(_place.Folder);
        return _place;
    }

    /// <summary>A running peer; a new one when the last one ended. Skips the test where it is not installed, but never on CI.</summary>
    internal async Task<Peer> GetAsync(PeerKind kind, CancellationToken cancellationToken)
    {
        SkipUnless(Peer.Missing(kind));
        PeerNamespace place = await PlaceAsync(cancellationToken);
        if (_peers.TryGetValue(kind.Name, out Peer? peer) && !peer.HasExited)
        {
            return peer;
        }

        peer = await Peer.StartAsync(kind, place, new Dictionary<string, string> { ["SSL_CERT_FILE"] = _certificate! }, cancellationToken);
        _peers[kind.Name] = peer;
        _versions[kind.Name] = peer.Version;
        return peer;
    }

    /// <summary>Has coturn run.</summary>
    internal async Task StartCoturnAsync(CancellationToken cancellationToken)
    {
        SkipUnless(Coturn.Missing());
        PeerNamespace place = await PlaceAsync(cancellationToken);
        if (_coturn is null)
        {
            _coturn = await Coturn.StartAsync(place, _certificate!, cancellationToken);
            _versions["coturn"] = await Coturn.VersionAsync(place, cancellationToken);
        }
    }

    /// <summary>What came of a cell: for the table.</summary>
    internal void Record(Cell cell, Outcome outcome) => _outcomes[(cell.Caller.Name, cell.Callee.Name, cell.Scenario.Name)] = outcome;

    /// <summary>Ends all of it; writes the results, and the table when it is to be renewed and every cell has one.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (Peer peer in _peers.Values)
        {
            await peer.DisposeAsync();
        }

        if (_coturn is not null)
        {
            await _coturn.DisposeAsync();
        }

        if (_place is not null)
        {
            await _place.DisposeAsync();
        }

        await WriteAsync();
    }

    // A run of some of the tests renews their cells: the others are as they were when they were last run with these binaries.
    private async Task WriteAsync()
    {
        string path = Path.Combine(AppContext.BaseDirectory, "interop-results.json");
        ResultFile before = File.Exists(path) ? JsonSerializer.Deserialize<ResultFile>(await File.ReadAllTextAsync(path), s_json)! : new ResultFile([], []);
        foreach ((string name, string version) in before.Versions)
        {
            _versions.TryAdd(name, version);
        }

        foreach (CellResult cell in before.Results)
        {
            _outcomes.TryAdd((cell.Caller, cell.Callee, cell.Scenario), new Outcome(cell.Passed, cell.Details, cell.Figures, false));
        }

        CellResult[] cells = [.. _outcomes.Select(pair =>
            new CellResult(pair.Key.Caller, pair.Key.Callee, pair.Key.Scenario, pair.Value.Passed, pair.Value.Details, pair.Value.Figures))];
        await File.WriteAllTextAsync(path, JsonSerializer.Serialize(new ResultFile(_versions, cells), s_json));
        if (Environment.GetEnvironmentVariable("BRAID_UPDATE_DOCS") == "1" && InteropDocument.Covers(_outcomes.Keys))
        {
            string former = await File.ReadAllTextAsync(Repository.Document);
            bool HasPassed(Cell cell) => _outcomes.TryGetValue((cell.Caller.Name, cell.Callee.Name, cell.Scenario.Name), out Outcome? outcome)
                ? outcome.Passed : InteropDocument.FormerlyPassed(former, cell);
            await File.WriteAllTextAsync(Repository.Document, InteropDocument.Render(HasPassed, _versions));
        }
    }

    private sealed record ResultFile(SortedDictionary<string, string> Versions, IReadOnlyList<CellResult> Results);

    private sealed record CellResult(string Caller, string Callee, string Scenario, bool Passed, string Details, JsonObject? Figures);

    /// <summary>Skips a test where something is missing, but never on CI.</summary>
    internal static void SkipUnless(string? missing)
    {
        if (missing is not null)
        {
            Assert.False(Environment.GetEnvironmentVariable("CI") == "true", $"CI must run this test: {missing}");
            Assert.Skip(missing);
        }
    }
}
