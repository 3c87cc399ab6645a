using System.Collections.Generic;
using System.Linq;

namespace Braid.Benchmarks;

/// <summary>One thing that was measured of one subject in one case, as often as it was.</summary>
/// <param name="Case">The row: a message size, a percentile, a number of associations.</param>
/// <param name="Subject">What was measured: braid, or what it is compared with.</param>
/// <param name="Metric">What of it.</param>
/// <param name="Unit">In what.</param>
/// <param name="Repeats">Every repeat, in the order of the runs; at least one.</param>
internal sealed record Result(string Case, string Subject, string Metric, string Unit, IReadOnlyList<double> Repeats)
{
    /// <summary>The middle one; of an even number, the upper of the two.</summary>
    public double Median => Repeats.Order().ElementAt(Repeats.Count / 2);
}

/// <summary>A comparison: the median of one subject by that of another.</summary>
/// <param name="Of">The one that is divided.</param>
/// <param name="To">The one that it is divided by.</param>
internal readonly record struct Ratio(string Of, string To)
{
    public override string ToString() => $"{Of}/{To}";
}

/// <summary>What of a part's results stands together in a table, and perhaps in a picture.</summary>
/// <param name="Title">What it shows.</param>
/// <param name="Metrics">The metrics, in order.</param>
/// <param name="Ratios">Who is compared with whom, in each of the metrics.</param>
/// <param name="Picture">The name of the picture's file, without extension; null for none.</param>
internal sealed record View(string Title, IReadOnlyList<string> Metrics, IReadOnlyList<Ratio> Ratios, string? Picture = null)
{
    /// <summary>Comparisons of the first of some subjects with each of the others.</summary>
    public static IReadOnlyList<Ratio> FirstToOthers(IReadOnlyList<string> subjects) => [.. subjects.Skip(1).Select(other => new Ratio(subjects[0], other))];

    /// <summary>A ratio for a case; null when one of the two was not measured.</summary>
    public static double? Compare(IReadOnlyList<Result> results, string inCase, string metric, Ratio ratio)
    {
        Result? Find(string subject) => results.FirstOrDefault(result => result.Case == inCase && result.Metric == metric && result.Subject == subject);
        return Find(ratio.Of) is { } of && Find(ratio.To) is { Median: not 0 } to ? of.Median / to.Median : null;
    }
}

/// <summary>All of a part: what a report is made of.</summary>
/// <param name="Name">The part.</param>
/// <param name="Title">What it measures.</param>
/// <param name="How">How, and what the subjects are.</param>
/// <param name="Views">Its tables.</param>
/// <param name="Results">Everything that was measured.</param>
/// <param name="Missing">What was not measured, and why.</param>
internal sealed record Section(
    string Name, string Title, string How, IReadOnlyList<View> Views, IReadOnlyList<Result> Results, IReadOnlyList<string> Missing);
