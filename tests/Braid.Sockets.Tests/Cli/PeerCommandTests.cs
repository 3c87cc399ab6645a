using System;
using System.Diagnostics;
using System.IO;
using System.Net.Http;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using System.Threading;
using System.Threading.Tasks;

namespace Braid.Sockets.Tests.Cli;

/// <summary><c>braid peer</c>, which calls itself: both sides of docs/interop-scenarios.md at once.</summary>
public sealed class PeerCommandTests : IAsyncDisposable
{
    private readonly CancellationTokenSource _guard = new(TimeSpan.FromSeconds(90));
    private readonly HttpClient _http = new();
    private readonly Process _process = Start();

    [Fact]
    public async Task It_answers_and_passes_its_own_scenarios()
    {
        Uri url = await ReadyAsync();
        await PassAsync(url, "echo", []);
        await PassAsync(url, "bulk", new JsonObject { ["bytes"] = 5_000_000 });
        await PassAsync(url, "channels", new JsonObject { ["count"] = 200 });
        await PassAsync(url, "close", new JsonObject { ["rounds"] = 3 });
        await PassAsync(url, "negotiated", []);
        await PassAsync(url, "unreliable", new JsonObject { ["maxRetransmits"] = 0, ["count"] = 50, ["interval"] = 1 });
        await PassAsync(url, "restart", new JsonObject { ["count"] = 100 });

        using HttpResponseMessage refused = await _http.PostAsJsonAsync(new Uri(url, "/offer"), new JsonObject { ["type"] = "offer", ["sdp"] = "v=0" }, _guard.Token);
        Assert.Equal(400, (int)refused.StatusCode);
        Assert.Contains("error", await refused.Content.ReadAsStringAsync(_guard.Token), StringComparison.Ordinal);

        _process.StandardInput.Close();
        await _process.WaitForExitAsync(_guard.Token);
        Assert.Equal(0, _process.ExitCode);
    }

    [Theory]
    [InlineData("offer", """{"sdp":"v=0","sdp":"v=0"}""")]
    [InlineData("offer", """{"type":"answer","sdp":"v=0"}""")]
    [InlineData("offer", """{"sdp":"v=0","channels":[{"label":"a","maxRetransmits":70000}]}""")]
    [InlineData("call", """{"url":"ftp://127.0.0.1","scenario":"echo"}""")]
    [InlineData("call", """{"url":"http://127.0.0.1:9","scenario":"echo","options":{"timeout":-5}}""")]
    [InlineData("call", """{"url":"SELF","scenario":"echo","options":{"sizes":[-5]}}""")]
    [InlineData("call", """{"url":"SELF","scenario":"unreliable","options":{"size":2}}""")]
    [InlineData("call", """{"url":"SELF","scenario":"throughput","options":{"seconds":-1}}""")]
    public async Task A_request_that_makes_no_sense_is_told_why(string path, string body)
    {
        Uri url = await ReadyAsync();
        using var content = new StringContent(body.Replace("SELF", url.ToString(), StringComparison.Ordinal));
        using HttpResponseMessage response = await _http.PostAsync(new Uri(url, path), content, _guard.Token);
        JsonObject answer = (await response.Content.ReadFromJsonAsync<JsonObject>(_guard.Token))!;
        Assert.NotEmpty((string)(response.IsSuccessStatusCode ? answer["details"] : answer["error"])!);
    }

    [Theory]
    [InlineData("Host", "elsewhere.example")]
    [InlineData("Origin", "http://elsewhere.example")]
    [InlineData("Origin", "null")]
    public async Task Pages_of_others_are_kept_away(string header, string value)
    {
        Uri url = await ReadyAsync();
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(url, "offer")) { Content = new StringContent("{}") };
        request.Headers.Add(header, value);
        using HttpResponseMessage response = await _http.SendAsync(request, _guard.Token);
        Assert.Equal(403, (int)response.StatusCode);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
        _http.Dispose();
        _guard.Dispose();
    }

    private static Process Start()
    {
        string builtAs = new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;       // Debug or Release
        string program = Path.Combine(SourceTree.Root, "src", "Braid.Cli", "bin", builtAs, "net10.0", "braid.dll");
        return Process.Start(new ProcessStartInfo("dotnet", [program, "peer", "--http", "127.0.0.1:0", "--stdin"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
    }

    private async Task<Uri> ReadyAsync()
    {
        string ready = await _process.StandardOutput.ReadLineAsync(_guard.Token) ?? "";
        Assert.StartsWith("ready http://127.0.0.1:", ready, StringComparison.Ordinal);
        return new Uri(ready.Split(' ')[1]);
    }

    private async Task PassAsync(Uri url, string scenario, JsonObject options)
    {
        var request = new JsonObject { ["url"] = url.ToString(), ["scenario"] = scenario, ["options"] = options };
        using HttpResponseMessage response = await _http.PostAsJsonAsync(new Uri(url, "/call"), request, _guard.Token);
        JsonObject result = (await response.Content.ReadFromJsonAsync<JsonObject>(_guard.Token))!;
        Assert.True(result["passed"]!.GetValue<bool>(), $"{scenario}: {result.ToJsonString()}");
    }
}
