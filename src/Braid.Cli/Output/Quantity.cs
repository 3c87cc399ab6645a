using System;
using System.Globalization;

namespace Braid.Cli.Output;

/// <summary>Numbers as people type them, with their unit.</summary>
internal static class Quantity
{
    /// <summary>A time such as 500ms or 2s.</summary>
    /// <exception cref="UsageException">It is none, or longer than 4294967 s.</exception>
    public static TimeSpan Time(string option, string text)
    {
        (string number, double milliseconds) = text.EndsWith("ms", StringComparison.Ordinal) ? (text[..^2], 1)
            : text.EndsWith('s') ? (text[..^1], 1000)
            : ("", 0);
        return TryParse(number, out double value) && value * milliseconds <= uint.MaxValue
            ? TimeSpan.FromMilliseconds(value * milliseconds)
            : throw new UsageException($"{option} {text}: a time such as 500ms or 2s, up to 4294967s");
    }

    /// <summary>A number such as 100M, in powers of ten: bits per second, or bytes.</summary>
    /// <exception cref="UsageException">It is none.</exception>
    public static long Number(string option, string text)
    {
        double unit = text.Length == 0 ? 0 : char.ToUpperInvariant(text[^1]) switch
        {
            'K' => 1e3,
            'M' => 1e6,
            'G' => 1e9,
            _ => 1,
        };
        return TryParse(unit == 1 ? text : text[..Math.Max(0, text.Length - 1)], out double value) && value * unit <= 1e15
            ? (long)(value * unit)
            : throw new UsageException($"{option} {text}: a number such as 500000, 500K, 100M or 1G");
    }

    /// <summary>A share such as 1%.</summary>
    /// <returns>From 0 to 1.</returns>
    /// <exception cref="UsageException">It is none.</exception>
    public static double Share(string option, string text) =>
        text.EndsWith('%') && TryParse(text[..^1], out double percent) && percent <= 100
            ? percent / 100
            : throw new UsageException($"{option} {text}: a share such as 0.1% or 4%");

    private static bool TryParse(string text, out double value) =>
        double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out value);
}
