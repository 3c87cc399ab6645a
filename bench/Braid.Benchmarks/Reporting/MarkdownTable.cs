using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text;

namespace Braid.Benchmarks;

/// <summary>Medians and their ratios as a Markdown table: a row for each case, a column for each subject and metric.</summary>
internal static class MarkdownTable
{
    /// <summary>Writes a view of some results.</summary>
    public static string Write(View view, IReadOnlyList<Result> results)
    {
        Result[] shown = [.. results.Where(result => view.Metrics.Contains(result.Metric))];
        string[] cases = [.. shown.Select(result => result.Case).Distinct()];
        bool isCompared = shown.Select(result => result.Subject).Distinct().Count() > 1;
        var header = new List<string> { "" };
        var rows = cases.Select(name => new List<string> { name }).ToList();
        foreach (string metric in view.Metrics)
        {
            Result[] ofMetric = [.. shown.Where(result => result.Metric == metric)];
            foreach (IGrouping<string, Result> column in ofMetric.GroupBy(result => result.Subject))
            {
                string what = view.Metrics.Count > 1 ? $"{metric}, {column.First().Unit}" : column.First().Unit;
                header.Add(isCompared ? $"{column.Key}, {what}" : what);
                AddColumn(name => column.FirstOrDefault(result => result.Case == name)?.Median);
            }

            foreach (Ratio ratio in view.Ratios.Where(ratio => cases.Any(name => View.Compare(ofMetric, name, metric, ratio) is not null)))
            {
                header.Add(view.Metrics.Count > 1 ? $"{ratio}, {metric}" : ratio.ToString());
                AddColumn(name => View.Compare(ofMetric, name, metric, ratio));
            }
        }

        var text = new StringBuilder();
        Append(text, header);
        Append(text, header.Select((_, i) => i == 0 ? "---" : "---:"));
        rows.ForEach(row => Append(text, row));
        return text.ToString();

        void AddColumn(Func<string, double?> value)
        {
            for (int i = 0; i < cases.Length; i++)
            {
                rows[i].Add(value(cases[i]) is { } number ? Number(number) : "");
            }
        }
    }

    /// <summary>A number with three digits that count, as a table and a bar show it.</summary>
    public static string Number(double value)
    {
        string format = Math.Abs(value) switch
        {
            >= 1000 => "#,0",
            >= 100 => "0",
            >= 10 => "0.0",
            >= 1 or 0 => "0.00",
            _ => "0.000",
        };
        return value.ToString(format, CultureInfo.InvariantCulture);
    }

    private static void Append(StringBuilder text, IEnumerable<string> cells) => text.Append("| ").AppendJoin(" | ", cells).Append(" |\n");
}
