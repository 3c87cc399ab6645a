using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.Json;
using System.Xml.Linq;
using Braid.Benchmarks;

namespace Braid.Sockets.Tests.Benchmarks;

/// <summary>What the benchmarks write: the numbers of a run must be in all three of its forms.</summary>
public sealed class ReportTests
{
    private static readonly Report s_report = new(
        "A run",
        "a command",
        new Dictionary<string, string> { ["cores"] = "2" },
        [
            new Section(
                "part",
                "A part",
                "So it was measured.",
                [
                    new View("Goodput", ["goodput"], View.FirstToOthers(["braid", "peer", "<floor>"]), "picture"),
                    new View("Time", ["time"], []),
                ],
                [
                    new Result("64 B", "braid", "goodput", "Gbit/s", [3, 1, 2]),
                    new Result("64 B", "peer", "goodput", "Gbit/s", [0.25, 8, 0.5]),
                    new Result("1 KiB", "braid", "goodput", "Gbit/s", [1234.4]),
                    new Result("1 KiB", "<floor>", "goodput", "Gbit/s", [5000]),
                    new Result("64 B", "braid", "time", "µs", [0.0123]),
                ],
                ["1 KiB of peer"]),
        ]);

    [Fact]
    public void Tables_have_a_row_for_each_case_and_a_ratio_where_both_were_measured()
    {
        string[] lines = s_report.ToMarkdown().Split('\n');
        Assert.Contains("|  | braid, Gbit/s | peer, Gbit/s | <floor>, Gbit/s | braid/peer | braid/<floor> |", lines);
        Assert.Contains("| --- | ---: | ---: | ---: | ---: | ---: |", lines);
        Assert.Contains("| 64 B | 2.00 | 0.500 |  | 4.00 |  |", lines);
        Assert.Contains("| 1 KiB | 1,234 |  | 5,000 |  | 0.247 |", lines);
        Assert.Contains("|  | µs |", lines);
        Assert.Contains("| 64 B | 0.012 |", lines);
        Assert.Contains("![Goodput](picture.svg)", lines);
        Assert.Contains("- cores: 2", lines);
        Assert.Contains("Not measured: 1 KiB of peer", lines);
    }

    [Fact]
    public void Json_has_every_repeat_its_median_and_the_ratios()
    {
        using JsonDocument json = JsonDocument.Parse(s_report.ToJson());
        Assert.Equal("2", json.RootElement.GetProperty("facts").GetProperty("cores").GetString());
        JsonElement part = json.RootElement.GetProperty("parts")[0];
        JsonElement first = part.GetProperty("results")[0];
        Assert.Equal([3, 1, 2], first.GetProperty("repeats").EnumerateArray().Select(repeat => repeat.GetDouble()));
        Assert.Equal(2, first.GetProperty("median").GetDouble());
        Assert.Equal("Gbit/s", first.GetProperty("unit").GetString());
        Assert.Equal(
            [("64 B", "braid/peer", 4), ("1 KiB", "braid/<floor>", 1234.4 / 5000)],
            part.GetProperty("ratios").EnumerateArray().Select(ratio =>
                (ratio.GetProperty("case").GetString(), ratio.GetProperty("ratio").GetString(), ratio.GetProperty("value").GetDouble())));
        Assert.Equal("1 KiB of peer", part.GetProperty("missing")[0].GetString());
    }

    [Fact]
    public void Pictures_have_a_bar_as_long_as_its_value_and_a_label_for_each_result()
    {
        (string file, string svg) = Assert.Single(s_report.Pictures());
        Assert.Equal("picture.svg", file);
        XElement[] shapes = [.. XDocument.Parse(svg).Root!.Elements()];
        double[] lengths = [.. shapes.Where(shape => shape.Name.LocalName == "rect").Select(bar => (double)bar.Attribute("width")!)];
        Assert.Equal(4, lengths.Length);
        Assert.Equal(0.5 / 2, lengths[1] / lengths[0], 2);
        Assert.Equal(1234.4 / 5000, lengths[2] / lengths[3], 2);
        string[] texts = [.. shapes.Where(shape => shape.Name.LocalName == "text").Select(text => text.Value)];
        string[] expected = ["Goodput", "64 B", "1 KiB", "braid", "peer", "<floor>", "2.00 Gbit/s", "0.500 Gbit/s", "1,234 Gbit/s", "5,000 Gbit/s"];
        Assert.Empty(expected.Except(texts));
    }

    [Fact]
    public void A_part_without_results_leaves_its_tables_and_pictures_out()
    {
        Section section = s_report.Sections[0] with { Results = [] };
        Report report = s_report with { Sections = [section] };
        Assert.DoesNotContain("|", report.ToMarkdown(), StringComparison.Ordinal);
        Assert.Empty(report.Pictures());
        Assert.Contains("\"results\": []", report.ToJson(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_report_is_a_folder_of_files()
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("braid-report");
        try
        {
            s_report.Write(Path.Combine(folder.FullName, "run"), "results");
            Assert.Equal(
                ["picture.svg", "results.json", "results.md"],
                Directory.GetFiles(Path.Combine(folder.FullName, "run")).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
