using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.IO;
using System.Linq;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using System.Threading;
using System.Threading.Tasks;

namespace Braid.Sockets.Tests;

/// <summary>The samples as a person runs them, and the guide that quotes them.</summary>
public sealed partial class SampleTests
{
    [Theory]
    [InlineData("DataChannel", "text: hello, channel")]
    [InlineData("Echo", "stream 3, PPID 42: hello, streams")]
    [InlineData("Guide", "out of paper")]
    [InlineData("LargeMessage", "One message of 24 MiB", "24")]
    [InlineData("OneToManyServer", "room: a silent peer was closed")]
    [InlineData("PortYourTcpClient", "SCTP: 3 4 5 -> 12")]
    [InlineData("TelecomClient", "Switch: 2 M3UA messages of management, 10 on each of 16 streams")]
    [InlineData("TestWithoutSockets", "All 1000 messages arrived in order")]
    public async Task A_sample_runs_to_its_end_by_itself(string sample, string expected, params string[] arguments)
    {
        using var guard = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        string builtAs = new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;       // Debug or Release
        string program = Path.Combine(SourceTree.Root, "samples", sample, "bin", builtAs, "net10.0", $"{sample}.dll");
        using var process = Process.Start(new ProcessStartInfo("dotnet", [program, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        try
        {
            Task<string> output = process.StandardOutput.ReadToEndAsync(guard.Token);
            Task<string> error = process.StandardError.ReadToEndAsync(guard.Token);
            await process.WaitForExitAsync(guard.Token);
            Assert.Equal("", await error);
            Assert.Equal(0, process.ExitCode);
            Assert.Contains(expected, await output, StringComparison.Ordinal);
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill();
            }
        }
    }

    [Fact]
    public void Every_sample_is_run_by_a_test_and_is_short()
    {
        string[] run = [.. typeof(SampleTests).GetMethod(nameof(A_sample_runs_to_its_end_by_itself))!
            .GetCustomAttributes(typeof(InlineDataAttribute), false).Select(data => (string)((InlineDataAttribute)data).Data[0]!)];
        Assert.Equal(SourceTree.Samples, run);

        // All but the one that holds every snippet of the guide.
        Assert.DoesNotContain(SourceTree.Samples, sample => sample != "Guide" && SourceTree.FilesOf(sample).Sum(file => File.ReadLines(file).Count()) > 150);
    }

    [Theory]
    [InlineData("guide.md", 10)]
    [InlineData("webrtc.md", 4)]
    public void Every_line_of_code_in_the_guides_is_a_line_of_a_sample(string guide, int least)
    {
        string[] samples = [.. SourceTree.Samples.SelectMany(SourceTree.FilesOf).Select(file => Normalized(File.ReadAllText(file)))];
        List<string> snippets = [.. SnippetPattern().Matches(File.ReadAllText(Path.Combine(SourceTree.Root, "docs", guide))).Select(match => Normalized(match.Groups[1].Value))];
        Assert.True(snippets.Count >= least);
        Assert.All(snippets, snippet => Assert.Contains(samples, sample => sample.Contains(snippet, StringComparison.Ordinal)));
    }

    [Fact]
    public void Every_instrument_is_in_the_guide_with_its_unit()
    {
        RuntimeHelpers.RunClassConstructor(typeof(Meters).TypeHandle);
        var rows = new List<string>();
        using var meters = new MeterListener();
        meters.InstrumentPublished = (instrument, _) =>
        {
            if (instrument.Meter.Name == Meters.Name)
            {
                rows.Add($"| `{instrument.Name}` | `{instrument.Unit}` |");
            }
        };
        meters.Start();
        string[] shown = [.. File.ReadLines(Path.Combine(SourceTree.Root, "docs", "guide.md"))
            .Where(line => line.StartsWith("| `sctp.", StringComparison.Ordinal)).Select(line => string.Join('|', line.Split('|')[..3]) + "|")];
        Assert.Equal(rows.Order(StringComparer.Ordinal), shown.Order(StringComparer.Ordinal));
    }

    // How far a line is indented says nothing.
    private static string Normalized(string code) => string.Join('\n', code.Split('\n').Select(line => line.Trim()));

    [GeneratedRegex("```csharp\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex SnippetPattern();
}
