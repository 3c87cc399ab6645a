using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;

namespace Braid.WebRtc.Tests;

/// <summary>Who may use whom, as docs/architecture.md says it; read from the sources.</summary>
public sealed partial class TidyTests
{
    private static readonly string s_sources = FindSources();

    // Dcep speaks of SCTP's values, but never to an association; the three do not know each other, but for Jsep, which decides on descriptions.
    [Theory]
    [InlineData("Sdp", "")]
    [InlineData("Jsep", "Braid.WebRtc.Sdp")]
    [InlineData("Dcep", "Braid.Core Braid.Sctp")]
    [InlineData("Peer", "Braid.Core Braid.Dtls Braid.Ice Braid.Sctp Braid.WebRtc.Dcep Braid.WebRtc.Jsep Braid.WebRtc.Sdp")]
    public void A_folder_uses_what_it_may_use_and_nothing_of_the_outside_world(string folder, string allowed)
    {
        string[] mayUse = [.. allowed.Split(' ', StringSplitOptions.RemoveEmptyEntries), $"Braid.WebRtc.{folder}"];
        string[] system = ["System", "System.Buffers", "System.Buffers.Binary", "System.Collections.Generic", "System.Collections.Immutable", "System.Diagnostics.CodeAnalysis", "System.Globalization", "System.Linq", "System.Text", "System.Text.Unicode"];
        IEnumerable<string> others = Files(folder)
            .SelectMany(file => UsingPattern().Matches(File.ReadAllText(file)).Select(match => match.Groups[1].Value))
            .Where(name => !mayUse.Contains(name) && !system.Contains(name));
        Assert.Empty(others);
    }

    [Theory]
    [InlineData("Sdp")]
    [InlineData("Jsep")]
    [InlineData("Dcep")]
    [InlineData("Peer")]
    public void No_file_locks_or_is_longer_than_500_lines(string folder)
    {
        Assert.NotEmpty(Files(folder));
        foreach (string file in Files(folder))
        {
            string text = File.ReadAllText(file);
            Assert.False(LockPattern().IsMatch(text), $"{file} has a lock.");
            Assert.True(text.Count(c => c == '\n') < 500, $"{file} is long.");
            Assert.False(folder == "Dcep" && AssociationPattern().IsMatch(text), $"{file} knows associations.");
        }
    }

    private static IEnumerable<string> Files(string folder) => Directory.EnumerateFiles(Path.Combine(s_sources, folder), "*.cs");

    private static string FindSources()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "Braid.slnx")))
        {
            folder = Path.GetDirectoryName(folder);
        }

        return Path.Combine(folder ?? throw new InvalidOperationException("The tests do not run inside the repository."), "src", "Braid.WebRtc");
    }

    [GeneratedRegex("""^using (?:static )?([\w.]+);""", RegexOptions.Multiline)]
    private static partial Regex UsingPattern();

    [GeneratedRegex("""\block\s*\(""")]
    private static partial Regex LockPattern();

    [GeneratedRegex("""\b(?:Association|Endpoint)\s+\w+[;,)]""")]
    private static partial Regex AssociationPattern();
}
