using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.Json.Nodes;
using System.Threading;
using System.Threading.Tasks;

namespace Braid.WebRtc.Interop;

public sealed class InteropTests(PeersFixture peers)
{
    private const ulong Seed = 7;
    private const int Handshakes = 100;                      // datagrams: those of ICE, DTLS and SCTP are fewer

    // A guard only: the scenarios end by themselves.
    private static readonly TimeSpan s_guard = TimeSpan.FromMinutes(6);

    public static TheoryData<string, string, string> Cells =>
        [.. Table.ToRun.Select(cell => (cell.Caller.Name, cell.Callee.Name, cell.Scenario.Name))];

    [Theory]
    [MemberData(nameof(Cells))]
    public async Task Peers_understand_each_other(string caller, string callee, string scenario)
    {
        Cell cell = Table.Cells.Single(cell => (cell.Caller.Name, cell.Callee.Name, cell.Scenario.Name) == (caller, callee, scenario));
        using var guard = new CancellationTokenSource(s_guard);
        await RunAsync(cell, guard.Token);
    }

    [Fact]
    public async Task Host_addresses_behind_mDNS_names_are_no_obstacle()
    {
        using var guard = new CancellationTokenSource(s_guard);
        foreach (PeerKind other in PeerKinds.All.Where(kind => kind.Name is Table.Ours || (kind.Name is "aiortc" && Table.HasControl)))
        {
            await RunAsync(new Cell(PeerKinds.ChromiumMdns, other, Table.Scenarios[0]), guard.Token);
            await RunAsync(new Cell(other, PeerKinds.ChromiumMdns, Table.Scenarios[0]), guard.Token);
        }
    }

    [Fact]
    public void The_table_in_the_documentation_is_that_of_these_tests()
    {
        if (Environment.GetEnvironmentVariable("BRAID_UPDATE_DOCS") == "1")
        {
            return;                                          // it is being made
        }

        string expected = InteropDocument.TableOf(InteropDocument.Render(_ => true, new Dictionary<string, string>()));
        Assert.Equal(expected, InteropDocument.TableOf(File.ReadAllText(Repository.Document)));
    }

    private async Task RunAsync(Cell cell, CancellationToken cancellationToken)
    {
        Peer caller = await peers.GetAsync(cell.Caller, cancellationToken);
        Peer callee = await peers.GetAsync(cell.Callee, cancellationToken);
        JsonObject options = cell.Scenario.Options(cell.Caller, cell.Callee);
        if (cell.Scenario.Turn is { } transport)
        {
            await peers.StartCoturnAsync(cancellationToken);
            options["configuration"] = Coturn.Configuration(transport);
        }

        if (cell.Scenario.Loss == 0)
        {
            Outcome outcome = await caller.CallAsync(callee.Url, cell.Scenario.Run, options, cancellationToken);
            Judge(cell, outcome, caller, callee);
            return;
        }

        var loss = new Loss(cell.Scenario.Loss, TimeSpan.FromMilliseconds(cell.Scenario.Delay), Seed, Handshakes);
        await using LossyLink link = LossyLink.Start(await peers.PlaceAsync(cancellationToken), callee, loss);
        Outcome result = await caller.CallAsync(link.Url, cell.Scenario.Run, options, cancellationToken);
        string? wrong = link.Lost == 0 ? "no datagram was lost: they found another way"
            : options["maxRetransmits"] is not null && result.Figure("echoed") >= result.Figure("sent") ? $"{link.Lost} datagrams were lost and no message"
            : null;
        Judge(cell, result.Passed && wrong is not null ? result with { Passed = false, Details = wrong } : result, caller, callee);
    }

    private void Judge(Cell cell, Outcome outcome, Peer caller, Peer callee)
    {
        peers.Record(cell, outcome);
        Assert.True(
            outcome.Passed,
            $"{cell.Caller} → {cell.Callee}, {cell.Scenario.Name}: {outcome.Details}\n--- {cell.Caller}\n{Last(caller.Log)}\n--- {cell.Callee}\n{Last(callee.Log)}");
    }

    private static string Last(string log) => string.Join('\n', log.Split('\n').TakeLast(20));
}
