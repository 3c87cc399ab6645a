using System;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using System.Threading;
using System.Threading.Tasks;

namespace Braid.WebRtc.Interop;

/// <summary>The page of <c>braid demo</c>, used as a person would, in real browsers.</summary>
public sealed class PageTests
{
    private static readonly TimeSpan s_guard = TimeSpan.FromMinutes(2);

    [Theory]
    [InlineData("chromium")]
    [InlineData("chromium-mdns")]
    [InlineData("firefox")]
    public async Task Connects_by_one_click_and_talks_sends_fetches_and_measures(string browser)
    {
        string? missing = PeerNamespace.Missing() ?? Peer.Missing(PeerKinds.All.First(kind => browser.StartsWith(kind.Name, StringComparison.Ordinal)));
        PeersFixture.SkipUnless(missing);
        using var guard = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        guard.CancelAfter(s_guard);
        await using PeerNamespace place = await PeerNamespace.CreateAsync(guard.Token);
        string file = Path.Combine(place.Folder, "picture of a braid.bin");
        byte[] content = RandomNumberGenerator.GetBytes(3_000_001);
        await File.WriteAllBytesAsync(file, content, guard.Token);
        string inbox = Path.Combine(place.Folder, "inbox");

        // The program's own file is small here: the transfer between two processes has tests of its own. It is to hear SIGINT also where the tests
        // were started in the background of a shell, which has it ignored.
        ProcessStartInfo start = place.Inside(
            "env", "--default-signal=INT", "dotnet", Path.Combine(AppContext.BaseDirectory, "braid.dll"), "demo", file, "--http", "127.0.0.1:0", "--inbox", inbox);
        using Process demo = Process.Start(start)!;
        try
        {
            string url = await ReadAddressAsync(demo, guard.Token);
            string hash = Convert.ToHexStringLower(SHA256.HashData(content));
            Task<string> page = RunPageAsync(place, browser, url, file, guard.Token);
            Task terminal = PlayTerminalAsync(demo, hash, guard.Token);
            await await Task.WhenAny(page, terminal);        // a page that fails says why: the terminal would wait for it
            await terminal;
            JsonNode result = JsonNode.Parse(await page)!;
            Assert.Equal(0, demo.ExitCode);
            Assert.Equal("closed", (string)result["end"]!);
            Assert.Contains("ended the connection", (string)result["problem"]!, StringComparison.Ordinal);
            Assert.Empty(result["problems"]!.AsArray());
            Assert.Contains("stored, the hash matches", (string)result["sent"]!, StringComparison.Ordinal);
            Assert.Contains(hash, (string)result["sent"]!, StringComparison.Ordinal);
            Assert.Contains("received, the hash matches", (string)result["fetched"]!, StringComparison.Ordinal);
            Assert.Contains(hash, (string)result["fetched"]!, StringComparison.Ordinal);
            Assert.Equal(content, await File.ReadAllBytesAsync(Path.Combine(inbox, Path.GetFileName(file)), guard.Token));
            TestContext.Current.TestOutputHelper?.WriteLine(result.ToJsonString());
        }
        finally
        {
            demo.Kill(entireProcessTree: true);
        }
    }

    // It ends while the page is open, as by Ctrl+C: the page says so.
    private static async Task PlayTerminalAsync(Process demo, string hash, CancellationToken cancellationToken)
    {
        await WaitForLineAsync(demo, "page: hello from the page", cancellationToken);
        await demo.StandardInput.WriteLineAsync("hello from the terminal".AsMemory(), cancellationToken);
        await demo.StandardInput.FlushAsync(cancellationToken);
        await WaitForLineAsync(demo, hash, cancellationToken);
        await WaitForLineAsync(demo, "page: that was all", cancellationToken);

        // It is the child of the one that entered the namespace.
        string child = (await File.ReadAllTextAsync($"/proc/{demo.Id}/task/{demo.Id}/children", cancellationToken)).Trim();
        using Process interrupt = Process.Start("kill", ["-INT", child]);
        await demo.WaitForExitAsync(cancellationToken);
    }

    private static async Task<string> ReadAddressAsync(Process demo, CancellationToken cancellationToken)
    {
        const string Before = "Open ";
        string line = await WaitForLineAsync(demo, Before, cancellationToken);
        return line[Before.Length..line.IndexOf(' ', Before.Length)];
    }

    private static async Task<string> WaitForLineAsync(Process process, string text, CancellationToken cancellationToken)
    {
        while (await process.StandardOutput.ReadLineAsync(cancellationToken) is { } line)
        {
            if (line.Contains(text, StringComparison.Ordinal))
            {
                return line;
            }
        }

        throw new InvalidOperationException($"It ended without '{text}': {await process.StandardError.ReadToEndAsync(cancellationToken)}");
    }

    // The picture stays where the test's other results are.
    private static async Task<string> RunPageAsync(PeerNamespace place, string browser, string url, string file, CancellationToken cancellationToken)
    {
        string pictures = Path.Combine(AppContext.BaseDirectory, "pictures");
        Directory.CreateDirectory(pictures);
        string picture = Path.Combine(pictures, $"page-{browser}.png");
        ProcessStartInfo start = place.Inside("node", "demo-page.js", browser, url, file, picture);
        start.WorkingDirectory = Repository.Peers;
        using Process page = Process.Start(start)!;
        Task<string> output = page.StandardOutput.ReadToEndAsync(cancellationToken);
        Task<string> errors = page.StandardError.ReadToEndAsync(cancellationToken);
        await page.WaitForExitAsync(cancellationToken);
        Assert.True(page.ExitCode == 0, await errors);
        TestContext.Current.AddAttachment($"page-{browser}.png", await File.ReadAllBytesAsync(picture, cancellationToken), "image/png");
        return await output;
    }
}
