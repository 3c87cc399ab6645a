using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Net.Http;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Threading;
using System.Threading.Tasks;

namespace Braid.WebRtc.Interop;

/// <summary>What came of a scenario.</summary>
/// <param name="Passed">Whether everything was as it has to be.</param>
/// <param name="Details">What was not.</param>
/// <param name="Figures">What was counted and measured.</param>
/// <param name="Unsupported">The caller does not have what the scenario is about.</param>
internal sealed record Outcome(bool Passed, string Details, JsonObject? Figures, bool Unsupported)
{
    public double Figure(string name) => Figures?[name]?.GetValue<double>() ?? double.NaN;
}

/// <summary>A peer's program, running.</summary>
internal sealed class Peer : IAsyncDisposable
{
    private const int LogLines = 200;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);
    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web);

    private readonly Process _process;
    private readonly HttpClient _http;
    private readonly Queue<string> _log = new();

    private Peer(PeerKind kind, Process process, HttpClient http)
    {
        Kind = kind;
        _process = process;
        _http = http;
        process.ErrorDataReceived += (_, arguments) => Keep(arguments.Data);
        process.BeginErrorReadLine();
    }

    public PeerKind Kind { get; }

    /// <summary>Where it takes offers and calls.</summary>
    public string Url { get; private set; } = "";

    /// <summary>As it names itself.</summary>
    public string Version { get; private set; } = "";

    /// <summary>Its last lines.</summary>
    public string Log
    {
        get
        {
            lock (_log)
            {
                return string.Join('\n', _log);
            }
        }
    }

    public bool HasExited => _process.HasExited;

    /// <summary>Why it cannot run here; null when it can.</summary>
    public static string? Missing(PeerKind kind) =>
        Path.Exists(Path.Combine(Repository.Peers, kind.Needs)) ? null : $"{kind.Name} is not installed: {kind.Install}";

    /// <summary>Starts it and waits until it takes offers.</summary>
    /// <param name="kind">Which.</param>
    /// <param name="place">Where.</param>
    /// <param name="environment">Variables.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="InvalidOperationException">It ends, or is not ready within a minute.</exception>
    public static async Task<Peer> StartAsync(
        PeerKind kind, PeerNamespace place, IReadOnlyDictionary<string, string>? environment, CancellationToken cancellationToken)
    {
        ProcessStartInfo info = place.Inside(kind.Command[0], [.. kind.Command.Skip(1)]);
        info.WorkingDirectory = Repository.Peers;
        foreach ((string name, string value) in (environment ?? new Dictionary<string, string>()).Concat(kind.Environment))
        {
            info.Environment[name] = value;
        }

        var peer = new Peer(kind, Process.Start(info)!, place.NewHttpClient());
        try
        {
            await peer.GetReadyAsync(cancellationToken);
            return peer;
        }
        catch
        {
            await peer.DisposeAsync();
            throw;
        }
    }

    /// <summary>Has it run a scenario towards another peer.</summary>
    /// <param name="url">Where that one, or what stands before it, takes offers.</param>
    /// <param name="scenario">Which.</param>
    /// <param name="options">How.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task<Outcome> CallAsync(string url, string scenario, JsonObject options, CancellationToken cancellationToken)
    {
        var body = new JsonObject { ["url"] = url, ["scenario"] = scenario, ["options"] = options.DeepClone() };
        using var content = new StringContent(body.ToJsonString());          // with a length: not every peer's server knows chunks
        using HttpResponseMessage response = await _http.PostAsync(new Uri($"{Url}/call"), content, cancellationToken);
        string text = await response.Content.ReadAsStringAsync(cancellationToken);
        return response.IsSuccessStatusCode
            ? JsonSerializer.Deserialize<Outcome>(text, s_json)!
            : new Outcome(false, $"{(int)response.StatusCode} {text}", null, false);
    }

    /// <summary>Has it answer an offer.</summary>
    public async Task<string> OfferAsync(string body, CancellationToken cancellationToken)
    {
        using var content = new StringContent(body);
        using HttpResponseMessage response = await _http.PostAsync(new Uri($"{Url}/offer"), content, cancellationToken);
        return await response.Content.ReadAsStringAsync(cancellationToken);
    }

    /// <summary>Ends it politely, then otherwise; what it leaves ends with the namespace.</summary>
    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        if (!_process.HasExited)
        {
            _process.StandardInput.Close();
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(3));
            try
            {
                await _process.WaitForExitAsync(patience.Token);
            }
            catch (OperationCanceledException)
            {
                _process.Kill(entireProcessTree: true);
            }
        }

        _process.Dispose();
    }

    private async Task GetReadyAsync(CancellationToken cancellationToken)
    {
        using var guard = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        guard.CancelAfter(s_patience);
        try
        {
            while (await _process.StandardOutput.ReadLineAsync(guard.Token) is { } line)
            {
                if (line.Split(' ', 4) is ["ready", string url, _, string version])
                {
                    (Url, Version) = (url, version);
                    _ = DrainAsync();
                    return;
                }

                Keep(line);
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new InvalidOperationException($"{Kind} is not ready after {s_patience.TotalSeconds} s:\n{Log}");
        }

        throw new InvalidOperationException($"{Kind} ended:\n{Log}");
    }

    private async Task DrainAsync()
    {
        try
        {
            while (await _process.StandardOutput.ReadLineAsync() is { } line)
            {
                Keep(line);
            }
        }
        catch (Exception exception) when (exception is ObjectDisposedException or IOException or InvalidOperationException)
        {
            // It ends.
        }
    }

    private void Keep(string? line)
    {
        if (line is null)
        {
            return;
        }

        lock (_log)
        {
            _log.Enqueue(line);
            if (_log.Count > LogLines)
            {
                _log.Dequeue();
            }
        }
    }
}
