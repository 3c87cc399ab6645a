using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.Json;

namespace Braid.Benchmarks;

/// <summary>What an earlier run of a part has measured, for a report that is made row by row.</summary>
internal static class Former
{
    /// <summary>Results with those of a report in JSON that were not measured again, which keep their places.</summary>
    /// <param name="file">The report; it need not be there.</param>
    /// <param name="part">Whose results.</param>
    /// <param name="results">What was measured now.</param>
    public static List<Result> With(string file, string part, IReadOnlyList<Result> results)
    {
        var all = new List<Result>();
        if (File.Exists(file))
        {
            using JsonDocument report = JsonDocument.Parse(File.ReadAllText(file));
            all.AddRange(
                from element in report.RootElement.GetProperty("parts").EnumerateArray()
                where element.GetProperty("name").GetString() == part
                from result in element.GetProperty("results").EnumerateArray()
                select new Result(
                    result.GetProperty("case").GetString()!,
                    result.GetProperty("subject").GetString()!,
                    result.GetProperty("metric").GetString()!,
                    result.GetProperty("unit").GetString()!,
                    [.. result.GetProperty("repeats").EnumerateArray().Select(repeat => repeat.GetDouble())]));
        }

        foreach (Result result in results)
        {
            int place = all.FindIndex(former => (former.Case, former.Subject, former.Metric) == (result.Case, result.Subject, result.Metric));
            if (place < 0)
            {
                all.Add(result);
            }
            else
            {
                all[place] = result;
            }
        }

        return all;
    }
}
