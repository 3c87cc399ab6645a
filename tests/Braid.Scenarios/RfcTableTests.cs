using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text;
using System.Text.RegularExpressions;

namespace Braid.Scenarios;

/// <summary>
/// <c>docs/rfc/9260.md</c> and its like: which tests show which section. Made from the sources of all test projects; after a change
/// <c>BRAID_UPDATE_DOCS=1</c> writes it anew.
/// </summary>
public sealed partial class RfcTableTests
{
    private const string UpdateVariable = "BRAID_UPDATE_DOCS";

    private static readonly string s_root = Repository.Root;

    private sealed record Test(string Section, string Name, string File);

    private sealed record Section(string Number, string Title, string Note);

    [Theory]
    [InlineData(9260)]
    [InlineData(6458)]
    [InlineData(4895)]
    [InlineData(4820)]
    [InlineData(8899)]
    [InlineData(8260)]
    [InlineData(9653)]
    [InlineData(6525)]
    [InlineData(3758)]
    [InlineData(7496)]
    [InlineData(8985)]
    [InlineData(8489)]
    [InlineData(8445)]
    [InlineData(8656)]
    [InlineData(7675)]
    [InlineData(8838)]
    [InlineData(8863)]
    [InlineData(8831)]
    [InlineData(8832)]
    [InlineData(8261)]
    [InlineData(7829)]
    [InlineData(5061)]
    [InlineData(5062)]
    public void The_table_of_an_RFC_is_up_to_date_and_every_section_without_a_test_says_why(int rfc)
    {
        List<Test> tests = [.. FindTests(rfc)];
        List<Section> sections = [.. ReadSections(Path.Combine(s_root, "docs", "rfc", $"{rfc}.sections.tsv"))];
        Assert.DoesNotContain(tests, test => sections.All(section => section.Number != test.Section));
        Assert.DoesNotContain(sections, section => section.Note.Length == 0 && tests.All(test => test.Section != section.Number));

        string path = Path.Combine(s_root, "docs", "rfc", $"{rfc}.md");
        string table = Write(rfc, sections, tests);
        if (Environment.GetEnvironmentVariable(UpdateVariable) is { Length: > 0 })
        {
            File.WriteAllText(path, table);
        }

        Assert.True(File.Exists(path) && File.ReadAllText(path) == table, $"docs/rfc/{rfc}.md is out of date: run the tests with {UpdateVariable}=1.");
    }

    [Fact]
    public void Every_test_purpose_of_ETSI_TS_102_369_is_carried_out_by_one_test()
    {
        List<string> done = [.. SourceFiles().SelectMany(file => EtsiPattern().Matches(File.ReadAllText(file)).Select(match => match.Groups[1].Value))];
        Assert.Equal(121, done.Count);
        Assert.Equal(121, done.Distinct(StringComparer.Ordinal).Count());
    }

    private static string Write(int rfc, List<Section> sections, List<Test> tests)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"# RFC {rfc}, section by section").AppendLine().AppendLine();
        text.AppendLine("Made from the tests' attributes; do not edit (see CONTRIBUTING). A section without a test says why.").AppendLine();
        text.AppendLine("| Section | | Tests |").AppendLine("|---|---|---|");
        foreach (Section section in sections)
        {
            IEnumerable<string> links = tests.Where(test => test.Section == section.Number).Select(test => $"[{test.Name}](../../{test.File})");
            string shown = string.Join("<br>", links);
            string cell = shown.Length == 0 ? $"*{section.Note}*" : section.Note.Length == 0 ? shown : $"{shown}<br>*{section.Note}*";
            text.Append(CultureInfo.InvariantCulture, $"| {section.Number} | {section.Title} | {cell} |").AppendLine();
        }

        return text.ToString().ReplaceLineEndings("\n");
    }

    private static IEnumerable<Section> ReadSections(string path) => File.ReadLines(path)
        .Where(line => line.Length > 0 && line[0] != '#')
        .Select(line => line.Split('\t'))
        .Select(fields => new Section(fields[0], fields[1], fields.ElementAtOrDefault(2) ?? ""));

    private static IEnumerable<Test> FindTests(int rfc)
    {
        foreach (string file in SourceFiles())
        {
            var pending = new List<string>();
            string relative = Path.GetRelativePath(s_root, file).Replace(Path.DirectorySeparatorChar, '/');
            foreach (string line in File.ReadLines(file))
            {
                if (line.TrimStart().StartsWith('['))
                {
                    pending.AddRange(RfcPattern().Matches(line)
                        .Where(match => int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture) == rfc).Select(match => match.Groups[2].Value));
                }
                else if (DeclarationPattern().Match(line) is { Success: true } declaration)
                {
                    bool isClass = declaration.Groups[1].Success;
                    string name = isClass ? $"all of {declaration.Groups[1].Value}" : declaration.Groups[2].Value.Replace('_', ' ');
                    foreach (string section in pending)
                    {
                        yield return new Test(section, name, relative);
                    }

                    pending.Clear();
                }
            }
        }
    }

    private static IEnumerable<string> SourceFiles() => Directory
        .EnumerateFiles(Path.Combine(s_root, "tests"), "*.cs", SearchOption.AllDirectories)
        .Where(file => !file.Split(Path.DirectorySeparatorChar).Any(part => part is "obj" or "bin"))
        .Order(StringComparer.Ordinal);

    [GeneratedRegex("""Rfc\((\d+), "([^"]+)"\)""")]
    private static partial Regex RfcPattern();

    [GeneratedRegex("""Etsi\("([^"]+)"\)""")]
    private static partial Regex EtsiPattern();

    [GeneratedRegex("""^\s*public (?:(?:sealed |partial )*class (\w+)|(?:async )?(?:void|Task) (\w+)\()""")]
    private static partial Regex DeclarationPattern();
}
