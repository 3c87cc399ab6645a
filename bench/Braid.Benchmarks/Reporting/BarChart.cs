using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Security;
using System.Text;

namespace Braid.Benchmarks;

/// <summary>
/// Medians as horizontal bars in an SVG picture: a group for each case, a bar for each subject, its value beside it. A group has a
/// scale of its own, for what is compared is the subjects of a case.
/// </summary>
internal static class BarChart
{
    private const int Width = 760;
    private const int Left = 190;                            // names
    private const int Right = 120;                           // values
    private const int Top = 46;
    private const int BarHeight = 16;
    private const int BarPitch = 20;
    private const int GroupGap = 14;

    // On white and on black alike: no background, a grey that both have contrast to, and for bars the middle of the lightness scale.
    private const string Ink = "#767676";

    private static readonly string[] s_colors = ["#2f7ed8", "#c9741a", "#4c9a52", "#9a63c4", "#b8566a", "#6b8a99"];

    /// <summary>Draws one metric.</summary>
    /// <param name="title">What stands above.</param>
    /// <param name="metric">Which results.</param>
    /// <param name="results">Those of any metric.</param>
    public static string Draw(string title, string metric, IReadOnlyList<Result> results)
    {
        Result[] shown = [.. results.Where(result => result.Metric == metric)];
        string[] subjects = [.. shown.Select(result => result.Subject).Distinct()];
        IGrouping<string, Result>[] groups = [.. shown.GroupBy(result => result.Case)];
        int height = Top + groups.Sum(group => (group.Count() * BarPitch) + GroupGap);
        string unit = shown.Length > 0 ? shown[0].Unit : "";
        var svg = new StringBuilder();
        Append(svg, $"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {Width} {height}\" font-family=\"sans-serif\" font-size=\"12\" fill=\"{Ink}\" role=\"img\">\n");
        Append(svg, $"<title>{Escape(title)}</title>\n<text x=\"8\" y=\"18\" font-size=\"14\" font-weight=\"bold\">{Escape(title)}</text>\n");
        Append(svg, $"<text x=\"8\" y=\"34\">{Escape(unit)}, medians; each group has its own scale</text>\n");
        int y = Top;
        foreach (IGrouping<string, Result> group in groups)
        {
            double most = group.Max(result => result.Median);
            Append(svg, $"<text x=\"8\" y=\"{y + 12}\" font-weight=\"bold\">{Escape(group.Key)}</text>\n");
            foreach (Result result in group)
            {
                double length = most > 0 ? (Width - Left - Right) * Math.Max(0, result.Median) / most : 0;
                string color = s_colors[Array.IndexOf(subjects, result.Subject) % s_colors.Length];
                Append(svg, $"<text x=\"{Left - 6}\" y=\"{y + 12}\" text-anchor=\"end\">{Escape(result.Subject)}</text>");
                Append(svg, $"<rect x=\"{Left}\" y=\"{y}\" width=\"{length:0.#}\" height=\"{BarHeight}\" rx=\"2\" fill=\"{color}\"/>");
                Append(svg, $"<text x=\"{Left + length + 6:0.#}\" y=\"{y + 12}\">{MarkdownTable.Number(result.Median)} {Escape(unit)}</text>\n");
                y += BarPitch;
            }

            y += GroupGap;
        }

        return svg.Append("</svg>\n").ToString();
    }

    private static string Escape(string text) => SecurityElement.Escape(text);

    private static void Append(StringBuilder text, FormattableString part) => text.Append(part.ToString(CultureInfo.InvariantCulture));
}
