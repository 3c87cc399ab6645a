using System;
using System.Globalization;
using System.Linq;
using System.Text.RegularExpressions;

namespace Braid.Scenarios;

/// <summary>Compares text with figures in it, by a small tolerance: the words are the same, and each number is nearly.</summary>
internal static partial class Figures
{
    private const double Tolerance = 0.02;

    /// <summary>Whether a document has some text in it, but for what numbers may differ by.</summary>
    /// <param name="document">The document.</param>
    /// <param name="text">Whole lines.</param>
    public static bool AreIn(string document, string text)
    {
        string[] wanted = Lines(text);
        string[] there = Lines(document);
        return Enumerable.Range(0, Math.Max(0, there.Length - wanted.Length + 1))
            .Any(start => wanted.Select((line, i) => IsLike(there[start + i], line)).All(isLike => isLike));
    }

    private static string[] Lines(string text) => text.ReplaceLineEndings("\n").TrimEnd('\n').Split('\n');

    private static bool IsLike(string line, string wanted)
    {
        if (line == wanted)
        {
            return true;
        }

        string[] numbers = [.. Number().Matches(line).Select(match => match.Value)];
        string[] others = [.. Number().Matches(wanted).Select(match => match.Value)];
        return Number().Replace(line, "#") == Number().Replace(wanted, "#") && numbers.Zip(others).All(pair => IsNear(pair.First, pair.Second));
    }

    private static bool IsNear(string left, string right)
    {
        int digits = left.IndexOf('.', StringComparison.Ordinal) is >= 0 and int point ? left.Length - point - 1 : 0;
        double lastDigit = Math.Pow(10, -digits);
        double other = double.Parse(right, CultureInfo.InvariantCulture);
        return Math.Abs(double.Parse(left, CultureInfo.InvariantCulture) - other) <= (Tolerance * Math.Abs(other)) + (1.01 * lastDigit);
    }

    [GeneratedRegex(@"\d+(\.\d+)?")]
    private static partial Regex Number();
}
