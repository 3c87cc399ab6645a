using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Braid.Benchmarks;

/// <summary>A run of all parts as files: every repeat as JSON, tables as Markdown, bars as SVG.</summary>
/// <param name="Title">What it is.</param>
/// <param name="Command">The command that makes it again.</param>
/// <param name="Facts">What was measured on, by what and how long.</param>
/// <param name="Sections">What the parts yielded.</param>
internal sealed record Report(string Title, string Command, IReadOnlyDictionary<string, string> Facts, IReadOnlyList<Section> Sections)
{
    private static readonly JsonSerializerOptions s_json = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,      // µ stays µ
    };

    /// <summary>Writes a JSON file, a Markdown file and the pictures into a folder, which is made.</summary>
    /// <param name="folder">Where.</param>
    /// <param name="name">The name of the two files, without extension.</param>
    public void Write(string folder, string name)
    {
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, $"{name}.json"), ToJson());
        File.WriteAllText(Path.Combine(folder, $"{name}.md"), ToMarkdown());
        foreach ((string file, string svg) in Pictures())
        {
            File.WriteAllText(Path.Combine(folder, file), svg);
        }
    }

    /// <summary>Everything, with all repeats.</summary>
    public string ToJson() => JsonSerializer.Serialize(
        new
        {
            Title,
            Command,
            Facts,
            Parts = Sections.Select(section => new
            {
                section.Name,
                section.Title,
                Results = section.Results.Select(result => new { result.Case, result.Subject, result.Metric, result.Unit, result.Median, result.Repeats }),
                Ratios = from view in section.Views
                         from metric in view.Metrics
                         from ratio in view.Ratios
                         from name in section.Results.Select(result => result.Case).Distinct()
                         let value = View.Compare(section.Results, name, metric, ratio)
                         where value is not null
                         select new { Case = name, Metric = metric, Ratio = ratio.ToString(), Value = value },
                section.Missing,
            }),
        },
        s_json) + "\n";

    /// <summary>The tables, with the pictures among them.</summary>
    public string ToMarkdown()
    {
        var text = new StringBuilder($"# {Title}\n\n`{Command}`\n\n");
        foreach ((string fact, string value) in Facts)
        {
            text.Append($"- {fact}: {value}\n");
        }

        foreach (Section section in Sections)
        {
            text.Append('\n').Append(ToMarkdown(section, level: 2));
        }

        return text.ToString();
    }

    /// <summary>The tables of one part.</summary>
    /// <param name="section">The part.</param>
    /// <param name="level">Of its heading.</param>
    public static string ToMarkdown(Section section, int level)
    {
        var text = new StringBuilder($"{new string('#', level)} {section.Title}\n\n{section.How}\n");
        foreach (View view in section.Views.Where(view => section.Results.Any(result => view.Metrics.Contains(result.Metric))))
        {
            text.Append($"\n{view.Title}:\n\n{MarkdownTable.Write(view, section.Results)}");
            if (view.Picture is { } picture)
            {
                text.Append($"\n![{view.Title}]({picture}.svg)\n");
            }
        }

        foreach (string missing in section.Missing)
        {
            text.Append($"\nNot measured: {missing}\n");
        }

        return text.ToString();
    }

    /// <summary>The pictures: file names and contents.</summary>
    public IEnumerable<(string File, string Svg)> Pictures() =>
        from section in Sections
        from view in section.Views
        where view.Picture is not null && section.Results.Any(result => result.Metric == view.Metrics[0])
        select ($"{view.Picture}.svg", BarChart.Draw(view.Title, view.Metrics[0], section.Results));
}
