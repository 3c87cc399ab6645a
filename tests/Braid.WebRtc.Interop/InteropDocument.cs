using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;

namespace Braid.WebRtc.Interop;

/// <summary>docs/interop.md: the table of who was run with whom.</summary>
internal static class InteropDocument
{
    private const string Before = "## Versions";

    /// <summary>Whether every cell was run.</summary>
    public static bool Covers(IEnumerable<(string Caller, string Callee, string Scenario)> run) =>
        Table.ToRun.All(cell => run.Contains((cell.Caller.Name, cell.Callee.Name, cell.Scenario.Name)));

    /// <summary>The part that does not depend on the machine.</summary>
    public static string TableOf(string document) => document[..document.IndexOf(Before, StringComparison.Ordinal)];

    /// <summary>What a former document says of a cell.</summary>
    public static bool FormerlyPassed(string document, Cell cell)
    {
        string? row = document.Split('\n').FirstOrDefault(line => line.StartsWith($"| {cell.Caller} → {cell.Callee} |", StringComparison.Ordinal));
        return row?.Split('|')[2 + Table.Scenarios.ToList().IndexOf(cell.Scenario)].Trim() == "✓";
    }

    /// <summary>The document.</summary>
    /// <param name="hasPassed">What came of a cell that is run.</param>
    /// <param name="versions">Of the peers.</param>
    public static string Render(Func<Cell, bool> hasPassed, IReadOnlyDictionary<string, string> versions)
    {
        var text = new StringBuilder();
        var notes = new List<string>();
        text.Append(
            """
            # Data channels with others

            Real programs with each other, in a network namespace of one machine: rows are who calls whom, columns the scenarios of
            [interop-scenarios.md](interop-scenarios.md). *lossy* is `bulk` with 1 % of the datagrams lost and 5 ms each way; *retransmits* is `unreliable`
            with maxRetransmits 0, *lifetime* with maxPacketLifeTime 50 ms, both with 5 % lost; *turn-…* is `relay` through coturn, by how the caller
            reaches it. ✓ passed, ✗ failed; a number says why one of the two cannot. Made from the results of the tests:

                BRAID_UPDATE_DOCS=1 dotnet test -c Release --project tests/Braid.WebRtc.Interop

            The last rows are others with each other, to tell whose fault something is: they are run with `BRAID_INTEROP_CONTROL=1`, and stay as they were
            without it.


            """);
        text.Append("| caller → callee |").AppendJoin("", Table.Scenarios.Select(scenario => $" {scenario.Name} |")).Append('\n');
        text.Append("|---|").AppendJoin("", Table.Scenarios.Select(_ => "---|")).Append('\n');
        foreach (IGrouping<(PeerKind, PeerKind), Cell> row in Table.Cells.GroupBy(cell => (cell.Caller, cell.Callee)))
        {
            text.Append($"| {row.Key.Item1} → {row.Key.Item2} |");
            foreach (Cell cell in row)
            {
                text.Append($" {(cell.Limit is { } why ? Note(notes, why) : hasPassed(cell) ? "✓" : "✗")} |");
            }

            text.Append('\n');
        }

        text.Append('\n');
        for (int i = 0; i < notes.Count; i++)
        {
            text.Append($"{i + 1}. {notes[i]}\n");
        }

        foreach (PeerKind kind in PeerKinds.All.Where(kind => kind.Note is not null))
        {
            text.Append($"\n{kind.Note}\n");
        }

        text.Append($"\n{Before}\n\nOf the run that made this table.\n\n| peer | version |\n|---|---|\n");
        foreach ((string name, string version) in versions)
        {
            text.Append($"| {name} | {version} |\n");
        }

        return text.ToString();
    }

    private static string Note(List<string> notes, string why)
    {
        if (!notes.Contains(why))
        {
            notes.Add(why);
        }

        return $"{notes.IndexOf(why) + 1}";
    }
}
