using System;
using System.CommandLine;
using System.Globalization;
using Braid.Cli.Output;

namespace Braid.Cli.Commands;

/// <summary>Which worlds are simulated.</summary>
internal sealed class SeedOptions
{
    private readonly Option<ulong?> _seed = new("--seed") { Description = "One world: its number, decimal or 0x and hexadecimal.", CustomParser = ParseSeed };
    private readonly Option<string> _seeds = new("--seeds") { Description = "Worlds A..B, both included.", DefaultValueFactory = _ => "0..299" };

    public void AddTo(Command command)
    {
        command.Add(_seed);
        command.Add(_seeds);
    }

    /// <summary>The first world and the last one.</summary>
    /// <exception cref="UsageException">The command line makes no sense.</exception>
    public (ulong First, ulong Last) Read(ParseResult result)
    {
        if (result.GetValue(_seed) is not { } seed)
        {
            return ParseRange(result.GetValue(_seeds)!);
        }

        return result.GetResult(_seeds) is { Implicit: false } ? throw new UsageException("--seed and --seeds: one of them") : (seed, seed);
    }

    private static ulong? ParseSeed(System.CommandLine.Parsing.ArgumentResult argument)
    {
        string text = argument.Tokens[0].Value;
        if (TryParse(text, out ulong seed))
        {
            return seed;
        }

        argument.AddError($"--seed {text}: not a number");
        return null;
    }

    private static (ulong First, ulong Last) ParseRange(string text)
    {
        string[] ends = text.Split("..");
        return ends.Length == 2 && TryParse(ends[0], out ulong first) && TryParse(ends[1], out ulong last) && first <= last && last - first < uint.MaxValue
            ? (first, last)
            : throw new UsageException($"--seeds {text}: it must be A..B");
    }

    private static bool TryParse(string text, out ulong number) => text.StartsWith("0x", StringComparison.OrdinalIgnoreCase)
        ? ulong.TryParse(text.AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out number)
        : ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}
