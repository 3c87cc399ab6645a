using System;
using System.Linq;

namespace Braid.Cli.Output;

/// <summary>Text from the network that ends on somebody's terminal.</summary>
internal static class Printable
{
    private const int Longest = 4000;

    /// <summary>The text without what would move the cursor, colour the screen, or turn the direction of what follows.</summary>
    public static string Of(string text, int longest = Longest) => string.Concat(text[..Math.Min(text.Length, longest)].Select(static c => IsHarmless(c) ? c : '?'));

    private static bool IsHarmless(char c) => !char.IsControl(c) && c is not ((>= '\u202A' and <= '\u202E') or (>= '\u2066' and <= '\u2069'));
}
